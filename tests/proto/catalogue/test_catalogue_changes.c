/* What a catalogue changes of another, row by row and cell by cell. */
#include "catalogue_text.h"

#include "base/strbuf.h"
#include "proto/catalogue/catalogue_changes.h"

/* One catalogue of a comparison. */
struct loaded {
	struct catalogue_file files[TEXT_FILES_MAX];
	struct catalogue_side side;
	struct catalogue *catalogue;
};

static void load(struct loaded *loaded, const struct text_file *changes)
{
	loaded->catalogue = load_small(changes);
	loaded->side =
		(struct catalogue_side){ loaded->files,
					 small_with(changes, loaded->files),
					 loaded->catalogue };
}

static void add_cells(struct strbuf *out, const struct change_cell *cells,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, " %s=%s", cells[i].column, cells[i].text);
}

/* "+targets.csv:6 new| name_zh=.." a change a line. */
static void write_changes(const struct catalogue_changes *changes,
			  struct strbuf *out)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct catalogue_change *change = &changes->list[i];

		strbuf_addf(out, "%c%s:%u%s%s", "+-~"[change->kind],
			    change -> file, change -> row,
			    change -> target[0] ? " @" : "", change->target);
		add_cells(out, change->names, change->name_count);
		if (change->kind == CHANGE_CELL)
			strbuf_addf(out, " | %s: %s > %s", change->column,
				    change->before, change->after);
		if (change->cell_count)
			strbuf_add_text(out, " |");
		add_cells(out, change->cells, change->cell_count);
		if (change->goal[0])
			strbuf_addf(out, " | %s > %s", change->goal_before,
				    change->goal);
		strbuf_add_char(out, '\n');
	}
}

static void expect_changes(const struct text_file *before,
			   const struct text_file *after, const char *want)
{
	struct catalogue_changes changes;
	struct loaded old, new;
	struct strbuf out;

	load(&old, before);
	load(&new, after);
	strbuf_init(&out, 0);
	cr_assert(catalogue_changes(&old.side, &new.side, &changes, NULL) == 0);
	write_changes(&changes, &out);
	cr_expect_str_eq(out.text, want);
	strbuf_release(&out);
	catalogue_changes_release(&changes);
	catalogue_free(old.catalogue);
	catalogue_free(new.catalogue);
}

Test(catalogue_changes, the_same_in_other_words_is_no_change)
{
	const struct text_file before[] = {
		{ "roster.csv", "target,unit,quota,from\n"
				"jobs,baima,1200,2024-02-01\n"
				"jobs,longmen,2.50,\n" },
		{ "goals.csv", "target,goal,compare,value,from,approval\n"
			       "parks,main,>=,3,2024-07-01,paper\n" },
		{ "fields.csv", "target,field,type\n"
				"parks,area,decimal\nparks,owner,text\n" },
		{ NULL, NULL },
	};
	const struct text_file after[] = {
		/* other columns, other order, Excel's days and thousands */
		{ "roster.csv", "unit,note,from,target,quota\n"
				"longmen,,,jobs,2.5\n"
				"baima,,2024/2/1,jobs,\"1,200\"\n" },
		{ "goals.csv", "target,compare,value,tier,from,approval\n"
			       "parks,>=,3.0,floor,2024/7/1,paper\n" },
		{ "fields.csv", "target,field,type,required,factor\n"
				"parks,owner,text,no,\nparks,area,,,1.0\n" },
		{ "units.csv", "unit,name_zh,kind\n"
			       "stats,统计局,official\nlongmen,龙门镇,town\n"
			       "hrss,区人社局,department\n"
			       "baima,白马镇,town\n" },
		{ NULL, NULL },
	};

	expect_changes(before, after, "");
}

