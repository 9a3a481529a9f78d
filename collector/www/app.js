// The frame of the page and its router: the address holds the view.
// #/targets/live.urban-jobs?known-by=2024-07-01&lang=zh

import { h } from "./dom.js";
import { t, lang, setLang } from "./words.js";
import * as numbers from "./numbers.js";
import { get, follow, login, logout, Failure } from "./api.js";
import * as names from "./names.js";
import { legend, shape } from "./marks.js";
import * as overview from "./overview.js";
import * as matrix from "./matrix.js";
import * as target from "./target.js";
import * as units from "./units.js";
import * as source from "./source.js";
import * as reporting from "./reporting.js";
import * as bulletin from "./bulletin.js";

// path pattern, the view, which entry of the menu it belongs to
const ROUTES = [
	[/^\/$/, overview, "overview"],
	[/^\/matrix$/, matrix, "matrix"],
	[/^\/targets\/([^/]+)$/, target, "matrix"],
	[/^\/units$/, units.list, "units"],
	[/^\/units\/([^/]+)$/, units.one, "units"],
	[/^\/figures\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/, source.figure, null],
	[/^\/statements\/([^/]+)$/, source.statement, null],
	[/^\/reporting$/, reporting, "reporting"],
	[/^\/bulletin$/, bulletin, "bulletin"],
];
const MENU = [["overview", "/"], ["matrix", "/matrix"], ["units", "/units"],
	["reporting", "/reporting"], ["bulletin", "/bulletin"]];
const KEPT = ["known-by", "period", "lang"]; // go along from view to view
const STALE_MS = 30000;

const main = document.getElementById("main");
let state = null, head = null, version = null, loading = null, shown = "";
let heard = Date.now(), lost = false, busy = false, due = false;

// ---- the address ----

function parse() {
	const [path, query] = (location.hash.slice(1) || "/").split("?");
	const params = new URLSearchParams(query || "");

	return { path: path || "/", params };
}

// An address of the page: path, and what is asked beside what goes along.
export function href(path, more = {}) {
	const query = new URLSearchParams();

	for (const name of KEPT)
		if (state && state.params.get(name))
			query.set(name, state.params.get(name));
	for (const [name, value] of Object.entries(more))
		if (value)
			query.set(name, value);
		else
			query.delete(name);
	const text = query.toString();
	return "#" + path + (text ? "?" + text : "");
}

function again(more) {
	const rest = {};

	for (const [name, value] of state.params)
		if (!KEPT.includes(name))
			rest[name] = value;
	return href(state.path, { ...rest, ...more });
}

// What every question to the collector carries. Until the newest month is due
// the one before is shown: nobody is behind with what is not due yet.
function asked() {
	return { "known-by": state.params.get("known-by"),
		period: state.params.get("period") || "settled" };
}

// ---- the view ----

async function show(fresh) {
	const here = parse();
	const found = ROUTES.map(([pattern, view, menu]) =>
		({ match: pattern.exec(here.path), view, menu }))
		.find((route) => route.match);

	state = here;
	setLang(here.params.get("lang") || localStorage.getItem("tally.lang"));
	if (loading)
		loading.abort();
	const mine = loading = new AbortController();
	main.setAttribute("aria-busy", "true");
	if (!fresh)
		document.getElementById("say").textContent = "";
	try {
		if (!found)
			throw new Failure(404, t("error.view"));
		const context = { href, again, params: here.params,
			args: found.match.slice(1).map((part) => part && decodeURIComponent(part)),
			get: (path, more) => get(path, { ...asked(), ...more }, mine.signal),
			asked: asked(), fresh, head: () => head };
		// Names first: a view words what it loads.
		await catalogue(context);
		const data = await found.view.load(context);
		if (mine !== loading)
			return;
		await seen(data.head, context);
		frame(found.menu, fresh);
		place(found.view.draw(context, data), here, fresh);
	} catch (error) {
		if (error.name === "AbortError" || mine !== loading)
			return;
		if (!(error instanceof Failure))
			console.error(error);
		frame(found && found.menu, fresh);
		if (error.status === 401)
			place(door(), here, fresh);
		// Figures that are on the screen stay there.
		else if (!fresh || !main.firstChild)
			place(trouble(error), here, fresh);
	}
	main.removeAttribute("aria-busy");
	stamp();
}

async function catalogue(context) {
	if (version !== null)
		return;
	await read(context);
}

async function read(context) {
	const answer = await context.get("catalogue", { "known-by": null, period: null });

	names.setCatalogue(answer);
	version = answer.head.catalogue;
	head = answer.head;
	numbers.setZone(head.zone_minutes);
}

