#include "store/outbox.h"
#include "test_dir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char dir[TEST_DIR_BYTES];
static struct outbox *outbox;
static struct arena arena;
static struct sign_pair pair;

static void setup(void)
{
	uint8_t seed[SIGN_SEED_BYTES] = { 5 };

	cr_assert_eq(sign_start(NULL), 0);
	sign_pair_from_seed(seed, &pair);
	test_dir(dir, "outbox");
	cr_assert_eq(outbox_open(dir, &outbox, NULL), 0);
	arena_init(&arena, (size_t)256 * 1024 * 1024);
}

static void cleanup(void)
{
	outbox_close(outbox);
	arena_release(&arena);
	test_dir_remove(dir);
}

TestSuite(outbox, .init = setup, .fini = cleanup);

/* ---- making statements ---- */

struct wording {
	const char *period; /* NULL: a rules statement, of no cell */
	const char *value;
	const char *reason;  /* NULL: none */
	const uint8_t *base; /* salt of what it replaces, or NULL */
};

static struct sealed make(const struct wording *w)
{
	struct cell_text cell = { span_of(NULL, 0), span_of_text(w->value) };
	struct text_hash hash = { .name = span_of_text("reason") };
	struct statement s = { .kind = SAID_REPORT };
	struct sealed out = { 0 };
	struct strbuf body;

	salt_draw(out.salt);
	if (w->reason) {
		out.texts = arena_array(&arena, 1, sizeof(*out.texts));
		out.text_count = 1;
		random_bytes(out.texts[0].salt, SALT_BYTES);
		out.texts[0].text = span_of_text(w->reason);
		hash.hash = hash_text(out.texts[0].salt, out.texts[0].text);
		s.texts = &hash;
		s.text_count = 1;
	}
	if (w->base)
		s.base = span_of(w->base, BASE_BYTES);
	if (w->period) {
		s.said.report.target = span_of_text("t");
		s.said.report.unit = span_of_text("u");
		s.said.report.period = span_of_text(w->period);
		s.said.report.cells = &cell;
		s.said.report.cell_count = 1;
	} else {
		s.kind = SAID_RULES;
		s.said.rules = 1;
	}
	strbuf_init(&body, 0);
	cr_assert_eq(wire_encode_statement(&s, &body, NULL), 0);
	out.body = span_of(arena_copy(&arena, body.text, body.len), body.len);
	strbuf_release(&body);
	return out;
}

static struct sealed report(const char *period, const char *value)
{
	struct wording w = { .period = period, .value = value };

	return make(&w);
}

static uint64_t save(const struct sealed *sealed)
{
	uint64_t number = 0;

	cr_assert_eq(outbox_save(outbox, sealed, 1, 1000, &number, NULL), 0);
	return number;
}

static uint64_t save_report(const char *period, const char *value)
{
	struct sealed sealed = report(period, value);

	return save(&sealed);
}

/* Seals all that waits and gives the batch back decoded and proved. */
static int seal(size_t count_max, struct batch *out, uint64_t *sequence)
{
	const struct seal_header header = { .sent_us = 77 };
	struct span bytes;
	int rc;

	cr_assert_eq(outbox_lock_sender(outbox, NULL), 0);
	rc = outbox_seal(outbox, &header, &pair, count_max,
			 WIRE_BATCH_BYTES_MAX, &arena, &bytes, sequence, NULL);
	if (rc)
		return rc;
	cr_assert_eq(wire_decode_batch(bytes, &arena, out, NULL), 0);
	cr_assert_eq(wire_check_batch(out, &arena, false, NULL), 0);
	return 0;
}

static int receive(uint64_t sequence, uint64_t index, uint16_t *verdicts,
		   size_t count)
{
	struct receipt receipt = { sequence, index, 5000 + index, verdicts,
				   count };

	return outbox_receipts(outbox, &receipt, 1, NULL);
}

/* The value that a cell's head has, or why there is none. */
static int value_of(const char *period, struct span *value, struct head *head)
{
	char key[64];
	int rc;

	(void)snprintf(key, sizeof(key), "t|u|%s|", period);
	rc = outbox_head(outbox, span_of_text(key), &arena, head, NULL);
	if (!rc)
		*value = head->report.cells[0].value;
	return rc;
}

static void expect_value(const char *period, const char *value)
{
	struct span got = { 0 };
	struct head head;

	cr_assert_eq(value_of(period, &got, &head), 0, "%s", value);
	cr_expect(span_equal(got, span_of_text(value)), "%.*s, not %s",
		  (int)got.len, (const char *)got.data, value);
}

static struct outbox_counts counts(void)
{
	struct outbox_counts out;

	cr_assert_eq(outbox_counts(outbox, &out, NULL), 0);
	return out;
}

static void expect_counts(uint64_t waiting, uint64_t sealed, uint64_t delivered,
			  uint64_t refused)
{
	struct outbox_counts got = counts();

	cr_expect_eq(got.waiting, waiting);
	cr_expect_eq(got.sealed, sealed);
	cr_expect_eq(got.delivered, delivered);
	cr_expect_eq(got.refused, refused);
	cr_expect_eq(got.bytes_waiting > 0, waiting > 0);
}

struct listing {
	struct outbox_item items[64];
	size_t count;
};

static int list(void *arg, const struct outbox_item *item)
{
	struct listing *listing = arg;

	cr_assert(listing->count < COUNT(listing->items));
	listing->items[listing->count++] = *item;
	return 0;
}

static struct listing items(uint64_t from)
{
	struct listing out = { .count = 0 };

	cr_assert_eq(outbox_items(outbox, from, list, &out, NULL), 0);
	return out;
}

static void reopen(void)
{
	outbox_close(outbox);
	outbox = NULL;
	cr_assert_eq(outbox_open(dir, &outbox, NULL), 0);
}

/* ---- saving ---- */

Test(outbox, what_is_saved_is_there_after_a_restart)
{
	struct wording w = { "2024-01", "5", "雨水多", NULL };
	struct sealed sealed[2];
	uint64_t numbers[2];
	struct listing got;

	sealed[0] = make(&w);
	sealed[1] = report("2024-02", "6");
	cr_assert_eq(outbox_save(outbox, sealed, 2, 123, numbers, NULL), 0);
	cr_expect_eq(numbers[0], 1);
	cr_expect_eq(numbers[1], 2);
	reopen();
	expect_counts(2, 0, 0, 0);
	got = items(1);
	cr_assert_eq(got.count, 2);
	cr_expect_eq(got.items[0].saved_us, 123);
	cr_expect_eq(got.items[0].sequence, 0);
	cr_expect(!got.items[0].delivered);
	cr_expect_arr_eq(got.items[1].sealed.salt, sealed[1].salt, SALT_BYTES);
	cr_expect_eq(items(2).count, 1);
	cr_expect_eq(items(3).count, 0);
}

static int expect_reason(void *arg, const struct outbox_item *item)
{
	const struct sealed *sealed = arg;

	cr_expect(span_equal(item->sealed.body, sealed->body));
	cr_assert_eq(item->sealed.text_count, 1);
	cr_expect_arr_eq(item->sealed.texts[0].salt, sealed->texts[0].salt,
			 SALT_BYTES);
	cr_expect(
		span_equal(item->sealed.texts[0].text, sealed->texts[0].text));
	return 42;
}

