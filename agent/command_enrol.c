/* enrol: an office makes its keys and proves that it was given the code. */
#include "agent/commands.h"

#include <stdio.h>
#include <string.h>

#include "agent/deliver.h"
#include "agent/office.h"
#include "agent/statement.h"

static int first_item(void *arg, const struct outbox_item *item)
{
	*(struct outbox_item *)arg = *item;
	return 1;
}

/* The enrol statement is the office's first; begun with another code that was
 * not sent yet, it is replaced. */
static int save_enrolment(struct office *office, struct err *err)
{
	struct outbox_item first = { 0 };
	struct statement statement = { .kind = SAID_ENROL };
	struct enrol *enrol = &statement.said.enrol;
	struct sign_pair sign;
	struct curve_pair curve;
	struct sealed sealed;
	int ret = outbox_items(office->outbox, 1, first_item, &first, err);

	if (ret < 0)
		return ret;
	if (first.sequence)
		return 0; /* sealed: it goes as it is */
	code_keys(office->code.seed, &sign, &curve);
	enrol->code_key = sign.key;
	enrol->key = office->keys.sign.key;
	memcpy(enrol->curve_key, office->keys.curve.key, CURVE_KEY_BYTES);
	enrol->authorisation =
		wire_authorise("tally-enrol/1\n", &office->code.journal,
			       &enrol->key, enrol->curve_key, &sign);
	sign_wipe(&sign, sizeof(sign));
	sign_wipe(&curve, sizeof(curve));
	ret = statement_make(&statement, NULL, 0, &office->arena, &sealed, err);
	if (!ret && first.number) {
		memcpy(sealed.salt, first.sealed.salt, SALT_BYTES);
		ret = outbox_replace(office->outbox, first.number, &sealed,
				     err);
	} else if (!ret) {
		ret = outbox_save(office->outbox, &sealed, 1,
				  clock_now_us(&office->clock), NULL, err);
	}
	return ret;
}

/* Each step may be the last before a crash: the next enrol goes on. The code
 * is kept before the card, so that a directory with a card and no code is
 * enrolled. */
static int begin(struct office *office, const char *text, struct err *err)
{
	struct outbox_chain chain;
	struct code code;
	int ret = code_parse(span_of_text(text), &code, err);

	if (ret)
		return ret;
	ret = outbox_chain(office->outbox, &chain, err);
	if (!ret && chain.next > 1 && office->enrolling &&
	    memcmp(code.seed, office->code.seed, CODE_SEED_BYTES) != 0)
		ret = err_set(err, ERR_EXISTS,
			      "an enrolment with another code was sent from %s "
			      "already; use a new directory for this code",
			      office->dir);
	if (!ret && !office->has_keys)
		ret = keys_create(office->dir, &office->keys, err);
	if (!ret)
		ret = office_keep_code(office, text, err);
	if (!ret)
		ret = save_enrolment(office, err);
	if (!ret)
		ret = office_adopt(office, &code.card, &code.journal, err);
	sign_wipe(&code, sizeof(code));
	return ret;
}

struct used_code {
	struct office *office;
	struct sign_key key; /* the code's one-time key */
	bool used;
};

static int compare_code(void *arg, const struct outbox_item *first)
{
	struct used_code *code = arg;
	struct statement statement;

	code->used = !wire_decode_statement(first->sealed.body,
					    &code->office->arena, &statement,
					    NULL) &&
		     statement.kind == SAID_ENROL &&
		     !memcmp(statement.said.enrol.code_key.bytes,
			     code->key.bytes, SIGN_KEY_BYTES);
	return 1;
}

/* Was it this code that the directory was enrolled with? */
static bool enrolled_with(struct office *office, const char *text)
{
	struct used_code used = { .office = office };
	struct sign_pair sign;
	struct curve_pair curve;
	struct code code;

	if (code_parse(span_of_text(text), &code, NULL))
		return false;
	code_keys(code.seed, &sign, &curve);
	used.key = sign.key;
	sign_wipe(&code, sizeof(code));
	sign_wipe(&sign, sizeof(sign));
	sign_wipe(&curve, sizeof(curve));
	return outbox_items(office->outbox, 1, compare_code, &used, NULL) >=
		       0 &&
	       used.used;
}

static int tell_enrolled(const struct office *office, bool recovery)
{
	char key[2 * SIGN_KEY_BYTES + 1];

	bytes_to_hex(span_of(office->keys.sign.key.bytes, SIGN_KEY_BYTES), key);
	(void)printf("%s\n", key);
	message_print(stderr, office->language, MESSAGE_ENROLLED, key);
	if (recovery)
		message_print(stderr, office->language, MESSAGE_RECOVERED);
	return EXIT_OK;
}

static int finish(struct office *office, uint64_t timeout_ms)
{
	bool recovery = office->code.recovery;
	struct delivery delivery;
	struct err err;
	const char *why;
	int ret = deliver(office, timeout_ms, NULL, &delivery, &err);

	if (!ret)
		return tell_enrolled(office, recovery);
	if (ret != ERR_OFFLINE)
		return office_fail(&err);
	if (delivery.trouble == TROUBLE_NONE)
		delivery.trouble = TROUBLE_OFFLINE;
	if (delivery.trouble == TROUBLE_REFUSED) {
		/* The door knows a code only while it can be used. */
		delivery.trouble = TROUBLE_NACK;
		delivery.nack_code = NACK_GRANT;
	}
	why = trouble_text(office->language, delivery.trouble,
			   delivery.nack_code);
	message_print(stderr, office->language,
		      delivery.needs_person ? MESSAGE_ENROL_REFUSED :
					      MESSAGE_ENROL_LATER,
		      why);
	return delivery.needs_person ? EXIT_REFUSED : EXIT_OFFLINE;
}

int command_enrol(const struct options *options)
{
	struct office office;
	struct err err;
	uint64_t timeout_ms;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	code = office_open(&office, options, OFFICE_NEW);
	if (code)
		goto out;
	if (office.has_card && !office.enrolling &&
	    enrolled_with(&office, options_argument(options, 0))) {
		/* The answer was not heard, nor which units are ours. */
		deliver_refresh(&office, timeout_ms);
		code = tell_enrolled(&office, false);
		goto out;
	}
	if (office.has_card && !office.enrolling) {
		message_print(stderr, office.language, MESSAGE_DIR_TAKEN,
			      office.dir);
		code = EXIT_USAGE;
		goto out;
	}
	if (begin(&office, options_argument(options, 0), &err)) {
		code = office_fail(&err);
		if (err.code == ERR_INVALID)
			code = EXIT_USAGE;
		goto out;
	}
	code = finish(&office, timeout_ms);
out:
	office_close(&office);
	return code;
}
