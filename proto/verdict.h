/*
 * Verdicts: what became of a statement. Numbers and names are permanent: they
 * are in acknowledgements and in every store; docs/protocol.md lists them. The
 * order of checks is that of docs/figures.md, "Reports".
 */
#ifndef TALLY_PROTO_VERDICT_H
#define TALLY_PROTO_VERDICT_H

#include <stdint.h>

enum verdict {
	VERDICT_ADMITTED = 0,
	VERDICT_TOO_NEW = 1,
	VERDICT_NOT_YOUR_UNIT = 2,
	VERDICT_TARGET_UNKNOWN = 3,
	VERDICT_TARGET_TAKES_NO_REPORTS = 4,
	VERDICT_PERIOD_MALFORMED = 5,
	VERDICT_PERIOD_OUTSIDE_WINDOW = 6,
	VERDICT_UNIT_UNKNOWN = 7,
	VERDICT_NOTHING_TO_REVIEW = 8,
	VERDICT_NOT_IN_ROSTER = 9,
	VERDICT_PERIOD_FUTURE = 10,
	VERDICT_ITEM_MISSING = 11,
	VERDICT_ITEM_UNKNOWN = 12,
	VERDICT_ITEM_NOT_YOURS = 13,
	VERDICT_ITEM_UNEXPECTED = 14,
	VERDICT_FIELD_UNKNOWN = 15,
	VERDICT_VALUE_MALFORMED = 16,
	VERDICT_TOO_MANY_DECIMALS = 17,
	VERDICT_OVERFLOW = 18,
	VERDICT_STEP_UNKNOWN = 19,
	VERDICT_INCONSISTENT = 20,
	VERDICT_REASON_MISSING = 21,
	VERDICT_FIELD_MISSING = 22,
	VERDICT_NEGATIVE = 23,
	VERDICT_ABOVE_WHOLE = 24,
	VERDICT_PERIOD_CLOSED = 25,
	VERDICT_STALE = 26,
	/* statements other than reports and reviews */
	VERDICT_MALFORMED = 27,		/* body is not a statement */
	VERDICT_NOT_ALLOWED = 28,	/* role is missing */
	VERDICT_CATALOGUE_INVALID = 29, /* loader found errors, or parts lack */
	VERDICT_GRANT_UNKNOWN = 30,
	VERDICT_GRANT_USED = 31,
	VERDICT_GRANT_EXPIRED = 32,
	VERDICT_KEY_UNKNOWN = 33,
	VERDICT_KEY_TAKEN = 34,	 /* enrolled already */
	VERDICT_GOAL_FIXED = 35, /* a goal row whose window has begun */
	VERDICT_NOT_ADJUSTABLE = 36,
	VERDICT_NOTHING_TO_ADJUST = 37,
	VERDICT_NOTHING_TO_REDACT = 38,
	VERDICT_COUNT
};

/* Kebab-case name, "admitted" for 0; "unknown" above the table. */
const char *verdict_name(unsigned verdict);
/* What a person can do about it, in English and in Chinese. */
const char *verdict_text_en(unsigned verdict);
const char *verdict_text_zh(unsigned verdict);

#endif
