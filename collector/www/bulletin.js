// The monthly bulletin: one sheet of A4, read in greyscale, printed.

import { h, s, table } from "./dom.js";
import { t, lang } from "./words.js";
import { percent, period, day, moment, write, month } from "./numbers.js";
import { light, shape, markOf, MARKS } from "./marks.js";
import { target, targetName, unitName, section, sectionName, isTown } from "./names.js";
import { value, planText, behind, byWorst, goalText } from "./figures.js";
import { ranks } from "./units.js";
import { greys } from "./overview.js";

const ROWS = 15;

export async function load(context) {
	const [data, standings] = await Promise.all([context.get("overview"),
		context.get("standings")]);

	return { ...data, units: standings.units };
}

export function draw(context, data) {
	const { head, counts, tasks, silent, units } = data;
	const all = counts.all;
	const lagging = tasks.filter((one) => one.light === "red" || one.light === "yellow")
		.sort(byWorst);
	const name = head.period ? period(head.period) : day(head.cutoff, true);
	const title = lang() === "en" && head.title_en || head.title_zh || head.name;

	return { title: t("bulletin.title", { period: name }), nodes: [
		h("p", { class: "noprint bar" }, h("button", { type: "button", class: "btn go",
			id: "print", click: () => window.print() }, t("bulletin.print")),
		h("small", {}, t("bulletin.hint"))),
		h("article", { class: "a4" + (lagging.length < 11 ? " airy" : "") },
			head.simulated ? h("p", { class: "ex" }, t("demo") + t("colon") + t("demo.text")) : null,
			h("h1", {}, t("bulletin.title", { period: name })),
			h("p", { class: "issue" }, h("span", {}, title),
				h("span", {}, t("bulletin.cutoff", { day: day(head.cutoff, true) })),
				h("span", {}, t("bulletin.made", { day: day(moment(head.updated_us).day, true) }))),
			h("h2", {}, t("bulletin.one")),
			h("p", { class: "body" }, overall(head, all, tasks)),
			rule(head, all),
			h("h2", {}, t("bulletin.two", { n: lagging.length })),
			lagged(lagging),
			h("div", { class: "half" },
				h("section", {}, h("h2", {}, t("bulletin.three")), order(units),
					h("p", { class: "note" }, t("bulletin.ranks"))),
				h("section", {}, h("h2", {}, t("bulletin.four")), bySection(tasks),
					h("h2", {}, t("bulletin.five")), h("p", { class: "body" }, missing(silent)))),
			h("p", { class: "note" }, MARKS.map((mark) => h("span", {}, shape(mark),
				t("mark." + mark)))),
			h("p", { class: "end" }, h("span", {}, t("bulletin.end", {
				size: write(String(head.size)), at: moment(head.updated_us).machine })),
			h("span", {}, t("bulletin.rules", { v: head.catalogue }))))] };
}

function overall(head, all, tasks) {
	const { silent, review } = greys(tasks);

	return t("bulletin.overall", { time: percent(head.time), accountable: all.accountable,
		good: all.good, share: all.accountable ? percent(all.good_share) : t("none"),
		tasks: all.tasks, done: all.done, green: all.green - all.green_behind,
		behind: all.green_behind, yellow: all.yellow, red: all.red, grey: all.grey,
		silent, review });
}

function rule(head, all) {
	const now = Number(head.time);

	return h("div", { class: "year" }, s("svg", { class: "c", height: 36, role: "img",
		"aria-label": t("rule.short", { time: percent(head.time),
			share: percent(all.good_share || "0") }) },
	[...Array(12).keys()].map((i) => s("rect", { class: (i + 1) / 12 * 100 <= now + 0.01
		? "past" : "todo", x: i / 12 * 100 + "%", y: 2, width: "8.08%", height: 10 },
	s("title", {}, month(i + 1)))),
	s("rect", { class: "done", y: 18, height: 12, width: (all.good_share || 0) + "%" }),
	s("line", { class: "now", x1: now + "%", x2: now + "%", y1: 0, y2: 34 }),
	s("text", { x: -6, y: 11, "text-anchor": "end" }, t("rule.time")),
	s("text", { x: -6, y: 28, "text-anchor": "end" }, t("rule.good")),
	s("text", { class: "b", x: "100%", dx: 8, y: 12 }, percent(head.time)),
	s("text", { class: "b", x: "100%", dx: 8, y: 29 }, percent(all.good_share || "0"))));
}

