#include "base/arena.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(arena, gives_zeroed_aligned_memory_that_stays)
{
	struct arena arena;
	unsigned char *blocks[1000];

	arena_init(&arena, 1 << 24);
	for (size_t i = 0; i < 1000; i++) {
		blocks[i] = arena_alloc(&arena, i + 1);
		cr_assert(blocks[i]);
		cr_expect((uintptr_t)blocks[i] % 16 == 0);
		for (size_t b = 0; b <= i; b++)
			cr_assert(blocks[i][b] == 0);
		memset(blocks[i], (int)(i & 0xff), i + 1);
	}
	for (size_t i = 0; i < 1000; i++)
		cr_assert(blocks[i][i] == (i & 0xff));
	arena_release(&arena);
}

Test(arena, refuses_more_than_its_cap)
{
	struct arena arena;

	arena_init(&arena, 64);
	cr_expect(arena_alloc(&arena, 48) != NULL);
	cr_expect(arena_alloc(&arena, 17) == NULL);
	cr_expect(arena_alloc(&arena, 16) != NULL);
	cr_expect(arena_alloc(&arena, 1) == NULL);
	arena_reset(&arena);
	cr_expect(arena_alloc(&arena, 64) != NULL);
	arena_release(&arena);
}

Test(arena, refuses_sizes_that_overflow)
{
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	cr_expect(arena_array(&arena, SIZE_MAX / 2, 4) == NULL);
	cr_expect(arena_alloc(&arena, SIZE_MAX) == NULL);
	cr_expect(arena_text(&arena, "x", SIZE_MAX) == NULL);
	cr_expect(arena_array(&arena, 3, 4) != NULL);
	arena_release(&arena);
}

Test(arena, is_clean_again_after_a_reset)
{
	struct arena arena;

	arena_init(&arena, 1 << 24);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			unsigned char *bytes = arena_alloc(&arena, 3000);

			cr_assert(bytes);
			for (size_t b = 0; b < 3000; b++)
				cr_assert(bytes[b] == 0);
			memset(bytes, 0xff, 3000);
		}
		arena_reset(&arena);
		cr_expect(arena.used == 0);
	}
	arena_release(&arena);
	arena_release(NULL);
}

Test(arena, copies_bytes_and_ends_texts)
{
	struct arena arena;
	const char *text;

	arena_init(&arena, 1024);
	cr_expect(memcmp(arena_copy(&arena, "a\0b", 3), "a\0b", 3) == 0);
	text = arena_text(&arena, "town and street", 4);
	cr_expect_str_eq(text, "town");
	cr_expect(arena_copy(&arena, NULL, 0) != NULL);
	cr_expect_str_eq(arena_text(&arena, NULL, 0), "");
	arena_release(&arena);
}
