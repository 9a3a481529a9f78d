/*
 * A small world to fold in: a founder, offices with keys of their own, and a
 * journal that is a list of entries in memory. Everything is derived from
 * seeds, so that a failure shows again.
 */
#ifndef TALLY_TESTS_STORE_STAGE_H
#define TALLY_TESTS_STORE_STAGE_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "proto/day.h"
#include "proto/wire.h"
#include "store/fold.h"
#include "store/journal.h"
#include "store/tables.h"

#define STAGE_ARENA_BYTES (256ull * 1024 * 1024)
#define STAGE_ENTRIES_MAX 4096
#define STAGE_STATEMENTS_MAX 64
#define STAGE_DAY_US 86400000000ull
#define STAGE_HOUR_US 3600000000ull

/* Somebody with a key, as an agent keeps it. */
struct actor {
	struct sign_pair pair;
	struct curve_pair curve;
	struct hash hash;
	uint64_t next;
	struct hash head;
};

struct stage_entry {
	struct leaf leaf;
	struct hash leaf_hash;
	struct batch batch;
};

/* One folding: the same entries may be folded several times. */
struct stage {
	struct arena arena;
	struct fold *fold;
	struct memory_tables *tables;
	struct puts puts;
	uint64_t now_us;
	uint64_t salts; /* drawn so far */
	struct hash journal;
	struct stage_entry *entries;
	size_t entry_count;
	uint16_t verdicts[STAGE_STATEMENTS_MAX];
};

static inline uint64_t stage_random(uint64_t *state)
{
	uint64_t x = (*state += 0x9e3779b97f4a7c15u);

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static inline struct actor stage_actor(uint8_t seed)
{
	uint8_t bytes[32];
	struct actor actor = { .next = 1 };

	memset(bytes, seed, sizeof(bytes));
	sign_pair_from_seed(bytes, &actor.pair);
	bytes[0] ^= 0x55;
	curve_pair_from_secret(bytes, &actor.curve);
	actor.hash = sign_key_hash(&actor.pair.key);
	return actor;
}

static inline void stage_init(struct stage *stage)
{
	struct err err = { 0 };

	cr_assert_eq(sign_start(&err), 0);
	*stage = (struct stage){
		.now_us = day_start_us(day_from_civil(2024, 1, 1), 480),
	};
	arena_init(&stage->arena, STAGE_ARENA_BYTES);
	stage->fold = fold_new();
	stage->tables = memory_tables_new();
	stage->entries = calloc(STAGE_ENTRIES_MAX, sizeof(*stage->entries));
	cr_assert(stage->fold && stage->tables && stage->entries);
	puts_init(&stage->puts);
}

static inline void stage_release(struct stage *stage)
{
	fold_free(stage->fold);
	memory_tables_free(stage->tables);
	puts_release(&stage->puts);
	arena_release(&stage->arena);
	free(stage->entries);
}

/* ---- batches ---- */

struct said {
	struct statement statement;
	uint8_t salt[SALT_BYTES];
	struct span raw; /* instead of the statement, if any */
};

static inline void stage_salt(struct stage *stage, uint8_t salt[SALT_BYTES])
{
	uint64_t state = ++stage->salts;

	for (size_t i = 0; i < SALT_BYTES; i++)
		salt[i] = (uint8_t)(stage_random(&state) >> 24);
}

/* Sets salts of those that have none yet, so a later one can name them. */
static inline void stage_salts(struct stage *stage, struct said *said,
			       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!said[i].salt[0])
			stage_salt(stage, said[i].salt);
}

/* The texts' hashes stand in the body: the text itself is "why". */
static inline void stage_body(struct stage *stage, struct said *said,
			      struct sealed *out)
{
	struct strbuf body;
	struct err err = { 0 };

	memcpy(out->salt, said->salt, SALT_BYTES);
	out->texts = arena_array(&stage->arena, 4, sizeof(*out->texts));
	out->text_count = said->statement.text_count;
	for (size_t i = 0; i < out->text_count; i++) {
		memset(out->texts[i].salt, 7, SALT_BYTES);
		out->texts[i].text = span_of_text("why");
		said->statement.texts[i].hash =
			hash_text(out->texts[i].salt, out->texts[i].text);
	}
	strbuf_init(&body, 0);
	if (said->raw.data)
		strbuf_add(&body, said->raw.data, said->raw.len);
	else
		cr_assert_eq(
			wire_encode_statement(&said->statement, &body, &err), 0,
			"%s", err.msg);
	out->body = span_of(arena_copy(&stage->arena, body.text, body.len),
			    body.len);
	strbuf_release(&body);
}