function lagged(list) {
	if (!list.length)
		return h("p", { class: "body" }, t("lag.none"));
	return [table("tb", [[t("light"), "", true], [t("task")], [t("def.lead")], [t("value"), "num"],
		[t("goal"), "num"], [t("plan"), "num"], [t("gap"), "num"]],
	list.slice(0, ROWS).map((one) => h("tr", {}, h("td", {}, light(markOf(one))),
		h("th", { scope: "row" }, targetName(one.target)),
		h("td", {}, unitName(target(one.target).lead)),
		h("td", { class: "num" }, one.kind === "narrative" ? t("kind.narrative") : value(one)),
		h("td", { class: "num" }, goalText(one) || t("none")),
		h("td", { class: "num" }, planText(one) || t("none")),
		h("td", { class: "num" }, h("b", {}, behind(one)))))),
	list.length > ROWS ? h("p", { class: "note" }, t("lag.more", { n: list.length - ROWS,
		names: list.slice(ROWS, ROWS + 3).map((one) => targetName(one.target))
			.join(t("comma")) })) : null];
}

function order(units) {
	const towns = units.filter((one) => isTown(one.unit));
	const shown = towns.length ? towns : units;

	return table("tb", [[t("rank"), "num"], [t("unit")], [t("units.of"), "num"],
		[t("share"), "num"], [t("lights.done"), "num"]],
	ranks(shown).slice(0, 18).map(([one, rank]) => h("tr", {},
		h("td", { class: "num" }, rank || "–"),
		h("th", { scope: "row" }, unitName(one.unit)),
		h("td", { class: "num" }, `${one.good}/${one.accountable}`),
		h("td", { class: "num" }, one.accountable ? percent(one.good_share) : t("none")),
		h("td", { class: "num" }, one.done))));
}

function bySection(tasks) {
	const groups = new Map();
	const marks = [["d"], ["g"], ["s"], ["y"], ["r", "k"], ["w", "m"]];

	for (const one of tasks) {
		const name = section(target(one.target));

		groups.set(name, [...(groups.get(name) || []), one]);
	}
	const cells = (list) => [h("td", { class: "num" }, list.length), marks.map((set) => {
		const n = list.filter((one) => set.includes(markOf(one))).length;

		return h("td", { class: "num" }, n || "–");
	})];
	return h("table", { class: "tb" }, h("thead", {}, h("tr", {},
		h("th", { scope: "col" }, t("section")), h("th", { scope: "col", class: "num" }, t("count")),
		marks.map(([mark]) => h("th", { scope: "col", class: "num" }, light(mark))))),
	h("tbody", {}, [...groups].map(([name, list]) => h("tr", {},
		h("th", { scope: "row", lang: name ? "zh-CN" : null }, sectionName(name)),
		cells(list))),
	h("tr", { class: "sum" }, h("th", { scope: "row" }, t("sum")), cells(tasks))));
}

function missing(silent) {
	if (!silent.length)
		return t("silent.none");
	const list = [...silent].sort((a, b) => b.targets.length - a.targets.length);

	return list.slice(0, 8).map((one) => t("bulletin.silent", { unit: unitName(one.unit),
		n: one.targets.length })).join(t("comma")) + (list.length > 8
		? t("bulletin.others", { n: list.length - 8 }) : "") + t("bulletin.zero");
}
