// One target: its figures, the trend against the plan, its units ranked.

import { h, block, table } from "./dom.js";
import { t, lang } from "./words.js";
import { write, percent, planned, minus, round, period, day, month } from "./numbers.js";
import { light, shape, markOf, markWord, why } from "./marks.js";
import { trend, spoken, bullet } from "./charts.js";
import { target, targetName, unitName, shortName, uom, section, sectionName, goal, step }
	from "./names.js";
import { value, valueWithUnit, goalText, planText, behind, coverage, byWorst, shortBy,
	worstUnits } from "./figures.js";
import { downloads } from "./matrix.js";

export async function load(context) {
	return context.get("targets/" + encodeURIComponent(context.args[0]));
}

export function draw(context, data) {
	const { figure, head } = data;
	const of = target(figure.target);
	const mark = markOf(figure);

	return { title: targetName(figure.target), nodes: [
		h("p", { class: "path" }, h("a", { href: context.href("/") }, t("nav.overview")),
			" / ", h("a", { href: context.href("/matrix", { section: section(of) }),
				lang: section(of) ? "zh-CN" : null }, sectionName(section(of))),
			h("span", { class: "act" }, downloads(context, { target: figure.target }))),
		h("h1", {}, shape(mark), h("span", { class: "sr" }, markWord(mark), " "),
			targetName(figure.target),
			h("small", { class: "lightword " + mark }, [markWord(mark), why(figure)]
				.filter(Boolean).join(" · "))),
		keyFigures(figure),
		h("div", { class: "two rank3" }, course(data, of), ranked(context, data)),
		h("div", { class: "three" }, definition(context, of), items(context, data),
			revisions(data))] };
}

function term(name, ...content) {
	return h("div", {}, h("dt", {}, name), h("dd", {}, ...content));
}

function keyFigures(figure) {
	const numeric = figure.plan && /^-?[\d.]+$/.test(figure.plan);

	return h("dl", { class: "figs" },
		term(t("ytd"), figure.kind === "narrative" ? markWord(markOf(figure))
			: valueWithUnit(figure)),
		figure.goal ? term(t("goal"), goalText(figure), /\d$/.test(figure.goal)
			? h("small", {}, uom(figure.target)) : null) : null,
		figure.rate !== null ? term(t("rate"), percent(figure.rate)) : null,
		figure.plan ? term(numeric ? t("plan.now", { period: figure.period
			? period(figure.period, true) : "" })
			: t("plan.day"), planText(figure), numeric
			? h("small", {}, uom(figure.target)) : null) : null,
		figure.gap !== null || figure.slip ? term(t("gap"),
			h("span", { class: markOf(figure) }, behind(figure)),
			shortBy(figure) ? h("small", {}, shortBy(figure)) : null) : null,
		figure.used ? term(t("used"), write(figure.used), h("small", {},
			t("left", { n: write(figure.left || "0") }))) : null,
		term(t("coverage.of", { period: figure.period ? period(figure.period, true) : "" }),
			coverage(figure)),
		figure.allocated ? term(t("allocated"), planned(figure.allocated, 2),
			h("small", {}, uom(figure.target))) : null,
		figure.as_reported ? term(t("as_reported"), write(figure.as_reported)) : null,
		figure.adjusted ? term(t("adjusted"), figure.adjusted.value === null ? t("none")
			: write(figure.adjusted.value)) : null,
		figure.stretch ? term(t("stretch"), String(figure.stretch)) : null);
}

// The periods of the year, those to come with nothing but a place.
export function course_(periods, head) {
	const last = periods[periods.length - 1];
	const kind = last && (/[MQHW]/.exec(last.period) || [""])[0];
	const count = { M: 12, Q: 4, H: 2 }[kind];
	const list = periods.map((one) => {
		const best = one.now || one.kept || {};
		const number = (text) => text && /^-?[\d.]+$/.test(text) ? text : null;

		return { period: one.period, label: period(one.period, true),
			value: number(best.value), plan: number(best.plan),
			kept: one.kept, now: one.now, changed: one.changed && Boolean(one.kept),
			reported: best.reported || 0, due: best.due || 0 };
	});

	for (let i = list.length; count && i < count; i++)
		list.push({ label: kind === "M" ? month(i + 1)
			: t("period." + kind, { n: i + 1 }), value: null, plan: null,
		kept: null, now: null, due: 0 });
	return list;
}

