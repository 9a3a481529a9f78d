// Where a number comes from: the figure, the statements behind it, newest
// first, and how anybody proves one of them without us.

import { h, block, table } from "./dom.js";
import { t, lang } from "./words.js";
import { write, percent, period, moment, day, offset } from "./numbers.js";
import { shape, markOf, markWord, why } from "./marks.js";
import { targetName, unitName, uom, field, section, sectionName, target } from "./names.js";
import { value, goalText, planText, behind, said, cell, kindWord } from "./figures.js";

export const figure = {
	async load(context) {
		const [of, unit, when] = context.args.map((part) => part && encodeURIComponent(part));

		return context.get(`figures/${of}/${unit}` + (when ? "/" + when : ""),
			{ skip: context.params.get("skip") });
	},
	draw(context, data) {
		const [of, unit, when] = context.args;
		const figure_ = data.figure;
		const list = [...data.statements].sort(newest);
		const asked = context.params.get("receipt");
		const chosen = list.find((one) => one.receipt === asked) ||
			list.find((one) => one.kind === "report") || list[0];

		return { title: t("source.title"), nodes: [
			trail(context, of, unit, when),
			h("h1", {}, t("source.head", { unit: unitName(unit), target: targetName(of),
				period: when ? period(when) : figure_ && figure_.period
					? period(figure_.period) : "" })),
			figure_ ? equation(figure_, list, when) : null,
			figure_ && !when ? keys(figure_) : null,
			list.length ? chain(context, list, chosen, data.more)
				: h("p", { class: "empty" }, t("source.none")),
			chosen ? proof(context, chosen, data.head) : null] };
	},
};

// The newest first; of one batch what stands last in it.
function newest(a, b) {
	const [entry, place] = a.receipt.split(".").map(Number);
	const [other, there] = b.receipt.split(".").map(Number);

	return other - entry || there - place;
}

export const statement = {
	async load(context) {
		return context.get("statements/" + encodeURIComponent(context.args[0]));
	},
	draw(context, { statement: one, head }) {
		return { title: one.receipt, nodes: [
			h("p", { class: "path" }, h("a", { href: context.href("/reporting") },
				t("nav.reporting"))),
			h("h1", {}, t("statement.title", { kind: kindWord(one), receipt: one.receipt })),
			proof(context, one, head)] };
	},
};

function trail(context, of, unit, when) {
	return h("p", { class: "path" },
		h("a", { href: context.href("/") }, t("nav.overview")), " / ",
		h("a", { href: context.href("/matrix", { section: section(target(of)) }),
			lang: section(target(of)) ? "zh-CN" : null },
		sectionName(section(target(of)))), " / ",
		h("a", { href: context.href("/targets/" + of) }, targetName(of)), " / ",
		h("a", { href: context.href("/units/" + unit) }, unitName(unit)),
		when ? [" / ", h("a", { href: context.href(`/figures/${of}/${unit}`) },
			t("source.all"))] : null);
}

// The figure as the parts that were stated: 231 = 302 − 71.
function equation(figure_, list, when) {
	const newest = list.find((one) => one.kind === "report" && one.verdict === "admitted" &&
		(one.period === figure_.period || one.period === figure_.last));
	const cells = newest && newest.cells || {};
	const measure = uom(figure_.target);
	const part = (name) => [write(cells[name]), h("small", {}, field(figure_.target, name))];
	const parts = cells.opened !== undefined && cells.closed !== undefined
		? [part("opened"), h("span", {}, " − "), part("closed")]
		: cells.num !== undefined && cells.den !== undefined
			? [part("num"), h("span", {}, " / "), part("den")]
			: cells.current !== undefined && cells.base !== undefined
				? [part("current"), h("span", {}, " / "), part("base"), h("span", {}, " − 1")]
				: null;
	const own = figure_.kind === "narrative" ? markWord(markOf(figure_)) : value(figure_);

	return h("p", { class: "eq" }, shape(markOf(figure_)),
		h("span", { class: "sr" }, markWord(markOf(figure_)), " "), own,
		figure_.value !== null && !figure_.items ? h("small", {}, measure) : null,
		parts && figure_.value !== null ? [h("span", {}, " = "), parts] : null,
		figure_.value === null && figure_.kind !== "narrative"
			? h("small", {}, why(figure_)) : null);
}

