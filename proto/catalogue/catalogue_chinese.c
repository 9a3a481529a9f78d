/*
 * Problems of a catalogue in Chinese. They arise at many doors (cells, numbers,
 * periods, CSV) as English sentences; here each sentence has its Chinese one.
 * {} stands for what was said in that place, in the same order in both.
 * tests/house/test_guides.py holds that none is missing.
 */
#include "proto/catalogue/catalogue_chinese.h"

#include <stdbool.h>
#include <string.h>

#define HOLES_MAX 6

struct sentence {
	const char *en, *zh;
};

/* clang-format off: sentences read better one under the other */
static const struct sentence sentences[] = {
	/* The folder and its files */
	{ "the file is missing; a catalogue needs it",
	  "缺少该文件；目录必须有它" },
	{ "the file has no rows", "文件没有数据行" },
	{ "a catalogue has no file of this name", "目录没有这个文件名" },
	{ "a catalogue has no file of this name; it is not read",
	  "目录没有这个文件名；不读取该文件" },
	{ "this is no CSV file and is not read; save it in Excel or WPS as "
	  "'CSV UTF-8'",
	  "这不是 CSV 文件，不读取；请在 Excel 或 WPS 中另存为“CSV UTF-8”" },
	{ "{} is not a folder", "{} 不是文件夹" },
	{ "{} has errors ({}), nothing is evaluated",
	  "{} 有错误（{} 处），未试算" },
	{ "{}: no catalogue was in force then", "{}：当时没有现行目录" },
	{ "{}: the store is empty: run the collector once",
	  "{}：数据库为空；请先运行一次汇总中心" },
	{ "{}: there is no store yet; tally-collector run makes it",
	  "{}：尚无数据库；运行 tally-collector run 即可生成" },
	{ "{}: there is no store yet", "{}：尚无数据库" },
	{ "the reports cannot be read", "填报文件无法读取" },
	{ "the file is given twice", "该文件重复" },
	{ "the file is larger than {} MB", "文件超过 {} MB" },
	{ "the file is neither UTF-8 nor GB18030 text; save it in Excel as "
	  "'CSV UTF-8'",
	  "文件既不是 UTF-8 也不是 GB18030 文本；请在 Excel 或 WPS "
	  "中另存为“CSV UTF-8”" },
	{ "the file is an Excel workbook, not CSV; save it in Excel as 'CSV "
	  "UTF-8'",
	  "文件是 Excel 工作簿，不是 CSV；请在 Excel 或 WPS "
	  "中另存为“CSV UTF-8”" },
	{ "the columns are not parted by commas; save the file in Excel as "
	  "'CSV UTF-8 (comma delimited)'",
	  "各列不是用逗号分隔；请在 Excel 或 WPS 中另存为“CSV "
	  "UTF-8（逗号分隔）”" },
	{ "the file is empty; row 1 must name the columns",
	  "文件为空；第 1 行须为列名" },
	{ "row 1 is blank; it must name the columns", "第 1 行为空；须为列名" },
	{ "column '{}' stands there twice; remove one",
	  "“{}”列重复；请删去一列" },
	{ "there is no such column; there are: {}",
	  "没有这一列；可用的列：{}" },
	{ "the column is missing; it is needed", "缺少这一列；必须有" },
	{ "the cell is blank; it is needed", "该单元格为空；必须填写" },
	{ "a quote is opened and never closed; close it, or write \"\" for a "
	  "quote within the text",
	  "引号没有成对；请补上另一半，文字中的引号写作 \"\"" },
	{ "text follows a closing quote; write \"\" for a quote within the "
	  "text",
	  "右引号后还有文字；文字中的引号写作 \"\"" },
	{ "cell {} stands in a column without a name; name it in row 1, or "
	  "quote a text that has commas",
	  "第 {} 个单元格所在的列没有列名；请在第 1 "
	  "行写列名，含逗号的文字要加引号" },
	{ "a cell is longer than {} bytes", "有单元格超过 {} 字节" },
	{ "the row has more than {} cells", "该行超过 {} 个单元格" },
	{ "the file has more than {} rows", "文件超过 {} 行" },
	/* Cells */
	{ "'{}' is not a number; write digits, for example 5800 or 21.22",
	  "“{}”不是数字；请写数字，如 5800、21.22" },
	{ "'{}' is how Excel shows a long number or a code; set the cells to "
	  "text and enter all the digits again",
	  "“{}”是 Excel "
	  "对长数字或代码的写法；请把单元格设为文本，重新录入全部数字" },
	{ "the number has {} digits before the point, at most {} fit",
	  "数字小数点前有 {} 位，最多 {} 位" },
	{ "the number has {} digits after the point, at most {} are allowed",
	  "数字小数点后有 {} 位，最多 {} 位" },
	{ "the number has too many digits to be exact; write fewer after the "
	  "point",
	  "数字位数过多，无法精确保存；请减少小数位数" },
	{ "'{}' is not a whole number from 0 to {}",
	  "“{}”不是 0 到 {} 的整数" },
	{ "'{}' is not a number of days; write 10, or 5w for working days",
	  "“{}”不是天数；请写 10，工作日写 5w" },
	{ "'{}' is not a day; write it like 2024-06-30",
	  "“{}”不是日期；请写作 2024-06-30" },
	{ "'{}' is what Excel makes of a month like 2024-06; write 2024M06, "
	  "which it leaves alone",
	  "“{}”是 Excel 改写的月份；请写作 2024M06，Excel 不会改动" },
	{ "'{}' is not a period; write 2024, 2024H1, 2024Q2, 2024M06, "
	  "2024M06T1, 2024W07 or 2024-06-30",
	  "“{}”不是期别；请写作 "
	  "2024、2024H1、2024Q2、2024M06、2024M06T1、2024W07 或 2024-06-30" },
	{ "'{}' is not one of: {}", "“{}”不在可填的词之内：{}" },
	{ "'{}' is longer than {} bytes; shorten it",
	  "“{}”超过 {} 字节；请缩短" },
	{ "'{}' may not begin with # nor have a ; in it",
	  "“{}”不能以 # 开头，也不能含分号" },
	{ "there is no unit '{}' in units.csv", "units.csv 中没有单位“{}”" },
	{ "there is no target '{}' in targets.csv",
	  "targets.csv 中没有目标“{}”" },
	{ "{} is there already, in row {}; remove one of the two",
	  "{}已在第 {} 行出现；请删去其中一行" },
	/* settings.csv */
	{ "the number must be from 0 to {}", "数字须在 0 到 {} 之间" },
	{ "the window ends before it begins", "目标期的终止日早于起始日" },
	/* units.csv, unit_codes.csv */
	{ "a unit's id is up to {} small letters, digits and -, a letter first",
	  "单位编号至多 {} 个小写字母、数字和 -，以字母开头" },
	{ "the unit is closed before it is opened", "单位的撤销日早于设立日" },
	{ "the parents of unit '{}' go in a circle", "单位“{}”的上级关系成环" },
	{ "the code ends before it begins", "代码的止日早于起日" },
	{ "'{}' is not a code of digits alone; set the column to text, so that "
	  "Excel leaves it alone",
	  "“{}”不是纯数字代码；请把该列设为文本，避免 Excel 改写" },
	{ "code {} names another unit on the same days, in row {}; give from "
	  "and until",
	  "代码 {} 在同一时段属于另一单位（第 {} 行）；请填写 from 和 until" },
	/* ladders.csv, items.csv, roster.csv, references.csv */
	{ "the orders of ladder '{}' must be 1, 2, .. without a gap; {} is "
	  "expected here",
	  "档次表“{}”的序号须为 1、2、… 连续；此处应为 {}" },
	{ "no item may be called none, which offices write for nothing new",
	  "项目编号不能为 none，none 表示本期无新增" },
	{ "the row ends before it begins", "该行的止日早于起日" },
	{ "references.csv has no figure of series '{}' yet; the target stays "
	  "grey until it has",
	  "references.csv 中尚无对比数“{}”；补齐前该目标为未判定" },
	/* targets.csv */
	{ "a target's id is up to {} small letters, digits, . and -, a letter "
	  "first",
	  "目标编号至多 {} 个小写字母、数字、. 和 -，以字母开头" },
	{ "measure is for kind benchmark alone; leave it blank",
	  "measure 只用于 benchmark；请留空" },
	{ "a benchmark cannot measure a {}; write flow, level, net, growth, "
	  "ratio, limit, items or grade",
	  "benchmark 不能按 {} 计算；请写 "
	  "flow、level、net、growth、ratio、limit、items 或 grade" },
	{ "a benchmark needs the kind of its figure here",
	  "benchmark 须在此写明数据类型" },
	{ "the scale must be above 0", "换算倍数须大于 0" },
	{ "'{}' is not for kind {}; only growth and ratio have rates",
	  "“{}”不适用于 {}；只有 growth 和 ratio 可直接报比率" },
	{ "'{}' is not for kind {}; limit takes mean or worst, grade count, "
	  "worst or best",
	  "“{}”不适用于 {}；limit 填 mean 或 worst，grade 填 count、worst 或 "
	  "best" },
	{ "'{}' is not for kind {}; the mean of periods is for level and guard",
	  "“{}”不适用于 {}；各期平均只用于 level 和 guard" },
	{ "'{}' is not for kind {}; a numerator is part of a denominator in a "
	  "ratio alone",
	  "“{}”不适用于 {}；只有 ratio 有分子属于分母的关系" },
	{ "annual_only is not for {}; leave it blank",
	  "annual_only 不适用于 {}；请留空" },
	{ "the window has no first day; give it here, or for all in "
	  "settings.csv",
	  "没有目标期起始日；请在此填写，或在 settings.csv 统一填写" },
	{ "the window has no last day; give it here, or for all in "
	  "settings.csv",
	  "没有目标期终止日；请在此填写，或在 settings.csv 统一填写" },
	{ "the first period is no {}, as the reporting periods are",
	  "首个填报期与填报周期（{}）不符" },
	{ "the first period is outside the window", "首个填报期不在目标期内" },
	{ "points may not be negative", "百分点不能为负" },
	{ "the target names itself", "目标引用了自己" },
	{ "there is no ladder '{}' in ladders.csv",
	  "ladders.csv 中没有档次表“{}”" },
	{ "a {} needs a ladder, see ladders.csv",
	  "{} 须有档次表，见 ladders.csv" },
	{ "only items are summed by a field; leave it blank",
	  "只有 items 可按某项合计；请留空" },
	{ "'{}' has no decimal field '{}'; define it in fields.csv",
	  "“{}”没有数字项“{}”；请在 fields.csv 中定义" },
	{ "a closed list needs items, and items.csv has none of '{}'",
	  "名单固定而 items.csv 中没有“{}”的项目" },
	{ "'{}' is not for kind {}; only items, grade and milestone read items",
	  "“{}”不适用于 {}；只有 items、grade、milestone 可读取台账" },
	{ "'{}' has no items of its own, it reads those of '{}'; name that one",
	  "“{}”没有自己的台账，它读取“{}”的；请写后者" },
	{ "'{}' is of kind {} and has no items", "“{}”的类型为 {}，没有台账" },
	{ "the items of '{}' stand on another ladder; leave this blank",
	  "“{}”的台账用的是另一档次表；请留空" },
	{ "'{}' has parts of its own; parts are one level deep",
	  "“{}”自身已有分项；分项只分一层" },
	{ "the rates of several units cannot be summed; let them give the "
	  "parts, or name the official source",
	  "各单位的比率不能相加；请改报分子分母，或写明官方来源" },
	/* goals.csv, and goals in targets.csv */
	{ "'{}' has no goal; give one here or in goals.csv, or write none or "
	  "pending as compare",
	  "“{}”没有目标值；请在此或 goals.csv 填写，或在 compare 写 "
	  "none（监测）或 pending（待下达）" },
	{ "the goal has no value; give it, or write none or pending as compare",
	  "目标没有数值；请填写，或在 compare 写 none 或 pending" },
	{ "a goal that is '{}' has no value; leave it blank",
	  "比较为“{}”的目标没有数值；请留空" },
	{ "a goal is a value or a reference, not both; leave one blank",
	  "目标值与对比数只能填一个；请留空其一" },
	{ "a target with parts has no goal of its own; leave it to the parts",
	  "有分项的目标不设自己的目标值；请写在分项上" },
	{ "a step is reached, or reached and passed; write >=",
	  "档次只有“达到”；请写 >=" },
	{ "'{}' is a step, but target '{}' has no ladder; name one in "
	  "targets.csv",
	  "“{}”是档次，而目标“{}”没有档次表；请在 targets.csv 写明" },
	{ "'{}' is not a step of ladder '{}' of target '{}'",
	  "“{}”不是档次表“{}”（目标“{}”）中的档次" },
	{ "a band needs a width; put the goal into goals.csv",
	  "“左右”须有幅度；请把目标写到 goals.csv" },
	{ "a band needs a width to either side", "“左右”须写明上下幅度" },
	{ "only 'about' has a width; leave it blank",
	  "只有 about 有幅度；请留空" },
	{ "a width may not be negative", "幅度不能为负" },
	{ "write series:NAME or target:ID; two references are two rows with "
	  "two goal ids",
	  "请写 series:系列名 或 target:目标编号；两个对比数写成两行、两个 "
	  "goal 编号" },
	{ "a series' name has no ; in it and at most {} bytes; two references "
	  "are two rows with two goal ids",
	  "系列名不能含分号，至多 {} 字节；两个对比数写成两行、两个 goal "
	  "编号" },
	{ "the target is compared with itself; make last year's figures a "
	  "series",
	  "目标不能与自己比较；请把上年数据写成 references.csv 的系列" },
	{ "there is no ref that this is the period of; leave it blank",
	  "没有 ref，不需要对比期；请留空" },
	{ "there is no ref that this is added to; leave it blank",
	  "没有 ref，不需要加减数；请留空" },
	{ "a goal that changes within its window names the approval "
	  "(目标调整批文)",
	  "目标期内调整目标须写明批文（目标调整批文）" },
	{ "goal '{}' has this first day already, in row {} of {}; remove one "
	  "of the two",
	  "目标“{}”在同一天已有一行（第 {} 行，{}）；请删去其中一行" },
	{ "goal-fixed: the goal '{}' of '{}', {}, has been in force since {} "
	  "and may not be changed or removed; leave it, and give the new one a "
	  "row in goals.csv with from and approval",
	  "goal-fixed：目标“{}”（{}）{} 自 {} "
	  "起已生效，不能改动或删除；请保留原行，并在 goals.csv "
	  "另加一行新目标，写明 from 和 approval" },
	/* plans.csv */
	{ "give a percent or a value, not both",
	  "percent 和 value 只能填一个" },
	{ "give a percent of the goal or a value, or the stage that is planned",
	  "请填 percent（占目标的百分比）或 value，或填计划的 stage" },
	{ "the planned day of a stage has no percent and no value; leave it "
	  "blank",
	  "形象进度的计划日不填 percent 和 value；请留空" },
	{ "the planned day of a listed item has no percent and no value; leave "
	  "it blank",
	  "名单项目的计划日不填 percent 和 value；请留空" },
	{ "row {} of the same curve is in values; use one of the two "
	  "throughout",
	  "同一计划的第 {} 行用的是 value；请统一" },
	{ "row {} of the same curve is in percent; use one of the two "
	  "throughout",
	  "同一计划的第 {} 行用的是 percent；请统一" },
	{ "items.csv has no item '{}' of '{}'",
	  "items.csv 中没有项目“{}”（目标“{}”）" },
	/* fields.csv, filters.csv */
	{ "'{}' is a column that every report has; choose another name",
	  "“{}”是填报表的固定列；请另取名称" },
	{ "the kind's own field '{}' keeps its type; leave this blank",
	  "类型自带的“{}”不能改数据类型；请留空" },
	{ "the factor must be above 0", "换算系数须大于 0" },
	{ "a target has at most {} fields", "一个目标至多 {} 个填报项" },
	{ "a growth of a quotient needs both current_den and base_den",
	  "比率的增速须同时有 current_den 和 base_den" },
	{ "'{}' takes no reports itself; put the field where offices report",
	  "“{}”本身不填报；请把填报项写在实际填报的目标上" },
	{ "'{}' is of kind {}; only items and grade are filtered",
	  "“{}”的类型为 {}；只有 items 和 grade 可设条件" },
	{ "'{}' is no field of the items of '{}'; define it in fields.csv",
	  "“{}”不是“{}”的台账项；请在 fields.csv 中定义" },
	{ "'{}' does not go with field '{}'; numbers, dates and steps take = "
	  "!= >= > <= <, texts = != any, sets any",
	  "“{}”不能用于“{}”；数字、日期、档次用 = != >= > <= <，文字用 = != "
	  "any，多选用 any" },
	/* reports.csv, when it is tried */
	{ "this column is missing; add it to row 1",
	  "缺少这一列；请在第 1 行补上" },
	{ "this column is no field of any target; correct its name, or declare "
	  "it in fields.csv",
	  "没有目标有这个填报项；请改正列名，或在 fields.csv 中定义" },
	{ "write a day, 2024-06-30, or a day and a time, 2024-06-30 09:05",
	  "请写日期 2024-06-30，或日期和时间 2024-06-30 09:05" },
	/* Told, not refused */
	{ "the quotas of '{}' add up to {}, its goal is {}",
	  "“{}”的任务数合计 {}，目标值为 {}" },
	{ "the goal {} is above that of '{}', {}, of which it is a part",
	  "目标值 {} 大于“{}”的目标值 {}，而它只是其中一部分" },
	{ "the day is outside the window of '{}', {} to {}",
	  "日期不在“{}”的目标期（{} 至 {}）内" },
	{ "the row is outside the window of '{}', {} to {}, and never counts",
	  "该行不在“{}”的目标期（{} 至 {}）内，不起作用" },
	{ "the plan falls: {} after {}; percent is cumulative",
	  "计划进度下降：{} 在 {} 之后；percent 为累计数" },
	{ "the percent of this plan add up to 100 and end at {}; percent is "
	  "cumulative",
	  "该计划各行 percent 合计为 100，末行为 {}；percent 为累计数" },
	{ "no stage of '{}' has a planned day in plans.csv; it is overdue only "
	  "from the window's end",
	  "plans.csv 中没有“{}”的节点计划日；到目标期末才会逾期" },
	{ "'{}' has no base; it stays yellow or red until its goal is met",
	  "“{}”没有基数；完成之前一直是黄灯或红灯" },
	{ "by its plan nothing of '{}' may be used before {}; without a plan "
	  "its budget goes with the year",
	  "按计划，“{}”在 {} 之前一点也不能用；不编计划则按序时进度使用" },
	{ "'{}' is to stay below its goal, but its plan rises from 0 and it is "
	  "behind until {}; plan values from the first period on, or give a "
	  "level or ratio its base",
	  "“{}”要求不高于目标值，计划却从 0 起步，{} 之前一直落后；"
	  "请从第一期起按数值编计划，存量、比率也可填基数" },
};

