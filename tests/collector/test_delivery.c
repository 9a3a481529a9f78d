/* What sessions are sent that must be read from the store first, and how much
 * of it may be under way: on a true store and journal; the host counts what
 * goes out, and has the clock. */
#include "collector/delivery.h"

#include <sys/stat.h>

#include "collector/delivery_unread.h"
#include "proto/talk.h"
#include "store/db.h"
#include "store/stage.h"
#include "test_dir.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the account of what is unread ---- */

Test(unread, a_pong_counts_what_was_sent_before_its_ping)
{
	struct unread_total total = { .bytes_max = 1000 };
	struct unread one = { .count = 0 }, other = { .count = 0 };

	unread_sent(&total, &one, 300, 0);
	unread_sent(&total, &one, 400, 0);
	unread_sent(&total, &other, 50, 0);
	cr_expect_eq(total.bytes, 750);
	unread_heard(&total, &one);
	cr_expect_eq(total.bytes, 450, "the second is still under way");
	unread_heard(&total, &one);
	cr_expect_eq(total.bytes, 50);
	unread_heard(&total, &other);
	cr_expect_eq(total.bytes, 0);
}

Test(unread, a_pong_that_nobody_asked_for_says_nothing)
{
	struct unread_total total = { .bytes_max = 1000 };
	struct unread one = { .count = 0 };

	for (unsigned i = 0; i < 3; i++)
		unread_heard(&total, &one);
	unread_sent(&total, &one, 300, 0);
	cr_expect_eq(total.bytes, 300);
	unread_heard(&total, &one);
	cr_expect_eq(total.bytes, 0);
}

Test(unread, of_many_slices_the_last_are_read_with_the_last)
{
	struct unread_total total = { .bytes_max = 1000 };
	struct unread one = { .count = 0 };
	const unsigned sent = UNREAD_PARTS_MAX + 3;

	for (unsigned i = 0; i < sent; i++)
		unread_sent(&total, &one, 10, 0);
	cr_expect_eq(total.bytes, 10 * sent);
	for (unsigned i = 1; i < UNREAD_PARTS_MAX; i++)
		unread_heard(&total, &one);
	cr_expect_eq(total.bytes, 10 * (sent - UNREAD_PARTS_MAX + 1));
	for (unsigned i = UNREAD_PARTS_MAX; i < sent; i++) {
		unread_heard(&total, &one);
		cr_expect_eq(total.bytes, 40, "%u: not before the last", i);
		if (i + 1 == sent)
			break;
	}
	unread_heard(&total, &one);
	cr_expect_eq(total.bytes, 0);
}

Test(unread, who_never_answers_holds_nobody_for_ever)
{
	struct unread_total total = { .bytes_max = 1000 };
	struct unread one = { .count = 0 };

	unread_sent(&total, &one, 600, 5);
	unread_sent(&total, &one, 500, 9);
	unread_expire(&total, &one, UNREAD_MS_MAX + 4);
	cr_expect_eq(total.bytes, 1100);
	unread_expire(&total, &one, UNREAD_MS_MAX + 5);
	cr_expect_eq(total.bytes, 500);
	/* It answers after all: that is of the first, which does not count. */
	unread_heard(&total, &one);
	cr_expect_eq(total.bytes, 500);
	unread_expire(&total, &one, UNREAD_MS_MAX + 9);
	cr_expect_eq(total.bytes, 0);
}

Test(unread, files_are_held_while_too_much_is_under_way)
{
	struct unread_total total = { .bytes_max = 1000 };
	struct unread one = { .count = 0 };

	cr_expect_eq(unread_held_ms(&total, 1), 0, "there is room");
	unread_files(&total, 5000);
	unread_sent(&total, &one, 999, 5000);
	cr_expect_eq(unread_held_ms(&total, 5000), 0);
	unread_sent(&total, &one, 1, 5000);
	cr_expect_eq(unread_held_ms(&total, 5000), UNREAD_TRICKLE_MS);
	cr_expect_eq(unread_held_ms(&total, 5400), UNREAD_TRICKLE_MS - 400);
	cr_expect_eq(unread_held_ms(&total, 6000), 0, "one a second");
	unread_files(&total, 6000);
	cr_expect_eq(unread_held_ms(&total, 6001), UNREAD_TRICKLE_MS - 1);
	unread_heard(&total, &one);
	cr_expect_eq(unread_held_ms(&total, 6001), 0, "there is room again");
	unread_sent(&total, &one, 5000, 6001);
	cr_expect_neq(unread_held_ms(&total, 6001), 0);
	unread_forget(&total, &one);
	cr_expect_eq(total.bytes, 0);
}

/* ---- a house with sessions ---- */

enum route { BAIMA, LONGMEN, HRSS, ROUTES };