Test(catalogue_changes, rows_come_and_go_by_target)
{
	const struct text_file before[] = {
		{ "roster.csv", "target,unit,quota\n"
				"jobs,baima,100\njobs,longmen,50\n" },
		{ NULL, NULL },
	};
	const struct text_file after[] = {
		{ "settings.csv", "key,value\nend,2024-12-31\n"
				  "start,2024-01-01\nresend_days,5\n" },
		{ "units.csv", "unit,name_zh,name_en,kind\n"
			       "hrss,区人社局,,department\n"
			       "baima,白马街道,,street\n"
			       "longmen,龙门镇,,town\n"
			       "xinqu,新区,Xinqu,town\n"
			       "stats,统计局,,official\n" },
		{ "targets.csv",
		  "target,name_zh,kind,compare,goal,ladder,lead\n"
		  "new,新任务,flow,>=,5,,hrss\n"
		  "jobs,新增就业,flow,>=,\"6,000\",,hrss\n"
		  "road,道路,milestone,,completed,works,hrss\n"
		  "parks,公园,items,,2,works,hrss\n" },
		{ "roster.csv", "target,unit,quota,until\n"
				"jobs,xinqu,30,\n"
				"jobs,baima,120,2024-06-30\n"
				"new,baima,5,\n" },
		{ NULL, NULL },
	};

	expect_changes(
		before, after,
		"+settings.csv:4 key=resend_days | value=5\n"
		"~units.csv:3 unit=baima | name_zh: 白马镇 > 白马街道\n"
		"~units.csv:3 unit=baima | kind: town > street\n"
		"+units.csv:5 unit=xinqu | name_zh=新区 name_en=Xinqu "
		"kind=town\n"
		"+targets.csv:2 @new target=new | name_zh=新任务 kind=flow "
		"compare=>= goal=5 lead=hrss\n"
		"+roster.csv:4 @new target=new unit=baima | quota=5\n"
		"~targets.csv:3 @jobs target=jobs | goal: >=5800 > >=6000\n"
		"+roster.csv:2 @jobs target=jobs unit=xinqu | quota=30\n"
		"~roster.csv:3 @jobs target=jobs unit=baima | quota: 100 > "
		"120\n"
		"~roster.csv:3 @jobs target=jobs unit=baima | until:  > "
		"2024-06-30\n"
		"-roster.csv:0 @jobs target=jobs unit=longmen | quota=50\n"
		"-targets.csv:0 @firms target=firms | name_zh=企业评级 "
		"kind=grade goal=1 ladder=rating lead=hrss\n");
}

Test(catalogue_changes, a_revised_goal_names_what_it_takes_over_from)
{
	const struct text_file before[] = {
		{ "goals.csv", "target,goal,compare,value,from,approval\n"
			       "jobs,,>=,6000,2024-04-01,first\n" },
		{ NULL, NULL },
	};
	const struct text_file after[] = {
		{ "goals.csv",
		  "target,goal,tier,compare,value,width,ref,from,approval\n"
		  "jobs,,,>=,6000,,,2024-04-01,first\n"
		  "jobs,,,about,6100,50,,2024-07-01,second\n"
		  "jobs,hope,stretch,>=,7000,,,,\n"
		  "road,,,>=,under-way,,,2024-08-01,less\n"
		  "parks,,,none,,,,2024-09-01,withdrawn\n"
		  "firms,,,>=,,,series:peers,2024-05-01,peers\n" },
		{ "references.csv", "series,period,value\npeers,2024M01,3\n" },
		{ NULL, NULL },
	};

	expect_changes(
		before, after,
		"+goals.csv:3 @jobs target=jobs from=2024-07-01 | "
		"compare=about value=6100 width=50 approval=second | "
		">=6000 > ~6100±50\n"
		"+goals.csv:4 @jobs target=jobs goal=hope | tier=stretch "
		"compare=>= value=7000 |  > >=7000 stretch\n"
		"+goals.csv:5 @road target=road from=2024-08-01 | compare=>= "
		"value=under-way approval=less | >=completed > >=under-way\n"
		"+goals.csv:6 @parks target=parks from=2024-09-01 | "
		"compare=none approval=withdrawn | >=2 > none\n"
		"+goals.csv:7 @firms target=firms from=2024-05-01 | "
		"compare=>= ref=series:peers approval=peers | >=1 > "
		">=series:peers\n"
		"+references.csv:2 series=peers period=2024M01 | value=3\n");
}

