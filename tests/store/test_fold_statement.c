#include <criterion/criterion.h>
#include <string.h>

#include "store/fold.h"
#include "store/stage.h"

/* One report by an actor; its salt out, for the next base. */
static unsigned report(struct stage *stage, struct actor *actor,
		       const char *where[4], const char *value,
		       const uint8_t *base, uint8_t *salt)
{
	struct cell_text cell = { 0 };
	struct said said = said_report(where[0], where[1], where[2], where[3],
				       &cell, value, base);
	unsigned verdict = stage_say(stage, actor, &said);

	if (salt)
		memcpy(salt, said.salt, SALT_BYTES);
	return verdict;
}

static unsigned review(struct stage *stage, struct actor *actor,
		       const char *target, const char *unit, const char *status,
		       const uint8_t *base)
{
	struct said said = said_review(target, unit, "2024M01", status, base);

	return stage_say(stage, actor, &said);
}

Test(fold_statement, checks_the_signer_first)
{
	static const struct {
		const char *where[4];
		const char *value;
		char who; /* baima, longmen, hrss, founder */
		enum verdict verdict;
	} rows[] = {
		{ { "live.jobs", "longmen", "2024M01", "" },
		  "1",
		  'b',
		  VERDICT_NOT_YOUR_UNIT },
		{ { "live.jobs", "baima", "2024M01", "" },
		  "1",
		  'f',
		  VERDICT_NOT_YOUR_UNIT },
		{ { "live.jobs", "baima", "2024M01", "" },
		  "1",
		  'h',
		  VERDICT_NOT_YOUR_UNIT },
		/* another's unit, whatever else is wrong */
		{ { "no.such", "longmen", "2024M01", "" },
		  "1",
		  'b',
		  VERDICT_NOT_YOUR_UNIT },
		{ { "live.jobs", "longmen", "2024Q1", "" },
		  "1",
		  'b',
		  VERDICT_NOT_YOUR_UNIT },
		/* what is unknown has its own verdict */
		{ { "no.such", "baima", "2024M01", "" },
		  "1",
		  'b',
		  VERDICT_TARGET_UNKNOWN },
		{ { "no.such", "nowhere", "2024M01", "" },
		  "1",
		  'b',
		  VERDICT_TARGET_UNKNOWN },
		{ { "live.jobs", "nowhere", "2024M01", "" },
		  "1",
		  'b',
		  VERDICT_UNIT_UNKNOWN },
		{ { "live.jobs", "nowhere", "Jan-24", "" },
		  "1",
		  'b',
		  VERDICT_PERIOD_MALFORMED },
		/* a code names a unit too */
		{ { "live.jobs", "511002001", "2024M01", "" },
		  "1",
		  'l',
		  VERDICT_NOT_YOUR_UNIT },
		{ { "live.jobs", "511002001", "2024M01", "" },
		  "1",
		  'b',
		  VERDICT_ADMITTED },
		{ { "live.jobs", "baima", "2024M02", "" },
		  "x",
		  'b',
		  VERDICT_VALUE_MALFORMED },
		{ { "live.jobs", "baima", "2024M05", "" },
		  "1",
		  'b',
		  VERDICT_PERIOD_FUTURE },
		{ { "live.jobs", "hrss", "2024M01", "" },
		  "1",
		  'h',
		  VERDICT_NOT_IN_ROSTER },
	};
	struct stage stage;
	struct cast cast;

	stage_open(&stage, &cast);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct actor *actor = rows[i].who == 'b' ? &cast.baima :
				      rows[i].who == 'l' ? &cast.longmen :
				      rows[i].who == 'h' ? &cast.hrss :
							   &cast.founder;
		const char *where[4];
		unsigned verdict;

		memcpy(where, rows[i].where, sizeof(where));
		verdict =
			report(&stage, actor, where, rows[i].value, NULL, NULL);
		cr_expect_eq(verdict, rows[i].verdict, "row %zu: %s", i,
			     verdict_name(verdict));
	}
	stage_release(&stage);
}

