// What the collector answers. Everything is read only; nothing is kept but
// the catalogue of the version in force.

export class Failure extends Error {
	constructor(status, text, why) {
		super(text);
		this.status = status;
		this.why = why; // a word for programs, or nothing
	}
}

// params: known-by, period and the like; empty ones are left out.
export function address(path, params = {}) {
	const query = new URLSearchParams();

	for (const [name, value] of Object.entries(params))
		if (value)
			query.set(name, value);
	const text = query.toString();
	return path + (text ? "?" + text : "");
}

export async function get(path, params, signal) {
	let answer;

	try {
		answer = await fetch(address("/api/" + path, params),
			{ signal, cache: "no-cache" });
	} catch (error) {
		if (error.name === "AbortError")
			throw error;
		throw new Failure(0, String(error.message));
	}
	if (!answer.ok)
		throw await failure(answer);
	return answer.json();
}

// Shows a token: the browser keeps it as a cookie that no script can read.
export async function login(token) {
	const answer = await fetch("/api/login", { cache: "no-store",
		headers: { Authorization: "Bearer " + token } });

	if (!answer.ok)
		throw await failure(answer);
}

export function logout() {
	return fetch("/api/logout", { cache: "no-store" });
}

// null in place of what the collector did not give: for what a view can do
// without.
export function spared(error) {
	if (error instanceof Failure || error.name === "AbortError")
		return null;
	throw error;
}

async function failure(answer) {
	try {
		const said = await answer.json();

		return new Failure(answer.status, document.documentElement.lang
			.startsWith("zh") && said.text_zh || said.error, said.why);
	} catch (error) {
		return new Failure(answer.status, answer.statusText);
	}
}

// Reads /api/events as a stream, because EventSource hides the heartbeat
// that tells a quiet collector from a dead line. Starts again by itself.
// on.alive() for anything that came, on.applied(data), on.lost(), and
// on.stranger() once the token is none any more: that ends it.
export function follow(on) {
	let last = null, wait = 500;

	async function read() {
		const answer = await fetch("/api/events", { cache: "no-store",
			headers: last ? { "Last-Event-ID": last } : {} });

		if (!answer.ok || !answer.body)
			throw new Failure(answer.status, answer.statusText);
		on.alive();
		const reader = answer.body.getReader();
		const decoder = new TextDecoder();
		let rest = "";
		for (;;) {
			const { done, value } = await reader.read();

			if (done)
				return;
			wait = 500;
			on.alive();
			rest = (rest + decoder.decode(value, { stream: true }))
				.replace(/\r/g, "");
			const events = rest.split("\n\n");
			rest = events.pop();
			events.forEach(take);
		}
	}

	function take(text) {
		let name = "", data = "";

		for (const line of text.split("\n")) {
			const at = line.indexOf(":");
			const field = line.slice(0, at);
			const value = line.slice(at + 1).trim();

			if (field === "id")
				last = value;
			else if (field === "event")
				name = value;
			else if (field === "data")
				data += value;
		}
		if (name === "applied")
			on.applied(JSON.parse(data));
	}

	function again() {
		on.lost();
		setTimeout(run, wait);
		wait = Math.min(wait * 2, 5000);
	}

	function run() {
		read().then(again, (error) => error.status === 401
			? on.stranger() : again());
	}
	run();
}
