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
#define RECOVERY_KEYS_MAX 16
#define ZONE_MINUTES_MAX (14 * 60)

/* "+08:00", or minutes east of UTC. */
static int parse_zone(const char *text, int32_t *out)
{
	int hours, minutes;
	char sign, *end;
	long value;

	if (sscanf(text, "%c%2d:%2d", &sign, &hours, &minutes) == 3 &&
	    (sign == '+' || sign == '-') && hours >= 0 && minutes >= 0 &&
	    minutes < 60) {
		value = 60L * hours + minutes;
		value = sign == '-' ? -value : value;
	} else {
		value = strtol(text, &end, 10);
		if (end == text || *end)
			return ERR_INVALID;
	}
	if (value < -ZONE_MINUTES_MAX || value > ZONE_MINUTES_MAX)
		return ERR_INVALID;
	*out = (int32_t)value;
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
	struct found found;
	struct administrator administrator;
	struct collector_keys collector;
	struct sign_key recovery[RECOVERY_KEYS_MAX];
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
	found->rules = RULES_VERSION;
	if (options_count(options, "recovery") > RECOVERY_KEYS_MAX)
		return options_usage(options, "at most %d recovery keys",
				     RECOVERY_KEYS_MAX);
	for (size_t i = 0; i < options_count(options, "recovery"); i++)
		if (hex_to_bytes(options_value(options, "recovery", i),
				 founding->recovery[i].bytes, SIGN_KEY_BYTES))
			return options_usage(options,
					     "--recovery is a public key of 64 "
					     "hex digits");
	found->recovery_keys = founding->recovery;
	found->recovery_key_count = options_count(options, "recovery");
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
	ret = seal_founding(office, founding, &bytes, err);
	if (!ret)
		ret = wire_decode_batch(bytes, &office->arena, &batch, err);
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
	if (founding.found.recovery_key_count == 0)
		message_print(stderr, office.language, MESSAGE_NO_RECOVERY);
out:
	office_close(&office);
	return code;
}
