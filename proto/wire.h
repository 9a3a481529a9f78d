/*
 * The wire codec: bytes to structs and back. The only file that knows the
 * generated protobuf code is wire*.c.
 *
 * Decoding allocates from a capped arena; spans point into it and live until
 * it is reset. What is malformed, too deep, too many or unknown where the
 * format is closed is ERR_INVALID or ERR_LIMIT with a text for people.
 * Nothing that is signed is ever encoded again: batches and bodies are kept
 * as received.
 */
#ifndef TALLY_PROTO_WIRE_H
#define TALLY_PROTO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/hash.h"
#include "proto/seal.h"
#include "proto/sign.h"

#define WIRE_MAJOR 1
#define WIRE_PREFIX_BYTES 8
#define WIRE_BATCH_BYTES_MAX (512 * 1024)
#define WIRE_MESSAGE_BYTES_MAX (1024 * 1024)
#define WIRE_STATEMENTS_MAX 10000
#define WIRE_TEXTS_MAX 4 /* in a statement */
#define WIRE_TEXT_BYTES_MAX 65536
#define WIRE_CELLS_MAX 64	/* in a report */
#define WIRE_NAME_BYTES_MAX 120 /* ids, items, fields, periods */
#define WIRE_VALUE_BYTES_MAX 1024
#define WIRE_UNITS_MAX 256	  /* in a grant */
#define WIRE_ROLES_MAX 16	  /* in a grant */
#define WIRE_FOUNDING_KEYS_MAX 64 /* of each kind, in a founding statement */
#define WIRE_VERDICTS_MAX WIRE_STATEMENTS_MAX
/* An arena of this size decodes any allowed message. */
#define WIRE_ARENA_BYTES (16 * 1024 * 1024)

enum wire_type {
	WIRE_HELLO = 1,
	WIRE_WELCOME,
	WIRE_BATCH,
	WIRE_ACK,
	WIRE_NACK,
	WIRE_RECALL,
	WIRE_RECALLED,
	WIRE_SLICE,
	WIRE_PING,
	WIRE_PONG,
	WIRE_PROVE,
	WIRE_EVIDENCE,
	WIRE_COSIGN,
};

/* Why a NACK: answers of the session, never verdicts. Permanent numbers. */
enum nack_code {
	NACK_BUSY = 1,
	NACK_GAP = 2,
	NACK_DISK_FULL = 3,
	NACK_FENCED = 4,       /* a newer session of the same key */
	NACK_MALFORMED = 5,    /* not a message, or above a limit */
	NACK_FORGED = 6,       /* signature, root or journal id is wrong */
	NACK_NOT_ENROLLED = 7, /* key unknown, revoked or expired */
	NACK_SUSPENDED = 8,    /* the key has forked */
	NACK_VERSION = 9,
	NACK_ALLOWANCE = 10, /* today's bytes or statements are used up */
	NACK_GRANT = 11,     /* enrolment code used, expired, or not of here */
};

/* The 8 bytes before the protobuf of every message. */
void wire_write_prefix(uint8_t out[WIRE_PREFIX_BYTES], enum wire_type type);
/* Checks magic, version, type and size; *body is what follows. ERR_NOTFOUND:
 * another major version (answer NACK_VERSION); ERR_LIMIT: too large. */
int wire_read_prefix(struct span msg, enum wire_type *type, struct span *body,
		     struct err *err);

/* ---- statements ---- */

enum statement_kind {
	SAID_FOUND = 3, /* the numbers in tally.proto */
	SAID_GRANT,
	SAID_ENROL,
	SAID_ROTATE,
	SAID_REVOKE,
	SAID_RULES,
	SAID_COLLECTOR_KEYS,
	SAID_CATALOGUE_PART,
	SAID_CATALOGUE_COMMIT,
	SAID_REPORT,
	SAID_REVIEW,
	SAID_ADJUST,
	SAID_REDACT,
	SAID_CLOSE,
	/* A field number that this program does not know. */
	SAID_UNKNOWN,
};

struct text_hash {
	struct span name;
	struct hash hash;
};

struct text {
	uint8_t salt[SALT_BYTES];
	struct span text;
};

struct administrator {
	struct sign_key key;
	uint8_t curve_key[CURVE_KEY_BYTES];
};

struct collector_keys {
	struct sign_key checkpoint_key;
	uint8_t curve_key[CURVE_KEY_BYTES];
};

struct found {
	struct span name;
	uint32_t rules;
	int32_t zone_minutes;
	bool simulated;
	struct administrator *administrators;
	size_t administrator_count;
	struct collector_keys *collectors;
	size_t collector_count;
	struct sign_key *recovery_keys;
	size_t recovery_key_count;
};

enum role {
	ROLE_REPORTER = 1,
	ROLE_REVIEWER = 2,
	ROLE_OFFICIAL = 3,
	ROLE_ADMIN = 4,
	ROLE_WITNESS = 5, /* cosigns checkpoints, says nothing else */
	ROLE_LAST = ROLE_WITNESS,
};

struct grant {
	struct span unit; /* empty: none */
	struct span *units;
	size_t unit_count;
	uint32_t roles; /* bit 1 << enum role */
	struct sign_key code_key;
	uint8_t code_curve_key[CURVE_KEY_BYTES];
	uint64_t expires_us;
	uint64_t until_us; /* 0: for ever */
	uint64_t bytes_a_day;
	uint64_t statements_a_day;
};

struct enrol { /* and rotate, where code_key is the old key */
	struct sign_key code_key;
	struct sign_key key;
	uint8_t curve_key[CURVE_KEY_BYTES];
	struct signature authorisation;
};

