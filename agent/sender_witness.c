/*
 * The office as a witness: what the collector has signed must continue what
 * was verified before, and hold what this office was given receipts for.
 */
#include "agent/sender_parts.h"

#include <inttypes.h>
#include <string.h>

#include "agent/cosigner.h"
#include "base/rt/clock.h"
#include "base/rt/log.h"
#include "store/journal.h"

static void read_roles(struct sender *sender)
{
	struct slice_kept kept;

	arena_reset(&sender->arena);
	sender->cosigns = !slice_read(sender->office->outbox, &sender->arena,
				      &kept, NULL) &&
			  kept.roles & 1u << ROLE_WITNESS;
}

int sender_read_seen(struct sender *sender, struct err *err)
{
	struct span note;
	int rc;

	sender->seen = (struct checkpoint){
		.journal = sender->office->journal,
		.root = hash_span(span_of(NULL, 0)),
	};
	read_roles(sender);
	rc = sender_read_breaks(sender, err);
	if (rc)
		return rc;
	arena_reset(&sender->arena);
	rc = outbox_seen(sender->office->outbox, &sender->arena, &note, err);
	if (rc)
		return rc == ERR_NOTFOUND ? 0 : rc;
	strbuf_clear(&sender->seen_note);
	strbuf_add(&sender->seen_note, note.data, note.len);
	return checkpoint_read(note, &sender->seen, err);
}

/* When the key ends: people must hear of it before. */
static int learn_until(struct sender *sender, const struct slice *slice,
		       struct err *err)
{
	char text[24];

	if (!slice->roles) /* not a slice that tells of the key */
		return 0;
	(void)snprintf(text, sizeof(text), "%llu",
		       (unsigned long long)slice->until_us);
	if (sender->until_known && sender->until_us == slice->until_us)
		return 0;
	sender->until_known = true;
	sender->until_us = slice->until_us;
	return office_set_text(sender->office, OFFICE_UNTIL, text, err);
}

int sender_sliced(struct sender *sender, const struct slice *slice,
		  struct err *err)
{
	int rc =
		slice_take(&sender->gather, sender->office->outbox, slice, err);

	if (!rc)
		rc = learn_until(sender, slice, err);

	if (!rc && slice->catalogue == sender->gather.complete) {
		bool before = sender->cosigns;

		read_roles(sender);
		sender->asks |= sender->cosigns && !before;
	}
	return rc;
}

int sender_distrust(struct sender *sender, enum alarm_why why, uint64_t index,
		    struct err *err)
{
	const struct alarm alarm = {
		.why = why,
		.raised_us = clock_now_us(&sender->office->clock),
		.seen_size = sender->seen.size,
		.shown_size = sender->shown.size,
		.index = index,
	};
	int rc = alarm_raise(sender->office->outbox, sender->office->dir,
			     &alarm, strbuf_span(&sender->seen_note),
			     strbuf_span(&sender->shown_note), err);

	if (sender->options.log)
		log_line(LOG_ERROR, "journal-broken",
			 "why=\"%s\" seen=%" PRIu64 " shown=%" PRIu64
			 " entry=%" PRIu64,
			 alarm_text(LANGUAGE_EN, why), alarm.seen_size,
			 alarm.shown_size, index);
	strbuf_clear(&sender->shown_note);
	sender->broken = true;
	return rc == ERR_FULL ? 0 : rc; /* it is found again next time */
}

/* The leaf that a batch must have in the journal. */
static int leaf_of(const struct outbox_delivered *delivered,
		   struct arena *arena, struct hash *out, struct err *err)
{
	struct leaf leaf = { .kind = LEAF_BATCH,
			     .recv_us = delivered->recv_us };
	uint8_t bytes[LEAF_BYTES_MAX];
	struct batch batch;
	int rc = wire_decode_batch(delivered->batch, arena, &batch, err);

	if (rc)
		return rc;
	leaf.headers[0] = batch.header_bytes;
	leaf.signatures[0] = batch.signature;
	*out = hash_leaf(span_of(bytes, leaf_encode(&leaf, bytes)),
			 span_of(NULL, 0));
	return 0;
}

/* What there is to ask about the checkpoint that was shown. */
static int gather(struct sender *sender, struct err *err)
{
	struct questions *asked = &sender->asked;
	struct outbox_delivered *list;
	size_t count = 0;
	int rc;

	arena_reset(&sender->arena);
	rc = outbox_unproved(sender->office->outbox, sender->shown.size,
			     EVIDENCE_INDEXES_MAX - REOPENINGS_MAX,
			     &sender->arena, &list, &count, err);
	asked->prove = (struct prove){ .seen_size = sender->seen.size,
				       .size = sender->shown.size,
				       .indexes = asked->indexes,
				       .index_count = count };
	for (size_t i = 0; i < count && !rc; i++) {
		asked->indexes[i] = list[i].index;
		asked->last = list[i].sequence;
		rc = leaf_of(&list[i], &sender->arena, &asked->leaves[i], err);
	}
	if (!count)
		asked->last = 0;
	sender_ask_breaks(sender, asked, &count);
	asked->prove.index_count = count;
	return rc;
}

/* All that the checkpoint says is proved. */
static int cosign(struct sender *sender, struct err *err)
{
	struct cosign cosign = { .size = sender->seen.size };
	struct strbuf line;
	int rc;

	strbuf_init(&line, NOTE_LINE_BYTES_MAX);
	rc = cosigner_line(&sender->office->keys.sign,
			   strbuf_span(&sender->seen_note),
			   clock_now_us(&sender->office->clock), &line, err);
	cosign.line = strbuf_span(&line);
	if (!rc)
		session_cosign(sender->session, &cosign);
	strbuf_release(&line);
	return rc;
}

