/*
 * Row bytes: one change of a figure as TABLE_CHANGE keeps it, TABLE_FIGURE
 * repeats it and links hash it. Inside store/ only; docs/journal.md has the
 * format for others.
 *
 * Canonical: one change has one form. Integers big-endian.
 *
 *   u8 1 (format), u32 ordinal, u32 version, u64 entry, u32 n, u64 recv_us,
 *   office key hash[32], u64 sequence, salt[16], base[8],
 *   u64 previous entry, u32 previous n (all ones: no change before),
 *   u32 flags, u8 key length, figure key, u16 count, values,
 *   u8 status length, status
 *
 * value: u16 field length, field, u8 kind, then by kind: number u8 places,
 * i64; day i64; text u32 length, bytes; not applicable nothing.
 */
#ifndef TALLY_STORE_FIGURES_ROW_H
#define TALLY_STORE_FIGURES_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proto/figure/cell.h"
#include "proto/hash.h"
#include "proto/seal.h"
#include "store/figures.h"

#define FIGURE_ROW_FORMAT 1
#define FIGURE_NO_ENTRY UINT64_MAX
#define FIGURE_NO_N UINT32_MAX
#define FIGURE_KEY_HEAD_BYTES 13 /* before the item */
#define CHANGE_KEY_BYTES 12

/* Target and unit are the numbers of TABLE_ID, not of a catalogue. */
struct figure_key {
	uint32_t target, unit;
	struct period period;
	struct span item;
};

struct figure_row {
	uint32_t ordinal; /* of the cell, in order of first appearance */
	/* From 1; of a review or adjustment: the version it is of. */
	uint32_t version;
	uint64_t entry;
	uint32_t n;
	uint64_t recv_us;
	struct hash key; /* office */
	uint64_t sequence;
	uint8_t salt[SALT_BYTES];
	uint8_t base[BASE_BYTES]; /* replaced, judged, .., zero in a first */
	uint64_t previous_entry;
	uint32_t previous_n;
	uint32_t flags; /* enum version_flag */
	struct span figure_key;
	struct value *values;
	size_t value_count;
	struct span status; /* reviews; of an adjustment its name */
};

/* Number of bytes written; 0 if the item is too long. */
size_t figure_key_write(const struct figure_key *key,
			uint8_t out[FIGURE_KEY_BYTES_MAX]);
/* ERR_CORRUPT. The item is a view into bytes. */
int figure_key_read(struct span bytes, struct figure_key *out, struct err *err);
void change_key_write(uint64_t entry, uint32_t n,
		      uint8_t out[CHANGE_KEY_BYTES]);

/* Appends the row's bytes; out->failed if there is no memory. */
void figure_row_write(const struct figure_row *row, struct strbuf *out);
/* Spans are views into bytes; values come from the arena, and are left out
 * (NULL, 0) if that is NULL. ERR_CORRUPT, ERR_NOMEM. */
int figure_row_read(struct span bytes, struct arena *arena,
		    struct figure_row *out, struct err *err);

/* Splits a value of TABLE_FIGURE into row bytes and link (NULL: not wanted).
 * ERR_CORRUPT. */
int figure_value_split(struct span value, struct span *row, struct hash *link,
		       struct err *err);

/* Big-endian integers, to be built in a strbuf. */
void add_u8(struct strbuf *out, uint8_t value);
void add_u16(struct strbuf *out, uint16_t value);
void add_u32(struct strbuf *out, uint32_t value);
void add_u64(struct strbuf *out, uint64_t value);

#endif
