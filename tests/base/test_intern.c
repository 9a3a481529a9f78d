#include "base/intern.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(intern, numbers_go_in_order_of_first_appearance)
{
	struct intern table;

	intern_init(&table);
	cr_expect(intern_find(&table, span_of_text("a")) == INTERN_NONE);
	cr_expect(intern_put(&table, span_of_text("a")) == 0);
	cr_expect(intern_put(&table, span_of_text("b")) == 1);
	cr_expect(intern_put(&table, span_of_text("a")) == 0);
	cr_expect(intern_put(&table, span_of(NULL, 0)) == 2);
	cr_expect(intern_put(&table, span_of("a\0", 2)) == 3);
	cr_expect(table.count == 4);
	cr_expect(intern_find(&table, span_of_text("b")) == 1);
	cr_expect(intern_find(&table, span_of_text("c")) == INTERN_NONE);
	cr_expect(span_equal(intern_key(&table, 1), span_of_text("b")));
	cr_expect(intern_key(&table, 2).len == 0);
	intern_release(&table);
	intern_release(NULL);
}

Test(intern, keeps_many_keys_at_stable_addresses)
{
	struct intern table;
	const uint8_t *first;
	char key[32];

	intern_init(&table);
	cr_expect(intern_put(&table, span_of_text("first")) == 0);
	first = intern_key(&table, 0).data;
	for (uint32_t i = 1; i < 50000; i++) {
		(void)snprintf(key, sizeof(key), "unit-%u", i);
		cr_assert(intern_put(&table, span_of_text(key)) == i);
	}
	cr_expect(intern_key(&table, 0).data == first);
	for (uint32_t i = 1; i < 50000; i++) {
		(void)snprintf(key, sizeof(key), "unit-%u", i);
		cr_assert(intern_find(&table, span_of_text(key)) == i);
	}
	intern_release(&table);
	cr_expect(intern_find(&table, span_of_text("first")) == INTERN_NONE);
}

Test(intern, copies_its_keys)
{
	struct intern table;
	char key[] = "baima";

	intern_init(&table);
	(void)intern_put(&table, span_of_text(key));
	memset(key, 'x', 5);
	cr_expect(intern_find(&table, span_of_text("baima")) == 0);
	intern_release(&table);
}
