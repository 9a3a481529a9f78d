#include "base/intern.h"

#include <assert.h>
#include <stdlib.h>

#define INTERN_SLOTS_MIN 64

/* FNV-1a, finished by a multiply-xor so that the low bits are well mixed. */
static uint64_t hash_bytes(struct span key)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ key.data[i]) * 1099511628211u;
	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

void intern_init(struct intern *table)
{
	*table = (struct intern){ 0 };
	arena_init(&table->keys, SIZE_MAX / 2);
}

void intern_release(struct intern *table)
{
	if (!table)
		return;
	arena_release(&table->keys);
	free(table->entries);
	free(table->hashes);
	free(table->slots);
	*table = (struct intern){ 0 };
}

/* The slot that holds key, or the empty slot where it belongs. */
static uint32_t find_slot(const struct intern *table, struct span key,
			  uint64_t hash)
{
	uint32_t mask = table->slots_size - 1;
	uint32_t slot = (uint32_t)hash & mask;

	while (table->slots[slot]) {
		uint32_t number = table->slots[slot] - 1;

		if (table->hashes[number] == hash &&
		    span_equal(table->entries[number], key))
			break;
		slot = (slot + 1) & mask;
	}
	return slot;
}

static bool grow_slots(struct intern *table)
{
	uint32_t size = table->slots_size ? 2 * table->slots_size :
					    INTERN_SLOTS_MIN;
	uint32_t *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return false;
	for (uint32_t i = 0; i < table->count; i++) {
		uint32_t slot = (uint32_t)table->hashes[i] & (size - 1);

		while (slots[slot])
			slot = (slot + 1) & (size - 1);
		slots[slot] = i + 1;
	}
	free(table->slots);
	table->slots = slots;
	table->slots_size = size;
	return true;
}

static bool grow_entries(struct intern *table)
{
	uint32_t size = table->entries_size ? 2 * table->entries_size :
					      INTERN_SLOTS_MIN;
	struct span *entries = realloc(table->entries, size * sizeof(*entries));
	uint64_t *hashes;

	if (!entries)
		return false;
	table->entries = entries;
	hashes = realloc(table->hashes, size * sizeof(*hashes));
	if (!hashes)
		return false;
	table->hashes = hashes;
	table->entries_size = size;
	return true;
}

uint32_t intern_put(struct intern *table, struct span key)
{
	uint64_t hash = hash_bytes(key);
	uint8_t *copy;
	uint32_t slot;

	if (2 * ((uint64_t)table->count + 1) > table->slots_size &&
	    !grow_slots(table))
		return INTERN_NONE;
	slot = find_slot(table, key, hash);
	if (table->slots[slot])
		return table->slots[slot] - 1;
	if (table->count == INTERN_ENTRIES_MAX)
		return INTERN_NONE;
	if (table->count == table->entries_size && !grow_entries(table))
		return INTERN_NONE;
	copy = arena_copy(&table->keys, key.data, key.len);
	if (!copy)
		return INTERN_NONE;
	table->entries[table->count] = span_of(copy, key.len);
	table->hashes[table->count] = hash;
	table->slots[slot] = ++table->count;
	return table->count - 1;
}

uint32_t intern_find(const struct intern *table, struct span key)
{
	uint32_t slot;

	if (!table->slots_size)
		return INTERN_NONE;
	slot = find_slot(table, key, hash_bytes(key));
	return table->slots[slot] ? table->slots[slot] - 1 : INTERN_NONE;
}

struct span intern_key(const struct intern *table, uint32_t number)
{
	assert(number < table->count);
	return table->entries[number];
}