function keys(figure_) {
	const pair = (name, content, small) => h("div", {}, h("dt", {}, name),
		h("dd", {}, content, small ? h("small", {}, small) : null));

	return h("dl", { class: "figs" },
		figure_.goal ? pair(t("quota"), goalText(figure_)) : null,
		figure_.rate !== null ? pair(t("rate"), percent(figure_.rate)) : null,
		figure_.plan ? pair(t("plan"), planText(figure_)) : null,
		figure_.gap !== null || figure_.slip ? pair(t("gap"), behind(figure_)) : null,
		pair(t("light"), [shape(markOf(figure_)), " ", markWord(markOf(figure_))], why(figure_)),
		pair(t("period.last"), figure_.last ? period(figure_.last) : t("none")));
}

const ICONS = { report: "up", review: "dl", adjust: "ed" };

function state(one, list) {
	if (one.verdict !== "admitted")
		return ["no", t("state.refused"), "r"];
	if (one.kind === "review")
		return [one.status === "returned" ? "rt" : "dl",
			t("review." + one.status, {}, one.status || kindWord(one)),
			one.status === "returned" ? "r" : "d"];
	if (one.kind !== "report")
		return [ICONS[one.kind] || "ed", kindWord(one), ""];
	const cell_ = list.filter((other) => other.verdict === "admitted" &&
		other.period === one.period && other.item === one.item);
	const same = cell_.filter((other) => other.kind === "report");
	if (same[0] !== one)
		return ["up", t("state.replaced"), "old"];
	const judged = cell_.find((other) => other.kind === "review" &&
		other.version === one.version);
	if (judged && judged.status === "returned")
		return ["rt", t("state.returned"), "old"];
	return [same.length > 1 ? "ed" : "up", judged
		? t("state.reviewed", { review: t("review." + judged.status, {}, judged.status) })
		: t("state.inforce"), "on"];
}

function chain(context, list, chosen, more) {
	const skip = Number(context.params.get("skip") || 0);

	return block(t("chain"), t("chain.note"), table("chain",
		[[t("statement")], [t("period")], [t("value"), "num"], [t("chain.office")],
			[t("chain.sent")], [t("chain.received")], [t("receipt")], [t("chain.reason")]],
		list.map((one) => line(context, one, list, chosen))),
	skip || more ? h("p", { class: "bar" },
		skip ? h("a", { class: "ln", href: context.again({ skip: null, receipt: null }) },
			t("source.newer")) : null,
		more ? h("a", { class: "ln", href: context.again({ skip: skip + list.length,
			receipt: null }) }, t("source.older")) : null) : null);
}

function line(context, one, list, chosen) {
	const [icon, word, cls] = state(one, list);
	const [of, unit, when] = context.args;
	const row = ["old", "on"].includes(cls) ? cls : "";

	return h("tr", { class: row + (one === chosen ? " sel" : "") },
		h("td", {}, h("span", { class: "st " + cls }, shape(icon, "l i"), word),
			one.late ? h("small", { class: "late" }, t("state.late")) : null,
			one.suspect ? h("small", { class: "late" }, t("state.suspect")) : null),
		h("td", {}, h("a", { href: context.href(`/figures/${of}/${unit}/${one.period}`) },
			period(one.period)), one.item ? h("small", {}, one.item === "none"
			? t("item.none") : one.item) : null),
		h("td", { class: "num v" }, one.kind === "review" ? "" : cls === "old"
			? h("s", {}, said(one)) : said(one)),
		h("td", {}, unitName(one.office_name) || t("chain.unknown"), h("br"),
			h("small", { class: "mono" }, (one.office || "").slice(0, 12))),
		h("td", {}, when_(one.sent_us)), h("td", {}, when_(one.received_us)),
		h("td", {}, h("a", { class: "ln mono", href: context.href(
			`/figures/${of}/${unit}` + (when ? "/" + when : ""), { receipt: one.receipt,
				skip: context.params.get("skip") }),
		"aria-current": one === chosen ? "true" : null }, one.receipt)),
		h("td", { class: "why" }, text(one, "reason") || text(one, "note"),
			one.verdict !== "admitted" ? h("small", {}, verdict(one)) : null));
}

