#include "audit/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/ahead.h"
#include "audit/progress.h"
#include "proto/wire.h"
#include "store/lookup.h"

void verification_init(struct verification *verification)
{
	*verification = (struct verification){ 0 };
	frontier_init(&verification->frontier);
	strbuf_init(&verification->successions, 0);
	chains_init(&verification->chains);
	arena_init(&verification->arena, WIRE_ARENA_BYTES);
}

void verification_release(struct verification *verification)
{
	chains_release(&verification->chains);
	arena_release(&verification->arena);
	free(verification->roots);
	free(verification->blotted);
	reopenings_release(&verification->reopenings);
	strbuf_release(&verification->successions);
	verification->roots = NULL;
	verification->blotted = NULL;
}

static int keep_root(struct verification *v, struct err *err)
{
	size_t at = v->frontier.size;

	if (at >= v->roots_size) {
		size_t size = v->roots_size ? 2 * v->roots_size : 1024;
		struct hash *roots = realloc(v->roots, size * sizeof(*roots));

		if (!roots)
			return err_set(err, ERR_NOMEM, "no memory");
		v->roots = roots;
		v->roots_size = size;
	}
	v->roots[at] = frontier_root(&v->frontier);
	return 0;
}

/* ---- one entry ---- */

static int check_leaf_holds(const struct leaf *leaf, size_t i,
			    const struct batch *batch, struct err *err)
{
	if (!span_equal(leaf->headers[i], batch->header_bytes) ||
	    memcmp(&leaf->signatures[i], &batch->signature,
		   sizeof(batch->signature)) != 0)
		return err_set(err, ERR_CORRUPT,
			       "the leaf is not that of its batch");
	return 0;
}

/* Entry 0 founds the journal: its name is the journal's id. */
static int check_journal_id(const struct verification *v,
			    const struct batch *batch, struct err *err)
{
	static const struct hash zero;
	const struct hash *id = v->entries ? &v->journal : &zero;

	if (!hash_equal(&batch->header.journal, id))
		return err_set(err, ERR_CORRUPT,
			       "the batch was sealed for another journal");
	if (!v->entries && !hash_equal(&batch->name, &v->journal))
		return err_set(err, ERR_CORRUPT,
			       "the first batch is not the one that the "
			       "journal is named after");
	return 0;
}

static int check_founding(struct verification *v, const struct batch *batch,
			  struct err *err)
{
	struct statement said;

	if (v->entries)
		return 0;
	if (batch->header.count != 1 ||
	    wire_decode_statement(batch->sealed[0].body, &v->arena, &said,
				  NULL) ||
	    said.kind != SAID_FOUND)
		return err_set(err, ERR_CORRUPT,
			       "the first batch is not a founding batch");
	v->zone_minutes = said.said.found.zone_minutes;
	return 0;
}

/* Every office is a witness of the roots it was shown. */
static int check_seen(struct verification *v, const struct batch *batch,
		      struct err *err)
{
	const struct seal_header *header = &batch->header;
	bool lost = false;
	int rc;

	if (header->seen_size == 0)
		return 0;
	if (header->seen_size <= v->entries &&
	    hash_equal(&v->roots[header->seen_size], &header->seen_root)) {
		v->seen++;
		return 0;
	}
	rc = reopenings_explain(&v->reopenings, header->seen_size,
				&header->seen_root, &lost, err);
	if (rc)
		return rc;
	if (lost) {
		v->unknown++;
		return 0;
	}
	if (header->seen_size > v->entries)
		return err_set(err, ERR_CORRUPT,
			       "the office was shown %" PRIu64
			       " entries before there were so many",
			       header->seen_size);
	return err_set(err, ERR_CORRUPT,
		       "the office was shown another journal: its root at "
		       "size %" PRIu64 " is not this one's",
		       header->seen_size);
}

static int check_batch(struct verification *v, const struct leaf *leaf,
		       const struct batch *batch, struct err *err)
{
	int rc = check_leaf_holds(leaf, 0, batch, err);

	if (!rc)
		rc = check_journal_id(v, batch, err);
	if (!rc)
		rc = check_founding(v, batch, err);
	if (!rc)
		rc = chains_add(&v->chains, &batch->header, &batch->name, err);
	if (!rc)
		rc = check_seen(v, batch, err);
	if (rc)
		return rc;
	v->batches++;
	v->statements += batch->header.count;
	return 0;
}

/* Evidence: the last batch of the key's chain, which leads back to the one
 * that has the number, and another of that number, both signed by the key. */
