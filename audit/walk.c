#include "audit/walk.h"

#include "audit/say.h"
static int take_change(const struct walk *walk, struct walked *walked,
		       struct err *err)
{
	struct table_reader reader = memory_tables_reader(walk->replay->tables);
	int rc;

	if (walked->verdict || !say_report(&walked->said))
		return 0;
	rc = figures_change(&reader, walked->entry->index, walked->n,
			    &walked->change, err);
	walked->has_change = rc == 0;
	return rc == ERR_NOTFOUND ? 0 : rc;
}

static int take_batch(void *arg, const struct journal_entry *entry,
		      const struct batch *batch, const uint16_t *verdicts,
		      struct err *err)
{
	struct walk *walk = arg;
	struct fold_office office = { 0 };
	int rc = walk->entry ? walk->entry(walk->arg, entry, err) : 0;

	if (rc || entry->leaf.kind != LEAF_BATCH)
		return rc;
	(void)fold_office(walk->replay->fold, &batch->header.key, &office);
	for (uint32_t n = 0; n < batch->header.count && !rc; n++) {
		struct walked walked = { .entry = entry,
					 .batch = batch,
					 .n = n,
					 .verdict = verdicts[n],
					 .office = office.unit };

		arena_reset(&walk->arena);
		rc = wire_decode_statement(batch->sealed[n].body, &walk->arena,
					   &walked.said, NULL);
		if (rc == ERR_NOMEM)
			return err_set(err, rc, "no memory");
		if (rc)
			walked.said = (struct statement){ 0 };
		rc = take_change(walk, &walked, err);
		if (!rc)
			rc = walk->visit(walk->arg, &walked, err);
	}
	return rc;
}

void walk_init(struct walk *walk)
{
	arena_init(&walk->arena, WIRE_ARENA_BYTES);
	walk->replay->watch = (struct replay_watch){ take_batch, walk };
}

void walk_release(struct walk *walk)
{
	arena_release(&walk->arena);
}

struct span walked_unit(const struct walked *walked)
{
	const struct report *report = say_report(&walked->said);

	if (walked->has_change)
		return walked->change.unit;
	return report && report->unit.len ? report->unit : walked->office;
}

static bool matches(const char *wanted, struct span text)
{
	return !wanted || span_equal(text, span_of_text(wanted));
}

bool walk_filter_takes(const struct walk_filter *filter,
		       const struct walked *walked)
{
	const struct report *report = say_report(&walked->said);
	struct period period;

	if (!matches(filter->unit, walked_unit(walked)))
		return false;
	if (filter->target &&
	    (!report || !matches(filter->target, report->target)))
		return false;
	if (!filter->has_period)
		return true;
	return report && !period_parse(report->period, &period, NULL) &&
	       !period_compare(period, filter->period);
}
