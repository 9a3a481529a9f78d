/*
 * Redactions: which of the texts that verification found blotted out were to
 * be, by whom, when and why. What nobody redacted is damage.
 */
#ifndef TALLY_AUDIT_REDACTIONS_H
#define TALLY_AUDIT_REDACTIONS_H

#include "audit/verify.h"
#include "base/arena.h"
#include "base/err.h"
#include "store/redaction.h"

struct redacted {
	struct redaction redaction;
	const char *unit;   /* that its office sits in */
	const char *reason; /* empty: redacted too */
};

struct redactions {
	struct redacted *list; /* as verification found them */
	size_t count;
	int zone_minutes;
	struct arena arena;
};

/* Replays the journal, if anything is blotted out. ERR_CORRUPT: something that
 * nobody redacted; the verification says what. */
int redactions_find(struct verification *verification, const char *dir,
		    struct redactions *out, struct err *err);
void redactions_release(struct redactions *redactions);

#endif
