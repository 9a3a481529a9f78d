/*
 * The tables of a collector's store, and pending writes to them.
 *
 * The fold only ever says "put this value under this key": it appends puts to
 * a log. The flusher commits such a log to LMDB (store/db.h); an audit keeps
 * it in memory (struct memory_tables). Both answer the same questions, and
 * two of them are equal if their tables are, byte for byte.
 *
 * Keys and values are permanent formats, big-endian; docs/journal.md has
 * their bytes.
 */
#ifndef TALLY_STORE_TABLES_H
#define TALLY_STORE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"

enum table {
	TABLE_META,	 /* "applied", "root", "frontier", "founding", .. */
	TABLE_FIGURE,	 /* figure key -> row and link */
	TABLE_CHANGE,	 /* u64 entry, u32 n -> row bytes of that change */
	TABLE_REFUSAL,	 /* u64 entry, u32 n -> u16 verdict */
	TABLE_OFFICE,	 /* key hash -> key, roles, units, head, marks */
	TABLE_GRANT,	 /* one-time key -> grant and its state */
	TABLE_TAKEN,	 /* key hash, u64 sequence -> entry, recv_us, count */
	TABLE_CATALOGUE, /* u32 version -> entry, recv_us, files */
	TABLE_ID,	 /* u8 't' or 'u', u32 number -> id text */
	TABLE_PART,	 /* set, u32 n -> catalogue part not yet committed */
	TABLE_REDACTION, /* u64 entry, u32 n, u8 text -> by whom, when */
	TABLE_TEXT,	 /* u64 entry, u32 n -> which texts it has */
	TABLE_COUNT
};

const char *table_name(enum table table);

/* ---- pending writes, in order; the last put of a key wins ---- */

struct puts {
	struct strbuf bytes; /* u8 table, u32 key length, u32 value length,
				key, value; value length 2^32-1: delete */
	size_t count;
	unsigned drops; /* tables whose puts are not kept, a bit each */
};

void puts_init(struct puts *puts);
void puts_release(struct puts *puts);
void puts_clear(struct puts *puts);
int puts_add(struct puts *puts, enum table table, struct span key,
	     struct span value); /* ERR_NOMEM */
int puts_delete(struct puts *puts, enum table table, struct span key);

struct put {
	enum table table;
	bool deleted;
	struct span key, value;
};

/* The put at *pos (0 is the first), which moves behind it; false at the end. */
bool puts_next(const struct puts *puts, size_t *pos, struct put *out);

/* Sorted by table and key, one for each key, last one wins. The spans point
 * into puts. The array is malloc'ed, the caller frees it. */
int puts_sorted(const struct puts *puts, struct put **out, size_t *count);

/* ---- reading, whatever the tables are kept in ---- */

struct table_reader {
	/* ERR_NOTFOUND; the value lives until the reader's transaction ends. */
	int (*get)(void *ctx, enum table table, struct span key,
		   struct span *value, struct err *err);
	/* Every pair whose key begins with prefix, in order of keys, until
	 * visit returns other than 0, which scan then returns. */
	int (*scan)(void *ctx, enum table table, struct span prefix,
		    int (*visit)(void *arg, struct span key, struct span value),
		    void *arg, struct err *err);
	void *ctx;
};

/* A number in TABLE_META: "applied", "recv_us". ERR_NOTFOUND, ERR_CORRUPT. */
int tables_number(const struct table_reader *reader, const char *name,
		  uint64_t *out, struct err *err);

/* ---- in memory ---- */

struct memory_tables;

struct memory_tables *memory_tables_new(void);
void memory_tables_free(struct memory_tables *tables);
/* Takes over what puts holds, and clears it. */
int memory_tables_apply(struct memory_tables *tables, struct puts *puts);
struct table_reader memory_tables_reader(struct memory_tables *tables);

/*
 * The first difference between two sets of tables as a text for people, in
 * out; *differences counts at most 1000. 0 if it could be compared.
 */
int tables_compare(const struct table_reader *a, const struct table_reader *b,
		   struct strbuf *out, size_t *differences, struct err *err);

#endif
