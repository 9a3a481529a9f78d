#include "store/lookup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "proto/verdict.h"

#define REFUSAL_KEY_BYTES 12

/* ---- batches ---- */

/* A batch some of whose texts are blotted out: the others must be there. Who
 * said so is for others to find out (audit/redactions.h). */
static int check_redacted(struct batch *batch, struct arena *arena,
			  struct err *err)
{
	int rc = wire_check_batch(batch, arena, true, err);

	for (uint32_t i = 0; i < batch->header.count && !rc; i++) {
		const struct sealed *sealed = &batch->sealed[i];
		struct statement statement;

		if (wire_decode_statement(sealed->body, arena, &statement,
					  NULL))
			continue;
		for (size_t t = 0; t < statement.text_count && !rc; t++)
			if (wire_text_state(sealed, &statement, t) ==
			    TEXT_MISSING)
				rc = err_set(err, ERR_DENIED,
					     "the %.*s of statement %u is "
					     "missing",
					     (int)statement.texts[t].name.len,
					     (const char *)statement.texts[t]
						     .name.data,
					     i);
	}
	return rc;
}

int lookup_batch(const struct journal_entry *entry, struct arena *arena,
		 struct batch *batch, struct err *err)
{
	arena_reset(arena);
	return lookup_check(entry, arena, batch, err);
}

int lookup_check(const struct journal_entry *entry, struct arena *arena,
		 struct batch *batch, struct err *err)
{
	struct batch out;
	int rc;

	memset(batch, 0, sizeof(*batch));
	if (entry->leaf.kind == LEAF_STATE)
		return entry->batch.len ?
			       err_set(err, ERR_CORRUPT,
				       "a state entry carries a batch") :
			       0;
	if (entry->leaf.kind == LEAF_REOPENED ||
	    entry->leaf.kind == LEAF_SUCCEEDED)
		return 0;
	if (entry->leaf.kind == LEAF_FORWARD)
		return err_set(err, ERR_INVALID,
			       "entries of other journals are not known to "
			       "this program");
	rc = wire_decode_batch(entry->batch, arena, &out, err);
	if (!rc)
		rc = wire_check_batch(&out, arena, false, err);
	if (rc == ERR_DENIED)
		rc = check_redacted(&out, arena, err);
	if (!rc)
		*batch = out;
	return rc;
}

/* ---- statements ---- */

static bool read_number(const char *text, uint64_t *out)
{
	char *end = NULL;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && !*end;
}

bool lookup_receipt(const char *text, uint64_t *index, uint32_t *n)
{
	const char *dot = strchr(text, '.');
	char first[24];
	uint64_t second;

	if (!dot || (size_t)(dot - text) >= sizeof(first))
		return false;
	(void)snprintf(first, sizeof(first), "%.*s", (int)(dot - text), text);
	if (!read_number(first, index) || !read_number(dot + 1, &second) ||
	    second >= WIRE_STATEMENTS_MAX)
		return false;
	*n = (uint32_t)second;
	return true;
}

int lookup_open(struct lookup *lookup, const char *journal,
		const char *tree_dir, struct err *err)
{
	*lookup = (struct lookup){ .tree_dir = tree_dir };
	arena_init(&lookup->arena, 2 * (size_t)WIRE_ARENA_BYTES);
	arena_init(&lookup->words, WIRE_ARENA_BYTES);
	return journal_read_open(journal, 0, &lookup->journal, err);
}

void lookup_close(struct lookup *lookup)
{
	if (lookup->journal)
		journal_read_close(lookup->journal);
	arena_release(&lookup->arena);
	arena_release(&lookup->words);
	*lookup = (struct lookup){ 0 };
}

static int read_entry(struct lookup *lookup, uint64_t index,
		      struct journal_entry *out, struct err *err)
{
	int rc = journal_read_seek(lookup->journal, index, err);

