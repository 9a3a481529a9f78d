#include "proto/hash.h"

#include <pthread.h>
#include <stdlib.h>

#include <criterion/criterion.h>

static struct hash of_text(const char *text)
{
	return hash_span(span_of_text(text));
}

static void expect_hex(struct hash hash, const char *hex)
{
	char text[2 * HASH_BYTES + 1];

	hash_print(&hash, text);
	cr_expect_str_eq(text, hex);
}

Test(hash, agrees_with_fips_180_vectors)
{
	expect_hex(of_text(""), "e3b0c44298fc1c149afbf4c8996fb924"
				"27ae41e4649b934ca495991b7852b855");
	expect_hex(of_text("abc"), "ba7816bf8f01cfea414140de5dae2223"
				   "b00361a396177a9cb410ff61f20015ad");
}

Test(hash, parts_hash_as_what_they_spell)
{
	const struct span parts[] = { span_of_text("a"), span_of(NULL, 0),
				      span_of_text("bc") };
	struct hash whole = of_text("abc");
	struct hash cut = hash_parts(parts, 3);

	cr_expect(hash_equal(&whole, &cut));
}

Test(hash, domains_never_meet)
{
	uint8_t zeros[64] = { 0 };
	struct hash none = { 0 };
	struct span all = span_of(zeros, sizeof(zeros));
	struct hash seen[] = {
		hash_span(all),
		hash_leaf(all, span_of(NULL, 0)),
		hash_node(&none, &none),
		hash_link(&none, &none, span_of(NULL, 0)),
		hash_text(zeros, span_of(zeros, 48)),
	};

	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < i; j++)
			cr_expect(!hash_equal(&seen[i], &seen[j]),
				  "rows %zu and %zu", i, j);
}

Test(hash, writes_each_domain_as_the_format_says)
{
	uint8_t plain[1 + 64 + 3] = { 0 };
	struct hash a = of_text("a"), b = of_text("b"), got;
	struct span row = span_of_text("row");

	memcpy(plain + 1, a.bytes, 32);
	memcpy(plain + 33, b.bytes, 32);
	memcpy(plain + 65, "row", 3);

	plain[0] = 1;
	got = hash_node(&a, &b);
	cr_expect(hash_equal(
		&got, &(struct hash[]){ hash_span(span_of(plain, 65)) }[0]));
	plain[0] = 2;
	got = hash_link(&a, &b, row);
	cr_expect(hash_equal(
		&got, &(struct hash[]){ hash_span(span_of(plain, 68)) }[0]));
	plain[0] = 0;
	got = hash_leaf(span_of(plain + 1, 64), row);
	cr_expect(hash_equal(
		&got, &(struct hash[]){ hash_span(span_of(plain, 68)) }[0]));
	plain[0] = 4;
	got = hash_text(a.bytes, span_of(plain + 17, 20));
	cr_expect(hash_equal(
		&got, &(struct hash[]){ hash_span(span_of(plain, 37)) }[0]));
}

static void *hash_many(void *arg)
{
	struct hash *hash = arg;

	for (int i = 0; i < 1000; i++)
		*hash = hash_leaf(span_of(hash->bytes, HASH_BYTES),
				  span_of_text("x"));
	return NULL;
}

Test(hash, threads_do_not_disturb_each_other)
{
	struct hash hashes[3] = { 0 };
	pthread_t threads[2];

	for (size_t i = 0; i < 2; i++)
		cr_assert(!pthread_create(&threads[i], NULL, hash_many,
					  &hashes[i]));
	hash_many(&hashes[2]);
	for (size_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	cr_expect(hash_equal(&hashes[0], &hashes[2]));
	cr_expect(hash_equal(&hashes[1], &hashes[2]));
}