Test(outbox, items_are_given_whole_until_the_visitor_stops)
{
	struct wording w = { "2024-01", "5", "雨水多", NULL };
	struct sealed sealed = make(&w);

	save(&sealed);
	save_report("2024-02", "6");
	cr_expect_eq(outbox_items(outbox, 1, expect_reason, &sealed, NULL), 42);
}

Test(outbox, saving_is_all_or_nothing)
{
	struct sealed sealed[3] = { report("2024-01", "1"),
				    report("2024-02", "2"),
				    report("2024-03", "3") };
	struct span value;
	struct head head;

	sealed[2].body = span_of_text("\xff");
	cr_expect_eq(outbox_save(outbox, sealed, 3, 1, NULL, NULL),
		     ERR_INVALID);
	expect_counts(0, 0, 0, 0);
	cr_expect_eq(items(1).count, 0);
	cr_expect_eq(value_of("2024-01", &value, &head), ERR_NOTFOUND);
	cr_expect_eq(outbox_save(outbox, sealed, 2, 1, NULL, NULL), 0);
	cr_expect_eq(items(1).items[0].number, 1);
}

Test(outbox, refuses_what_could_never_be_sent)
{
	struct wording w = { "2024-01", "5", "why", NULL };
	char *large = calloc(1, WIRE_BATCH_BYTES_MAX);
	struct sealed good = make(&w), bad;
	struct text other = { .text = span_of_text("other") };
	struct strbuf body;
	struct statement part = { .kind = SAID_CATALOGUE_PART };

	cr_assert(large);
	save(&good);
	cr_expect_eq(outbox_save(outbox, &good, 1, 1, NULL, NULL), ERR_EXISTS,
		     "the same salt");

	bad = make(&w);
	memset(bad.salt, 0, BASE_BYTES);
	cr_expect_eq(outbox_save(outbox, &bad, 1, 1, NULL, NULL), ERR_INVALID,
		     "a salt that names no base");
	bad = make(&w);
	bad.text_count = 0;
	cr_expect_eq(outbox_save(outbox, &bad, 1, 1, NULL, NULL), ERR_INVALID,
		     "text is missing");
	bad = make(&w);
	bad.texts = &other;
	cr_expect_eq(outbox_save(outbox, &bad, 1, 1, NULL, NULL), ERR_INVALID,
		     "another text");
	bad = make(&w);
	bad.body = span_of_text("\x62\x02\x30\x01");
	bad.text_count = 0;
	cr_expect_eq(outbox_save(outbox, &bad, 1, 1, NULL, NULL), ERR_INVALID,
		     "unknown fields");

	part.said.part.bytes = span_of(large, WIRE_BATCH_BYTES_MAX - 100);
	strbuf_init(&body, 0);
	cr_assert_eq(wire_encode_statement(&part, &body, NULL), 0);
	bad.body = strbuf_span(&body);
	cr_expect_eq(outbox_save(outbox, &bad, 1, 1, NULL, NULL), ERR_LIMIT,
		     "fits no batch");
	part.said.part.bytes.len = WIRE_BATCH_BYTES_MAX - 1000;
	strbuf_clear(&body);
	cr_assert_eq(wire_encode_statement(&part, &body, NULL), 0);
	bad.body = strbuf_span(&body);
	cr_expect_eq(outbox_save(outbox, &bad, 1, 1, NULL, NULL), 0,
		     "just fits");
	expect_counts(2, 0, 0, 0);
	strbuf_release(&body);
	free(large);
}

Test(outbox, largest_statement_is_sealed_alone)
{
	char *large = calloc(1, WIRE_BATCH_BYTES_MAX);
	struct statement part = { .kind = SAID_CATALOGUE_PART };
	struct sealed sealed = { 0 };
	struct strbuf body;
	struct batch batch;
	uint64_t sequence;

	cr_assert(large);
	part.said.part.bytes = span_of(large, WIRE_BATCH_BYTES_MAX - 700);
	strbuf_init(&body, 0);
	cr_assert_eq(wire_encode_statement(&part, &body, NULL), 0);
	sealed.body = strbuf_span(&body);
	for (int i = 0; i < 3; i++) {
		salt_draw(sealed.salt);
		save(&sealed);
	}
	for (uint64_t i = 1; i <= 3; i++) {
		cr_assert_eq(seal(100, &batch, &sequence), 0);
		cr_expect_eq(sequence, i);
		cr_expect_eq(batch.header.count, 1);
	}
	cr_expect_eq(seal(100, &batch, &sequence), ERR_NOTFOUND);
	strbuf_release(&body);
	free(large);
}

Test(outbox, one_that_waits_can_be_replaced_until_it_is_sealed)
{
	struct sealed first = report("2024-01", "5"), second;
	uint64_t number = save(&first), sequence;
	struct outbox_counts before = counts();
	struct batch batch;

	second = report("2024-01", "67890");
	memcpy(second.salt, first.salt, SALT_BYTES);
	cr_assert_eq(outbox_replace(outbox, number, &second, NULL), 0);
	expect_value("2024-01", "67890");
	expect_counts(1, 0, 0, 0);
	cr_expect_eq(counts().bytes_waiting, before.bytes_waiting + 4);

	second = report("2024-02", "7");
	memcpy(second.salt, first.salt, SALT_BYTES);
	cr_expect_eq(outbox_replace(outbox, number, &second, NULL), ERR_INVALID,
		     "another cell");
	second = report("2024-01", "7");
	cr_expect_eq(outbox_replace(outbox, number, &second, NULL), ERR_INVALID,
		     "another salt");
	cr_expect_eq(outbox_replace(outbox, number + 1, &second, NULL),
		     ERR_NOTFOUND);
	cr_assert_eq(seal(10, &batch, &sequence), 0);
	memcpy(second.salt, first.salt, SALT_BYTES);
	cr_expect_eq(outbox_replace(outbox, number, &second, NULL),
		     ERR_NOTFOUND, "sealed meanwhile");
}

/* ---- sealing ---- */

Test(outbox, batches_form_a_chain_in_the_order_of_saving)
{
	struct batch batches[3];
	struct outbox_chain chain;
	struct hash zero = { 0 };
	uint64_t sequence;

	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect_eq(chain.next, 1);
	cr_expect(hash_equal(&chain.head, &zero));
	cr_expect_eq(chain.first_kept, 0);
	for (int i = 0; i < 5; i++)
		save_report("2024-01", "1");
	for (uint64_t i = 0; i < 3; i++) {
		cr_assert_eq(seal(2, &batches[i], &sequence), 0);
		cr_expect_eq(sequence, i + 1);
		cr_expect_eq(batches[i].header.sequence, i + 1);
		cr_expect_eq(batches[i].header.count, i < 2 ? 2 : 1);
		cr_expect_eq(batches[i].header.sent_us, 77);
		cr_expect(hash_equal(&batches[i].header.prev,
				     i ? &batches[i - 1].name : &zero));
		reopen();
	}
	cr_expect_eq(seal(2, &batches[0], &sequence), ERR_NOTFOUND);
	for (size_t i = 0; i < 5; i++) {
		struct outbox_item item = items(1).items[i];

		cr_expect_eq(item.sequence, i / 2 + 1, "item %zu", i);
		cr_expect_eq(item.n, i % 2, "item %zu", i);
	}
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect_eq(chain.next, 4);
	cr_expect(hash_equal(&chain.head, &batches[2].name));
	cr_expect_eq(chain.first_kept, 1);
	cr_expect_eq(chain.last_kept, 3);
	expect_counts(0, 5, 0, 0);
}

