/* Words of the figures' table, in Chinese and English. */
#ifndef TALLY_PROTO_WORDS_H
#define TALLY_PROTO_WORDS_H

#include <stdbool.h>

#include "base/err.h"
#include "proto/figure/measure.h"

enum lang { LANG_EN, LANG_ZH };

/* name: "zh" or "en"; NULL: what the locale's environment says. */
int lang_choose(const char *name, enum lang *out, struct err *err);

enum word {
	WORD_TARGET,
	WORD_NAME,
	WORD_VALUE,
	WORD_GOAL,
	WORD_PLAN,
	WORD_LIGHT,
	WORD_WHY,
	WORD_COVERAGE,
	WORD_CUTOFF,
	WORD_KNOWN_BY,
	WORD_SIMULATED,
	WORD_TRIED,
	WORD_RATE,
	WORD_GAP,
	WORD_RANK,
	WORD_UNIT_ID,
	WORD_UNIT,
	WORD_GOOD,
	WORD_ACCOUNTABLE,
	WORD_SHARE,
	WORD_DONE,
	WORD_ROWS,
	WORD_PERIOD,
	WORD_VALUE_THEN,
	WORD_KEPT,
	WORD_NOW,
	WORD_CHANGE,
	WORD_ADDED,
	WORD_REMOVED,
	WORD_CHANGED,
	WORD_OPEN_UNTIL,
	WORD_NOT_THERE,
	WORD_PENDING,
	WORD_RECEIPT,
	WORD_SUSPECT,
	WORD_WITHOUT,
	WORD_ADJUSTED,
	WORD_ADJUSTMENTS,
	WORD_COUNT
};

const char *word(enum word which, enum lang lang);
const char *word_light(enum light light, enum lang lang);
const char *word_why(enum why why, enum lang lang); /* "" for WHY_NONE */
/* Under a green light: behind the plan. */
const char *word_behind(enum lang lang);

#endif
