// Charts drawn by hand in SVG. x in percent, so that they fit any width
// without a view box; lines sit in a stretched svg of their own.

import { h, s } from "./dom.js";
import { t } from "./words.js";
import { month, percent, write, planned, minus, sign } from "./numbers.js";
import { markOf, markWord, WORST } from "./marks.js";

const use = (mark, attributes) => s("use", { href: "#" + mark, class: mark,
	width: 16, height: 16, ...attributes });
const clamp = (x, low, high) => Math.max(low, Math.min(high, x));

// Where the plan stands in % of the goal: a gap is plan less rate.
export function planShare(figure) {
	if (figure.rate === null || figure.gap === null)
		return null;
	return Number(figure.rate) + Number(figure.gap);
}

export function bullet(figure, mark) {
	const rate = clamp(Number(figure.rate), -10, 110);
	const plan = planShare(figure);
	const at = plan === null ? null : clamp(plan, -10, 110);
	const short = at !== null && (mark === "y" || mark === "r" || mark === "k");

	return s("svg", { class: `bl ${mark}`, viewBox: "-10 0 120 16",
		preserveAspectRatio: "none", "aria-hidden": "true" },
	s("path", { class: "t", d: "M0 8h100m0-5v10" }),
	s("path", { class: figure.stale || mark === "m" ? "st" : "a",
		d: `M0 8H${rate}` }),
	short ? s("path", { class: "gap", d: `M${Math.max(rate, 0)} 8H${at}` }) : null,
	at === null ? null : s("path", { class: "p", d: `M${at} 1v14` }));
}

// Twelve months, done and green on the same scale, every task that has a
// rate as its light.
// tasks: [{ figure, mark, href, name }]; share: strings of percent
export function yearRule(time, share, tasks, label) {
	const now = Number(time);
	const open = tasks.filter((task) => task.mark !== "d");
	const done = tasks.filter((task) => task.mark === "d");
	const placed = pile(open);
	const base = 150;

	return s("svg", { class: "c", height: 172, role: "group",
		"aria-label": label },
	months(now),
	s("rect", { class: "done", y: 34, height: 14, width: share + "%" }),
	s("text", { x: -8, y: 28, "text-anchor": "end" }, t("rule.time")),
	s("text", { x: -8, y: 46, "text-anchor": "end" }, t("rule.good")),
	s("text", { class: "big", x: "100%", dx: 10, y: 29 }, percent(time)),
	s("text", { class: "big", x: "100%", dx: 10, y: 48 }, percent(share)),
	[0, 25, 50, 75, 100].map((x) => [
		s("line", { class: "ax", x1: x + "%", x2: x + "%", y1: base, y2: base + 4 }),
		s("text", { x: x + "%", y: base + 17, "text-anchor": "middle" }, x + "%")]),
	s("line", { class: "ax", x1: 0, x2: "100%", y1: base, y2: base }),
	s("line", { class: "now", x1: now + "%", x2: now + "%", y1: 18, y2: base + 4 }),
	placed.map(({ task, x, row }) => dot(task, x + "%", base - 17 - 16 * row, -8, 16)),
	named(placed, base),
	finished(done, base));
}

function months(now) {
	const passed = now / 100 * 12;

	return [...Array(12).keys()].map((i) => {
		const x = i / 12 * 100;
		const part = clamp(passed - i, 0, 1);

		return [
			s("rect", { class: "todo", x: x + "%", y: 18, width: "8.083%", height: 10 }),
			part > 0 ? s("rect", { class: "past", x: x + "%", y: 18,
				width: 8.083 * part + "%", height: 10 }) : null,
			s("text", { x: x + 4.17 + "%", y: 12, "text-anchor": "middle" }, month(i + 1))];
	});
}

// Stacked where they would cover each other (a mark is some 2.6 % wide).
function pile(tasks) {
	const rows = [];

	return tasks.map((task) => ({ task,
		x: clamp(Number(task.figure.rate), 0, 100) }))
		.sort((a, b) => a.x - b.x || WORST.indexOf(a.task.mark) -
			WORST.indexOf(b.task.mark))
		.map((one) => {
			let row = 0;

			while (row < 5 && rows[row] !== undefined && one.x - rows[row] < 2.6)
				row++;
			rows[row] = one.x;
			return { ...one, row };
		});
}

function dot(task, x, y, shift, size) {
	return s("a", { href: task.href, tabindex: "-1",
		"aria-label": `${markWord(task.mark)} ${task.name}` },
	s("title", {}, `${task.name} ${percent(task.figure.rate)}`),
	use(task.mark, { x, y, width: size, height: size,
		transform: `translate(${shift})` }));
}

