/* reopen: the journal goes on without what nobody holds any more, and says so
 * itself. */
#include "collector/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rt/clock.h"
#include "collector/recovery.h"

/* Of the lines that say what is missing; a note has a limit. */
#define MORE_BYTES_MAX 8192

/* Lines without control characters; what is too much is cut off. */
static void tidy(char *text, size_t *len)
{
	if (*len > MORE_BYTES_MAX) {
		*len = MORE_BYTES_MAX;
		while (*len && ((unsigned char)text[*len] & 0xc0) == 0x80)
			--*len; /* not within a character */
		text[(*len)++] = '\n';
	}
	for (size_t i = 0; i < *len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\n') ||
		    text[i] == 0x7f)
			text[i] = '?';
}

static int go_on(struct recovery *recovery, struct clock *clock, const char *by,
		 const char *why, struct strbuf *json)
{
	struct reopening said = { .by = span_of_text(by),
				  .why = span_of_text(why) };
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *more = open_memstream(&text, &len);
	int rc = 0;

	if (more)
		command_tell_missing(more, recovery);
	if (!more || fclose(more))
		rc = err_set(&err, ERR_NOMEM, "no memory");
	if (!rc) {
		tidy(text, &len);
		said.at_us = clock_now_us(clock);
		said.more = span_of(text, len);
		rc = recovery_reopen(recovery, &said, said.at_us, &err);
	}
	free(text);
	if (rc)
		return command_failed(command_recovery_code(rc), &err);
	if (json)
		return command_recovery_told(json, "reopened");
	(void)printf("reopened: what was handed over stands behind it again, "
		     "as received now; offices send the rest. Start it with: "
		     "tally-collector run\n");
	return EXIT_OK;
}

/* As the collector's: what has no place any more is received now. */
static int open_clock(const struct options *options,
		      const struct recovery *recovery, struct clock *out,
		      struct err *err)
{
	struct fold_facts facts = { 0 };
	int rc = clock_open(out, options_text(options, "clock"), err);

	(void)fold_facts(recovery_fold(recovery), &facts);
	if (!rc && facts.simulated != clock_simulated(out))
		rc = err_set(err, ERR_INVALID,
			     facts.simulated ?
				     "the journal was founded with a simulated "
				     "clock: give --clock FILE" :
				     "the journal was founded with the wall "
				     "clock: --clock is not for it");
	return rc;
}

/* Nothing is missing: what was handed over may have come too late to be put in
 * when the journal was opened again. */
static int late(const struct options *options, struct recovery *recovery,
		bool reopened, struct strbuf *json)
{
	bool dry = options_given(options, "dry-run");
	struct clock clock = { 0 };
	struct err err = { 0 };
	size_t count = 0;

	if (reopened && open_clock(options, recovery, &clock, &err))
		return command_failed(EXIT_USAGE, &err);
	if (reopened &&
	    recovery_late(recovery, clock_now_us(&clock), dry, &count, &err))
		return command_failed(command_recovery_code(err.code), &err);
	if (json) {
		json_put_number(json, "late", (int64_t)count);
		return command_recovery_told(json, !count ? "whole" :
						   dry	  ? "would-put-in" :
							    "put-in");
	}
	if (count)
		(void)printf("%s: %zu batches that were handed over only now, "
			     "as received now\n",
			     dry ? "would be put in" : "put in", count);
	else
		(void)printf("nothing that was signed is missing, or has to "
			     "be: run tally-collector recover\n");
	return EXIT_OK;
}

static void tell_kept(const struct recovery *recovery,
		      const struct recovery_facts *facts)
{
	(void)printf("kept: %" PRIu64 " entries, %" PRIu64
		     " of them put back\n",
		     facts->whole, facts->whole - facts->size);
	command_tell_missing(stdout, recovery);
}

/* json: NULL for people. */
static int reopen(const struct options *options, struct recovery *recovery,
		  struct strbuf *json)
{
	const char *by = options_text(options, "by");
	const char *why = options_text(options, "why");
	struct recovery_facts facts;
	struct clock clock = { 0 };
	struct err err = { 0 };
	size_t bad = 0;
	int code = command_hear(options, recovery, &bad);

	if (code)
		return code;
	if (bad)
		return options_usage(options, "leave out the files that cannot "
					      "be used, knowing what is lost "
					      "by it");
	if (recovery_plan(recovery, &err))
		return command_failed(command_recovery_code(err.code), &err);
	recovery_facts(recovery, &facts);
	if (json)
		command_recovery_json(recovery, &facts, json);
	else
		command_tell_heard(recovery);
	if (facts.whole >= facts.goal.size && !facts.begun)
		return late(options, recovery, facts.reopened, json);
	if (!facts.begun && !json)
		tell_kept(recovery, &facts);
	(void)fflush(stdout);
	if (options_given(options, "dry-run"))
		return json ? command_recovery_told(json, "would-reopen") :
			      EXIT_OK;
	if (open_clock(options, recovery, &clock, &err))
		return command_failed(EXIT_USAGE, &err);
	return go_on(recovery, &clock, by, why, json);
}

int command_reopen(const struct options *options)
{
	const char *dir = command_dir(options);
	const char *by = options_text(options, "by");
	const char *why = options_text(options, "why");
	bool dry = options_given(options, "dry-run");
	struct collector_settings settings;
	struct recovery *recovery = NULL;
	struct strbuf out;
	struct err err = { 0 };
	int code;

	if (!dry && (!by || !why || !reopening_text_fits(span_of_text(by)) ||
		     !reopening_text_fits(span_of_text(why))))
		return options_usage(options,
				     "needs --by and --why, a line of at most "
				     "%d bytes each: they stand in the journal "
				     "for ever",
				     REOPENING_TEXT_BYTES_MAX);
	code = command_settings(dir, &settings);
	if (code)
		return code;
	if (recovery_open(dir, settings.checkpoint, &recovery, &err))
		return command_failed(command_recovery_code(err.code), &err);
	strbuf_init(&out, 0);
	code = reopen(options, recovery,
		      options_given(options, "json") ? &out : NULL);
	strbuf_release(&out);
	recovery_close(recovery);
	return code;
}