// What an office wrote, or that it was blotted out.
function text(one, name) {
	return one[name] || ((one.redacted || []).includes(name) ? t("signed.redacted") : "");
}

function verdict(one) {
	return lang() === "en" ? one.verdict_en || one.verdict : one.verdict_zh || one.verdict;
}

function when_(micros) {
	if (!micros)
		return t("none");
	const at = moment(micros);

	return h("time", { datetime: at.iso, title: day(at.day, true) }, at.machine);
}

// The signed statement, and four steps from it to the checkpoint.
function proof(context, one, head) {
	const [entry] = one.receipt.split(".");
	const file = one.receipt + ".proof";

	return h("div", { class: "two", id: "proof" },
		block(t("proof.title"), t("proof.receipt", { receipt: one.receipt }),
			h("ol", { class: "ladder" },
				h("li", {}, h("b", {}, t("proof.statement")), h("code", {}, cut(one.hash)),
					h("small", {}, t("proof.statement.note"))),
				h("li", {}, h("b", {}, t("proof.batch", { n: one.sequence })),
					h("code", {}, cut(one.office)), h("small", {}, t("proof.batch.note",
						{ office: unitName(one.office_name) || t("chain.unknown") }))),
				h("li", {}, h("b", {}, t("proof.entry", { n: entry })),
					h("code", {}, cut(head.journal)), h("small", {}, t("proof.entry.note"))),
				h("li", {}, h("b", {}, t("proof.checkpoint", { n: write(String(head.size)) })),
					h("small", {}, t("proof.checkpoint.note")))),
			h("p", { class: "act left" }, h("a", { class: "btn go", id: "proof-file",
				href: "/api/proofs/" + one.receipt, download: file },
			t("proof.download", { file })), h("small", {}, t("proof.note"))),
			h("pre", { tabindex: "0" }, `tally-audit check ${file} --card collector.card`)),
		block(t("signed.title"), "", signed(one)));
}

function cut(hash) {
	return hash && hash.length > 20 ? `${hash.slice(0, 10)}…${hash.slice(-6)}` : hash || "";
}

function signed(one) {
	const at = (micros) => micros ? `${moment(micros).iso.replace("T", " ").slice(0, 19)} ${offset()}`
		: t("none");
	const rows = [
		[t("statement"), kindWord(one)],
		[t("verdict"), [one.verdict === "admitted" ? t("admitted") : verdict(one),
			one.suspect ? t("semicolon") + t("state.suspect") : ""].join("")],
		[t("task"), one.target ? [targetName(one.target), " ", h("code", {}, one.target)] : ""],
		[t("unit"), one.unit ? unitName(one.unit) : ""],
		[t("period"), one.period ? period(one.period) : ""],
		[t("item"), one.item || ""],
		...Object.entries(one.cells || {}).map(([name, text]) =>
			[field(one.target, name), cell(one, text)]),
		[t("review"), one.status ? t("review." + one.status, {}, one.status) : ""],
		[t("chain.reason"), text(one, "reason")],
		[t("signed.text"), text(one, "text")],
		[t("signed.remark"), text(one, "note")],
		[t("chain.office"), unitName(one.office_name)],
		[t("signed.key"), h("code", {}, one.office || "")],
		[t("signed.hash"), h("code", {}, one.hash || "")],
		[t("chain.sent"), at(one.sent_us)],
		[t("chain.received"), at(one.received_us)],
	];

	return h("dl", { class: "def" }, rows.filter(([, content]) => content)
		.map(([name, content]) => h("div", {}, h("dt", {}, name), h("dd", {}, content))));
}
