#include <criterion/criterion.h>
#include <string.h>

#include "store/fold.h"
#include "store/stage.h"

#define REPORTER (1u << ROLE_REPORTER)

/* ---- founding ---- */

Test(fold, founding_gives_the_journal_its_id_and_facts)
{
	struct stage stage;
	struct actor founder = stage_actor(1);
	struct fold_facts facts;
	struct fold_office office;

	stage_init(&stage);
	cr_expect_not(fold_facts(stage.fold, &facts));
	stage_found(&stage, &founder);
	cr_assert(fold_facts(stage.fold, &facts));
	cr_expect(hash_equal(&facts.journal, &stage.journal));
	cr_expect_eq(facts.zone_minutes, 480);
	cr_expect(facts.simulated);
	cr_expect_eq(facts.rules, 1u);
	cr_assert(fold_office(stage.fold, &founder.hash, &office));
	cr_expect_eq(office.roles, 1u << ROLE_ADMIN);
	cr_expect_eq(office.next, 2u);
	cr_expect(hash_equal(&office.head, &stage.journal));
	cr_expect_eq(fold_applied(stage.fold), 1u);
	stage_release(&stage);
}

Test(fold, founding_batch_is_received_when_it_was_sent)
{
	struct stage stage;
	struct actor founder = stage_actor(1);
	struct said said = said_found(&founder);
	struct batch batch;
	struct leaf leaf;

	stage_init(&stage);
	batch = stage_seal(&stage, &founder, &said, 1);
	leaf = fold_leaf(stage.fold, &batch, ADMIT_TAKE, 77);
	cr_expect_eq(leaf.recv_us, batch.header.sent_us);
	stage_release(&stage);
}

Test(fold, founding_batch_again_is_a_duplicate)
{
	struct stage stage;
	struct actor founder = stage_actor(1);
	struct said said = said_found(&founder);
	struct batch batch;

	stage_init(&stage);
	batch = stage_seal(&stage, &founder, &said, 1);
	cr_assert_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_DUPLICATE);
	stage_release(&stage);
}

Test(fold, refuses_foundings_that_are_none)
{
	struct stage stage;
	struct actor founder = stage_actor(1), other = stage_actor(2);
	struct said said;
	struct batch batch;

	stage_init(&stage);
	said = said_found(&other);
	batch = stage_seal(&stage, &founder, &said, 1);
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_UNKNOWN_KEY);
	founder = stage_actor(1);
	said = said_found(&founder);
	said.statement.said.found.rules = 2;
	batch = stage_seal(&stage, &founder, &said, 1);
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_FOREIGN);
	founder = stage_actor(1);
	said = said_revoke(&other, 1);
	batch = stage_seal(&stage, &founder, &said, 1);
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_UNKNOWN_KEY);
	stage_release(&stage);
}

/* ---- chains ---- */

static struct batch report_batch(struct stage *stage, struct actor *actor,
				 const char *unit, const char *period)
{
	struct cell_text cell = { 0 };
	struct said said =
		said_report("live.jobs", unit, period, "", &cell, "1", NULL);

	return stage_seal(stage, actor, &said, 1);
}

Test(fold, knows_a_batch_by_its_place_in_the_chain)
{
	struct stage stage;
	struct cast cast;
	struct batch first, second, third;
	struct actor ahead, wrong;

	stage_open(&stage, &cast);
	first = report_batch(&stage, &cast.baima, "baima", "2024M01");
	second = report_batch(&stage, &cast.baima, "baima", "2024M02");
	ahead = cast.baima;
	third = report_batch(&stage, &ahead, "baima", "2024M03");
	cr_expect_eq(stage_take(&stage, &second), ADMIT_AHEAD);
	cr_expect_eq(stage_take(&stage, &first), ADMIT_TAKE);
	cr_expect_eq(stage_take(&stage, &first), ADMIT_DUPLICATE);
	cr_expect_eq(stage_take(&stage, &third), ADMIT_AHEAD);
	cr_expect_eq(stage_take(&stage, &second), ADMIT_TAKE);
	cr_expect_eq(stage_take(&stage, &first), ADMIT_DUPLICATE);
	cr_expect_eq(stage_take(&stage, &second), ADMIT_DUPLICATE);
	wrong = cast.baima;
	wrong.head.bytes[0] ^= 1;
	third = report_batch(&stage, &wrong, "baima", "2024M03");
	cr_expect_eq(stage_take(&stage, &third), ADMIT_BAD_CHAIN);
	stage_release(&stage);
}

