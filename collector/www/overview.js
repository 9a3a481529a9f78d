// The first screen: where the year stands, what lags and why, who is silent.

import { h, block, table } from "./dom.js";
import { t, lang } from "./words.js";
import { percent, write, signed, period, moment, day } from "./numbers.js";
import { spared } from "./api.js";
import { light, shape, markOf, WORST, why, isSilent, inReview } from "./marks.js";
import { yearRule, bullet } from "./charts.js";
import { target, targetName, unitName, shortName, section, sectionName, goal, measure }
	from "./names.js";
import { progress, behind, byWorst, shortBy, worstUnits, said, statementHref, about,
	value, ownWords } from "./figures.js";

const LAGGING = 8, ARRIVALS = 6, SILENT = 4;

export async function load(context) {
	const data = await context.get("overview");
	const before = previous(data.head.period);
	const lagging = data.tasks.filter(lags).sort(byWorst);
	// The month before, for the changes; the units behind what lags.
	const [then, ...causes] = await Promise.all([
		before ? context.get("overview", { period: before }).catch(spared) : null,
		...lagging.slice(0, LAGGING).map((figure) => reasons(context, figure))]);

	return { ...data, then, lagging,
		causes: new Map(causes.map((one, i) => [lagging[i].target, one])) };
}

// Asked again only when the figure has changed: an entry that arrives on
// something else costs the collector nothing here.
const asked = new Map();

async function reasons(context, figure) {
	const key = JSON.stringify([context.asked, figure]);

	if (!asked.has(key)) {
		const found = await ask(context, figure).catch(spared);

		if (!found)
			return null;
		if (asked.size > 4 * LAGGING)
			asked.clear();
		asked.set(key, found);
	}
	return asked.get(key);
}

// The units that lag, and what the first of them says itself.
async function ask(context, figure) {
	const { units } = await context.get("targets/" + encodeURIComponent(figure.target));
	const worst = worstUnits(units, Infinity);
	const first = worst[0];
	const answer = first ? await context.get(`figures/${encodeURIComponent(figure.target)}/` +
		encodeURIComponent(first.unit)) : null;

	return { worst, words: answer ? ownWords(answer.statements, first) : null };
}

function lags(figure) {
	return figure.light === "red" || figure.light === "yellow";
}

function previous(text) {
	const [, year, month] = /^(\d{4})M(\d\d)$/.exec(text || "") || [];

	if (!year || month === "01")
		return null;
	return `${year}M${String(month - 1).padStart(2, "0")}`;
}

export function draw(context, data) {
	const all = data.counts.all;

	return { title: t("nav.overview"), nodes: [
		h("div", { class: "two first" },
			h("section", {}, sentence(data, all), notes(context, data),
				rule(context, data, all)),
			lights(context, data, all),
			lagging(context, data),
			h("div", { class: "rail" }, silent(context, data), arrivals(context, data))),
		sections(context, data)] };
}

export function clauses(head, all) {
	return [t("headline.time", { time: percent(head.time) }),
		t("headline.of", { n: all.accountable }),
		t("headline.good", { n: all.good }),
		all.accountable ? t("headline.share", { share: percent(all.good_share) }) : ""];
}

function sentence({ head }, all) {
	return [h("p", { class: "kick" }, t("kick", { day: day(head.cutoff, true),
		period: head.period ? period(head.period, true) : "" })),
	h("h1", {}, all.accountable ? clauses(head, all).map((text, i) =>
		[i && lang() === "en" ? " " : null, h("span", { class: "nw" }, text)])
		: t("headline.empty")),
	h("p", { class: "lead" }, t("headline.note", { tasks: all.tasks,
		waiting: all.waiting, silent: all.silent }))];
}

// What is being reported, while the month before is shown, or a part of the one
// that is shown; and what counts though nobody vouches for it.
function notes(context, { head, collecting, suspects }) {
	const next = collecting && !context.params.get("period");
	const which = next && collecting.period === head.period ? "collecting.rest" : "collecting.now";
	const count = suspects.filter((one) => one.suspect !== "total").length;

	return [next ? h("p", { class: "sm" },
		h("a", { class: "ln", href: context.href("/reporting") }, t(which,
			{ period: period(collecting.period, true), day: day(collecting.until), ...sums(collecting) }))) : null,
	count ? h("p", { class: "sm" }, h("a", { class: "ln", href: context.href("/reporting") },
		t("suspects.now", { n: count }))) : null];
}

