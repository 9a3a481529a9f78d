/* found: the first administrator makes the journal's first batch. */
#include "agent/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/office.h"
#include "agent/statement.h"
#include "proto/merkle.h"

#define RULES_VERSION 1
#define CARD_BYTES_MAX 4096
#define SEED_TITLE "tally-recovery/1 "
#define RECOVERY_KEYS_MAX 16
#define ZONE_MINUTES_MAX (14 * 60)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "+08:00" and nothing else: a journal keeps its zone for ever. */
static int parse_zone(const char *text, int32_t *out)
{
	int32_t hours, minutes;

	if (strlen(text) != sizeof("+08:00") - 1 ||
	    (text[0] != '+' && text[0] != '-') || !is_digit(text[1]) ||
	    !is_digit(text[2]) || text[3] != ':' || !is_digit(text[4]) ||
	    !is_digit(text[5]))
		return ERR_INVALID;
	hours = 10 * (text[1] - '0') + text[2] - '0';
	minutes = 10 * (text[4] - '0') + text[5] - '0';
	if (minutes > 59 || 60 * hours + minutes > ZONE_MINUTES_MAX)
		return ERR_INVALID;
	*out = (text[0] == '-' ? -1 : 1) * (60 * hours + minutes);
	return 0;
}

static int read_card(const char *path, struct card *out, struct err *err)
{
	char *text;
	size_t len;
	int ret = file_read(path, CARD_BYTES_MAX, &text, &len, err);

	if (ret)
		return ret;
	ret = card_parse(span_of(text, len), out, err);
	free(text);
	return ret ? err_context(err, "%s", path) : 0;
}

struct founding {
	const struct options *options;
	struct found found;
	struct administrator administrator;
	struct collector_keys collector;
	struct sign_key recovery[RECOVERY_KEYS_MAX];
	uint8_t seeds[RECOVERY_KEYS_MAX]
		     [CODE_SEED_BYTES]; /* of the first ones */
	size_t seed_count;
	struct card card;
};

/* What the options say; prints what is wrong. */
static int read_founding(const struct options *options,
			 struct founding *founding)
{
	const char *zone = options_text(options, "zone");
	struct found *found = &founding->found;
	struct err err;

	memset(founding, 0, sizeof(*founding));
	founding->options = options;
	if (!options_text(options, "collector"))
		return options_usage(options, "needs --collector CARD");
	if (!options_text(options, "out"))
		return options_usage(options, "needs --out FILE");
	found->zone_minutes = OFFICE_ZONE_MINUTES;
	if (zone && parse_zone(zone, &found->zone_minutes))
		return options_usage(options, "--zone is like +08:00, not %s",
				     zone);
	found->simulated = options_given(options, "simulated");
	if (found->simulated != options_given(options, "clock"))
		return options_usage(options,
				     "--simulated goes with --clock FILE");
	found->name = span_of_text(options_given(options, "name") ?
					   options_text(options, "name") :
					   "tally");
	if (found->name.len > WIRE_NAME_BYTES_MAX)
		return options_usage(options, "--name has at most %d bytes",
				     WIRE_NAME_BYTES_MAX);
	found->rules = RULES_VERSION;
	if (options_count(options, "recovery") +
		    options_count(options, "recovery-out") >
	    RECOVERY_KEYS_MAX)
		return options_usage(options, "at most %d recovery keys",
				     RECOVERY_KEYS_MAX);
	for (size_t i = 0; i < options_count(options, "recovery"); i++)
		if (hex_to_bytes(options_value(options, "recovery", i),
				 founding->recovery[found->recovery_key_count++]
					 .bytes,
				 SIGN_KEY_BYTES))
			return options_usage(options,
					     "--recovery is a public key of 64 "
					     "hex digits");
	found->recovery_keys = founding->recovery;
	if (read_card(options_text(options, "collector"), &founding->card,
		      &err)) {
		(void)office_fail(&err);
		return EXIT_USAGE;
	}
	return 0;
}

/* Sealed once: to found again after a crash gives the same batch. */
static int seal_founding(struct office *office, struct founding *founding,
			 struct span *batch, struct err *err)
{
	struct seal_header header = {
		.sent_us = clock_now_us(&office->clock),
		.seen_root = hash_span(span_of(NULL, 0)),
	};
	struct statement statement = { .kind = SAID_FOUND };
	struct outbox_chain chain;
	struct outbox_counts counts;
	struct sealed sealed;
	uint64_t sequence;
	int ret = outbox_lock_sender(office->outbox, err);