// The worst two are named, if there is room beside them.
function named(placed, base) {
	const worst = placed.filter(({ task }) => task.mark === "r" || task.mark === "k")
		.slice(0, 2);
	let last = -100;

	return worst.map(({ task, x, row }) => {
		if (x - last < 24 || x > 60)
			return null;
		last = x;
		return s("text", { x: x + "%", dx: 12, y: base - 5 - 16 * row },
			`${task.name} ${percent(task.figure.rate)}`);
	});
}

function finished(done, base) {
	const fits = [[16, 4, 7], [12, 5, 9], [9, 7, 12]]
		.find(([, columns, rows]) => done.length <= columns * rows);

	if (!done.length)
		return null;
	const [size, columns] = fits || [9, 7];
	const shown = done.slice(0, columns * 12);
	return [shown.map((task, i) => dot(task, "100%",
		base - size * (1 + Math.floor(i / columns)), 16 + size * (i % columns), size)),
	s("text", { x: "100%", dx: 24, y: base + 17 },
		t("rule.done", { n: done.length }))];
}

// ---- the trend of a target ----

const niceSteps = [1, 2, 2.5, 5, 10];

function niceStep(range) {
	const raw = range / 3;
	const power = 10 ** Math.floor(Math.log10(raw || 1));

	return power * niceSteps.find((n) => n * power >= raw - 1e-12);
}

function scale(values) {
	const low = Math.min(0, ...values), high = Math.max(...values, 1e-6);
	const span = niceStep(high - low);
	const bottom = Math.floor(low / span) * span;
	const top = Math.max(Math.ceil(high / span) * span, bottom + span);

	return { bottom, top, span };
}

// points: one a period of the year: { label, value, plan, kept, now,
// reported, due, changed }, null where the period has not come. Strings.
// goal: a number as text or null. amounts: draw the growth of each period.
export function trend({ points, goal, goalText, unit, places, amounts, label }) {
	const H = 240;
	const numbers = points.flatMap((p) => [p.value, p.plan])
		.concat(goal).filter((v) => v !== null && v !== undefined).map(Number);
	const { bottom, top, span } = scale(numbers);
	const y = (v) => 15 + (top - Number(v)) / (top - bottom) * (H - 15);
	const x = (i) => (i + 0.5) / points.length * 100;
	const rows = extras(points, x, H + 34, amounts, places);
	const ticks = [];

	for (let v = bottom; v <= top + span / 2; v += span)
		ticks.push(v);
	return s("svg", { class: "c", height: H + 34 + rows.height, role: "img",
		"aria-label": label },
	ticks.map((v) => [
		s("line", { class: "grid", x1: 0, x2: "100%", y1: y(v), y2: y(v) }),
		s("text", { x: -8, y: y(v) + 4, "text-anchor": "end" },
			write(String(Number(v.toPrecision(8)))))]),
	goal === null ? null : [
		s("line", { class: "goal", x1: 0, x2: "100%", y1: y(goal), y2: y(goal) }),
		s("text", { class: "b", x: "100%", dx: 8, y: y(goal) + 4 },
			t("chart.goal", { goal: goalText }))],
	lines(points, x, y, H),
	ends(points, x, y, places, unit),
	points.map((p, i) => s("text", { x: x(i) + "%", y: H + 18,
		"text-anchor": "middle" }, p.label)),
	rows.marks);
}

function lines(points, x, y, height) {
	const path = (name) => points.map((p, i) => p[name] === null ||
		p[name] === undefined ? null : `${x(i).toFixed(2)},${y(p[name]).toFixed(1)}`)
		.filter(Boolean).join(" ");

	return s("svg", { viewBox: `0 0 100 ${height}`, width: "100%", height,
		preserveAspectRatio: "none" },
	shortfall(points, x, y),
	s("polyline", { class: "plan", points: path("plan") }),
	s("polyline", { class: "act", points: path("value") }));
}

// Washed where the plan is above what was reached.
function shortfall(points, x, y) {
	return points.slice(1).map((p, i) => {
		const ends_ = [[points[i], i], [p, i + 1]];

		if (ends_.some(([one]) => one.value === null || one.plan === null ||
			Number(one.plan) < Number(one.value)))
			return null;
		return s("polygon", { class: "area", points: [...ends_.map(([one, at]) =>
			`${x(at)},${y(one.plan)}`), ...ends_.reverse().map(([one, at]) =>
			`${x(at)},${y(one.value)}`)].join(" ") });
	});
}

