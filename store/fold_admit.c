/*
 * Admission of batches. Pure: the fold's state and the batch decide, so that
 * every reader of one order decides alike.
 */
#include "store/fold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/fold_state.h"

const char *admission_name(enum admission admission)
{
	switch (admission) {
	case ADMIT_TAKE:
		return "taken";
	case ADMIT_DUPLICATE:
		return "duplicate";
	case ADMIT_AHEAD:
		return "ahead";
	case ADMIT_FORK:
		return "fork";
	case ADMIT_FORK_AGAIN:
		return "fork-again";
	case ADMIT_UNKNOWN_KEY:
		return "unknown-key";
	case ADMIT_REVOKED:
		return "revoked";
	case ADMIT_SUSPENDED:
		return "suspended";
	case ADMIT_FOREIGN:
		return "foreign";
	case ADMIT_BAD_CHAIN:
		return "bad-chain";
	case ADMIT_BAD_GRANT:
		return "bad-grant";
	}
	return "?";
}

static bool hash_is_zero(const struct hash *hash)
{
	static const struct hash zero;

	return hash_equal(hash, &zero);
}

/* ---- founding ---- */

/* The founding batch names no journal: its own name becomes the id. */
static enum admission admit_founding(const struct batch *batch,
				     struct arena *arena)
{
	const struct seal_header *header = &batch->header;
	struct statement first;

	if (!hash_is_zero(&header->journal))
		return ADMIT_FOREIGN;
	if (header->sequence != 1 || !hash_is_zero(&header->prev))
		return ADMIT_BAD_CHAIN;
	if (header->count == 0 ||
	    wire_decode_statement(batch->sealed[0].body, arena, &first, NULL) ||
	    first.kind != SAID_FOUND)
		return ADMIT_UNKNOWN_KEY;
	/* Rules that this program does not know: not a journal for it. */
	if (first.said.found.rules < 1 ||
	    first.said.found.rules > FOLD_RULES_VERSION)
		return ADMIT_FOREIGN;
	for (size_t i = 0; i < first.said.found.administrator_count; i++)
		if (!memcmp(first.said.found.administrators[i].key.bytes,
			    batch->key.bytes, SIGN_KEY_BYTES))
			return ADMIT_TAKE;
	return ADMIT_UNKNOWN_KEY;
}

/* ---- enrolment ---- */

/* A CURVE key names one office; only a successor may go on with one. */
static bool curve_key_free(const struct fold *fold, const struct enrol *enrol,
			   const struct office *predecessor)
{
	uint32_t i = intern_find(&fold->curve_keys,
				 span_of(enrol->curve_key, CURVE_KEY_BYTES));

	return i == INTERN_NONE ||
	       (predecessor && fold->curve_offices[i] == predecessor->number);
}

static bool grant_holds(const struct fold *fold, const struct enrol *enrol,
			uint64_t recv_us)
{
	const struct grant_state *grant = grant_find(fold, &enrol->code_key);

	if (!curve_key_free(fold, enrol, NULL))
		return false;
	if (grant)
		return !grant->used && recv_us <= grant->grant.expires_us &&
		       wire_authorised(ENROL_TAG, &fold->journal, enrol);
	return fold_is_recovery_key(fold, &enrol->code_key) &&
	       wire_authorised(ENROL_TAG, &fold->journal, enrol);
}

static bool rotation_holds(const struct fold *fold, const struct enrol *rotate,
			   uint64_t recv_us)
{
	struct hash old = sign_key_hash(&rotate->code_key);
	const struct office *office = office_find(fold, &old);

	return office && office_in_force(office, recv_us) &&
	       !(office->flags & OFFICE_SUSPENDED) &&
	       !(office->pending && office->pending->forked) &&
	       curve_key_free(fold, rotate, office) &&
	       wire_authorised(ROTATE_TAG, &fold->journal, rotate);
}

/* A key never heard of may only bring its own enrolment. */
static enum admission admit_new_key(const struct fold *fold,
				    const struct batch *batch, uint64_t recv_us,
				    struct arena *arena)
{
	const struct seal_header *header = &batch->header;
	struct statement first;
	bool enrols;

