/* The state tree against its definition, computed anew. */
#include "store/state.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 5000

static struct hash links[ROWS];

static const struct hash *link_of(const void *ctx, uint32_t row)
{
	(void)ctx;
	return &links[row];
}

/* As in the header, word for word. */
static struct hash defined(uint32_t rows)
{
	struct hash *nodes = malloc((rows + 1) * sizeof(*nodes)), root;
	uint32_t count = rows;

	cr_assert(nodes);
	memcpy(nodes, links, rows * sizeof(*nodes));
	do {
		uint32_t parents = (count + 15) / 16;

		for (uint32_t i = 0; i < parents; i++) {
			uint32_t left = count - 16 * i;

			nodes[i] = hash_state(&nodes[16 * i],
					      left < 16 ? left : 16);
		}
		count = parents;
	} while (count > 1);
	root = rows ? nodes[0] : hash_state(NULL, 0);
	free(nodes);
	return root;
}

static void expect_defined(struct state_tree *tree, uint32_t rows)
{
	struct hash root = state_root(tree, link_of, NULL);
	struct hash want = defined(rows);

	cr_assert(hash_equal(&root, &want), "%u rows", rows);
}

static void change(struct state_tree *tree, uint32_t row)
{
	links[row].bytes[rand() % HASH_BYTES] ^= (uint8_t)(1 + rand() % 255);
	cr_assert_eq(state_touch(tree, row), 0);
}

Test(state, has_the_defined_root_after_every_change)
{
	struct state_tree tree = { 0 };
	uint32_t rows = 0;

	expect_defined(&tree, 0);
	srand(7);
	while (rows < ROWS) {
		uint32_t grow = rows < 300 ? 1 : (uint32_t)rand() % 700;

		for (uint32_t i = 0; i < grow && rows < ROWS; i++)
			change(&tree, rows++);
		for (int i = 0; i < rand() % 20; i++)
			change(&tree, (uint32_t)rand() % rows);
		expect_defined(&tree, rows);
	}
	expect_defined(&tree, rows);
	state_release(&tree);
}

Test(state, of_sixteen_rows_and_of_one_more)
{
	struct state_tree tree = { 0 };
	struct hash top[2], root;

	for (uint32_t i = 0; i < 17; i++) {
		memset(links[i].bytes, (int)i, HASH_BYTES);
		cr_assert_eq(state_touch(&tree, i), 0);
		root = state_root(&tree, link_of, NULL);
		if (i < 16) {
			top[0] = hash_state(links, i + 1);
			cr_expect(hash_equal(&root, &top[0]), "%u rows", i + 1);
		}
	}
	top[1] = hash_state(&links[16], 1);
	top[0] = hash_state(top, 2);
	cr_expect(hash_equal(&root, &top[0]));
	state_release(&tree);
}
