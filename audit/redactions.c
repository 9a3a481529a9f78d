#include "audit/redactions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/replay.h"
#include "store/lookup.h"

#define REDACTIONS_BYTES_MAX ((size_t)1 << 30)

static int blame(struct verification *v, const struct blotted *blotted,
		 struct err *err)
{
	int rc = err_set(err, ERR_CORRUPT,
			 "the %s of statement %" PRIu64
			 ".%u is blotted out, and nobody redacted it",
			 wire_text_name(blotted->text), blotted->entry,
			 blotted->n);

	v->index = blotted->entry;
	v->offset = blotted->offset;
	(void)snprintf(v->file, sizeof(v->file), "%s", blotted->file);
	(void)snprintf(v->what, sizeof(v->what), "%s", err->msg);
	return rc;
}

static int keep(struct redactions *redactions, struct span from,
		const char **out, struct err *err)
{
	*out = arena_text(&redactions->arena, (const char *)from.data,
			  from.len);
	return *out ? 0 : err_set(err, ERR_NOMEM, "no memory");
}

/* Why: the redacting statement's own reason. */
static int find_reason(struct redactions *redactions, const char *dir,
		       struct redacted *one, struct err *err)
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	struct statement statement;
	struct batch batch;
	struct arena arena;
	int rc = journal_read_open(dir, one->redaction.by_entry, &reader, err);

	arena_init(&arena, 2 * (size_t)WIRE_ARENA_BYTES);
	if (!rc && journal_read_next(reader, &entry, err) == 1)
		rc = lookup_batch(&entry, &arena, &batch, err);
	else if (!rc)
		rc = err_set(err, ERR_CORRUPT, "a redaction is not there");
	if (!rc && one->redaction.by_n < batch.header.count)
		rc = wire_decode_statement(
			batch.sealed[one->redaction.by_n].body, &arena,
			&statement, err);
	if (!rc)
		rc = keep(redactions,
			  wire_said_text(&batch.sealed[one->redaction.by_n],
					 &statement, "reason"),
			  &one->reason, err);
	arena_release(&arena);
	journal_read_close(reader);
	return rc;
}

static int find(struct redactions *redactions, struct replay *replay,
		struct verification *v, const struct blotted *blotted,
		struct err *err)
{
	struct table_reader reader = replay_reader(replay);
	struct redacted *one = &redactions->list[redactions->count];
	struct fold_office office;
	int rc = redaction_find(&reader, blotted->entry, blotted->n,
				blotted->text, &one->redaction, err);

	if (rc == ERR_NOTFOUND)
		return blame(v, blotted, err);
	if (rc)
		return rc;
	redactions->count++;
	one->unit = one->reason = "";
	return fold_office(replay->fold, &one->redaction.key, &office) ?
		       keep(redactions, office.unit, &one->unit, err) :
		       0;
}

int redactions_find(struct verification *v, const char *dir,
		    struct redactions *out, struct err *err)
{
	const struct replay_until all = { .size = UINT64_MAX };
	struct replay replay;
	int rc;

	*out = (struct redactions){ 0 };
	arena_init(&out->arena, REDACTIONS_BYTES_MAX);
	if (!v->blotted_count)
		return 0;
	out->list =
		arena_array(&out->arena, v->blotted_count, sizeof(*out->list));
	if (!out->list)
		return err_set(err, ERR_NOMEM, "no memory");
	rc = replay_init(&replay, true, err);
	if (rc)
		return rc;
	rc = replay_run(&replay, dir, all, err);
	out->zone_minutes = replay_zone(&replay);
	for (size_t i = 0; i < v->blotted_count && !rc; i++)
		rc = find(out, &replay, v, &v->blotted[i], err);
	for (size_t i = 0; i < out->count && !rc; i++)
		rc = find_reason(out, dir, &out->list[i], err);
	replay_release(&replay);
	return rc;
}

void redactions_release(struct redactions *redactions)
{
	arena_release(&redactions->arena);
}
