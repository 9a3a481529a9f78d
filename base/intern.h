/*
 * Interning table: byte strings to dense numbers 0, 1, 2, .. in order of first
 * appearance, and back. Keys are copied; a key's address is stable until
 * intern_release. At most INTERN_ENTRIES_MAX entries.
 */
#ifndef TALLY_BASE_INTERN_H
#define TALLY_BASE_INTERN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define INTERN_ENTRIES_MAX (1u << 30)
#define INTERN_NONE UINT32_MAX

struct intern {
	struct arena keys;
	struct span *entries; /* by number */
	uint64_t *hashes;     /* by number */
	uint32_t *slots;      /* open addressing, number + 1, 0 is empty */
	uint32_t count;
	uint32_t entries_size;
	uint32_t slots_size; /* a power of two, or 0 */
};

void intern_init(struct intern *table);
void intern_release(struct intern *table);

/* The key's number, added if new; INTERN_NONE if there is no memory. */
uint32_t intern_put(struct intern *table, struct span key);

/* The key's number, or INTERN_NONE. */
uint32_t intern_find(const struct intern *table, struct span key);

/* The key of a number below table->count. */
struct span intern_key(const struct intern *table, uint32_t number);

#endif