function course(data, of) {
	const { figure, periods, head } = data;
	const list = course_(periods, head);
	const single = /^[<>]?=?(-?[\d.]+)$/.exec(figure.goal || "");
	const measured = list.some((one) => one.value !== null) &&
		figure.kind !== "guard" && figure.kind !== "benchmark" &&
		figure.kind !== "narrative";
	const title = finding(list, figure);

	if (!periods.length)
		return block(t("course"), "", h("p", { class: "empty" }, t("course.none")));
	if (!measured)
		return block(title, t("course.verdicts"), verdicts(list));
	return block(title, t("course.unit", { uom: uom(figure.target) }),
		h("div", { class: "trend" }, trend({ points: list,
			goal: single && !figure.items ? single[1] : null, goalText: goalText(figure),
			unit: uom(figure.target), places: of.decimals || 0,
			amounts: ["flow", "net", "items"].includes(figure.kind) && !figure.items,
			label: t("course.label", { name: targetName(figure.target),
				value: value(figure), plan: planText(figure) || t("none") }) })),
		spoken(list, t("course")));
}

// The finding is the title: since when it lags, or that it never did.
function finding(list, figure) {
	const marks = list.map((one) => ({ one, mark: markOf(one.now || one.kept) }))
		.filter(({ mark }) => mark);
	const bad = ({ mark }) => ["y", "r", "k"].includes(mark);
	let since = marks.length;

	while (since > 0 && bad(marks[since - 1]))
		since--;
	if (since < marks.length)
		return since ? t("finding.since", { period: marks[since].one.label })
			: t("finding.always");
	if (figure.light === "done") {
		const first = marks.findIndex(({ mark }, i) =>
			marks.slice(i).every((later) => later.mark === "d"));

		return t("finding.done", { period: marks[first] ? marks[first].one.label : "" });
	}
	if (figure.light === "grey")
		return t("finding.grey");
	return marks.some(bad) ? t("finding.back") : t("finding.never");
}

function verdicts(list) {
	return h("div", { class: "hrow" }, table("verdicts", [[t("period")],
		[t("chart.verdict")], [t("value"), "num"], [t("coverage"), "num"], [t("chart.changed")]],
	list.filter((one) => one.now || one.kept).map((one) => {
		const kept = markOf(one.kept), now = markOf(one.now);

		return h("tr", {}, h("th", { scope: "row" }, one.label),
			h("td", {}, kept || now ? light(kept || now, true) : ""),
			h("td", { class: "num" }, one.value === null ? t("none") : write(one.value)),
			h("td", { class: "num" }, one.due ? `${one.reported}/${one.due}` : ""),
			h("td", {}, one.changed && now ? light(now, true) : ""));
	})));
}

function ranked(context, data) {
	const { figure, units } = data;
	const list = [...units].sort((a, b) => (a.rank || 1e9) - (b.rank || 1e9) ||
		(a.rank ? 0 : byWorst(a, b)));
	const rated = list.some((one) => one.rate !== null);
	const plan = list.some((one) => one.gap !== null);

	if (!list.length)
		return block(t("ranked"), "", h("p", { class: "empty" }, t("ranked.none")));
	return block(worst(units), t("ranked.note"), table("rank",
		[[t("rank"), "", true], [t("unit")],
			rated ? [plan ? t("ranked.bar") : t("rate"), "b"] : null,
			[figure.goal ? t("ranked.value") : t("value"), "num v"],
			rated ? [t("rate"), "num p"] : null, [t("period.last"), "num e"]].filter(Boolean),
		list.map((one) => row(context, one, rated, figure))),
	figure.allocated && figure.goal && /^>=[\d.]+$/.test(figure.goal)
		? h("p", { class: "sm" }, t("ranked.allocated", {
			sum: planned(figure.allocated, 2), uom: uom(figure.target),
			share: percent(share(figure.allocated, figure.goal.slice(2))) })) : null,
	units.some((one) => markOf(one) === "m") ? h("p", { class: "sm" }, t("ranked.silent")) : null);
}

// a of b in %, to a tenth, from their digits
function share(a, b) {
	const whole = BigInt(round(b, 6).replace(".", ""));

	if (whole === 0n)
		return "100";
	const tenths = BigInt(round(a, 6).replace(".", "")) * 1000n / whole;
	return `${tenths / 10n}.${tenths % 10n}`;
}