Test(fold_statement, replaces_only_the_version_it_names)
{
	static const char *where[4] = { "live.jobs", "baima", "2024M01", "" };
	struct stage stage;
	struct cast cast;
	uint8_t first[SALT_BYTES], second[SALT_BYTES];

	stage_open(&stage, &cast);
	memset(second, 5, sizeof(second));
	cr_expect_eq(report(&stage, &cast.baima, where, "1", second, NULL),
		     VERDICT_STALE, "there is nothing to replace");
	cr_expect_eq(report(&stage, &cast.baima, where, "1", NULL, first),
		     VERDICT_ADMITTED);
	cr_expect_eq(report(&stage, &cast.baima, where, "2", NULL, NULL),
		     VERDICT_STALE);
	cr_expect_eq(report(&stage, &cast.baima, where, "2", first, second),
		     VERDICT_ADMITTED);
	cr_expect_eq(report(&stage, &cast.baima, where, "3", first, NULL),
		     VERDICT_STALE);
	/* a refused statement never becomes the head */
	cr_expect_eq(report(&stage, &cast.baima, where, "x", second, first),
		     VERDICT_VALUE_MALFORMED);
	cr_expect_eq(report(&stage, &cast.baima, where, "3", first, NULL),
		     VERDICT_STALE);
	cr_expect_eq(report(&stage, &cast.baima, where, "3", second, NULL),
		     VERDICT_ADMITTED);
	stage_release(&stage);
}

Test(fold_statement, lets_a_batch_build_on_itself)
{
	struct stage stage;
	struct cast cast;
	struct cell_text cells[2] = { 0 };
	struct said said[2];
	struct batch batch;

	stage_open(&stage, &cast);
	memset(said, 0, sizeof(said));
	said[0] = said_report("live.jobs", "baima", "2024M01", "", &cells[0],
			      "1", NULL);
	stage_salts(&stage, said, 1);
	said[1] = said_report("live.jobs", "baima", "2024M01", "", &cells[1],
			      "2", said[0].salt);
	batch = stage_seal(&stage, &cast.baima, said, 2);
	cr_assert_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	cr_expect_eq(stage.verdicts[0], VERDICT_ADMITTED);
	cr_expect_eq(stage.verdicts[1], VERDICT_ADMITTED);
	stage_release(&stage);
}

Test(fold_statement, reviews_the_version_it_names)
{
	static const char *where[4] = { "live.training", "baima", "2024M01",
					"" };
	struct stage stage;
	struct cast cast;
	uint8_t first[SALT_BYTES], second[SALT_BYTES];

	stage_open(&stage, &cast);
	cr_expect_eq(
		review(&stage, &cast.hrss, where[0], "baima", "approved", NULL),
		VERDICT_NOTHING_TO_REVIEW);
	cr_expect_eq(report(&stage, &cast.baima, where, "1", NULL, first),
		     VERDICT_ADMITTED);
	cr_expect_eq(review(&stage, &cast.baima, where[0], "baima", "approved",
			    first),
		     VERDICT_NOT_YOUR_UNIT);
	cr_expect_eq(review(&stage, &cast.hrss, "no.such", "baima", "approved",
			    first),
		     VERDICT_TARGET_UNKNOWN);
	cr_expect_eq(
		review(&stage, &cast.hrss, where[0], "baima", "approved", NULL),
		VERDICT_STALE);
	cr_expect_eq(review(&stage, &cast.hrss, where[0], "baima", "returned",
			    first),
		     VERDICT_ADMITTED);
	/* the returned version stays the head */
	cr_expect_eq(report(&stage, &cast.baima, where, "2", first, second),
		     VERDICT_ADMITTED);
	cr_expect_eq(review(&stage, &cast.hrss, where[0], "baima", "approved",
			    first),
		     VERDICT_STALE);
	cr_expect_eq(review(&stage, &cast.hrss, where[0], "baima", "approved",
			    second),
		     VERDICT_ADMITTED);
	/* another review of a version replaces it */
	cr_expect_eq(review(&stage, &cast.hrss, where[0], "baima", "returned",
			    second),
		     VERDICT_ADMITTED);
	stage_release(&stage);
}