/* Seals with the header as given (sequence, prev, journal), and decodes. */
static inline struct batch stage_seal_as(struct stage *stage,
					 const struct sign_pair *pair,
					 struct seal_header header,
					 struct said *said, size_t count)
{
	struct sealed sealed[STAGE_STATEMENTS_MAX];
	struct strbuf bytes;
	struct batch batch;
	struct hash name;
	struct err err = { 0 };

	cr_assert_leq(count, STAGE_STATEMENTS_MAX);
	stage_salts(stage, said, count);
	memset(sealed, 0, sizeof(sealed));
	for (size_t i = 0; i < count; i++)
		stage_body(stage, &said[i], &sealed[i]);
	header.count = (uint32_t)count;
	strbuf_init(&bytes, 0);
	cr_assert_eq(
		wire_seal_batch(&header, sealed, pair, &bytes, &name, &err), 0,
		"%s", err.msg);
	cr_assert_eq(
		wire_decode_batch(span_of(arena_copy(&stage->arena, bytes.text,
						     bytes.len),
					  bytes.len),
				  &stage->arena, &batch, &err),
		0, "%s", err.msg);
	cr_assert_eq(wire_check_batch(&batch, &stage->arena, false, &err), 0,
		     "%s", err.msg);
	strbuf_release(&bytes);
	return batch;
}

static inline struct batch stage_seal(struct stage *stage, struct actor *actor,
				      struct said *said, size_t count)
{
	struct seal_header header = {
		.journal = stage->journal,
		.sequence = actor->next,
		.prev = actor->head,
		.sent_us = stage->now_us,
	};
	struct batch batch =
		stage_seal_as(stage, &actor->pair, header, said, count);

	actor->next++;
	actor->head = batch.name;
	return batch;
}

/* ---- entries ---- */

/* NULL for state entries. */
static inline const struct batch *
stage_batch_of(const struct stage_entry *entry)
{
	return entry->leaf.kind == LEAF_STATE ? NULL : &entry->batch;
}

static inline void stage_apply(struct stage *stage,
			       const struct stage_entry *entry)
{
	struct err err = { 0 };

	memset(stage->verdicts, 0xff, sizeof(stage->verdicts));
	cr_assert_eq(fold_apply(stage->fold, fold_applied(stage->fold),
				&entry->leaf, &entry->leaf_hash,
				stage_batch_of(entry), &stage->puts,
				stage->verdicts, &err),
		     0, "%s", err.msg);
	cr_assert_eq(memory_tables_apply(stage->tables, &stage->puts), 0);
}

/* The entry whose leaf is there becomes the next one. */
static inline void stage_append(struct stage *stage, struct stage_entry *entry)
{
	uint8_t bytes[LEAF_BYTES_MAX];
	size_t len = leaf_encode(&entry->leaf, bytes);

	entry->leaf_hash = hash_leaf(span_of(bytes, len), span_of(NULL, 0));
	stage->entry_count++;
	stage_apply(stage, entry);
}

/* A state entry where one is due. */
static inline void stage_state(struct stage *stage)
{
	struct stage_entry *entry = &stage->entries[stage->entry_count];

	if (!fold_state_due(stage->fold, 0, 0, stage->now_us))
		return;
	cr_assert_lt(stage->entry_count, STAGE_ENTRIES_MAX);
	entry->leaf = fold_state_leaf(stage->fold);
	stage_append(stage, entry);
}

/* Admits, and applies what gets an entry. */
static inline enum admission stage_take(struct stage *stage,
					const struct batch *batch)
{
	struct stage_entry *entry;
	enum admission admission;
	bool ends;

	admission = fold_admit(stage->fold, batch, stage->now_us, &ends);
	if (admission != ADMIT_TAKE && admission != ADMIT_FORK)
		return admission;
	stage_state(stage);
	cr_assert_lt(stage->entry_count, STAGE_ENTRIES_MAX);
	entry = &stage->entries[stage->entry_count];
	fold_pend(stage->fold, batch, admission);
	entry->leaf = fold_leaf(stage->fold, batch, admission, stage->now_us);
	for (size_t i = 0; i < 2; i++)
		entry->leaf.headers[i].data =
			arena_copy(&stage->arena, entry->leaf.headers[i].data,
				   entry->leaf.headers[i].len);
	entry->batch = *batch;
	stage_append(stage, entry);
	return admission;
}

/* Seals and takes; the statement's verdict. */
static inline unsigned stage_say(struct stage *stage, struct actor *actor,
				 struct said *said)
{
	struct batch batch = stage_seal(stage, actor, said, 1);
	enum admission admission = stage_take(stage, &batch);

	cr_assert_eq(admission, ADMIT_TAKE, "%s", admission_name(admission));
	return stage->verdicts[0];
}

/* ---- statements ---- */