async function seen(newer, context) {
	if (newer && !newer.known_by && newer.catalogue !== version)
		await read(context);
	if (newer)
		head = newer;
}

function place({ title, nodes, wide }, here, fresh) {
	const same = fresh || here.path === shown;
	const focus = same && document.activeElement &&
		main.contains(document.activeElement)
		? document.activeElement.getAttribute("href") : null;

	document.title = title + " · " + heading();
	main.className = wide ? "wide" : "";
	main.replaceChildren(...nodes.flat(3).filter(Boolean));
	if (focus) {
		const before = [...main.querySelectorAll("a")].find((a) =>
			a.getAttribute("href") === focus);

		if (before)
			before.focus({ preventScroll: true });
	}
	if (!same) {
		window.scrollTo(0, 0);
		if (shown)
			main.focus({ preventScroll: true });
	}
	shown = here.path;
}

// Where tokens are needed: one is shown once.
function door() {
	const field = h("input", { type: "password", id: "token", required: true,
		autocomplete: "current-password", spellcheck: "false" });
	const said = h("p", { class: "sm", role: "alert" });
	const enter = (event) => {
		event.preventDefault();
		login(field.value.trim()).then(() => {
			localStorage.setItem("tally.in", "1");
			location.reload();
		}, (error) => {
			said.textContent = t(error.status === 401 ? "door.wrong"
				: error.status === 429 ? "door.wait" : "error.network");
			field.select();
		});
	};

	return { title: t("door.title"), nodes: [
		h("h1", {}, t("door.title")),
		h("form", { class: "door", submit: enter },
			h("label", { for: "token" }, t("door.token")), field,
			h("button", { class: "btn", type: "submit" }, t("door.enter"))),
		said, h("p", { class: "sm" }, t("door.how"))] };
}

function missing(error) {
	if (error.why !== "no-catalogue")
		return "missing";
	return state.params.get("known-by") ? "before" : "empty";
}

function trouble(error) {
	const key = !(error instanceof Failure) ? "page" : error.status === 404
		? missing(error) : error.status === 400 ? "question" : error.status
			? "collector" : "network";

	return { title: t("error.title"), nodes: [
		h("h1", {}, t("error." + key)),
		h("p", { class: "lead" }, t("error." + key + ".safe")),
		h("p", {}, h("a", { class: "btn", href: href("/") }, t("nav.overview")), " ",
			h("button", { class: "btn", type: "button", click: () => show(false) },
				t("error.again"))),
		h("p", { class: "sm" }, `${error.status || ""} ${error.message}`)] };
}

// ---- the frame ----

function heading() {
	if (!head)
		return "tally";
	return lang() === "en" && head.title_en || head.title_zh || head.name;
}

function frame(current, fresh) {
	// What somebody has in hand is not taken away by an entry that arrives.
	if (!fresh || !document.getElementById("frame").contains(document.activeElement))
		header(current);
	document.getElementById("foot").replaceChildren(h("footer", { class: "foot" },
		legend(), head ? h("span", { class: "end" }, t("foot.size",
			{ n: numbers.write(String(head.size)), v: head.catalogue })) : null,
		head && head.reopened.length ? h("b", {}, t("foot.reopened",
			{ n: head.reopened.length })) : null,
		leave()));
	document.body.classList.toggle("paper", current === "bulletin");
	stamp();
}

function leave() {
	if (!localStorage.getItem("tally.in"))
		return null;
	return h("button", { class: "btn", type: "button", id: "leave", click: () =>
		logout().then(() => {
			localStorage.removeItem("tally.in");
			location.reload();
		}) }, t("door.leave"));
}

function header(current) {
	document.documentElement.lang = lang() === "zh" ? "zh-CN" : "en";
	document.getElementById("skip").textContent = t("skip");
	const asof = state.params.get("known-by");

	document.getElementById("frame").replaceChildren(...[
		head && head.simulated ? h("aside", { class: "demo", "aria-label": t("demo") },
			h("b", {}, t("demo")), h("span", {}, t("demo.text"))) : null,
		h("header", { class: "top" },
			h("a", { class: "brand", href: href("/") }, shape("zheng", "z"),
				h("span", {}, heading())),
			h("nav", { "aria-label": t("nav") }, MENU.map(([name, path]) =>
				h("a", { href: href(path),
					"aria-current": name === current ? "page" : null },
				t("nav." + name)))),
			h("div", { class: "axes" }, periods(), known()),
			h("p", { class: "upto", id: "upto" }),
			h("p", { class: "sets" }, languages(), theme())),
		asof ? h("p", { class: "asof", role: "status" },
			h("b", {}, t("asof.then", { when: asof })), " ", t("asof.text"), " ",
			h("a", { class: "ln", href: again({ "known-by": null }) }, t("asof.back"))) : null,
	].filter(Boolean));
}

