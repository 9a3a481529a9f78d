/*
 * The verdict of each statement, and what an admitted one changes. The order
 * of checks: too-new, the signer, what the kind of statement needs, stale.
 */
#include "store/fold.h"

#include <assert.h>
#include <string.h>

#include "proto/day.h"
#include "store/fold_state.h"
#include "store/redaction.h"

/* ---- the parts every statement has ---- */

/* Which free texts it carries; those of other names are later rules'. */
static enum verdict read_texts(struct saying *saying)
{
	const struct statement *statement = saying->statement;
	bool note = false;

	for (size_t i = 0; i < statement->text_count; i++) {
		struct span name = statement->texts[i].name;
		bool *seen;

		if (span_equal(name, span_of_text("reason")))
			seen = &saying->has_reason;
		else if (span_equal(name, span_of_text("text")))
			seen = &saying->has_text;
		else if (span_equal(name, span_of_text("note")))
			seen = &note;
		else
			return VERDICT_TOO_NEW;
		if (*seen)
			return VERDICT_MALFORMED;
		*seen = true;
	}
	return VERDICT_ADMITTED;
}

static bool base_is(const struct statement *statement, const uint8_t *head)
{
	if (!head)
		return statement->base.len == 0;
	return span_equal(statement->base, span_of(head, BASE_BYTES));
}

static bool bytes_are_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* ---- reports and reviews ---- */

static bool speaks_for(const struct office *office,
		       const struct catalogue *catalogue, uint32_t unit)
{
	return office_speaks(office, span_of_text(catalogue->units[unit].id));
}

/*
 * May the office speak for the report's unit? What is unknown passes, and
 * gets a verdict of its own: *unit is CATALOGUE_NONE. An id is an id on every
 * day; a code names a unit on the day a period ends.
 */
static bool signer_reports(const struct office *office,
			   const struct catalogue *catalogue,
			   const struct report *report, uint32_t *unit)
{
	const struct target *target;
	struct period period;
	uint32_t i = intern_find(&catalogue->unit_ids, report->unit);

	*unit = CATALOGUE_NONE;
	if (i != INTERN_NONE) {
		*unit = i;
		return speaks_for(office, catalogue, i);
	}
	i = catalogue_target(catalogue, report->target);
	if (i == CATALOGUE_NONE || period_parse(report->period, &period, NULL))
		return true;
	target = &catalogue->targets[i];
	*unit = catalogue_unit(catalogue, report->unit,
			       period_end(period, target->first_month));
	return *unit == CATALOGUE_NONE || speaks_for(office, catalogue, *unit);
}

/* Reviews are the lead unit's. */
static bool signer_reviews(const struct office *office,
			   const struct catalogue *catalogue,
			   const struct report *review)
{
	uint32_t i = catalogue_target(catalogue, review->target);
	uint32_t lead;

	if (i == CATALOGUE_NONE)
		return true;
	lead = catalogue->targets[i].lead;
	return lead != CATALOGUE_NONE && speaks_for(office, catalogue, lead);
}

static struct admit_when when_of(const struct saying *saying)
{
	return (struct admit_when){
		.recv_us = saying->origin.recv_us,
		.zone_minutes = saying->fold->zone_minutes,
	};
}

static bool is_stale(const struct saying *saying,
		     const struct admitted *admitted)
{
	uint8_t head[BASE_BYTES];
	bool has_head = figures_head(saying->fold->figures, admitted->target,
				     admitted->unit, admitted->period,
				     admitted->item, head);

	return !base_is(saying->statement, has_head ? head : NULL);
}

static int say_report(const struct saying *saying, enum verdict *verdict)
{
	struct fold *fold = saying->fold;
	const struct report *report = &saying->statement->said.report;
	struct admit_lookup lookup = figures_lookup(fold->figures);
	struct admitted admitted;
	uint32_t unit;

	*verdict = VERDICT_NOT_YOUR_UNIT;
	if (!office_has_role(saying->office, ROLE_REPORTER))
		return 0;
	if (!fold->catalogue) {
		*verdict = VERDICT_TARGET_UNKNOWN;
		return 0;
	}
	if (!signer_reports(saying->office, fold->catalogue, report, &unit))
		return 0;
	*verdict = admit_report(fold->catalogue, report, saying->has_reason,
				saying->has_text, when_of(saying), &lookup,
				&fold->scratch, &admitted, NULL);
	if (*verdict)
		return 0;
	if (admitted.unit != unit &&
	    !speaks_for(saying->office, fold->catalogue, admitted.unit))
		*verdict = VERDICT_NOT_YOUR_UNIT;
	else if (is_stale(saying, &admitted))
		*verdict = VERDICT_STALE;
	else
		return figures_report(fold->figures, &admitted, &saying->origin,
				      saying->puts, saying->err);
	return 0;
}