/* What a session has got. */
struct got {
	unsigned slices, ends, files, heads, recalled, pings, pongs, lost;
};

struct house {
	struct stage stage;
	struct cast cast;
	char dir[TEST_DIR_BYTES];
	char journal_dir[TEST_DIR_BYTES + 16];
	struct db *db;
	struct delivery *delivery;
	struct arena arena; /* one message */
	uint64_t now_ms;
	bool deaf; /* nobody reads */
	struct got got[ROUTES];
};

static struct actor *actor_of(struct house *house, uint32_t route)
{
	struct actor *actors[] = { &house->cast.baima, &house->cast.longmen,
				   &house->cast.hrss };

	return actors[route];
}

static const uint8_t *host_curve(void *ctx, uint32_t route)
{
	return actor_of(ctx, route)->curve.key;
}

static bool host_send(void *ctx, uint32_t route, struct span msg)
{
	struct house *house = ctx;
	struct got *got = &house->got[route];
	struct slice slice;
	enum wire_type type;
	struct span body;
	struct err err = { 0 };

	if (house->deaf)
		return false;
	cr_assert_eq(wire_read_prefix(msg, &type, &body, &err), 0);
	if (type == WIRE_RECALLED) {
		got->recalled++;
		return true;
	}
	cr_assert_eq(type, WIRE_SLICE);
	arena_reset(&house->arena);
	cr_assert_eq(talk_decode_slice(body, &house->arena, &slice, &err), 0,
		     "%s", err.msg);
	got->slices++;
	got->ends += slice.last;
	got->files += slice.file_count != 0;
	got->heads += (unsigned)slice.head_count;
	return true;
}

static void host_lost(void *ctx, uint32_t route)
{
	struct house *house = ctx;

	house->got[route].lost++;
	delivery_ended(house->delivery, route);
}

static void host_pong(void *ctx, uint32_t route)
{
	struct house *house = ctx;

	house->got[route].pongs++;
}

static void host_ping(void *ctx, uint32_t route)
{
	struct house *house = ctx;

	house->got[route].pings++;
}

static uint64_t host_now_ms(void *ctx)
{
	const struct house *house = ctx;

	return house->now_ms;
}

/* The catalogue with so many units that its files count as unread. */
static void grow_catalogue(struct house *house)
{
	struct stage_file files[STAGE_FILES];
	struct strbuf units;
	char name[101] = "";

	memset(name, 'n', sizeof(name) - 1);
	strbuf_init(&units, 0);
	memcpy(files, stage_files, sizeof(files));
	strbuf_add_text(&units, files[1].text);
	for (unsigned i = 0; units.len <= DELIVERY_COUNTED_BYTES; i++)
		strbuf_addf(&units, "village-%u,%s,village\n", i, name);
	files[1].text = units.text;
	cr_assert_eq(stage_catalogue(&house->stage, &house->cast.founder, files,
				     STAGE_FILES, house->cast.catalogue),
		     VERDICT_ADMITTED);
	strbuf_release(&units);
}

static void write_journal(struct house *house)
{
	const struct actor *actors[] = { &house->cast.founder,
					 &house->cast.baima,
					 &house->cast.longmen,
					 &house->cast.hrss };
	struct journal *journal = NULL;
	struct err err = { 0 };

	(void)snprintf(house->journal_dir, sizeof(house->journal_dir),
		       "%s/journal", house->dir);
	cr_assert_eq(mkdir(house->journal_dir, 0700), 0);
	cr_assert_eq(
		journal_create(house->journal_dir, &house->stage.journal, &err),
		0, "%s", err.msg);
	cr_assert_eq(
		journal_open(house->journal_dir, NULL, NULL, &journal, &err), 0,
		"%s", err.msg);
	for (size_t i = 0; i < house->stage.entry_count; i++) {
		const struct stage_entry *entry = &house->stage.entries[i];
		const struct batch *batch = stage_batch_of(entry);
		const struct sign_pair *pair = NULL;

		for (size_t j = 0; batch && j < COUNT(actors); j++)
			if (hash_equal(&batch->header.key, &actors[j]->hash))
				pair = &actors[j]->pair;
		cr_assert(!batch == !pair);
		stage_write(entry, pair, journal);
	}
	journal_close(journal);
}

struct copying {
	struct puts puts;
	enum table table;
};

static int copy_pair(void *arg, struct span key, struct span value)
{
	struct copying *copying = arg;

	return puts_add(&copying->puts, copying->table, key, value);
}

