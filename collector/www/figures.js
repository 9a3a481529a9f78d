// Parts of figures that several views show.

import { h } from "./dom.js";
import { t } from "./words.js";
import { write, percent, points, planned, minus, sign, day } from "./numbers.js";
import { markOf, why, WORST } from "./marks.js";
import { target, goal, uom, targetName, unitName, step } from "./names.js";

// A figure's value as its target writes it, or the word for its lack.
export function value(figure) {
	if (figure.value === null)
		return figure.kind === "narrative" ? "" : t("none");
	if (figure.items)
		return figure.items.split("/").map(write).join(" / ");
	return write(figure.value);
}

// The value, and its unit of measure small behind it.
export function valueWithUnit(figure) {
	const measure = figure.value === null || figure.items ? "" : uom(figure.target);

	return [value(figure), measure ? h("small", {}, measure) : null];
}

export function goalText(figure) {
	return goal(figure.target, figure.goal);
}

// The one figure that says how far: a rate, else the value beside its goal.
export function progress(figure) {
	if (figure.rate !== null && figure.rate !== undefined)
		return percent(figure.rate);
	if (figure.value !== null)
		return write(figure.value) +
			(uom(figure.target) === "%" ? "%" : "");
	return "";
}

// How much behind, in the measure that fits the kind.
export function behind(figure) {
	if (figure.why === "violated")
		return t("why.violated");
	if (figure.slip)
		return t("overdue.months", { n: figure.slip });
	if (figure.gap !== null && figure.gap !== undefined)
		return points(figure.gap);
	if (figure.kind === "narrative" && (figure.light === "yellow" || figure.light === "red"))
		return t("judged." + figure.light);
	return why(figure);
}

// What a computed cause can say: the amount that the plan is ahead by.
export function shortBy(figure) {
	if (figure.value === null || !figure.plan || !/^-?[\d.]+$/.test(figure.plan))
		return null;
	const short = minus(figure.plan, figure.value);

	if (sign(short) <= 0)
		return null;
	return t("cause.short", { amount: planned(short,
		target(figure.target).decimals || 0), uom: uom(figure.target) });
}

// Worst first; within a light the one that is furthest behind.
export function byWorst(a, b) {
	const order = WORST.indexOf(markOf(a)) - WORST.indexOf(markOf(b));

	return order || Number(b.gap || 0) - Number(a.gap || 0) ||
		(b.slip || 0) - (a.slip || 0);
}

// Units that are furthest behind on a target, by what they lack of the plan.
export function worstUnits(units, count) {
	return units.filter((one) => ["y", "r", "k"].includes(markOf(one)))
		.sort(byWorst).slice(0, count);
}

export function planText(figure) {
	if (!figure.plan)
		return null;
	if (/^\d{4}-\d\d-\d\d$/.test(figure.plan))
		return day(figure.plan);
	if (!/^-?[\d.]+$/.test(figure.plan))
		return step(figure.target, figure.plan);
	return planned(figure.plan, target(figure.target).decimals || 0);
}

export function coverage(figure) {
	return `${write(String(figure.reported))}/${write(String(figure.due))}`;
}

// ---- statements ----

const MAIN = ["value", "given", "num", "current", "stage", "grade", "cases",
	"violations", "measured", "mean", "works", "text"];

// What a statement says in one short text: 213; 284 − 71; 开工.
export function said(statement) {
	const cells = statement.cells || {};

	if (cells.opened !== undefined && cells.closed !== undefined)
		return `${write(cells.opened)} ${"\u2212"} ${write(cells.closed)}`;
	if (cells.num !== undefined && cells.den !== undefined)
		return `${write(cells.num)} / ${write(cells.den)}`;
	for (const name of MAIN)
		if (cells[name] !== undefined)
			return cell(statement, cells[name]);
	if (statement.status)
		return t("review." + statement.status, {}, statement.status);
	const first = Object.values(cells)[0];
	return first !== undefined ? cell(statement, first)
		: statement.item === "none" ? t("item.none")
			: statement.text || statement.reason || "";
}

// What an office itself says to the report that its figure rests on.
export function ownWords(statements, figure) {
	const report = statements.filter((one) => one.kind === "report" &&
		one.verdict === "admitted" && one.period === figure.last)
		.sort((a, b) => b.received_us - a.received_us)
		.find((one) => one.note || one.reason || one.text);

	return report ? { unit: figure.unit, receipt: report.receipt,
		text: report.note || report.reason || report.text } : null;
}

export function cell(statement, text) {
	if (/^-?\d+(\.\d+)?$/.test(text))
		return write(text);
	return text === "NA" ? t("na") : step(statement.target, text);
}

export function kindWord(statement) {
	return t("statement." + statement.kind, {}, statement.kind);
}

export function about(statement) {
	return [statement.target ? targetName(statement.target) : kindWord(statement),
		statement.unit ? unitName(statement.unit) : ""];
}

// Where a statement is looked at: with its figure, if it has one.
export function statementHref(context, statement) {
	if (statement.target && statement.unit && statement.period &&
		statement.verdict === "admitted")
		return context.href(`/figures/${statement.target}/${statement.unit}/` +
			statement.period, { receipt: statement.receipt });
	return context.href("/statements/" + statement.receipt);
}
