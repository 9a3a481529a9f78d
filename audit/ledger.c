#include "audit/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/progress.h"
#include "audit/source.h"
#include "base/bytes.h"
#include "proto/merkle.h"
#include "store/tree.h"

#define REFUSAL_KEY_BYTES 12
#define LEAVES_FIRST 1024

/* ---- single entries ---- */

static int read_zone(struct ledger *ledger, struct err *err)
{
	struct ledger_statement first;
	int rc = ledger_statement(ledger, 0, 0, &first, err);

	if (rc == ERR_NOTFOUND || (!rc && first.said.kind != SAID_FOUND))
		return err_set(err, ERR_CORRUPT,
			       "%s: the journal does not begin with a founding "
			       "batch",
			       ledger->journal);
	if (!rc)
		ledger->zone_minutes = first.said.said.found.zone_minutes;
	return rc;
}

int ledger_open(struct ledger *ledger, const char *dir, struct err *err)
{
	int rc;

	*ledger = (struct ledger){ 0 };
	arena_init(&ledger->arena, 2 * (size_t)WIRE_ARENA_BYTES);
	(void)snprintf(ledger->dir, sizeof(ledger->dir), "%s", dir);
	rc = source_journal(dir, ledger->journal, err);
	if (!rc)
		rc = journal_read_open(ledger->journal, 0, &ledger->reader,
				       err);
	return rc ? rc : read_zone(ledger, err);
}

int ledger_close(struct ledger *ledger, int rc, struct err *err)
{
	if (ledger->txn)
		rc = db_finish(ledger->txn, rc, err);
	if (ledger->db)
		db_close(ledger->db);
	if (ledger->has_replay)
		replay_release(&ledger->replay);
	if (ledger->reader)
		journal_read_close(ledger->reader);
	arena_release(&ledger->arena);
	return rc;
}

bool ledger_receipt(const char *text, uint64_t *index, uint32_t *n)
{
	const char *dot = strchr(text, '.');
	char first[24];
	uint64_t second;

	if (!dot || (size_t)(dot - text) >= sizeof(first))
		return false;
	(void)snprintf(first, sizeof(first), "%.*s", (int)(dot - text), text);
	if (!source_size(first, index) || !source_size(dot + 1, &second) ||
	    second >= WIRE_STATEMENTS_MAX)
		return false;
	*n = (uint32_t)second;
	return true;
}

static int read_entry(struct ledger *ledger, uint64_t index,
		      struct journal_entry *out, struct err *err)
{
	int rc = journal_read_seek(ledger->reader, index, err);

	if (!rc)
		rc = journal_read_next(ledger->reader, out, err);
	if (rc == 1 && out->index == index)
		return 0;
	if (rc == 0 || rc == 1 || rc == ERR_NOTFOUND)
		return err_set(err, ERR_NOTFOUND,
			       "the journal has no entry %" PRIu64, index);
	return rc;
}

int ledger_statement(struct ledger *ledger, uint64_t index, uint32_t n,
		     struct ledger_statement *out, struct err *err)
{
	struct ledger_statement found = { 0 };
	int rc = read_entry(ledger, index, &found.entry, err);

	if (rc)
		return rc;
	if (found.entry.leaf.kind != LEAF_BATCH)
		return err_set(err, ERR_NOTFOUND,
			       "entry %" PRIu64 " is %s: it has no statements",
			       index,
			       found.entry.leaf.kind == LEAF_STATE ?
				       "a state entry" :
				       "evidence of a fork");
	rc = source_batch(&found.entry, &ledger->arena, &found.batch, err);
	if (rc) {
		(void)err_context(err, "entry %" PRIu64, index);
		return rc == ERR_NOMEM ? rc : ERR_CORRUPT;
	}
	if (n >= found.batch.header.count)
		return err_set(err, ERR_NOTFOUND,
			       "entry %" PRIu64
			       " has %u statements, numbered from 0",
			       index, found.batch.header.count);
	rc = wire_decode_statement(found.batch.sealed[n].body, &ledger->arena,
				   &found.said, err);
	if (rc == ERR_NOMEM)
		return rc;
	/* The reader goes on to other entries, this one stays. */
	found.entry.leaf_bytes.data = arena_copy(&ledger->arena,
						 found.entry.leaf_bytes.data,
						 found.entry.leaf_bytes.len);
	if (!found.entry.leaf_bytes.data)
		return err_set(err, ERR_NOMEM, "no memory");
	found.entry.batch = span_of(NULL, 0);
	*out = found;
	return leaf_decode(out->entry.leaf_bytes, &out->entry.leaf, err);
}

/* ---- tables ---- */

static int store_applied(const struct table_reader *tables, uint64_t *out,
			 struct err *err)
{
	struct span value;
	int rc = tables->get(tables->ctx, TABLE_META, span_of_text("applied"),
			     &value, err);

	if (!rc && value.len != sizeof(*out))
		rc = err_set(err, ERR_CORRUPT,
			     "the store's applied size is damaged");
	if (!rc)
		*out = load_u64(value.data);
	return rc;
}

/* 0 with *enough false where there is no store, or one that lags behind. */
static int try_store(struct ledger *ledger, uint64_t size, bool *enough,
		     struct err *err)
{
	char path[PATH_MAX];
	uint64_t applied = 0;
	int rc;

	*enough = false;
	source_store(ledger->dir, path);
	if (!strcmp(path, ledger->dir))
		return 0;
	rc = store_open(path, true, &ledger->db, err);
	if (!rc)
		rc = db_begin(ledger->db, false, &ledger->txn, err);
	if (rc == ERR_NOTFOUND)
		return 0;
	if (rc)
		return rc;
	ledger->tables = store_reader(ledger->txn);
	rc = store_applied(&ledger->tables, &applied, err);
	*enough = !rc && applied >= size;
	return rc == ERR_NOTFOUND ? 0 : rc;
}