Test(fold_statement, wants_a_reason_when_late)
{
	struct stage stage;
	struct cast cast;
	struct cell_text cell = { 0 };
	struct text_hash hash;
	struct said said;

	stage_open(&stage, &cast);
	stage.now_us = day_start_us(day_from_civil(2024, 2, 20), 480);
	said = said_report("live.jobs", "baima", "2024M01", "", &cell, "1",
			   NULL);
	cr_expect_eq(stage_say(&stage, &cast.baima, &said),
		     VERDICT_REASON_MISSING);
	said_with_text(&said, &hash, "reason");
	memset(said.salt, 0, SALT_BYTES);
	cr_expect_eq(stage_say(&stage, &cast.baima, &said), VERDICT_ADMITTED);
	stage_release(&stage);
}

Test(fold_statement, takes_no_salt_that_looks_like_no_base)
{
	struct stage stage;
	struct cast cast;
	struct cell_text cell = { 0 };
	struct said said;
	struct batch batch;

	stage_open(&stage, &cast);
	said = said_report("live.jobs", "baima", "2024M01", "", &cell, "1",
			   NULL);
	/* stage_salts draws where the first byte is zero: seal around it */
	said.salt[0] = 1;
	batch = stage_seal(&stage, &cast.baima, &said, 1);
	memset(batch.sealed[0].salt, 0, BASE_BYTES);
	cr_assert_eq(stage_take(&stage, &batch), ADMIT_TAKE);
	cr_expect_eq(stage.verdicts[0], VERDICT_MALFORMED);
	stage_release(&stage);
}

/* ---- the catalogue ---- */

static unsigned apply_files(struct stage *stage, struct cast *cast,
			    const char *file, const char *text, bool rebase)
{
	struct stage_file files[STAGE_FILES];
	uint8_t base[SALT_BYTES] = { 0 };
	unsigned verdict;

	memcpy(files, stage_files, sizeof(files));
	for (size_t i = 0; i < STAGE_FILES; i++)
		if (!strcmp(files[i].name, file))
			files[i].text = text;
	if (rebase)
		memcpy(base, cast->catalogue, SALT_BYTES);
	verdict = stage_catalogue(stage, &cast->founder, files, STAGE_FILES,
				  base);
	if (!verdict)
		memcpy(cast->catalogue, base, SALT_BYTES);
	return verdict;
}

static bool no_parts_left(struct stage *stage)
{
	struct table_reader reader = memory_tables_reader(stage->tables);
	uint8_t key[SALT_BYTES + 4] = { 0 };
	struct span value;

	memset(key, 9, SALT_BYTES);
	return reader.get(reader.ctx, TABLE_PART, span_of(key, sizeof(key)),
			  &value, NULL) == ERR_NOTFOUND;
}

#define TWO_TARGETS                                              \
	"target,name_zh,kind,compare,goal,lead,approve,ladder\n" \
	"live.new,新,flow,>=,7,hrss,no,\n"                      \
	"live.jobs,就业,flow,>=,100,hrss,no,\n"                \
	"live.training,培训,flow,>=,100,hrss,yes,\n"           \
	"live.projects,项目,items,>=,5,hrss,no,steps\n"