Test(fold, sees_what_is_pending_in_the_group)
{
	struct stage stage;
	struct cast cast;
	struct actor twin;
	struct batch first, second, other;
	bool ends = true;

	stage_open(&stage, &cast);
	twin = cast.baima;
	first = report_batch(&stage, &cast.baima, "baima", "2024M01");
	second = report_batch(&stage, &cast.baima, "baima", "2024M02");
	other = report_batch(&stage, &twin, "baima", "2024M03");
	cr_expect_eq(fold_admit(stage.fold, &first, stage.now_us, &ends),
		     ADMIT_TAKE);
	cr_expect_not(ends);
	fold_pend(stage.fold, &first, ADMIT_TAKE);
	cr_expect_eq(fold_admit(stage.fold, &first, stage.now_us, &ends),
		     ADMIT_DUPLICATE);
	cr_expect_eq(fold_admit(stage.fold, &second, stage.now_us, &ends),
		     ADMIT_TAKE);
	cr_expect_eq(fold_admit(stage.fold, &other, stage.now_us, &ends),
		     ADMIT_FORK);
	fold_pend(stage.fold, &other, ADMIT_FORK);
	cr_expect_eq(fold_admit(stage.fold, &second, stage.now_us, &ends),
		     ADMIT_SUSPENDED);
	fold_forget_pending(stage.fold);
	cr_expect_eq(fold_admit(stage.fold, &second, stage.now_us, &ends),
		     ADMIT_AHEAD);
	cr_expect_eq(fold_admit(stage.fold, &other, stage.now_us, &ends),
		     ADMIT_TAKE);
	stage_release(&stage);
}

Test(fold, leaves_outlive_what_is_pending)
{
	struct stage stage;
	struct cast cast;
	struct actor twin;
	struct stage_entry entries[2] = { 0 };

	stage_open(&stage, &cast);
	stage_state(&stage);
	twin = cast.baima;
	for (size_t i = 0; i < 2; i++) {
		enum admission admission;
		uint8_t bytes[LEAF_BYTES_MAX];
		size_t len;

		entries[i].batch = report_batch(&stage, i ? &twin : &cast.baima,
						"baima",
						i ? "2024M02" : "2024M01");
		admission = fold_admit(stage.fold, &entries[i].batch,
				       stage.now_us, NULL);
		cr_assert_eq(admission, i ? ADMIT_FORK : ADMIT_TAKE);
		entries[i].leaf = fold_leaf(stage.fold, &entries[i].batch,
					    admission, stage.now_us);
		fold_pend(stage.fold, &entries[i].batch, admission);
		len = leaf_encode(&entries[i].leaf, bytes);
		entries[i].leaf_hash =
			hash_leaf(span_of(bytes, len), span_of(NULL, 0));
	}
	fold_forget_pending(stage.fold);
	stage_apply(&stage, &entries[0]);
	stage_apply(&stage, &entries[1]);
	cr_expect(span_equal(entries[1].leaf.headers[0],
			     entries[0].batch.header_bytes));
	stage_release(&stage);
}

Test(fold, keeps_one_fork_as_evidence_and_suspends_the_key)
{
	struct stage stage;
	struct cast cast;
	struct actor clone;
	struct batch batch, fork, again;
	struct fold_office office;
	const struct leaf *leaf;

	stage_open(&stage, &cast);
	clone = cast.baima;
	batch = report_batch(&stage, &cast.baima, "baima", "2024M01");
	cr_assert_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	fork = report_batch(&stage, &clone, "baima", "2024M02");
	again = report_batch(&stage, &clone, "baima", "2024M03");
	cr_assert_eq(stage_take(&stage, &fork), ADMIT_FORK);
	leaf = &stage.entries[stage.entry_count - 1].leaf;
	cr_expect_eq(leaf->kind, LEAF_FORK);
	cr_expect(span_equal(leaf->headers[0], batch.header_bytes));
	cr_expect(span_equal(leaf->headers[1], fork.header_bytes));
	cr_expect_eq(stage_take(&stage, &fork), ADMIT_FORK_AGAIN);
	cr_expect_eq(stage_take(&stage, &again), ADMIT_SUSPENDED);
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_DUPLICATE);
	cr_assert(fold_office(stage.fold, &cast.baima.hash, &office));
	cr_expect(office.suspended);
	cr_expect_eq(office.next, cast.baima.next);
	/* The way out: another key, by another grant. */
	cast.baima = stage_actor(20);
	stage_enrol(&stage, &cast.founder, &cast.baima, "baima", REPORTER, 120);
	batch = report_batch(&stage, &cast.baima, "baima", "2024M02");
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	stage_release(&stage);
}

Test(fold, drops_batches_of_other_journals_and_strangers)
{
	struct stage stage;
	struct cast cast;
	struct actor stranger = stage_actor(40);
	struct hash journal;
	struct batch batch;

	stage_open(&stage, &cast);
	batch = report_batch(&stage, &stranger, "baima", "2024M01");
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_UNKNOWN_KEY);
	journal = stage.journal;
	stage.journal.bytes[3] ^= 1;
	batch = report_batch(&stage, &cast.baima, "baima", "2024M01");
	stage.journal = journal;
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_FOREIGN);
	stage_release(&stage);
}

