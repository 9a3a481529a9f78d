/* What sessions ask of the collector, and the gate: who may come in. */
#include "collector/collector_parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/rt/log.h"

#define BUSY_RETRY_MS 2000
#define DISK_RETRY_MS 5000
#define CLOCK_RETRY_MS 30000

static bool host_who(void *ctx, const uint8_t curve[CURVE_KEY_BYTES],
		     struct session_peer *out)
{
	struct collector *c = ctx;
	struct session_peer peer = { 0 };

	if (fold_office_by_curve(c->kept.fold, curve, &peer.office)) {
		const struct fold_office *office = &peer.office;

		if (office->revoked ||
		    (office->until_us && c->now_us >= office->until_us))
			return false;
		peer.admin = office->roles & (1u << ROLE_ADMIN);
		peer.key = sign_key_hash(&office->key);
		*out = peer;
		return true;
	}
	peer.one_time = true;
	if (!fold_grant_by_curve(c->kept.fold, curve, c->now_us))
		return false;
	*out = peer;
	return true;
}

bool collector_admits(void *arg, const uint8_t curve[CURVE_KEY_BYTES])
{
	struct collector *c = arg;
	struct session_peer peer;

	collector_read_clocks(c);
	return host_who(c, curve, &peer);
}

/* What is in no backup offices keep. */
static uint64_t collector_safe(const struct collector *c)
{
	if (!strcmp(c->settings->safe, "durable"))
		return journal_size(c->kept.journal);
	return c->backed_up;
}

static void host_facts(void *ctx, struct session_facts *out)
{
	struct collector *c = ctx;
	const struct cosigned *published = &c->cosigners->published;
	struct session_facts facts = {
		.size = journal_size(c->kept.journal),
		.safe = collector_safe(c),
		.catalogue = c->catalogue,
		.offices = fold_office_count(c->kept.fold),
		.now_us = c->now_us,
		.recv_us = fold_recv_us(c->kept.fold),
		.zone_minutes = c->facts.zone_minutes,
		.simulated = c->facts.simulated,
		.checkpoint = span_of(published->note, published->bytes),
		.checkpoint_size = published->size,
		.to_cosign =
			span_of(c->signed_last.note, c->signed_last.note_bytes),
		.to_cosign_size = c->signed_last.checkpoint.size,
		.successions = c->successions,
		.succession_count = c->succession_count,
		.reopened = c->reopened,
		.reopened_count = c->reopened_count,
	};

	*out = facts;
}

static unsigned host_hindrance(void *ctx, bool admin, size_t bytes,
			       const char **text, uint32_t *retry_ms)
{
	struct collector *c = ctx;

	if (c->backlog) {
		*text = "the store is behind";
		*retry_ms = BUSY_RETRY_MS;
		return NACK_BUSY;
	}
	if (!stamp_take(&c->stamp, c->now_us, c->mono_us, &c->stamp_us)) {
		*text = "the collector's clock is in doubt, an operator must "
			"confirm it";
		*retry_ms = CLOCK_RETRY_MS;
		return NACK_BUSY;
	}
	if (!admin && c->free_bytes < c->settings->reserve_bytes + 2 * bytes) {
		*text = "the collector's disk is full";
		*retry_ms = DISK_RETRY_MS;
		collector_tell_disk_full(c);
		return NACK_DISK_FULL;
	}
	return 0;
}

static int host_submit(void *ctx, struct session *session,
		       const struct batch *batch, struct span bytes, bool fresh,
		       enum admission *out, struct err *err)
{
	struct collector *c = ctx;
	int rc = c->sequencer.submit(c->sequencer.self, session, batch, bytes,
				     c->stamp_us, out, err);

	if (!rc && fresh && *out == ADMIT_TAKE)
		stamp_hear(&c->stamp, &batch->header.key, batch->header.sent_us,
			   c->stamp_us);
	return rc;
}

static int host_receipt(void *ctx, const struct hash *key, uint64_t sequence,
			struct arena *arena, struct receipt *out)
{
	struct collector *c = ctx;

	return receipts_find(&c->receipts, c->kept.db, key, sequence, arena,
			     out);
}

static int host_send(void *ctx, uint32_t route, struct span msg)
{
	struct collector *c = ctx;

	return gate_send(c->gate, route, msg);
}

static void host_shut(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	gate_shut(c->gate, route);
}

static void host_closed(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	delivery_ended(c->delivery, route);
}

static void host_slice(void *ctx, uint32_t route, const struct hash *catalogue)
{
	struct collector *c = ctx;

	collector_check_delivery(c,
				 delivery_slice(c->delivery, route, catalogue));
	collector_deliver_soon(c);
}

static void host_heard(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	delivery_heard(c->delivery, route);
	collector_deliver_soon(c);
}

static void host_pong(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	collector_check_delivery(c, delivery_pong(c->delivery, route));
	collector_deliver_soon(c);
}

