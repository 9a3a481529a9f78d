#include "store/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MIN 64 /* a word of bits */
#define WORD_BITS 64

void state_release(struct state_tree *tree)
{
	for (size_t i = 0; i < STATE_LEVELS_MAX; i++) {
		free(tree->levels[i].nodes);
		free(tree->levels[i].dirty);
	}
	*tree = (struct state_tree){ 0 };
}

/* Nodes of a level, from the number of its children. */
static uint32_t parents_of(uint32_t children)
{
	return (children + STATE_CHILDREN - 1) / STATE_CHILDREN;
}

static int level_grow(struct state_level *level, uint32_t count)
{
	uint32_t size = level->size ? level->size : NODES_MIN;
	struct hash *nodes;
	uint64_t *dirty;

	while (size < count)
		size *= 2;
	if (size > level->size) {
		nodes = realloc(level->nodes, size * sizeof(*nodes));
		if (!nodes)
			return ERR_NOMEM;
		level->nodes = nodes;
		dirty = realloc(level->dirty, size / 8);
		if (!dirty)
			return ERR_NOMEM;
		memset(dirty + level->size / WORD_BITS, 0,
		       (size - level->size) / 8);
		level->dirty = dirty;
		level->size = size;
	}
	if (count > level->count)
		level->count = count;
	return 0;
}

static void mark(struct state_level *level, uint32_t node)
{
	level->dirty[node / WORD_BITS] |= 1ull << node % WORD_BITS;
}

int state_touch(struct state_tree *tree, uint32_t row)
{
	uint32_t count;

	assert(row <= tree->rows);
	if (row == tree->rows) {
		count = parents_of(row + 1);
		for (size_t i = 0; i < STATE_LEVELS_MAX; i++) {
			if (level_grow(&tree->levels[i], count))
				return ERR_NOMEM;
			if (count == 1)
				break;
			count = parents_of(count);
		}
		tree->rows = row + 1;
	}
	mark(&tree->levels[0], row / STATE_CHILDREN);
	return 0;
}

/* A node of the lowest level: its children lie in the rows. */
static void hash_links(struct state_tree *tree, uint32_t node,
		       const struct hash *(*link)(const void *ctx,
						  uint32_t row),
		       const void *ctx)
{
	struct hash children[STATE_CHILDREN];
	uint32_t first = node * STATE_CHILDREN, count = 0;

	while (count < STATE_CHILDREN && first + count < tree->rows) {
		children[count] = *link(ctx, first + count);
		count++;
	}
	tree->levels[0].nodes[node] = hash_state(children, count);
}

static void hash_nodes(struct state_level *level,
		       const struct state_level *below, uint32_t node)
{
	uint32_t first = node * STATE_CHILDREN;
	uint32_t count = below->count - first;

	if (count > STATE_CHILDREN)
		count = STATE_CHILDREN;
	level->nodes[node] = hash_state(&below->nodes[first], count);
}

/* Hashes the dirty nodes of a level, and marks those above them. */
static void settle_level(struct state_tree *tree, size_t i,
			 const struct hash *(*link)(const void *ctx,
						    uint32_t row),
			 const void *ctx)
{
	struct state_level *level = &tree->levels[i];

	for (uint32_t word = 0; word < level->size / WORD_BITS; word++) {
		uint64_t bits = level->dirty[word];

		level->dirty[word] = 0;
		for (; bits; bits &= bits - 1) {
			uint32_t node = word * WORD_BITS +
					(uint32_t)__builtin_ctzll(bits);

			if (i == 0)
				hash_links(tree, node, link, ctx);
			else
				hash_nodes(level, level - 1, node);
			if (level->count > 1)
				mark(level + 1, node / STATE_CHILDREN);
		}
	}
}

struct hash state_root(struct state_tree *tree,
		       const struct hash *(*link)(const void *ctx,
						  uint32_t row),
		       const void *ctx)
{
	size_t i = 0;

	if (!tree->rows)
		return hash_state(NULL, 0);
	settle_level(tree, i, link, ctx);
	while (tree->levels[i].count > 1)
		settle_level(tree, ++i, link, ctx);
	return tree->levels[i].nodes[0];
}
