/* Groups: what is made durable with one sync, folded and acknowledged. */
#include "collector/collector_parts.h"

#include <string.h>

/* A group is what has come in while the one before was synced, up to: */
#define GROUP_MESSAGES_MAX 8192
#define GROUP_BYTES_MAX (8u * 1024 * 1024)
#define GROUP_ARENA_BYTES (6u * WIRE_ARENA_BYTES)

static void group_applied(void *ctx, void *tag, enum admission admission,
			  const struct batch *batch,
			  const struct receipt *receipt, size_t puts_from)
{
	struct collector *c = ctx;
	struct receipt kept = *receipt;

	kept.verdicts = arena_copy(&c->arena, receipt->verdicts,
				   receipt->verdict_count * sizeof(uint16_t));
	/* An arena for the group has room for each batch's verdicts. */
	if (!kept.verdicts ||
	    receipts_add(&c->receipts, &batch->header.key, receipt)) {
		struct err err = { 0 };

		(void)err_set(&err, ERR_NOMEM, "no memory for a receipt");
		collector_give_up(c, "out-of-memory", &err);
		return;
	}
	collector_check_delivery(c, delivery_changed(c->delivery,
						     &batch->header.key,
						     &c->puts, puts_from));
	collector_note_redactions(c, puts_from);
	session_taken(tag, admission, &kept);
}

static void group_entry(void *ctx, const struct hash *leaf)
{
	struct collector *c = ctx;
	struct err err = { 0 };

	if (!notary_add(c->notary, leaf))
		return;
	(void)err_set(&err, ERR_NOMEM, "no memory for the notary");
	collector_give_up(c, "out-of-memory", &err);
}

static void group_no_room(void *ctx, void *tag, const struct batch *batch)
{
	struct collector *c = ctx;

	collector_tell_disk_full(c);
	session_disk_full(tag, batch->header.sequence);
}

struct sequencer_told collector_told(struct collector *c)
{
	const struct sequencer_told told = { .applied = group_applied,
					     .entry = group_entry,
					     .no_room = group_no_room,
					     .ctx = c };

	return told;
}

static void begin_group(struct collector *c)
{
	collector_read_clocks(c);
	collector_read_disk(c);
}

static int end_group(struct collector *c, struct err *err)
{
	uint32_t catalogue = 0;
	int rc = c->sequencer.settle(c->sequencer.self, err);

	/* Without a sync nothing is acknowledged. */
	if (rc || c->code)
		return rc;
	(void)fold_catalogue(c->kept.fold, &catalogue);
	if (catalogue != c->catalogue) {
		c->catalogue = catalogue;
		session_new_catalogue(c->sessions);
	}
	session_table_settled(c->sessions, &c->arena);
	notary_settled(c->notary);
	if (c->puts.count)
		rc = flusher_add(c->flusher, &c->puts,
				 fold_applied(c->kept.fold), err);
	if (!rc && delivery_waits(c->delivery))
		collector_deliver_soon(c);
	arena_reset(&c->arena);
	return rc;
}

static int take_message(struct collector *c, const struct gate_message *from,
			struct err *err)
{
	struct session_message message = { .route = from->route,
					   .bytes = from->bytes,
					   .multipart = from->multipart };
	int rc;

	memcpy(message.curve, from->curve, CURVE_KEY_BYTES);
	/* Each message its own cap, whatever the group has used. */
	c->arena.cap = c->arena.used + WIRE_ARENA_BYTES;
	message.set_aside = !quarantine_enter(c->quarantine, from->bytes);
	rc = session_receive(c->sessions, &message, clock_monotonic_ms(),
			     &c->arena, err);
	quarantine_leave(c->quarantine);
	/* Room for verdicts and receipts comes on top. */
	c->arena.cap = SIZE_MAX;
	return rc;
}

size_t collector_run_group(struct collector *c)
{
	struct err err = { 0 };
	size_t count = 0, bytes = 0;
	int rc = 1;

	begin_group(c);
	while (count < GROUP_MESSAGES_MAX && bytes < GROUP_BYTES_MAX &&
	       c->arena.used < GROUP_ARENA_BYTES) {
		struct gate_message message;

		rc = gate_receive(c->gate, &message, &err);
		if (rc <= 0)
			break;
		count++;
		bytes += message.bytes.len;
		rc = take_message(c, &message, &err);
		if (rc || c->code)
			break;
	}
	if (rc >= 0 && !c->code)
		rc = end_group(c, &err);
	if (rc < 0)
		collector_give_up(c, "cannot-go-on", &err);
	return count;
}
