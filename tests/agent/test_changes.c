/* What a catalogue would change, as people and programs read it. */
#include "proto/catalogue/catalogue_text.h"

#include "agent/changes.h"

struct shown {
	struct catalogue *before, *after;
	struct catalogue_changes changes;
	struct changes_shown shown;
	struct strbuf out;
};

static const struct text_file before[] = {
	{ "roster.csv", "target,unit,quota\n"
			"jobs,baima,100\njobs,longmen,50\nfirms,baima,\n" },
	{ "calendar.csv", "date,day\n2024-05-01,off\n" },
	{ NULL, NULL },
};

static const struct text_file after[] = {
	{ "settings.csv", "key,value\nstart,2024-01-01\nend,2024-12-31\n"
			  "yellow_from,5\n" },
	{ "units.csv", "unit,name_zh,kind\nhrss,区人社局,department\n"
		       "baima,白马镇,town\nlongmen,龙门镇,town\n"
		       "stats,统计局,official\nxinqu,新区镇,town\n" },
	{ "targets.csv",
	  "target,name_zh,name_en,kind,compare,goal,ladder,lead,note\n"
	  "jobs,新增就业,New jobs,flow,>=,5800,,hrss,按月\n"
	  "road,道路,,milestone,,completed,works,hrss,\n"
	  "parks,公园,,items,,2,works,hrss,\n"
	  "new,新任务,New one,flow,>=,5,,hrss,\n" },
	{ "roster.csv",
	  "target,unit,quota,from\njobs,baima,120,\n"
	  "jobs,xinqu,30,2024-07-01\nnew,baima,2,\nnew,longmen,3,\n" },
	{ "goals.csv", "target,goal,compare,value,from,approval\n"
		       "jobs,main,>=,6000,2024-07-01,区委常委会纪要\n" },
	{ "plans.csv", "target,stage,by\nroad,completed,2024-12-31\n" },
	{ "calendar.csv", NULL },
	{ NULL, NULL },
};

static void show(struct shown *shown, enum language language)
{
	struct catalogue_file old_files[TEXT_FILES_MAX];
	struct catalogue_file new_files[TEXT_FILES_MAX];
	struct catalogue_side old = { old_files, small_with(before, old_files),
				      load_small(before) };
	struct catalogue_side new = { new_files, small_with(after, new_files),
				      load_small(after) };

	cr_assert(catalogue_changes(&old, &new, &shown->changes, NULL) == 0);
	shown->before = (struct catalogue *)(uintptr_t)old.catalogue;
	shown->after = (struct catalogue *)(uintptr_t) new.catalogue;
	shown->shown = (struct changes_shown){ &shown->changes, shown->before,
					       shown->after, language };
	strbuf_init(&shown->out, 0);
}

static void release(struct shown *shown)
{
	strbuf_release(&shown->out);
	catalogue_changes_release(&shown->changes);
	catalogue_free(shown->before);
	catalogue_free(shown->after);
}

Test(changes, in_english)
{
	struct shown shown;

	show(&shown, LANGUAGE_EN);
	changes_write(&shown.shown, &shown.out);
	cr_expect_str_eq(
		shown.out.text,
		"settings + yellow_from: 5\n"
		"units + xinqu (name_zh 新区镇, kind town)\n"
		"~ jobs New jobs\n"
		"    name_en: (blank) → New jobs\n"
		"    note: (blank) → 按月\n"
		"    roster baima quota: 100 → 120\n"
		"    roster + xinqu from 2024-07-01 (quota 30)\n"
		"    roster - longmen\n"
		"    goals + from 2024-07-01: >=5800 → >=6000 (approval "
		"区委常委会纪要)\n"
		"+ new New one (kind flow, compare >=, goal 5, lead hrss)\n"
		"    roster: 2 rows\n"
		"- firms 企业评级\n"
		"    roster: 1 rows\n"
		"calendar - 2024-05-01\n");
	release(&shown);
}

Test(changes, in_chinese)
{
	struct shown shown;

	show(&shown, LANGUAGE_ZH);
	changes_write(&shown.shown, &shown.out);
	cr_expect_str_eq(
		shown.out.text,
		"设置 + yellow_from：5\n"
		"单位 + xinqu（名称(name_zh) 新区镇，类型(kind) town）\n"
		"~ jobs 新增就业\n"
		"    英文名称(name_en)：（空） → New jobs\n"
		"    备注(note)：（空） → 按月\n"
		"    责任单位 baima 任务数(quota)：100 → 120\n"
		"    责任单位 + xinqu 起(from) 2024-07-01（任务数(quota) "
		"30）\n"
		"    责任单位 - longmen\n"
		"    目标值 + 起(from) 2024-07-01：>=5800 → "
		">=6000（目标调整批文(approval) 区委常委会纪要）\n"
		"+ new 新任务（类型(kind) flow，比较(compare) >=，目标(goal) "
		"5，牵头单位(lead) hrss）\n"
		"    责任单位：2 行\n"
		"- firms 企业评级\n"
		"    责任单位：1 行\n"
		"工作日历 - 2024-05-01\n");
	strbuf_clear(&shown.out);
	changes_write_counts(&shown.changes.counts, LANGUAGE_ZH, &shown.out);
	cr_expect_str_eq(shown.out.text,
			 "目标任务 新增 1、取消 1、变动 1；单位 1；责任单位 "
			 "6 行；目标值 1 行；其他 2 行");
	release(&shown);
}

Test(changes, for_programs)
{
	struct shown shown;

	show(&shown, LANGUAGE_ZH);
	changes_json(&shown.changes, &shown.out);
	cr_expect(strstr(
		shown.out.text,
		"{\"change\": \"cell\", \"file\": \"roster.csv\", \"row\": 2, "
		"\"target\": \"jobs\", \"names\": {\"target\": \"jobs\", "
		"\"unit\": \"baima\"}, \"column\": \"quota\", \"before\": "
		"\"100\", \"after\": \"120\"}\n"));
	cr_expect(strstr(
		shown.out.text,
		"{\"change\": \"added\", \"file\": \"goals.csv\", \"row\": 2, "
		"\"target\": \"jobs\", \"names\": {\"target\": \"jobs\", "
		"\"from\": \"2024-07-01\"}, \"cells\": {\"compare\": \">=\", "
		"\"value\": \"6000\", \"approval\": \"区委常委会纪要\"}, "
		"\"goal\": \">=6000\", \"goal_before\": \">=5800\"}\n"));
	cr_expect(
		strstr(shown.out.text,
		       "{\"change\": \"removed\", \"file\": \"calendar.csv\", "
		       "\"row\": null, \"target\": null, \"names\": {\"date\": "
		       "\"2024-05-01\"}, \"cells\": {\"day\": \"off\"}}\n"));
	release(&shown);
}