	if (!ret)
		ret = outbox_chain(office->outbox, &chain, err);
	if (!ret)
		ret = outbox_counts(office->outbox, &counts, err);
	if (ret)
		return ret;
	if (chain.next > 1)
		return outbox_batch(office->outbox, 1, &office->arena, batch,
				    err);
	if (counts.waiting == 0) {
		statement.said.found = founding->found;
		ret = statement_make(&statement, NULL, 0, &office->arena,
				     &sealed, err);
		if (!ret)
			ret = outbox_save(office->outbox, &sealed, 1,
					  header.sent_us, NULL, err);
	}
	if (!ret)
		ret = outbox_seal(office->outbox, &header, &office->keys.sign,
				  1, WIRE_BATCH_BYTES_MAX, &office->arena,
				  batch, &sequence, err);
	return ret;
}

/* Entry 0 is received when it is sent. */
static int take_receipt(struct office *office, const struct batch *batch,
			struct err *err)
{
	uint16_t verdict = VERDICT_ADMITTED;
	struct receipt receipt = {
		.sequence = 1,
		.index = 0,
		.recv_us = batch->header.sent_us,
		.verdicts = &verdict,
		.verdict_count = 1,
	};

	return outbox_receipts(office->outbox, &receipt, 1, err);
}

/* ---- recovery codes ---- */

/* Whether the founding, maybe of an attempt before, names the key. */
static bool names_key(struct office *office, const struct sign_key *key)
{
	struct statement statement;
	struct batch batch;
	struct span bytes;
	const struct found *found = &statement.said.found;

	if (outbox_batch(office->outbox, 1, &office->arena, &bytes, NULL) ||
	    wire_decode_batch(bytes, &office->arena, &batch, NULL) ||
	    wire_decode_statement(batch.sealed[0].body, &office->arena,
				  &statement, NULL) ||
	    statement.kind != SAID_FOUND)
		return false;
	for (size_t i = 0; i < found->recovery_key_count; i++)
		if (!memcmp(found->recovery_keys[i].bytes, key->bytes,
			    SIGN_KEY_BYTES))
			return true;
	return false;
}

/* What a founding that was cut off left of one: its seed, or already the code
 * of this journal. */
static int read_seed(struct office *office, const char *path,
		     uint8_t seed[CODE_SEED_BYTES], struct err *err)
{
	const size_t title = sizeof(SEED_TITLE) - 1;
	char hex[2 * CODE_SEED_BYTES + 1] = "";
	struct curve_pair curve;
	struct sign_pair sign;
	struct code code;
	char *text;
	size_t len;
	int ret = file_read(path, CARD_BYTES_MAX, &text, &len, err);

	if (ret)
		return ret;
	if (len == title + sizeof(hex) && !memcmp(text, SEED_TITLE, title)) {
		memcpy(hex, text + title, sizeof(hex) - 1);
		ret = hex_to_bytes(hex, seed, CODE_SEED_BYTES);
	} else {
		ret = code_parse(span_of(text, len), &code, NULL);
		if (!ret) {
			memcpy(seed, code.seed, CODE_SEED_BYTES);
			code_keys(seed, &sign, &curve);
			if (!names_key(office, &sign.key))
				ret = ERR_EXISTS;
		}
		sign_wipe(&code, sizeof(code));
		sign_wipe(&sign, sizeof(sign));
		sign_wipe(&curve, sizeof(curve));
	}
	sign_wipe(hex, sizeof(hex));
	sign_wipe(text, len);
	free(text);
	return ret ? err_set(err, ERR_EXISTS,
			     "%s is there already; name another "
			     "--recovery-out",
			     path) :
		     0;
}

/* The seed is on the disk before its key is in the founding; the code needs the
 * journal's id. */
static int make_seed(struct office *office, const char *path,
		     uint8_t seed[CODE_SEED_BYTES], struct err *err)
{
	char hex[2 * CODE_SEED_BYTES + 1];
	char text[sizeof(SEED_TITLE) + sizeof(hex) + 1];
	int len, ret;

	if (!access(path, F_OK))
		return read_seed(office, path, seed, err);
	random_bytes(seed, CODE_SEED_BYTES);
	bytes_to_hex(span_of(seed, CODE_SEED_BYTES), hex);
	len = snprintf(text, sizeof(text), SEED_TITLE "%s\n", hex);
	ret = file_replace(path, text, (size_t)len, 0600, err);
	sign_wipe(hex, sizeof(hex));
	sign_wipe(text, sizeof(text));
	return ret;
}

static int make_seeds(struct office *office, struct founding *founding,
		      struct err *err)
{
	const struct options *options = founding->options;
	size_t count = options_count(options, "recovery-out");
	struct found *found = &founding->found;
	struct curve_pair curve;
	struct sign_pair sign;
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++) {
		uint8_t *seed = founding->seeds[founding->seed_count++];

		ret = make_seed(office,
				options_value(options, "recovery-out", i), seed,
				err);
		code_keys(seed, &sign, &curve);
		founding->recovery[found->recovery_key_count++] = sign.key;
		sign_wipe(&sign, sizeof(sign));
		sign_wipe(&curve, sizeof(curve));
	}
	return ret;
}

static int write_code(const char *path, const struct code *code,
		      struct err *err)
{
	struct strbuf text;
	int ret;