int ledger_tables(struct ledger *ledger, uint64_t size, struct err *err)
{
	const struct replay_until all = { .size = UINT64_MAX };
	int rc = try_store(ledger, size, &ledger->from_store, err);

	if (rc || ledger->from_store)
		return rc;
	rc = replay_init(&ledger->replay, err);
	if (rc)
		return rc;
	ledger->has_replay = true;
	rc = replay_run(&ledger->replay, ledger->journal, all, err);
	if (!rc && ledger->replay.entries < size)
		rc = err_set(err, ERR_NOTFOUND,
			     "the journal has %" PRIu64 " entries",
			     ledger->replay.entries);
	ledger->tables = memory_tables_reader(ledger->replay.tables);
	return rc;
}

int ledger_verdict(const struct ledger *ledger, uint64_t index, uint32_t n,
		   uint16_t *out, struct err *err)
{
	return ledger_verdict_in(&ledger->tables, index, n, out, err);
}

int ledger_verdict_in(const struct table_reader *tables, uint64_t index,
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

/* ---- proofs ---- */

struct leaves {
	struct hash *hashes;
	size_t count, size;
};

static int node_of_leaves(void *ctx, unsigned level, uint64_t index,
			  struct hash *out, struct err *err)
{
	const struct leaves *leaves = ctx;
	uint64_t first = index << level, count = 1ull << level;

	if (first + count > leaves->count)
		return err_set(err, ERR_NOTFOUND, "no such node");
	*out = merkle_root(leaves->hashes + first, count);
	return 0;
}

int ledger_in_batch(const struct batch *batch, uint32_t n, struct proof *out,
		    struct err *err)
{
	struct leaves leaves = { .hashes = batch->leaves,
				 .count = batch->header.count };
	struct proof_nodes nodes = { node_of_leaves, &leaves };

	return proof_inclusion(&nodes, n, batch->header.count, out, err);
}

static int add_leaf(struct leaves *leaves, struct span bytes, struct err *err)
{
	if (leaves->count == leaves->size) {
		size_t size = leaves->size ? 2 * leaves->size : LEAVES_FIRST;
		struct hash *hashes =
			realloc(leaves->hashes, size * sizeof(*hashes));

		if (!hashes)
			return err_set(err, ERR_NOMEM, "no memory");
		leaves->hashes = hashes;
		leaves->size = size;
	}
	leaves->hashes[leaves->count++] = hash_leaf(bytes, span_of(NULL, 0));
	return 0;
}

/* Without the tree's file: slow, but from the journal alone. */
static int inclusion_by_journal(struct ledger *ledger, uint64_t index,
				uint64_t size, struct proof *out,
				struct err *err)
{
	struct leaves leaves = { 0 };
	struct proof_nodes nodes = { node_of_leaves, &leaves };
	struct journal_entry entry;
	struct progress progress;
	int rc = journal_read_seek(ledger->reader, 0, err);

	progress_start(&progress, ledger->journal);
	while (!rc && leaves.count < size) {
		rc = journal_read_next(ledger->reader, &entry, err);
		if (rc == 0)
			rc = err_set(err, ERR_CORRUPT,
				     "the journal has %zu entries, and the "
				     "checkpoint says %" PRIu64,
				     leaves.count, size);
		if (rc == 1)
			rc = add_leaf(&leaves, entry.leaf_bytes, err);
		if (!rc)
			progress_entry(&progress, &entry);
	}
	progress_end(&progress);
	if (!rc)
		rc = proof_inclusion(&nodes, index, size, out, err);
	free(leaves.hashes);
	return rc;
}

static int inclusion_by_tree(const struct ledger *ledger, uint64_t index,
			     uint64_t size, struct proof *out, struct err *err)
{
	struct tree_reader *tree = NULL;
	struct proof_nodes nodes;
	char path[PATH_MAX];
	uint64_t leaves = 0;
	int rc, len = snprintf(path, sizeof(path), "%s/%s", ledger->dir,
			       TREE_FILE);

	if (len < 0 || len >= (int)sizeof(path) || access(path, R_OK))
		return err_set(err, ERR_NOTFOUND, "no tree");
	rc = tree_read_open(path, NULL, &tree, err);
	if (rc)
		return rc;
	rc = tree_read_size(tree, &leaves, err);
	if (!rc && leaves < size)
		rc = err_set(err, ERR_NOTFOUND, "the tree is behind");
	nodes = tree_read_nodes(tree);
	if (!rc)
		rc = proof_inclusion(&nodes, index, size, out, err);
	tree_read_close(tree);
	return rc;
}

int ledger_inclusion(struct ledger *ledger, uint64_t index, uint64_t size,
		     const struct hash *leaf, const struct hash *root,
		     struct proof *out, struct err *err)
{
	struct hash copy = *leaf; /* the entry it comes from may go */
	int rc;

	if (index >= size)
		return err_set(err, ERR_NOTFOUND,
			       "no checkpoint covers entry %" PRIu64
			       " yet: the last one has %" PRIu64 " entries",
			       index, size);
	rc = inclusion_by_tree(ledger, index, size, out, NULL);
	if (!rc && proof_check_inclusion(out, index, &copy, size, root))
		return 0;
	/* The tree is derived: what it lacks, the journal says. */
	rc = inclusion_by_journal(ledger, index, size, out, err);
	if (!rc && !proof_check_inclusion(out, index, &copy, size, root))
		rc = err_set(err, ERR_CORRUPT,
			     "the journal is not the one that the checkpoint "
			     "of %" PRIu64 " entries was signed over",
			     size);
	return rc;
}
