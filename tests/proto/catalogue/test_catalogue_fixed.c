/* Goals that have begun: what is told where a new catalogue breaks them. */
#include "catalogue_text.h"

#include "proto/catalogue/catalogue_fixed.h"

#define HEAD "target,goal,compare,value,from,approval\n"
#define TARGETS "target,name_zh,kind,goal,ladder,lead\n"

static const struct text_file before[] = {
	{ "targets.csv", TARGETS "jobs,x,flow,5800,,hrss\n"
				 "other,x,flow,1,,hrss\n"
				 "road,x,milestone,completed,works,hrss\n" },
	{ "goals.csv", HEAD "jobs,,>=,6000,2024-07-01,paper\n" },
	{ "items.csv", NULL },
	{ "fields.csv", NULL },
	{ NULL, NULL },
};

struct told {
	struct catalogue *before, *after;
	struct problems problems;
	size_t count;
};

static void check(struct told *told, const char *targets, const char *goals,
		  const char *today)
{
	const struct text_file changes[] = {
		{ "targets.csv", targets }, { "goals.csv", goals },
		{ "items.csv", NULL },	    { "fields.csv", NULL },
		{ "plans.csv", NULL },	    { NULL, NULL },
	};
	struct catalogue_file files[TEXT_FILES_MAX];
	struct catalogue_side side;

	told->before = load_small(before);
	told->after = load_small(changes);
	side = (struct catalogue_side){ files, small_with(changes, files),
					told->after };
	problems_init(&told->problems);
	told->count = 77;
	cr_assert(catalogue_check_fixed(told->before, &side, day_of(today),
					&told->problems, &told->count) == 0);
	cr_expect(told->problems.count == told->count &&
		  told->problems.errors == told->count);
}

static void release(struct told *told)
{
	problems_release(&told->problems);
	catalogue_free(told->before);
	catalogue_free(told->after);
}

static void expect_problem(const struct told *told, size_t i, const char *place,
			   const char *words)
{
	const struct problem *problem;
	char at[128];

	cr_assert(i < told->problems.count, "%s", place);
	problem = &told->problems.list[i];
	(void)snprintf(at, sizeof(at), "%s:%u:%s", problem->file, problem->row,
		       problem->column);
	cr_expect_str_eq(at, place);
	cr_expect(!strncmp(problem->text, "goal-fixed: ", 12));
	cr_expect(strstr(problem->text, words) != NULL, "%s", problem->text);
}

Test(catalogue_fixed, all_are_told_at_their_places)
{
	struct told told;

	check(&told,
	      TARGETS "#编号,名称,类型,目标,,牵头\n"
		      "jobs,x,flow,5900,,hrss\n"
		      "road,x,milestone,under-way,works,hrss\n",
	      HEAD "jobs,second,>=,1,,\n"
		   "jobs,main,>=,5500,2024/7/1,paper\n",
	      "2024-07-01");
	cr_expect(told.count == 4);
	expect_problem(&told, 0, "targets.csv:3:goal",
		       "'main' of 'jobs', >=5800, has been in force since "
		       "2024-01-01");
	expect_problem(&told, 1, "goals.csv:3:value",
		       "'main' of 'jobs', >=6000, has been in force since "
		       "2024-07-01");
	expect_problem(&told, 2, "targets.csv:0:target", "'other', >=1");
	expect_problem(&told, 3, "targets.csv:4:goal", "'road', >=completed");
	release(&told);
}

Test(catalogue_fixed, a_row_that_is_gone_is_told_at_its_target)
{
	struct told told;

	check(&told,
	      TARGETS "other,x,flow,1,,hrss\njobs,x,flow,5800,,hrss\n"
		      "road,x,milestone,completed,works,hrss\n",
	      NULL, "2024-07-01");
	cr_expect(told.count == 1);
	expect_problem(&told, 0, "targets.csv:3:goal", ">=6000");
	release(&told);
}

Test(catalogue_fixed, what_has_not_begun_may_change)
{
	struct told told;

	check(&told,
	      TARGETS "other,x,flow,1,,hrss\njobs,x,flow,5800,,hrss\n"
		      "road,x,milestone,completed,works,hrss\n",
	      HEAD "jobs,main,>=,9000,2024-07-01,other\n", "2024-06-30");
	cr_expect(told.count == 0);
	release(&told);
}
