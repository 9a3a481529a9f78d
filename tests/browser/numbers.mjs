// Numbers, days and goals as people read them; charts' and lists' pure parts.
import assert from "node:assert";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// The pages' modules are .js: node takes them for modules where a
// package.json says so.
const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tally-pages-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
cpSync(join(here, "..", "..", "collector", "www"), folder, { recursive: true });
writeFileSync(join(folder, "package.json"), '{"type": "module"}');
const load = (name) => import(pathToFileURL(join(folder, name)));

const words = await load("words.js");
const numbers = await load("numbers.js");
const names = await load("names.js");
const marks = await load("marks.js");
const figures = await load("figures.js");
const units = await load("units.js");
const charts = await load("charts.js");
const same = assert.strictEqual;

words.setLang("zh");

// Nothing rounds up to 100 that has not reached it.
same(numbers.percent("99.96"), "99.9%");
same(numbers.percent("99.6", 0), "99.6%");
same(numbers.percent("99.4", 0), "99%");
same(numbers.percent("100.00"), "100.0%");
same(numbers.percent("100", 0), "100%");
same(numbers.percent("1234.56"), "1,234.6%");
// Digits, not binary fractions.
same(numbers.round("2.675", 2), "2.68");
same(numbers.round("-2.675", 2), "-2.68");
same(numbers.round("-0.04", 1), "0.0");
same(numbers.round("5", 2), "5.00");
same(numbers.minus("0.3", "0.1"), "0.2");
same(numbers.minus("100", "0.0001"), "99.9999");
same(numbers.minus("99999999999999999999.1", "-0.9"), "100000000000000000000.0");
same(numbers.write("-1234567.80"), "\u22121,234,567.80");
same(numbers.write("999"), "999");
same(numbers.write("0.1234567"), "0.1234567");
same(numbers.planned("2.2500", 2), "2.25");
same(numbers.planned("354.17", 0), "354");
// A gap is how much a figure is behind; points are signed.
same(numbers.points("15.00"), "\u221215.0点");
same(numbers.points("-1.29"), "+1.3点");
same(numbers.points("0.00"), "0.0点");
same(numbers.signed(-4), "\u22124");
same(numbers.period("2024M09"), "2024年9月");
same(numbers.period("2024Q3"), "2024年3季度");
same(numbers.period("2024"), "2024年");
same(numbers.period("2024M09", true), "9月");
same(numbers.day("2024-10-09"), "10月9日");
same(numbers.day("2024-10-09", true), "2024年10月9日");
numbers.setZone(480);
same(numbers.moment(1728462726000000).iso, "2024-10-09T16:32:06+08:00");
numbers.setZone(-330);
same(numbers.offset(), "-05:30");
words.setLang("en");
same(numbers.period("2024M09"), "Sep 2024");
same(numbers.period("2024Q3"), "Q3 2024");
same(numbers.day("2024-10-09", true), "9 Oct 2024");
words.setLang("zh");

// The catalogue's names, goals and sections.
const target = (id, more = {}) => ({ id, name_zh: id, section: "", decimals: 2,
	uom_zh: "公里", steps: [{ id: "completed", name_zh: "完工" }], fields: [],
	roster: [], ...more });
names.setCatalogue({ units: [
	{ id: "chengdong", name_zh: "城东街道", name_en: "Chengdong Jiedao", kind: "street" },
	{ id: "hrss", name_zh: "人社局", kind: "department" }],
targets: [target("a"), target("b", { section: "(二之末)开放合作" }),
	target("c", { section: "三·城市品质" }), target("d", { section: "民生" })] });
same(names.goal("a", ">=5800"), "≥5,800");
same(names.goal("a", "=0"), "=0");
same(names.goal("a", ">=completed"), "完工");
same(names.goal("a", ">=68.4;>=70.7"), "≥68.4、≥70.7");
same(names.goal("a", "~30±0.5"), "≈30±0.5");
same(names.goal("a", ">=?"), "≥待参照");
same(names.goal("a", "pending"), "待下达");
same(names.goal("a", "2"), "2");
same(names.section(names.target("b")), "开放合作");
same(names.section(names.target("c")), "城市品质");
same(names.section(names.target("d")), "民生");
same(names.shortName("chengdong"), "城东");
same(names.shortName("hrss"), "人社局");
same(names.unitName("gone"), "gone");

// A light is what the collector said; silence is never a number.
const figure = (more) => ({ target: "a", kind: "flow", value: "1.80", goal: ">=3",
	plan: "2.2500", light: "yellow", pace: "behind", gap: "15.00", rate: "60.00",
	why: null, reported: 3, due: 3, ...more });
same(marks.markOf(figure()), "y");
same(marks.markOf(figure({ light: "green" })), "s");
same(marks.markOf(figure({ light: "green", pace: "on" })), "g");
same(marks.markOf(figure({ light: "red", why: "violated" })), "k");
same(marks.markOf(figure({ light: "red" })), "r");
same(marks.markOf(figure({ light: "grey", why: "no-report" })), "m");
same(marks.markOf(figure({ light: "grey", why: "coverage" })), "m");
same(marks.markOf(figure({ light: "grey", why: "not-due" })), "w");
same(figures.value(figure({ value: null })), "–");
same(figures.value(figure({ items: "12/15" })), "12 / 15");
same(figures.shortBy(figure()), "比序时少0.45公里");
same(figures.shortBy(figure({ value: "2.30" })), null);
same(figures.shortBy(figure({ plan: "2024-12-31" })), null);
same(figures.behind(figure()), "\u221215.0点");
same(figures.behind(figure({ why: "violated" })), "锁定");
same(figures.behind(figure({ slip: 4 })), "逾期4个月");
same(charts.planShare(figure()), 75);
same(charts.planShare(figure({ rate: null })), null);
assert.deepEqual([figure({ light: "green", target: "g" }), figure({ target: "y1" }),
	figure({ target: "y2", gap: "20.00" }), figure({ light: "red", target: "r" })]
	.sort(figures.byWorst).map((one) => one.target), ["r", "y2", "y1", "g"]);
// Among those that are shown; equal shares share a rank; the silent have none.
assert.deepEqual(units.ranks([{ unit: "a", rank: 7 }, { unit: "b", rank: null },
	{ unit: "c", rank: 2 }, { unit: "d", rank: 7 }, { unit: "e", rank: 9 }])
	.map(([one, rank]) => one.unit + rank), ["c1", "a2", "d2", "e4", "bnull"]);

// What a statement says in short.
const statement = (cells, more = {}) => ({ target: "a", kind: "report", cells, ...more });
same(figures.said(statement({ opened: "302", closed: "71" })), "302 \u2212 71");
same(figures.said(statement({ value: "5875" })), "5,875");
same(figures.said(statement({ value: "NA" })), "不适用");
same(figures.said(statement({ stage: "completed" })), "完工");
same(figures.said(statement({}, { item: "none" })), "无新增");
same(figures.said(statement({}, { kind: "review", status: "returned" })), "退回");
same(figures.said(statement({}, { text: "清掏管网" })), "清掏管网");
console.log("all as people read it");