Test(fold, tells_what_ends_a_group)
{
	struct stage stage;
	struct cast cast;
	struct actor code = stage_actor(60), actor = stage_actor(61);
	struct said said[2];
	struct batch batch;
	bool ends;

	stage_open(&stage, &cast);
	memset(said, 0, sizeof(said));
	said[0].statement.kind = SAID_CATALOGUE_PART;
	said[0].statement.said.part.file = span_of_text("targets.csv");
	said[1] = said_grant("baima", REPORTER, &code, stage.now_us);
	batch = stage_seal(&stage, &cast.founder, said, 1);
	cr_expect_eq(fold_admit(stage.fold, &batch, stage.now_us, &ends),
		     ADMIT_TAKE);
	cr_expect_not(ends, "a catalogue part");
	cr_assert_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	batch = stage_seal(&stage, &cast.founder, said, 2);
	cr_expect_eq(fold_admit(stage.fold, &batch, stage.now_us, &ends),
		     ADMIT_TAKE);
	cr_expect(ends, "a grant");
	cr_assert_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	said[0] = said_enrol(&stage, SAID_ENROL, &code, &actor);
	batch = stage_seal(&stage, &actor, said, 1);
	cr_expect_eq(fold_admit(stage.fold, &batch, stage.now_us, &ends),
		     ADMIT_TAKE);
	cr_expect(ends, "an enrolment");
	stage_release(&stage);
}

/* ---- grants and keys ---- */

static enum admission try_enrol(struct stage *stage, enum statement_kind kind,
				const struct actor *by, struct actor *actor)
{
	struct said said = said_enrol(stage, kind, by, actor);
	struct actor copy = *actor;
	struct batch batch = stage_seal(stage, &copy, &said, 1);
	enum admission admission = stage_take(stage, &batch);

	if (admission == ADMIT_TAKE)
		*actor = copy;
	return admission;
}

Test(fold, uses_a_grant_once)
{
	struct stage stage;
	struct cast cast;
	struct actor code = stage_actor(60), a = stage_actor(61),
		     b = stage_actor(62);
	struct said grant;
	struct fold_office office;
	struct span unit;

	stage_open(&stage, &cast);
	cr_expect_eq(try_enrol(&stage, SAID_ENROL, &code, &a), ADMIT_BAD_GRANT);
	grant = said_grant("baima", REPORTER, &code, stage.now_us + 5);
	cr_assert_eq(stage_say(&stage, &cast.founder, &grant),
		     VERDICT_ADMITTED);
	cr_expect(fold_grant_by_curve(stage.fold, code.curve.key,
				      stage.now_us + 5));
	cr_expect_not(fold_grant_by_curve(stage.fold, code.curve.key,
					  stage.now_us + 6));
	cr_expect_eq(try_enrol(&stage, SAID_ENROL, &code, &a), ADMIT_TAKE);
	cr_expect_eq(try_enrol(&stage, SAID_ENROL, &code, &b), ADMIT_BAD_GRANT);
	cr_expect_not(
		fold_grant_by_curve(stage.fold, code.curve.key, stage.now_us));
	cr_assert(fold_office_by_curve(stage.fold, a.curve.key, &office));
	cr_expect(!memcmp(office.key.bytes, a.pair.key.bytes, SIGN_KEY_BYTES));
	cr_expect_eq(office.next, 2u);
	cr_expect_eq(office.bytes_a_day, FOLD_BYTES_A_DAY_DEFAULT);
	cr_assert(fold_office_unit(stage.fold, &a.hash, 0, &unit));
	cr_expect(span_equal(unit, span_of_text("baima")));
	cr_expect_not(fold_office_unit(stage.fold, &a.hash, 1, &unit));
	stage_release(&stage);
}

Test(fold, refuses_enrolments_that_a_grant_does_not_carry)
{
	struct stage stage;
	struct cast cast;
	struct actor code = stage_actor(60), other = stage_actor(63),
		     a = stage_actor(61), thief = stage_actor(62);
	struct hash journal;
	struct said said;
	struct batch batch;

	stage_open(&stage, &cast);
	said = said_grant("baima", REPORTER, &code, stage.now_us + 5);
	cr_assert_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	/* signed by another code's key */
	said = said_enrol(&stage, SAID_ENROL, &other, &a);
	said.statement.said.enrol.code_key = code.pair.key;
	batch = stage_seal(&stage, &a, &said, 1);
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_BAD_GRANT);
	/* made for another key than the batch's */
	a = stage_actor(61);
	said = said_enrol(&stage, SAID_ENROL, &code, &a);
	batch = stage_seal(&stage, &thief, &said, 1);
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_BAD_GRANT);
	/* made for another journal */
	journal = stage.journal;
	stage.journal.bytes[0] ^= 1;
	said = said_enrol(&stage, SAID_ENROL, &code, &a);
	stage.journal = journal;
	batch = stage_seal(&stage, &a, &said, 1);
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_BAD_GRANT);
	/* with the CURVE key of another office */
	a = stage_actor(61);
	a.curve = cast.longmen.curve;
	cr_expect_eq(try_enrol(&stage, SAID_ENROL, &code, &a), ADMIT_BAD_GRANT);
	/* too late */
	a = stage_actor(61);
	stage.now_us += 6;
	cr_expect_eq(try_enrol(&stage, SAID_ENROL, &code, &a), ADMIT_BAD_GRANT);
	stage_release(&stage);
}

