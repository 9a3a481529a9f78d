/*
 * The chains of offices' batches: for each key, the names of its batches in
 * order. A batch belongs if it carries the next number and names the one
 * before it.
 */
#ifndef TALLY_AUDIT_CHAINS_H
#define TALLY_AUDIT_CHAINS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/intern.h"
#include "proto/seal.h"

struct chain;

struct chains {
	struct intern keys; /* key hash -> index of lists */
	struct chain *lists;
	size_t lists_size;
};

void chains_init(struct chains *chains);
void chains_release(struct chains *chains);

/* Appends a batch; ERR_ORDER says what does not fit. */
int chains_add(struct chains *chains, const struct seal_header *header,
	       const struct hash *name, struct err *err);

/* The name of a key's batch, NULL if the chain has no such number. */
const struct hash *chains_name(const struct chains *chains,
			       const struct hash *key, uint64_t sequence);
/* The name of a key's last batch, NULL if there is none. */
const struct hash *chains_head(const struct chains *chains,
			       const struct hash *key);

#endif