struct revoke {
	struct sign_key key;
	uint64_t from_sequence;
};

struct redact {
	uint64_t entry;
	uint32_t n;
	struct span text; /* its name */
};

struct catalogue_part {
	uint8_t set[SALT_BYTES];
	struct span file;
	uint32_t n;
	struct span bytes;
};

struct catalogue_commit {
	uint8_t set[SALT_BYTES];
	uint32_t parts;
	struct hash sha256;
};

struct cell_text {
	struct span field; /* empty: the kind's only field */
	struct span value; /* canonical text */
};

/* And review, which has a status and no cells; and adjust, which has a name as
 * its status, amounts in its cells and no item. */
struct report {
	struct span target;
	struct span unit;
	struct span period;
	struct span item;
	struct cell_text *cells;
	size_t cell_count;
	struct span status;
};

struct statement {
	struct span base; /* 0 or BASE_BYTES bytes */
	struct text_hash *texts;
	size_t text_count;
	enum statement_kind kind;
	union {
		struct found found;
		struct grant grant;
		struct enrol enrol;
		struct enrol rotate;
		struct revoke revoke;
		uint32_t rules;
		struct collector_keys collector_keys;
		struct catalogue_part part;
		struct catalogue_commit commit;
		struct report report;
		struct report review;
		struct report adjust;
		struct redact redact;
	} said;
};

/*
 * Decodes a body. A well-formed body with fields, text names or roles that
 * this program does not know is a success with kind SAID_UNKNOWN, of which
 * only base and texts are set: the fold refuses it, too-new. ERR_INVALID and
 * ERR_LIMIT depend on the body alone; ERR_NOMEM on the arena.
 */
int wire_decode_statement(struct span body, struct arena *arena,
			  struct statement *out, struct err *err);
/* Whether a free text may be sent: UTF-8 without NUL, not too long. */
bool wire_text_fits(struct span text);
/* Appends the body to out. */
int wire_encode_statement(const struct statement *statement, struct strbuf *out,
			  struct err *err);

/* ---- batches ---- */

struct sealed {
	uint8_t salt[SALT_BYTES];
	struct span body;
	struct text *texts;
	size_t text_count;
};

struct batch {
	struct span header_bytes; /* SEAL_HEADER_BYTES */
	struct seal_header header;
	struct signature signature;
	struct sign_key key;
	struct sealed *sealed; /* header.count of them */
	struct hash *leaves;   /* leaf hashes, set by wire_check_batch */
	struct hash name;      /* seal_name, set by wire_decode_batch */
	/* What the bodies say, set by wire_decode_said; NULL: not yet. One that
	 * cannot be decoded says nothing. */
	struct statement **said;
};

/* The free text of that name; empty if there is none, or it was redacted.
 * statement is the decoded body. */
struct span wire_said_text(const struct sealed *sealed,
			   const struct statement *statement, const char *name);

/* What became of the i-th text that a body names. */
enum text_state {
	TEXT_THERE,
	TEXT_BLOTTED, /* zeros, its salt too */
	TEXT_MISSING,
};

enum text_state wire_text_state(const struct sealed *sealed,
				const struct statement *statement, size_t i);

/* False: the body surely names no texts, and need not be decoded for them. */
bool wire_may_name_texts(struct span body);

/* "text", "reason", "note" are 1, 2, 3; 0: another name. */
unsigned wire_text_number(struct span name);
const char *wire_text_name(unsigned number); /* NULL: none */

/*
 * Blots out a text of statement n of a Batch message, in place: its bytes and
 * its salt become zeros, no other byte changes. 0, also where nothing of that
 * name is there (*found false); ERR_INVALID, ERR_LIMIT, ERR_NOMEM: it is no
 * batch.
 */
int wire_blot(uint8_t *batch, size_t len, uint32_t n, struct span name,
	      struct arena *arena, bool *found, struct err *err);

/* Decodes the Batch message (without wire prefix); checks counts and sizes,
 * not authenticity. */
int wire_decode_batch(struct span bytes, struct arena *arena, struct batch *out,
		      struct err *err);

/*
 * Proves the batch: signature by batch->key, which header.key names; the root
 * over the statements; every text against the hashes in its body (a missing
 * text is fine only where redacted_ok). ERR_DENIED if not. Fills
 * batch->leaves from the arena.
 */
int wire_check_batch(struct batch *batch, struct arena *arena, bool redacted_ok,
		     struct err *err);

/*
 * Decodes all bodies, so that the fold need not: another thread can do it. Each
 * may take WIRE_ARENA_BYTES, whatever the arena's cap is. ERR_NOMEM.
 */
int wire_decode_said(struct batch *batch, struct arena *arena, struct err *err);

/*
 * Seals header->count statements: fills root and key of header from sealed[]
 * and pair, signs, and appends the Batch message to out; *name is its
 * seal_name.
 */
int wire_seal_batch(struct seal_header *header, const struct sealed *sealed,
		    const struct sign_pair *pair, struct strbuf *out,
		    struct hash *name, struct err *err);

/* ---- enrolment ---- */

/* What a one-time or old key signs: tag "tally-enrol/1\n" or
 * "tally-rotate/1\n", journal id, new Ed25519 key, new CURVE key. */
struct signature wire_authorise(const char *tag, const struct hash *journal,
				const struct sign_key *key,
				const uint8_t curve_key[CURVE_KEY_BYTES],
				const struct sign_pair *by);
bool wire_authorised(const char *tag, const struct hash *journal,
		     const struct enrol *enrol);

#endif
