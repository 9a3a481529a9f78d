/* Batches: which may come in, and what their office is told of them once the
 * group is durable. */
#include "collector/session_state.h"

#include <assert.h>
#include <string.h>

static void touch(struct session *session)
{
	if (session->touched)
		return;
	session->touched = true;
	session->next_touched = session->table->touched;
	session->table->touched = session;
}

/* A NACK after which the office waits and comes again with this number. */
static void refuse(struct session *session, uint64_t sequence,
		   enum nack_code code, const char *text, uint32_t retry_ms)
{
	struct nack nack = { .sequence = sequence,
			     .code = code,
			     .text = span_of_text(text),
			     .retry_ms = retry_ms,
			     .wanted = sequence };

	session->refused_from = sequence;
	/* What is sealed by now waits: when it comes again, its time of sealing
	 * says nothing of the office's clock. */
	if (session->fresh_from < session->granted_until)
		session->fresh_from = session->granted_until;
	session_say_nack(session, &nack);
}

/* What admission says at once; the rest waits until the group is durable. */
static void answer_admission(struct session *session, const struct batch *batch,
			     enum admission admission)
{
	struct session_table *table = session->table;
	uint64_t sequence = batch->header.sequence;

	touch(session);
	session->key = batch->header.key;
	switch (admission) {
	case ADMIT_TAKE:
		return;
	case ADMIT_FORK:
		session->forked = true;
		return;
	case ADMIT_FORK_AGAIN:
	case ADMIT_SUSPENDED:
		table->counters.forks++;
		session->forked = true;
		return;
	case ADMIT_DUPLICATE:
		table->counters.duplicates++;
		if (session->duplicate_count < SESSION_WINDOW)
			session->duplicates[session->duplicate_count++] =
				sequence;
		return;
	case ADMIT_AHEAD:
		table->counters.gaps++;
		session->gap = true;
		session->gap_sequence = sequence;
		session->refused_from = sequence;
		return;
	case ADMIT_UNKNOWN_KEY:
	case ADMIT_REVOKED:
		session_end(session, NACK_NOT_ENROLLED,
			    admission == ADMIT_REVOKED ?
				    "this key was revoked or has expired" :
				    "this key is not enrolled");
		return;
	case ADMIT_FOREIGN:
	case ADMIT_BAD_CHAIN:
		table->counters.forged++;
		session_end(session, NACK_FORGED,
			    admission == ADMIT_FOREIGN ?
				    "the batch is of another journal" :
				    "the batch does not follow the head that "
				    "this journal has of its key");
		return;
	case ADMIT_BAD_GRANT:
		session_end(session, NACK_GRANT,
			    session->rotating ?
				    "the old key may not hand over, or the new "
				    "one is taken" :
				    "the enrolment code was used, has expired, "
				    "or is not of this journal");
		return;
	}
}

/* Is it the peer's own, or in a session that hands over, the first of the key
 * that takes over? */
static bool is_of_peer(const struct session *session,
		       const struct session_peer *peer,
		       const struct batch *batch, struct arena *arena)
{
	struct statement first;
	struct hash old;

	if (peer->one_time)
		return true;
	if (!session->rotating)
		return hash_equal(&batch->header.key, &peer->key);
	if (batch->header.count == 0 ||
	    wire_decode_statement(batch->sealed[0].body, arena, &first, NULL) ||
	    first.kind != SAID_ROTATE)
		return false;
	old = sign_key_hash(&first.said.rotate.code_key);
	return hash_equal(&old, &peer->key);
}

/* Who may say it, and is there room for it? Ends or refuses if not. */
static bool may_come_in(struct session *session,
			const struct session_peer *peer,
			const struct batch *batch, struct span bytes,
			struct arena *arena)
{
	struct session_table *table = session->table;
	uint64_t sequence = batch->header.sequence;
	const char *text = "";
	uint32_t retry_ms = 0;
	unsigned code;

	if (sequence >= session->granted_until ||
	    session->group_bytes + bytes.len >
		    session->granted_bytes + WIRE_BATCH_BYTES_MAX ||
	    session->submitted == SESSION_WINDOW) {
		table->counters.malformed++;
		session_end(session, NACK_MALFORMED,
			    "more was sent than there was credit for");
		return false;
	}
	if (session->refused_from && sequence > session->refused_from) {
		table->counters.dropped++;
		return false;
	}
	session->refused_from = 0;
	if (!is_of_peer(session, peer, batch, arena)) {
		table->counters.forged++;
		session_end(session, NACK_FORGED,
			    "the batch is of another key than the session");
		return false;
	}
	code = table->host.hindrance(table->host.ctx, peer->admin, bytes.len,
				     &text, &retry_ms);
	if (code) {
		refuse(session, sequence, (enum nack_code)code, text, retry_ms);
		return false;
	}
	return true;
}