Test(outbox, a_new_key_begins_a_chain_of_its_own)
{
	uint16_t admitted[] = { 0, 0 };
	struct seal_header header = { .sent_us = 88 };
	struct sealed first = make(&(struct wording){ .value = "" });
	struct outbox_chain chain;
	struct sign_pair next;
	struct batch batch;
	struct hash zero = { 0 };
	struct span bytes;
	uint8_t seed[SIGN_SEED_BYTES] = { 6 };
	uint64_t sequence;

	sign_pair_from_seed(seed, &next);
	for (int i = 0; i < 3; i++)
		save_report("2024-01", "1");
	cr_assert_eq(seal(2, &batch, &sequence), 0);
	cr_expect_eq(outbox_succeed(outbox, &header, &next, &first, 5, NULL),
		     ERR_ORDER, "what was sealed goes first");
	cr_assert_eq(receive(1, 9, admitted, 2), 0);
	cr_assert_eq(outbox_proved(outbox, span_of_text("note"), 1, NULL), 0);
	cr_assert_eq(outbox_succeed(outbox, &header, &next, &first, 5, NULL),
		     0);
	reopen();
	cr_assert_eq(outbox_lock_sender(outbox, NULL), 0);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect_eq(chain.next, 2);
	cr_expect_eq(chain.base, 1);
	cr_expect_eq(chain.first_kept, 1);
	cr_expect_eq(chain.last_kept, 1);
	expect_counts(1, 1, 2, 0);
	cr_assert_eq(outbox_batch(outbox, 1, &arena, &bytes, NULL), 0);
	cr_assert_eq(wire_decode_batch(bytes, &arena, &batch, NULL), 0);
	cr_expect_eq(batch.header.sequence, 1);
	cr_expect(hash_equal(&batch.header.prev, &zero));
	cr_expect(!memcmp(batch.key.bytes, next.key.bytes, SIGN_KEY_BYTES));
	cr_expect(!memcmp(batch.sealed[0].salt, first.salt, SALT_BYTES));
	cr_expect_eq(outbox_succeed(outbox, &header, &pair, &first, 5, NULL),
		     ERR_ORDER, "one after the other");
	cr_assert_eq(receive(1, 12, admitted, 1), 0);
	expect_counts(1, 0, 3, 0);
	/* what waited is the second of the new key's */
	pair = next;
	cr_assert_eq(seal(2, &batch, &sequence), 0);
	cr_expect_eq(sequence, 2);
	cr_expect_eq(batch.header.sequence, 2);
	cr_expect(hash_equal(&batch.header.prev, &chain.head));
	cr_assert_eq(receive(2, 13, admitted, 1), 0);
	expect_counts(0, 0, 4, 0);
}

/* What the old key has said can be said again only while it speaks. */
Test(outbox, a_new_key_waits_until_all_of_the_old_one_is_proved)
{
	uint16_t admitted[] = { 0 };
	struct seal_header header = { .sent_us = 88 };
	struct sealed first = make(&(struct wording){ .value = "" });
	struct outbox_chain chain;
	struct sign_pair next;
	struct batch batch;
	uint8_t seed[SIGN_SEED_BYTES] = { 6 };
	uint64_t sequence, taken_back;

	sign_pair_from_seed(seed, &next);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect(chain.proved, "nothing was said");
	for (uint64_t i = 1; i <= 2; i++) {
		save_report("2024-01", "1");
		cr_assert_eq(seal(1, &batch, &sequence), 0);
		cr_assert_eq(receive(i, 9 + i, admitted, 1), 0);
	}
	cr_assert_eq(outbox_proved(outbox, span_of_text("note"), 1, NULL), 0);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect(!chain.proved);
	cr_expect_eq(outbox_succeed(outbox, &header, &next, &first, 5, NULL),
		     ERR_ORDER, "the second has a receipt and no more");
	/* It is lost, and sent again under the key that it was said with. */
	cr_assert_eq(outbox_wanted(outbox, 2, &taken_back, NULL), 0);
	cr_expect_eq(taken_back, 1);
	cr_assert_eq(receive(2, 12, admitted, 1), 0);
	cr_assert_eq(outbox_proved(outbox, span_of_text("newer"), 2, NULL), 0);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect(chain.proved);
	cr_assert_eq(outbox_succeed(outbox, &header, &next, &first, 5, NULL),
		     0);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect(!chain.proved, "nor is the new key");
}

Test(outbox, sealing_keeps_to_the_bytes_it_is_given)
{
	const struct seal_header header = { 0 };
	struct span bytes;
	uint64_t sequence;

	for (int i = 0; i < 50; i++)
		save_report("2024-01", "1");
	cr_assert_eq(outbox_lock_sender(outbox, NULL), 0);
	cr_expect_eq(outbox_seal(outbox, &header, &pair, 100, 100, &arena,
				 &bytes, &sequence, NULL),
		     ERR_NOTFOUND);
	cr_assert_eq(outbox_seal(outbox, &header, &pair, 100, 2000, &arena,
				 &bytes, &sequence, NULL),
		     0);
	cr_expect(bytes.len <= 2000);
	cr_expect(counts().waiting < 50 && counts().waiting > 25);
}

Test(outbox, sealed_batch_is_kept_as_it_was_made)
{
	struct batch batch, again;
	struct span bytes;
	uint64_t sequence;

	save_report("2024-01", "1");
	cr_assert_eq(seal(10, &batch, &sequence), 0);
	reopen();
	cr_assert_eq(outbox_batch(outbox, 1, &arena, &bytes, NULL), 0);
	cr_assert_eq(wire_decode_batch(bytes, &arena, &again, NULL), 0);
	cr_expect(hash_equal(&batch.name, &again.name));
	cr_expect_eq(outbox_batch(outbox, 2, &arena, &bytes, NULL),
		     ERR_NOTFOUND);
}

Test(outbox, only_the_holder_of_the_lock_seals)
{
	const struct seal_header header = { 0 };
	struct span bytes;
	uint64_t sequence;
	int status;
	pid_t child;

	save_report("2024-01", "1");
	cr_expect_eq(outbox_seal(outbox, &header, &pair, 1, 9999, &arena,
				 &bytes, &sequence, NULL),
		     ERR_LOCKED);
	cr_assert_eq(outbox_lock_sender(outbox, NULL), 0);
	cr_assert_eq(outbox_lock_sender(outbox, NULL), 0, "again is fine");
	child = fork();
	cr_assert(child >= 0);
	if (!child) {
		struct outbox *other;
		int rc = outbox_open(dir, &other, NULL);

		_exit(rc ? 1 : outbox_lock_sender(other, NULL) != ERR_LOCKED);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0);
}

