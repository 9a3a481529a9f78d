#include "store/tables.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct span text(const char *value)
{
	return span_of_text(value);
}

static void put(struct puts *puts, enum table table, const char *key,
		const char *value)
{
	cr_assert_eq(puts_add(puts, table, text(key), text(value)), 0);
}

static void drop(struct puts *puts, enum table table, const char *key)
{
	cr_assert_eq(puts_delete(puts, table, text(key)), 0);
}

/* Appends "key=value;". */
static int print_pair(void *arg, struct span key, struct span value)
{
	struct strbuf *out = arg;

	strbuf_add(out, key.data, key.len);
	strbuf_add_char(out, '=');
	strbuf_add(out, value.data, value.len);
	strbuf_add_char(out, ';');
	return 0;
}

static void expect_pairs(const struct table_reader *reader, enum table table,
			 const char *prefix, const char *wanted)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	cr_expect_eq(reader->scan(reader->ctx, table, text(prefix), print_pair,
				  &out, NULL),
		     0);
	cr_expect_str_eq(out.text, wanted, "prefix '%s': '%s' instead of '%s'",
			 prefix, out.text, wanted);
	strbuf_release(&out);
}

Test(tables, have_distinct_names)
{
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		cr_expect_str_neq(table_name((enum table)i), "?");
		for (unsigned j = 0; j < i; j++)
			cr_expect_str_neq(table_name((enum table)i),
					  table_name((enum table)j));
	}
}

Test(tables, puts_are_sorted_and_the_last_wins)
{
	struct put *list;
	size_t count;
	struct puts puts;

	puts_init(&puts);
	put(&puts, TABLE_FIGURE, "b", "1");
	put(&puts, TABLE_META, "z", "2");
	put(&puts, TABLE_FIGURE, "a", "3");
	put(&puts, TABLE_FIGURE, "b", "4");
	put(&puts, TABLE_FIGURE, "bb", "5");
	drop(&puts, TABLE_FIGURE, "a");
	put(&puts, TABLE_META, "empty", "");
	cr_assert_eq(puts.count, 7);
	cr_assert_eq(puts_sorted(&puts, &list, &count), 0);
	cr_assert_eq(count, 5);
	cr_expect(span_equal(list[0].key, text("empty")));
	cr_expect(!list[0].deleted && list[0].value.len == 0);
	cr_expect(span_equal(list[1].key, text("z")));
	cr_expect(span_equal(list[2].key, text("a")) && list[2].deleted);
	cr_expect(span_equal(list[3].key, text("b")) &&
		  span_equal(list[3].value, text("4")));
	cr_expect(span_equal(list[4].key, text("bb")));
	free(list);
	puts_clear(&puts);
	cr_assert_eq(puts_sorted(&puts, &list, &count), 0);
	cr_expect_eq(count, 0);
	free(list);
	puts_release(&puts);
}

Test(tables, memory_answers_get_and_scan)
{
	struct memory_tables *tables = memory_tables_new();
	struct table_reader reader = memory_tables_reader(tables);
	struct span value;
	struct puts puts;

	puts_init(&puts);
	put(&puts, TABLE_ID, "t2", "two");
	put(&puts, TABLE_ID, "t1", "one");
	put(&puts, TABLE_ID, "u1", "unit");
	put(&puts, TABLE_ID, "t10", "ten");
	put(&puts, TABLE_ID, "t1", "first");
	put(&puts, TABLE_META, "t1", "elsewhere");
	put(&puts, TABLE_META, "none", "");
	cr_assert_eq(memory_tables_apply(tables, &puts), 0);
	cr_expect_eq(puts.count, 0);
	expect_pairs(&reader, TABLE_ID, "", "t1=first;t10=ten;t2=two;u1=unit;");
	expect_pairs(&reader, TABLE_ID, "t", "t1=first;t10=ten;t2=two;");
	expect_pairs(&reader, TABLE_ID, "t1", "t1=first;t10=ten;");
	expect_pairs(&reader, TABLE_ID, "v", "");
	expect_pairs(&reader, TABLE_GRANT, "", "");
	cr_assert_eq(reader.get(tables, TABLE_META, text("none"), &value, NULL),
		     0);
	cr_expect_eq(value.len, 0);
	cr_expect_eq(reader.get(tables, TABLE_META, text("t"), &value, NULL),
		     ERR_NOTFOUND);
	drop(&puts, TABLE_ID, "t1");
	drop(&puts, TABLE_ID, "absent");
	put(&puts, TABLE_ID, "t2", "2");
	cr_assert_eq(memory_tables_apply(tables, &puts), 0);
	expect_pairs(&reader, TABLE_ID, "", "t10=ten;t2=2;u1=unit;");
	puts_release(&puts);
	memory_tables_free(tables);
}

