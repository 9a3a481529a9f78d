/*
 * A live store against a replay of its journal: they are equal if every table
 * is, byte for byte.
 */
#ifndef TALLY_AUDIT_COMPARE_H
#define TALLY_AUDIT_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#include "audit/replay.h"
#include "base/err.h"
#include "base/strbuf.h"

enum comparison { NOT_COMPARED, AGREES, DIFFERS };

struct comparing {
	enum comparison result;
	uint64_t size;	 /* at which it was compared */
	uint64_t behind; /* entries of the journal not yet in the store */
	size_t differences;
	struct strbuf text; /* the first difference */
};

/*
 * Replays the journal in dir into a fresh replay as far as the store goes,
 * which may lag behind while a collector runs, and compares. text must be
 * initialised. ERR_CORRUPT: one of the two is damaged.
 */
int compare_store(struct replay *replay, const char *dir, const char *store,
		  struct comparing *comparing, struct err *err);

#endif