Test(fold, decides_grants)
{
	struct stage stage;
	struct cast cast;
	struct actor code = stage_actor(60), used = stage_actor(102);
	struct said said;

	stage_open(&stage, &cast);
	said = said_grant("baima", REPORTER, &code, stage.now_us);
	cr_expect_eq(stage_say(&stage, &cast.baima, &said),
		     VERDICT_NOT_ALLOWED);
	said = said_grant("baima", 0, &code, stage.now_us);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_MALFORMED);
	said = said_grant("baima", REPORTER, &code, stage.now_us - 1);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_GRANT_EXPIRED);
	said = said_grant("baima", REPORTER, &used, stage.now_us);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_GRANT_USED);
	said = said_grant("baima", REPORTER, &code, stage.now_us);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	/* withdrawn before it was used */
	said = said_revoke(&code, 1);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	used = stage_actor(61);
	cr_expect_eq(try_enrol(&stage, SAID_ENROL, &code, &used),
		     ADMIT_BAD_GRANT);
	stage_release(&stage);
}

Test(fold, rotates_a_key)
{
	struct stage stage;
	struct cast cast;
	struct actor next = stage_actor(70), third = stage_actor(71);
	struct fold_office office;
	struct batch batch;
	struct span unit;

	stage_open(&stage, &cast);
	next.curve = cast.baima.curve; /* may go on with it */
	cr_expect_eq(try_enrol(&stage, SAID_ROTATE, &cast.longmen, &next),
		     ADMIT_BAD_GRANT);
	cr_expect_eq(try_enrol(&stage, SAID_ROTATE, &cast.baima, &next),
		     ADMIT_TAKE);
	batch = report_batch(&stage, &cast.baima, "baima", "2024M01");
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_REVOKED);
	batch = report_batch(&stage, &next, "baima", "2024M01");
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	cr_expect_eq(stage.verdicts[0], VERDICT_ADMITTED);
	cr_assert(fold_office_by_curve(stage.fold, next.curve.key, &office));
	cr_expect(
		!memcmp(office.key.bytes, next.pair.key.bytes, SIGN_KEY_BYTES));
	cr_expect_eq(office.next, 3u);
	cr_assert(fold_office_unit(stage.fold, &next.hash, 0, &unit));
	cr_expect(span_equal(unit, span_of_text("baima")));
	cr_assert(fold_office(stage.fold, &cast.baima.hash, &office));
	cr_expect(office.revoked);
	/* an ended key enrols no third one */
	cr_expect_eq(try_enrol(&stage, SAID_ROTATE, &cast.baima, &third),
		     ADMIT_BAD_GRANT);
	stage_release(&stage);
}

/* Else the last administrator could leave a journal that nobody can change. */
Test(fold, nobody_revokes_the_own_key)
{
	struct fold_office office;
	struct stage stage;
	struct cast cast;
	struct said said;

	stage_open(&stage, &cast);
	said = said_revoke(&cast.founder, 1);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_NOT_ALLOWED);
	cr_assert(fold_office(stage.fold, &cast.founder.hash, &office));
	cr_expect_not(office.revoked);
	said = said_revoke(&cast.baima, 1);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	stage_release(&stage);
}

Test(fold, drops_batches_of_revoked_and_expired_keys)
{
	struct stage stage;
	struct cast cast;
	struct actor code = stage_actor(60), a = stage_actor(61);
	struct said said;
	struct batch old, batch;
	struct fold_office office;

	stage_open(&stage, &cast);
	old = report_batch(&stage, &cast.baima, "baima", "2024M01");
	cr_assert_eq(stage_take(&stage, &old), ADMIT_TAKE);
	said = said_revoke(&cast.baima, 2);
	cr_expect_eq(stage_say(&stage, &cast.longmen, &said),
		     VERDICT_NOT_ALLOWED);
	said = said_revoke(&cast.baima, 2);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	batch = report_batch(&stage, &cast.baima, "baima", "2024M02");
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_REVOKED);
	cr_expect_eq(stage_take(&stage, &old), ADMIT_DUPLICATE);
	cr_assert(fold_office(stage.fold, &cast.baima.hash, &office));
	cr_expect(office.revoked);
	said = said_revoke(&a, 1);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_KEY_UNKNOWN);

	said = said_grant("baima", REPORTER, &code, stage.now_us + 5);
	said.statement.said.grant.until_us = stage.now_us + 10;
	cr_assert_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	cr_assert_eq(try_enrol(&stage, SAID_ENROL, &code, &a), ADMIT_TAKE);
	stage.now_us += 10;
	batch = report_batch(&stage, &a, "baima", "2024M02");
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	stage.now_us++;
	batch = report_batch(&stage, &a, "baima", "2024M03");
	cr_expect_eq(stage_take(&stage, &batch), ADMIT_REVOKED);
	stage_release(&stage);
}

