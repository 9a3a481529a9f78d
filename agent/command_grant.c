/* grant and revoke: who may speak for whom. */
#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/deliver.h"
#include "agent/describe.h"
#include "agent/desk.h"
#include "agent/follow.h"
#include "agent/office.h"
#include "agent/outcome.h"
#include "agent/slice.h"
#include "agent/statement.h"
#include "agent/wake.h"
#include "proto/day.h"

#define GRANT_DAYS 14
#define GRANT_DAYS_MAX 366
#define DAY_US 86400000000ull
#define REVOKE_CODES_MAX 64

static uint32_t role_of(struct span name)
{
	for (uint32_t i = ROLE_REPORTER; i <= ROLE_LAST; i++)
		if (span_equal(name, span_of_text(role_name((enum role)i))))
			return 1u << i;
	return 0;
}

/* The next of a list with commas; empty at its end. */
static struct span next_of(const char **list)
{
	size_t len = strcspn(*list, ",");
	struct span word = span_of(*list, len);

	*list += len + ((*list)[len] == ',');
	return word;
}

/* ---- grant ---- */

static int read_roles(const struct options *options, uint32_t *out)
{
	size_t count = options_count(options, "role");
	uint32_t roles = 0;

	for (size_t i = 0; i < count; i++) {
		const char *list = options_value(options, "role", i);

		while (*list) {
			struct span word = next_of(&list);
			uint32_t role = role_of(word);

			if (!role)
				return options_usage(
					options,
					"%.*s: roles are reporter, reviewer, "
					"official, admin, witness",
					(int)word.len, (const char *)word.data);
			roles |= role;
		}
	}
	*out = roles ? roles : 1u << ROLE_REPORTER;
	return 0;
}

static int read_units(const struct options *options, struct arena *arena,
		      struct grant *grant)
{
	size_t count = options_count(options, "units");

	grant->units =
		arena_array(arena, WIRE_UNITS_MAX, sizeof(*grant->units));
	if (!grant->units)
		return EXIT_FAILED;
	for (size_t i = 0; i < count; i++) {
		const char *list = options_value(options, "units", i);

		while (*list) {
			struct span word = next_of(&list);

			if (word.len == 0)
				continue;
			if (grant->unit_count == WIRE_UNITS_MAX)
				return options_usage(options,
						     "at most %d units",
						     WIRE_UNITS_MAX);
			grant->units[grant->unit_count++] = word;
		}
	}
	return 0;
}

static int read_days(const struct options *options, const char *name,
		     uint64_t now_us, uint64_t *out)
{
	const char *text = options_text(options, name);
	unsigned long days;
	char *end;

	if (!text)
		return 0;
	days = strtoul(text, &end, 10);
	if (end == text || *end || days == 0 || days > 100 * GRANT_DAYS_MAX)
		return options_usage(options, "--%s is a number of days", name);
	*out = now_us + days * DAY_US;
	return 0;
}

/* How many days, or the last day. */
static int read_until(const struct options *options,
		      const struct office *office, uint64_t now_us,
		      uint64_t *out)
{
	const char *text = options_text(options, "until");
	int32_t day;

	if (!text || day_parse(span_of_text(text), &day))
		return read_days(options, "until", now_us, out);
	*out = day_start_us(day + 1, office->zone_minutes) - 1;
	if (*out < now_us)
		return options_usage(options, "--until %s is over", text);
	return 0;
}

static int read_grant(const struct options *options, struct office *office,
		      struct grant *grant)
{
	uint64_t now_us = clock_now_us(&office->clock);
	int code = read_roles(options, &grant->roles);

	if (!code)
		code = read_units(options, &office->arena, grant);
	grant->expires_us = now_us + GRANT_DAYS * DAY_US;
	if (!code)
		code = read_days(options, "expires", now_us,
				 &grant->expires_us);
	if (!code)
		code = read_until(options, office, now_us, &grant->until_us);
	if (code)
		return code;
	if (options_arguments(options))
		grant->unit = span_of_text(options_argument(options, 0));
	else if (!(grant->roles & (1u << ROLE_ADMIN | 1u << ROLE_WITNESS)))
		return options_usage(options,
				     "needs UNIT (only administrators and "
				     "witnesses have none)");
	return 0;
}