/* ---- receipts ---- */

Test(outbox, receipts_tell_what_became_of_each_statement)
{
	uint16_t verdicts[] = { 0, VERDICT_STALE, 0 };
	struct batch batch;
	struct listing got;
	uint64_t sequence;

	for (int i = 0; i < 4; i++)
		save_report("2024-01", "1");
	cr_assert_eq(seal(3, &batch, &sequence), 0);
	cr_expect_eq(receive(2, 9, verdicts, 3), ERR_ORDER, "never sealed");
	cr_expect_eq(receive(1, 9, verdicts, 2), ERR_INVALID, "too few");
	expect_counts(1, 3, 0, 0);
	cr_expect_eq(receive(1, 9, verdicts, 3), 0);
	expect_counts(1, 0, 2, 1);
	verdicts[0] = VERDICT_MALFORMED;
	cr_expect_eq(receive(1, 9, verdicts, 3), 0, "again is harmless");
	reopen();
	expect_counts(1, 0, 2, 1);
	got = items(1);
	cr_expect(got.items[0].delivered);
	cr_expect_eq(got.items[0].index, 9);
	cr_expect_eq(got.items[0].recv_us, 5009);
	cr_expect_eq(got.items[0].verdict, 0);
	cr_expect_eq(got.items[1].verdict, VERDICT_STALE);
	cr_expect(!got.items[3].delivered);
}

Test(outbox, what_is_not_proved_may_get_another_place)
{
	uint16_t verdicts[] = { 0, VERDICT_STALE };
	struct batch batch;
	struct listing got;
	uint64_t sequence;

	save_report("2024-01", "1");
	save_report("2024-02", "2");
	cr_assert_eq(seal(2, &batch, &sequence), 0);
	cr_assert_eq(receive(1, 9, verdicts, 2), 0);
	expect_counts(0, 0, 1, 1);
	verdicts[1] = 0;
	cr_assert_eq(receive(1, 7, verdicts, 2), 0);
	expect_counts(0, 0, 2, 0);
	got = items(1);
	cr_expect_eq(got.items[0].index, 7);
	cr_expect_eq(got.items[0].recv_us, 5007);
	cr_expect_eq(got.items[1].verdict, 0);
	cr_assert_eq(outbox_proved(outbox, span_of_text("note"), 1, NULL), 0);
	verdicts[0] = VERDICT_STALE;
	cr_assert_eq(receive(1, 8, verdicts, 2), 0);
	expect_counts(0, 0, 2, 0);
	got = items(1);
	cr_expect_eq(got.items[0].index, 7, "what is proved stays");
}

/* A journal that lost its end, and got the same batches in the same order. */
Test(outbox, what_is_not_proved_may_get_another_time)
{
	uint16_t verdicts[] = { VERDICT_PERIOD_FUTURE };
	struct receipt receipt = { .sequence = 1,
				   .index = 9,
				   .recv_us = 6000,
				   .verdicts = verdicts,
				   .verdict_count = 1 };
	struct batch batch;
	struct listing got;
	uint64_t sequence;

	save_report("2024-01", "1");
	cr_assert_eq(seal(1, &batch, &sequence), 0);
	cr_assert_eq(receive(1, 9, verdicts, 1), 0);
	expect_counts(0, 0, 0, 1);
	verdicts[0] = 0;
	cr_assert_eq(outbox_receipts(outbox, &receipt, 1, NULL), 0);
	expect_counts(0, 0, 1, 0);
	got = items(1);
	cr_expect_eq(got.items[0].index, 9);
	cr_expect_eq(got.items[0].recv_us, 6000);
	cr_expect_eq(got.items[0].verdict, 0);
}

struct kept_list {
	struct outbox_delivered items[8];
	size_t count;
};

static int add_kept(void *arg, const struct outbox_delivered *delivered)
{
	struct kept_list *list = arg;

	list->items[list->count++] = *delivered;
	return list->count == 2;
}

Test(outbox, gives_what_is_kept_and_has_a_receipt)
{
	uint16_t verdicts[] = { 0 };
	struct kept_list list = { .count = 0 };
	struct batch batch;
	uint64_t sequence;

	for (uint64_t i = 1; i <= 4; i++) {
		save_report("2024-01", "1");
		cr_assert_eq(seal(1, &batch, &sequence), 0);
		if (i < 4)
			cr_assert_eq(receive(i, 10 * i, verdicts, 1), 0);
	}
	cr_assert_eq(outbox_kept(outbox, 20, add_kept, &list, NULL), 1);
	cr_assert_eq(list.count, 2);
	cr_expect_eq(list.items[0].sequence, 2);
	cr_expect_eq(list.items[0].index, 20);
	cr_expect_eq(list.items[0].recv_us, 5020);
	cr_expect_eq(list.items[1].index, 30);
	list.count = 0;
	cr_assert_eq(outbox_kept(outbox, 31, add_kept, &list, NULL), 0);
	cr_expect_eq(list.count, 0, "one without a receipt has no place");
}

Test(outbox, forgets_batches_that_are_safe_and_nothing_else)
{
	uint16_t verdicts[] = { 0 };
	struct outbox_chain chain;
	struct batch batch;
	struct span bytes;
	uint64_t sequence;

	for (uint64_t i = 1; i <= 4; i++) {
		save_report("2024-01", "1");
		cr_assert_eq(seal(1, &batch, &sequence), 0);
		if (i < 4)
			cr_assert_eq(receive(i, 10 * i, verdicts, 1), 0);
	}
	cr_assert_eq(outbox_forget(outbox, 20, UINT64_MAX, NULL), 0);
	cr_expect_eq(outbox_batch(outbox, 1, &arena, &bytes, NULL), 0,
		     "not proved");
	cr_assert_eq(outbox_proved(outbox, span_of_text("note"), 2, NULL), 0);
	cr_assert_eq(outbox_forget(outbox, 20, UINT64_MAX, NULL), 0);
	cr_expect_eq(outbox_batch(outbox, 1, &arena, &bytes, NULL),
		     ERR_NOTFOUND);
	cr_expect_eq(outbox_batch(outbox, 2, &arena, &bytes, NULL), 0,
		     "not safe");
	cr_assert_eq(outbox_proved(outbox, span_of_text("note"), 3, NULL), 0);
	cr_assert_eq(outbox_forget(outbox, UINT64_MAX, UINT64_MAX, NULL), 0);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect_eq(chain.first_kept, 4, "not delivered");
	cr_expect_eq(chain.last_kept, 4);
	cr_expect_eq(chain.next, 5);
	cr_expect_eq(items(1).count, 4);
	cr_expect_eq(receive(1, 10, verdicts, 1), 0, "an old receipt again");
	expect_counts(0, 1, 3, 0);
}

