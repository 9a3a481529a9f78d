#include "proto/catalogue/catalogue_fixed.h"

#include "base/strbuf.h"
#include "proto/catalogue/catalogue_rows.h"

#define TEXT_BYTES_MAX 2048

struct checking {
	const struct catalogue *before;
	struct catalogue_rows rows; /* of the new files */
	struct problems *problems;
};

static struct problem row_of(const struct checking *checking,
			     enum file_index file, uint32_t row,
			     const char *column)
{
	const struct file_rows *rows = &checking->rows.files[file];

	return (struct problem){ .file = catalogue_file_names[file],
				 .row = row == INTERN_NONE ?
						0 :
						rows->csv.rows[row].number,
				 .column = column };
}

/* Row and column of the goal in goals.csv; else of its target. */
static struct problem place_of(const struct checking *checking,
			       const struct target *target,
			       const struct goal *goal)
{
	char from[DAY_TEXT_BYTES] = "";
	const char *const goal_names[] = { target->id, goal->id, from, NULL };
	const char *const target_names[] = { target->id, NULL };
	uint32_t row;

	if (goal->from != DAY_NONE)
		day_print(goal->from, from);
	row = catalogue_rows_find(&checking->rows, FILE_GOALS, goal_names);
	if (row != INTERN_NONE)
		return row_of(checking, FILE_GOALS, row, "value");
	row = catalogue_rows_find(&checking->rows, FILE_TARGETS, target_names);
	return row_of(checking, FILE_TARGETS, row,
		      row == INTERN_NONE ? "target" : "goal");
}

static int tell(struct checking *checking, struct goal_place at)
{
	const struct target *target = &checking->before->targets[at.target];
	const struct goal *goal = &target->goals[at.goal];
	struct problem problem = place_of(checking, target, goal);
	char begins[DAY_TEXT_BYTES];
	struct strbuf text;
	int rc;

	day_print(catalogue_goal_begins(target, goal), begins);
	strbuf_init(&text, TEXT_BYTES_MAX);
	strbuf_addf(&text, "goal-fixed: the goal '%s' of '%s', ", goal->id,
		    target->id);
	catalogue_goal_print(checking->before, target, goal, &text);
	strbuf_addf(&text,
		    ", has been in force since %s and may not be changed or "
		    "removed; leave it, and give the new one a row in "
		    "goals.csv with from and approval",
		    begins);
	problem.text = problems_text(checking->problems, strbuf_span(&text));
	rc = text.failed ? ERR_NOMEM :
			   problems_add(checking->problems, &problem, 1);
	strbuf_release(&text);
	return rc;
}

int catalogue_check_fixed(const struct catalogue *before,
			  const struct catalogue_side *after, int32_t today,
			  struct problems *problems, size_t *count)
{
	struct checking checking = { .before = before, .problems = problems };
	struct goal_place at = { 0 };
	size_t broken = 0;
	int rc = 0;

	if (!catalogue_goal_broken(before, after->catalogue, today, &at)) {
		*count = 0;
		return 0;
	}
	rc = catalogue_rows_read(after->files, after->file_count,
				 &checking.rows);
	for (;
	     !rc && catalogue_goal_broken(before, after->catalogue, today, &at);
	     at.goal++) {
		rc = tell(&checking, at);
		broken++;
	}
	catalogue_rows_release(&checking.rows);
	if (!rc)
		*count = broken;
	return rc;
}