static void write_store(struct house *house)
{
	struct table_reader reader = memory_tables_reader(house->stage.tables);
	struct copying copying;
	char path[TEST_DIR_BYTES + 16];
	struct err err = { 0 };

	puts_init(&copying.puts);
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		copying.table = (enum table)i;
		cr_assert_eq(reader.scan(reader.ctx, copying.table,
					 span_of(NULL, 0), copy_pair, &copying,
					 &err),
			     0);
	}
	(void)snprintf(path, sizeof(path), "%s/store", house->dir);
	cr_assert_eq(store_open(path, false, &house->db, &err), 0, "%s",
		     err.msg);
	cr_assert_eq(store_commit(house->db, &copying.puts, &err), 0, "%s",
		     err.msg);
	puts_release(&copying.puts);
}

/* big: the catalogue's files count as unread, of which so much may be. */
static struct house *house_new(uint64_t unread_max, bool big)
{
	struct house *house = calloc(1, sizeof(*house));
	const struct delivery_host host = { .curve = host_curve,
					    .send = host_send,
					    .lost = host_lost,
					    .pong = host_pong,
					    .ping = host_ping,
					    .now_ms = host_now_ms,
					    .ctx = house };
	struct delivery_options options = { .unread_bytes_max = unread_max };
	struct err err = { 0 };

	cr_assert(house);
	test_dir(house->dir, "delivery");
	house->now_ms = 1000000;
	arena_init(&house->arena, WIRE_ARENA_BYTES);
	stage_open(&house->stage, &house->cast);
	if (big)
		grow_catalogue(house);
	write_journal(house);
	write_store(house);
	options.db = house->db;
	options.fold = house->stage.fold;
	options.journal_dir = house->journal_dir;
	cr_assert_eq(delivery_new(&options, &host, &house->delivery, &err), 0,
		     "%s", err.msg);
	return house;
}

static void house_free(struct house *house)
{
	delivery_free(house->delivery);
	db_close(house->db);
	stage_release(&house->stage);
	arena_release(&house->arena);
	test_dir_remove(house->dir);
	free(house);
}

static void opens(struct house *house, uint32_t route)
{
	static const struct hash none;

	cr_assert_eq(delivery_slice(house->delivery, route, &none), 0);
}

/* The store has so many entries fewer than were folded. */
static struct delivery_next steps_behind(struct house *house, uint64_t entries)
{
	struct delivery_next next;
	struct err err = { 0 };

	cr_assert_eq(delivery_step(house->delivery,
				   fold_applied(house->stage.fold) - entries,
				   &next, &err),
		     0, "%s", err.msg);
	return next;
}

static struct delivery_next steps(struct house *house)
{
	return steps_behind(house, 0);
}

Test(delivery, a_session_gets_the_catalogue_and_is_asked_whether_it_was_read)
{
	struct house *house = house_new(DELIVERY_UNREAD_BYTES_MAX, true);
	struct delivery_next next;

	next = steps(house);
	cr_expect_eq(next.in_ms, DELIVERY_IDLE_MS);
	cr_expect(!next.store);
	opens(house, BAIMA);
	next = steps_behind(house, 1);
	cr_expect_eq(house->got[BAIMA].slices, 0, "the store is behind");
	cr_expect_eq(next.in_ms, DELIVERY_IDLE_MS);
	cr_expect(next.store);
	next = steps(house);
	cr_expect_eq(house->got[BAIMA].files, 1);
	cr_expect_eq(house->got[BAIMA].ends, 1);
	cr_expect_eq(house->got[BAIMA].pings, 1);
	cr_expect_eq(next.in_ms, DELIVERY_IDLE_MS);
	cr_expect(!next.store && !delivery_waits(house->delivery));
	house_free(house);
}

Test(delivery, who_is_held_is_not_looked_at_before_there_may_be_room)
{
	struct house *house = house_new(1, true);
	struct delivery_next next;

	opens(house, BAIMA);
	opens(house, LONGMEN);
	opens(house, HRSS);
	next = steps(house);
	cr_expect_eq(house->got[BAIMA].ends, 1);
	cr_expect_eq(house->got[LONGMEN].slices, 0);
	cr_expect_eq(next.in_ms, UNREAD_TRICKLE_MS);
	cr_expect(!next.store, "no flush lets them in");
	house->now_ms += UNREAD_TRICKLE_MS - 1;
	next = steps(house);
	cr_expect_eq(next.in_ms, 1);
	cr_expect_eq(house->got[LONGMEN].slices, 0);
	/* One a second goes out in any case, the others wait again. */
	house->now_ms++;
	next = steps(house);
	cr_expect_eq(house->got[LONGMEN].ends, 1);
	cr_expect_eq(house->got[HRSS].slices, 0);
	cr_expect_eq(next.in_ms, UNREAD_TRICKLE_MS);
	/* Both have read it: the third has not to wait any more. */
	delivery_heard(house->delivery, BAIMA);
	next = steps(house);
	cr_expect_eq(house->got[HRSS].slices, 0);
	delivery_heard(house->delivery, LONGMEN);
	next = steps(house);
	cr_expect_eq(house->got[HRSS].ends, 1);
	cr_expect_eq(next.in_ms, DELIVERY_IDLE_MS);
	house_free(house);
}