static int say_review(const struct saying *saying, enum verdict *verdict)
{
	struct fold *fold = saying->fold;
	const struct report *review = &saying->statement->said.review;
	struct admit_lookup lookup = figures_lookup(fold->figures);
	struct admitted admitted;

	*verdict = VERDICT_NOT_YOUR_UNIT;
	if (!office_has_role(saying->office, ROLE_REVIEWER))
		return 0;
	if (!fold->catalogue) {
		*verdict = VERDICT_TARGET_UNKNOWN;
		return 0;
	}
	if (!signer_reviews(saying->office, fold->catalogue, review))
		return 0;
	*verdict = admit_review(fold->catalogue, review, when_of(saying),
				&lookup, &admitted);
	if (*verdict)
		return 0;
	if (is_stale(saying, &admitted)) {
		*verdict = VERDICT_STALE;
		return 0;
	}
	return figures_mark(fold->figures, &admitted, &saying->origin,
			    saying->puts, saying->err);
}

/* Adjustments are the centre's: an official's, whatever the unit. */
static int say_adjust(const struct saying *saying, enum verdict *verdict)
{
	struct fold *fold = saying->fold;
	struct admit_lookup lookup = figures_lookup(fold->figures);
	struct admitted admitted;

	*verdict = VERDICT_NOT_YOUR_UNIT;
	if (!office_has_role(saying->office, ROLE_OFFICIAL))
		return 0;
	if (!fold->catalogue) {
		*verdict = VERDICT_TARGET_UNKNOWN;
		return 0;
	}
	*verdict = admit_adjust(fold->catalogue,
				&saying->statement->said.adjust,
				saying->has_reason, when_of(saying), &lookup,
				&fold->scratch, &admitted, NULL);
	if (!*verdict && is_stale(saying, &admitted))
		*verdict = VERDICT_STALE;
	if (*verdict)
		return 0;
	return figures_mark(fold->figures, &admitted, &saying->origin,
			    saying->puts, saying->err);
}

/* ---- redactions ---- */

/* Nobody may if the catalogue names nobody. */
static bool may_redact(const struct saying *saying)
{
	const struct catalogue *catalogue = saying->fold->catalogue;

	return catalogue && catalogue->settings.redact != CATALOGUE_NONE &&
	       office_has_role(saying->office, ROLE_OFFICIAL) &&
	       speaks_for(saying->office, catalogue,
			  catalogue->settings.redact);
}

static int put_redaction(const struct saying *saying, unsigned text)
{
	const struct redact *redact = &saying->statement->said.redact;
	struct redaction redaction = {
		.entry = redact->entry,
		.n = redact->n,
		.text = text,
		.by_entry = saying->origin.entry,
		.by_n = saying->origin.n,
		.recv_us = saying->origin.recv_us,
		.key = saying->origin.key,
	};
	uint8_t key[REDACTION_KEY_BYTES], value[REDACTION_VALUE_BYTES];

	redaction_write(&redaction, key, value);
	return puts_add(saying->puts, TABLE_REDACTION,
			span_of(key, sizeof(key)),
			span_of(value, sizeof(value)));
}

static int say_redact(const struct saying *saying, enum verdict *verdict)
{
	const struct redact *redact = &saying->statement->said.redact;
	unsigned text = wire_text_number(redact->text);

	*verdict = VERDICT_ADMITTED;
	if (!may_redact(saying))
		*verdict = VERDICT_NOT_YOUR_UNIT;
	else if (!text || redact->entry >= saying->origin.entry ||
		 !fold_has_text(saying->fold, redact->entry, redact->n, text))
		*verdict = VERDICT_NOTHING_TO_REDACT;
	else if (!saying->has_reason)
		*verdict = VERDICT_REASON_MISSING;
	if (*verdict)
		return 0;
	if (put_redaction(saying, text) ||
	    fold_drop_text(saying->fold, redact->entry, redact->n, text,
			   saying->puts))
		return err_set(saying->err, ERR_NOMEM,
			       "no memory for the fold");
	return 0;
}

