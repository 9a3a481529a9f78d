#include "agent/changes.h"

#include <string.h>

#include "base/json.h"

/* What a person calls a file or a column. */
struct label {
	const char *id, *zh;
};

/* Files by what a row of theirs is. */
static const struct label files[] = {
	{ "settings.csv", "设置" },	  { "units.csv", "单位" },
	{ "unit_codes.csv", "单位代码" }, { "targets.csv", "目标任务" },
	{ "roster.csv", "责任单位" },	  { "goals.csv", "目标值" },
	{ "plans.csv", "计划进度" },	  { "ladders.csv", "档次" },
	{ "items.csv", "项目" },	  { "fields.csv", "填报项" },
	{ "filters.csv", "筛选条件" },	  { "references.csv", "对比数" },
	{ "calendar.csv", "工作日历" },
};

/* Every column of the catalogue. */
static const struct label columns[] = {
	{ "quota", "任务数" },
	{ "base", "基数" },
	{ "goal", "目标" },
	{ "compare", "比较" },
	{ "from", "起" },
	{ "until", "止" },
	{ "approval", "目标调整批文" },
	{ "name_zh", "名称" },
	{ "name_en", "英文名称" },
	{ "lead", "牵头单位" },
	{ "cooperating", "配合单位" },
	{ "source", "数据来源单位" },
	{ "kind", "类型" },
	{ "period", "期别" },
	{ "uom_zh", "计量单位" },
	{ "decimals", "小数位" },
	{ "due_days", "报送天数" },
	{ "close_days", "截止天数" },
	{ "by", "时限" },
	{ "percent", "百分比" },
	{ "value", "数值" },
	{ "stage", "进度" },
	{ "ladder", "档次表" },
	{ "section", "章节" },
	{ "note", "备注" },
	{ "approve", "须审核" },
	{ "start", "起始日" },
	{ "end", "结束日" },
	{ "parent", "上级单位" },
	{ "opened", "设立日" },
	{ "closed", "撤销日" },
	{ "yellow_from", "黄灯起点" },
	{ "red_above", "红灯界限" },
	{ "measure", "数据类型" },
	{ "uom_en", "英文计量单位" },
	{ "scale", "倍数" },
	{ "entry", "填报口径" },
	{ "given", "填报方式" },
	{ "first_period", "首个填报期" },
	{ "lag_months", "统计滞后月数" },
	{ "annual_only", "年度指标" },
	{ "take", "取值" },
	{ "sum_field", "合计项" },
	{ "hold", "各期要求" },
	{ "subset", "分子属于分母" },
	{ "item_list", "名单" },
	{ "register", "台账" },
	{ "part_of", "上级目标" },
	{ "of_which", "其中" },
	{ "see", "并列显示" },
	{ "authority", "数据口径" },
	{ "unit", "单位" },
	{ "item", "项目" },
	{ "tier", "保底或力争" },
	{ "width", "幅度" },
	{ "ref", "对比数" },
	{ "ref_period", "对比期" },
	{ "offset", "加减数" },
	{ "shape", "递进方式" },
	{ "group", "分组" },
	{ "scheme", "代码体系" },
	{ "code", "代码" },
	{ "step", "档次" },
	{ "order", "序号" },
	{ "field", "填报项" },
	{ "type", "类型" },
	{ "factor", "换算系数" },
	{ "time", "各期之间" },
	{ "over_units", "各单位之间" },
	{ "required", "必填" },
	{ "op", "比较" },
	{ "series", "系列" },
	{ "published", "公布日" },
	{ "date", "日期" },
	{ "day", "休班" },
	{ "target", "目标任务" },
	{ "key", "键" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *in_chinese(const struct label *labels, size_t count,
			      const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(labels[i].id, id))
			return labels[i].zh;
	return NULL;
}

static void add_file(const struct changes_shown *shown, const char *file,
		     struct strbuf *out)
{
	const char *zh = in_chinese(files, COUNT(files), file);

	if (shown->language == LANGUAGE_ZH && zh)
		strbuf_add_text(out, zh);
	else
		strbuf_add(out, file, strlen(file) - strlen(".csv"));
}

static void add_column(const struct changes_shown *shown, const char *column,
		       struct strbuf *out)
{
	const char *zh = in_chinese(columns, COUNT(columns), column);

	if (shown->language == LANGUAGE_ZH && zh)
		strbuf_addf(out, "%s(%s)", zh, column);
	else
		strbuf_add_text(out, column);
}

/* ---- one change ---- */

/* An id says what it is by itself. */
static bool is_id(const char *column)
{
	static const char *const ids[] = { "key",    "unit", "code",   "goal",
					   "item",   "step", "ladder", "field",
					   "series", "date", "op" };

	for (size_t i = 0; i < COUNT(ids); i++)
		if (!strcmp(ids[i], column))
			return true;
	return false;
}

static void add_cell(const struct changes_shown *shown,
		     const struct change_cell *cell, struct strbuf *out)
{
	add_column(shown, cell->column, out);
	strbuf_addf(out, " %s", cell->text);
}

static void add_names(const struct changes_shown *shown,
		      const struct catalogue_change *change, struct strbuf *out)
{
	for (size_t i = 0; i < change->name_count; i++) {
		const struct change_cell *name = &change->names[i];

		if (!strcmp(name->column, "target"))
			continue;
		strbuf_add_char(out, ' ');
		if (is_id(name->column))
			strbuf_add_text(out, name->text);
		else
			add_cell(shown, name, out);
	}
}

/* In brackets, without those that another place says. */
static void add_cells(const struct changes_shown *shown,
		      const struct catalogue_change *change,
		      const char *const *without, struct strbuf *out)
{
	bool zh = shown->language == LANGUAGE_ZH, any = false;

	for (size_t i = 0; i < change->cell_count; i++) {
		const struct change_cell *cell = &change->cells[i];
		const char *const *skip = without;

		while (*skip && strcmp(*skip, cell->column) != 0)
			skip++;
		if (*skip)
			continue;
		strbuf_add_text(out, any ? zh ? "，" : ", " : zh ? "（" : " (");
		add_cell(shown, cell, out);
		any = true;
	}
	if (any)
		strbuf_add_text(out, zh ? "）" : ")");
}

static const char *or_blank(const struct changes_shown *shown, const char *text)
{
	if (text[0])
		return text;
	return shown->language == LANGUAGE_ZH ? "（空）" : "(blank)";
}

static void add_goal(const struct changes_shown *shown,
		     const struct catalogue_change *change, struct strbuf *out)
{
	static const char *const said[] = { "tier",   "compare", "value",
					    "width",  "ref",	 "ref_period",
					    "offset", NULL };

	strbuf_add_text(out, shown->language == LANGUAGE_ZH ? "：" : ": ");
	if (change->goal_before[0])
		strbuf_addf(out, "%s → ", change->goal_before);
	strbuf_add_text(out, change->goal);
	add_cells(shown, change, said, out);
}

/* "due_days: 10 → 15": a setting's column says nothing. */
static void add_setting(const struct changes_shown *shown,
			const struct catalogue_change *change,
			struct strbuf *out)
{
	bool zh = shown->language == LANGUAGE_ZH;

	if (change->kind == CHANGE_CELL)
		strbuf_addf(out, zh ? "：%s → %s" : ": %s → %s",
			    or_blank(shown, change->before),
			    or_blank(shown, change->after));
	else if (change->cell_count)
		strbuf_addf(out, zh ? "：%s" : ": %s", change->cells[0].text);
}

static void add_change(const struct changes_shown *shown,
		       const struct catalogue_change *change,
		       struct strbuf *out)
{
	static const char *const nothing[] = { NULL };

	if (change->kind == CHANGE_ADDED)
		strbuf_add_text(out, " +");
	if (change->kind == CHANGE_REMOVED)
		strbuf_add_text(out, " -");
	add_names(shown, change, out);
	if (!strcmp(change->file, "settings.csv")) {
		add_setting(shown, change, out);
	} else if (change->kind == CHANGE_CELL) {
		strbuf_add_char(out, ' ');
		add_column(shown, change->column, out);
		strbuf_addf(out,
			    shown->language == LANGUAGE_ZH ? "：%s → %s" :
							     ": %s → %s",
			    or_blank(shown, change->before),
			    or_blank(shown, change->after));
	} else if (change->goal[0]) {
		add_goal(shown, change, out);
	} else if (change->kind == CHANGE_ADDED) {
		add_cells(shown, change, nothing, out);
	}
	strbuf_add_char(out, '\n');
}

/* ---- by target ---- */

static const struct target *named(const struct changes_shown *shown,
				  const char *id)
{
	uint32_t at = catalogue_target(shown->after, span_of_text(id));

	if (at != CATALOGUE_NONE)
		return &shown->after->targets[at];
	at = catalogue_target(shown->before, span_of_text(id));
	return at == CATALOGUE_NONE ? NULL : &shown->before->targets[at];
}

static bool is_own_row(const struct catalogue_change *change)
{
	return !strcmp(change->file, "targets.csv");
}

static void add_target(const struct changes_shown *shown,
		       const struct catalogue_change *change,
		       struct strbuf *out)
{
	static const char *const said[] = { "name_zh", "name_en", "section",
					    "note", NULL };
	const struct target *target = named(shown, change->target);
	bool whole = is_own_row(change) && change->kind != CHANGE_CELL;
	const char *name = "";

	if (target)
		name = shown->language == LANGUAGE_EN && target->name_en[0] ?
			       target->name_en :
			       target->name_zh;
	strbuf_addf(out, "%s %s %s",
		    !whole			 ? "~" :
		    change->kind == CHANGE_ADDED ? "+" :
						   "-",
		    change->target, name);
	if (whole && change->kind == CHANGE_ADDED)
		add_cells(shown, change, said, out);
	strbuf_add_char(out, '\n');
}

/* The rows that a target brings with it, or takes: only how many. Gives the
 * first change behind them. */
static size_t add_rows(const struct changes_shown *shown, size_t i,
		       struct strbuf *out)
{
	const struct catalogue_changes *changes = shown->changes;
	const char *target = changes->list[i++].target;

	while (i < changes->count && !strcmp(changes->list[i].target, target)) {
		const char *file = changes->list[i].file;
		size_t rows = 0;

		for (; i < changes->count && changes->list[i].file == file &&
		       !strcmp(changes->list[i].target, target);
		     i++)
			rows++;
		strbuf_add_text(out, "    ");
		add_file(shown, file, out);
		strbuf_addf(out,
			    shown->language == LANGUAGE_ZH ? "：%zu 行\n" :
							     ": %zu rows\n",
			    rows);
	}
	return i;
}

static size_t add_target_changes(const struct changes_shown *shown, size_t i,
				 struct strbuf *out)
{
	const struct catalogue_changes *changes = shown->changes;
	const struct catalogue_change *first = &changes->list[i];

	add_target(shown, first, out);
	if (is_own_row(first) && first->kind != CHANGE_CELL)
		return add_rows(shown, i, out);
	for (; i < changes->count &&
	       !strcmp(changes->list[i].target, first->target);
	     i++) {
		strbuf_add_text(out, "   ");
		if (!is_own_row(&changes->list[i])) {
			strbuf_add_char(out, ' ');
			add_file(shown, changes->list[i].file, out);
		}
		add_change(shown, &changes->list[i], out);
	}
	return i;
}

void changes_write(const struct changes_shown *shown, struct strbuf *out)
{
	const struct catalogue_changes *changes = shown->changes;

	for (size_t i = 0; i < changes->count;) {
		const struct catalogue_change *change = &changes->list[i];

		if (change->target[0]) {
			i = add_target_changes(shown, i, out);
			continue;
		}
		add_file(shown, change->file, out);
		add_change(shown, change, out);
		i++;
	}
}

void changes_write_counts(const struct change_counts *counts,
			  enum language language, struct strbuf *out)
{
	strbuf_addf(out,
		    language == LANGUAGE_ZH ?
			    "目标任务 新增 %zu、取消 %zu、变动 %zu；单位 %zu；"
			    "责任单位 %zu 行；目标值 %zu 行；其他 %zu 行" :
			    "targets +%zu -%zu ~%zu; units %zu; roster rows "
			    "%zu; goals %zu; other rows %zu",
		    counts->targets_added, counts->targets_removed,
		    counts->targets_changed, counts->units, counts->roster,
		    counts->goals, counts->other);
}

/* ---- for programs ---- */

static void put_cells(struct strbuf *out, const char *key,
		      const struct change_cell *cells, size_t count)
{
	json_put_object(out, key);
	for (size_t i = 0; i < count; i++)
		json_put_text(out, cells[i].column, cells[i].text);
	json_close(out);
}

static void put_change(struct strbuf *out,
		       const struct catalogue_change *change)
{
	static const char *const kinds[] = {
		[CHANGE_ADDED] = "added",
		[CHANGE_REMOVED] = "removed",
		[CHANGE_CELL] = "cell",
	};

	json_open(out);
	json_put_text(out, "change", kinds[change->kind]);
	json_put_text(out, "file", change->file);
	if (change->row)
		json_put_number(out, "row", change->row);
	else
		json_put_null(out, "row");
	json_put_text(out, "target", change->target);
	put_cells(out, "names", change->names, change->name_count);
	if (change->kind == CHANGE_CELL) {
		json_put_text(out, "column", change->column);
		json_put_text(out, "before", change->before);
		json_put_text(out, "after", change->after);
	} else {
		put_cells(out, "cells", change->cells, change->cell_count);
	}
	if (change->goal[0]) {
		json_put_text(out, "goal", change->goal);
		json_put_text(out, "goal_before", change->goal_before);
	}
	json_end_line(out);
}

void changes_json(const struct catalogue_changes *changes, struct strbuf *out)
{
	for (size_t i = 0; i < changes->count; i++)
		put_change(out, &changes->list[i]);
}
