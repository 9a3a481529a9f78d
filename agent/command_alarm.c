/* alarm: what the collector has signed and could not prove, if anything. */
#include "agent/commands.h"

#include <stdio.h>

#include "agent/alarm.h"
#include "agent/describe.h"
#include "agent/office.h"
#include "proto/checkpoint.h"
#include "proto/moment.h"
#include "proto/reopening.h"

/* Entries of the newest checkpoint that was verified. */
static uint64_t verified(struct office *office)
{
	struct checkpoint seen = { 0 };
	struct span note;

	if (!outbox_seen(office->outbox, &office->arena, &note, NULL))
		(void)checkpoint_read(note, &seen, NULL);
	return seen.size;
}

static void print_json(struct office *office, const struct alarm *alarm)
{
	if (!alarm) {
		(void)printf("{\"alarm\": null, \"verified\": %llu}\n",
			     (unsigned long long)verified(office));
		return;
	}
	(void)fputs("{\"alarm\": ", stdout);
	json_text(stdout,
		  span_of_text(alarm_text(office->language, alarm->why)));
	(void)printf(", \"raised_us\": %llu, \"seen_size\": %llu, "
		     "\"shown_size\": %llu, \"entry\": %llu, "
		     "\"verified\": %llu}\n",
		     (unsigned long long)alarm->raised_us,
		     (unsigned long long)alarm->seen_size,
		     (unsigned long long)alarm->shown_size,
		     (unsigned long long)alarm->index,
		     (unsigned long long)verified(office));
}

/* The collector went on after a loss that it declared. */
void alarm_print_break(struct office *office)
{
	struct reopening said;
	struct span note;

	if (alarm_read_break(office->outbox, &office->arena, &note) &&
	    !reopening_read(note, &said, NULL))
		message_print(stdout, office->language, MESSAGE_REOPENED,
			      (unsigned long long)said.kept, (int)said.by.len,
			      (const char *)said.by.data, (int)said.why.len,
			      (const char *)said.why.data);
}

static void print_text(struct office *office, const struct alarm *alarm)
{
	char time[MOMENT_TEXT_BYTES], entry[64] = "";

	alarm_print_break(office);
	if (!alarm) {
		message_print(stdout, office->language, MESSAGE_ALARM_NONE,
			      (unsigned long long)verified(office));
		return;
	}
	moment_print(alarm->raised_us, office->zone_minutes, time);
	if (alarm->why == ALARM_MISSING)
		(void)snprintf(entry, sizeof(entry), " (%llu)",
			       (unsigned long long)alarm->index);
	message_print(stdout, office->language, MESSAGE_ALARM_WHAT, time,
		      alarm_text(office->language, alarm->why),
		      (unsigned long long)alarm->seen_size,
		      (unsigned long long)alarm->shown_size, entry,
		      office->dir);
}

int command_alarm(const struct options *options)
{
	struct office office;
	struct alarm alarm;
	struct err err;
	int code = office_open(&office, options, OFFICE_LOOKING);

	if (code)
		goto out;
	if (!alarm_read(office.outbox, &alarm)) {
		if (options_given(options, "json"))
			print_json(&office, NULL);
		else
			print_text(&office, NULL);
		goto out;
	}
	if (options_given(options, "clear")) {
		if (alarm_clear(office.outbox, &err))
			code = office_fail(&err);
		else
			message_print(stderr, office.language,
				      MESSAGE_ALARM_CLEARED, office.dir);
		goto out;
	}
	if (options_given(options, "json"))
		print_json(&office, &alarm);
	else
		print_text(&office, &alarm);
	code = EXIT_BROKEN;
out:
	office_close(&office);
	return code;
}
