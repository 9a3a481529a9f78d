/*
 * Records of a register: what is said of an item, by whom, and to whom it is
 * credited. Section 6.3 of docs/figures.md, "Registers".
 */
#ifndef TALLY_PROTO_MEASURE_RECORD_H
#define TALLY_PROTO_MEASURE_RECORD_H

#include "proto/figure/measure_view.h"

struct record {
	struct span item; /* empty: the unit is the item */
	const struct item *listed;
	uint32_t governs; /* CATALOGUE_NONE: nothing was said */
	uint32_t credited;
	uint32_t claims;
	bool disputed;
	const struct value **values; /* by field of the register; NULL: none */
	uint32_t stage, grade;	     /* orders on the target's ladder */
	const struct value *date;    /* NULL: none */
};

/* As of which day, and whose claims count; CATALOGUE_NONE: everybody's. */
struct register_asked {
	int32_t day;
	enum counting counting;
	uint32_t only;
};

/* Sorts cells and listed items by item, once a subject. */
int record_prepare(struct subject *subject);
/* The records as of a day, by item; with listed items of which nothing was
 * said, without withdrawn ones. ERR_NOMEM. */
int record_list(const struct subject *subject, struct register_asked asked,
		struct arena *arena, struct record **out, size_t *count);

#endif