	if (header->count == 0 || header->sequence != 1 ||
	    wire_decode_statement(batch->sealed[0].body, arena, &first, NULL))
		return ADMIT_UNKNOWN_KEY;
	enrols = first.kind == SAID_ENROL;
	if (!enrols && first.kind != SAID_ROTATE)
		return ADMIT_UNKNOWN_KEY;
	if (!hash_is_zero(&header->prev))
		return ADMIT_BAD_CHAIN;
	/* enrol and rotate have one shape. */
	if (memcmp(first.said.enrol.key.bytes, batch->key.bytes,
		   SIGN_KEY_BYTES) != 0)
		return ADMIT_BAD_GRANT;
	if (enrols ? !grant_holds(fold, &first.said.enrol, recv_us) :
		     !rotation_holds(fold, &first.said.rotate, recv_us))
		return ADMIT_BAD_GRANT;
	return ADMIT_TAKE;
}

/* ---- chains ---- */

/* Is the batch the one that was taken under its number? */
static bool is_taken(const struct office *office, const struct pending *pending,
		     const struct batch *batch)
{
	uint64_t i = batch->header.sequence - 1;
	const struct short_name *name;

	if (i < office->chain.taken || !pending)
		name = &office->names[i];
	else
		name = &pending->names[i - office->chain.taken];
	return !memcmp(name->bytes, batch->name.bytes, SHORT_NAME_BYTES);
}

static enum admission admit_next(const struct office *office,
				 const struct pending *pending,
				 const struct batch *batch, uint64_t recv_us)
{
	const struct chain *chain = pending ? &pending->chain : &office->chain;
	const struct seal_header *header = &batch->header;
	bool suspended = office->flags & OFFICE_SUSPENDED ||
			 (pending && pending->forked);
	bool old = header->sequence <= chain->taken;

	if (header->sequence == 0)
		return ADMIT_BAD_CHAIN;
	if (old && is_taken(office, pending, batch))
		return ADMIT_DUPLICATE;
	if (!office_in_force(office, recv_us))
		return ADMIT_REVOKED;
	if (suspended)
		return old ? ADMIT_FORK_AGAIN : ADMIT_SUSPENDED;
	if (old)
		return ADMIT_FORK;
	if (header->sequence > chain->taken + 1)
		return ADMIT_AHEAD;
	return hash_equal(&header->prev, &chain->head) ? ADMIT_TAKE :
							 ADMIT_BAD_CHAIN;
}

/* The founding batch again: its header names no journal. */
static bool is_founding(const struct fold *fold, const struct batch *batch)
{
	return hash_is_zero(&batch->header.journal) &&
	       hash_equal(&batch->name, &fold->journal);
}

static enum admission decide(const struct fold *fold, const struct batch *batch,
			     bool see_pending, uint64_t recv_us,
			     struct arena *arena)
{
	const struct office *office;

	if (!fold->founded)
		return admit_founding(batch, arena);
	if (!hash_equal(&batch->header.journal, &fold->journal) &&
	    !is_founding(fold, batch))
		return ADMIT_FOREIGN;
	office = office_find(fold, &batch->header.key);
	if (!office)
		return admit_new_key(fold, batch, recv_us, arena);
	return admit_next(office, see_pending ? office->pending : NULL, batch,
			  recv_us);
}

/* ---- groups ---- */

static bool ends_groups(enum statement_kind kind)
{
	switch (kind) {
	case SAID_FOUND:
	case SAID_GRANT:
	case SAID_ENROL:
	case SAID_ROTATE:
	case SAID_REVOKE:
	case SAID_RULES:
	case SAID_COLLECTOR_KEYS:
		return true;
	case SAID_CATALOGUE_PART:
	case SAID_CATALOGUE_COMMIT:
	case SAID_REPORT:
	case SAID_REVIEW:
	case SAID_ADJUST:
	case SAID_REDACT:
	case SAID_CLOSE:
	case SAID_UNKNOWN:
		return false;
	}
	return false;
}

/* Only what can take effect counts: of known keys, an administrator's. */
static bool batch_ends_group(const struct fold *fold, const struct batch *batch,
			     struct arena *arena)
{
	const struct office *office = office_find(fold, &batch->header.key);
	struct statement statement;

	if (!office)
		return true;
	if (!office_has_role(office, ROLE_ADMIN))
		return false;
	for (uint32_t i = 0; i < batch->header.count; i++) {
		arena_reset(arena);
		if (!wire_decode_statement(batch->sealed[i].body, arena,
					   &statement, NULL) &&
		    ends_groups(statement.kind))
			return true;
	}
	return false;
}

