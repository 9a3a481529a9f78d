#include "collector/session_state.h"

#include <assert.h>

/* Was it sent? libzmq does not tell of connections that end: a peer that is
 * gone, as after each sync, is found out here, and is not one that is slow. */
static bool send_out(struct session *session, int rc)
{
	struct session_table *table = session->table;

	/* What we say ourselves is within every limit of the codec. */
	assert(rc == 0);
	rc = table->host.send(table->host.ctx, session->route,
			      strbuf_span(&table->out));
	if (!rc)
		return true;
	session->gone = rc == ERR_OFFLINE;
	if (!session->gone)
		table->counters.slow++;
	session_close(session);
	return false;
}

struct credit {
	uint64_t until, bytes;
};

/*
 * The sum of all credits is bounded: by the options' bytes, or, with more
 * sessions than that allows, by one batch for each.
 */
static struct credit give_credit(struct session *session, uint64_t next)
{
	const struct session_table *table = session->table;
	uint64_t share = table->options.credit_bytes /
			 (table->open_count ? table->open_count : 1);
	struct credit credit = { next + SESSION_WINDOW, share };

	if (share < WIRE_BATCH_BYTES_MAX)
		credit = (struct credit){ next + 1, WIRE_BATCH_BYTES_MAX };
	else if (share > SESSION_CREDIT_BYTES_MAX)
		credit.bytes = SESSION_CREDIT_BYTES_MAX;
	if (credit.bytes > session->granted_bytes)
		session->granted_bytes = credit.bytes;
	if (credit.until > session->granted_until)
		session->granted_until = credit.until;
	return credit;
}

static uint64_t size_for(const struct session *session,
			 const struct session_facts *facts)
{
	return session->witness ? facts->to_cosign_size :
				  facts->checkpoint_size;
}

/* Each checkpoint is shown to a session once at most. */
static struct span show_once(struct session *session,
			     const struct session_facts *facts)
{
	if (size_for(session, facts) <= session->shown_size)
		return span_of(NULL, 0);
	session->shown_size = size_for(session, facts);
	session->shown_ms = session->table->now_ms;
	return session->witness ? facts->to_cosign : facts->checkpoint;
}

void session_say_welcome(struct session *session,
			 const struct session_peer *peer)
{
	struct session_table *table = session->table;
	struct session_facts facts;
	struct credit credit;
	struct welcome welcome = { .version = TALK_VERSION, .wanted = 1 };

	table->host.facts(table->host.ctx, &facts);
	if (!peer->one_time && !session->rotating) {
		welcome.wanted = peer->office.next;
		welcome.head = peer->office.head;
		welcome.head_header = peer->office.head_header;
		welcome.head_signature = peer->office.head_signature;
	}
	credit = give_credit(session, welcome.wanted);
	welcome.credit_until = credit.until;
	welcome.credit_bytes = credit.bytes;
	welcome.ping_ms = table->options.ping_ms;
	welcome.safe = facts.safe;
	welcome.catalogue = facts.catalogue;
	welcome.offices = facts.offices;
	welcome.now_us = facts.now_us;
	welcome.zone_minutes = facts.zone_minutes;
	welcome.simulated = facts.simulated;
	welcome.checkpoint = show_once(session, &facts);
	for (size_t i = 0; i < facts.succession_count; i++)
		welcome.successions[welcome.succession_count++] =
			facts.successions[i];
	for (size_t i = 0; i < facts.reopened_count; i++)
		welcome.reopened[welcome.reopened_count++] = facts.reopened[i];
	strbuf_clear(&table->out);
	(void)send_out(session,
		       talk_encode_welcome(&welcome, &table->out, NULL));
}

void session_say_ack(struct session *session, uint64_t durable,
		     struct receipt *receipts, size_t count)
{
	struct session_table *table = session->table;
	struct credit credit = give_credit(session, durable);
	struct session_facts facts;
	struct ack ack = { .durable = durable,
			   .receipts = receipts,
			   .receipt_count = count };

	table->host.facts(table->host.ctx, &facts);
	ack.credit_until = credit.until;
	ack.credit_bytes = credit.bytes;
	ack.safe = facts.safe;
	ack.catalogue = facts.catalogue;
	ack.checkpoint = show_once(session, &facts);
	for (size_t i = 0; i < count; i++)
		if (receipts[i].index >= session->acked)
			session->acked = receipts[i].index + 1;
	strbuf_clear(&table->out);
	(void)send_out(session, talk_encode_ack(&ack, &table->out, NULL));
}

void session_say_nack(struct session *session, const struct nack *nack)
{
	struct session_table *table = session->table;

	strbuf_clear(&table->out);
	if (send_out(session, talk_encode_nack(nack, &table->out, NULL)))
		table->counters.refused++;
}

static void say_ping(struct session *session, enum wire_type type)
{
	struct session_table *table = session->table;
	struct session_facts facts;

	table->host.facts(table->host.ctx, &facts);
	strbuf_clear(&table->out);
	(void)send_out(session,
		       talk_encode_ping(type, facts.now_us, &table->out, NULL));
}

void session_say_pong(struct session *session)
{
	say_ping(session, WIRE_PONG);
}

void session_say_ping(struct session *session)
{
	say_ping(session, WIRE_PING);
}

void session_say_evidence(struct session *session,
			  const struct evidence *evidence)
{
	struct session_table *table = session->table;

	strbuf_clear(&table->out);
	send_out(session, evidence_encode(evidence, &table->out, NULL));
}

void session_show(struct session *session, uint64_t durable)
{
	struct session_facts facts;

	session->table->host.facts(session->table->host.ctx, &facts);
	if (size_for(session, &facts) > session->shown_size)
		session_say_ack(session, durable, NULL, 0);
}

void session_close(struct session *session)
{
	struct session_table *table = session->table;

	if (session->state == SESSION_ENDED || session->state == SESSION_SHUT)
		return;
	if (session->state == SESSION_OPEN) {
		table->open_count--;
		table->host.closed(table->host.ctx, session->route);
	}
	table->counters.ended++;
	session->state = SESSION_ENDED;
	session->ended_ms = table->now_ms;
}

void session_end(struct session *session, enum nack_code code, const char *text)
{
	struct nack nack = { .code = code, .text = span_of_text(text) };

	if (session->state == SESSION_ENDED || session->state == SESSION_SHUT)
		return;
	session_say_nack(session, &nack);
	session_close(session);
}
