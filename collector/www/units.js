// Units: their ranks, and one unit's page for the meeting.

import { h, block, table } from "./dom.js";
import { t } from "./words.js";
import { percent, period, write, moment } from "./numbers.js";
import { spared } from "./api.js";
import { light, shape, markOf, markWord, isSilent, isOpen, why } from "./marks.js";
import { bullet } from "./charts.js";
import { targetName, unitName, unit, isTown, measure, goal } from "./names.js";
import { value, behind, byWorst, progress, said, statementHref, ownWords } from "./figures.js";
import { downloads } from "./matrix.js";

const EXPLAINED = 8;

export const list = {
	async load(context) {
		return context.get("standings");
	},
	draw(context, { units, head }) {
		const towns = units.filter((one) => isTown(one.unit));
		const others = units.filter((one) => !isTown(one.unit));

		return { title: t("nav.units"), nodes: [
			h("div", { class: "bar" }, h("h1", {}, t("units.title")),
				h("p", {}, t("units.note", { time: percent(head.time) })),
				h("p", { class: "act" }, downloads(context, { all: "1" }))),
			h("div", { class: "two even" },
				block(t("units.towns"), t("units.count", { n: towns.length }),
					standings(context, towns)),
				block(t("units.offices"), t("units.count", { n: others.length }),
					standings(context, others)))] };
	},
};

export function standings(context, units) {
	return table("stand", [[t("rank"), "num"], [t("unit")], [t("units.good"), "b"],
		[t("units.of"), "num"], [t("share"), "num"], [t("lights.done"), "num"]],
	ranks(units).map(([one, rank]) => h("tr", {},
		h("td", { class: "num" }, rank || "–"),
		h("th", { scope: "row" }, h("a", { href: context.href("/units/" + one.unit) },
			unitName(one.unit))),
		h("td", { class: "b" }, one.accountable ? bullet({ rate: one.good_share, gap: null },
			"g") : ""),
		h("td", { class: "num" }, `${one.good}/${one.accountable}`),
		h("td", { class: "num" }, one.accountable ? percent(one.good_share) : t("none")),
		h("td", { class: "num" }, one.done))));
}

// Ranks among those that are shown; equal shares share one (1, 1, 3).
export function ranks(units) {
	const order = units.filter((one) => one.rank).sort((a, b) => a.rank - b.rank);
	const rest = units.filter((one) => !one.rank);

	return [...order.map((one) => [one,
		1 + order.findIndex((other) => other.rank === one.rank)]),
	...rest.map((one) => [one, null])];
}

export const one = {
	async load(context) {
		const id = encodeURIComponent(context.args[0]);
		const [data, late, refused] = await Promise.all([context.get("units/" + id),
			context.get("late"), context.get("refused")]);

		const lagging = data.figures.filter((figure) => figure.light === "red" ||
			figure.light === "yellow").sort(byWorst).slice(0, EXPLAINED);
		// What it says itself to what it has to explain.
		const words = await Promise.all(lagging.map((figure) =>
			context.get(`figures/${encodeURIComponent(figure.target)}/${id}`)
				.then((answer) => ownWords(answer.statements, figure)).catch(spared)));

		return { ...data, late: late.statements, refused: refused.statements,
			lagging: lagging.map((figure, i) => ({ figure, words: words[i] })) };
	},
	draw(context, data) {
		const id = context.args[0];
		const { standing, figures } = data;
		const judged = [...figures].sort(byWorst);
		const silent = figures.filter(isSilent);

		return { title: unitName(id), nodes: [
			h("p", { class: "path" }, h("a", { href: context.href("/units") }, t("nav.units")),
				h("span", { class: "act" }, downloads(context, { unit: id }))),
			h("h1", {}, unitName(id)),
			keys(standing, figures, silent),
			judged.length ? h("div", { class: "two" },
				block(t("unit.tasks"), t("unit.worst"), tasks(context, judged)),
				h("div", { class: "rail" },
					toExplain(context, data.lagging),
					unreported(context, silent),
					toCome(context, figures.filter(isOpen)),
					said_(context, t("unit.late"), data.late.filter((s) => s.unit === id), "late"),
					said_(context, t("unit.refused"), data.refused.filter((s) =>
						s.unit === id || s.office_name === id), "refused")))
				: h("p", { class: "empty" }, unit(id) ? t("unit.nothing") : t("unit.unknown"))] };
	},
};

