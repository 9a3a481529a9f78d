#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/tiles.h"
#include "test_dir.h"

/* The example of c2sp.org/tlog-tiles. */
#define LEAVES 70000u

static long size_of(const char *dir, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/tile/%s", dir, name);
	return stat(path, &st) ? -1 : (long)st.st_size;
}

static void fill(struct tiles *tiles, const char *dir, uint32_t leaves)
{
	tiles_init(tiles, dir);
	for (uint32_t i = 0; i < leaves; i++) {
		uint8_t leaf[3] = { (uint8_t)(i >> 16), (uint8_t)(i >> 8),
				    (uint8_t)i };

		cr_assert_eq(
			tiles_add(tiles, span_of(leaf, sizeof(leaf)), NULL), 0);
	}
	cr_assert_eq(tiles_end(tiles, NULL), 0);
}

Test(tiles, a_tree_of_70000_has_the_files_that_the_standard_says)
{
	char dir[TEST_DIR_BYTES];
	struct tiles tiles;

	test_dir(dir, "tiles");
	fill(&tiles, dir, LEAVES);
	/* 273 full and one partial of leaves, the same of entries, then 1 full
	 * and a partial one, and a partial one. */
	cr_expect_eq(tiles.written, 2 * 274 + 2 + 1);
	cr_expect_eq(size_of(dir, "0/000"), 8192);
	cr_expect_eq(size_of(dir, "0/272"), 8192);
	cr_expect_eq(size_of(dir, "0/273.p/112"), 112 * 32);
	cr_expect_eq(size_of(dir, "1/000"), 8192);
	cr_expect_eq(size_of(dir, "1/001.p/17"), 17 * 32);
	cr_expect_eq(size_of(dir, "2/000.p/1"), 32);
	cr_expect_eq(size_of(dir, "entries/272"), 256 * 5);
	cr_expect_eq(size_of(dir, "entries/273.p/112"), 112 * 5);
	tiles_release(&tiles);
	test_dir_remove(dir);
}

Test(tiles, a_full_tile_has_a_hash_above_it)
{
	char dir[TEST_DIR_BYTES];
	struct tiles tiles;

	test_dir(dir, "tiles");
	fill(&tiles, dir, TILE_HASHES);
	cr_expect_eq(tiles.written, 3);
	cr_expect_eq(size_of(dir, "0/000"), 8192);
	cr_expect_eq(size_of(dir, "entries/000"), 256 * 5);
	cr_expect_eq(size_of(dir, "1/000.p/1"), 32);
	tiles_release(&tiles);
	test_dir_remove(dir);
}

Test(tiles, large_numbers_are_folders)
{
	char dir[TEST_DIR_BYTES];
	struct tiles tiles;
	uint8_t leaf = 0;

	test_dir(dir, "tiles");
	tiles_init(&tiles, dir);
	tiles.levels[0].n = 1234067;
	cr_assert_eq(tiles_add(&tiles, span_of(&leaf, 1), NULL), 0);
	cr_assert_eq(tiles_end(&tiles, NULL), 0);
	cr_expect_eq(size_of(dir, "0/x001/x234/067.p/1"), 32);
	cr_expect_eq(size_of(dir, "entries/x001/x234/067.p/1"), 3);
	tiles_release(&tiles);
	test_dir_remove(dir);
}