/* ---- what administrators say ---- */

static int no_memory(const struct saying *saying)
{
	return err_set(saying->err, ERR_NOMEM, "no memory for the fold");
}

static enum verdict judge_grant(const struct saying *saying,
				const struct grant *grant)
{
	const struct fold *fold = saying->fold;

	if (!(grant->roles & ROLES_ALL) || (grant->roles & ~ROLES_ALL))
		return VERDICT_MALFORMED;
	if (grant_find(fold, &grant->code_key) ||
	    fold_is_recovery_key(fold, &grant->code_key) ||
	    intern_find(&fold->grant_curves,
			span_of(grant->code_curve_key, CURVE_KEY_BYTES)) !=
		    INTERN_NONE)
		return VERDICT_GRANT_USED;
	if (grant->expires_us < saying->origin.recv_us)
		return VERDICT_GRANT_EXPIRED;
	return VERDICT_ADMITTED;
}

static int say_grant(const struct saying *saying, enum verdict *verdict)
{
	struct fold *fold = saying->fold;
	struct grant_state grant = {
		.grant = saying->statement->said.grant,
		.entry = saying->origin.entry,
		.n = saying->origin.n,
	}, *kept;

	*verdict = judge_grant(saying, &grant.grant);
	if (*verdict)
		return 0;
	if (!grant.grant.bytes_a_day)
		grant.grant.bytes_a_day = FOLD_BYTES_A_DAY_DEFAULT;
	if (!grant.grant.statements_a_day)
		grant.grant.statements_a_day = FOLD_STATEMENTS_A_DAY_DEFAULT;
	if (grant_add(fold, &grant, &kept) ||
	    grant_put(fold, kept, saying->puts))
		return no_memory(saying);
	return 0;
}

/* One that is lost, or whose code was seen by somebody. */
static int end_recovery_key(const struct saying *saying,
			    const struct sign_key *key, enum verdict *verdict)
{
	struct fold *fold = saying->fold;
	struct sign_key *keys = fold->recovery_keys;
	size_t kept = 0;

	for (size_t i = 0; i < fold->recovery_key_count; i++)
		if (memcmp(keys[i].bytes, key->bytes, SIGN_KEY_BYTES) != 0)
			keys[kept++] = keys[i];
	fold->recovery_key_count = kept;
	*verdict = VERDICT_ADMITTED;
	return fold_put_founding(fold, saying->puts) ? no_memory(saying) : 0;
}

/* A key that is not enrolled yet may be a code that was not used yet. */
static int withdraw_grant(const struct saying *saying,
			  const struct sign_key *key, enum verdict *verdict)
{
	struct grant_state *grant = grant_find(saying->fold, key);

	if (fold_is_recovery_key(saying->fold, key))
		return end_recovery_key(saying, key, verdict);
	if (!grant || grant->used) {
		*verdict = grant ? VERDICT_GRANT_USED : VERDICT_KEY_UNKNOWN;
		return 0;
	}
	grant->used = true;
	*verdict = VERDICT_ADMITTED;
	return grant_put(saying->fold, grant, saying->puts) ?
		       no_memory(saying) :
		       0;
}

/* Nobody ends their own key: so a journal that has an administrator keeps one,
 * and who ends whom is two people's word. */
static int say_revoke(const struct saying *saying, enum verdict *verdict)
{
	const struct revoke *revoke = &saying->statement->said.revoke;
	struct hash hash = sign_key_hash(&revoke->key);
	struct office *office = office_find(saying->fold, &hash);

	if (!office)
		return withdraw_grant(saying, &revoke->key, verdict);
	if (office == saying->office) {
		*verdict = VERDICT_NOT_ALLOWED;
		return 0;
	}
	office->flags |= OFFICE_REVOKED;
	office->suspect_from = revoke->from_sequence;
	*verdict = VERDICT_ADMITTED;
	return office_put(saying->fold, office, saying->puts) ?
		       no_memory(saying) :
		       0;
}