Test(fold, lets_a_recovery_key_enrol_an_administrator)
{
	struct stage stage;
	struct cast cast;
	struct actor recovery = stage_actor(250), admin = stage_actor(80);
	struct fold_office office;

	stage_open(&stage, &cast);
	cr_expect_eq(try_enrol(&stage, SAID_ENROL, &recovery, &admin),
		     ADMIT_TAKE);
	cr_assert(fold_office(stage.fold, &admin.hash, &office));
	cr_expect_eq(office.roles, 1u << ROLE_ADMIN);
	stage_release(&stage);
}

Test(fold, ends_a_recovery_key)
{
	struct stage stage;
	struct cast cast;
	struct actor recovery = stage_actor(250), admin = stage_actor(80);
	uint8_t curve[CURVE_KEY_BYTES];
	struct said said;

	stage_open(&stage, &cast);
	cr_assert_eq(sign_key_curve(&recovery.pair.key, curve), 0);
	cr_expect(fold_grant_by_curve(stage.fold, curve, stage.now_us));
	said = said_revoke(&recovery, 1);
	cr_expect_eq(stage_say(&stage, &cast.baima, &said),
		     VERDICT_NOT_ALLOWED);
	said = said_revoke(&recovery, 1);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	cr_expect_not(fold_grant_by_curve(stage.fold, curve, stage.now_us));
	cr_expect_eq(try_enrol(&stage, SAID_ENROL, &recovery, &admin),
		     ADMIT_BAD_GRANT);
	said = said_revoke(&recovery, 1);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_KEY_UNKNOWN);
	stage_release(&stage);
}

Test(fold, refuses_first_words_said_later)
{
	struct stage stage;
	struct cast cast;
	struct actor code = stage_actor(60), a = stage_actor(61);
	struct said said;

	stage_open(&stage, &cast);
	said = said_found(&cast.founder);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_NOT_ALLOWED);
	said = said_enrol(&stage, SAID_ENROL, &code, &cast.longmen);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_KEY_TAKEN);
	said = said_enrol(&stage, SAID_ENROL, &code, &a);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_NOT_ALLOWED);
	stage_release(&stage);
}

Test(fold, knows_the_collectors_that_were_named)
{
	struct stage stage;
	struct cast cast;
	struct actor collector = stage_actor(90);
	struct said said = { .statement.kind = SAID_COLLECTOR_KEYS };

	stage_open(&stage, &cast);
	cr_expect_not(fold_collector_known(stage.fold, &collector.pair.key));
	said.statement.said.collector_keys.checkpoint_key = collector.pair.key;
	cr_expect_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	cr_expect(fold_collector_known(stage.fold, &collector.pair.key));
	stage_release(&stage);
}

/* ---- rules ---- */

Test(fold, stops_at_rules_it_does_not_know)
{
	struct stage stage;
	struct cast cast;
	struct said said = { .statement = { .kind = SAID_RULES,
					    .said.rules = 1 } };
	struct stage_entry entry = { 0 };
	struct err err = { 0 };

	stage_open(&stage, &cast);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	said.statement.said.rules = 0;
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_NOT_ALLOWED);
	said.statement.said.rules = 2;
	cr_expect_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	entry.batch = report_batch(&stage, &cast.baima, "baima", "2024M01");
	entry.leaf =
		fold_leaf(stage.fold, &entry.batch, ADMIT_TAKE, stage.now_us);
	cr_expect_eq(fold_apply(stage.fold, fold_applied(stage.fold),
				&entry.leaf, &entry.leaf_hash, &entry.batch,
				&stage.puts, NULL, &err),
		     ERR_INVALID);
	cr_expect(strstr(err.msg, "rules version 2"), "%s", err.msg);
	stage_release(&stage);
}

Test(fold, refuses_what_later_rules_would_understand)
{
	static const uint8_t unknown_field[] = { 0xa2, 0x06, 0x00 };
	static const uint8_t close[] = { 0x82, 0x01, 0x00 };
	static const uint8_t garbage[] = { 0xff, 0xff, 0xff, 0xff };
	static const struct {
		struct span body;
		enum verdict verdict;
	} rows[] = {
		{ { unknown_field, sizeof(unknown_field) }, VERDICT_TOO_NEW },
		{ { close, sizeof(close) }, VERDICT_TOO_NEW },
		{ { garbage, sizeof(garbage) }, VERDICT_MALFORMED },
	};
	struct stage stage;
	struct cast cast;

	stage_open(&stage, &cast);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct said said = { .raw = rows[i].body };
		unsigned verdict = stage_say(&stage, &cast.baima, &said);

		cr_expect_eq(verdict, rows[i].verdict, "row %zu: %s", i,
			     verdict_name(verdict));
	}
	stage_release(&stage);
}

/* ---- entries that are not to be believed ---- */