static int check_fork(struct verification *v, const struct leaf *leaf,
		      const struct batch *batch, struct err *err)
{
	const struct hash *key = &batch->header.key;
	struct hash shown = seal_name(leaf->headers[0], &leaf->signatures[0]);
	const struct hash *head = chains_head(&v->chains, key);
	const struct hash *name =
		chains_name(&v->chains, key, batch->header.sequence);
	int rc = check_leaf_holds(leaf, 1, batch, err);

	if (rc)
		return rc;
	if (!name || !hash_equal(head, &shown))
		return err_set(err, ERR_CORRUPT,
			       "the evidence of a fork names a batch that the "
			       "journal does not hold");
	if (hash_equal(name, &batch->name))
		return err_set(err, ERR_CORRUPT,
			       "the evidence of a fork shows one batch twice");
	v->forks++;
	return 0;
}

static int check_state(const struct verification *v, const struct leaf *leaf,
		       struct err *err)
{
	if (leaf->applied > v->entries)
		return err_set(err, ERR_CORRUPT,
			       "a state of %" PRIu64
			       " entries stands after %" PRIu64,
			       leaf->applied, v->entries);
	if (leaf->recv_us != v->recv_us)
		return err_set(err, ERR_CORRUPT,
			       "a state entry has a time of its own");
	return 0;
}

static int add_blotted(struct verification *v,
		       const struct journal_entry *entry, uint32_t n,
		       struct span name, struct err *err)
{
	struct blotted *out;

	if (v->blotted_count == v->blotted_size) {
		size_t size = v->blotted_size ? 2 * v->blotted_size : 16;

		out = realloc(v->blotted, size * sizeof(*out));
		if (!out)
			return err_set(err, ERR_NOMEM, "no memory");
		v->blotted = out;
		v->blotted_size = size;
	}
	out = &v->blotted[v->blotted_count++];
	*out = (struct blotted){ .entry = entry->index,
				 .n = n,
				 .text = wire_text_number(name),
				 .offset = entry->offset };
	(void)snprintf(out->file, sizeof(out->file), "%s", entry->file);
	return 0;
}

/* Salts are random: one of zeros is the mark of a text that was blotted out,
 * unless its hash says that its author chose it. */
static bool looks_blotted(const struct sealed *sealed)
{
	static const uint8_t zeros[SALT_BYTES];

	for (size_t i = 0; i < sealed->text_count; i++)
		if (!memcmp(sealed->texts[i].salt, zeros, SALT_BYTES))
			return true;
	return false;
}

static int note_blotted(struct verification *v,
			const struct journal_entry *entry,
			const struct batch *batch, struct err *err)
{
	int rc = 0;

	for (uint32_t n = 0; n < batch->header.count && !rc; n++) {
		const struct sealed *sealed = &batch->sealed[n];
		struct statement said;

		if (!looks_blotted(sealed) ||
		    wire_decode_statement(sealed->body, &v->arena, &said, NULL))
			continue;
		for (size_t i = 0; i < said.text_count && !rc; i++)
			if (wire_text_state(sealed, &said, i) == TEXT_BLOTTED)
				rc = add_blotted(v, entry, n,
						 said.texts[i].name, err);
	}
	return rc;
}

/* The break names what stands before it. Who signed it is replay's part. */
static int check_reopening(struct verification *v,
			   const struct journal_entry *entry, struct err *err)
{
	const struct leaf *leaf = &entry->leaf;
	struct reopening said;
	int rc = leaf_reopening(leaf, entry->batch, &said, err);

	if (rc)
		return rc;
	if (!hash_equal(&said.journal, &v->journal) ||
	    said.kept != v->entries || leaf->recv_us != v->recv_us ||
	    !hash_equal(&said.kept_root, &v->roots[v->entries]))
		return err_set(err, ERR_CORRUPT,
			       "a reopening names other entries than those "
			       "before it");
	return reopenings_add(&v->reopenings, entry->batch, err);
}

/* The collector's keys went over to others, both signed that; whether they are
 * the collector's is replay's part. */
static int check_succession(struct verification *v,
			    const struct journal_entry *entry, struct err *err)
{
	const struct leaf *leaf = &entry->leaf;
	struct succession said;
	bool here;
	int rc = leaf_succession(leaf, entry->batch, &said, err);

	if (rc)
		return rc;
	here = said.size == v->entries && said.after_us == v->recv_us &&
	       hash_equal(&said.root, &v->roots[v->entries]);
	if (!hash_equal(&said.journal, &v->journal) || !v->entries ||
	    leaf->recv_us != v->recv_us ||
	    (!here && (!v->broken || said.size < v->entries)))
		return err_set(err, ERR_CORRUPT,
			       "a succession of the collector's keys names "
			       "other entries than those before it");
	strbuf_add(&v->successions, entry->batch.data, entry->batch.len);
	return v->successions.failed ? err_set(err, ERR_NOMEM, "no memory") : 0;
}

