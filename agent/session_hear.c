/* What the session machine makes of the collector's messages. */
#include "agent/session_parts.h"

#include <stdio.h>
#include <string.h>

static void ready(struct session *session, uint64_t now_ms)
{
	/* What it wants it has not on its disk, whatever it said before. */
	if (session->wanted < session->chain.next)
		session_act(session, SESSION_WANTED)->sequence =
			session->wanted;
	session->send_next = session->chain.unreceipted < session->wanted ?
				     session->chain.unreceipted :
				     session->wanted;
	if (session->send_next < session->chain.first_kept)
		session->send_next = session->chain.first_kept;
	session->stall_at = now_ms + SESSION_STALL_MS;
	session_enter(session, SESSION_READY, TROUBLE_NONE);
	session_pump(session, now_ms);
}

static void recall_more(struct session *session, uint64_t now_ms)
{
	struct recall recall = { .from = session->chain.next };
	struct strbuf message;

	recall.count = session->wanted - session->chain.next;
	if (recall.count > SESSION_RECALL_BATCHES)
		recall.count = SESSION_RECALL_BATCHES;
	session->recall_until = recall.from + recall.count;
	session->give_up_at = now_ms + SESSION_STALL_MS;
	strbuf_init(&message, 0);
	session_say(session, talk_encode_recall(&recall, &message, NULL),
		    &message);
	strbuf_release(&message);
}

/* A head is believed only with this office's own signature under it. */
static bool head_is_ours(const struct session *session,
			 const struct welcome *welcome)
{
	struct seal_header header;
	struct hash name, key = sign_key_hash(&session->config.key);

	if (seal_read_header(welcome->head_header, &header, NULL))
		return false;
	name = seal_name(welcome->head_header, &welcome->head_signature);
	return header.sequence == welcome->wanted - 1 &&
	       hash_equal(&header.key, &key) &&
	       hash_equal(&name, &welcome->head) &&
	       sign_check(&session->config.key, &welcome->head_signature,
			  welcome->head_header);
}

/* Where the two chains stand to each other decides how the session begins. */
static void compare_chains(struct session *session, uint64_t now_ms,
			   const struct welcome *welcome)
{
	const struct session_chain *chain = &session->chain;

	session->wanted = welcome->wanted;
	session->wanted_head = welcome->head;
	if (welcome->wanted > 1 && !head_is_ours(session, welcome)) {
		session_stop(session, now_ms, TROUBLE_UNSIGNED);
	} else if (welcome->wanted == chain->next) {
		if (welcome->wanted > 1 &&
		    !hash_equal(&welcome->head, &chain->head))
			session_stop(session, now_ms, TROUBLE_FORK);
		else
			ready(session, now_ms);
	} else if (welcome->wanted > chain->next) {
		session_enter(session, SESSION_RECALLING, TROUBLE_NONE);
		recall_more(session, now_ms);
	} else if (chain->first_kept == 0 ||
		   welcome->wanted < chain->first_kept) {
		session_stop(session, now_ms, TROUBLE_LOST);
	} else if (welcome->wanted == 1) {
		ready(session, now_ms);
	} else {
		session_enter(session, SESSION_CHECKING, TROUBLE_NONE);
		session->asked = ASKED_CHECK;
		session_act(session, SESSION_LOAD)->sequence = welcome->wanted;
	}
}

void session_checked(struct session *session, uint64_t now_ms,
		     struct span batch_bytes)
{
	struct batch batch;

	if (wire_decode_batch(batch_bytes, &session->arena, &batch, NULL) ||
	    batch.header.sequence != session->wanted)
		session_stop(session, now_ms, TROUBLE_LOST);
	else if (!hash_equal(&batch.header.prev, &session->wanted_head))
		session_stop(session, now_ms, TROUBLE_FORK);
	else
		ready(session, now_ms);
}

static void hear_checkpoint(struct session *session, struct span note,
			    uint64_t safe)
{
	if (note.len)
		session_act(session, SESSION_CHECKPOINT)->bytes = note;
	if (safe > session->facts.safe) {
		session->facts.safe = safe;
		session_act(session, SESSION_SAFE)->safe = safe;
	}
}

static int hear_welcome(struct session *session, uint64_t now_ms,
			struct span body)
{
	struct welcome welcome;
	int ret = talk_decode_welcome(body, &session->arena, &welcome, NULL);

