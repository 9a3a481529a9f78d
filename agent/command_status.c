/* status: what became of what was said. history: everything, by target. */
#include "agent/commands.h"

#include <stdio.h>
#include <string.h>

#include "agent/describe.h"
#include "agent/office.h"
#include "agent/outcome.h"
#include "agent/sender.h"
#include "agent/status_reviews.h"
#include "proto/day.h"

#define STATUS_DELIVERED_SHOWN 20
#define STATUS_ARENA_BYTES ((size_t)8 * 1024 * 1024)

struct listing {
	const struct options *options;
	struct office *office;
	struct arena arena; /* one item */
	uint64_t skip;	    /* delivered ones not to show */
	uint64_t told;	    /* delivered ones that are worth a line */
	bool short_list;    /* not all of them */
	bool json;
	bool cells_only; /* history */
};

static bool wanted(const struct listing *listing,
		   const struct statement *statement)
{
	size_t count;
	struct span target;

	if (!listing->cells_only)
		return true;
	if (!item_report(statement))
		return false;
	target = item_report(statement)->target;
	count = options_arguments(listing->options);
	for (size_t i = 0; i < count; i++)
		if (span_equal(target, span_of_text(options_argument(
					       listing->options, i))))
			return true;
	return count == 0;
}

static struct statement decode(struct listing *listing,
			       const struct outbox_item *item)
{
	struct statement statement;

	arena_reset(&listing->arena);
	if (wire_decode_statement(item->sealed.body, &listing->arena,
				  &statement, NULL)) {
		memset(&statement, 0, sizeof(statement));
		statement.kind = SAID_UNKNOWN;
	}
	return statement;
}

/* Parts of a catalogue say nothing that the line of the whole does not, unless
 * they were refused. */
static bool is_quiet(const struct listing *listing,
		     const struct outbox_item *item,
		     const struct statement *statement)
{
	return listing->short_list && !item->verdict &&
	       statement->kind == SAID_CATALOGUE_PART;
}

static int visit(void *arg, const struct outbox_item *item)
{
	struct listing *listing = arg;
	struct statement statement = decode(listing, item);

	if (is_quiet(listing, item, &statement))
		return 0;
	if (item->delivered && !item->verdict && listing->skip) {
		listing->skip--;
		return 0;
	}
	if (!wanted(listing, &statement))
		return 0;
	if (listing->json)
		item_json(stdout, listing->office, item, &statement);
	else
		item_print(stdout, listing->office, item, &statement);
	if (!listing->json && !listing->cells_only)
		outcome_moved_on(stdout, listing->office, item, &statement);
	return 0;
}

static int count_told(void *arg, const struct outbox_item *item)
{
	struct listing *listing = arg;
	struct statement statement;

	if (!item->delivered || item->verdict)
		return 0;
	statement = decode(listing, item);
	listing->told += !is_quiet(listing, item, &statement);
	return 0;
}

static int list(struct listing *listing,
		int (*each)(void *arg, const struct outbox_item *item),
		struct err *err)
{
	int ret;

	arena_init(&listing->arena, STATUS_ARENA_BYTES);
	ret = outbox_items(listing->office->outbox, 1, each, listing, err);
	arena_release(&listing->arena);
	return ret;
}

/* ---- the connection ---- */

/* What the sender says of itself; false if there is none. One that has not
 * spoken yet is about to connect: a former one's word is not its. */
static bool read_connection(struct office *office, struct sender_word *word)
{
	long sender = outbox_sender(office->outbox);

	if (!sender)
		return false;
	if (!sender_word(office, word) || word->process != sender)
		*word = (struct sender_word){ .state = SESSION_CONNECTING };
	return true;
}

static void print_connection(struct office *office)
{
	struct sender_word word;
	const char *why;

	if (!read_connection(office, &word)) {
		message_print(stdout, office->language, MESSAGE_NO_SENDER);
		return;
	}
	why = trouble_text(office->language, word.trouble, word.nack_code);
	message_print(stdout, office->language, MESSAGE_CONNECTION,
		      state_text(office->language, word.state),
		      !why[0]			      ? "" :
		      office->language == LANGUAGE_ZH ? "：" :
							": ",
		      why);
}

