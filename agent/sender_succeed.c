/*
 * The collector signs with another key from some entry on: this is believed if
 * the key that is known has signed it, and the entry must be proved as a
 * break's must.
 */
#include "agent/sender_parts.h"

#include <inttypes.h>

#include "agent/follow.h"
#include "base/rt/log.h"
#include "store/journal.h"

/* The place is that of the note. Where a later break has cut it off, that
 * break comes next, and nothing is asked. */
static void add_question(struct sender *sender, const struct succession *said,
			 struct span note)
{
	struct leaf leaf = leaf_succeeded(said, note);
	uint8_t bytes[LEAF_BYTES_MAX];

	sender_add_break(
		sender,
		&(struct sender_break){
			.note = hash_span(note),
			.index = said->size,
			.leaf = hash_leaf(
				span_of(bytes, leaf_encode(&leaf, bytes)),
				span_of(NULL, 0)),
		});
}

/* Where the journal was opened again, it may not fit what is lost. Offices hear
 * of both at once; with the break comes a new session. */
static void doubt(struct sender *sender, struct span note)
{
	if (sender->doubted_note.len)
		return;
	strbuf_clear(&sender->doubted_note);
	strbuf_add(&sender->doubted_note, note.data, note.len);
}

int sender_settle_doubts(struct sender *sender, struct err *err)
{
	struct strbuf *note = &sender->doubted_note;
	struct succession said = { 0 };
	int rc = 0;

	if (note->len && !sender->lost) {
		(void)succession_open(strbuf_span(note), &said, NULL);
		sender->shown = (struct checkpoint){ .size = said.size };
		strbuf_clear(&sender->shown_note);
		strbuf_add(&sender->shown_note, note->text, note->len);
		rc = sender_distrust(sender, ALARM_SUCCESSOR, 0, err);
	}
	strbuf_clear(note);
	return rc;
}

void sender_collector(const struct sender *sender, struct key_chain *out)
{
	const struct key_chain *known = &sender->office->collector;
	struct key_chain told = { 0 };

	*out = *known;
	if (!sender->told_notes.failed &&
	    !key_chain_add_all(&told, strbuf_span(&sender->told_notes), NULL) &&
	    key_chain_has(&told, &known->links[0].key) &&
	    key_chain_has(&told, key_chain_last(known)))
		*out = told;
}

int sender_succeeded(struct sender *sender, struct span note, struct err *err)
{
	struct succession said = { 0 };
	uint8_t value[SENDER_BREAKS_BYTES];
	int rc;

	strbuf_add(&sender->told_notes, note.data, note.len);
	rc = follow_check(sender->office, note, &sender->seen, &said, err);
	if (rc == ERR_DENIED) {
		doubt(sender, note);
		return 0;
	}
	if (rc <= 0)
		return rc;
	/* What is to be asked first: it is never forgotten, and asked twice if
	 * need be. */
	add_question(sender, &said, note);
	rc = outbox_set(sender->office->outbox, SENDER_BREAKS,
			span_of(value, sender_write_breaks(sender, value)),
			err);
	if (!rc)
		rc = follow_keep(sender->office, note, err);
	if (!rc && sender->options.log)
		log_line(LOG_INFO, "collector-key",
			 "after=%" PRIu64 " by=\"%.*s\" why=\"%.*s\"",
			 said.size, (int)said.by.len,
			 (const char *)said.by.data, (int)said.why.len,
			 (const char *)said.why.data);
	return rc;
}
