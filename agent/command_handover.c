/* hand-over: what this office keeps, as a file for a collector that lost it. */
#include "agent/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/messages.h"
#include "agent/office.h"
#include "proto/handover.h"

struct gathering {
	struct strbuf batches;
	uint32_t count;
	uint64_t first, last;
};

static int gather(void *arg, const struct outbox_delivered *delivered)
{
	struct gathering *gathering = arg;
	const struct handover_batch batch = { .index = delivered->index,
					      .recv_us = delivered->recv_us,
					      .batch = delivered->batch };

	handover_add(&batch, &gathering->batches);
	if (!gathering->count++)
		gathering->first = delivered->index;
	gathering->last = delivered->index;
	return gathering->batches.len > HANDOVER_BYTES_MAX / 2 ? ERR_LIMIT : 0;
}

/* The newest checkpoint too: a collector that lost its own is shown it. */
static int hand_over(struct office *office, uint64_t from, const char *path,
		     struct gathering *gathering, struct err *err)
{
	struct span note = { 0 };
	struct strbuf file;
	int rc = outbox_seen(office->outbox, &office->arena, &note, err);

	if (rc && rc != ERR_NOTFOUND)
		return rc;
	rc = outbox_kept(office->outbox, from, gather, gathering, err);
	if (rc == ERR_LIMIT)
		rc = err_set(err, rc,
			     "this is more than fits a file: begin later, "
			     "with --entries N");
	strbuf_init(&file, 0);
	handover_begin(&office->keys.sign.key, gathering->count, note, &file);
	strbuf_add(&file, gathering->batches.text, gathering->batches.len);
	if (!rc && (file.failed || gathering->batches.failed))
		rc = err_set(err, ERR_NOMEM, "no memory for the file");
	if (!rc)
		rc = file_replace(path, file.text, file.len, 0600, err);
	strbuf_release(&file);
	return rc;
}

/* False: it is no number. */
static bool read_from(const char *text, uint64_t *out)
{
	char *end = NULL;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && !*end;
}

int command_hand_over(const struct options *options)
{
	const char *path = options_argument(options, 0);
	const char *text = options_text(options, "entries");
	struct gathering gathering = { 0 };
	struct office office;
	struct err err;
	uint64_t from = 0;
	int code;

	if (text && !read_from(text, &from))
		return options_usage(options, "--entries %s is no number",
				     text);
	code = office_open(&office, options, OFFICE_EXISTING);
	if (code)
		goto out;
	strbuf_init(&gathering.batches, 0);
	if (hand_over(&office, from, path, &gathering, &err))
		code = office_fail(&err);
	else if (gathering.count)
		message_print(stderr, office.language, MESSAGE_HANDED_OVER,
			      path, (unsigned long long)gathering.count,
			      (unsigned long long)gathering.first,
			      (unsigned long long)gathering.last);
	else
		message_print(stderr, office.language, MESSAGE_HANDED_NOTHING,
			      path);
	strbuf_release(&gathering.batches);
out:
	office_close(&office);
	return code;
}