static int save_statement(struct office *office, struct statement *statement,
			  const struct said_text *text, struct saved *saved,
			  struct err *err)
{
	struct sealed sealed;
	uint64_t number;
	int ret = statement_make(statement, text, text ? 1 : 0, &office->arena,
				 &sealed, err);

	if (!ret)
		ret = outbox_save(office->outbox, &sealed, 1,
				  clock_now_us(&office->clock), &number, err);
	if (ret)
		return ret;
	wake_sender(office->dir, WAKE_SAVED);
	saved->first = saved->first ? saved->first : number;
	saved->last = number;
	return 0;
}

/* The code goes out only after the grant is saved. */
static int hand_out(const struct options *options, struct office *office,
		    const struct code *code, uint64_t expires_us,
		    struct err *err)
{
	const char *out = options_text(options, "out");
	char moment[MOMENT_TEXT_BYTES];
	struct strbuf text;
	int ret = 0;

	strbuf_init(&text, 0);
	code_print(code, &text);
	while (text.len && text.text[text.len - 1] == '\n')
		text.text[--text.len] = '\0';
	strbuf_add_char(&text, '\n');
	if (out)
		ret = file_replace(out, text.text, text.len, 0600, err);
	else
		(void)fputs(text.text, stdout);
	sign_wipe(text.text, text.len);
	strbuf_release(&text);
	if (ret)
		return ret;
	moment_print(expires_us, office->zone_minutes, moment);
	message_print(stderr, office->language, MESSAGE_CODE, moment);
	if (out)
		message_print(stderr, office->language, MESSAGE_CODE_FILE, out);
	return 0;
}

static void doubt_unit(const struct office *office,
		       const struct catalogue *catalogue, struct span unit)
{
	if (intern_find(&catalogue->unit_ids, unit) == INTERN_NONE)
		message_print(stderr, office->language, MESSAGE_UNIT_DOUBT,
			      (int)unit.len, (const char *)unit.data,
			      (int)unit.len, (const char *)unit.data);
}

/* A slip in a unit's name gives an office that can report nothing. It may
 * also be a unit of the next catalogue: it is said, not refused. */
static void doubt_units(struct office *office, const struct grant *grant)
{
	struct catalogue *catalogue;
	struct slice_kept kept;

	if (slice_read(office->outbox, &office->arena, &kept, NULL))
		return;
	catalogue = slice_catalogue(&kept);
	if (!catalogue)
		return;
	if (grant->unit.len)
		doubt_unit(office, catalogue, grant->unit);
	for (size_t i = 0; i < grant->unit_count; i++)
		doubt_unit(office, catalogue, grant->units[i]);
	catalogue_free(catalogue);
}

static int grant(const struct options *options, struct office *office,
		 struct saved *saved)
{
	struct statement statement = { .kind = SAID_GRANT };
	struct grant *granted = &statement.said.grant;
	struct code code = { .journal = office->journal };
	struct curve_pair curve;
	struct sign_pair sign;
	struct err err;
	int ret, exit_code = read_grant(options, office, granted);

	if (exit_code)
		return exit_code;
	follow_card(office, &code.card);
	office_endpoint(office, 0, code.card.endpoint);
	random_bytes(code.seed, sizeof(code.seed));
	code_keys(code.seed, &sign, &curve);
	granted->code_key = sign.key;
	memcpy(granted->code_curve_key, curve.key, CURVE_KEY_BYTES);
	sign_wipe(&sign, sizeof(sign));
	sign_wipe(&curve, sizeof(curve));
	ret = save_statement(office, &statement, NULL, saved, &err);
	if (!ret)
		doubt_units(office, granted);
	if (!ret && follow_curves(office) > 1)
		message_print(stderr, office->language, MESSAGE_CODE_KEYS);
	if (!ret)
		ret = hand_out(options, office, &code, granted->expires_us,
			       &err);
	sign_wipe(&code, sizeof(code));
	return ret ? office_fail(&err) : EXIT_OK;
}

/* Waits if asked for. */
static int wait_if_asked(const struct options *options, struct office *office,
			 const struct saved *saved)
{
	struct err err;
	uint64_t timeout_ms;

	if (!options_given(options, "wait"))
		return EXIT_OK;
	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	return outcome_range(office, timeout_ms, saved->first, saved->last,
			     false);
}