Test(fold, applies_only_what_admission_takes)
{
	struct stage stage;
	struct cast cast;
	struct stage_entry entry = { 0 };
	struct err err = { 0 };
	uint64_t index;

	stage_open(&stage, &cast);
	stage_state(&stage);
	index = fold_applied(stage.fold);
	entry.batch = report_batch(&stage, &cast.baima, "baima", "2024M01");
	entry.leaf =
		fold_leaf(stage.fold, &entry.batch, ADMIT_TAKE, stage.now_us);
	cr_expect_eq(fold_apply(stage.fold, index + 1, &entry.leaf,
				&entry.leaf_hash, &entry.batch, &stage.puts,
				NULL, &err),
		     ERR_INVALID);
	entry.leaf.recv_us = 5;
	cr_expect_eq(fold_apply(stage.fold, index, &entry.leaf,
				&entry.leaf_hash, &entry.batch, &stage.puts,
				NULL, &err),
		     ERR_INVALID);
	entry.leaf.recv_us = stage.now_us;
	entry.leaf.signatures[0].bytes[0] ^= 1;
	cr_expect_eq(fold_apply(stage.fold, index, &entry.leaf,
				&entry.leaf_hash, &entry.batch, &stage.puts,
				NULL, &err),
		     ERR_INVALID);
	cr_expect_eq(fold_applied(stage.fold), index);
	stage_release(&stage);
}

/* ---- state entries ---- */

static int apply_state(struct stage *stage, const struct leaf *leaf,
		       struct err *err)
{
	struct hash hash = { { 7 } };

	return fold_apply(stage->fold, fold_applied(stage->fold), leaf, &hash,
			  NULL, &stage->puts, NULL, err);
}

static void say_jobs(struct stage *stage, struct cast *cast, const char *period)
{
	struct batch batch = report_batch(stage, &cast->baima, "baima", period);

	cr_assert_eq(stage_take(stage, &batch), ADMIT_TAKE);
}

Test(fold, states_its_rows_when_an_hour_ends_and_nowhere_else)
{
	struct stage stage;
	struct cast cast;
	struct stage_entry *state;
	uint64_t hour_us;
	size_t count;

	stage_open(&stage, &cast);
	stage.now_us += STAGE_HOUR_US;
	say_jobs(&stage, &cast, "2024M01");
	count = stage.entry_count;
	hour_us = (stage.now_us / STAGE_HOUR_US + 1) * STAGE_HOUR_US;
	stage.now_us = hour_us - 1;
	say_jobs(&stage, &cast, "2024M02");
	cr_expect_eq(stage.entry_count, count + 1, "the same hour");
	stage.now_us = hour_us;
	say_jobs(&stage, &cast, "2024M03");
	cr_assert_eq(stage.entry_count, count + 3);
	state = &stage.entries[count + 1];
	cr_expect_eq(state->leaf.kind, LEAF_STATE);
	cr_expect_eq(state->leaf.applied, count + 1);
	cr_expect_eq(state->leaf.rows, 2);
	cr_expect_eq(state->leaf.rules, 1);
	cr_expect_eq(state->leaf.recv_us, hour_us - 1);
	stage.now_us += STAGE_DAY_US; /* many hours: one entry */
	say_jobs(&stage, &cast, "2024M04");
	cr_expect_eq(stage.entry_count, count + 5);
	stage_release(&stage);
}

static struct leaf break_of(const struct stage *stage)
{
	return (struct leaf){
		.kind = LEAF_REOPENED,
		.recv_us = fold_recv_us(stage->fold),
		.applied = fold_applied(stage->fold),
		.root = fold_root(stage->fold),
		.lost = fold_applied(stage->fold) + 5,
	};
}

Test(fold, a_break_names_what_stands_before_it)
{
	uint64_t found[REOPENINGS_MAX];
	struct err err = { 0 };
	struct stage stage;
	struct cast cast;
	struct leaf leaf;

	stage_open(&stage, &cast);
	say_jobs(&stage, &cast, "2024M01");
	for (int i = 0; i < 4; i++) {
		leaf = break_of(&stage);
		switch (i) {
		case 0:
			leaf.recv_us++;
			break;
		case 1:
			leaf.applied++;
			break;
		case 2:
			leaf.root.bytes[0] ^= 1;
			break;
		default:
			leaf.lost = leaf.applied - 1;
		}
		cr_expect_eq(apply_state(&stage, &leaf, &err), ERR_INVALID,
			     "%d", i);
	}
	cr_expect_eq(fold_reopened(stage.fold, found), 0);
	leaf = break_of(&stage);
	cr_assert_eq(apply_state(&stage, &leaf, &err), 0, "%s", err.msg);
	cr_assert_eq(fold_reopened(stage.fold, found), 1);
	cr_expect_eq(found[0], leaf.applied);
	stage_release(&stage);
}

