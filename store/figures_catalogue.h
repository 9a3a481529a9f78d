/*
 * Values of TABLE_CATALOGUE: one admitted version of the catalogue, its files
 * as agents sent them. Inside store/ only.
 *
 *   u8 1 (format), u64 entry, u32 n, u64 recv_us, office key hash[32],
 *   u64 sequence, salt[16], u16 files, each: u8 name length, name,
 *   u32 length, bytes
 */
#ifndef TALLY_STORE_FIGURES_CATALOGUE_H
#define TALLY_STORE_FIGURES_CATALOGUE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proto/catalogue/catalogue.h"
#include "store/figures.h"

struct catalogue_version {
	struct origin origin; /* of the commit; leaf is not kept */
	struct catalogue_file *files;
	size_t file_count;
};

void catalogue_version_write(const struct catalogue_version *version,
			     struct strbuf *out);
/* Names are copied to the arena, bytes are views; without an arena no files
 * are read. ERR_CORRUPT, ERR_NOMEM. */
int catalogue_version_read(struct span bytes, struct arena *arena,
			   struct catalogue_version *out, struct err *err);

/* Loads a version's files: what was admitted loads, or ERR_CORRUPT. */
int catalogue_version_load(const struct catalogue_version *version,
			   struct catalogue **out, struct err *err);

#endif
