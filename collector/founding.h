/*
 * The founding batch, entry 0 of a journal: made by the first administrator,
 * checked here, and put into a new journal. docs/protocol.md, "Founding".
 */
#ifndef TALLY_COLLECTOR_FOUNDING_H
#define TALLY_COLLECTOR_FOUNDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "proto/hash.h"
#include "store/keyfile.h"

#define FOUNDING_AHEAD_US (5ull * 60 * 1000 * 1000)

struct founding {
	struct hash journal; /* its id */
	bool simulated;
	size_t administrators, recovery_keys;
};

/*
 * Makes dir/journal with the batch as entry 0. ERR_DENIED: not signed by who
 * it says, or it does not name this collector's keys. ERR_INVALID: not a
 * founding batch, or from the future. ERR_EXISTS: there is a journal.
 */
int founding_install(const char *dir, const struct keys *keys,
		     struct span bytes, uint64_t now_us, struct founding *out,
		     struct err *err);

#endif
