/* redact: a free text is to be blotted out of the journal. */
#include "agent/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/deliver.h"
#include "agent/desk.h"
#include "agent/say.h"
#include "agent/statement.h"
#include "agent/wake.h"

/* "120.3", as receipts are shown. */
static bool read_receipt(const char *text, struct redact *out)
{
	char *end;
	unsigned long long index, n;

	if (strspn(text, "0123456789.") != strlen(text) || text[0] == '.')
		return false;
	errno = 0;
	index = strtoull(text, &end, 10);
	if (errno || *end != '.' || end[1] < '0' || end[1] > '9')
		return false;
	n = strtoull(end + 1, &end, 10);
	if (errno || *end || n >= WIRE_STATEMENTS_MAX)
		return false;
	out->entry = index;
	out->n = (uint32_t)n;
	return true;
}

/* As far as it is known here: the collector decides. */
static bool may_redact(const struct desk *desk)
{
	const struct catalogue *catalogue = desk->catalogue;
	uint32_t unit;

	if (!catalogue)
		return true;
	unit = catalogue->settings.redact;
	return unit != CATALOGUE_NONE &&
	       (!desk->kept.roles || desk->kept.roles & 1u << ROLE_OFFICIAL) &&
	       slice_speaks_for(&desk->kept,
				span_of_text(catalogue->units[unit].id));
}

/* Gives an exit code. */
static int save(struct desk *desk, const struct redact *redact,
		struct span reason, uint64_t *number)
{
	struct office *office = desk->office;
	struct statement statement = { .kind = SAID_REDACT,
				       .said.redact = *redact };
	struct said_text texts[] = { { "reason", reason } };
	struct sealed sealed;
	struct err err;

	if (statement_make(&statement, texts, 1, &office->arena, &sealed,
			   &err) ||
	    outbox_save(office->outbox, &sealed, 1,
			clock_now_us(&office->clock), number, &err))
		return office_fail(&err);
	desk_unlock(desk);
	wake_sender(office->dir, WAKE_SAVED);
	message_print(stderr, office->language, MESSAGE_REDACTS,
		      (int)redact->text.len, (const char *)redact->text.data,
		      (unsigned long long)redact->entry, redact->n);
	return 0;
}

static int redact(const struct options *options, struct office *office,
		  const struct redact *redact)
{
	struct desk desk = { .lock = -1 };
	uint64_t number, timeout_ms;
	struct err err;
	int code = 0;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	if (!deliver_refresh(office, timeout_ms))
		message_print(stderr, office->language, MESSAGE_NOT_REFRESHED);
	if (desk_open(&desk, office, &err))
		code = office_fail(&err);
	if (!code && !may_redact(&desk)) {
		message_print(stderr, office->language, MESSAGE_MAY_NOT_REDACT);
		code = EXIT_REFUSED;
	}
	if (!code)
		code = save(&desk, redact, say_option(options, "reason"),
			    &number);
	if (!code && options_given(options, "wait"))
		code = desk_wait(&desk, timeout_ms, &number, NULL, 1, NULL);
	desk_close(&desk);
	return code;
}

int command_redact(const struct options *options)
{
	struct redact said = {
		.text = span_of_text(options_argument(options, 1)),
	};
	struct office office;
	int code;

	if (!read_receipt(options_argument(options, 0), &said))
		return options_usage(options,
				     "%s: a receipt is two numbers, as 120.3",
				     options_argument(options, 0));
	if (!wire_text_number(said.text))
		return options_usage(options, "%s: say text, reason or note",
				     options_argument(options, 1));
	if (!options_text(options, "reason"))
		return options_usage(options, "needs --reason: why");
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code)
		code = redact(options, &office, &said);
	office_close(&office);
	return code;
}
