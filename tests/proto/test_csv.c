#include "proto/csv.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (64 * 1024 * 1024)

static struct arena arena;

static void setup(void)
{
	arena_init(&arena, ARENA_BYTES);
}

static void teardown(void)
{
	arena_release(&arena);
}

TestSuite(csv, .init = setup, .fini = teardown);

static struct csv parsed(const char *text)
{
	struct csv csv = { 0 };
	struct err err = { 0 };

	cr_assert(csv_parse(span_of_text(text), &arena, &csv, &err) == 0, "%s",
		  err.msg);
	return csv;
}

static bool cell_is(const struct csv *csv, size_t row, size_t column,
		    const char *text)
{
	return span_equal(csv->rows[row].cells[column], span_of_text(text));
}

Test(csv, reads_rows_under_named_columns)
{
	struct csv csv = parsed("a,b\n1,2\n3,\n");

	cr_expect(csv.column_count == 2 && csv.row_count == 2);
	cr_expect(csv_column(&csv, "b") == 1 && csv_column(&csv, "c") == -1);
	cr_expect(cell_is(&csv, 0, 0, "1") && cell_is(&csv, 0, 1, "2"));
	cr_expect(cell_is(&csv, 1, 0, "3") && cell_is(&csv, 1, 1, ""));
}

Test(csv, takes_crlf_a_bom_and_a_last_line_without_end)
{
	struct csv csv = parsed("\xef\xbb\xbf"
				"a,b\r\n1,2\r\n3,4");

	cr_expect(csv_column(&csv, "a") == 0);
	cr_expect(csv.row_count == 2 && cell_is(&csv, 0, 1, "2") &&
		  cell_is(&csv, 1, 1, "4"));
}

Test(csv, reads_quotes_commas_and_line_breaks_within_quotes)
{
	struct csv csv = parsed("a,b\n\"x, \"\"y\"\"\n z\" ,2\nlast,3\n");

	cr_expect(cell_is(&csv, 0, 0, "x, \"y\"\n z"));
	cr_expect(cell_is(&csv, 0, 1, "2"));
	cr_expect(cell_is(&csv, 1, 0, "last"));
	/* Excel shows the broken line as one row. */
	cr_expect(csv.rows[0].number == 2 && csv.rows[1].number == 3);
}

Test(csv, a_quote_within_a_plain_cell_is_a_character)
{
	struct csv csv = parsed("a,b\n5\" pipe,x\n");

	cr_expect(cell_is(&csv, 0, 0, "5\" pipe"));
}

Test(csv, skips_blank_and_comment_rows_but_counts_them)
{
	struct csv csv = parsed("a,b\n#指标,单位\n,\n\n  ,\t\n1,2\n\" # x\",\n"
				"3,4\n");

	cr_expect(csv.row_count == 2);
	cr_expect(csv.rows[0].number == 6 && csv.rows[1].number == 8);
}

Test(csv, trims_cells_of_every_kind_of_space)
{
	struct csv csv = parsed(" a ,b\n  1\t,\xe3\x80\x80 x y\xc2\xa0\n"
				"\"  q \",\xe3\x80\x80\n");

	cr_expect(csv_column(&csv, "a") == 0);
	cr_expect(cell_is(&csv, 0, 0, "1") && cell_is(&csv, 0, 1, "x y"));
	cr_expect(cell_is(&csv, 1, 0, "q") && cell_is(&csv, 1, 1, ""));
}

Test(csv, forgives_blank_cells_beyond_the_columns)
{
	struct csv csv = parsed("a,b,,\n1,2,,\n3\n4,5,,,,,\n");

	cr_expect(csv.column_count == 2 && csv.row_count == 3);
	cr_expect(cell_is(&csv, 1, 1, ""));
}

Test(csv, reads_gb18030_where_text_is_no_utf8)
{
	/* 单位 and 白马 in GBK, U+20000 in four bytes of GB18030 */
	struct csv csv = parsed("a,\xb5\xa5\xce\xbb\n\xb0\xd7\xc2\xed,"
				"\x95\x32\x82\x36\n");

	cr_expect(csv_column(&csv, "单位") == 1);
	cr_expect(cell_is(&csv, 0, 0, "白马"));
	cr_expect(cell_is(&csv, 0, 1, "\xf0\xa0\x80\x80"));
}

static void expect_refused(const char *text, size_t len, const char *message)
{
	struct csv csv = { .row_count = 77 };
	struct err err = { 0 };
	int rc = csv_parse(span_of(text, len), &arena, &csv, &err);

	cr_expect(rc < 0 && csv.row_count == 77, "%s", message);
	cr_expect(strstr(err.msg, message) != NULL, "%s: %s", message, err.msg);
}

static void refused(const char *text, const char *message)
{
	expect_refused(text, strlen(text), message);
}

