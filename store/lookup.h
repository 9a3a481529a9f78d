/*
 * Single statements of a journal, decoded and proven, and what became of them:
 * what a reader asks for who has a receipt, or comes from a figure.
 */
#ifndef TALLY_STORE_LOOKUP_H
#define TALLY_STORE_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proto/proof.h"
#include "proto/wire.h"
#include "store/journal.h"
#include "store/tables.h"

/*
 * The batch of an entry, decoded and proven, in the arena, which is reset
 * first. State entries have none: *batch is all zero then.
 */
int lookup_batch(const struct journal_entry *entry, struct arena *arena,
		 struct batch *batch, struct err *err);
/* The same behind what is in the arena. */
int lookup_check(const struct journal_entry *entry, struct arena *arena,
		 struct batch *batch, struct err *err);

struct lookup {
	const char *tree_dir; /* with the tree's file and the last notes */
	struct journal_reader *journal;
	struct arena arena;	/* of the batch that was asked for last, and */
	struct arena words;	/* of the statement */
	struct looked_up *kept; /* in the arena; NULL: no batch yet */
};

/* journal: its directory. tree_dir, which must outlive the lookup: the data
 * directory. lookup_close also after a failure. */
int lookup_open(struct lookup *lookup, const char *journal,
		const char *tree_dir, struct err *err);
void lookup_close(struct lookup *lookup);

/* "7.0" as an office's status prints it: entry and place in its batch. */
bool lookup_receipt(const char *text, uint64_t *index, uint32_t *n);

/* A statement in its batch in its entry; lives until the next one is asked
 * for. The batch stays while the next one is of it, too: it is decoded and
 * proven once for all of them. ERR_NOTFOUND: there is none of this number. */
struct looked_up {
	struct journal_entry entry;
	struct batch batch;
	struct statement said; /* all zero: the body is no statement */
};
int lookup_statement(struct lookup *lookup, uint64_t index, uint32_t n,
		     struct looked_up *out, struct err *err);

/* What became of a statement that the tables contain. */
int lookup_verdict(const struct table_reader *tables, uint64_t index,
		   uint32_t n, uint16_t *out, struct err *err);

/*
 * The proof file (store/proof_file.h) of a statement, under a checkpoint that
 * covers it: that in the file named, else what witnesses have signed too, else
 * the collector's last one. ERR_NOTFOUND: none covers it yet.
 */
int lookup_prove(struct lookup *lookup, uint64_t index, uint32_t n,
		 const char *checkpoint_file, struct strbuf *out,
		 struct err *err);

/* ---- parts of it ---- */

/* That an entry is in the tree of size entries: by the file of the tree
 * beside the journal if that is whole, else by reading the journal. */
int lookup_inclusion(struct lookup *lookup, uint64_t index, uint64_t size,
		     const struct hash *leaf, const struct hash *root,
		     struct proof *out, struct err *err);
/* That statement n is in its batch. */
int lookup_in_batch(const struct batch *batch, uint32_t n, struct proof *out,
		    struct err *err);

#endif