static void json_key(struct office *office)
{
	uint64_t until_us = office_key_until(office);
	char key[2 * SIGN_KEY_BYTES + 1], day[DAY_TEXT_BYTES] = "";

	bytes_to_hex(span_of(office->keys.sign.key.bytes, SIGN_KEY_BYTES), key);
	if (until_us)
		day_print(day_of_us(until_us, office->zone_minutes), day);
	(void)printf(", \"key\": \"%s\", \"key_until\": %s%s%s, "
		     "\"rotating\": %s",
		     key, day[0] ? "\"" : "", day[0] ? day : "null",
		     day[0] ? "\"" : "", office->rotation ? "true" : "false");
}

static void json_connection(struct office *office,
			    const struct outbox_counts *counts,
			    const struct reviews *reviews)
{
	struct sender_word word;
	const char *state = "no sender", *why = "";

	if (read_connection(office, &word)) {
		state = state_text(LANGUAGE_EN, word.state);
		why = trouble_text(office->language, word.trouble,
				   word.nack_code);
	}
	(void)printf("{\"connection\": \"%s\", \"trouble\": ", state);
	json_text(stdout, span_of_text(why));
	(void)fputs(", ", stdout);
	status_reviews_counts(reviews);
	json_key(office);
	(void)printf(", \"counts\": {\"waiting\": %llu, \"sealed\": %llu, "
		     "\"delivered\": %llu, \"refused\": %llu}}\n",
		     (unsigned long long)counts->waiting,
		     (unsigned long long)counts->sealed,
		     (unsigned long long)counts->delivered,
		     (unsigned long long)counts->refused);
}

static int print_items(struct listing *listing, struct err *err)
{
	struct office *office = listing->office;
	int ret;

	listing->short_list = !listing->json &&
			      !options_given(listing->options, "all");
	ret = listing->short_list ? list(listing, count_told, err) : 0;
	if (ret < 0)
		return ret;
	if (listing->told > STATUS_DELIVERED_SHOWN)
		listing->skip = listing->told - STATUS_DELIVERED_SHOWN;
	if (listing->skip)
		message_print(stdout, office->language, MESSAGE_MORE,
			      (unsigned long long)listing->skip);
	ret = list(listing, visit, err);
	return ret < 0 ? ret : 0;
}

static void print_counts(struct office *office,
			 const struct outbox_counts *counts)
{
	message_print(stdout, office->language, MESSAGE_COUNTS,
		      (unsigned long long)counts->waiting,
		      (unsigned long long)counts->sealed,
		      (unsigned long long)counts->delivered,
		      (unsigned long long)counts->refused);
	if (office->rotation)
		message_print(stdout, office->language, MESSAGE_ROTATING);
	office_key_word(office, stdout, true);
	print_connection(office);
}

/* What was done before, then what was said, then what is to be done. */
static int print_status(struct listing *listing, const struct desk *desk,
			const struct reviews *reviews, struct err *err)
{
	static const enum review_place rest[] = { REVIEW_WAITING, REVIEW_TO_DO,
						  REVIEW_RETURNED };
	struct office *office = listing->office;
	bool all = options_given(listing->options, "all");
	struct outbox_counts counts;
	int ret = outbox_counts(office->outbox, &counts, err);

	if (!ret && !listing->json)
		status_reviews_print(reviews, desk, REVIEW_JUDGED, all);
	if (!ret)
		ret = print_items(listing, err);
	if (ret)
		return ret;
	if (listing->json) {
		status_reviews_json(reviews, desk);
		json_connection(office, &counts, reviews);
		return 0;
	}
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		status_reviews_print(reviews, desk, rest[i], all);
	alarm_print_break(office);
	print_counts(office, &counts);
	return 0;
}

int command_status(const struct options *options)
{
	struct office office;
	struct listing listing = { .options = options,
				   .office = &office,
				   .json = options_given(options, "json") };
	struct reviews reviews = { 0 };
	struct desk desk = { .lock = -1 };
	struct err err;
	int code = office_open(&office, options, OFFICE_LOOKING);

	if (!code && (desk_look(&desk, &office, &err) ||
		      reviews_load(&reviews, &desk, &err) ||
		      print_status(&listing, &desk, &reviews, &err)))
		code = office_fail(&err);
	reviews_release(&reviews);
	desk_close(&desk);
	office_close(&office);
	return code;
}

int command_history(const struct options *options)
{
	struct office office;
	struct listing listing = { .options = options,
				   .office = &office,
				   .json = options_given(options, "json"),
				   .cells_only = true };
	struct err err;
	int code = office_open(&office, options, OFFICE_LOOKING);

	if (!code && list(&listing, visit, &err) < 0)
		code = office_fail(&err);
	office_close(&office);
	return code;
}
