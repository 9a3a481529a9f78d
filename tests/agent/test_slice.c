/* The kept slice: put together from messages, and read again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/slice.h"
#include "test_dir.h"

static char dir[TEST_DIR_BYTES];
static struct outbox *outbox;
static struct arena arena;

static void setup(void)
{
	test_dir(dir, "slice");
	cr_assert(outbox_open(dir, &outbox, NULL) == 0);
	arena_init(&arena, (size_t)64 * 1024 * 1024);
}

static void cleanup(void)
{
	outbox_close(outbox);
	arena_release(&arena);
	test_dir_remove(dir);
}

TestSuite(slice, .init = setup, .fini = cleanup);

static struct slice_file file(const char *name, const char *bytes)
{
	return (struct slice_file){ span_of_text(name), span_of_text(bytes) };
}

Test(slice, files_come_in_parts_and_the_commit_says_since_when)
{
	struct span unit = span_of_text("baima");
	struct slice_file first[] = { file("units.csv", "unit,na"),
				      file("units.csv", "me_zh\n") };
	struct slice_file last[] = { file("targets.csv", "target\n") };
	struct head commit = { .salt = { 7 }, .index = 3, .recv_us = 123456 };
	struct slice slice = { .catalogue = 4,
			       .files = first,
			       .file_count = 2,
			       .units = &unit,
			       .unit_count = 1 };
	struct slice_gather gather;
	struct slice_kept kept;

	slice_gather_init(&gather);
	cr_expect(slice_read(outbox, &arena, &kept, NULL) == ERR_NOTFOUND);
	cr_assert(slice_take(&gather, outbox, &slice, NULL) == 0);
	cr_expect(slice_read(outbox, &arena, &kept, NULL) == ERR_NOTFOUND);
	slice.files = last;
	slice.file_count = 1;
	slice.heads = &commit;
	slice.head_count = 1;
	slice.last = true;
	cr_assert(slice_take(&gather, outbox, &slice, NULL) == 0);
	cr_expect(gather.complete == 4);
	cr_assert(slice_read(outbox, &arena, &kept, NULL) == 0);
	cr_expect(kept.catalogue == 4 && kept.since_us == 123456);
	cr_assert(kept.unit_count == 1 && kept.file_count == 2);
	cr_expect(span_equal(kept.units[0], unit));
	cr_expect_str_eq(kept.files[0].name, "units.csv");
	cr_expect(span_equal(kept.files[0].bytes,
			     span_of_text("unit,name_zh\n")));
	slice_gather_release(&gather);
}