export function sums({ units }) {
	const due = units.reduce((sum, one) => sum + one.due, 0);
	const got = units.reduce((sum, one) => sum + one.reported, 0);

	return { due: write(String(due)), got: write(String(got)),
		share: due ? percent(String(got * 100 / due)) : t("none") };
}

// Of the tasks that nobody judged: who owes what.
export function greys(tasks) {
	return { silent: tasks.filter(isSilent).length,
		review: tasks.filter(inReview).length,
		waiting: tasks.filter((one) => markOf(one) === "w" && !inReview(one)).length };
}

function rule(context, { head, tasks }, all) {
	const rated = tasks.filter((figure) => figure.rate !== null ||
		markOf(figure) === "d")
		.map((figure) => ({ figure: { ...figure, rate: figure.rate || "100" },
			mark: markOf(figure), name: targetName(figure.target),
			href: context.href("/targets/" + figure.target) }));

	return h("div", { class: "year" }, yearRule(head.time, all.good_share || "0",
		rated, t("rule.label", { time: percent(head.time),
			share: percent(all.good_share || "0"), n: rated.length })));
}

function lights(context, { then, head, tasks }, all) {
	const rows = [["d", all.done, "done"], ["g", all.green - all.green_behind, "green"],
		["s", all.green_behind, "behind"], ["y", all.yellow, "yellow"],
		["r", all.red, "red"], ["m", all.grey, "grey"]];
	const old = then && then.counts.all;
	const was = old && { d: old.done, g: old.green - old.green_behind,
		s: old.green_behind, y: old.yellow, r: old.red, m: old.grey };
	const before = previous(head.period);

	return block(t("lights.title", { n: all.tasks }),
		was ? t("lights.change", { period: period(before, true) }) : "",
		table("lights", [[t("light"), "c1", true], [t("lights.name"), "", true],
			[t("lights.count"), "num", true], [t("lights.delta"), "num", true]],
		rows.map(([mark, count, name]) => h("tr", {},
			h("td", { class: "c1" }, shape(mark)),
			h("th", { scope: "row" }, h("a", { href: context.href("/matrix", { light: name }) },
				t("lights." + name)), " ", h("small", {}, name === "grey"
				? t("lights.grey.means", greys(tasks))
				: t("mark." + mark + ".means"))),
			h("td", { class: "num n1" }, write(String(count))),
			h("td", { class: "num n2" }, was ? signed(count - was[mark]) : "")))));
}

function lagging(context, data) {
	const shown = data.lagging.slice(0, LAGGING);
	const rest = data.lagging.slice(LAGGING);
	const red = data.lagging.filter((figure) => figure.light === "red").length;

	if (!shown.length)
		return block(t("lag.title"), "", h("p", { class: "empty" }, t("lag.none")));
	return block(t("lag.title"), t("lag.counts",
		{ red, yellow: data.lagging.length - red }),
	table("lag", [[t("light"), "c1", true], [t("task")], [t("lag.bar"), "b"],
		["%", "num p", true], [t("gap"), "num q"], [t("cause"), "why"]],
	[...shown.map((figure) => row(context, figure, data.causes.get(figure.target))),
		rest.length ? h("tr", { class: "more" }, h("td"), h("td", { colspan: 5 },
			h("a", { class: "ln", href: context.href("/matrix", { light: "lag" }) },
				t("lag.more", { n: rest.length, names: rest.slice(0, 3)
					.map((figure) => targetName(figure.target)).join(t("comma")) })))) : null]));
}

function row(context, figure, more) {
	const mark = markOf(figure);
	const to = context.href("/targets/" + figure.target);
	const rated = figure.rate !== null;

	return h("tr", {}, h("td", { class: "c1" }, light(mark)),
		h("th", { scope: "row" }, h("a", { href: to, title: targetName(figure.target) },
			targetName(figure.target))),
		rated ? h("td", { class: "b" }, bullet(figure, mark))
			: h("td", { class: "num b2", colspan: 2 }, beside(figure, to)),
		rated ? h("td", { class: "num p" }, h("a", { href: to }, progress(figure))) : null,
		h("td", { class: "num q " + mark }, behind(figure)),
		h("td", { class: "why" }, cause(figure, more)));
}

function beside(figure, to) {
	if (figure.kind === "narrative")
		return t("kind.narrative");
	return [h("a", { href: to }, value(figure)), " ", h("small", {},
		t("of.goal", { goal: goal(figure.target, figure.goal) + measure(figure.target) }))];
}

