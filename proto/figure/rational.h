/*
 * Exact rational numbers of any size, for quotients, plans and gaps. The door
 * to GMP.
 *
 * Every number belongs to a pool and lives until the pool is reset or freed;
 * functions are pure, so formulas read as formulas. If memory runs out the
 * pool is sticky-failed: results are then meaningless, and the caller checks
 * rationals_failed once at the end.
 */
#ifndef TALLY_PROTO_RATIONAL_H
#define TALLY_PROTO_RATIONAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "proto/decimal.h"

struct rationals;
struct rational;

struct rationals *rationals_new(void); /* NULL: no memory */
void rationals_free(struct rationals *pool);
/* Forgets every number, keeps the memory. */
void rationals_reset(struct rationals *pool);
bool rationals_failed(const struct rationals *pool);

const struct rational *rational_of(struct rationals *pool, int64_t number);
const struct rational *rational_of_decimal(struct rationals *pool,
					   struct decimal decimal);
/* units / 10^places: a sum of decimals. */
const struct rational *rational_of_sum(struct rationals *pool, __int128 units,
				       unsigned places);
const struct rational *rational_of_quotient(struct rationals *pool,
					    int64_t dividend, int64_t divisor);

const struct rational *rational_add(struct rationals *pool,
				    const struct rational *a,
				    const struct rational *b);
const struct rational *rational_sub(struct rationals *pool,
				    const struct rational *a,
				    const struct rational *b);
const struct rational *rational_mul(struct rationals *pool,
				    const struct rational *a,
				    const struct rational *b);
/* b is not 0. */
const struct rational *rational_div(struct rationals *pool,
				    const struct rational *a,
				    const struct rational *b);
const struct rational *rational_abs(struct rationals *pool,
				    const struct rational *a);

/* -1, 0, 1. */
int rational_compare(const struct rational *a, const struct rational *b);
int rational_sign(const struct rational *a);

/* Text rounded to places, half away from zero; "-0" is "0". The short form
 * has no superfluous zeros after the point. In the arena; NULL: no memory. */
const char *rational_text(const struct rational *a, unsigned places,
			  struct arena *arena);
const char *rational_text_short(const struct rational *a, unsigned places,
				struct arena *arena);

#endif