static inline struct said said_found(const struct actor *founder)
{
	static struct administrator administrator;
	static struct sign_key recovery;
	struct said said = { .statement.kind = SAID_FOUND };

	administrator.key = founder->pair.key;
	memcpy(administrator.curve_key, founder->curve.key, CURVE_KEY_BYTES);
	recovery = stage_actor(250).pair.key;
	said.statement.said.found = (struct found){
		.name = span_of_text("test"),
		.rules = 1,
		.zone_minutes = 480,
		.simulated = true,
		.administrators = &administrator,
		.administrator_count = 1,
		.recovery_keys = &recovery,
		.recovery_key_count = 1,
	};
	return said;
}

static inline struct said said_grant(const char *unit, uint32_t roles,
				     const struct actor *code,
				     uint64_t expires_us)
{
	struct said said = { .statement.kind = SAID_GRANT };
	struct grant *grant = &said.statement.said.grant;

	grant->unit = span_of_text(unit);
	grant->roles = roles;
	grant->code_key = code->pair.key;
	memcpy(grant->code_curve_key, code->curve.key, CURVE_KEY_BYTES);
	grant->expires_us = expires_us;
	return said;
}

static inline struct said said_enrol(const struct stage *stage,
				     enum statement_kind kind,
				     const struct actor *by,
				     const struct actor *actor)
{
	struct said said = { .statement.kind = kind };
	struct enrol *enrol = &said.statement.said.enrol;

	enrol->code_key = by->pair.key;
	enrol->key = actor->pair.key;
	memcpy(enrol->curve_key, actor->curve.key, CURVE_KEY_BYTES);
	enrol->authorisation = wire_authorise(
		kind == SAID_ENROL ? "tally-enrol/1\n" : "tally-rotate/1\n",
		&stage->journal, &enrol->key, enrol->curve_key, &by->pair);
	return said;
}

static inline struct said said_revoke(const struct actor *actor,
				      uint64_t from_sequence)
{
	struct said said = { .statement.kind = SAID_REVOKE };

	said.statement.said.revoke.key = actor->pair.key;
	said.statement.said.revoke.from_sequence = from_sequence;
	return said;
}

/* cell: lives as long as the statement; NULL: no cells. base: a salt, or
 * NULL. */
static inline struct said said_report(const char *target, const char *unit,
				      const char *period, const char *item,
				      struct cell_text *cell, const char *value,
				      const uint8_t *base)
{
	struct said said = { .statement.kind = SAID_REPORT };
	struct report *report = &said.statement.said.report;

	report->target = span_of_text(target);
	report->unit = span_of_text(unit);
	report->period = span_of_text(period);
	report->item = span_of_text(item);
	if (cell) {
		cell->value = span_of_text(value);
		report->cells = cell;
		report->cell_count = 1;
	}
	if (base)
		said.statement.base = span_of(base, BASE_BYTES);
	return said;
}

static inline struct said said_review(const char *target, const char *unit,
				      const char *period, const char *status,
				      const uint8_t *base)
{
	struct said said =
		said_report(target, unit, period, "", NULL, NULL, base);

	said.statement.kind = SAID_REVIEW;
	said.statement.said.review.status = span_of_text(status);
	return said;
}

/* The statement carries a reason. hash: lives as long as it. */
static inline void said_with_text(struct said *said, struct text_hash *hash,
				  const char *name)
{
	hash->name = span_of_text(name);
	said->statement.texts = hash;
	said->statement.text_count = 1;
}

/* ---- scenes ---- */

static inline void stage_found(struct stage *stage, struct actor *founder)
{
	struct said said = said_found(founder);
	struct batch batch = stage_seal(stage, founder, &said, 1);

	cr_assert_eq(stage_take(stage, &batch), ADMIT_TAKE);
	stage->journal = batch.name;
}

/* The founder grants, the actor enrols. */
static inline void stage_enrol(struct stage *stage, struct actor *founder,
			       struct actor *actor, const char *unit,
			       uint32_t roles, uint8_t code_seed)
{
	struct actor code = stage_actor(code_seed);
	struct said grant =
		said_grant(unit, roles, &code, stage->now_us + STAGE_DAY_US);
	struct said enrol;

	cr_assert_eq(stage_say(stage, founder, &grant), VERDICT_ADMITTED);
	enrol = said_enrol(stage, SAID_ENROL, &code, actor);
	cr_assert_eq(stage_say(stage, actor, &enrol), VERDICT_ADMITTED);
}

struct stage_file {
	const char *name, *text;
};