enum admission fold_admit(const struct fold *fold, const struct batch *batch,
			  uint64_t recv_us, bool *ends_group)
{
	enum admission admission;
	struct arena arena;

	arena_init(&arena, WIRE_ARENA_BYTES);
	admission = decide(fold, batch, true, recv_us, &arena);
	if (ends_group)
		*ends_group = admission == ADMIT_TAKE &&
			      batch_ends_group(fold, batch, &arena);
	arena_release(&arena);
	return admission;
}

enum admission fold_readmit(const struct fold *fold, const struct batch *batch,
			    uint64_t recv_us)
{
	enum admission admission;
	struct arena arena;

	arena_init(&arena, WIRE_ARENA_BYTES);
	admission = decide(fold, batch, false, recv_us, &arena);
	arena_release(&arena);
	return admission;
}

/* ---- pending heads ---- */

static void forget(struct fold *fold, struct office *office)
{
	size_t at = office->pending->at;
	uint32_t last = fold->pended[--fold->pended_count];

	fold->pended[at] = last;
	fold->offices[last]->pending->at = at;
	free(office->pending->names);
	free(office->pending);
	office->pending = NULL;
}

void fold_settle_pending(struct fold *fold, struct office *office)
{
	const struct pending *pending = office->pending;

	if (pending && office->chain.taken >= pending->chain.taken &&
	    (!pending->forked || office->flags & OFFICE_SUSPENDED))
		forget(fold, office);
}

static struct pending *pending_of(struct fold *fold, struct office *office)
{
	uint32_t *pended;

	if (office->pending)
		return office->pending;
	pended = fold_grown(fold->pended, &fold->pended_size,
			    fold->pended_count, sizeof(*pended));
	if (!pended)
		return NULL;
	fold->pended = pended;
	office->pending = calloc(1, sizeof(*office->pending));
	if (!office->pending)
		return NULL;
	office->pending->chain = office->chain;
	office->pending->at = fold->pended_count;
	pended[fold->pended_count++] = office->number;
	return office->pending;
}

void fold_pend(struct fold *fold, const struct batch *batch,
	       enum admission admission)
{
	struct office *office = office_find(fold, &batch->header.key);
	struct pending *pending;
	struct short_name *names;

	/* A new key's enrolment ends its group: nothing follows it. */
	if (!office || (admission != ADMIT_TAKE && admission != ADMIT_FORK))
		return;
	pending = pending_of(fold, office);
	/* Without memory for this the order of a chain would be lost. */
	assert(pending);
	if (admission == ADMIT_FORK) {
		pending->forked = true;
		return;
	}
	names = fold_grown(pending->names, &pending->names_size,
			   pending->name_count, sizeof(*names));
	assert(names);
	pending->names = names;
	memcpy(names[pending->name_count++].bytes, batch->name.bytes,
	       SHORT_NAME_BYTES);
	pending->chain.taken++;
	pending->chain.head = batch->name;
	pending->chain.header = batch->header_bytes;
	pending->chain.signature = batch->signature;
}

void fold_forget_pending(struct fold *fold)
{
	while (fold->pended_count)
		forget(fold, fold->offices[fold->pended[0]]);
}

struct leaf fold_leaf(const struct fold *fold, const struct batch *batch,
		      enum admission admission, uint64_t recv_us)
{
	const struct office *office = office_find(fold, &batch->header.key);
	const struct chain *chain;
	struct leaf leaf = { .recv_us = recv_us };

	if (!fold->founded)
		leaf.recv_us = batch->header.sent_us;
	if (admission == ADMIT_TAKE) {
		leaf.kind = LEAF_BATCH;
		leaf.headers[0] = batch->header_bytes;
		leaf.signatures[0] = batch->signature;
		return leaf;
	}
	assert(admission == ADMIT_FORK && office);
	chain = office->pending ? &office->pending->chain : &office->chain;
	/* The chain's head stands for the batch that has the number: the
	 * journal holds the way from the one to the other. */
	leaf.kind = LEAF_FORK;
	leaf.headers[0] = chain->header;
	leaf.signatures[0] = chain->signature;
	leaf.headers[1] = batch->header_bytes;
	leaf.signatures[1] = batch->signature;
	return leaf;
}