Test(catalogue_changes, a_goal_is_told_as_a_whole)
{
	const struct text_file before[] = {
		{ "targets.csv",
		  "target,name_zh,kind,compare,goal,ladder,lead\n"
		  "jobs,x,flow,,5,,hrss\nroad,x,milestone,,completed,works,"
		  "hrss\n"
		  "parks,x,items,>,2,works,hrss\nfirms,x,guard,,,,hrss\n" },
		{ NULL, NULL },
	};
	const struct text_file after[] = {
		/* said aloud; stricter; moved to goals.csv; said aloud */
		{ "targets.csv",
		  "target,name_zh,kind,compare,goal,ladder,lead\n"
		  "jobs,x,flow,>=,5,,hrss\nroad,x,milestone,>=,under-way,works,"
		  "hrss\n"
		  "parks,x,items,,,works,hrss\nfirms,x,guard,eq,0,,hrss\n" },
		{ "goals.csv", "target,compare,value\nparks,>,2\n" },
		{ NULL, NULL },
	};

	expect_changes(before, after,
		       "~targets.csv:3 @road target=road | goal: >=completed > "
		       ">=under-way\n"
		       "~targets.csv:4 @parks target=parks | goal: >2 > \n"
		       "+goals.csv:2 @parks target=parks | compare=> value=2 | "
		       " > >2\n");
}

Test(catalogue_changes, rows_of_one_name_are_taken_in_turn)
{
	const struct text_file before[] = {
		{ "filters.csv", "target,field,op,value\n"
				 "parks,area,>=,5\nparks,area,>=,7\n"
				 "parks,owner,=,甲\n" },
		{ NULL, NULL },
	};
	const struct text_file after[] = {
		{ "filters.csv", "target,field,op,value\n"
				 "parks,area,>=,5\nparks,owner,=,甲\n"
				 "parks,area,>=,8\nparks,area,>=,9\n" },
		{ NULL, NULL },
	};

	expect_changes(before, after,
		       "~filters.csv:4 @parks target=parks field=area op=>= | "
		       "value: 7 > 8\n"
		       "+filters.csv:5 @parks target=parks field=area op=>= | "
		       "value=9\n");
}

Test(catalogue_changes, counts_rows_once_and_targets_once)
{
	const struct text_file before[] = {
		{ "roster.csv", "target,unit,quota\njobs,baima,100\n" },
		{ NULL, NULL },
	};
	const struct text_file after[] = {
		{ "units.csv", "unit,name_zh,kind\nhrss,人社局,department\n"
			       "baima,白马街道,street\nlongmen,龙门镇,town\n"
			       "stats,统计局,official\n" },
		{ "targets.csv",
		  "target,name_zh,kind,compare,goal,ladder,lead\n"
		  "jobs,就业,flow,>=,5800,,stats\n"
		  "road,道路,milestone,,completed,works,hrss\n"
		  "parks,公园,items,,2,works,hrss\n"
		  "more,另,flow,>=,1,,hrss\n" },
		{ "roster.csv",
		  "target,unit,quota,base\njobs,baima,120,3\nmore,baima,1,\n" },
		{ "goals.csv", "target,compare,value,from,approval\n"
			       "parks,>=,3,2024-07-01,paper\n" },
		{ "plans.csv", "target,stage,by\nroad,completed,2024-11-30\n" },
		{ NULL, NULL },
	};
	struct catalogue_changes changes;
	struct loaded old, new;

	load(&old, before);
	load(&new, after);
	cr_assert(catalogue_changes(&old.side, &new.side, &changes, NULL) == 0);
	cr_expect(changes.counts.targets_added == 1);	/* more */
	cr_expect(changes.counts.targets_removed == 1); /* firms */
	cr_expect(changes.counts.targets_changed == 3); /* jobs road parks */
	cr_expect(changes.counts.units == 2);		/* hrss baima */
	cr_expect(changes.counts.roster == 2);
	cr_expect(changes.counts.goals == 1);
	cr_expect(changes.counts.other == 2); /* a day that moved names rows */
	catalogue_changes_release(&changes);
	catalogue_free(old.catalogue);
	catalogue_free(new.catalogue);
}
