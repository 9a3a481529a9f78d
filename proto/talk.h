/*
 * The messages of a session other than BATCH (whose payload is a Batch, see
 * wire.h): structs, encoders that write prefix and body, decoders that take
 * the body after wire_read_prefix. Same rules of ownership as wire.h.
 */
#ifndef TALLY_PROTO_TALK_H
#define TALLY_PROTO_TALK_H

#include "proto/reopening.h"
#include "proto/succession.h"
#include "proto/wire.h"

#define TALK_VERSION 1
#define TALK_MUST_UNDERSTAND_MAX 32
#define TALK_RECEIPTS_MAX 1024	 /* in an ACK */
#define TALK_TEXT_BYTES_MAX 1024 /* of a NACK */
#define TALK_FILES_MAX 64	 /* in a SLICE */
#define TALK_HEADS_MAX 4096	 /* in a SLICE */

/* A word of must_understand: this session is for the new key's first batch. */
#define TALK_ROTATE "rotate"

struct hello {
	uint32_t version_min, version_max;
	struct span *must_understand;
	size_t must_understand_count;
	uint64_t next;
	struct hash head;
	uint64_t first_kept, last_kept; /* 0: none */
	uint64_t seen_size;
	struct hash seen_root;
	struct span program;
	struct hash catalogue; /* talk_files_hash of what it has; zero: none */
};

struct welcome {
	uint32_t version;
	uint64_t wanted;
	struct hash head;
	struct span head_header; /* empty if wanted is 1 */
	struct signature head_signature;
	uint64_t credit_until;
	uint64_t credit_bytes;
	uint32_t ping_ms;
	struct span checkpoint; /* empty: none yet */
	uint64_t safe;
	uint64_t catalogue;
	uint64_t offices;
	uint64_t now_us;
	int32_t zone_minutes;
	bool simulated; /* the journal's clock */
	/* Notes of the newest breaks, in order (proto/reopening.h). */
	struct span reopened[REOPENINGS_MAX];
	size_t reopened_count;
	/* All notes of the collector's keys, in order (proto/succession.h). */
	struct span successions[SUCCESSIONS_MAX];
	size_t succession_count;
};

struct receipt {
	uint64_t sequence;
	uint64_t index;
	uint64_t recv_us;
	uint16_t *verdicts; /* enum verdict */
	size_t verdict_count;
};

struct ack {
	uint64_t durable;
	struct receipt *receipts;
	size_t receipt_count;
	uint64_t credit_until;
	uint64_t credit_bytes;
	uint64_t safe;
	struct span checkpoint;
	uint64_t catalogue;
};

struct nack {
	uint64_t sequence;
	enum nack_code code;
	struct span text;
	uint32_t retry_ms;
	uint64_t wanted;
};

struct recall {
	uint64_t from, count;
	struct hash key; /* that the office had before; zero: its own */
};

struct recalled {
	struct receipt receipt;
	struct span batch;
};

struct slice_file {
	struct span name, bytes;
};

/* Where a review stands in the journal, and who said it why. */
struct head_review {
	uint64_t index; /* 0: there is none */
	uint32_t n;
	uint64_t recv_us;
	struct span unit; /* the reviewer's; empty: not known */
	struct span reason;
};

/* What was judged last of a cell before its newest version: the newest earlier
 * version that was reviewed. */
struct head_before {
	struct cell_text *cells;
	size_t cell_count;
	struct span status; /* empty: there is none */
	struct head_review review;
};

struct head { /* newest version of a cell, for the office's form */
	struct report report; /* cells included; status: newest review's */
	uint8_t salt[SALT_BYTES];
	uint64_t index; /* journal entry, and statement in it: which of two */
	uint32_t n;	/* heads is newer; receipt times may be equal */
	uint64_t recv_us;
	struct span reason, text;
	struct head_review review;
	struct head_before before;
	/* All reasons and the text are here, but for what was redacted; else
	 * nobody has looked them up. */
	bool texts;
};

/*
 * After WELCOME and after each new catalogue: its files and the heads. heads
 * are of the cells of the units that the key speaks for and, if it may review,
 * of the cells of the targets that its units lead. Heads that were reviewed,
 * or of targets whose reports are, come with their texts. Whenever another
 * key's statement changes such a head, the collector sends a slice with that
 * head and no files before it answers a later PING, so that an office that
 * pings knows all that was admitted before.
 */
struct slice {
	uint64_t catalogue;
	struct slice_file *files;
	size_t file_count;
	struct head *heads;
	size_t head_count;
	struct span *units;
	size_t unit_count;
	uint32_t roles;	   /* of the key, bit i: enum role i */
	uint64_t until_us; /* of the key; 0: for ever, or not said */
	bool last;
	bool same_files; /* none are said: those that HELLO named */
};

/* A catalogue's files, whole and in order, by their hash: of each SHA-256 of
 * u32 length of its name, name, u32 length of its bytes, bytes, and SHA-256 of
 * these. */
struct hash talk_files_hash(const struct slice_file *files, size_t count);

/* Encoders append prefix and body to out. */
int talk_encode_hello(const struct hello *, struct strbuf *out, struct err *);
int talk_encode_welcome(const struct welcome *, struct strbuf *out,
			struct err *);
int talk_encode_batch(struct span batch, struct strbuf *out, struct err *);
int talk_encode_ack(const struct ack *, struct strbuf *out, struct err *);
int talk_encode_nack(const struct nack *, struct strbuf *out, struct err *);
int talk_encode_recall(const struct recall *, struct strbuf *out, struct err *);
int talk_encode_recalled(const struct recalled *, struct strbuf *out,
			 struct err *);
int talk_encode_slice(const struct slice *, struct strbuf *out, struct err *);
/* type is WIRE_PING or WIRE_PONG. */
int talk_encode_ping(enum wire_type type, uint64_t now_us, struct strbuf *out,
		     struct err *);

int talk_decode_hello(struct span body, struct arena *, struct hello *out,
		      struct err *);
int talk_decode_welcome(struct span body, struct arena *, struct welcome *out,
			struct err *);
int talk_decode_ack(struct span body, struct arena *, struct ack *out,
		    struct err *);
int talk_decode_nack(struct span body, struct arena *, struct nack *out,
		     struct err *);
int talk_decode_recall(struct span body, struct arena *, struct recall *out,
		       struct err *);
int talk_decode_recalled(struct span body, struct arena *, struct recalled *out,
			 struct err *);
int talk_decode_slice(struct span body, struct arena *, struct slice *out,
		      struct err *);
int talk_decode_ping(struct span body, struct arena *, uint64_t *now_us,
		     struct err *);

#endif
