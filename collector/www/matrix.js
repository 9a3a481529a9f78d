// Tasks by units: towns and streets as a matrix, what departments report as
// a list, since each of it has few units.

import { h } from "./dom.js";
import { t, lang } from "./words.js";
import { write, percent } from "./numbers.js";
import { light, markOf, markWord, isSilent, isOpen } from "./marks.js";
import { target, targetName, unitName, unitHead, isTown, section, sectionName, allUnits,
	goal, measure } from "./names.js";
import { progress, coverage, value } from "./figures.js";
import { address } from "./api.js";

const COLUMNS = 40; // units on one page

export async function load(context) {
	return context.get("matrix");
}

const LIGHTS = {
	done: (f) => f.light === "done",
	green: (f) => markOf(f) === "g",
	behind: (f) => markOf(f) === "s",
	yellow: (f) => f.light === "yellow",
	red: (f) => f.light === "red",
	grey: (f) => f.light === "grey",
	lag: (f) => f.light === "red" || f.light === "yellow",
	silent: (f) => isSilent(f),
};

export function draw(context, { rows }) {
	const by = context.params.get("by") || "";
	const chosen = context.params.get("light") || "";
	const of = context.params.get("section") || "";
	const keep = rows.filter(({ figure }) => target(figure.target).task &&
		(!of || section(target(figure.target)) === of) &&
		(!chosen || !LIGHTS[chosen] || LIGHTS[chosen](figure)));
	const town = ({ units }) => units.some((one) => isTown(one.unit));
	const towns = keep.filter(town), others = keep.filter((row) => !town(row));
	const shown = by === "towns" ? [towns, []] : by === "offices" ? [[], others]
		: [towns, others];

	return { title: t("nav.matrix"), wide: true, nodes: [
		bar(context, by, chosen, of, [towns.length, others.length], shown.flat()),
		!keep.length ? h("p", { class: "empty" }, t("matrix.empty")) : null,
		shown[0].length ? grid(context, shown[0]) : null,
		shown[1].length ? offices(context, shown[1]) : null] };
}

function bar(context, by, chosen, of, [towns, others], shown) {
	const pick = (name, value, now, text) => h("a", {
		"aria-current": value === now ? "true" : null,
		href: context.again({ [name]: value || null }) }, text);

	return h("div", { class: "bar" },
		h("h1", {}, t("nav.matrix")),
		h("p", {}, t("matrix.by"), pick("by", "", by, t("all")),
			pick("by", "towns", by, t("matrix.towns", { n: towns })),
			pick("by", "offices", by, t("matrix.offices", { n: others }))),
		h("p", {}, t("matrix.only"), ["", "lag", "silent", "red", "yellow", "behind",
			"green", "done"].map((name) => pick("light", name, chosen,
			name ? t("filter." + name) : t("all")))),
		of ? h("p", {}, t("matrix.section"), h("span", { lang: "zh-CN" }, " ", of),
			pick("section", "", of, t("matrix.clear"))) : null,
		shown.length ? h("p", { class: "act" }, downloads(context,
			by || chosen || of ? { target: shown.map((row) => row.figure.target).join() }
				: { all: "1" })) : null);
}

export function downloads(context, more) {
	return ["xlsx", "csv"].map((kind) => h("a", { class: "get", download: true,
		href: address("/downloads/figures." + kind,
			{ ...context.asked, ...more, lang: lang() }) },
	t("download." + kind)));
}

// Sections in the order of the catalogue, each with its rows.
function grouped(rows) {
	const groups = new Map();

	for (const row of rows) {
		const name = section(target(row.figure.target));

		groups.set(name, [...(groups.get(name) || []), row]);
	}
	return groups;
}

function columns(rows) {
	const used = new Set(rows.flatMap((row) => row.units.map((one) => one.unit)));
	const rank = { street: 0, town: 1, village: 2 };

	return allUnits().filter((one) => used.has(one.id) && isTown(one.id))
		.sort((a, b) => rank[a.kind] - rank[b.kind]);
}

