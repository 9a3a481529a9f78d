// Who has not reported, what came late, what was refused.

import { h, block, table } from "./dom.js";
import { t, lang } from "./words.js";
import { moment, period, day, write } from "./numbers.js";
import { shape } from "./marks.js";
import { targetName, unitName } from "./names.js";
import { said, kindWord, statementHref } from "./figures.js";
import { sums } from "./overview.js";

export async function load(context) {
	const [data, late, refused] = await Promise.all([context.get("overview"),
		context.get("late"), context.get("refused")]);

	return { ...data, late: late.statements, refused: refused.statements };
}

export function draw(context, { silent, collecting, suspects, late, refused }) {
	const count = silent.reduce((sum, one) => sum + one.targets.length, 0);

	return { title: t("nav.reporting"), nodes: [
		h("h1", {}, silent.length ? t("reporting.head", { units: silent.length, n: count })
			: t("reporting.all")),
		block(t("silent.title"), t("reporting.silent"), silent.length
			? table("miss", [[t("unit")], [t("silent.count"), "num"], [t("silent.targets")]],
				[...silent].sort((a, b) => b.targets.length - a.targets.length).map((one) =>
					h("tr", {}, h("th", { scope: "row" }, h("a", {
						href: context.href("/units/" + one.unit) }, unitName(one.unit))),
					h("td", { class: "num" }, h("b", {}, one.targets.length)),
					h("td", { class: "us" }, one.targets.map((id) => h("a", { class: "u",
						href: context.href(`/figures/${id}/${one.unit}`) },
					shape("m"), targetName(id)))))))
			: h("p", { class: "empty" }, t("silent.none"))),
		collecting ? underWay(context, collecting) : null,
		suspects.length ? suspect(context, suspects) : null,
		h("div", { class: "two even" },
			block(t("late.title"), t("late.note"), statements(context, late, false)),
			block(t("refused.title"), t("refused.note"), statements(context, refused, true)))] };
}

// Not due yet: who has reported how much, and nobody is behind.
function underWay(context, collecting) {
	const share = (one) => one.reported / one.due;

	return block(t("collecting.plain"), t("collecting.until", { day: day(collecting.until) }) +
		t("semicolon") + t("collecting.sum", sums(collecting)),
	h("ul", { class: "under" }, [...collecting.units].sort((a, b) => share(b) - share(a))
		.map((one) => h("li", {}, h("a", { href: context.href("/units/" + one.unit) },
			unitName(one.unit)), h("b", {}, `${write(String(one.reported))}/${write(
			String(one.due))}`)))));
}

function suspect(context, suspects) {
	const figures = suspects.filter((one) => one.suspect !== "total");
	const totals = new Map(suspects.filter((one) => one.suspect === "total")
		.map((one) => [one.target, one]));

	return block(t("suspects.title"), t("suspects.note"), table("new",
		[[t("task")], [t("unit")], [t("period"), "num"], [t("receipt"), "num"],
			[t("value"), "num"], [t("suspects.without"), "num"]],
		figures.map((one) => {
			const total = totals.get(one.target) || {};

			return h("tr", {}, h("td", {}, h("a", { href: context.href("/targets/" + one.target) },
				targetName(one.target))),
			h("td", {}, unitName(one.unit)), h("td", { class: "num" }, period(one.period, true)),
			h("td", { class: "num" }, h("a", { class: "ln mono",
				href: context.href("/statements/" + one.at) }, one.at)),
			h("td", { class: "num" }, total.value ? write(total.value) : ""),
			h("td", { class: "num" }, total.without ? write(total.without) : t("none")));
		})));
}

function statements(context, list, why) {
	if (!list.length)
		return h("p", { class: "empty" }, why ? t("refused.none") : t("late.none"));
	return table("new", [[t("chain.received")], [t("unit")], [t("task")], [t("value"), "num"],
		why ? [t("cause")] : [t("period"), "num"]],
	list.map((one) => {
		const at = moment(one.received_us);

		return h("tr", {}, h("td", {}, h("time", { datetime: at.iso }, at.machine)),
			h("td", {}, unitName(one.unit || one.office_name)),
			h("td", {}, h("a", { href: statementHref(context, one) },
				one.target ? targetName(one.target) : kindWord(one)),
			why && one.period ? h("small", {}, " ", period(one.period, true)) : null),
			h("td", { class: "num v" }, said(one)),
			why ? h("td", { class: "why" }, lang() === "en" ? one.verdict_en : one.verdict_zh)
				: h("td", { class: "num" }, one.period ? period(one.period, true) : ""));
	}));
}