Test(outbox, keeps_what_is_not_safe_within_measure)
{
	uint16_t verdicts[] = { 0 };
	struct outbox_chain chain;
	struct batch batch;
	struct span bytes;
	uint64_t sequence;

	for (uint64_t i = 1; i <= 6; i++) {
		save_report("2024-01", "1");
		cr_assert_eq(seal(1, &batch, &sequence), 0);
		cr_assert_eq(receive(i, 10 * i, verdicts, 1), 0);
	}
	cr_assert_eq(outbox_batch(outbox, 1, &arena, &bytes, NULL), 0);
	cr_assert_eq(outbox_proved(outbox, span_of_text("note"), 5, NULL), 0);
	cr_assert_eq(outbox_forget(outbox, 0, 6 * bytes.len, NULL), 0);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect_eq(chain.first_kept, 1);
	cr_assert_eq(outbox_forget(outbox, 0, 4 * bytes.len, NULL), 0);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect_eq(chain.first_kept, 3);
	cr_assert_eq(outbox_forget(outbox, 0, 0, NULL), 0);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect_eq(chain.first_kept, 6, "what is not proved stays");
}

Test(outbox, names_the_batches_that_are_to_be_proved)
{
	struct outbox_delivered *list;
	uint16_t verdicts[] = { 0 };
	struct batch batch;
	struct span note;
	uint64_t sequence;
	size_t count;

	for (uint64_t i = 1; i <= 4; i++) {
		save_report("2024-01", "1");
		cr_assert_eq(seal(1, &batch, &sequence), 0);
		if (i < 4)
			cr_assert_eq(receive(i, 10 * i, verdicts, 1), 0);
	}
	cr_expect_eq(outbox_seen(outbox, &arena, &note, NULL), ERR_NOTFOUND);
	cr_assert_eq(
		outbox_unproved(outbox, 30, 9, &arena, &list, &count, NULL), 0);
	cr_assert_eq(count, 2, "the third has index 30");
	cr_expect_eq(list[0].sequence, 1);
	cr_expect_eq(list[0].index, 10);
	cr_expect_eq(list[1].sequence, 2);
	cr_assert_eq(wire_decode_batch(list[1].batch, &arena, &batch, NULL), 0);
	cr_expect_eq(batch.header.sequence, 2);
	cr_assert_eq(
		outbox_unproved(outbox, 100, 1, &arena, &list, &count, NULL),
		0);
	cr_expect_eq(count, 1);
	cr_assert_eq(outbox_proved(outbox, span_of_text("a note"), 2, NULL), 0);
	reopen();
	cr_assert_eq(
		outbox_unproved(outbox, 100, 9, &arena, &list, &count, NULL),
		0);
	cr_assert_eq(count, 1, "the fourth has no receipt");
	cr_expect_eq(list[0].sequence, 3);
	cr_assert_eq(outbox_seen(outbox, &arena, &note, NULL), 0);
	cr_expect(span_equal(note, span_of_text("a note")));
	cr_assert_eq(outbox_proved(outbox, span_of_text("newer"), 0, NULL), 0);
	cr_assert_eq(
		outbox_unproved(outbox, 100, 9, &arena, &list, &count, NULL),
		0);
	cr_expect_eq(count, 1, "nothing more was proved");
}

Test(outbox, a_journal_that_was_opened_again_takes_receipts_back)
{
	static const char *const periods[] = { "2024-01", "2024-02",
					       "2024-03" };
	uint16_t admitted[] = { 0 }, stale[] = { VERDICT_STALE };
	uint64_t sequence, taken_back = 0;
	struct outbox_delivered *list;
	struct batch batch;
	struct head head;
	struct span note, value;
	size_t count;

	for (uint64_t i = 1; i <= 3; i++) {
		save_report(periods[i - 1], "5");
		cr_assert_eq(seal(1, &batch, &sequence), 0);
		cr_assert_eq(receive(i, 10 * i, i < 3 ? admitted : stale, 1),
			     0);
	}
	expect_counts(0, 0, 2, 1);
	cr_assert_eq(outbox_proved(outbox, span_of_text("a note"), 3, NULL), 0);
	cr_assert_eq(outbox_reopened(outbox, 20, true, "breaks",
				     span_of_text("one"), &taken_back, NULL),
		     0);
	cr_expect_eq(taken_back, 2);
	reopen();
	expect_counts(0, 2, 1, 0);
	cr_expect_eq(outbox_seen(outbox, &arena, &note, NULL), ERR_NOTFOUND);
	cr_assert_eq(outbox_get(outbox, "breaks", &arena, &value, NULL), 0);
	cr_expect(span_equal(value, span_of_text("one")));
	cr_assert_eq(
		outbox_unproved(outbox, 99, 9, &arena, &list, &count, NULL), 0);
	cr_assert_eq(count, 1, "what was kept is to be proved again");
	cr_expect_eq(list[0].sequence, 1);
	/* What the collector no longer has is not what it is known to have. */
	cr_assert_eq(value_of("2024-02", &value, &head), 0);
	cr_expect_eq(head.index, 0, "it is on its way again");
	cr_assert_eq(receive(2, 21, stale, 1), 0);
	cr_assert_eq(receive(3, 22, admitted, 1), 0);
	expect_counts(0, 0, 2, 1);
	cr_expect_eq(value_of("2024-02", &value, &head), ERR_NOTFOUND);
	cr_assert_eq(value_of("2024-03", &value, &head), 0);
	cr_expect_eq(head.index, 22);
	cr_assert_eq(value_of("2024-01", &value, &head), 0);
	cr_expect_eq(head.index, 10);
}

Test(outbox, a_break_behind_what_was_verified_takes_nothing_proved_back)
{
	uint16_t verdicts[] = { 0 };
	uint64_t sequence, taken_back = 9;
	struct batch batch;
	struct span note;

	save_report("2024-01", "5");
	cr_assert_eq(seal(1, &batch, &sequence), 0);
	cr_assert_eq(receive(1, 10, verdicts, 1), 0);
	cr_assert_eq(outbox_proved(outbox, span_of_text("a note"), 1, NULL), 0);
	cr_assert_eq(outbox_reopened(outbox, 20, false, "breaks",
				     span_of_text("one"), &taken_back, NULL),
		     0);
	cr_expect_eq(taken_back, 0);
	expect_counts(0, 0, 1, 0);
	cr_expect_eq(outbox_seen(outbox, &arena, &note, NULL), 0);
}

Test(outbox, what_the_collector_wants_again_has_no_receipt_but_what_is_proved)
{
	uint16_t verdicts[] = { 0 };
	uint64_t sequence, taken_back = 9;
	struct outbox_delivered *list;
	struct outbox_chain chain;
	struct batch batch;
	size_t count;

	for (uint64_t i = 1; i <= 4; i++) {
		save_report("2024-01", "5");
		cr_assert_eq(seal(1, &batch, &sequence), 0);
		if (i < 4)
			cr_assert_eq(receive(i, 10 * i, verdicts, 1), 0);
	}
	cr_assert_eq(outbox_proved(outbox, span_of_text("a note"), 1, NULL), 0);
	cr_assert_eq(outbox_wanted(outbox, 4, &taken_back, NULL), 0);
	cr_expect_eq(taken_back, 0, "it has no receipt");
	expect_counts(0, 1, 3, 0);
	cr_assert_eq(outbox_wanted(outbox, 1, &taken_back, NULL), 0);
	cr_expect_eq(taken_back, 2);
	reopen();
	expect_counts(0, 3, 1, 0);
	cr_assert_eq(
		outbox_unproved(outbox, 99, 9, &arena, &list, &count, NULL), 0);
	cr_expect_eq(count, 0, "nobody can prove what has no place");
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_expect_eq(chain.unreceipted, 2);
	cr_assert_eq(receive(2, 20, verdicts, 1), 0);
	expect_counts(0, 2, 2, 0);
}