/* Of its own key, or of one that it has had: of another nothing is said. */
static void host_recall(void *ctx, uint32_t route, const struct hash *key,
			const struct recall *recall)
{
	static const struct hash none;
	struct collector *c = ctx;
	const struct hash *of = &recall->key;

	if (hash_equal(of, &none))
		of = key;
	else if (!fold_leads_to(c->kept.fold, of, key))
		return;
	collector_check_delivery(c,
				 delivery_recall(c->delivery, route, of,
						 recall->from, recall->count));
	collector_deliver_soon(c);
}

/* Our own proofs are checked before anybody is alarmed by them. */
static bool holds(const struct proof_nodes *nodes, const struct prove *prove,
		  const struct checkpoint *shown,
		  const struct evidence *evidence, struct hash *leaves)
{
	struct checkpoint seen = { .size = prove->seen_size };
	size_t which;

	if (proof_root(nodes, seen.size, &seen.root, NULL))
		return false;
	for (size_t i = 0; i < prove->index_count; i++)
		if (nodes->read(nodes->ctx, 0, prove->indexes[i], &leaves[i],
				NULL))
			return false;
	return evidence_check(evidence, prove, &seen, shown, leaves, &which) ==
	       EVIDENCE_HOLDS;
}

static int make_evidence(const struct proof_nodes *nodes,
			 const struct prove *prove, struct arena *arena,
			 struct evidence *out, struct err *err)
{
	struct evidence evidence = { .seen_size = prove->seen_size,
				     .size = prove->size,
				     .inclusion_count = prove->index_count };
	struct proof proof;
	int rc = proof_consistency(nodes, prove->seen_size, prove->size, &proof,
				   err);

	if (rc)
		return rc;
	evidence.consistency = evidence_hashes(&proof, arena);
	evidence.inclusions = arena_array(arena, prove->index_count + 1,
					  sizeof(*evidence.inclusions));
	if (!evidence.inclusions)
		return err_set(err, ERR_NOMEM, "no memory for proofs");
	for (size_t i = 0; i < prove->index_count; i++) {
		rc = proof_inclusion(nodes, prove->indexes[i], prove->size,
				     &proof, err);
		if (rc)
			return rc;
		evidence.inclusions[i].index = prove->indexes[i];
		evidence.inclusions[i].hashes = evidence_hashes(&proof, arena);
	}
	*out = evidence;
	return 0;
}

static int host_prove(void *ctx, const struct prove *prove, struct arena *arena,
		      struct evidence *out)
{
	struct collector *c = ctx;
	const struct checkpoint *shown = &c->signed_last.checkpoint;
	struct proof_nodes nodes = tree_read_nodes(c->tree);
	struct err err = { 0 };
	struct hash *leaves =
		arena_array(arena, prove->index_count + 1, sizeof(*leaves));
	int rc;

	if (prove->size > shown->size)
		return ERR_ORDER;
	if (!leaves)
		return ERR_NOMEM;
	rc = make_evidence(&nodes, prove, arena, out, &err);
	/* Of an older checkpoint only the office knows the root. */
	if (!rc && prove->size == shown->size &&
	    !holds(&nodes, prove, shown, out, leaves))
		rc = err_set(&err, ERR_CORRUPT,
			     "%s does not have the root that was signed: "
			     "start again to make it anew",
			     c->tree_path);
	if (rc)
		log_err(LOG_ERROR, "cannot-prove", &err);
	return rc;
}

static void host_alarm(void *ctx, const char *event,
		       const struct session_peer *peer)
{
	char key[2 * SIGN_KEY_BYTES + 1];

	(void)ctx;
	/* As "offices" lists it. */
	bytes_to_hex(span_of(peer->office.key.bytes, SIGN_KEY_BYTES), key);
	log_line(LOG_WARN, event, "key=%s unit=%.*s", key,
		 (int)peer->office.unit.len,
		 (const char *)peer->office.unit.data);
}

static void host_answered(void *ctx, const struct session_peer *peer)
{
	struct collector *c = ctx;
	struct err err = { 0 };

	if (heard_add(&c->heard, &peer->key, &err))
		log_err(LOG_WARN, "heard-not-noted", &err);
}

static void host_cosign(void *ctx, const struct cosign *cosign,
			const struct session_peer *peer)
{
	struct collector *c = ctx;
	struct err err = { 0 };
	bool changed = false;
	int rc = cosigners_take(c->cosigners, cosign->size, cosign->line,
				&changed, &err);

	if (!rc) {
		c->cosign_told = false;
	} else if (!c->cosign_told) {
		host_alarm(c, "cosignature-not-taken", peer);
		log_err(LOG_WARN, "cosignature-not-taken", &err);
		c->cosign_told = true;
	}
	if (changed)
		collector_published(c);
}

struct session_host collector_session_host(struct collector *c)
{
	const struct session_host host = {
		.who = host_who,
		.facts = host_facts,
		.hindrance = host_hindrance,
		.submit = host_submit,
		.receipt = host_receipt,
		.send = host_send,
		.shut = host_shut,
		.closed = host_closed,
		.slice = host_slice,
		.heard = host_heard,
		.pong = host_pong,
		.recall = host_recall,
		.prove = host_prove,
		.cosign = host_cosign,
		.answered = host_answered,
		.alarm = host_alarm,
		.ctx = c,
	};

	return host;
}
