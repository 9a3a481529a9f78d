// Lights as marks: the shape says it first, a word always stands with it.

import { h, s } from "./dom.js";
import { t } from "./words.js";

export const MARKS = ["d", "g", "s", "y", "r", "k", "m", "w"];
// From worst to best, for lists.
export const WORST = ["k", "r", "y", "m", "s", "w", "g", "d"];

// figure, or the short form of a period: its mark.
export function markOf(figure) {
	if (!figure)
		return null;
	switch (figure.light) {
	case "done":
		return "d";
	case "green":
		return figure.pace === "behind" ? "s" : "g";
	case "yellow":
		return "y";
	case "red":
		return figure.why === "violated" ? "k" : "r";
	default:
		return isSilent(figure) ? "m" : "w";
	}
}

export function isSilent(figure) {
	return lacksReports(figure) && !figure.open;
}

// The same, but it is not due yet: nobody is to blame.
export function isOpen(figure) {
	return lacksReports(figure) && Boolean(figure.open);
}

function lacksReports(figure) {
	return figure.light === "grey" &&
		(figure.why === "no-report" || figure.why === "coverage");
}

// What waits for somebody's review.
export function inReview(figure) {
	return figure.light === "grey" &&
		(figure.why === "no-review" || figure.why === "in-review");
}

export function markWord(mark) {
	return t("mark." + mark);
}

// A drawn mark without a word; only beside its word.
export function shape(mark, cls = "l") {
	return s("svg", { class: `${cls} ${mark}`, "aria-hidden": "true" },
		s("use", { href: "#" + mark }));
}

// A mark with its word, seen or only heard.
export function light(mark, seen) {
	return [shape(mark),
		h("span", { class: seen ? "lw" : "sr" }, markWord(mark))];
}

// The word of a figure that has no light, or the cause of one that has.
export function why(figure) {
	if (!figure.why)
		return "";
	if (isOpen(figure))
		return t("why.open");
	if (figure.why === "overdue" && figure.slip)
		return t("overdue.months", { n: figure.slip });
	return t("why." + figure.why, {}, figure.why);
}

export function legend() {
	return MARKS.map((mark) => h("span", {}, shape(mark), t("mark." + mark),
		h("small", {}, t("mark." + mark + ".means"))));
}
