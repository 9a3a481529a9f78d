// Who has not reported, what came late, what was refused.

import { h, block, table } from "./dom.js";
import { t, lang } from "./words.js";
import { moment, period } from "./numbers.js";
import { shape } from "./marks.js";
import { targetName, unitName } from "./names.js";
import { said, kindWord, statementHref } from "./figures.js";

export async function load(context) {
	const [data, late, refused] = await Promise.all([context.get("overview"),
		context.get("late"), context.get("refused")]);

	return { head: data.head, silent: data.silent, late: late.statements,
		refused: refused.statements };
}

export function draw(context, { silent, late, refused }) {
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
		h("div", { class: "two even" },
			block(t("late.title"), t("late.note"), statements(context, late, false)),
			block(t("refused.title"), t("refused.note"), statements(context, refused, true)))] };
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