	strbuf_init(&text, 0);
	code_print(code, &text);
	strbuf_add_char(&text, '\n');
	ret = file_replace(path, text.text, text.len, 0600, err);
	sign_wipe(text.text, text.len);
	strbuf_release(&text);
	return ret;
}

static int write_recovery(struct office *office,
			  const struct founding *founding,
			  const struct hash *journal, struct err *err)
{
	struct code code = { .card = founding->card,
			     .journal = *journal,
			     .recovery = true };
	size_t first =
		founding->found.recovery_key_count - founding->seed_count;
	int ret = 0;

	for (size_t i = 0; i < founding->seed_count && !ret; i++) {
		const char *path =
			options_value(founding->options, "recovery-out", i);

		memcpy(code.seed, founding->seeds[i], CODE_SEED_BYTES);
		if (!names_key(office, &founding->recovery[first + i]))
			ret = err_set(err, ERR_INVALID,
				      "%s: this directory's founding was begun "
				      "without this recovery key; use a new "
				      "directory",
				      path);
		else
			ret = write_code(path, &code, err);
	}
	sign_wipe(&code, sizeof(code));
	return ret;
}

static int found_journal(struct office *office, struct founding *founding,
			 const char *out, struct hash *journal, struct err *err)
{
	struct batch batch;
	struct span bytes;
	char zone[16];
	int ret = 0;

	if (!office->has_keys)
		ret = keys_create(office->dir, &office->keys, err);
	if (ret)
		return ret;
	founding->administrator.key = office->keys.sign.key;
	memcpy(founding->administrator.curve_key, office->keys.curve.key,
	       CURVE_KEY_BYTES);
	founding->collector.checkpoint_key = founding->card.checkpoint_key;
	memcpy(founding->collector.curve_key, founding->card.curve_key,
	       CURVE_KEY_BYTES);
	founding->found.administrators = &founding->administrator;
	founding->found.administrator_count = 1;
	founding->found.collectors = &founding->collector;
	founding->found.collector_count = 1;
	(void)snprintf(zone, sizeof(zone), "%d", founding->found.zone_minutes);
	ret = make_seeds(office, founding, err);
	if (ret)
		return ret;
	ret = seal_founding(office, founding, &bytes, err);
	if (!ret)
		ret = wire_decode_batch(bytes, &office->arena, &batch, err);
	if (!ret)
		ret = write_recovery(office, founding, &batch.name, err);
	if (!ret)
		ret = file_replace(out, bytes.data, bytes.len, 0644, err);
	if (!ret)
		ret = take_receipt(office, &batch, err);
	if (!ret)
		ret = office_set_text(office, "zone", zone, err);
	if (!ret)
		ret = office_set_text(office, "simulated",
				      founding->found.simulated ? "yes" : "no",
				      err);
	if (!ret)
		ret = office_adopt(office, &founding->card, &batch.name, err);
	if (!ret)
		*journal = batch.name;
	return ret;
}

static void tell_recovery(const struct office *office,
			  const struct founding *founding, size_t i)
{
	size_t first =
		founding->found.recovery_key_count - founding->seed_count;
	char key[2 * SIGN_KEY_BYTES + 1];

	bytes_to_hex(
		span_of(founding->recovery[first + i].bytes, SIGN_KEY_BYTES),
		key);
	message_print(stderr, office->language, MESSAGE_RECOVERY_WRITTEN,
		      options_value(founding->options, "recovery-out", i), key);
}

int command_found(const struct options *options)
{
	const char *out = options_text(options, "out");
	char id[2 * HASH_BYTES + 1];
	struct founding founding;
	struct office office;
	struct hash journal;
	struct err err;
	int code = read_founding(options, &founding);

	if (code)
		return code;
	/* It may be the only copy of another journal's beginning. */
	if (!access(out, F_OK))
		return options_usage(options,
				     "%s is there already; name another --out",
				     out);
	code = office_open(&office, options, OFFICE_NEW);
	if (code)
		goto out;
	if (office.has_card) {
		message_print(stderr, office.language, MESSAGE_DIR_TAKEN,
			      office.dir);
		code = EXIT_USAGE;
		goto out;
	}
	if (found_journal(&office, &founding, out, &journal, &err)) {
		code = office_fail(&err);
		goto out;
	}
	hash_print(&journal, id);
	(void)printf("%s\n", id);
	message_print(stderr, office.language, MESSAGE_FOUNDED, id, out, out);
	message_print(stderr, office.language, MESSAGE_ONE_ADMINISTRATOR);
	for (size_t i = 0; i < founding.seed_count; i++)
		tell_recovery(&office, &founding, i);
	if (founding.found.recovery_key_count == 0)
		message_print(stderr, office.language, MESSAGE_NO_RECOVERY);
out:
	sign_wipe(founding.seeds, sizeof(founding.seeds));
	office_close(&office);
	return code;
}
