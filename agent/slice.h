/*
 * The office's last slice of the catalogue: gathered from the collector's
 * messages, kept in the outbox, loaded where rows are checked offline.
 */
#ifndef TALLY_AGENT_SLICE_H
#define TALLY_AGENT_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proto/catalogue/catalogue.h"
#include "proto/talk.h"
#include "store/outbox.h"

#define SLICE_FILES_MAX 64
#define SLICE_BYTES_MAX (256 * 1024 * 1024)

/* A slice may come in several messages, the parts of a file one after the
 * other. */
struct slice_gather {
	uint64_t catalogue;
	bool same; /* the files are those that are kept */
	size_t file_count;
	struct strbuf names[SLICE_FILES_MAX];
	struct strbuf files[SLICE_FILES_MAX];
	uint64_t since_us; /* receipt of its commit; 0: not said */
	uint64_t complete; /* version of the last whole slice; 0: none */
};

void slice_gather_init(struct slice_gather *gather);
void slice_gather_release(struct slice_gather *gather);

/* Takes the heads at once, and keeps the files with the last message. */
int slice_take(struct slice_gather *gather, struct outbox *outbox,
	       const struct slice *slice, struct err *err);

struct slice_kept {
	uint64_t catalogue; /* version */
	uint64_t since_us;  /* received by the collector; 0: not known */
	struct span *units; /* that the key speaks for */
	size_t unit_count;
	uint32_t roles; /* of the key, bit i: enum role i; 0: not known */
	struct catalogue_file *files;
	size_t file_count;
};

/* ERR_NOTFOUND: none yet. All in the arena. */
int slice_read(struct outbox *outbox, struct arena *arena,
	       struct slice_kept *out, struct err *err);

/* What HELLO says of the kept files (talk_files_hash); zero: none are kept. */
struct hash slice_files_hash(struct outbox *outbox);

bool slice_speaks_for(const struct slice_kept *kept, struct span unit);

/* The catalogue of the kept slice; NULL if there is none, or it does not
 * load (then rows cannot be checked here, the collector still does). */
struct catalogue *slice_catalogue(const struct slice_kept *kept);

#endif