function keys(standing, figures, silent) {
	const count = (light_) => figures.filter((one_) => one_.light === light_).length;
	const pair = (name, content, small) => h("div", {}, h("dt", {}, name),
		h("dd", {}, content, small ? h("small", {}, small) : null));

	if (!standing)
		return null;
	return h("dl", { class: "figs" },
		pair(t("units.good"), `${standing.good}/${standing.accountable}`,
			standing.accountable ? percent(standing.good_share) : ""),
		standing.rank ? pair(t("rank"), String(standing.rank), t("unit.rank.of")) : null,
		pair([shape("d"), " ", t("lights.done")], String(standing.done)),
		pair([shape("y"), " ", t("lights.yellow")], String(count("yellow"))),
		pair([shape("r"), " ", t("lights.red")], String(count("red"))),
		pair([shape("m"), " ", t("mark.m")], String(silent.length)));
}

function tasks(context, figures) {
	return table("job", [[t("light"), "c1", true], [t("task")], [t("lag.bar"), "b"],
		[t("rate"), "num p"], [t("ranked.value"), "num v"], [t("gap"), "num q"],
		[t("rank"), "num n"], [t("period.last"), "num e"]],
	figures.map((figure) => {
		const mark = markOf(figure);

		return h("tr", {}, h("td", { class: "c1" }, light(mark)),
			h("th", { scope: "row" }, h("a", { title: targetName(figure.target),
				href: context.href("/targets/" + figure.target) }, targetName(figure.target))),
			h("td", { class: "b" }, figure.rate !== null ? bullet(figure, mark) : ""),
			h("td", { class: "num" }, figure.rate !== null ? percent(figure.rate) : ""),
			h("td", { class: "num" }, h("a", { class: "fig",
				href: context.href(`/figures/${figure.target}/${figure.unit}`) },
			figure.kind === "narrative" ? markWord(mark) : value(figure)),
			figure.goal ? h("small", {}, " / " + goal(figure.target, figure.goal) +
				(figure.items ? "" : measure(figure.target))) : null),
			h("td", { class: "num " + mark }, behind(figure)),
			h("td", { class: "num" }, figure.rank || ""),
			h("td", { class: "num" }, h("small", {},
				figure.last ? period(figure.last, true) : t("none"))));
	}));
}

function toExplain(context, lagging) {
	return block(t("unit.explain"), lagging.length ? String(lagging.length) : "",
		lagging.length ? h("ul", { class: "say" }, lagging.map(({ figure, words }) =>
			h("li", {}, light(markOf(figure)), " ", h("a", {
				href: context.href(`/figures/${figure.target}/${figure.unit}`) },
			targetName(figure.target)),
			h("small", {}, [progress(figure), behind(figure),
				figure.why !== "violated" && !figure.slip ? why(figure) : ""]
				.filter((text, i, all) => text && all.indexOf(text) === i).join(" · ")),
			words ? h("p", {}, h("i", {}, t("cause.said")),
				h("span", { lang: "zh-CN" }, words.text)) : null)))
			: h("p", { class: "empty" }, t("unit.explain.none")));
}

function unreported(context, silent) {
	return block(t("unit.silent"), silent.length ? String(silent.length) : "",
		silent.length ? h("ul", { class: "say" }, silent.map((figure) => h("li", {},
			shape("m"), " ", h("a", {
				href: context.href(`/figures/${figure.target}/${figure.unit}`) },
			targetName(figure.target)), h("small", {}, figure.last
				? t("unit.last", { period: period(figure.last) }) : t("unit.never")))))
			: h("p", { class: "empty" }, t("unit.silent.none")));
}

function toCome(context, open) {
	if (!open.length)
		return null;
	return block(t("unit.open"), String(open.length), h("ul", { class: "say" },
		open.map((figure) => h("li", {}, shape("w"), " ", h("a", {
			href: context.href(`/figures/${figure.target}/${figure.unit}`) },
		targetName(figure.target))))));
}

function said_(context, title, statements, kind) {
	if (!statements.length)
		return null;
	return block(title, String(statements.length), h("ul", { class: "say" },
		statements.slice(0, 6).map((statement) => h("li", {},
			h("a", { href: statementHref(context, statement) },
				statement.target ? targetName(statement.target) : t("statement." + statement.kind)),
			" ", said(statement), h("small", {}, moment(statement.received_us).machine, " ",
				kind === "refused" ? statement["verdict_" +
					(document.documentElement.lang === "en" ? "en" : "zh")] || statement.verdict
					: write(statement.receipt))))));
}