/* Never back; on to rules that this program may not know, see fold_apply. */
static int say_rules(const struct saying *saying, enum verdict *verdict)
{
	struct fold *fold = saying->fold;
	uint32_t rules = saying->statement->said.rules;

	*verdict = rules < fold->rules_next ? VERDICT_NOT_ALLOWED :
					      VERDICT_ADMITTED;
	if (*verdict)
		return 0;
	fold->rules_next = rules;
	return fold_put_rules(fold, saying->puts) ? no_memory(saying) : 0;
}

static int say_collector_keys(const struct saying *saying,
			      enum verdict *verdict)
{
	struct fold *fold = saying->fold;
	const struct collector_keys *keys =
		&saying->statement->said.collector_keys;
	struct collector_keys *list;
	size_t count = fold->collector_count, i = 0;

	while (i < count &&
	       memcmp(fold->collectors[i].checkpoint_key.bytes,
		      keys->checkpoint_key.bytes, SIGN_KEY_BYTES) != 0)
		i++;
	if (i == count) {
		list = arena_array(&fold->keep, count + 1, sizeof(*list));
		if (!list)
			return no_memory(saying);
		if (count)
			memcpy(list, fold->collectors, count * sizeof(*list));
		fold->collectors = list;
		fold->collector_count++;
	}
	fold->collectors[i] = *keys;
	*verdict = VERDICT_ADMITTED;
	return fold_put_collectors(fold, saying->puts) ? no_memory(saying) : 0;
}

/* ---- founding and enrolment ---- */

int fold_found(struct fold *fold, const struct batch *batch,
	       const struct found *found, struct puts *puts, struct err *err)
{
	struct office *office;
	int rc = 0;

	fold->founded = true;
	fold->journal = batch->name;
	fold->zone_minutes = found->zone_minutes;
	fold->simulated = found->simulated;
	fold->rules = fold->rules_next = found->rules;
	fold->collectors =
		arena_copy(&fold->keep, found->collectors,
			   found->collector_count * sizeof(*found->collectors));
	fold->recovery_keys = arena_copy(&fold->keep, found->recovery_keys,
					 found->recovery_key_count *
						 sizeof(*found->recovery_keys));
	fold->name = span_of(
		arena_copy(&fold->keep, found->name.data, found->name.len),
		found->name.len);
	if (!fold->collectors || !fold->recovery_keys || !fold->name.data)
		return err_set(err, ERR_NOMEM, "no memory for the fold");
	fold->collector_count = found->collector_count;
	fold->recovery_key_count = found->recovery_key_count;
	for (size_t i = 0; i < found->administrator_count && !rc; i++) {
		const struct administrator *administrator =
			&found->administrators[i];
		struct hash hash = sign_key_hash(&administrator->key);

		if (office_find(fold, &hash))
			continue;
		rc = office_add(fold, &administrator->key,
				administrator->curve_key, &office);
		if (rc)
			break;
		office->roles = 1u << ROLE_ADMIN;
		rc = office_put(fold, office, puts);
	}
	if (!rc)
		rc = fold_put_founding(fold, puts);
	if (!rc)
		rc = fold_put_collectors(fold, puts);
	if (!rc)
		rc = fold_put_rules(fold, puts);
	return rc ? err_set(err, rc, "no memory for the fold") : 0;
}

/* What the new key may do is what the grant, or the old key, says. */
static void inherit(struct office *office, const struct office *old)
{
	office->roles = old->roles;
	office->unit = old->unit;
	office->units = old->units;
	office->unit_count = old->unit_count;
	office->until_us = old->until_us;
	office->bytes_a_day = old->bytes_a_day;
	office->statements_a_day = old->statements_a_day;
}

static void take_grant(struct office *office, const struct grant *grant)
{
	office->roles = grant->roles;
	office->unit = grant->unit;
	office->units = grant->units;
	office->unit_count = grant->unit_count;
	office->until_us = grant->until_us;
	office->bytes_a_day = grant->bytes_a_day;
	office->statements_a_day = grant->statements_a_day;
}

int fold_enrol(struct fold *fold, const struct statement *statement,
	       struct puts *puts, struct err *err)
{
	const struct enrol *enrol = &statement->said.enrol;
	struct hash old_hash = sign_key_hash(&enrol->code_key);
	struct office *office, *old = NULL;
	struct grant_state *grant = NULL;
	int rc;