Test(fold_statement, replaces_the_catalogue_as_a_whole)
{
	static const char *where[4] = { "live.new", "hrss", "2024M01", "" };
	struct stage stage;
	struct cast cast;
	uint32_t version;

	stage_open(&stage, &cast);
	cr_expect(fold_catalogue(stage.fold, &version));
	cr_expect_eq(version, 1u);
	cr_expect(no_parts_left(&stage));
	cr_expect_eq(report(&stage, &cast.hrss, where, "1", NULL, NULL),
		     VERDICT_TARGET_UNKNOWN);
	cr_expect_eq(
		apply_files(&stage, &cast, "targets.csv", TWO_TARGETS, true),
		VERDICT_ADMITTED);
	cr_expect(fold_catalogue(stage.fold, &version));
	cr_expect_eq(version, 2u);
	cr_expect(no_parts_left(&stage));
	cr_expect_eq(report(&stage, &cast.hrss, where, "1", NULL, NULL),
		     VERDICT_ADMITTED);
	stage_release(&stage);
}

Test(fold_statement, keeps_the_catalogue_when_the_next_is_refused)
{
	struct stage stage;
	struct cast cast;
	uint32_t version;

	stage_open(&stage, &cast);
	cr_expect_eq(
		apply_files(&stage, &cast, "targets.csv", "target\nx\n", true),
		VERDICT_CATALOGUE_INVALID);
	cr_expect(no_parts_left(&stage));
	cr_expect_eq(
		apply_files(&stage, &cast, "targets.csv", TWO_TARGETS, false),
		VERDICT_STALE);
	cr_expect_eq(apply_files(&stage, &cast, "targets.csv",
				 "target,name_zh,kind,compare,goal,lead,"
				 "approve,ladder\n"
				 "live.jobs,就业,flow,>=,90,hrss,no,\n"
				 "live.training,培训,flow,>=,100,hrss,yes,\n"
				 "live.projects,项目,items,>=,5,hrss,no,"
				 "steps\n",
				 true),
		     VERDICT_GOAL_FIXED);
	cr_expect(fold_catalogue(stage.fold, &version));
	cr_expect_eq(version, 1u);
	stage_release(&stage);
}

Test(fold_statement, takes_the_catalogue_from_administrators_whole)
{
	struct stage stage;
	struct cast cast;
	struct said said = { .statement.kind = SAID_CATALOGUE_COMMIT };

	stage_open(&stage, &cast);
	memset(said.statement.said.commit.set, 3, SALT_BYTES);
	said.statement.said.commit.parts = 1;
	cr_expect_eq(stage_say(&stage, &cast.baima, &said),
		     VERDICT_NOT_ALLOWED);
	memset(said.salt, 0, SALT_BYTES);
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_CATALOGUE_INVALID, "no part was sent");
	said = (struct said){ .statement.kind = SAID_CATALOGUE_PART };
	memset(said.statement.said.part.set, 3, SALT_BYTES);
	said.statement.said.part.file = span_of_text("units.csv");
	said.statement.said.part.bytes = span_of_text("unit,name_zh,kind\n");
	cr_expect_eq(stage_say(&stage, &cast.founder, &said), VERDICT_ADMITTED);
	said = (struct said){ .statement.kind = SAID_CATALOGUE_COMMIT };
	memset(said.statement.said.commit.set, 3, SALT_BYTES);
	said.statement.said.commit.parts = 1;
	cr_expect_eq(stage_say(&stage, &cast.founder, &said),
		     VERDICT_CATALOGUE_INVALID, "the hash is another");
	stage_release(&stage);
}

Test(fold_statement, refuses_reports_before_there_is_a_catalogue)
{
	static const char *where[4] = { "live.jobs", "baima", "2024M01", "" };
	struct stage stage;
	struct actor founder = stage_actor(1), baima = stage_actor(2);

	stage_init(&stage);
	stage_found(&stage, &founder);
	stage_enrol(&stage, &founder, &baima, "baima", 1u << ROLE_REPORTER,
		    102);
	cr_expect_null(fold_catalogue(stage.fold, NULL));
	cr_expect_eq(report(&stage, &baima, where, "1", NULL, NULL),
		     VERDICT_TARGET_UNKNOWN);
	stage_release(&stage);
}
