/*
 * A journal as the static files of a C2SP tiled log
 * (https://c2sp.org/tlog-tiles): hashes of its tree in tile/<L>/<N>, 256 in
 * each, and its leaves in tile/entries/<N>, each behind its length. A leaf
 * holds a signed header, never a statement or a text.
 */
#ifndef TALLY_AUDIT_TILES_H
#define TALLY_AUDIT_TILES_H

#include <limits.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "proto/merkle.h"

#define TILE_HASHES 256
#define TILE_LEVELS 8 /* 256^8 leaves are more than there can be */

struct tiles {
	char dir[PATH_MAX]; /* where tile/ is made */
	uint64_t written;   /* files */
	/* on the way */
	struct frontier frontier;
	struct tile_level {
		struct hash hashes[TILE_HASHES];
		unsigned count;
		uint64_t n; /* tiles before this one */
	} levels[TILE_LEVELS];
	struct strbuf entries; /* of the last bundle */
};

void tiles_init(struct tiles *tiles, const char *dir);
void tiles_release(struct tiles *tiles);
/* The next leaf, of at most 65535 bytes. */
int tiles_add(struct tiles *tiles, struct span leaf, struct err *err);
/* Writes what is not full: no leaf may follow. */
int tiles_end(struct tiles *tiles, struct err *err);

#endif
