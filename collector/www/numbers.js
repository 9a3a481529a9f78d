// Decimals arrive as strings and are written from their digits: nothing is
// computed in binary fractions that a person reads. Floats only draw.

import { t, lang } from "./words.js";

const MINUS = "\u2212";

// "12.345" -> { digits: 12345n, places: 3 }
function parse(text) {
	const [whole, fraction = ""] = String(text).split(".");

	return { digits: BigInt(whole + fraction), places: fraction.length };
}

function scaled(number, places) {
	return number.digits * 10n ** BigInt(places - number.places);
}

function format(digits, places) {
	const negative = digits < 0n;
	const text = String(negative ? -digits : digits).padStart(places + 1, "0");
	const whole = text.slice(0, text.length - places);
	const fraction = text.slice(text.length - places);

	return (negative ? "-" : "") + whole + (places ? "." + fraction : "");
}

// Half away from zero, as the figures are rounded.
export function round(text, places) {
	const number = parse(text);

	if (number.places <= places)
		return format(scaled(number, places), places);
	const unit = 10n ** BigInt(number.places - places);
	const half = number.digits < 0n ? -unit / 2n : unit / 2n;
	return format((number.digits + half) / unit, places);
}

export function minus(a, b) {
	const x = parse(a), y = parse(b);
	const places = Math.max(x.places, y.places);

	return format(scaled(x, places) - scaled(y, places), places);
}

export function negate(text) {
	const number = parse(text);

	return format(-number.digits, number.places);
}

export function sign(text) {
	const digits = parse(text).digits;

	return digits < 0n ? -1 : digits > 0n ? 1 : 0;
}

// Thousands with a comma, a real minus; zeros behind the point stay.
export function write(text) {
	const [whole, fraction] = String(text).split(".");
	const grouped = whole.replace("-", "")
		.replace(/\B(?=(\d{3})+$)/g, ",");

	return (whole.startsWith("-") ? MINUS : "") + grouped +
		(fraction ? "." + fraction : "");
}

// A computed number (a plan) with no more decimals than its target has; what
// is given in whole things is written in whole things.
export function planned(text, places) {
	return write(round(text, Math.min(parse(text).places, places)));
}

// One decimal (or none); what has not reached 100 is not rounded up to it.
export function percent(text, places = 1) {
	let rounded = round(text, places);

	if (sign(minus(rounded, "100")) >= 0 && sign(minus(text, "100")) < 0)
		rounded = places ? "99.9" : round(text, 1);
	return write(rounded) + "%";
}

// Percentage points ahead of the plan (+) or behind it: a figure's gap is
// how much it is behind.
export function points(gap) {
	const rounded = round(negate(gap), 1);

	return (sign(rounded) > 0 ? "+" : "") + write(rounded) + t("points");
}

export function signed(count) {
	return count > 0 ? "+" + count : count < 0 ? MINUS + -count : "0";
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
	"Sep", "Oct", "Nov", "Dec"];

export function month(number) {
	return lang() === "zh" ? number + t("month") : MONTHS[number - 1];
}

// "2024-10-09" -> 10月9日, 9 Oct; with the year if long
export function day(text, long) {
	const [year, m, d] = text.split("-").map(Number);

	if (lang() === "zh")
		return (long ? year + t("year") : "") + `${m}${t("month")}${d}${t("day")}`;
	return `${d} ${MONTHS[m - 1]}` + (long ? ` ${year}` : "");
}

// "2024M09" -> 2024年9月, Sep 2024; short without the year
export function period(text, short) {
	const [, year, kind, number] = /^(\d{4})(?:([MQHW])(\d+))?$/.exec(text) ||
		[null, text];

	if (!kind)
		return lang() === "zh" && number === undefined && /^\d{4}$/.test(text)
			? text + t("year") : text;
	if (kind === "M")
		return short ? month(Number(number)) : lang() === "zh"
			? `${year}${t("year")}${month(Number(number))}`
			: `${MONTHS[number - 1]} ${year}`;
	const part = t("period." + kind, { n: Number(number) });
	return short ? part : lang() === "zh" ? `${year}${t("year")}${part}`
		: `${part} ${year}`;
}

let zone = 480;

export function setZone(minutes) {
	zone = minutes;
}

// Microseconds since 1970 in the journal's zone: { day, clock }
export function moment(micros) {
	const iso = new Date(micros / 1000 + zone * 60000).toISOString();

	return { day: iso.slice(0, 10), clock: iso.slice(11, 19),
		machine: iso.slice(5, 10) + " " + iso.slice(11, 19),
		iso: iso.slice(0, 19) + offset() };
}

export function offset() {
	const minutes = Math.abs(zone);
	const two = (n) => String(n).padStart(2, "0");

	return (zone < 0 ? "-" : "+") + two(Math.floor(minutes / 60)) + ":" +
		two(minutes % 60);
}