int command_grant(const struct options *options)
{
	struct saved saved = { 0 };
	struct office office;
	int code = office_open(&office, options, OFFICE_EXISTING);

	if (!code)
		code = desk_administrator(&office);
	if (!code)
		code = grant(options, &office, &saved);
	if (!code)
		code = wait_if_asked(options, &office, &saved);
	office_close(&office);
	return code;
}

/* ---- revoke ---- */

struct codes {
	struct span unit;
	struct arena arena;
	struct sign_key keys[REVOKE_CODES_MAX];
	size_t count;
};

static int visit_grant(void *arg, const struct outbox_item *item)
{
	struct codes *codes = arg;
	struct statement statement;

	arena_reset(&codes->arena);
	if (item->verdict || codes->count == REVOKE_CODES_MAX ||
	    wire_decode_statement(item->sealed.body, &codes->arena, &statement,
				  NULL) ||
	    statement.kind != SAID_GRANT ||
	    !span_equal(statement.said.grant.unit, codes->unit))
		return 0;
	codes->keys[codes->count++] = statement.said.grant.code_key;
	return 0;
}

static int revoke_key(const struct options *options, struct office *office,
		      const struct sign_key *key, uint64_t from,
		      struct saved *saved)
{
	struct statement statement = { .kind = SAID_REVOKE };
	const char *reason = options_text(options, "reason");
	struct said_text text = { "reason", reason ? span_of_text(reason) :
						     span_of(NULL, 0) };
	char hex[2 * SIGN_KEY_BYTES + 1];
	struct err err;

	bytes_to_hex(span_of(key->bytes, SIGN_KEY_BYTES), hex);
	if (!memcmp(key->bytes, office->keys.sign.key.bytes, SIGN_KEY_BYTES)) {
		message_print(stderr, office->language, MESSAGE_REVOKE_OWN,
			      hex);
		return EXIT_REFUSED;
	}
	statement.said.revoke.key = *key;
	statement.said.revoke.from_sequence = from;
	if (save_statement(office, &statement, &text, saved, &err))
		return office_fail(&err);
	if (from)
		message_print(stderr, office->language, MESSAGE_REVOKE_SAVED,
			      hex, (unsigned long long)from);
	else
		message_print(stderr, office->language, MESSAGE_REVOKE_ENDED,
			      hex);
	return EXIT_OK;
}

/* Which key a unit made is known to the collector alone; here we know the
 * codes that we gave it. */
static int revoke_codes(const struct options *options, struct office *office,
			const char *unit, struct saved *saved)
{
	struct codes codes = { .unit = span_of_text(unit) };
	struct err err;
	int code = EXIT_OK, ret;

	arena_init(&codes.arena, WIRE_ARENA_BYTES);
	ret = outbox_items(office->outbox, 1, visit_grant, &codes, &err);
	arena_release(&codes.arena);
	if (ret < 0)
		return office_fail(&err);
	if (codes.count == 0)
		return options_usage(options,
				     "%s is neither a key of 64 hex digits nor "
				     "a unit that this directory granted a "
				     "code; \"tally-collector offices\" lists "
				     "keys",
				     unit);
	message_print(stderr, office->language, MESSAGE_REVOKE_CODES,
		      codes.count, unit);
	for (size_t i = 0; i < codes.count && !code; i++)
		code = revoke_key(options, office, &codes.keys[i], 1, saved);
	return code;
}

static int revoke(const struct options *options, struct office *office,
		  struct saved *saved)
{
	const char *what = options_argument(options, 0);
	const char *text = options_text(options, "from");
	struct sign_key key;
	unsigned long long from = 1;
	char *end;

	if (text) {
		from = strtoull(text, &end, 10);
		if (end == text || *end)
			return options_usage(options,
					     "--from is a batch number, from "
					     "1, or 0: nothing is suspect");
	}
	if (hex_to_bytes(what, key.bytes, SIGN_KEY_BYTES))
		return revoke_codes(options, office, what, saved);
	return revoke_key(options, office, &key, from, saved);
}

int command_revoke(const struct options *options)
{
	struct saved saved = { 0 };
	struct office office;
	int code = office_open(&office, options, OFFICE_EXISTING);

	if (!code)
		code = desk_administrator(&office);
	if (!code)
		code = revoke(options, &office, &saved);
	if (!code)
		code = wait_if_asked(options, &office, &saved);
	office_close(&office);
	return code;
}