int session_receive_batch(struct session *session,
			  const struct session_peer *peer, struct span bytes,
			  struct arena *arena, struct err *err)
{
	struct session_table *table = session->table;
	enum admission admission;
	struct err why = { 0 };
	struct batch *batch = arena_alloc(arena, sizeof(*batch));
	uint32_t retry_ms = 0;
	bool fresh;
	int rc;

	if (!batch)
		return err_set(err, ERR_NOMEM, "no memory for a batch");
	table->counters.batches++;
	rc = wire_decode_batch(bytes, arena, batch, &why);
	if (rc) {
		table->counters.malformed++;
		session_end(session, NACK_MALFORMED, why.msg);
		return 0;
	}
	if (!may_come_in(session, peer, batch, bytes, arena))
		return 0;
	if (wire_check_batch(batch, arena, false, &why)) {
		table->counters.forged++;
		session_end(session, NACK_FORGED, why.msg);
		return 0;
	}
	if (!session_within_allowance(session, peer, batch, bytes.len,
				      &retry_ms)) {
		refuse(session, batch->header.sequence, NACK_ALLOWANCE,
		       "today's bytes or statements of this key are used up",
		       retry_ms);
		return 0;
	}
	session->group_bytes += bytes.len;
	fresh = batch->header.sequence >= session->fresh_from;
	session->submitted++;
	rc = table->host.submit(table->host.ctx, session, batch, bytes, fresh,
				&admission, err);
	if (rc)
		return rc;
	if (admission == ADMIT_TAKE)
		session_use_allowance(session, peer, batch, bytes.len);
	else
		session->submitted--;
	answer_admission(session, batch, admission);
	return 0;
}

void session_taken(struct session *session, enum admission admission,
		   const struct receipt *receipt)
{
	touch(session);
	if (admission == ADMIT_FORK) {
		session->table->counters.forks++;
		session->forked = true;
		return;
	}
	session->table->counters.taken++;
	assert(session->receipt_count < SESSION_WINDOW);
	session->receipts[session->receipt_count++] = *receipt;
}

void session_disk_full(struct session *session, uint64_t sequence)
{
	if (session->state != SESSION_OPEN ||
	    (session->refused_from && session->refused_from < sequence))
		return;
	refuse(session, sequence, NACK_DISK_FULL,
	       "the collector's disk is full", 5000);
}

/* ---- the end of a group ---- */

static void settle_one(struct session *session, struct arena *arena)
{
	struct session_table *table = session->table;
	struct receipt receipts[2 * SESSION_WINDOW];
	size_t count = session->receipt_count;
	struct session_peer peer;
	bool known = table->host.who(table->host.ctx, session->curve, &peer);
	bool one_time = (known && peer.one_time) || session->rotating;
	uint64_t next = known && !one_time ? peer.office.next : 1;

	memcpy(receipts, session->receipts, count * sizeof(receipts[0]));
	/* An enrolment's key is not the session's: its grant is used now. */
	if (count && (!known || one_time))
		next = receipts[count - 1].sequence + 1;
	for (size_t i = 0; i < session->duplicate_count; i++) {
		if (!table->host.receipt(table->host.ctx, &session->key,
					 session->duplicates[i], arena,
					 &receipts[count])) {
			count++;
		} else if (session->duplicates[i] >= next && !session->gap) {
			/* Of a batch that found no room: it must come again. */
			session->gap = true;
			session->gap_sequence = session->duplicates[i];
		}
	}
	if (count)
		session_say_ack(session, next, receipts, count);
	if (session->gap && session->state == SESSION_OPEN) {
		struct nack nack = { .sequence = session->gap_sequence,
				     .code = NACK_GAP,
				     .text = span_of_text("batches before "
							  "it are missing"),
				     .retry_ms = 1,
				     .wanted = next };

		session_say_nack(session, &nack);
	}
	if (session->forked)
		session_end(session, NACK_SUSPENDED,
			    "two batches of this key have the same number: "
			    "the key is suspended, ask for a new grant");
	else if (count && !known)
		session_close(session);
}

void session_table_settled(struct session_table *table, struct arena *arena)
{
	while (table->touched) {
		struct session *session = table->touched;

		table->touched = session->next_touched;
		if (session->state == SESSION_OPEN)
			settle_one(session, arena);
		session->touched = session->gap = session->forked = false;
		session->group_bytes = 0;
		session->submitted = 0;
		session->receipt_count = session->duplicate_count = 0;
	}
}
