/* The file of witnesses, and who of them has signed. */
#include "store/witnesses.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/checkpoint.h"
#include "store/keyfile.h"
#include "test_dir.h"

#define COUNT 3

static char dir[TEST_DIR_BYTES];
static struct sign_pair pairs[COUNT];
static struct note_key keys[COUNT];
static char texts[COUNT][NOTE_KEY_TEXT_BYTES];

static void start(void)
{
	uint8_t seed[SIGN_SEED_BYTES];

	cr_assert_eq(sign_start(NULL), 0);
	test_dir(dir, "witnesses");
	for (size_t i = 0; i < COUNT; i++) {
		char name[] = "witness/0";

		name[8] = (char)('0' + i);
		memset(seed, (int)i + 1, sizeof(seed));
		sign_pair_from_seed(seed, &pairs[i]);
		cr_assert_eq(note_key_make(name, NOTE_COSIGNATURE,
					   &pairs[i].key, &keys[i], NULL),
			     0);
		note_key_print(&keys[i], texts[i]);
	}
}

static void stop(void)
{
	char path[TEST_DIR_BYTES + 16];

	(void)snprintf(path, sizeof(path), "%s/witnesses", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}

TestSuite(witnesses, .init = start, .fini = stop);

/* What is wrong with a file, or 0. */
static int read_text(const char *text, uint64_t need, struct witnesses *out,
		     struct err *err)
{
	char path[TEST_DIR_BYTES + 16];

	(void)snprintf(path, sizeof(path), "%s/witnesses", dir);
	cr_assert_eq(file_replace(path, text, strlen(text), 0644, NULL), 0);
	return witnesses_read(dir, need, out, err);
}

Test(witnesses, a_key_a_line_with_remarks)
{
	struct witnesses witnesses;
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "# who\n\n %s\t# the audit office\r\n%s\n#%s\n",
		       texts[0], texts[2], texts[1]);
	cr_assert_eq(read_text(text, 2, &witnesses, NULL), 0);
	cr_expect_eq(witnesses.count, 2);
	cr_expect_eq(witnesses.need, 2);
	cr_expect_eq(memcmp(&witnesses.keys[1].key, &keys[2].key,
			    sizeof(keys[2].key)),
		     0);
}

Test(witnesses, without_the_file_there_are_none)
{
	struct witnesses witnesses;
	struct err err;

	cr_expect_eq(witnesses_read(dir, 0, &witnesses, &err), 0);
	cr_expect_eq(witnesses.count, 0);
	cr_expect(witnesses_enough(&witnesses, 0));
	cr_expect_eq(witnesses_read(dir, 1, &witnesses, &err), ERR_INVALID);
	cr_expect_not_null(strstr(err.msg, "need = 1"), "%s", err.msg);
}

Test(witnesses, what_is_wrong_is_told_with_its_line)
{
	static const char other[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzh"
				    "KqiBfsVkmqq/LDE4izWy10TW";
	struct witnesses witnesses;
	char text[4096];
	struct err err;

	cr_expect_eq(read_text("\nnonsense\n", 0, &witnesses, &err),
		     ERR_INVALID);
	cr_expect_not_null(strstr(err.msg, "/witnesses:2: "), "%s", err.msg);
	cr_expect_eq(read_text(other, 0, &witnesses, &err), ERR_INVALID,
		     "it signs, it does not cosign");
	(void)snprintf(text, sizeof(text), "%s\n%s\n", texts[0], texts[0]);
	cr_expect_eq(read_text(text, 0, &witnesses, &err), ERR_INVALID);
	cr_expect_not_null(strstr(err.msg, ":2: witness/0 is named twice"),
			   "%s", err.msg);
}

Test(witnesses, who_has_signed)
{
	const struct checkpoint checkpoint = { .size = 7 };
	struct witnesses witnesses;
	struct span text, lines;
	struct strbuf note;
	char file[1024];

	(void)snprintf(file, sizeof(file), "%s\n%s\n%s\n", texts[0], texts[1],
		       texts[2]);
	cr_assert_eq(read_text(file, 2, &witnesses, NULL), 0);
	strbuf_init(&note, 0);
	checkpoint_sign(&checkpoint, &pairs[0], &note);
	cr_expect_eq(witnesses_of(&witnesses, strbuf_span(&note)), 0,
		     "signed by one of them, but not as a witness");
	cr_assert_eq(note_part(strbuf_span(&note), &text, &lines, NULL), 0);
	note_sign(text, &keys[1], &pairs[1], 1700000000, &note);
	cr_expect_eq(witnesses_of(&witnesses, strbuf_span(&note)), 2);
	cr_expect_not(witnesses_enough(&witnesses, 2));
	/* A line under another name's key does not hold. */
	cr_assert_eq(note_part(strbuf_span(&note), &text, &lines, NULL), 0);
	note_sign(text, &keys[0], &pairs[2], 1700000000, &note);
	cr_expect_eq(witnesses_of(&witnesses, strbuf_span(&note)), 2);
	cr_assert_eq(note_part(strbuf_span(&note), &text, &lines, NULL), 0);
	note_sign(text, &keys[2], &pairs[2], 1700000000, &note);
	cr_expect(witnesses_enough(
		&witnesses, witnesses_of(&witnesses, strbuf_span(&note))));
	cr_expect_eq(witnesses_of(&witnesses, span_of_text("nonsense")), 0);
	strbuf_release(&note);
}