/* What stands in a hole and is a word of ours. */
static const struct sentence words[] = {
	{ "the key", "键" },
	{ "the unit", "单位" },
	{ "the target", "目标" },
	{ "the item", "项目" },
	{ "the step", "档次" },
	{ "the day", "日期" },
	{ "the field", "填报项" },
	{ "the series' period", "该系列的期别" },
	{ "the plan for this day", "该日的计划" },
	{ "the unit with the same first day", "起日相同的同一单位" },
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The end of the literal text that pattern begins with: a hole, or its end. */
static size_t literal_len(const char *pattern)
{
	const char *hole = strstr(pattern, "{}");

	return hole ? (size_t)(hole - pattern) : strlen(pattern);
}

/* Where the literal text begins in text: at its end if it is the last one of
 * the pattern, else at the first place. NULL: nowhere. */
static const char *find_literal(const char *text, const char *literal,
				size_t len, bool last)
{
	size_t left = strlen(text);

	if (len > left)
		return NULL;
	if (last)
		return memcmp(text + left - len, literal, len) ?
			       NULL :
			       text + left - len;
	return memmem(text, left, literal, len);
}

/* Does the text say this sentence? What stands in its holes. */
static bool matches(const char *pattern, const char *text,
		    struct span holes[HOLES_MAX])
{
	size_t len = literal_len(pattern), hole = 0;

	if (strncmp(pattern, text, len) != 0)
		return false;
	pattern += len;
	text += len;
	while (*pattern) {
		const char *next;

		pattern += 2;
		len = literal_len(pattern);
		next = find_literal(text, pattern, len, !pattern[len]);
		if (!next || hole == HOLES_MAX)
			return false;
		holes[hole++] = span_of(text, (size_t)(next - text));
		text = next + len;
		pattern += len;
	}
	return !*text;
}

/* own: the sentence begins with it, so it is ours and nobody's cell. */
static void add_hole(struct strbuf *out, struct span said, bool own)
{
	for (size_t i = 0; own && i < COUNT(words); i++) {
		if (span_equal(said, span_of_text(words[i].en))) {
			strbuf_add_text(out, words[i].zh);
			return;
		}
	}
	strbuf_add(out, said.data, said.len);
}

void catalogue_add_chinese(struct strbuf *out, const char *text)
{
	struct span holes[HOLES_MAX];
	const char *zh = NULL;

	for (size_t i = 0; i < COUNT(sentences) && !zh; i++) {
		if (matches(sentences[i].en, text, holes))
			zh = sentences[i].zh;
	}
	if (!zh) {
		strbuf_add_text(out, text);
		return;
	}
	for (size_t hole = 0; *zh; hole++) {
		size_t len = literal_len(zh);

		strbuf_add(out, zh, len);
		zh += len;
		if (!*zh)
			break;
		zh += 2;
		add_hole(out, holes[hole],
			 holes[hole].data == (const void *)text);
	}
}