function ends(points, x, y, places, unit) {
	const last = points.map((p, i) => ({ p, i }))
		.filter(({ p }) => p.value !== null && p.value !== undefined);
	if (!last.length)
		return null;
	const { p, i } = last[last.length - 1];
	const right = i >= points.length - 3;
	const below = p.plan === null || Number(p.value) < Number(p.plan);
	const anchor = right ? "end" : "start";
	const dx = right ? -10 : 10;

	return [last.slice(0, -1).map((one) => s("circle", { class: "pt",
		cx: x(one.i) + "%", cy: y(one.p.value), r: 2.5 })),
	s("circle", { class: "pt", cx: x(i) + "%", cy: y(p.value), r: 5 }),
	s("text", { class: "v", x: x(i) + "%", dx, y: y(p.value) + (below ? 22 : -12),
		"text-anchor": anchor }, `${t("chart.actual")} ${write(p.value)} ${unit}`),
	p.plan === null ? null : s("text", { class: "b", x: x(i) + "%", dx,
		y: y(p.plan) + (below ? -12 : 22), "text-anchor": anchor },
	`${t("chart.plan")} ${planned(p.plan, places)}`)];
}

// Below, on the same x: what was added, the verdict as given, coverage.
function extras(points, x, from, amounts, places) {
	const marks = [];
	let y = from;
	const name = (text, at) => marks.push(s("text", { x: -8, y: at,
		"text-anchor": "end" }, text));

	if (amounts) {
		marks.push(bars(points, x, y, places));
		name(t("chart.amount"), y + 50);
		y += 76;
	}
	name(t("chart.verdict"), y + 12);
	points.forEach((p, i) => {
		const mark = markOf(p.kept || p.now);

		if (mark)
			marks.push(s("g", {}, s("title", {}, `${p.label} ${markWord(mark)}`),
				use(mark, { x: x(i) + "%", y: y - 1, width: 15, height: 15,
					transform: "translate(-7.5)" })));
	});
	y += 26;
	name(t("chart.coverage"), y + 12);
	points.forEach((p, i) => {
		if (p.due)
			marks.push(s("text", { class: p.reported < p.due ? "b" : "",
				x: x(i) + "%", y: y + 12, "text-anchor": "middle" },
			p.reported < p.due ? `${p.reported}/${p.due}` : String(p.due)));
	});
	y += 20;
	if (points.some((p) => p.changed)) {
		name(t("chart.changed"), y + 12);
		points.forEach((p, i) => {
			const mark = p.changed && markOf(p.now);

			if (mark)
				marks.push(use(mark, { x: x(i) + "%", y: y - 1, width: 15,
					height: 15, transform: "translate(-7.5)" }));
		});
		y += 20;
	}
	return { marks, height: y - from + 8 };
}

function bars(points, x, y, places) {
	const steps = points.map((p, i) => {
		const before = i ? points[i - 1].value : "0";

		return p.value === null || p.value === undefined || before === null ||
			before === undefined ? null : minus(p.value, before);
	});
	const most = Math.max(...steps.map((v) => v === null ? 0 : Math.abs(Number(v))), 1e-9);
	const low = steps.some((v) => v !== null && sign(v) < 0);
	const zero = y + (low ? 40 : 60);
	const width = 62 / points.length;

	return [s("line", { class: "ax", x1: 0, x2: "100%", y1: zero, y2: zero }),
		steps.map((v, i) => {
			if (v === null)
				return null;
			const height = Math.abs(Number(v)) / most * (low ? 24 : 44);
			const up = sign(v) >= 0;

			return [s("rect", { class: up ? "up" : "dn", x: x(i) - width / 2 + "%",
				width: width + "%", y: up ? zero - height : zero, height }),
			s("text", { x: x(i) + "%", y: up ? zero - height - 4 : zero + height + 12,
				"text-anchor": "middle" }, planned(v, places))];
		})];
}

// A table that says what a chart shows, for who cannot see it.
export function spoken(points, caption) {
	return h("table", { class: "sr" }, h("caption", {}, caption),
		h("tbody", {}, points.filter((p) => p.now || p.kept).map((p) =>
			h("tr", {}, h("th", { scope: "row" }, p.label),
				h("td", {}, p.value === null ? t("none") : write(p.value)),
				h("td", {}, markWord(markOf(p.kept || p.now)))))));
}
