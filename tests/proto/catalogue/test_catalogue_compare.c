/* Goals whose time has come stay as they were handed down. */
#include "catalogue_text.h"

#define HEAD "target,goal,tier,compare,value,from,approval,note\n"

static struct catalogue *with_goals(const char *targets, const char *goals)
{
	const struct text_file changes[] = {
		{ "targets.csv", targets }, { "goals.csv", goals },
		{ "items.csv", NULL },	    { "fields.csv", NULL },
		{ "plans.csv", NULL },	    { NULL, NULL },
	};

	return load_small(changes);
}

#define TARGETS                                  \
	"target,name_zh,kind,goal,lead,ladder\n" \
	"other,x,flow,1,hrss,\n"                 \
	"jobs,x,flow,5800,hrss,\n"

#define LATER "jobs,main,,>=,6000,2024-07-01,paper,\n"

Test(catalogue_compare, a_goal_that_has_begun_is_not_changed)
{
	static const struct {
		const char *targets, *goals, *today;
		long changed;
	} rows[] = {
		/* the same again, a note more, a revision more */
		{ TARGETS, HEAD LATER, "2024-08-01", -1 },
		{ TARGETS, HEAD "jobs,main,,>=,6000.0,2024-07-01,paper,why\n",
		  "2024-08-01", -1 },
		{ TARGETS, HEAD LATER "jobs,main,,>=,6100,2024-10-01,more,\n",
		  "2024-08-01", -1 },
		/* another target besides, and another order */
		{ "target,name_zh,kind,goal,lead\njobs,x,flow,5800,hrss\n"
		  "new,x,flow,1,hrss\nother,x,flow,1,hrss\n",
		  HEAD LATER, "2024-08-01", -1 },
		/* the goal of the year */
		{ "target,name_zh,kind,goal,lead\nother,x,flow,1,hrss\n"
		  "jobs,x,flow,5700,hrss\n",
		  HEAD LATER, "2024-01-01", 0 },
		{ "target,name_zh,kind,compare,goal,lead\n"
		  "other,x,flow,>=,1,hrss\njobs,x,flow,>,5800,hrss\n",
		  HEAD LATER, "2024-01-01", 0 },
		{ "target,name_zh,kind,goal,lead\nother,x,flow,1,hrss\n", HEAD,
		  "2024-01-01", 0 },
		/* before the window all may change */
		{ "target,name_zh,kind,goal,lead\nother,x,flow,1,hrss\n"
		  "jobs,x,flow,5700,hrss\n",
		  HEAD LATER, "2023-12-31", -1 },
		/* the revision: free until its day, then fixed */
		{ TARGETS, HEAD, "2024-06-30", -1 },
		{ TARGETS, HEAD, "2024-07-01", 1 },
		{ TARGETS, HEAD "jobs,main,,>=,5900,2024-07-01,paper,\n",
		  "2024-07-01", 1 },
		{ TARGETS, HEAD "jobs,main,,>=,6000,2024-07-01,another,\n",
		  "2024-07-01", 1 },
		{ TARGETS, HEAD "jobs,main,,>=,6000,2024-07-02,paper,\n",
		  "2024-07-01", 1 },
		{ TARGETS, HEAD "jobs,main,stretch,>=,6000,2024-07-01,paper,\n",
		  "2024-07-01", 1 },
	};
	struct catalogue *before = with_goals(TARGETS, HEAD LATER);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalogue *after =
			with_goals(rows[i].targets, rows[i].goals);
		uint32_t target = 77;
		long changed = catalogue_goal_changed(
			before, after, day_of(rows[i].today), &target);

		cr_expect(changed == rows[i].changed, "row %zu: %ld", i,
			  changed);
		cr_expect(target == (changed < 0 ? 77u : 1u), "row %zu", i);
		catalogue_free(after);
	}
	catalogue_free(before);
}

/* What goals refer to is compared by name: numbers move. */
Test(catalogue_compare, steps_and_references_are_compared_by_name)
{
	static const char head[] = "target,goal,compare,value,ref\n";
	static const char targets[] =
		"target,name_zh,kind,lead,ladder\n"
		"a,x,flow,hrss,\nroad,x,milestone,hrss,works\n";
	static const char moved[] =
		"target,name_zh,kind,lead,ladder\n"
		"road,x,milestone,hrss,works\na,x,flow,hrss,\n";
	static const struct {
		const char *targets, *goals;
		long changed;
	} rows[] = {
		{ moved,
		  "target,goal,compare,value,ref\nroad,,>=,completed,\n"
		  "a,z,>=,,series:other\na,,>=,,series:city\n"
		  "a,t,>=,,target:road\n",
		  -1 },
		{ targets,
		  "target,goal,compare,value,ref\nroad,,>=,completed,\n"
		  "a,,>=,,series:other\na,t,>=,,target:road\n",
		  0 },
		{ targets,
		  "target,goal,compare,value,ref\nroad,,>=,under-way,\n"
		  "a,,>=,,series:city\na,t,>=,,target:road\n",
		  0 },
	};
	char text[400];
	struct catalogue *before;

	(void)snprintf(text, sizeof(text),
		       "%sa,,>=,,series:city\na,t,>=,,target:road\n"
		       "road,,>=,completed,\n",
		       head);
	before = with_goals(targets, text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalogue *after =
			with_goals(rows[i].targets, rows[i].goals);
		uint32_t target = 77;

		cr_expect(catalogue_goal_changed(before, after,
						 day_of("2024-06-01"),
						 &target) == rows[i].changed,
			  "row %zu", i);
		catalogue_free(after);
	}
	catalogue_free(before);
}