Test(fold, breaks_are_not_counted_between_state_entries)
{
	uint64_t found[REOPENINGS_MAX];
	struct err err = { 0 };
	struct stage stage;
	struct cast cast;
	struct leaf leaf, state;

	stage_open(&stage, &cast);
	say_jobs(&stage, &cast, "2024M01");
	state = fold_state_leaf(stage.fold);
	cr_assert_eq(apply_state(&stage, &state, &err), 0, "%s", err.msg);
	for (uint64_t i = 0; i < REOPENINGS_MAX + 2; i++) {
		leaf = break_of(&stage);
		cr_assert_eq(apply_state(&stage, &leaf, &err), 0, "%s",
			     err.msg);
	}
	cr_assert_eq(fold_reopened(stage.fold, found), REOPENINGS_MAX);
	cr_expect_eq(found[REOPENINGS_MAX - 1], leaf.applied, "the newest");
	state = fold_state_leaf(stage.fold);
	cr_expect_eq(apply_state(&stage, &state, &err), ERR_INVALID,
		     "two state entries in a row");
	stage_release(&stage);
}

static struct leaf succession_of(const struct stage *stage)
{
	struct leaf leaf = {
		.kind = LEAF_SUCCEEDED,
		.recv_us = fold_recv_us(stage->fold),
		.applied = fold_applied(stage->fold),
		.root = fold_root(stage->fold),
		.from = stage_actor(90).pair.key,
	};

	memset(leaf.to.bytes, 7, SIGN_KEY_BYTES);
	memset(leaf.curve, 8, CURVE_KEY_BYTES);
	return leaf;
}

Test(fold, a_collectors_key_goes_over_to_one_that_is_not_known)
{
	struct said said = { .statement.kind = SAID_COLLECTOR_KEYS };
	uint64_t found[SUCCESSIONS_MAX];
	uint8_t curve[CURVE_KEY_BYTES];
	struct err err = { 0 };
	struct stage stage;
	struct cast cast;
	struct leaf leaf;

	stage_open(&stage, &cast);
	said.statement.said.collector_keys.checkpoint_key =
		stage_actor(90).pair.key;
	cr_assert_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	say_jobs(&stage, &cast, "2024M01");
	for (int i = 0; i < 5; i++) {
		leaf = succession_of(&stage);
		switch (i) {
		case 0:
			leaf.recv_us++;
			break;
		case 1:
			leaf.applied--;
			break;
		case 2:
			leaf.root.bytes[0] ^= 1;
			break;
		case 3:
			leaf.from.bytes[0] ^= 1;
			break;
		default:
			leaf.to = leaf.from;
		}
		cr_expect_eq(apply_state(&stage, &leaf, &err), ERR_INVALID,
			     "%d", i);
	}
	cr_expect_eq(fold_succeeded(stage.fold, found), 0);
	leaf = succession_of(&stage);
	cr_assert_eq(apply_state(&stage, &leaf, &err), 0, "%s", err.msg);
	cr_assert_eq(fold_succeeded(stage.fold, found), 1);
	cr_expect_eq(found[0], leaf.applied);
	cr_expect(fold_collector_known(stage.fold, &leaf.to));
	cr_assert(fold_collector_curve(stage.fold, &leaf.to, curve));
	cr_expect_eq(memcmp(curve, leaf.curve, CURVE_KEY_BYTES), 0);
	cr_expect_not(fold_collector_known(stage.fold, &leaf.from),
		      "the old one is ended");
	stage_release(&stage);
}

Test(fold, a_succession_that_was_lost_is_said_again_behind_the_break)
{
	struct said said = { .statement.kind = SAID_COLLECTOR_KEYS };
	uint64_t found[SUCCESSIONS_MAX];
	struct err err = { 0 };
	struct stage stage;
	struct cast cast;
	struct leaf leaf, lost;

	stage_open(&stage, &cast);
	said.statement.said.collector_keys.checkpoint_key =
		stage_actor(90).pair.key;
	cr_assert_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	lost = succession_of(&stage);
	lost.applied += 3;
	lost.root.bytes[0] ^= 1;
	cr_expect_eq(apply_state(&stage, &lost, &err), ERR_INVALID);
	leaf = break_of(&stage);
	cr_assert_eq(apply_state(&stage, &leaf, &err), 0, "%s", err.msg);
	cr_assert_eq(apply_state(&stage, &lost, &err), 0, "%s", err.msg);
	leaf = lost;
	leaf.from = lost.to;
	leaf.to.bytes[0] = 9;
	cr_assert_eq(apply_state(&stage, &leaf, &err), 0, "%s", err.msg);
	cr_expect_eq(fold_succeeded(stage.fold, found), 2);
	stage_release(&stage);
}