Test(delivery, who_is_held_gets_what_it_recalls)
{
	struct house *house = house_new(1, true);
	struct delivery_next next;

	opens(house, BAIMA);
	opens(house, LONGMEN);
	(void)steps(house);
	cr_assert_eq(house->got[LONGMEN].slices, 0);
	cr_assert_eq(delivery_recall(house->delivery, LONGMEN,
				     &house->cast.longmen.hash, 1, 10),
		     0);
	next = steps(house);
	cr_expect_eq(house->got[LONGMEN].recalled, 1, "its enrolment");
	cr_expect_eq(next.in_ms, 0, "perhaps there is more");
	next = steps(house);
	cr_expect_eq(house->got[LONGMEN].recalled, 1, "it has no other");
	cr_expect_eq(next.in_ms, UNREAD_TRICKLE_MS);
	cr_expect_eq(house->got[LONGMEN].slices, 0);
	cr_expect_eq(house->got[LONGMEN].lost, 0);
	house_free(house);
}

Test(delivery, who_never_reads_holds_the_others_for_ten_minutes_at_most)
{
	struct house *house = house_new(1, true);
	uint64_t end_ms = house->now_ms + UNREAD_MS_MAX;
	struct delivery_next next;

	opens(house, BAIMA);
	(void)steps(house);
	house->now_ms = end_ms - UNREAD_TRICKLE_MS / 2;
	opens(house, LONGMEN);
	(void)steps(house); /* it trickles through, and is read */
	cr_expect_eq(house->got[LONGMEN].ends, 1);
	delivery_heard(house->delivery, LONGMEN);
	opens(house, HRSS);
	next = steps(house);
	cr_expect_eq(next.in_ms, UNREAD_TRICKLE_MS);
	house->now_ms = end_ms - 1;
	(void)steps(house);
	cr_expect_eq(house->got[HRSS].slices, 0, "held by one alone");
	house->now_ms = end_ms + UNREAD_TRICKLE_MS / 4;
	next = steps(house);
	cr_expect_eq(house->got[HRSS].ends, 1, "sooner than it would trickle");
	cr_expect_eq(next.in_ms, DELIVERY_IDLE_MS);
	house_free(house);
}

Test(delivery, a_pong_waits_for_the_slice_but_not_for_ever)
{
	struct house *house = house_new(1, true);
	struct delivery_next next;

	opens(house, BAIMA);
	cr_assert_eq(delivery_pong(house->delivery, BAIMA), 0);
	next = steps_behind(house, 1);
	cr_expect_eq(house->got[BAIMA].pongs, 0);
	cr_expect_eq(next.in_ms, DELIVERY_PONG_MS_MAX);
	cr_expect(next.store);
	house->now_ms += DELIVERY_PONG_MS_MAX;
	next = steps_behind(house, 1);
	cr_expect_eq(house->got[BAIMA].pongs, 1, "or it takes us for dead");
	cr_expect_eq(house->got[BAIMA].slices, 0);
	cr_expect_eq(next.in_ms, DELIVERY_IDLE_MS);
	cr_assert_eq(delivery_pong(house->delivery, BAIMA), 0);
	(void)steps(house);
	cr_expect_eq(house->got[BAIMA].ends, 1);
	cr_expect_eq(house->got[BAIMA].pongs, 2);
	/* Who is held waits with it. */
	opens(house, LONGMEN);
	cr_assert_eq(delivery_pong(house->delivery, LONGMEN), 0);
	next = steps(house);
	cr_expect_eq(house->got[LONGMEN].pongs, 0);
	cr_expect_eq(next.in_ms, UNREAD_TRICKLE_MS);
	house_free(house);
}

Test(delivery, who_does_not_read_is_tried_again_for_a_while)
{
	struct house *house = house_new(DELIVERY_UNREAD_BYTES_MAX, false);
	struct delivery_next next;
	unsigned turns = 0;

	house->deaf = true;
	opens(house, BAIMA);
	do {
		next = steps(house);
		if (house->got[BAIMA].lost)
			break;
		cr_assert_eq(next.in_ms, DELIVERY_RETRY_MS);
		house->now_ms += next.in_ms;
	} while (++turns <= DELIVERY_RETRIES_MAX);
	cr_expect_eq(turns, DELIVERY_RETRIES_MAX);
	cr_expect_eq(house->got[BAIMA].lost, 1);
	cr_expect(!delivery_waits(house->delivery));
	house_free(house);
}