static int check_entry(struct verification *v, const struct ahead_entry *one,
		       struct err *err)
{
	const struct journal_entry *entry = &one->entry;
	const struct leaf *leaf = &entry->leaf;
	const struct batch *batch = &one->batch;
	int rc;

	if (leaf->recv_us < v->recv_us)
		return err_set(err, ERR_CORRUPT,
			       "received before the entry before it");
	if (!v->entries && leaf->kind != LEAF_BATCH)
		return err_set(err, ERR_CORRUPT,
			       "the first entry is not a founding batch");
	rc = ahead_batch(one, err);
	if (rc)
		return rc;
	arena_reset(&v->arena);
	switch (leaf->kind) {
	case LEAF_BATCH:
		rc = check_batch(v, leaf, batch, err);
		break;
	case LEAF_FORK:
		rc = check_fork(v, leaf, batch, err);
		break;
	case LEAF_STATE:
		rc = check_state(v, leaf, err);
		break;
	case LEAF_REOPENED:
		rc = check_reopening(v, entry, err);
		break;
	case LEAF_SUCCEEDED:
		rc = check_succession(v, entry, err);
		break;
	case LEAF_FORWARD:
		break;
	}
	if (!rc)
		rc = note_blotted(v, entry, batch, err);
	if (rc)
		return rc;
	v->broken = leaf->kind == LEAF_REOPENED ||
		    (v->broken && leaf->kind == LEAF_SUCCEEDED);
	v->recv_us = leaf->recv_us;
	frontier_add(&v->frontier, &one->leaf);
	v->entries++;
	return keep_root(v, err);
}

/* ---- the journal ---- */

static void blame(struct verification *v, const struct journal_entry *entry,
		  const struct err *err)
{
	v->index = v->entries;
	if (entry) {
		(void)snprintf(v->file, sizeof(v->file), "%s", entry->file);
		v->offset = entry->offset;
	}
	(void)snprintf(v->what, sizeof(v->what), "%s", err->msg);
}

/* Errors that are not the journal's. */
static bool is_ours(int rc)
{
	return rc == ERR_NOMEM || rc == ERR_IO || rc == ERR_FULL;
}

/* What a segment's header says of all before it. */
static int check_segment(const struct verification *v,
			 const struct ahead_entry *one, struct err *err)
{
	if (one->entry.index != v->entries)
		return err_set(err, ERR_CORRUPT,
			       "an entry of this number does not follow");
	if (one->segment == v->entries &&
	    !hash_equal(&one->before, &v->roots[v->entries]))
		return err_set(err, ERR_CORRUPT,
			       "the segment follows other entries than these");
	return 0;
}

static int read_all(struct verification *v, struct ahead *ahead,
		    struct progress *progress, struct err *err)
{
	struct ahead_entry *one;
	int rc;

	while ((rc = ahead_next(ahead, &one, err)) == 1) {
		rc = check_segment(v, one, err);
		if (!rc)
			rc = check_entry(v, one, err);
		if (rc && !is_ours(rc)) {
			blame(v, &one->entry, err);
			rc = ERR_CORRUPT;
		}
		if (rc)
			return rc;
		progress_entry(progress, &one->entry);
	}
	if (rc == ERR_CORRUPT || rc == ERR_INVALID)
		blame(v, NULL, err);
	return rc;
}

int verification_run(struct verification *v, const char *dir, bool torn_tail,
		     struct err *err)
{
	struct ahead *ahead = NULL;
	struct progress progress;
	int rc = ahead_open(dir, false, &ahead, err);

	if (rc == ERR_CORRUPT || rc == ERR_INVALID)
		blame(v, NULL, err);
	if (rc)
		return rc;
	v->journal = *ahead_id(ahead);
	progress_start(&progress, dir);
	rc = keep_root(v, err);
	if (!rc)
		rc = read_all(v, ahead, &progress, err);
	progress_end(&progress);
	v->root = frontier_root(&v->frontier);
	if (rc)
		goto out;
	v->torn_bytes = ahead_torn_bytes(ahead);
	if (!v->entries) {
		rc = err_set(err, ERR_CORRUPT,
			     "the journal has no entries, not even a founding "
			     "batch");
		blame(v, NULL, err);
		goto out;
	}
	if (v->torn_bytes && !torn_tail) {
		rc = err_set(err, ERR_CORRUPT,
			     "%" PRIu64
			     " bytes follow the last commit frame (a crash "
			     "leaves them, --torn-tail lets them be)",
			     v->torn_bytes);
		blame(v, NULL, err);
	}
out:
	ahead_close(ahead);
	return rc;
}