	if (statement->kind == SAID_ROTATE)
		old = office_find(fold, &old_hash);
	else
		grant = grant_find(fold, &enrol->code_key);
	rc = office_add(fold, &enrol->key, enrol->curve_key, &office);
	if (!rc && old) {
		inherit(office, old);
		old->flags |= OFFICE_ROTATED;
		old->successor = office->hash;
		rc = office_put(fold, old, puts);
	} else if (!rc && grant) {
		take_grant(office, &grant->grant);
		grant->used = true;
		grant->used_by = office->hash;
		rc = grant_put(fold, grant, puts);
	} else if (!rc) { /* a recovery key */
		office->roles = 1u << ROLE_ADMIN;
	}
	if (!rc)
		rc = office_sort_units(fold, office);
	if (!rc)
		rc = office_put(fold, office, puts);
	return rc ? err_set(err, rc, "no memory for the fold") : 0;
}

/* ---- one statement ---- */

/* Not as the first words of a key: admission took those already. */
static enum verdict judge_enrol(const struct saying *saying)
{
	struct hash hash = sign_key_hash(&saying->statement->said.enrol.key);

	return office_find(saying->fold, &hash) ? VERDICT_KEY_TAKEN :
						  VERDICT_NOT_ALLOWED;
}

static int say_as_administrator(const struct saying *saying,
				enum verdict *verdict)
{
	enum statement_kind kind = saying->statement->kind;

	*verdict = VERDICT_NOT_ALLOWED;
	if (!office_has_role(saying->office, ROLE_ADMIN))
		return 0;
	if (kind == SAID_GRANT)
		return say_grant(saying, verdict);
	if (kind == SAID_REVOKE)
		return say_revoke(saying, verdict);
	if (kind == SAID_RULES)
		return say_rules(saying, verdict);
	if (kind == SAID_COLLECTOR_KEYS)
		return say_collector_keys(saying, verdict);
	if (kind == SAID_CATALOGUE_PART)
		return fold_part(saying, verdict);
	assert(kind == SAID_CATALOGUE_COMMIT);
	return fold_commit(saying, verdict);
}

static int say(const struct saying *saying, enum verdict *verdict)
{
	switch (saying->statement->kind) {
	case SAID_REPORT:
		return say_report(saying, verdict);
	case SAID_REVIEW:
		return say_review(saying, verdict);
	case SAID_ADJUST:
		return say_adjust(saying, verdict);
	case SAID_REDACT:
		return say_redact(saying, verdict);
	case SAID_GRANT:
	case SAID_REVOKE:
	case SAID_RULES:
	case SAID_COLLECTOR_KEYS:
	case SAID_CATALOGUE_PART:
	case SAID_CATALOGUE_COMMIT:
		return say_as_administrator(saying, verdict);
	case SAID_ENROL:
	case SAID_ROTATE:
		*verdict = judge_enrol(saying);
		return 0;
	case SAID_FOUND:
		*verdict = VERDICT_NOT_ALLOWED;
		return 0;
	case SAID_CLOSE:
	case SAID_UNKNOWN:
		*verdict = VERDICT_TOO_NEW;
		return 0;
	}
	*verdict = VERDICT_TOO_NEW;
	return 0;
}

int fold_statement(struct fold *fold, struct office *office,
		   const struct batch *batch, struct origin *origin,
		   struct puts *puts, enum verdict *verdict, struct err *err)
{
	const struct sealed *sealed = &batch->sealed[origin->n];
	struct statement decoded;
	struct saying saying = {
		.fold = fold,
		.office = office,
		.puts = puts,
		.err = err,
	};

	arena_reset(&fold->scratch);
	origin->leaf = batch->leaves[origin->n];
	memcpy(origin->salt, sealed->salt, SALT_BYTES);
	saying.origin = *origin;
	/* The cap of the arena is part of the format: whatever does not
	 * decode within it is malformed for every reader. */
	if (batch->said)
		saying.statement = batch->said[origin->n];
	else if (!wire_decode_statement(sealed->body, &fold->scratch, &decoded,
					NULL))
		saying.statement = &decoded;
	if (!saying.statement || bytes_are_zero(sealed->salt, BASE_BYTES)) {
		*verdict = VERDICT_MALFORMED;
		return 0;
	}
	*verdict = read_texts(&saying);
	return *verdict ? 0 : say(&saying, verdict);
}