// An office's own words, or what is computed, and said to be so; the program
// invents no cause.
function cause(figure, more) {
	if (more && more.words)
		return [h("i", {}, t("cause.said")), h("span", { title: more.words.text },
			shortName(more.words.unit) + t("colon"), h("span", { lang: "zh-CN" }, more.words.text))];
	const worst = more ? more.worst : [];
	const names = worst.slice(0, 3).map((one) => shortName(one.unit)).join(t("comma"));
	const words = [shortBy(figure), worst.length ? t(worst.length > 3 ? "cause.many"
		: "cause.units", { n: worst.length, names }) : null].filter(Boolean);

	if (!words.length)
		words.push(figure.why && behind(figure) !== why(figure) ? why(figure)
			: t("cause.lead", { lead: unitName(target(figure.target).lead) }));
	return [h("i", {}, t("cause.computed")), words.join(t("semicolon"))];
}

function silent(context, data) {
	const list = [...data.silent].sort((a, b) => b.targets.length - a.targets.length);
	const due = data.tasks.reduce((sum, one) => sum + one.due, 0);
	const got = data.tasks.reduce((sum, one) => sum + one.reported, 0);

	return block(t("silent.title"), t("silent.counts", { due: write(String(due)),
		got: write(String(got)), share: due ? percent(String(got * 100 / due)) : t("none") }),
	list.length ? table("miss", [[t("unit")], [t("silent.targets")],
		[t("silent.count"), "num"]],
	list.slice(0, SILENT).map((one) => h("tr", {},
		h("th", { scope: "row" }, h("a", { href: context.href("/units/" + one.unit) },
			unitName(one.unit))),
		h("td", { class: "what" }, targetName(one.targets[0]) +
			(one.targets.length > 1 ? t("and.more", { n: one.targets.length }) : "")),
		h("td", { class: "num" }, h("b", {}, one.targets.length)))))
		: h("p", { class: "empty" }, t("silent.none")),
	list.length > SILENT ? h("p", { class: "more" }, h("a", { class: "ln",
		href: context.href("/reporting") }, t("silent.more", { n: list.length - SILENT }))) : null);
}

let newest = null; // entry that was seen last: newer ones are marked

function arrivals(context, data) {
	const list = data.arrivals.slice(0, ARRIVALS);
	const before = newest;

	newest = list.length ? Number(list[0].receipt.split(".")[0]) : 0;
	return block(t("arrivals.title"), "", list.length ? table("new",
		[[t("time"), "", true], [t("unit"), "", true], [t("task"), "", true],
			[t("value"), "num", true]],
		list.map((one) => {
			const at = moment(one.received_us);
			const [what, who] = about(one);
			const taken = one.verdict === "admitted";

			return h("tr", { class: before !== null &&
				Number(one.receipt.split(".")[0]) > before ? "hot" : "" },
				h("td", {}, h("time", { datetime: at.iso, title: at.machine },
					at.day === moment(data.head.updated_us).day ? at.clock.slice(0, 5)
						: day(at.day))),
				h("td", { class: "who" }, who || unitName(one.office_name)),
				h("td", { class: "what" }, h("a", { href: statementHref(context, one) }, what)),
				h("td", { class: taken ? "num to" : "num to r" },
				taken ? short(said(one)) : t("state.refused")));
		})) : h("p", { class: "empty" }, t("arrivals.none")));
}

function short(text) {
	return text.length > 14 ? text.slice(0, 13) + "…" : text;
}

function sections(context, data) {
	const groups = new Map();

	for (const figure of data.tasks) {
		const name = section(target(figure.target));

		groups.set(name, [...(groups.get(name) || []), figure]);
	}
	return h("section", { class: "blk secs" },
		h("h2", {}, t("sections.title"), h("small", {}, t("sections.note"))),
		h("div", { class: "grid3" }, [...groups].map(([name, figures]) =>
			h("div", { class: "sec" },
				h("h3", {}, h("a", { href: context.href("/matrix", { section: name }),
					lang: name ? "zh-CN" : null }, sectionName(name)),
				h("small", {}, figures.length)),
				h("ul", {}, figures.sort((a, b) => WORST.indexOf(markOf(a)) -
					WORST.indexOf(markOf(b))).map((figure) => h("li", {},
					h("a", { href: context.href("/targets/" + figure.target),
						title: `${targetName(figure.target)} ${progress(figure)}` },
					light(markOf(figure)), h("span", { class: "sr" },
						targetName(figure.target))))))))));
}
