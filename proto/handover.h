/*
 * What an office hands over when a collector has lost entries: the batches
 * that it keeps and has receipts for, with their places, and the newest
 * checkpoint that it verified. Integers are big-endian:
 *
 *   "tallykpt"  u32 version 1  the office's public key[32]
 *   u32 number of batches  u32 length  note
 *   of each batch: u64 index  u64 recv_us  u32 length  Batch as it was sealed
 *
 * Nothing in it is believed: batches are signed, the note is, and indexes and
 * times must give the root that was signed.
 */
#ifndef TALLY_PROTO_HANDOVER_H
#define TALLY_PROTO_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "proto/sign.h"

#define HANDOVER_BYTES_MAX (1024u * 1024 * 1024)

struct handover_batch {
	uint64_t index, recv_us; /* as the receipt said */
	struct span batch;
};

/* Appends the beginning, then each batch; count of them must follow. note may
 * be empty. */
void handover_begin(const struct sign_key *key, uint32_t count,
		    struct span note, struct strbuf *out);
void handover_add(const struct handover_batch *batch, struct strbuf *out);

struct handover_reader {
	struct reader reader;
	struct sign_key key; /* whose it says it is */
	uint32_t left;
	struct span note; /* empty: none */
};

/* ERR_INVALID: it is no such file. Spans are those of bytes. */
int handover_open(struct span bytes, struct handover_reader *out,
		  struct err *err);
/* 1: *out is the next batch, 0: that was all; ERR_INVALID: cut off, or more
 * follows. */
int handover_next(struct handover_reader *reader, struct handover_batch *out,
		  struct err *err);

#endif
