/* status: what became of what was said. history: everything, by target. */
#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/describe.h"
#include "agent/office.h"
#include "agent/outcome.h"
#include "agent/sender.h"
#include "agent/statement.h"
#include "agent/status_reviews.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "proto/day.h"
#include "store/say.h"

#define STATUS_DELIVERED_SHOWN 20
#define STATUS_ARENA_BYTES ((size_t)8 * 1024 * 1024)
#define HISTORY_TARGETS_MAX 100 /* of a command line */

struct listing {
	const struct options *options;
	struct office *office;
	struct arena arena; /* one item */
	uint64_t skip;	    /* delivered ones not to show */
	uint64_t told;	    /* delivered ones that are worth a line */
	bool short_list;    /* not all of them */
	bool json;
	bool cells_only;		 /* history */
	bool found[HISTORY_TARGETS_MAX]; /* of the arguments */
	/* What was said, and the last one of it that was not refused. */
	struct intern said;
	uint64_t *last_good; /* by number */
	size_t last_good_size;
	uint64_t settled; /* refused ones, said again since, not shown */
};

static bool wanted(struct listing *listing, const struct statement *statement)
{
	size_t count;
	struct span target;

	if (!listing->cells_only)
		return true;
	if (!say_report(statement))
		return false;
	target = say_report(statement)->target;
	count = options_arguments(listing->options);
	for (size_t i = 0; i < count; i++)
		if (span_equal(target, span_of_text(options_argument(
					       listing->options, i))))
			return listing->found[i] = true;
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

/* ---- what was refused, and said again since ---- */

/* What a statement is of; false: nothing that could be said again. */
static bool place_of(const struct statement *statement, struct strbuf *out)
{
	const struct report *report = say_report(statement);

	if (report)
		statement_place(statement->kind, report, out);
	else if (statement->kind == SAID_CATALOGUE_COMMIT ||
		 statement->kind == SAID_CATALOGUE_PART)
		strbuf_add_text(out, "catalogue");
	else
		return false;
	return true;
}

static uint32_t number_of(struct listing *listing,
			  const struct statement *statement, bool add)
{
	uint32_t number = INTERN_NONE;
	struct strbuf place;

	strbuf_init(&place, 0);
	if (place_of(statement, &place) && !place.failed)
		number = add ? intern_put(&listing->said, strbuf_span(&place)) :
			       intern_find(&listing->said, strbuf_span(&place));
	strbuf_release(&place);
	return number;
}

/* Without memory for it everything is shown. */
static void note_good(struct listing *listing, const struct outbox_item *item,
		      const struct statement *statement)
{
	uint32_t number = number_of(listing, statement, true);

	if (number == INTERN_NONE)
		return;
	if (number >= listing->last_good_size) {
		size_t size = 2 * (size_t)number + 64;
		uint64_t *grown =
			realloc(listing->last_good, size * sizeof(*grown));

		if (!grown)
			return;
		memset(grown + listing->last_good_size, 0,
		       (size - listing->last_good_size) * sizeof(*grown));
		listing->last_good = grown;
		listing->last_good_size = size;
	}
	listing->last_good[number] = item->number;
}

static bool is_settled(struct listing *listing, const struct outbox_item *item,
		       const struct statement *statement)
{
	uint32_t number;

	if (!listing->short_list || !item->verdict)
		return false;
	number = number_of(listing, statement, false);
	return number != INTERN_NONE && number < listing->last_good_size &&
	       listing->last_good[number] > item->number;
}

/* ---- the list ---- */

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
	if (is_settled(listing, item, &statement))
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

	if (item->verdict)
		return 0;
	statement = decode(listing, item);
	note_good(listing, item, &statement);
	if (!item->delivered)
		return 0;
	listing->told += !is_quiet(listing, item, &statement);
	return 0;
}

static int count_settled(void *arg, const struct outbox_item *item)
{
	struct listing *listing = arg;
	struct statement statement;

	if (!item->verdict)
		return 0;
	statement = decode(listing, item);
	listing->settled += is_settled(listing, item, &statement);
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

/* What kept the last one from sending; empty: nothing did. */
static const char *last_trouble(struct office *office)
{
	struct sender_word word;

	if (!sender_word(office, &word))
		return "";
	return trouble_text(office->language, word.trouble, word.nack_code);
}

static void print_connection(struct office *office)
{
	struct sender_word word;
	const char *why;

	if (!read_connection(office, &word)) {
		message_print(stdout, office->language, MESSAGE_NO_SENDER);
		why = last_trouble(office);
		if (why[0])
			message_print(stdout, office->language,
				      MESSAGE_LAST_TROUBLE, why);
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
	const char *state = "no sender";
	const char *why = last_trouble(office);

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
	if (!ret && listing->short_list)
		ret = list(listing, count_settled, err);
	if (ret < 0)
		return ret;
	if (listing->told > STATUS_DELIVERED_SHOWN)
		listing->skip = listing->told - STATUS_DELIVERED_SHOWN;
	if (listing->skip)
		message_print(stdout, office->language, MESSAGE_MORE,
			      (unsigned long long)listing->skip);
	if (listing->settled)
		message_print(stdout, office->language, MESSAGE_MORE_REFUSED,
			      (unsigned long long)listing->settled);
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

	intern_init(&listing.said);
	if (!code && (desk_look(&desk, &office, &err) ||
		      reviews_load(&reviews, &desk, &err) ||
		      print_status(&listing, &desk, &reviews, &err)))
		code = office_fail(&err);
	reviews_release(&reviews);
	intern_release(&listing.said);
	free(listing.last_good);
	desk_close(&desk);
	office_close(&office);
	return code;
}

/* Nothing was said of a task that there is; of one that there is not, a slip
 * would look the same. */
static int check_targets(const struct listing *listing)
{
	struct desk desk = { .lock = -1 };
	struct err err;
	int code = EXIT_OK;

	if (desk_look(&desk, listing->office, &err))
		code = office_fail(&err);
	for (size_t i = 0; i < options_arguments(listing->options) && !code;
	     i++) {
		const char *target = options_argument(listing->options, i);

		if (listing->found[i] ||
		    (desk.catalogue &&
		     catalogue_target(desk.catalogue, span_of_text(target)) !=
			     CATALOGUE_NONE))
			continue;
		message_print(stderr, listing->office->language,
			      MESSAGE_NO_TARGET, target);
		code = EXIT_USAGE;
	}
	desk_close(&desk);
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
	if (!code)
		code = check_targets(&listing);
	office_close(&office);
	return code;
}
