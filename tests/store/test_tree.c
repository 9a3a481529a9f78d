/* The tree's file: what it holds, and what becomes of it when it is cut off,
 * damaged or cannot grow. */
#include "store/tree.h"

#include <sys/stat.h>

#include "proto/merkle.h"
#include "store/journal_help.h"

#define LEAVES 300

static struct hash leaf_of(uint32_t i)
{
	return hash_leaf(span_of(&i, sizeof(i)), span_of(NULL, 0));
}

static struct hash root_of(uint32_t size)
{
	struct frontier frontier;

	frontier_init(&frontier);
	for (uint32_t i = 0; i < size; i++) {
		struct hash leaf = leaf_of(i);

		frontier_add(&frontier, &leaf);
	}
	return frontier_root(&frontier);
}

static void path_in(const struct place *place, char out[80])
{
	(void)snprintf(out, 80, "%s/" TREE_FILE, place->dir);
}

static struct tree *opened(const char *path)
{
	struct hash id = an_id();
	struct tree *tree = NULL;
	struct err err = { 0 };

	cr_assert_eq(tree_open(path, NULL, &id, &tree, &err), 0, "%s", err.msg);
	return tree;
}

static void plant(struct tree *tree, uint32_t size)
{
	for (uint32_t i = (uint32_t)tree_size(tree); i < size; i++) {
		struct hash leaf = leaf_of(i);

		cr_assert_eq(tree_add(tree, &leaf, NULL), 0);
	}
}

static void expect_root(const struct tree *tree, uint32_t size)
{
	struct hash root = tree_root(tree), want = root_of(size);

	cr_expect_eq(tree_size(tree), size);
	cr_expect(hash_equal(&root, &want), "size %u", size);
}

/* Every proof of every size can be made of what the file holds. */
static void expect_proofs(const char *path, uint32_t size)
{
	struct tree_reader *reader = NULL;
	struct proof_nodes nodes;
	uint64_t held;

	cr_assert_eq(tree_read_open(path, NULL, &reader, NULL), 0);
	cr_assert_eq(tree_read_size(reader, &held, NULL), 0);
	cr_expect_eq(held, size);
	nodes = tree_read_nodes(reader);
	for (uint32_t n = 1; n <= size; n += n < 40 ? 1 : 37) {
		struct hash root, want = root_of(n), whole = root_of(size);
		struct proof proof;

		cr_assert_eq(proof_root(&nodes, n, &root, NULL), 0);
		cr_assert(hash_equal(&root, &want), "size %u", n);
		cr_assert_eq(proof_consistency(&nodes, n, size, &proof, NULL),
			     0);
		cr_assert(proof_check_consistency(&proof, n, &want, size,
						  &whole));
		for (uint32_t i = 0; i < n; i += 7) {
			struct hash leaf = leaf_of(i);

			cr_assert_eq(
				proof_inclusion(&nodes, i, n, &proof, NULL), 0);
			cr_assert(proof_check_inclusion(&proof, i, &leaf, n,
							&want));
		}
	}
	tree_read_close(reader);
}

Test(tree, holds_what_proofs_need)
{
	struct place place = place_new();
	struct tree *tree;
	char path[80];

	path_in(&place, path);
	tree = opened(path);
	for (uint32_t size = 0; size <= LEAVES; size += 23) {
		plant(tree, size);
		expect_root(tree, size);
		cr_assert_eq(tree_write(tree, NULL), 0);
	}
	expect_proofs(path, 299);
	tree_close(tree);
	tree = opened(path);
	expect_root(tree, 299);
	plant(tree, LEAVES);
	expect_root(tree, LEAVES);
	tree_close(tree); /* what was not written is not there */
	tree = opened(path);
	expect_root(tree, 299);
	tree_close(tree);
	place_remove(&place);
}

Test(tree, goes_on_after_any_write_that_was_cut_off)
{
	struct place place = place_new();
	struct stat st;
	char path[80];

	path_in(&place, path);
	for (uint32_t size = 1; size <= 20; size++) {
		struct tree *tree = opened(path);
		off_t bytes;

		plant(tree, size);
		cr_assert_eq(tree_write(tree, NULL), 0);
		tree_close(tree);
		cr_assert_eq(stat(path, &st), 0);
		for (bytes = st.st_size; bytes >= 0; bytes -= 9) {
			cr_assert_eq(truncate(path, bytes), 0);
			tree = opened(path);
			expect_root(tree, (uint32_t)tree_size(tree));
			plant(tree, size);
			expect_root(tree, size);
			cr_assert_eq(tree_write(tree, NULL), 0);
			tree_close(tree);
		}
		expect_proofs(path, size);
		cr_assert_eq(tree_remove(path, NULL, NULL), 0);
	}
	cr_assert_eq(tree_remove(path, NULL, NULL), 0, "nothing there is fine");
	place_remove(&place);
}

Test(tree, is_cut_back_to_any_size)
{
	struct place place = place_new();
	struct tree *tree;
	char path[80];

	path_in(&place, path);
	tree = opened(path);
	for (uint32_t size = 0; size <= 70; size++) {
		plant(tree, 70);
		cr_assert_eq(tree_cut(tree, size, NULL), 0);
		expect_root(tree, size);
	}
	tree_close(tree);
	expect_proofs(path, 70);
	place_remove(&place);
}

Test(tree, of_another_journal_is_none)
{
	struct place place = place_new();
	struct hash other = { { 9 } };
	struct tree_reader *reader = NULL;
	struct tree *tree;
	char path[80];
	FILE *file;

	path_in(&place, path);
	cr_expect_eq(tree_read_open(path, NULL, &reader, NULL), ERR_NOTFOUND);
	tree_close(opened(path));
	cr_expect_eq(tree_open(path, NULL, &other, &tree, NULL), ERR_CORRUPT);
	for (long at = 0; at < 64; at++) {
		struct hash id = an_id();

		tree_close(opened(path));
		file = fopen(path, "r+");
		cr_assert(file && !fseek(file, at, SEEK_SET));
		cr_assert_neq(fputc(0x5a, file), EOF);
		cr_assert_eq(fclose(file), 0);
		cr_expect_eq(tree_open(path, NULL, &id, &tree, NULL),
			     ERR_CORRUPT, "byte %ld", at);
		cr_expect_eq(tree_read_open(path, NULL, &reader, NULL),
			     ERR_CORRUPT);
		cr_assert_eq(tree_remove(path, NULL, NULL), 0);
	}
	place_remove(&place);
}

static ssize_t sometimes_full(void *ctx, int fd, const struct iovec *parts,
			      int count, uint64_t offset)
{
	const int *left = ctx;

	if (*left == 0) {
		errno = ENOSPC;
		return -1;
	}
	return journal_disk_real.write(ctx, fd, parts, count, offset);
}

Test(tree, waits_for_room)
{
	struct place place = place_new();
	struct journal_disk disk = journal_disk_real;
	struct hash id = an_id();
	struct tree *tree;
	char path[80];
	int room = 1;

	disk.write = sometimes_full;
	disk.ctx = &room;
	path_in(&place, path);
	cr_assert_eq(tree_open(path, &disk, &id, &tree, NULL), 0);
	plant(tree, 10);
	room = 0;
	cr_expect_eq(tree_write(tree, NULL), ERR_FULL);
	plant(tree, 20);
	room = 1;
	cr_expect_eq(tree_write(tree, NULL), 0);
	tree_close(tree);
	expect_proofs(path, 20);
	place_remove(&place);
}