function worst(units) {
	const list = worstUnits(units, 3);

	if (!list.length)
		return t("ranked");
	return t("ranked.worst", { names: list.map((one) => shortName(one.unit))
		.join(t("comma")) });
}

function row(context, one, rated, figure) {
	const mark = markOf(one);
	const to = context.href(`/figures/${one.target}/${one.unit}`);
	const quota = goal(one.target, one.goal);

	return h("tr", {},
		h("td", {}, one.rank || "–"),
		h("th", { scope: "row" }, light(mark), " ", h("a", {
			title: unitName(one.unit), href: context.href("/units/" + one.unit) },
		unitName(one.unit))),
		rated ? h("td", { class: "b" }, one.rate !== null ? bullet(one, mark) : "") : null,
		h("td", { class: "num" }, h("a", { class: "fig", href: to },
			one.kind === "narrative" ? markWord(mark) : value(one)),
		quota ? h("small", {}, " / " + quota) : null),
		rated ? h("td", { class: "num" }, one.rate !== null ? percent(one.rate)
			: h("small", {}, why(one))) : null,
		h("td", { class: "num" }, h("small", {}, one.last ? period(one.last, true) : t("none"))));
}

function definition(context, of) {
	const rows = [
		[t("def.kind"), t("kind." + of.kind, {}, of.kind)],
		[t("def.period"), t("every." + of.period, {}, of.period || "")],
		[t("def.lead"), of.lead ? h("a", { class: "ln", href: context.href("/units/" + of.lead) },
			unitName(of.lead)) : ""],
		[t("def.authority"), t("authority." + of.authority, {}, of.authority || "")],
		[t("def.approve"), of.approve ? t("yes.approve") : t("no.approve")],
		[t("def.lights"), of.yellow_from ? t("def.lights.text",
			{ yellow: write(String(of.yellow_from)), red: write(String(of.red_above)) }) : ""],
		[t("def.part"), of.part_of ? h("a", { class: "ln",
			href: context.href("/targets/" + of.part_of) }, targetName(of.part_of)) : ""],
		[t("def.note"), of.note ? h("span", { lang: "zh-CN" }, of.note) : ""],
		[t("def.id"), h("code", {}, of.id)],
	];

	return block(t("def"), "", h("dl", { class: "def" }, rows.filter(([, content]) => content)
		.map(([name, content]) => h("div", {}, h("dt", {}, name), h("dd", {}, content)))));
}

function items(context, { items: list, figure }) {
	if (!list || !list.length)
		return null;
	return block(t("items"), t("items.count", { n: list.length,
		counts: list.filter((one) => one.counts).length }),
	table("items", [[t("item")], [t("item.step")], [t("item.planned"), "num"],
		[t("item.counts")]],
	list.map((one) => h("tr", {}, h("th", { scope: "row" }, lang() === "en" &&
		one.name_en || h("span", { lang: "zh-CN" }, one.name_zh || one.id), one.governs ? [" ", h("a", {
		class: "by", href: context.href(`/figures/${figure.target}/${one.governs}`) },
	unitName(one.governs))] : null),
	h("td", {}, one.step ? step(figure.target, one.step) : t("none")),
	h("td", { class: "num" }, one.planned ? day(one.planned) : "",
		one.slip ? h("small", { class: "r" }, " ", t("overdue.months", { n: one.slip })) : null),
	h("td", {}, one.disputed ? t("item.disputed") : one.counts ? t("item.yes") : t("item.no"))))));
}

function revisions({ periods, figure }) {
	const changed = periods.filter((one) => one.changed && one.kept);

	return block(t("revisions"), changed.length ? String(changed.length) : "",
		changed.length ? table("revised", [[t("period")], [t("revisions.kept"), "num"],
			[t("revisions.now"), "num"], [t("difference"), "num"]],
		changed.map((one) => {
			const both = one.kept.value !== null && one.now && one.now.value !== null;
			const apart = both ? minus(one.now.value, one.kept.value) : null;

			return h("tr", {}, h("th", { scope: "row" }, period(one.period, true)),
				h("td", { class: "num" }, light(markOf(one.kept)), " ",
					one.kept.value === null ? t("none") : write(one.kept.value)),
				h("td", { class: "num" }, one.now ? [light(markOf(one.now)), " ",
					one.now.value === null ? t("none") : write(one.now.value)] : t("none")),
				h("td", { class: "num" }, apart === null ? "" : write(apart)));
		})) : h("p", { class: "empty" }, t("revisions.none")));
}