/* ---- heads ---- */

Test(outbox, newest_saved_report_is_the_head_of_its_cell)
{
	struct wording w = { "2024-01", "6", "recounted", NULL };
	struct sealed first = report("2024-01", "5"), second;
	struct span value;
	struct head head;

	cr_expect_eq(value_of("2024-01", &value, &head), ERR_NOTFOUND);
	save(&first);
	save_report("2024-02", "9");
	cr_assert_eq(value_of("2024-01", &value, &head), 0);
	cr_expect_arr_eq(head.salt, first.salt, SALT_BYTES);
	w.base = first.salt;
	second = make(&w);
	save(&second);
	reopen();
	cr_assert_eq(value_of("2024-01", &value, &head), 0);
	cr_expect_arr_eq(head.salt, second.salt, SALT_BYTES);
	cr_expect(span_equal(head.reason, span_of_text("recounted")));
	expect_value("2024-01", "6");
	expect_value("2024-02", "9");
}

Test(outbox, refused_report_gives_the_head_back)
{
	static const struct {
		uint16_t verdicts[3];
		const char *head;
	} rows[] = {
		{ { 0, 0, 0 }, "3" },	{ { 0, 0, 26 }, "2" },
		{ { 0, 26, 0 }, "3" },	{ { 0, 26, 26 }, "1" },
		{ { 26, 0, 26 }, "2" }, { { 26, 26, 26 }, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint16_t verdicts[3];
		char period[16];
		struct batch batch;
		struct span value;
		struct head head;
		uint64_t sequence;

		(void)snprintf(period, sizeof(period), "2024-0%zu", i + 1);
		save_report(period, "1");
		save_report(period, "2");
		save_report(period, "3");
		cr_assert_eq(seal(3, &batch, &sequence), 0);
		expect_value(period, "3");
		memcpy(verdicts, rows[i].verdicts, sizeof(verdicts));
		cr_assert_eq(receive(sequence, 10 + i, verdicts, 3), 0);
		if (rows[i].head)
			expect_value(period, rows[i].head);
		else
			cr_expect_eq(value_of(period, &value, &head),
				     ERR_NOTFOUND, "row %zu", i);
	}
}

Test(outbox, refused_report_falls_back_to_what_still_waits)
{
	uint16_t refused[] = { VERDICT_VALUE_MALFORMED };
	struct batch batch;
	uint64_t sequence;

	save_report("2024-01", "1");
	cr_assert_eq(seal(1, &batch, &sequence), 0);
	save_report("2024-01", "2");
	cr_assert_eq(receive(1, 5, refused, 1), 0);
	expect_value("2024-01", "2");
	cr_assert_eq(seal(1, &batch, &sequence), 0);
	cr_assert_eq(receive(2, 6, refused, 1), 0);
	save_report("2024-01", "3");
	expect_value("2024-01", "3");
}

static struct head told(const char *value, uint64_t index,
			struct cell_text *cell)
{
	struct head head = { .index = index, .recv_us = 100 };

	*cell = (struct cell_text){ span_of(NULL, 0), span_of_text(value) };
	salt_draw(head.salt);
	head.report.target = span_of_text("t");
	head.report.unit = span_of_text("u");
	head.report.period = span_of_text("2024-01");
	head.report.cells = cell;
	head.report.cell_count = 1;
	return head;
}

Test(outbox, slices_tell_heads_that_own_reports_stand_before)
{
	uint16_t admitted[] = { 0 }, refused[] = { VERDICT_STALE };
	struct cell_text cells[3];
	struct head heads[3] = { told("10", 1, &cells[0]),
				 told("20", 8, &cells[1]),
				 told("15", 7, &cells[2]) };
	struct batch batch;
	struct span value;
	struct head head;
	uint64_t sequence;

	heads[0].report.status = span_of_text("returned");
	heads[0].reason = span_of_text("flood");
	cr_assert_eq(outbox_set_heads(outbox, heads, 1, NULL), 0);
	reopen();
	expect_value("2024-01", "10");
	cr_assert_eq(value_of("2024-01", &value, &head), 0);
	cr_expect_arr_eq(head.salt, heads[0].salt, SALT_BYTES);
	cr_expect(span_equal(head.report.status, span_of_text("returned")));
	cr_expect(span_equal(head.reason, span_of_text("flood")));
	cr_expect_eq(head.recv_us, 100);

	save_report("2024-01", "11");
	expect_value("2024-01", "11");
	cr_assert_eq(outbox_set_heads(outbox, heads, 1, NULL), 0);
	expect_value("2024-01", "11");
	cr_assert_eq(seal(1, &batch, &sequence), 0);
	cr_assert_eq(receive(1, 5, refused, 1), 0);
	expect_value("2024-01", "10");

	save_report("2024-01", "12");
	cr_assert_eq(seal(1, &batch, &sequence), 0);
	cr_assert_eq(receive(2, 6, admitted, 1), 0);
	expect_value("2024-01", "12");
	cr_assert_eq(outbox_set_heads(outbox, heads, 1, NULL), 0);
	expect_value("2024-01", "12"); /* the slice was older */
	cr_assert_eq(outbox_set_heads(outbox, &heads[1], 2, NULL), 0);
	expect_value("2024-01", "20");
}

Test(outbox, own_review_shows_on_the_version_it_judges)
{
	uint16_t admitted[] = { 0 };
	struct cell_text cell;
	struct head head = told("10", 1, &cell), got;
	struct statement s = { .kind = SAID_REVIEW };
	struct sealed sealed = { 0 };
	struct strbuf body;
	struct batch batch;
	struct span value;
	uint64_t sequence;

	cr_assert_eq(outbox_set_heads(outbox, &head, 1, NULL), 0);
	s.base = span_of(head.salt, BASE_BYTES);
	s.said.review = head.report;
	s.said.review.cell_count = 0;
	s.said.review.status = span_of_text("approved");
	strbuf_init(&body, 0);
	cr_assert_eq(wire_encode_statement(&s, &body, NULL), 0);
	salt_draw(sealed.salt);
	sealed.body = strbuf_span(&body);
	save(&sealed);
	cr_assert_eq(value_of("2024-01", &value, &got), 0);
	cr_expect_arr_eq(got.salt, head.salt, SALT_BYTES);
	cr_expect_eq(got.report.status.len, 0);
	cr_assert_eq(seal(1, &batch, &sequence), 0);
	cr_assert_eq(receive(1, 5, admitted, 1), 0);
	cr_assert_eq(value_of("2024-01", &value, &got), 0);
	cr_expect(span_equal(got.report.status, span_of_text("approved")));
	strbuf_release(&body);
}

static int count_head(void *arg, struct span key, const struct head *head)
{
	size_t *count = arg;

	cr_expect(key.len > 4 && !memcmp(key.data, "t|u|", 4));
	cr_expect_eq(head->report.cell_count, 1);
	(*count)++;
	return *count == 3 ? 7 : 0;
}

Test(outbox, heads_are_listed_without_the_catalogue)
{
	struct statement s = { .kind = SAID_CATALOGUE_COMMIT };
	struct sealed sealed = { 0 };
	struct strbuf body;
	struct head head;
	size_t count = 0;

	strbuf_init(&body, 0);
	cr_assert_eq(wire_encode_statement(&s, &body, NULL), 0);
	salt_draw(sealed.salt);
	sealed.body = strbuf_span(&body);
	save(&sealed);
	strbuf_release(&body);
	cr_assert_eq(outbox_head(outbox, span_of_text(OUTBOX_CATALOGUE_KEY),
				 &arena, &head, NULL),
		     0);
	cr_expect_arr_eq(head.salt, sealed.salt, SALT_BYTES);
	save_report("2024-01", "1");
	save_report("2024-02", "1");
	cr_expect_eq(outbox_heads(outbox, &arena, count_head, &count, NULL), 0);
	cr_expect_eq(count, 2);
	save_report("2024-03", "1");
	save_report("2024-04", "1");
	count = 0;
	cr_expect_eq(outbox_heads(outbox, &arena, count_head, &count, NULL), 7);
	cr_expect_eq(outbox_head(outbox, span_of_text(""), &arena, &head, NULL),
		     ERR_NOTFOUND);
}

/* ---- restoring ---- */

/* The batch of a sequence number as a collector gives it back. */
static struct recalled recall(uint64_t sequence, uint64_t index,
			      uint16_t *verdicts, size_t count,
			      struct batch *batch)
{
	struct recalled out = {
		.receipt = { sequence, index, 5000 + index, verdicts, count },
	};

	cr_assert_eq(outbox_batch(outbox, sequence, &arena, &out.batch, NULL),
		     0);
	cr_assert_eq(wire_decode_batch(out.batch, &arena, batch, NULL), 0);
	return out;
}

static void copy_outbox(const char *from, const char *to)
{
	char command[256];

	(void)snprintf(command, sizeof(command),
		       "rm -rf %s/%s && cp -r %s/%s %s/%s", dir, to, dir, from,
		       dir, to);
	cr_assert_eq(system(command), 0);
}

Test(outbox, restored_backup_takes_back_what_was_sent_since)
{
	uint16_t verdicts[] = { 0, VERDICT_STALE, 0 };
	struct recalled recalled[2];
	struct batch batches[2];
	struct outbox_chain before, after;
	struct batch batch;
	uint64_t sequence;
	struct listing got;

	/* The backup: one delivered, two waiting. */
	save_report("2024-01", "1");
	cr_assert_eq(seal(1, &batch, &sequence), 0);
	cr_assert_eq(receive(1, 1, verdicts, 1), 0);
	save_report("2024-02", "2");
	save_report("2024-03", "3");
	outbox_close(outbox);
	copy_outbox("outbox", "backup");
	cr_assert_eq(outbox_open(dir, &outbox, NULL), 0);

	/* What was done after it. */
	save_report("2024-04", "4");
	cr_assert_eq(seal(3, &batch, &sequence), 0);
	save_report("2024-05", "5");
	cr_assert_eq(seal(3, &batch, &sequence), 0);
	recalled[0] = recall(2, 7, verdicts, 3, &batches[0]);
	recalled[1] = recall(3, 8, verdicts, 1, &batches[1]);
	cr_assert_eq(outbox_chain(outbox, &before, NULL), 0);

	outbox_close(outbox);
	copy_outbox("backup", "outbox");
	cr_assert_eq(outbox_open(dir, &outbox, NULL), 0);
	save_report("2024-06", "6");
	expect_counts(3, 0, 1, 0);
	cr_expect_eq(outbox_restore(outbox, &recalled[0], &batches[0], NULL),
		     ERR_LOCKED);
	cr_assert_eq(outbox_lock_sender(outbox, NULL), 0);
	cr_expect_eq(outbox_restore(outbox, &recalled[1], &batches[1], NULL),
		     ERR_ORDER, "one is missing before it");
	recalled[0].receipt.verdict_count = 2;
	cr_expect_eq(outbox_restore(outbox, &recalled[0], &batches[0], NULL),
		     ERR_INVALID);
	recalled[0].receipt.verdict_count = 3;
	cr_assert_eq(outbox_restore(outbox, &recalled[0], &batches[0], NULL),
		     0);
	cr_expect_eq(outbox_restore(outbox, &recalled[0], &batches[0], NULL),
		     ERR_ORDER, "again");
	cr_assert_eq(outbox_restore(outbox, &recalled[1], &batches[1], NULL),
		     0);

	/* Nothing twice, only the new one waits, the chain goes on. */
	expect_counts(1, 0, 4, 1);
	cr_assert_eq(outbox_chain(outbox, &after, NULL), 0);
	cr_expect_eq(after.next, before.next);
	cr_expect(hash_equal(&after.head, &before.head));
	got = items(1);
	cr_expect_eq(got.count, 6);
	for (size_t i = 0; i < got.count; i++)
		cr_expect_eq(got.items[i].delivered, i != 3, "item %zu", i);
	expect_value("2024-05", "5");
	cr_assert_eq(seal(10, &batch, &sequence), 0);
	cr_expect_eq(sequence, 4);
	cr_expect_eq(batch.header.count, 1);
}

/* ---- small values ---- */

Test(outbox, small_values_are_kept)
{
	struct span value;

	cr_expect_eq(outbox_get(outbox, "slice", &arena, &value, NULL),
		     ERR_NOTFOUND);
	cr_assert_eq(outbox_set(outbox, "slice", span_of("a\0b", 3), NULL), 0);
	cr_assert_eq(outbox_set(outbox, "empty", span_of(NULL, 0), NULL), 0);
	cr_assert_eq(outbox_set(outbox, "slice", span_of("c\0d", 3), NULL), 0);
	reopen();
	cr_assert_eq(outbox_get(outbox, "slice", &arena, &value, NULL), 0);
	cr_expect(span_equal(value, span_of("c\0d", 3)));
	cr_assert_eq(outbox_get(outbox, "empty", &arena, &value, NULL), 0);
	cr_expect_eq(value.len, 0);
	cr_expect_eq(outbox_set(outbox, "", value, NULL), ERR_LIMIT);
}

/* ---- several processes, and death ---- */

static void say(int fd, uint64_t number)
{
	if (write(fd, &number, sizeof(number)) != sizeof(number))
		_exit(3);
}

/* Saves reports and says the number of each on fd once it is saved. */
static void save_for_ever(int fd, uint64_t limit)
{
	struct outbox *mine;

	if (outbox_open(dir, &mine, NULL))
		_exit(1);
	for (uint64_t i = 0; i < limit; i++) {
		struct sealed sealed = report("2024-01", "1");
		uint64_t number;

		if (outbox_save(mine, &sealed, 1, i, &number, NULL))
			_exit(2);
		say(fd, number);
		arena_reset(&arena);
	}
	outbox_close(mine);
	_exit(0);
}

/* Seals one by one, gets a receipt for some, and says each sequence. */
static void seal_for_ever(int fd)
{
	const struct seal_header header = { 0 };
	uint16_t verdicts[] = { 0, 0, 0 };
	struct outbox *mine;

	if (outbox_open(dir, &mine, NULL) || outbox_lock_sender(mine, NULL))
		_exit(1);
	for (;;) {
		struct sealed sealed[2];
		struct receipt receipt = { .verdicts = verdicts };
		struct batch batch;
		struct span bytes;

		arena_reset(&arena);
		sealed[0] = report("2024-01", "1");
		sealed[1] = report("2024-02", "2");
		if (outbox_save(mine, sealed, 2, 1, NULL, NULL) ||
		    outbox_seal(mine, &header, &pair, 3, WIRE_BATCH_BYTES_MAX,
				&arena, &bytes, &receipt.sequence, NULL) ||
		    wire_decode_batch(bytes, &arena, &batch, NULL))
			_exit(2);
		say(fd, receipt.sequence);
		receipt.index = receipt.sequence;
		receipt.verdict_count = batch.header.count;
		if (receipt.sequence % 2 &&
		    outbox_receipts(mine, &receipt, 1, NULL))
			_exit(4);
	}
}

/* Lets a child run until it has said count numbers, kills it, and gives the
 * last one that it said. */
static uint64_t kill_after(pid_t child, int fd, unsigned count,
			   unsigned wait_us)
{
	struct timespec pause = { .tv_nsec = 1000L * wait_us };
	uint64_t number, last = 0;

	for (unsigned i = 0; i < count; i++) {
		cr_assert_eq(read(fd, &number, sizeof(number)), 8);
		last = number;
	}
	/* Not to wait for anything: to die at another point each time. */
	(void)nanosleep(&pause, NULL);
	cr_assert_eq(kill(child, SIGKILL), 0);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	while (read(fd, &number, sizeof(number)) == sizeof(number))
		last = number;
	return last;
}

struct sums {
	uint64_t last;
	uint64_t in_state[4]; /* waiting, sealed, delivered, refused */
	uint64_t sequence;
	uint32_t n;
};

/* Numbers, sequences and places are contiguous, and one state follows from
 * the other. */
static int check_item(void *arg, const struct outbox_item *item)
{
	struct sums *sums = arg;

	cr_assert_eq(item->number, sums->last + 1);
	sums->last = item->number;
	if (!item->sequence) {
		sums->in_state[0]++;
		return 0;
	}
	if (item->sequence == sums->sequence) {
		cr_assert_eq(item->n, sums->n + 1);
	} else {
		cr_assert_eq(item->sequence, sums->sequence + 1);
		cr_assert_eq(item->n, 0);
	}
	sums->sequence = item->sequence;
	sums->n = item->n;
	sums->in_state[!item->delivered ? 1 : item->verdict ? 3 : 2]++;
	return 0;
}

static struct sums check_outbox(void)
{
	struct sums sums = { 0 };
	struct outbox_chain chain;
	struct outbox_counts got;
	struct hash prev = { 0 };

	cr_assert_eq(outbox_open(dir, &outbox, NULL), 0);
	cr_assert_eq(outbox_items(outbox, 1, check_item, &sums, NULL), 0);
	got = counts();
	cr_assert_eq(got.waiting, sums.in_state[0]);
	cr_assert_eq(got.sealed, sums.in_state[1]);
	cr_assert_eq(got.delivered, sums.in_state[2]);
	cr_assert_eq(got.refused, sums.in_state[3]);
	cr_assert_eq(outbox_chain(outbox, &chain, NULL), 0);
	cr_assert_eq(chain.next, sums.sequence + 1);
	for (uint64_t i = 1; i < chain.next; i++) {
		struct batch batch;
		struct span bytes;

		arena_reset(&arena);
		cr_assert_eq(outbox_batch(outbox, i, &arena, &bytes, NULL), 0);
		cr_assert_eq(wire_decode_batch(bytes, &arena, &batch, NULL), 0);
		cr_assert(hash_equal(&batch.header.prev, &prev));
		prev = batch.name;
	}
	cr_assert(hash_equal(&chain.head, &prev));
	outbox_close(outbox);
	outbox = NULL;
	return sums;
}

Test(outbox, nothing_saved_is_lost_when_the_saver_is_killed)
{
	uint64_t kept = 0;

	outbox_close(outbox);
	outbox = NULL;
	for (unsigned round = 0; round < 60; round++) {
		int fds[2];
		uint64_t said;
		pid_t child;

		cr_assert_eq(pipe(fds), 0);
		child = fork();
		cr_assert(child >= 0);
		if (!child)
			save_for_ever(fds[1], UINT64_MAX);
		close(fds[1]);
		said = kill_after(child, fds[0], round % 7, round * 37 % 1500);
		close(fds[0]);
		if (round % 10 != 9 && said == 0)
			continue;
		kept = check_outbox().last;
		cr_assert(kept >= said, "%llu of %llu",
			  (unsigned long long)kept, (unsigned long long)said);
	}
	cr_expect(kept >= 60);
}

Test(outbox, chain_holds_when_the_sender_is_killed)
{
	uint64_t kept = 0;

	outbox_close(outbox);
	outbox = NULL;
	for (unsigned round = 0; round < 40; round++) {
		int fds[2];
		uint64_t said;
		pid_t child;

		cr_assert_eq(pipe(fds), 0);
		child = fork();
		cr_assert(child >= 0);
		if (!child)
			seal_for_ever(fds[1]);
		close(fds[1]);
		said = kill_after(child, fds[0], 1 + round % 3,
				  round * 53 % 2000);
		close(fds[0]);
		kept = check_outbox().sequence;
		cr_assert(kept >= said);
	}
	cr_expect(kept >= 40);
}

Test(outbox, processes_save_at_once_and_lose_nothing)
{
	uint64_t seen = 0, number;
	struct sums sums;
	pid_t children[3];
	int fds[2], status;
	bool *numbers = calloc(301, sizeof(*numbers));

	cr_assert(numbers);
	outbox_close(outbox);
	outbox = NULL;
	cr_assert_eq(pipe(fds), 0);
	for (size_t i = 0; i < 3; i++) {
		children[i] = fork();
		cr_assert(children[i] >= 0);
		if (!children[i])
			save_for_ever(fds[1], 100);
	}
	close(fds[1]);
	while (read(fds[0], &number, sizeof(number)) == sizeof(number)) {
		cr_assert(number >= 1 && number <= 300);
		cr_expect(!numbers[number], "number %llu is given twice",
			  (unsigned long long)number);
		numbers[number] = true;
		seen++;
	}
	close(fds[0]);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
		cr_expect_eq(status, 0);
	}
	cr_expect_eq(seen, 300);
	sums = check_outbox();
	cr_expect_eq(sums.last, 300);
	cr_expect_eq(sums.in_state[0], 300);
	free(numbers);
}
