#include "proto/merkle.h"

#include <assert.h>
#include <string.h>

void frontier_init(struct frontier *frontier)
{
	memset(frontier, 0, sizeof(*frontier));
}

void frontier_add(struct frontier *frontier, const struct hash *leaf)
{
	size_t edges = (size_t)__builtin_popcountll(frontier->size);
	struct hash node = *leaf;
	size_t full = 0;

	assert(frontier->size < UINT64_MAX);
	/* Each trailing one bit is a full subtree that the new one completes.
	 */
	for (uint64_t bits = frontier->size; bits & 1; bits >>= 1)
		node = hash_node(&frontier->edge[full++], &node);
	memmove(&frontier->edge[1], &frontier->edge[full],
		(edges - full) * sizeof(frontier->edge[0]));
	frontier->edge[0] = node;
	frontier->size++;
}

struct hash frontier_root(const struct frontier *frontier)
{
	size_t edges = (size_t)__builtin_popcountll(frontier->size);
	struct hash root;

	if (!edges)
		return hash_span(span_of(NULL, 0));
	root = frontier->edge[0];
	for (size_t i = 1; i < edges; i++)
		root = hash_node(&frontier->edge[i], &root);
	return root;
}

struct hash merkle_root(const struct hash *leaves, size_t count)
{
	struct frontier frontier;

	frontier_init(&frontier);
	for (size_t i = 0; i < count; i++)
		frontier_add(&frontier, &leaves[i]);
	return frontier_root(&frontier);
}