function grid(context, rows) {
	const all = columns(rows);
	const page = Math.max(0, Number(context.params.get("page") || 0));
	const units = all.slice(page * COLUMNS, (page + 1) * COLUMNS);
	const gap = units.findIndex((one, i) => i && one.kind !== units[i - 1].kind);
	const cls = (i, more) => [i === gap ? "gp" : "", more].filter(Boolean).join(" ") || null;

	return h("div", { class: "scroll", tabindex: "0", role: "region",
		"aria-label": t("matrix.table") },
	pages(context, all.length, page),
	h("table", { class: "mx" },
		h("caption", { class: "sr" }, t("matrix.table")),
		h("thead", {}, h("tr", {},
			h("th", { scope: "col", class: "t" }, t("matrix.task")),
			h("th", { scope: "col", class: "o" }, t("matrix.whole"),
				h("small", {}, t("matrix.coverage"))),
			units.map((one, i) => {
				const [first, kind] = unitHead(one.id);

				return h("th", { scope: "col", class: cls(i) },
					h("a", { href: context.href("/units/" + one.id) },
						first, h("small", {}, kind)));
			}))),
		[...grouped(rows)].map(([name, list]) => h("tbody", {},
			h("tr", { class: "sec" },
				h("th", { scope: "rowgroup", lang: name ? "zh-CN" : null },
					sectionName(name)), h("td", {}),
				h("td", { colspan: units.length })),
			list.map((row) => line(context, row, units, cls))))));
}

function pages(context, count, page) {
	if (count <= COLUMNS)
		return null;
	return h("p", { class: "bar" }, [...Array(Math.ceil(count / COLUMNS)).keys()]
		.map((i) => h("a", { class: "ln", href: context.again({ page: i || null }),
			"aria-current": i === page ? "true" : null },
		`${i * COLUMNS + 1}${"\u2013"}${Math.min((i + 1) * COLUMNS, count)}`)));
}

function first(context, figure) {
	return h("th", { scope: "row" }, h("a", { title: targetName(figure.target),
		href: context.href("/targets/" + figure.target) },
	targetName(figure.target)), " ", figure.goal ? h("small", {},
		goal(figure.target, figure.goal), measure(figure.target)) : null);
}

function whole(context, figure) {
	return h("td", { class: "whole" }, light(markOf(figure)),
		h("a", { href: context.href("/targets/" + figure.target) },
			progress(figure) || markWord(markOf(figure))),
		h("small", {}, coverage(figure)));
}

function line(context, { figure, units }, columns_, cls) {
	const of = new Map(units.map((one) => [one.unit, one]));

	return h("tr", {}, first(context, figure), whole(context, figure),
		columns_.map((unit, i) => {
			const one = of.get(unit.id);

			if (!one)
				return h("td", { class: cls(i, "x") });
			const mark = markOf(one);
			return h("td", { class: cls(i, mark) }, light(mark),
				h("a", { href: context.href(`/figures/${one.target}/${one.unit}`) },
					short(one, mark)));
		}));
}

// A cell has room for four digits: whole percent, or the value with a short
// unit of measure.
function short(figure, mark) {
	const of = measure(figure.target);
	const text = figure.value === null ? "" : write(figure.value);

	if (mark === "m" || figure.why === "not-applicable")
		return t(mark === "m" ? "mark.m" : "na");
	if (isOpen(figure))
		return t("why.open");
	if (figure.rate !== null)
		return percent(figure.rate, 0);
	if (text)
		return [text, figure.items || text.length + of.length > 5 ? null : h("small", {}, of)];
	return h("span", { class: "sr" }, markWord(mark));
}

function offices(context, rows) {
	return h("section", { class: "blk" },
		h("h2", {}, t("matrix.officestitle"), h("small", {}, t("matrix.officesnote"))),
		h("table", { class: "mx list" },
			h("thead", {}, h("tr", {}, [["matrix.task"], ["matrix.whole"], ["value", "num"],
				["plan", "num"], ["matrix.reporters"]].map(([key, cls]) =>
				h("th", { scope: "col", class: cls }, t(key))))),
			[...grouped(rows)].map(([name, list]) => h("tbody", {},
				h("tr", { class: "sec" }, h("th", { scope: "rowgroup",
					lang: name ? "zh-CN" : null }, sectionName(name)),
					h("td", { colspan: 4 })),
				list.map(({ figure, units }) => h("tr", {}, first(context, figure),
					whole(context, figure),
					h("td", { class: "num" }, value(figure) || markWord(markOf(figure))),
					h("td", { class: "num" }, goal(figure.target, figure.goal) || ""),
					h("td", { class: "us" }, units.map((one) => h("a", {
						class: "u", href: context.href(`/figures/${one.target}/${one.unit}`) },
					light(markOf(one)), unitName(one.unit))))))))));
}
