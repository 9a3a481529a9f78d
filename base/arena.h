/*
 * Capped arena: many small allocations that are freed together.
 *
 * Allocations are aligned to 16 bytes, zeroed, and stay where they are until
 * arena_reset or arena_release. The cap bounds what hostile input can make us
 * allocate: above it arena_alloc returns NULL.
 */
#ifndef TALLY_BASE_ARENA_H
#define TALLY_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;		    /* bytes handed out */
	size_t cap;		    /* bytes that may be handed out */
};

void arena_init(struct arena *arena, size_t cap_bytes);

/* Frees everything but keeps one block for the next round. */
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);

/* NULL if the cap or memory is reached. */
void *arena_alloc(struct arena *arena, size_t bytes);

/* An array of count elements; NULL also when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy; arena_text adds a terminating NUL. */
void *arena_copy(struct arena *arena, const void *data, size_t bytes);
char *arena_text(struct arena *arena, const char *text, size_t bytes);

#endif
