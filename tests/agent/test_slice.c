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

/* Kept again with what a new session says of the office. */
Test(slice, files_that_are_the_same_are_not_sent_again)
{
	struct span units[] = { span_of_text("baima"),
				span_of_text("longmen") };
	struct slice_file files[] = { file("units.csv", "unit\n"),
				      file("targets.csv", "target\n") };
	struct head commit = { .salt = { 7 }, .index = 3, .recv_us = 5 };
	struct slice slice = { .catalogue = 4,
			       .files = files,
			       .file_count = 2,
			       .units = units,
			       .unit_count = 1,
			       .heads = &commit,
			       .head_count = 1,
			       .last = true };
	struct slice_gather gather;
	struct slice_kept kept;
	struct hash hash = slice_files_hash(outbox), none = { 0 };
	struct err err = { 0 };

	cr_expect(hash_equal(&hash, &none));
	slice_gather_init(&gather);
	slice.same_files = true;
	slice.file_count = 0;
	cr_expect(slice_take(&gather, outbox, &slice, &err) == ERR_INVALID,
		  "none are kept");
	slice_gather_release(&gather);
	slice.same_files = false;
	slice.file_count = 2;
	cr_assert(slice_take(&gather, outbox, &slice, NULL) == 0);
	hash = talk_files_hash(files, 2);
	none = slice_files_hash(outbox);
	cr_expect(hash_equal(&hash, &none));
	gather.complete = 0;
	slice.same_files = true;
	slice.file_count = 0;
	slice.unit_count = 2;
	cr_assert(slice_take(&gather, outbox, &slice, NULL) == 0);
	cr_expect(gather.complete == 4);
	cr_assert(slice_read(outbox, &arena, &kept, NULL) == 0);
	cr_expect(kept.unit_count == 2 && kept.file_count == 2);
	cr_expect(kept.catalogue == 4 && kept.since_us == 5);
	cr_expect_str_eq(kept.files[1].name, "targets.csv");
	cr_expect(span_equal(kept.files[1].bytes, span_of_text("target\n")));
	/* Heads alone say nothing of files. */
	gather.complete = 0;
	slice.same_files = false;
	cr_assert(slice_take(&gather, outbox, &slice, NULL) == 0);
	cr_expect(gather.complete == 0);
	slice_gather_release(&gather);
}
