/* That a statement is in its batch, and the batch in the journal. */
#include "store/lookup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/checkpoint.h"
#include "proto/merkle.h"
#include "proto/succession.h"
#include "store/keyfile.h"
#include "store/proof_file.h"
#include "store/tree.h"

#define LEAVES_FIRST 1024

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

int lookup_in_batch(const struct batch *batch, uint32_t n, struct proof *out,
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
static int inclusion_by_journal(struct lookup *lookup, uint64_t index,
				uint64_t size, struct proof *out,
				struct err *err)
{
	struct leaves leaves = { 0 };
	struct proof_nodes nodes = { node_of_leaves, &leaves };
	struct journal_entry entry;
	int rc = journal_read_seek(lookup->journal, 0, err);

	while (!rc && leaves.count < size) {
		rc = journal_read_next(lookup->journal, &entry, err);
		if (rc == 0)
			rc = err_set(err, ERR_CORRUPT,
				     "the journal has %zu entries, and the "
				     "checkpoint says %" PRIu64,
				     leaves.count, size);
		if (rc == 1)
			rc = add_leaf(&leaves, entry.leaf_bytes, err);
	}
	if (!rc)
		rc = proof_inclusion(&nodes, index, size, out, err);
	free(leaves.hashes);
	return rc;
}

static int inclusion_by_tree(const struct lookup *lookup, uint64_t index,
			     uint64_t size, struct proof *out, struct err *err)
{
	struct tree_reader *tree = NULL;
	struct proof_nodes nodes;
	char path[PATH_MAX];
	uint64_t leaves = 0;
	int rc, len = snprintf(path, sizeof(path), "%s/%s", lookup->tree_dir,
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

int lookup_inclusion(struct lookup *lookup, uint64_t index, uint64_t size,
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
	rc = inclusion_by_tree(lookup, index, size, out, NULL);
	if (!rc && proof_check_inclusion(out, index, &copy, size, root))
		return 0;
	/* The tree is derived: what it lacks, the journal says. */
	rc = inclusion_by_journal(lookup, index, size, out, err);
	if (!rc && !proof_check_inclusion(out, index, &copy, size, root))
		rc = err_set(err, ERR_CORRUPT,
			     "the journal is not the one that the checkpoint "
			     "of %" PRIu64 " entries was signed over",
			     size);
	return rc;
}

/* ---- under which checkpoint ---- */

/* What witnesses have signed too, if that covers the entry. */
static int read_note(const struct lookup *lookup, const char *given,
		     uint64_t index, char **note, size_t *len,
		     struct checkpoint *out, struct err *err)
{
	static const char *const names[] = { "cosigned", "checkpoint" };
	char path[PATH_MAX + 16];
	int rc = 0;

	for (size_t i = given ? 1 : 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", lookup->tree_dir,
			       names[i]);
		free(*note);
		*note = NULL;
		rc = file_read(given ? given : path, NOTE_BYTES_MAX, note, len,
			       err);
		if (!rc)
			rc = checkpoint_read(span_of(*note, *len), out, err);
		if (!rc && out->size > index)
			return 0;
	}
	if (rc == ERR_NOTFOUND && !given)
		return err_set(err, rc,
			       "%s holds no checkpoint: name one with "
			       "--checkpoint",
			       lookup->tree_dir);
	return rc;
}

/* ---- the proof ---- */

/* How the collector's keys followed one another, if they ever did. */
static int read_successions(const struct lookup *lookup, char **notes,
			    size_t *len, struct err *err)
{
	char path[PATH_MAX + 32];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/" SUCCESSIONS_FILE,
		       lookup->tree_dir);
	rc = file_read(path, SUCCESSIONS_BYTES_MAX, notes, len, err);
	return rc == ERR_NOTFOUND ? 0 : rc;
}

int lookup_prove(struct lookup *lookup, uint64_t index, uint32_t n,
		 const char *checkpoint_file, struct strbuf *out,
		 struct err *err)
{
	struct looked_up found;
	struct checkpoint checkpoint;
	struct proof_said said;
	struct proof_file proof = { .index = index, .n = n };
	struct hash leaf;
	char *note = NULL, *notes = NULL;
	size_t len = 0, notes_len = 0;
	int rc = lookup_statement(lookup, index, n, &found, err);

	if (!rc)
		rc = read_note(lookup, checkpoint_file, index, &note, &len,
			       &checkpoint, err);
	if (!rc)
		rc = read_successions(lookup, &notes, &notes_len, err);
	if (rc)
		goto out;
	proof.successions = span_of(notes, notes_len);
	leaf = hash_leaf(found.entry.leaf_bytes, span_of(NULL, 0));
	proof.leaf = found.entry.leaf_bytes;
	proof.key = found.batch.key;
	memcpy(proof.salt, found.batch.sealed[n].salt, SALT_BYTES);
	proof.body = found.batch.sealed[n].body;
	proof.note = span_of(note, len);
	rc = lookup_in_batch(&found.batch, n, &proof.in_batch, err);
	if (!rc)
		rc = lookup_inclusion(lookup, index, checkpoint.size, &leaf,
				      &checkpoint.root, &proof.in_journal, err);
	if (!rc && proof_file_check(&proof, NULL, &said, err))
		rc = ERR_CORRUPT;
	if (!rc)
		rc = proof_file_write(&proof, out, err);
out:
	free(note);
	free(notes);
	return rc;
}