Test(fold, does_not_believe_a_state_entry)
{
	struct stage stage;
	struct cast cast;
	struct leaf good, bad;
	struct err err = { 0 };

	stage_open(&stage, &cast);
	say_jobs(&stage, &cast, "2024M01");
	good = fold_state_leaf(stage.fold);
	bad = good;
	bad.root.bytes[31] ^= 1;
	cr_expect_eq(apply_state(&stage, &bad, &err), ERR_INVALID);
	cr_expect(strstr(err.msg, "figures are not those"), "%s", err.msg);
	bad = good;
	bad.rows++;
	cr_expect_eq(apply_state(&stage, &bad, &err), ERR_INVALID);
	bad = good;
	bad.applied--;
	cr_expect_eq(apply_state(&stage, &bad, &err), ERR_INVALID);
	bad = good;
	bad.rules++;
	cr_expect_eq(apply_state(&stage, &bad, &err), ERR_INVALID);
	bad = good;
	bad.recv_us++;
	cr_expect_eq(apply_state(&stage, &bad, &err), ERR_INVALID);
	cr_expect_eq(apply_state(&stage, &good, &err), 0, "%s", err.msg);
	good = fold_state_leaf(stage.fold);
	cr_expect_eq(apply_state(&stage, &good, &err), ERR_INVALID, "two");
	stage_release(&stage);
}

Test(fold, a_state_entry_has_its_place)
{
	struct stage stage;
	struct cast cast;
	struct stage_entry entry = { 0 };
	struct err err = { 0 };
	struct leaf state;
	uint64_t raised_us;

	stage_open(&stage, &cast);
	say_jobs(&stage, &cast, "2024M01");
	/* Missing. */
	entry.batch = report_batch(&stage, &cast.baima, "baima", "2024M02");
	entry.leaf = fold_leaf(stage.fold, &entry.batch, ADMIT_TAKE,
			       stage.now_us + STAGE_HOUR_US);
	cr_expect_eq(fold_apply(stage.fold, fold_applied(stage.fold),
				&entry.leaf, &entry.leaf_hash, &entry.batch,
				&stage.puts, NULL, &err),
		     ERR_INVALID);
	cr_expect(strstr(err.msg, "missing"), "%s", err.msg);
	/* For no reason: what follows is of the same hour. */
	state = fold_state_leaf(stage.fold);
	cr_assert_eq(apply_state(&stage, &state, &err), 0, "%s", err.msg);
	entry.leaf =
		fold_leaf(stage.fold, &entry.batch, ADMIT_TAKE, stage.now_us);
	cr_expect_eq(fold_apply(stage.fold, fold_applied(stage.fold),
				&entry.leaf, &entry.leaf_hash, &entry.batch,
				&stage.puts, NULL, &err),
		     ERR_INVALID);
	cr_expect(strstr(err.msg, "belongs before it"), "%s", err.msg);
	/* A clock that went back is raised into the hour that has begun. */
	raised_us = fold_stamp(stage.fold, stage.now_us);
	cr_expect_eq(raised_us,
		     (stage.now_us / STAGE_HOUR_US + 1) * STAGE_HOUR_US);
	entry.leaf = fold_leaf(stage.fold, &entry.batch, ADMIT_TAKE, raised_us);
	cr_expect_eq(fold_apply(stage.fold, fold_applied(stage.fold),
				&entry.leaf, &entry.leaf_hash, &entry.batch,
				&stage.puts, NULL, &err),
		     0, "%s", err.msg);
	stage_release(&stage);
}

/* ---- acknowledging again ---- */

Test(fold, remembers_verdicts_of_a_batch)
{
	struct stage stage;
	struct cast cast;
	struct cell_text cells[3] = { 0 };
	struct said said[3];
	struct batch batch;
	struct table_reader reader;
	struct fold_taken taken;
	uint16_t verdicts[3];
	struct err err = { 0 };

	stage_open(&stage, &cast);
	reader = memory_tables_reader(stage.tables);
	said[0] = said_report("live.jobs", "baima", "2024M01", "", &cells[0],
			      "5", NULL);
	said[1] = said_report("live.jobs", "longmen", "2024M01", "", &cells[1],
			      "5", NULL);
	said[2] = said_report("live.jobs", "baima", "2024M02", "", &cells[2],
			      "9", NULL);
	batch = stage_seal(&stage, &cast.baima, said, 3);
	cr_assert_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	cr_assert_eq(fold_taken(&reader, &cast.baima.hash, 2, &taken, verdicts,
				3, &err),
		     0);
	cr_expect_eq(taken.entry, fold_applied(stage.fold) - 1);
	cr_expect_eq(taken.recv_us, stage.now_us);
	cr_expect_eq(taken.count, 3u);
	cr_expect(hash_equal(&taken.name, &batch.name));
	for (size_t i = 0; i < 3; i++)
		cr_expect_eq(verdicts[i], stage.verdicts[i], "row %zu", i);
	cr_expect_eq(verdicts[0], VERDICT_ADMITTED);
	cr_expect_eq(verdicts[1], VERDICT_NOT_YOUR_UNIT);
	cr_expect_eq(verdicts[2], VERDICT_ADMITTED);
	cr_expect_eq(fold_taken(&reader, &cast.baima.hash, 3, &taken, verdicts,
				3, &err),
		     ERR_NOTFOUND);
	cr_expect_eq(fold_taken(&reader, &cast.baima.hash, 2, &taken, verdicts,
				2, &err),
		     ERR_LIMIT);
	stage_release(&stage);
}
