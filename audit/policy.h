/*
 * Whose signatures an auditor demands under the journal that was verified: the
 * collector's, by its card or a key that follows from it, and those of so many
 * of the witnesses that the auditor knows. What they signed must be this very
 * journal.
 */
#ifndef TALLY_AUDIT_POLICY_H
#define TALLY_AUDIT_POLICY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/verify.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proto/checkpoint.h"
#include "store/witnesses.h"

struct policy {
	const char *card;	/* NULL: the collector's is not looked at */
	const char *witnesses;	/* folder with the file; NULL: none */
	unsigned quorum;	/* of them, at least 1 */
	const char *checkpoint; /* NULL: the newest in dir that will do */
	const char *dir;
	/* what was found */
	struct checkpoint signed_one;
	struct witnesses known;
	uint32_t signers;
};

/* Is anything demanded? */
bool policy_demands(const struct policy *policy);
/* ERR_CORRUPT: what is demanded is not there, no checkpoint at all included;
 * ERR_NOTFOUND: nor the one that was named; ERR_INVALID: card or witnesses
 * cannot be used. */
int policy_check(struct policy *policy, const struct verification *v,
		 struct err *err);

void policy_print(const struct policy *policy, const struct verification *v,
		  struct strbuf *out);
/* ,"signed":{..} */
void policy_print_json(const struct policy *policy, struct strbuf *out);

#endif
