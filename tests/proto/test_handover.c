#include "proto/handover.h"

#include <string.h>

#include "proto/wire_fixture.h"

TestSuite(handover, .init = wire_setup, .fini = wire_cleanup);

static void write_two(void)
{
	const struct handover_batch first = { 7, 1000, span_of_text("one") };
	const struct handover_batch second = { UINT64_MAX, 0,
					       span_of_text("") };

	const struct sign_key key = { { 1, 2, 3 } };

	handover_begin(&key, 2, span_of_text("a note"), &buf);
	handover_add(&first, &buf);
	handover_add(&second, &buf);
}

Test(handover, gives_back_what_was_written)
{
	struct handover_reader reader;
	struct handover_batch batch;

	write_two();
	cr_assert_eq(handover_open(strbuf_span(&buf), &reader, NULL), 0);
	cr_assert_eq(reader.key.bytes[2], 3);
	cr_assert(span_equal(reader.note, span_of_text("a note")));
	cr_assert_eq(handover_next(&reader, &batch, NULL), 1);
	cr_assert_eq(batch.index, 7);
	cr_assert_eq(batch.recv_us, 1000);
	cr_assert(span_equal(batch.batch, span_of_text("one")));
	cr_assert_eq(handover_next(&reader, &batch, NULL), 1);
	cr_assert_eq(batch.index, UINT64_MAX);
	cr_assert_eq(handover_next(&reader, &batch, NULL), 0);
}

/* 0, or the first error. */
static int read_all(struct span bytes)
{
	struct handover_reader reader;
	struct handover_batch batch;
	int rc = handover_open(bytes, &reader, NULL);

	while (!rc) {
		rc = handover_next(&reader, &batch, NULL);
		if (rc <= 0)
			return rc;
		rc = 0;
	}
	return rc;
}

Test(handover, whatever_is_cut_off_or_added_is_told)
{
	struct span all;

	write_two();
	all = strbuf_span(&buf);
	cr_assert_eq(read_all(all), 0);
	for (size_t len = 0; len < all.len; len++)
		cr_assert_eq(read_all(span_of(all.data, len)), ERR_INVALID,
			     "%zu", len);
	strbuf_add_char(&buf, 'x');
	cr_assert_eq(read_all(strbuf_span(&buf)), ERR_INVALID);
}

Test(handover, other_files_and_versions_are_told)
{
	write_two();
	buf.text[11] = 2; /* the version */
	cr_assert_eq(read_all(strbuf_span(&buf)), ERR_INVALID);
	buf.text[11] = 1;
	cr_assert_eq(read_all(strbuf_span(&buf)), 0);
	buf.text[0] = 'T';
	cr_assert_eq(read_all(strbuf_span(&buf)), ERR_INVALID);
}

Test(handover, lengths_are_bounded)
{
	write_two();
	buf.text[48] = 1; /* of the note */
	cr_assert_eq(read_all(strbuf_span(&buf)), ERR_INVALID);
	buf.text[48] = 0;
	buf.text[52 + 6 + 16] = 1; /* of the first batch */
	cr_assert_eq(read_all(strbuf_span(&buf)), ERR_INVALID);
}
