// The catalogue's names: units, targets and steps in the reader's language.

import { t, lang } from "./words.js";
import { write } from "./numbers.js";

let units = new Map(), targets = new Map(), order = [];

export function setCatalogue(catalogue) {
	units = new Map(catalogue.units.map((unit) => [unit.id, unit]));
	targets = new Map(catalogue.targets.map((target) => [target.id, target]));
	order = catalogue.targets;
}

function named(thing) {
	return thing && (lang() === "en" && thing.name_en || thing.name_zh);
}

export function unit(id) {
	return units.get(id);
}

export function target(id) {
	return targets.get(id) || { id, name_zh: id, decimals: 0, roster: [],
		steps: [], fields: [], section: "" };
}

export function allTargets() {
	return order;
}

export function allUnits() {
	return [...units.values()];
}

export function unitName(id) {
	return named(units.get(id)) || id || "";
}

// A head of a column: the name and its kind apart (城东, 街道).
export function unitHead(id) {
	const name = unitName(id);
	const [, first, kind] = /^(.*?) ?(街道|镇|乡|Jiedao|Zhen|Xiang)$/.exec(name) ||
		[null, name, ""];

	return [first, kind];
}

// Behind a number: 人, but " persons".
export function measure(id) {
	const name = uom(id);

	return name && lang() === "en" && name !== "%" ? " " + name : name;
}

// As people say it: 城东 for 城东街道.
export function shortName(id) {
	return isTown(id) ? unitHead(id)[0] : unitName(id);
}

export function targetName(id) {
	return named(targets.get(id)) || id;
}

export function uom(id) {
	const of = targets.get(id);

	return of ? (lang() === "en" && of.uom_en || of.uom_zh || "") : "";
}

// "(二之末)开放合作", "三·城市品质": the number is the report's, not a name.
export function section(of) {
	const text = of.section || "";

	return text.replace(/^(?:[（(][^）)]*[）)]|[^·]{1,4}·)/, "") || text;
}

export function sectionName(name) {
	return name || t("section.none");
}

export function isTown(id) {
	const of = units.get(id);

	return Boolean(of) && ["street", "town", "village"].includes(of.kind);
}

export function step(id, name) {
	const found = (target(id).steps || []).find((one) => one.id === name);

	return named(found) || name;
}

export function field(id, name) {
	const found = (target(id).fields || []).find((one) => one.id === name);

	return named(found) || t("field." + name, {}, name);
}

const SIGNS = { ">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "=", "~": "≈" };

// ">=5800" -> ≥5,800; ">=completed" -> the step's name; ">=68;>=71" -> both
export function goal(of, text) {
	if (!text)
		return null;
	if (text === "pending")
		return t("goal.pending");
	return text.split(";").map((part) => {
		const [, sign, value] = /^(>=|<=|>|<|=|~)?(.*)$/.exec(part);

		if (value === "?")
			return (SIGNS[sign] || "") + t("goal.reference");
		if (!/^-?[\d.]/.test(value))
			return step(of, value);
		return (SIGNS[sign] || "") + value.split("±").map(write).join("±");
	}).join(lang() === "zh" ? "、" : ", ");
}
