#include "proto/figure/words.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	const char *en, *zh;
};

static const struct pair words[WORD_COUNT] = {
	[WORD_TARGET] = { "target", "目标编号" },
	[WORD_NAME] = { "name", "目标任务" },
	[WORD_VALUE] = { "value", "完成数" },
	[WORD_GOAL] = { "goal", "目标" },
	[WORD_PLAN] = { "plan", "序时进度" },
	[WORD_LIGHT] = { "light", "红黄绿灯" },
	[WORD_WHY] = { "why", "原因" },
	[WORD_COVERAGE] = { "reported", "填报" },
	[WORD_CUTOFF] = { "cut-off", "截止日" },
	[WORD_KNOWN_BY] = { "known by", "收报截至" },
	[WORD_SIMULATED] = { "simulated clock", "模拟时钟" },
	[WORD_TRIED] = { "trying a catalogue that is not in force:",
			 "试算未下达的目录：" },
	[WORD_RATE] = { "rate %", "完成率%" },
	[WORD_GAP] = { "gap", "差距" },
	[WORD_RANK] = { "rank", "排名" },
	[WORD_UNIT_ID] = { "unit", "单位编号" },
	[WORD_UNIT] = { "name", "责任单位" },
	[WORD_GOOD] = { "done and green", "完成和绿灯" },
	[WORD_ACCOUNTABLE] = { "accountable", "应评" },
	[WORD_SHARE] = { "share %", "占比%" },
	[WORD_DONE] = { "done", "完成" },
	[WORD_ROWS] = { "rows", "目标任务" },
	[WORD_PERIOD] = { "period", "期别" },
	[WORD_VALUE_THEN] = { "value then", "当期完成数" },
	[WORD_KEPT] = { "kept", "当期评定" },
	[WORD_NOW] = { "now", "现评定" },
	[WORD_CHANGE] = { "change", "变动" },
	[WORD_ADDED] = { "added", "新增" },
	[WORD_REMOVED] = { "removed", "取消" },
	[WORD_CHANGED] = { "changed", "有变化" },
	[WORD_OPEN_UNTIL] = { "open until", "截止前" },
	[WORD_PENDING] = { "pending", "待下达" },
	[WORD_RECEIPT] = { "receipt", "回执" },
	[WORD_SUSPECT] = { "suspect", "存疑项数" },
	[WORD_WITHOUT] = { "without", "剔除后" },
	[WORD_NOT_THERE] = { "not in the catalogue then", "当时无此任务" },
	[WORD_ADJUSTED] = { "adjusted", "调整后" },
	[WORD_ADJUSTMENTS] = { "adjustments", "项调整" },
};

static const struct pair lights[] = {
	[LIGHT_GREY] = { "grey", "未判定" },
	[LIGHT_RED] = { "red", "红灯" },
	[LIGHT_YELLOW] = { "yellow", "黄灯" },
	[LIGHT_GREEN] = { "green", "绿灯" },
	[LIGHT_DONE] = { "done", "完成" },
};

static const struct pair whys[] = {
	[WHY_NONE] = { "", "" },
	[WHY_NOT_DUE] = { "not due", "未到期" },
	[WHY_NO_GOAL] = { "no goal", "监测" },
	[WHY_GOAL_PENDING] = { "goal pending", "待下达" },
	[WHY_NO_QUOTA] = { "no quota", "未分任务数" },
	[WHY_VIOLATED] = { "violated", "锁定" },
	[WHY_NO_REPORT] = { "no report", "未报" },
	[WHY_NOT_APPLICABLE] = { "not applicable", "不适用" },
	[WHY_REFERENCE_MISSING] = { "reference missing", "缺对比数" },
	[WHY_COVERAGE] = { "coverage", "应报未报" },
	[WHY_IN_REVIEW] = { "in review", "审核中" },
	[WHY_ANNUAL_ONLY] = { "annual only", "年度指标" },
	[WHY_STRETCH] = { "stretch", "争创" },
	[WHY_MISSED] = { "missed", "未完成" },
	[WHY_OVERDUE] = { "overdue", "逾期" },
	[WHY_NO_REVIEW] = { "no review", "待审核" },
	[WHY_OVERFLOW] = { "overflow", "数值溢出" },
};

int lang_choose(const char *name, enum lang *out, struct err *err)
{
	static const char *const variables[] = { "LC_ALL", "LC_MESSAGES",
						 "LANG" };

	if (name && strcmp(name, "zh") != 0 && strcmp(name, "en") != 0)
		return err_set(err, ERR_INVALID, "--lang is zh or en, not %s",
			       name);
	for (size_t i = 0; !name && i < 3; i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			name = value;
	}
	*out = name && !strncmp(name, "zh", 2) ? LANG_ZH : LANG_EN;
	return 0;
}

static const char *pick(const struct pair *pair, enum lang lang)
{
	return lang == LANG_ZH ? pair->zh : pair->en;
}

const char *word(enum word which, enum lang lang)
{
	return pick(&words[which], lang);
}

const char *word_light(enum light light, enum lang lang)
{
	return pick(&lights[light], lang);
}

const char *word_why(enum why why, enum lang lang)
{
	return pick(&whys[why], lang);
}

const char *word_behind(enum lang lang)
{
	static const struct pair behind = { "behind", "略欠" };

	return pick(&behind, lang);
}