	if (ret)
		return ret;
	if (session->state != SESSION_GREETING || welcome.wanted == 0)
		return ERR_ORDER;
	if (welcome.version != TALK_VERSION) {
		session_stop(session, now_ms, TROUBLE_VERSION);
		return 0;
	}
	session->greeted = true;
	session->nack_code = 0;
	session->credit_until = welcome.credit_until;
	session->credit_bytes = welcome.credit_bytes;
	session->ping_ms = welcome.ping_ms ? welcome.ping_ms : SESSION_PING_MS;
	if (session->ping_ms < SESSION_PING_MS_MIN)
		session->ping_ms = SESSION_PING_MS_MIN;
	session_ping_next(session, now_ms);
	session->facts.offices = welcome.offices;
	session->facts.catalogue = welcome.catalogue;
	session->facts.now_us = welcome.now_us;
	session->facts.zone_minutes = welcome.zone_minutes;
	session->facts.simulated = welcome.simulated;
	session->facts.safe = 0; /* after a restore it may be lower */
	for (size_t i = 0; i < welcome.succession_count; i++)
		session_act(session, SESSION_SUCCEEDED)->bytes =
			welcome.successions[i];
	for (size_t i = 0; i < welcome.reopened_count; i++)
		session_act(session, SESSION_REOPENED)->bytes =
			welcome.reopened[i];
	hear_checkpoint(session, welcome.checkpoint, welcome.safe);
	compare_chains(session, now_ms, &welcome);
	return 0;
}

static int hear_ack(struct session *session, uint64_t now_ms, struct span body)
{
	struct session_action *action;
	struct ack ack;
	size_t known = 0;
	int ret = talk_decode_ack(body, &session->arena, &ack, NULL);

	if (ret)
		return ret;
	if (session->state != SESSION_READY)
		return ERR_ORDER;
	for (size_t i = 0; i < ack.receipt_count; i++) {
		uint64_t sequence = ack.receipts[i].sequence;

		if (sequence == 0 || sequence >= session->chain.next)
			continue; /* nothing of ours has that number */
		session_landed(session, now_ms, sequence);
		ack.receipts[known++] = ack.receipts[i];
	}
	session->credit_until = ack.credit_until;
	session->credit_bytes = ack.credit_bytes;
	session->facts.catalogue = ack.catalogue;
	if (known) {
		action = session_act(session, SESSION_RECEIPTS);
		action->receipts = ack.receipts;
		action->receipt_count = known;
	}
	hear_checkpoint(session, ack.checkpoint, ack.safe);
	session_pump(session, now_ms);
	return 0;
}

static void keep_nack(struct session *session, const struct nack *nack)
{
	size_t len = nack->text.len;

	if (len >= sizeof(session->nack_text))
		len = sizeof(session->nack_text) - 1;
	if (len)
		memcpy(session->nack_text, nack->text.data, len);
	session->nack_text[len] = '\0';
	session->nack_code = nack->code;
}

static void hear_gap(struct session *session, uint64_t now_ms,
		     const struct nack *nack)
{
	if (nack->wanted >= session->chain.next || nack->wanted == 0 ||
	    ++session->gaps > SESSION_GAPS_MAX) {
		session_lose(session, now_ms, TROUBLE_NONSENSE);
		return;
	}
	if (session->chain.first_kept == 0 ||
	    nack->wanted < session->chain.first_kept) {
		session_stop(session, now_ms, TROUBLE_LOST);
		return;
	}
	session_rewind(session, nack->wanted, nack->sequence);
	session_pump(session, now_ms);
}

/* No for now: what is under way is sent again, later. */
static void hear_later(struct session *session, uint64_t now_ms,
		       const struct nack *nack)
{
	uint64_t from = session->flight_count ? session->flights[0].sequence :
						session->send_next;
	uint64_t retry_ms = nack->retry_ms;

	if (session->state != SESSION_READY) {
		session_lose(session, now_ms, TROUBLE_NACK);
		if (session->retry_at < now_ms + retry_ms)
			session->retry_at = now_ms + retry_ms;
		return;
	}
	if (retry_ms == 0 || retry_ms > SESSION_RETRY_MS_MAX)
		retry_ms = SESSION_RETRY_MS_MAX;
	session_rewind(session, from, nack->sequence);
	session->paused_until = now_ms + retry_ms;
	session_enter(session, SESSION_READY, TROUBLE_NACK);
}

static int hear_nack(struct session *session, uint64_t now_ms, struct span body)
{
	struct nack nack;
	int ret = talk_decode_nack(body, &session->arena, &nack, NULL);

	if (ret)
		return ret;
	/* A collector need not answer what followed the batch it refused; what
	 * it says of that one or those before is an answer to their second
	 * sending. */
	if (nack.sequence > session->answered && session->echoes) {
		session->echoes--; /* of a batch that is sent again anyway */
		return 0;
	}
	keep_nack(session, &nack);
	switch (nack.code) {
	case NACK_GAP:
		if (session->state != SESSION_READY)
			return ERR_ORDER;
		hear_gap(session, now_ms, &nack);
		return 0;
	case NACK_BUSY:
	case NACK_DISK_FULL:
	case NACK_ALLOWANCE:
		hear_later(session, now_ms, &nack);
		return 0;
	case NACK_FENCED:
	case NACK_MALFORMED:
	case NACK_FORGED:
	case NACK_NOT_ENROLLED:
	case NACK_SUSPENDED:
	case NACK_VERSION:
	case NACK_GRANT:
		session_stop(session, now_ms, TROUBLE_NACK);
		return 0;
	}
	return ERR_INVALID;
}

/* An own batch from before this directory's backup comes home. */
static int hear_recalled(struct session *session, uint64_t now_ms,
			 struct span body)
{
	struct session_action *action;
	struct recalled *recalled;
	struct batch *batch;
	int ret;

