/*
 * A collector that lost what it had signed goes on from what it kept, and says
 * so in its journal, signed. Only with that statement does an office believe a
 * journal that is shorter than the one it verified: it notes the break, asks
 * for the proof that the statement is in the journal, has what it still keeps
 * proved anew, and sends again what was lost.
 */
#include "agent/sender_parts.h"

#include <inttypes.h>

#include "base/rt/log.h"
#include "proto/reopening.h"
#include "store/journal.h"

static bool is_known(const struct sender *sender, const struct hash *note)
{
	for (size_t i = 0; i < sender->break_count; i++)
		if (hash_equal(&sender->breaks[i].note, note))
			return true;
	return false;
}

/* One that is cut off by a later break cannot be proved any more. */
static void add_break(struct sender *sender, const struct reopening *said,
		      struct span note)
{
	struct leaf leaf = leaf_reopened(said, note);
	uint8_t bytes[LEAF_BYTES_MAX];
	struct sender_break *breaks = sender->breaks;

	for (size_t i = 0; i < sender->break_count; i++)
		if (breaks[i].index >= said->kept)
			breaks[i].proved = true;
	sender_add_break(
		sender,
		&(struct sender_break){
			.note = hash_span(note),
			.index = said->kept,
			.leaf = hash_leaf(
				span_of(bytes, leaf_encode(&leaf, bytes)),
				span_of(NULL, 0)),
		});
}

/* ---- accepting ---- */

/* Does the statement fit what this office has verified? */
static enum alarm_why contradicts(const struct sender *sender,
				  const struct reopening *said)
{
	const struct checkpoint *seen = &sender->seen;

	if (!hash_equal(&said->journal, &sender->office->journal))
		return ALARM_JOURNAL;
	if (seen->size > said->lost)
		return ALARM_SHORTER; /* more is lost than it says */
	if (seen->size == said->lost && said->lost > said->kept &&
	    !hash_equal(&seen->root, &said->lost_root))
		return ALARM_OTHER_PAST;
	if (seen->size == said->kept &&
	    !hash_equal(&seen->root, &said->kept_root))
		return ALARM_OTHER_PAST;
	return ALARM_NONE;
}

static int distrust(struct sender *sender, enum alarm_why why,
		    const struct reopening *said, struct span note,
		    struct err *err)
{
	sender->shown = (struct checkpoint){ .size = said->kept };
	strbuf_clear(&sender->shown_note);
	strbuf_add(&sender->shown_note, note.data, note.len);
	return sender_distrust(sender, why, 0, err);
}

static int accept(struct sender *sender, const struct reopening *said,
		  struct span note, struct err *err)
{
	struct office *office = sender->office;
	bool unsees = sender->seen.size > said->kept;
	uint8_t value[SENDER_BREAKS_BYTES];
	uint64_t taken_back = 0;
	size_t len;
	int rc = alarm_keep_break(office->outbox, office->dir, said->kept, note,
				  err);

	if (rc)
		return rc;
	add_break(sender, said, note);
	len = sender_write_breaks(sender, value);
	rc = outbox_reopened(office->outbox, said->kept, unsees, SENDER_BREAKS,
			     span_of(value, len), &taken_back, err);
	if (rc) {
		sender->break_count--;
		return rc;
	}
	if (sender->options.log)
		log_line(LOG_WARN, "journal-reopened",
			 "kept=%" PRIu64 " lost=%" PRIu64 " seen=%" PRIu64
			 " resent_statements=%" PRIu64 " by=\"%.*s\" "
			 "why=\"%.*s\"",
			 said->kept, said->lost, sender->seen.size, taken_back,
			 (int)said->by.len, (const char *)said->by.data,
			 (int)said->why.len, (const char *)said->why.data);
	strbuf_clear(&sender->shown_note);
	sender->asks = sender->asking = false;
	if (unsees)
		strbuf_clear(&sender->seen_note);
	sender->lost = true; /* a session that knows what is to be sent */
	return sender_read_seen(sender, err);
}

int sender_reopened(struct sender *sender, struct span note, bool early,
		    struct err *err)
{
	struct hash name = hash_span(note);
	struct reopening said = { 0 };
	struct key_chain collector;
	enum alarm_why why;

	/* One after the other: the next one in a new session. */
	if (sender->lost || is_known(sender, &name))
		return 0;
	sender_collector(sender, &collector);
	if (reopening_read(note, &said, NULL) ||
	    key_chain_check_reopening(&collector, note, sender->seen.size,
				      NULL))
		return early ? 0 :
			       distrust(sender, ALARM_SIGNATURE, &said, note,
					err);
	why = contradicts(sender, &said);
	if (why && early)
		return 0;
	if (why)
		return distrust(sender, why, &said, note, err);
	return accept(sender, &said, note, err);
}