static int stop_at_second(void *arg, struct span key, struct span value)
{
	int *seen = arg;

	(void)key;
	(void)value;
	return ++*seen == 2 ? 42 : 0;
}

Test(tables, scan_returns_what_stopped_it)
{
	struct memory_tables *tables = memory_tables_new();
	struct table_reader reader = memory_tables_reader(tables);
	struct puts puts;
	int seen = 0;

	puts_init(&puts);
	put(&puts, TABLE_ID, "a", "1");
	put(&puts, TABLE_ID, "b", "2");
	put(&puts, TABLE_ID, "c", "3");
	cr_assert_eq(memory_tables_apply(tables, &puts), 0);
	cr_expect_eq(reader.scan(tables, TABLE_ID, text(""), stop_at_second,
				 &seen, NULL),
		     42);
	cr_expect_eq(seen, 2);
	puts_release(&puts);
	memory_tables_free(tables);
}

struct ordered {
	uint8_t last[4];
	size_t count;
	bool sorted;
};

static int check_order(void *arg, struct span key, struct span value)
{
	struct ordered *ordered = arg;

	(void)value;
	if (key.len != 4 ||
	    (ordered->count && memcmp(ordered->last, key.data, 4) >= 0))
		ordered->sorted = false;
	else
		memcpy(ordered->last, key.data, 4);
	ordered->count++;
	return 0;
}

Test(tables, memory_agrees_with_an_array_on_generated_writes)
{
	enum { KEYS = 2000, WRITES = 20000 };
	static uint32_t model[KEYS]; /* value, 0: absent */
	struct memory_tables *tables = memory_tables_new();
	struct table_reader reader = memory_tables_reader(tables);
	struct ordered ordered = { .sorted = true };
	struct puts puts;
	uint32_t dice = 12345;
	size_t present = 0;

	puts_init(&puts);
	for (uint32_t i = 1; i <= WRITES; i++) {
		uint32_t k;
		uint8_t key[4];

		dice = dice * 1664525 + 1013904223;
		k = (dice >> 8) % KEYS;
		key[0] = key[1] = 0;
		key[2] = (uint8_t)(k >> 8);
		key[3] = (uint8_t)k;
		if ((dice >> 28) < 5) {
			model[k] = 0;
			cr_assert_eq(
				puts_delete(&puts, TABLE_PART, span_of(key, 4)),
				0);
		} else {
			model[k] = i;
			cr_assert_eq(puts_add(&puts, TABLE_PART,
					      span_of(key, 4), span_of(&i, 4)),
				     0);
		}
		if (i % 37 == 0)
			cr_assert_eq(memory_tables_apply(tables, &puts), 0);
	}
	cr_assert_eq(memory_tables_apply(tables, &puts), 0);
	for (uint32_t k = 0; k < KEYS; k++) {
		uint8_t key[4] = { 0, 0, (uint8_t)(k >> 8), (uint8_t)k };
		struct span value = { NULL, 0 };
		int rc = reader.get(tables, TABLE_PART, span_of(key, 4), &value,
				    NULL);

		present += model[k] != 0;
		cr_expect(model[k] ? !rc && value.len == 4 &&
					     !memcmp(value.data, &model[k], 4) :
				     rc == ERR_NOTFOUND,
			  "key %u", k);
	}
	cr_expect_eq(reader.scan(tables, TABLE_PART, text(""), check_order,
				 &ordered, NULL),
		     0);
	cr_expect(ordered.sorted);
	cr_expect_eq(ordered.count, present);
	puts_release(&puts);
	memory_tables_free(tables);
}

struct difference_case {
	const char *key_a, *value_a, *key_b, *value_b;
	size_t differences;
	const char *said;
};