function periods() {
	const spans = names.allTargets().map((one) => [one.start, one.end]);
	const first = spans.map(([start]) => start).filter(Boolean).sort()[0];
	const last = head && [head.cutoff, numbers.moment(head.updated_us).day].sort().pop();
	const chosen = state.params.get("period") || "";
	const list = [];

	for (let at = first && first.slice(0, 7); at && last && at <= last.slice(0, 7);) {
		const [year, month] = at.split("-").map(Number);

		list.unshift(`${year}M${String(month).padStart(2, "0")}`);
		at = month === 12 ? `${year + 1}-01`
			: `${year}-${String(month + 1).padStart(2, "0")}`;
	}
	if (chosen && !list.includes(chosen))
		list.unshift(chosen);
	return h("label", {}, t("axis.period"), " ",
		h("select", { id: "period", change: (event) => {
			location.hash = again({ period: event.target.value || null });
		} },
		h("option", { value: "" }, head && head.period && !chosen
			? t("axis.latest.of", { period: numbers.period(head.period, true) })
			: t("axis.latest")),
		list.map((one) => h("option", { value: one, selected: one === chosen },
			numbers.period(one)))));
}

// "Now" until somebody wants another day.
function known() {
	const day = state.params.get("known-by");
	const input = h("input", { type: "date", id: "known", value: (day || "").slice(0, 10),
		"aria-label": t("axis.known"), change: (event) => {
			location.hash = again({ "known-by": event.target.value || null });
		} });
	const now = h("button", { type: "button", id: "now", "aria-haspopup": "true",
		click: () => {
			now.replaceWith(input);
			input.focus();
		} }, t("axis.now"));

	return h("span", { class: day ? "" : "now" }, t("axis.known"), " ", day ? input : now);
}

function languages() {
	const other = lang() === "zh" ? "en" : "zh";

	return h("a", { class: "lang", id: "lang", href: again({ lang: other }),
		lang: other === "zh" ? "zh-CN" : "en",
		click: () => localStorage.setItem("tally.lang", other) },
	other === "zh" ? "中文" : "English");
}

function dark() {
	const set = document.documentElement.dataset.theme;

	return set ? set === "dark"
		: window.matchMedia("(prefers-color-scheme: dark)").matches;
}

function theme() {
	return h("button", { type: "button", id: "theme", click: () => {
		const next = dark() ? "light" : "dark";

		document.documentElement.dataset.theme = next;
		localStorage.setItem("tally.theme", next);
		document.getElementById("theme").textContent = t("theme." + (dark() ? "light" : "dark"));
	} }, t("theme." + (dark() ? "light" : "dark")));
}

// ---- live ----

function stamp() {
	const stamped = document.getElementById("upto");

	if (!stamped || !head || !state)
		return;
	const quiet = Math.round((Date.now() - heard) / 1000);
	const stale = Date.now() - heard > STALE_MS;
	const past = state.params.get("known-by");
	const at = numbers.moment(head.updated_us);
	const word = past ? t("live.asof") : stale ? t("live.stale", { n: quiet })
		: lost ? t("live.lost") : t("live");

	stamped.className = "upto" + (stale && !past ? " stale" : lost && !past ? " lost" : "");
	stamped.replaceChildren(shape(past ? "w" : stale || lost ? "m" : "dot", "l"), word,
		h("span", {}, t("live.upto"), " ", h("b", {}, h("time", { datetime: at.iso },
			`${numbers.day(at.day)} ${at.clock}`))));
}

// One refresh at a time: entries that arrive meanwhile are one more, so that
// a busy collector neither floods nor starves the page.
async function applied() {
	due = true;
	if (busy || state && state.params.get("known-by"))
		return;
	busy = true;
	while (due) {
		due = false;
		await show(true);
	}
	busy = false;
	if (head)
		document.getElementById("say").textContent = t("live.updated",
			{ at: numbers.moment(head.updated_us).clock });
}

follow({
	alive() {
		heard = Date.now();
		if (lost) {
			lost = false;
			applied(); // what was said meanwhile
		}
		stamp();
	},
	lost() {
		lost = true;
		stamp();
	},
	stranger() {
		lost = true;
		show(false);
	},
	applied,
});
setInterval(stamp, 1000);

const chosen = localStorage.getItem("tally.theme");
if (chosen)
	document.documentElement.dataset.theme = chosen;
window.addEventListener("hashchange", () => show(false));
// The skip link would change the address, which holds the view.
document.getElementById("skip").addEventListener("click", (event) => {
	event.preventDefault();
	main.focus();
});
show(false);
