// What can be said of the pages without a browser: every text is in the
// catalogue of messages, in both languages; what is imported is used; nothing
// is written as markup or styled in a way that the policy forbids.
import assert from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const www = join(here, "..", "..", "collector", "www");
// A module of the pages, whatever node makes of a .js file.
const load = (name) => import("data:text/javascript;base64," +
	readFileSync(join(www, name)).toString("base64"));
const { words } = await load("words.js");
const HAN = /[\u3400-\u9fff]/;
const files = readdirSync(www).filter((name) => name.endsWith(".js"));
const sources = files.filter((name) => name !== "words.js")
	.map((name) => [name, readFileSync(join(www, name), "utf8")]);

// The same in both languages.
const SAME = new Set(["none"]);
// Nothing in English: units that stand behind a Chinese number.
const BLANK = new Set(["year", "month", "day"]);

const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

for (const [key, pair] of Object.entries(words)) {
	assert.equal(pair.length, 2, key);
	const [zh, en] = pair;

	assert.ok(zh, `${key}: no Chinese`);
	assert.ok(en || BLANK.has(key), `${key}: no English`);
	assert.ok(!HAN.test(en), `${key}: Chinese in the English text`);
	assert.ok(SAME.has(key) || HAN.test(zh) || /^\{\w+\}/.test(zh) ||
		/^[^\w]*$/.test(zh), `${key}: no Chinese word in ${zh}`);
	assert.ok(SAME.has(key) || zh !== en, `${key}: not translated`);
	assert.deepEqual(holes(en), holes(zh), `${key}: not the same holes`);
	// Chinese punctuation is full width, and no blank beside a number.
	assert.ok(!/[\u3400-\u9fff][,;:!?]|[,;!?][\u3400-\u9fff]/.test(zh), `${key}: ${zh}`);
	assert.ok(!/[\u3400-\u9fff] \{|\} [\u3400-\u9fff]/.test(zh),
		`${key}: text-autospace sets that blank: ${zh}`);
}

// Each key that a page names is there, and each that is there is named.
const named = new Set(), begun = new Set();
for (const [name, source] of sources) {
	for (const [, key, joined] of source.matchAll(/\bt\("([\w.-]+)"( \+)?/g)) {
		(joined ? begun : named).add(key);
		assert.ok(joined ? Object.keys(words).some((one) => one.startsWith(key))
			: words[key], `${name}: no text for ${key}`);
	}
	// Keys that are chosen before they are worded.
	for (const [, key] of source.matchAll(/"([a-z][\w.-]*)"/g))
		if (words[key])
			named.add(key);
	const code = source.replace(/^\s*\/\/.*$/gm, "").replace(/\/\/ .*$/gm, "");
	for (const [, text] of code.matchAll(/["`]([^"`\n]*)["`]/g))
		assert.ok(!HAN.test(text) || /^(中文|\^|.*\|街道)/.test(text),
			`${name}: a text outside the catalogue: ${text}`);
}
for (const key of Object.keys(words))
	assert.ok(named.has(key) || [...begun].some((prefix) => key.startsWith(prefix)),
		`${key} is used nowhere`);

for (const [name, source] of sources) {
	for (const [, list, from] of source.matchAll(/import \{([^}]*)\} from "\.\/([\w.]+)"/g)) {
		const there = readFileSync(join(www, from), "utf8");

		for (const one of list.split(",").map((part) => part.trim()).filter(Boolean)) {
			const uses = source.replace(/"[^"\n]*"/g, "").match(
				new RegExp(`(?<!\\.)\\b${one}\\b(?!: )`, "g")).length;

			assert.ok(uses > 1, `${name}: ${one} is imported in vain`);
			assert.ok(new RegExp(`export (async )?(function|const|class) ${one}\\b`)
				.test(there), `${name}: ${from} has no ${one}`);
		}
	}
	for (const [, one] of source.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm))
		assert.ok(sources.some(([, text]) => text.replace(/^export .*$/gm, "")
			.match(new RegExp(`\\b${one}\\b`))) || one === "words",
		`${name}: nobody uses ${one}`);
	assert.ok(!/innerHTML|insertAdjacent|document\.write|\beval\b|\.style\b|style:/
		.test(source), `${name}: markup or style from a text`);
}
for (const name of readdirSync(www).filter((one) => one.endsWith(".html")))
	assert.ok(!/ style=|<style|<script(?! type="module" src=)| on\w+=/
		.test(readFileSync(join(www, name), "utf8")), `${name}: inline style or script`);
console.log(`${Object.keys(words).length} texts in two languages`);