static int ask(struct sender *sender, struct err *err)
{
	int rc = gather(sender, err);

	if (rc)
		return rc;
	if (sender->shown.size == sender->seen.size &&
	    !sender->asked.prove.index_count) {
		strbuf_clear(&sender->shown_note); /* all of it is proved */
		return sender->cosigns ? cosign(sender, err) : 0;
	}
	sender->asking = session_prove(sender->session, clock_monotonic_ms(),
				       &sender->asked.prove);
	return 0;
}

bool sender_witness(struct sender *sender, struct err *err, int *ret)
{
	if (sender->broken) {
		sender->broken = false;
		sender->asking = sender->asks = false;
		session_distrust(sender->session, clock_monotonic_ms());
		return true;
	}
	/* Asked again in the next session if this one is lost. */
	if (session_state(sender->session) != SESSION_READY) {
		sender->asking = false;
		return false;
	}
	if (!sender->asks || !sender->shown_note.len ||
	    !session_may_prove(sender->session, clock_monotonic_ms()))
		return false;
	sender->asks = false;
	*ret = ask(sender, err);
	return !*ret;
}

/* A witness is shown checkpoints that nobody has cosigned yet. */
static bool has_cosigners(struct sender *sender, struct span note)
{
	uint32_t signers = witnesses_of(&sender->witnesses, note);
	bool enough = sender->cosigns ||
		      witnesses_enough(&sender->witnesses, signers);

	if (!enough && !sender->short_told && sender->options.log)
		log_line(LOG_WARN, "few-cosignatures",
			 "checkpoints are not believed: %d witnesses have "
			 "signed, agent.ini needs %u",
			 __builtin_popcount(signers), sender->witnesses.need);
	sender->short_told = !enough;
	return enough;
}

int sender_shown(struct sender *sender, struct span note, struct err *err)
{
	struct checkpoint shown = { 0 };
	int rc = key_chain_open(&sender->office->collector, note, &shown, NULL);

	if (sender->with_code || sender->office->rotation == ROTATION_SEALED)
		return 0; /* nothing of this key is in the journal yet */
	if (sender->lost)
		return 0; /* of a break; it comes again when all is heard */
	if (!rc && !has_cosigners(sender, note))
		return 0;
	sender->shown = shown;
	strbuf_clear(&sender->shown_note);
	strbuf_add(&sender->shown_note, note.data, note.len);
	if (rc)
		return sender_distrust(sender, ALARM_SIGNATURE, 0, err);
	if (!hash_equal(&shown.journal, &sender->office->journal))
		return sender_distrust(sender, ALARM_JOURNAL, 0, err);
	if (shown.size < sender->seen.size)
		return sender_distrust(sender, ALARM_SHORTER, 0, err);
	if (shown.size == sender->seen.size &&
	    !hash_equal(&shown.root, &sender->seen.root))
		return sender_distrust(sender, ALARM_OTHER_PAST, 0, err);
	sender->asks = true;
	return 0;
}

void sender_acknowledged(struct sender *sender, uint64_t index)
{
	if (index >= sender->seen.size || sender->shown_note.len ||
	    sender->broken || sender->with_code ||
	    sender->office->rotation == ROTATION_SEALED)
		return;
	sender->shown = sender->seen;
	strbuf_add(&sender->shown_note, sender->seen_note.text,
		   sender->seen_note.len);
	sender->asks = true;
}

static int believe(struct sender *sender, struct err *err)
{
	struct strbuf note;
	int rc = outbox_proved(sender->office->outbox,
			       strbuf_span(&sender->shown_note),
			       sender->asked.last, err);

	if (!rc)
		rc = sender_proved_breaks(sender, sender->shown.size, err);
	if (rc)
		return rc;
	sender->seen = sender->shown;
	sender->forgets = true;
	sender->sent_again = false;
	strbuf_init(&note, 0);
	strbuf_add(&note, sender->shown_note.text, sender->shown_note.len);
	strbuf_release(&sender->seen_note);
	sender->seen_note = note;
	sender->asks = true; /* there may be more */
	return 0;
}

/*
 * What this office was told may be old: it was put back from a copy, and the
 * collector had lost what was not signed by then. Once, all that is not proved
 * is sent again, and the collector says where it has it; then there is no
 * excuse.
 */
static int missing(struct sender *sender, uint64_t index, struct err *err)
{
	uint64_t taken_back = 0;
	int rc = sender->sent_again ? 0 :
				      outbox_wanted(sender->office->outbox, 1,
						    &taken_back, err);

	if (rc)
		return rc;
	if (!taken_back)
		return sender_distrust(sender, ALARM_MISSING, index, err);
	if (sender->options.log)
		log_line(LOG_WARN, "sent-again",
			 "statements=%" PRIu64 " entry=%" PRIu64
			 " is not what the receipt here is for",
			 taken_back, index);
	sender->sent_again = sender->lost = true;
	return 0;
}

int sender_hear_evidence(struct sender *sender, const struct evidence *evidence,
			 struct err *err)
{
	const struct questions *asked = &sender->asked;
	size_t which = 0;

	sender->asking = false;
	if (!sender->shown_note.len)
		return 0;
	switch (evidence_check(evidence, &asked->prove, &sender->seen,
			       &sender->shown, asked->leaves, &which)) {
	case EVIDENCE_HOLDS:
		return believe(sender, err);
	case EVIDENCE_NO_ANSWER:
		sender->asks = true; /* a newer one was shown meanwhile */
		return 0;
	case EVIDENCE_OTHER_PAST:
		return sender_distrust(sender, ALARM_OTHER_PAST, 0, err);
	case EVIDENCE_MISSING:
		return missing(sender, asked->indexes[which], err);
	}
	return 0;
}