/* Parts and commit in one batch, the last verdict; salt of the commit out. */
static inline unsigned stage_catalogue(struct stage *stage,
				       struct actor *founder,
				       const struct stage_file *files,
				       size_t count, uint8_t *salt)
{
	struct said said[STAGE_STATEMENTS_MAX];
	struct strbuf all;
	struct batch batch;

	memset(said, 0, sizeof(said));
	strbuf_init(&all, 0);
	for (size_t i = 0; i < count; i++) {
		struct catalogue_part *part = &said[i].statement.said.part;

		said[i].statement.kind = SAID_CATALOGUE_PART;
		memset(part->set, 9, SALT_BYTES);
		part->file = span_of_text(files[i].name);
		part->n = (uint32_t)i;
		part->bytes = span_of_text(files[i].text);
		strbuf_add_text(&all, files[i].text);
	}
	said[count].statement.kind = SAID_CATALOGUE_COMMIT;
	if (salt[0])
		said[count].statement.base =
			span_of(arena_copy(&stage->arena, salt, BASE_BYTES),
				BASE_BYTES);
	memset(said[count].statement.said.commit.set, 9, SALT_BYTES);
	said[count].statement.said.commit.parts = (uint32_t)count;
	said[count].statement.said.commit.sha256 = hash_span(strbuf_span(&all));
	strbuf_release(&all);
	batch = stage_seal(stage, founder, said, count + 1);
	cr_assert_eq(stage_take(stage, &batch), ADMIT_TAKE);
	if (stage->verdicts[count] == VERDICT_ADMITTED)
		memcpy(salt, said[count].salt, SALT_BYTES);
	return stage->verdicts[count];
}

/* A catalogue with a flow of two units, one that needs approval, a register
 * and a narrative. */
static const struct stage_file stage_files[] = {
	{ "settings.csv", "key,value\nstart,2024-01-01\nend,2024-12-31\n" },
	{ "units.csv", "unit,name_zh,kind\nbaima,白马,street\n"
		       "longmen,龙门,street\nhrss,人社,department\n" },
	{ "unit_codes.csv", "unit,scheme,code\nbaima,gb,511002001\n" },
	{ "targets.csv",
	  "target,name_zh,kind,compare,goal,lead,approve,ladder\n"
	  "live.jobs,就业,flow,>=,100,hrss,no,\n"
	  "live.training,培训,flow,>=,100,hrss,yes,\n"
	  "live.projects,项目,items,>=,5,hrss,no,steps\n" },
	{ "ladders.csv", "ladder,step,order,name_zh\nsteps,signed,1,签约\n"
			 "steps,started,2,开工\n" },
	{ "roster.csv",
	  "target,unit,quota\nlive.jobs,baima,60\nlive.jobs,longmen,40\n"
	  "live.training,baima,60\nlive.training,longmen,40\n"
	  "live.projects,baima,3\nlive.projects,longmen,2\n" },
};
#define STAGE_FILES (sizeof(stage_files) / sizeof(stage_files[0]))

/* Founded, catalogue applied, three offices enrolled. */
struct cast {
	struct actor founder, baima, longmen, hrss;
	uint8_t catalogue[SALT_BYTES];
};

static inline void stage_open(struct stage *stage, struct cast *cast)
{
	stage_init(stage);
	*cast = (struct cast){
		.founder = stage_actor(1),
		.baima = stage_actor(2),
		.longmen = stage_actor(3),
		.hrss = stage_actor(4),
	};
	stage_found(stage, &cast->founder);
	cr_assert_eq(stage_catalogue(stage, &cast->founder, stage_files,
				     STAGE_FILES, cast->catalogue),
		     VERDICT_ADMITTED);
	stage_enrol(stage, &cast->founder, &cast->baima, "baima",
		    1u << ROLE_REPORTER, 102);
	stage_enrol(stage, &cast->founder, &cast->longmen, "longmen",
		    1u << ROLE_REPORTER, 103);
	stage_enrol(stage, &cast->founder, &cast->hrss, "hrss",
		    1u << ROLE_REPORTER | 1u << ROLE_REVIEWER, 104);
	stage->now_us = day_start_us(day_from_civil(2024, 2, 5), 480);
}

/* ---- in a journal on disk ---- */

/* An entry, sealed by the key that its batch names; NULL: it has none. */
static inline void stage_write(const struct stage_entry *entry,
			       const struct sign_pair *pair,
			       struct journal *journal)
{
	struct seal_header header = entry->batch.header;
	struct strbuf bytes;
	struct hash name;
	struct err err = { 0 };
	uint64_t index;

	strbuf_init(&bytes, 0);
	if (pair) {
		cr_assert_eq(wire_seal_batch(&header, entry->batch.sealed, pair,
					     &bytes, &name, &err),
			     0, "%s", err.msg);
		cr_assert(hash_equal(&name, &entry->batch.name));
	}
	cr_assert_eq(journal_append(journal, &entry->leaf, strbuf_span(&bytes),
				    &index, &err),
		     0, "%s", err.msg);
	cr_assert_eq(journal_commit(journal, &err), 0, "%s", err.msg);
	strbuf_release(&bytes);
}

#endif
