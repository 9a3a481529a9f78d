/*
 * What people read, in English and in Chinese, from one table. Words are
 * those of the glossary (上报, 已送达, 退回). Texts are formats of printf; both
 * languages take the same arguments in the same order, which a test checks.
 */
#ifndef TALLY_AGENT_MESSAGES_H
#define TALLY_AGENT_MESSAGES_H

#include <stdio.h>

#include "agent/session.h"
#include "proto/verdict.h"

enum language { LANGUAGE_EN, LANGUAGE_ZH, LANGUAGE_COUNT };

enum message {
	MESSAGE_SAVED,
	MESSAGE_DELIVERED,
	MESSAGE_REFUSED,
	MESSAGE_QUEUED,
	MESSAGE_STUCK,
	MESSAGE_ALL_DELIVERED,
	MESSAGE_SOME_REFUSED,
	MESSAGE_NOT_ENROLLED,
	MESSAGE_ENROLLED,
	MESSAGE_ENROL_LATER,
	MESSAGE_ENROL_REFUSED,
	MESSAGE_DIR_TAKEN,
	MESSAGE_NEEDS_CLOCK,
	MESSAGE_TAKES_NO_CLOCK,
	MESSAGE_FOUNDED,
	MESSAGE_NO_RECOVERY,
	MESSAGE_ONE_ADMINISTRATOR,
	MESSAGE_LOCAL_DOUBT,
	MESSAGE_LOCAL_HOPELESS,
	MESSAGE_LOCAL_REFUSED,
	MESSAGE_LOCAL_SHAPE,
	MESSAGE_REFUSED_HERE,
	MESSAGE_FIELDS,
	MESSAGE_PERIODS,
	MESSAGE_COLUMN_MISSING,
	MESSAGE_COLUMN_TWICE,
	MESSAGE_COLUMN_UNKNOWN,
	MESSAGE_ROW_REFUSED,
	MESSAGE_IMPORT_NOTHING,
	MESSAGE_IMPORT_SAVED,
	MESSAGE_IMPORT_WOULD,
	MESSAGE_UNCHECKED,
	MESSAGE_NOT_RECEIVED,
	MESSAGE_REVIEW_WORDS,
	MESSAGE_REVIEW_COLUMN_UNKNOWN,
	MESSAGE_REVIEW_JUDGES,
	MESSAGE_REVIEW_BLANK,
	MESSAGE_REVIEW_MOVED_ON,
	MESSAGE_REVIEW_MEANWHILE,
	MESSAGE_REVIEW_TWICE,
	MESSAGE_REVIEW_NOTHING,
	MESSAGE_REVIEW_SAVED,
	MESSAGE_REVIEW_WOULD,
	MESSAGE_REVIEW_LEFT,
	MESSAGE_REVIEW_ALREADY,
	MESSAGE_REVIEW_UNSEEN,
	MESSAGE_REVIEW_LISTED,
	MESSAGE_REVIEW_NONE,
	MESSAGE_REVIEW_VERSION,
	MESSAGE_NOT_REFRESHED,
	MESSAGE_NOT_A_REVIEWER,
	MESSAGE_APPLY_GOOD,
	MESSAGE_APPLY_SAVED,
	MESSAGE_CODE,
	MESSAGE_UNIT_DOUBT,
	MESSAGE_CODE_FILE,
	MESSAGE_REVOKE_SAVED,
	MESSAGE_REVOKE_CODES,
	MESSAGE_SENDER_RUNS,
	MESSAGE_CONNECTION,
	MESSAGE_NO_SENDER,
	MESSAGE_COUNTS,
	MESSAGE_MORE,
	MESSAGE_TO_DO,
	MESSAGE_RETURNED,
	MESSAGE_RETURNED_BY,
	MESSAGE_NO_REASON,
	MESSAGE_RESEND,
	MESSAGE_RESEND_OVER,
	MESSAGE_IN_REVIEW,
	MESSAGE_JUDGED,
	MESSAGE_NOT_SHOWN,
	MESSAGE_DUE,
	MESSAGE_BY,
	MESSAGE_AT,
	MESSAGE_WAS,
	MESSAGE_STATE_SAVED,
	MESSAGE_STATE_SEALED,
	MESSAGE_STATE_DELIVERED,
	MESSAGE_STATE_REFUSED,
	MESSAGE_COUNT
};

/* "en", "zh", "zh_CN.UTF-8", ..; NULL: from the locale. English otherwise. */
enum language language_of(const char *name);

const char *message_text(enum language language, enum message message);
/* Prints the text with a line end; message_part without. */
void message_print(FILE *out, enum language language, enum message message,
		   ...);
void message_part(FILE *out, enum language language, enum message message, ...);

/* Where a session stands, and why there is none. */
const char *state_text(enum language language, enum session_state state);
const char *trouble_text(enum language language, enum session_trouble trouble,
			 unsigned nack_code);
const char *verdict_advice(enum language language, unsigned verdict);

#endif