Test(tables, compare_names_the_first_difference)
{
	static const struct difference_case cases[] = {
		{ "k", "v", "k", "v", 0, "" },
		{ "k", "vvv", "k", "vxv", 1,
		  "table figure, key 6b: the values differ from byte 1 on" },
		{ "k", "v", "k", "vv", 1,
		  "table figure, key 6b: the values differ from byte 1 on" },
		{ "a", "v", "b", "v", 2,
		  "table figure, key 61: only in the first" },
		{ "bb", "v", "b", "v", 2,
		  "table figure, key 62: only in the second" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct memory_tables *a = memory_tables_new();
		struct memory_tables *b = memory_tables_new();
		struct table_reader ra = memory_tables_reader(a);
		struct table_reader rb = memory_tables_reader(b);
		struct strbuf out;
		size_t differences = 99;
		struct puts puts;

		strbuf_init(&out, 0);
		puts_init(&puts);
		put(&puts, TABLE_FIGURE, cases[i].key_a, cases[i].value_a);
		put(&puts, TABLE_META, "same", "same");
		cr_assert_eq(memory_tables_apply(a, &puts), 0);
		put(&puts, TABLE_META, "same", "same");
		put(&puts, TABLE_FIGURE, cases[i].key_b, cases[i].value_b);
		cr_assert_eq(memory_tables_apply(b, &puts), 0);
		cr_expect_eq(tables_compare(&ra, &rb, &out, &differences, NULL),
			     0, "row %zu", i);
		cr_expect_eq(differences, cases[i].differences, "row %zu", i);
		cr_expect_str_eq(out.text, cases[i].said, "row %zu: %s", i,
				 out.text);
		puts_release(&puts);
		strbuf_release(&out);
		memory_tables_free(a);
		memory_tables_free(b);
	}
}

static int no_pair(void *ctx, enum table table, struct span key,
		   struct span *value, struct err *err)
{
	(void)ctx, (void)table, (void)key, (void)value;
	return err_set(err, ERR_NOTFOUND, "not there");
}

static int one_long_key(void *ctx, enum table table, struct span prefix,
			int (*visit)(void *arg, struct span key,
				     struct span value),
			void *arg, struct err *err)
{
	static const uint8_t key[2000] = { 1 };

	(void)ctx, (void)prefix, (void)err;
	return table == TABLE_ID ?
		       visit(arg, span_of(key, sizeof(key)), span_of(key, 1)) :
		       0;
}

/* A damaged page of LMDB gives keys that nobody could have written. */
Test(tables, compare_survives_a_key_that_no_table_can_hold)
{
	struct table_reader damaged = { .get = no_pair, .scan = one_long_key };
	struct memory_tables *tables = memory_tables_new();
	struct table_reader sound = memory_tables_reader(tables);
	size_t differences;
	struct strbuf out;

	strbuf_init(&out, 0);
	cr_expect_eq(tables_compare(&sound, &damaged, &out, &differences, NULL),
		     0);
	cr_expect_eq(differences, 1);
	cr_expect(strstr(out.text, "only in the second"), "%s", out.text);
	strbuf_release(&out);
	memory_tables_free(tables);
}

Test(tables, compare_counts_at_most_a_thousand)
{
	struct memory_tables *a = memory_tables_new();
	struct memory_tables *b = memory_tables_new();
	struct table_reader ra = memory_tables_reader(a);
	struct table_reader rb = memory_tables_reader(b);
	struct strbuf out;
	size_t differences = 0;
	struct puts puts;

	strbuf_init(&out, 0);
	puts_init(&puts);
	for (uint32_t i = 0; i < 3000; i++)
		cr_assert_eq(puts_add(&puts, TABLE_CHANGE, span_of(&i, 4),
				      text("x")),
			     0);
	cr_assert_eq(memory_tables_apply(a, &puts), 0);
	cr_expect_eq(tables_compare(&rb, &ra, &out, &differences, NULL), 0);
	cr_expect_eq(differences, 1000);
	cr_expect_eq(tables_compare(&ra, &rb, &out, &differences, NULL), 0);
	cr_expect_eq(differences, 1000);
	puts_release(&puts);
	strbuf_release(&out);
	memory_tables_free(a);
	memory_tables_free(b);
}