	recalled = arena_alloc(&session->arena, sizeof(*recalled));
	batch = arena_alloc(&session->arena, sizeof(*batch));
	if (!recalled || !batch)
		return ERR_NOMEM;
	ret = talk_decode_recalled(body, &session->arena, recalled, NULL);
	if (ret)
		return ret;
	if (session->state == SESSION_READY && session->recalls_former) {
		session_act(session, SESSION_FORMER)->recalled = recalled;
		return 0;
	}
	if (session->state != SESSION_RECALLING)
		return ERR_ORDER;
	ret = wire_decode_batch(recalled->batch, &session->arena, batch, NULL);
	if (!ret)
		ret = wire_check_batch(batch, &session->arena, true, NULL);
	if (ret)
		return ret;
	if (memcmp(&batch->key, &session->config.key, sizeof(batch->key)) !=
		    0 ||
	    batch->header.sequence != session->chain.next ||
	    recalled->receipt.sequence != session->chain.next ||
	    (session->chain.next > 1 &&
	     !hash_equal(&batch->header.prev, &session->chain.head))) {
		session_stop(session, now_ms, TROUBLE_FORK);
		return 0;
	}
	action = session_act(session, SESSION_RESTORE);
	action->recalled = recalled;
	action->batch = batch;
	action->sequence = session->chain.next++;
	if (session->chain.unreceipted == action->sequence)
		session->chain.unreceipted++; /* it comes with its receipt */
	session->chain.last_kept = action->sequence;
	if (session->chain.first_kept == 0)
		session->chain.first_kept = action->sequence;
	session->chain.head = batch->name;
	session->give_up_at = now_ms + SESSION_STALL_MS;
	if (session->chain.next < session->wanted) {
		if (session->chain.next == session->recall_until)
			recall_more(session, now_ms);
	} else if (!hash_equal(&session->chain.head, &session->wanted_head)) {
		session_stop(session, now_ms, TROUBLE_FORK);
	} else {
		ready(session, now_ms);
	}
	return 0;
}

static int hear_slice(struct session *session, struct span body)
{
	struct slice *slice;
	int ret;

	slice = arena_alloc(&session->arena, sizeof(*slice));
	if (!slice)
		return ERR_NOMEM;
	ret = talk_decode_slice(body, &session->arena, slice, NULL);
	if (ret)
		return ret;
	if (!session->greeted)
		return ERR_ORDER;
	session_act(session, SESSION_SLICE)->slice = slice;
	return 0;
}

static int hear_evidence(struct session *session, struct span body)
{
	struct evidence *evidence;
	int ret;

	evidence = arena_alloc(&session->arena, sizeof(*evidence));
	if (!evidence)
		return ERR_NOMEM;
	ret = evidence_decode(body, &session->arena, evidence, NULL);
	if (ret)
		return ret;
	if (!session->proof_until)
		return ERR_ORDER;
	session->proof_until = 0;
	session_act(session, SESSION_EVIDENCE)->evidence = evidence;
	return 0;
}

static int hear_ping(struct session *session, struct span body)
{
	struct strbuf message;
	uint64_t now_us;
	int ret = talk_decode_ping(body, &session->arena, &now_us, NULL);

	if (ret)
		return ret;
	strbuf_init(&message, 0);
	session_say(session,
		    talk_encode_ping(WIRE_PONG, now_us, &message, NULL),
		    &message);
	strbuf_release(&message);
	return 0;
}

static void hear_pong(struct session *session, uint64_t now_ms)
{
	session->pinged = false;
	if (session->refresh_next) {
		session->refresh_next = false;
		session->refreshing = true;
		session_ping(session, now_ms);
	} else if (session->refreshing) {
		session->refreshing = false;
		session_act(session, SESSION_REFRESHED);
	}
}

void session_hear(struct session *session, uint64_t now_ms, enum wire_type type,
		  struct span body)
{
	int ret = ERR_INVALID;

	switch (type) {
	case WIRE_WELCOME:
		ret = hear_welcome(session, now_ms, body);
		break;
	case WIRE_ACK:
		ret = hear_ack(session, now_ms, body);
		break;
	case WIRE_NACK:
		ret = hear_nack(session, now_ms, body);
		break;
	case WIRE_RECALLED:
		ret = hear_recalled(session, now_ms, body);
		break;
	case WIRE_SLICE:
		ret = hear_slice(session, body);
		break;
	case WIRE_EVIDENCE:
		ret = hear_evidence(session, body);
		break;
	case WIRE_PING:
		ret = hear_ping(session, body);
		break;
	case WIRE_PONG:
		hear_pong(session, now_ms);
		ret = 0;
		break;
	case WIRE_HELLO:
	case WIRE_BATCH:
	case WIRE_RECALL:
	case WIRE_PROVE:
	case WIRE_COSIGN:
		break; /* an agent's words */
	}
	if (ret)
		session_lose(session, now_ms, TROUBLE_NONSENSE);
}