	if (!rc)
		rc = journal_read_next(lookup->journal, out, err);
	if (rc == 1 && out->index == index)
		return 0;
	if (rc == 0 || rc == 1 || rc == ERR_NOTFOUND)
		return err_set(err, ERR_NOTFOUND,
			       "the journal has no entry %" PRIu64, index);
	return rc;
}

/* What an entry that nobody's statements are in is. */
static const char *without_statements(enum leaf_kind kind)
{
	switch (kind) {
	case LEAF_STATE:
		return "a state entry";
	case LEAF_FORK:
		return "evidence of a fork";
	case LEAF_REOPENED:
		return "where the journal was opened again";
	case LEAF_SUCCEEDED:
		return "where the collector's keys went over to others";
	case LEAF_BATCH:
	case LEAF_FORWARD:
		break;
	}
	return "of a later version";
}

/* Reads, decodes and proves the batch of an entry, and keeps it. */
static int keep_batch(struct lookup *lookup, uint64_t index, struct err *err)
{
	struct looked_up found = { 0 }, *kept;
	int rc;

	lookup->kept = NULL;
	rc = read_entry(lookup, index, &found.entry, err);
	if (rc)
		return rc;
	if (found.entry.leaf.kind != LEAF_BATCH)
		return err_set(err, ERR_NOTFOUND,
			       "entry %" PRIu64 " is %s: it has no statements",
			       index,
			       without_statements(found.entry.leaf.kind));
	rc = lookup_batch(&found.entry, &lookup->arena, &found.batch, err);
	if (rc) {
		(void)err_context(err, "entry %" PRIu64, index);
		return rc == ERR_NOMEM ? rc : ERR_CORRUPT;
	}
	/* The reader goes on to other entries, this one stays. */
	found.entry.leaf_bytes.data = arena_copy(&lookup->arena,
						 found.entry.leaf_bytes.data,
						 found.entry.leaf_bytes.len);
	kept = arena_alloc(&lookup->arena, sizeof(*kept));
	if (!found.entry.leaf_bytes.data || !kept)
		return err_set(err, ERR_NOMEM, "no memory");
	found.entry.batch = span_of(NULL, 0);
	rc = leaf_decode(found.entry.leaf_bytes, &found.entry.leaf, err);
	*kept = found;
	lookup->kept = rc ? NULL : kept;
	return rc;
}

int lookup_statement(struct lookup *lookup, uint64_t index, uint32_t n,
		     struct looked_up *out, struct err *err)
{
	struct looked_up found;
	int rc = lookup->kept && lookup->kept->entry.index == index ?
			 0 :
			 keep_batch(lookup, index, err);

	if (rc)
		return rc;
	found = *lookup->kept;
	if (n >= found.batch.header.count)
		return err_set(err, ERR_NOTFOUND,
			       "entry %" PRIu64
			       " has %u statements, numbered from 0",
			       index, found.batch.header.count);
	arena_reset(&lookup->words);
	rc = wire_decode_statement(found.batch.sealed[n].body, &lookup->words,
				   &found.said, err);
	if (rc == ERR_NOMEM)
		return rc;
	*out = found;
	return 0;
}

/* ---- verdicts ---- */

int lookup_verdict(const struct table_reader *tables, uint64_t index,
		   uint32_t n, uint16_t *out, struct err *err)
{
	uint8_t key[REFUSAL_KEY_BYTES];
	struct span value;
	int rc;

	store_u64(key, index);
	store_u32(key + 8, n);
	*out = VERDICT_ADMITTED;
	rc = tables->get(tables->ctx, TABLE_REFUSAL, span_of(key, sizeof(key)),
			 &value, err);
	if (rc == ERR_NOTFOUND)
		return 0;
	if (!rc && value.len != 2)
		rc = err_set(err, ERR_CORRUPT,
			     "the store's verdict of %" PRIu64 ".%u is damaged",
			     index, n);
	if (!rc)
		*out = (uint16_t)(value.data[0] << 8 | value.data[1]);
	return rc;
}