Test(csv, says_in_which_row_it_went_wrong)
{
	refused("", "the file is empty");
	refused("\xef\xbb\xbf", "the file is empty");
	refused("\na\n", "row 1: row 1 is blank");
	refused("a,b\n1,2\n\"3,4\n5,6\n", "row 3: a quote is opened");
	refused("a,b\n\"1\"x,2\n", "row 2: text follows");
	refused("a,b\n1,2,3\n", "row 2: cell 3 stands in a column without");
	refused("a,,c\n1,2,3\n", "row 2: cell 2 stands in a column without");
	refused("a,b,a\n", "row 1: column 'a' stands there twice");
	refused("a\n\xff\xff\xff\n", "neither UTF-8 nor GB18030");
	expect_refused("\xff\xfe"
		       "a\0\n\0",
		       6, "neither UTF-8 nor GB18030");
	expect_refused("a\n1\0\n", 5, "neither UTF-8 nor GB18030");
}

Test(csv, takes_only_well_formed_utf8_as_utf8)
{
	static const char *const texts[] = {
		"\xc0\xaf",	    "\xe0\x80\xaf",	    "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\x80",
		"\xe4\xb8",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct span out = { 0 };
		int rc =
			csv_to_utf8(span_of_text(texts[i]), &arena, &out, NULL);

		/* Some are characters in GB18030, none may stay as it is. */
		cr_expect(rc == ERR_INVALID ||
				  !span_equal(out, span_of_text(texts[i])),
			  "row %zu", i);
	}
}

Test(csv, has_limits)
{
	size_t len = CSV_CELL_BYTES_MAX + 8;
	char *text = malloc(len);
	struct csv csv;
	struct err err;

	memset(text, 'x', len);
	text[1] = '\n';
	cr_expect(csv_parse(span_of(text, len), &arena, &csv, &err) ==
		  ERR_LIMIT);
	cr_expect(csv_parse(span_of(text, len - 7), &arena, &csv, &err) == 0);
	memset(text, ',', len);
	text[0] = 'a';
	text[CSV_COLUMNS_MAX + 1] = 'b';
	cr_expect(csv_parse(span_of(text, len), &arena, &csv, &err) ==
		  ERR_LIMIT);
	free(text);
}

Test(csv, stops_at_the_arenas_cap)
{
	char text[4096];
	struct arena small;
	struct csv csv;
	struct err err;

	memset(text, '\n', sizeof(text));
	text[0] = 'a';
	arena_init(&small, 8192);
	cr_expect(csv_parse(span_of(text, sizeof(text)), &small, &csv, &err) ==
		  ERR_NOMEM);
	arena_release(&small);
}

Test(csv, what_is_written_reads_back)
{
	static const char *const cells[] = {
		"plain", "a,b", "say \"so\"", "two\nlines",	 "白马",
		"",	 "\"",	"a\r\nb",     "# not a comment",
	};
	size_t count = sizeof(cells) / sizeof(*cells);
	struct strbuf text;
	struct csv csv;

	strbuf_init(&text, 0);
	strbuf_add_text(&text, "k,v\n");
	for (size_t i = 0; i < count; i++) {
		strbuf_add_text(&text, "k,");
		csv_write_cell(&text, span_of_text(cells[i]));
		strbuf_add_char(&text, '\n');
	}
	csv = parsed(text.text);
	cr_assert(csv.row_count == count);
	for (size_t i = 0; i < count; i++)
		cr_expect(cell_is(&csv, i, 1, cells[i]), "row %zu", i);
	strbuf_release(&text);
}

Test(csv, nothing_becomes_a_formula_and_everything_comes_back)
{
	static const struct {
		const char *cell, *written;
	} rows[] = {
		{ "", "" },
		{ "白马镇", "白马镇" },
		{ "=1+1", "'=1+1" },
		{ "+86 832", "'+86 832" },
		{ "-rm", "'-rm" },
		{ "-", "'-" },
		{ "@SUM(A1)", "'@SUM(A1)" },
		{ "＝1+1", "'＝1+1" },
		{ "=HYPERLINK(\"x\",\"y\")",
		  "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"" },
		{ "-5", "-5" }, /* figures stay figures */
		{ "-1234.5", "-1234.5" },
		{ "'", "'" },
		{ "'tis", "'tis" },
		{ "'=1", "''=1" },
		{ "''=1", "'''=1" },
		{ "a=b", "a=b" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span cell = span_of_text(rows[i].cell), back;
		struct strbuf out;

		strbuf_init(&out, 0);
		strbuf_add_text(&out, "c\n");
		csv_write_guarded(&out, cell);
		cr_expect_str_eq(out.text + 2, rows[i].written, "row %zu", i);
		if (cell.len) {
			struct csv csv;

			cr_assert_eq(csv_parse(strbuf_span(&out), &arena, &csv,
					       NULL),
				     0);
			back = csv_unguarded(csv.rows[0].cells[0]);
			cr_expect(span_equal(back, cell), "row %zu", i);
		}
		strbuf_release(&out);
	}
}
