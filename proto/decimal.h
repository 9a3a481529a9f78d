/*
 * Exact decimals: an integer and how many of its digits stand after the
 * point. No binary floating point anywhere.
 */
#ifndef TALLY_PROTO_DECIMAL_H
#define TALLY_PROTO_DECIMAL_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define DECIMAL_DIGITS_MAX 15 /* before the point */
#define DECIMAL_PLACES_MAX 9  /* after it */
#define DECIMAL_TEXT_BYTES 32

struct decimal {
	int64_t units;	/* value = units / 10^places */
	uint8_t places; /* 0..DECIMAL_PLACES_MAX */
};

/*
 * The grammar of docs/figures.md, "Cells": thousands commas, full-width
 * digits and a trailing % are understood; an exponent is explained. The result
 * keeps the places as written, trailing zeros included.
 * ERR_INVALID: not a number; ERR_LIMIT: too many digits after the point;
 * ERR_OVERFLOW: does not fit.
 */
int decimal_parse(struct span text, struct decimal *out, struct err *err);

/*
 * The same grammar, of a field that keeps so many places: zeros at the end of
 * the decimals do not count. ERR_INVALID, ERR_LIMIT as above and where the
 * field keeps fewer, ERR_OVERFLOW, in this order.
 */
int decimal_parse_at(struct span text, uint8_t places, struct decimal *out);

/* The same value with this many places. ERR_LIMIT if digits other than zero
 * would be lost, ERR_OVERFLOW if it does not fit. */
int decimal_rescale(struct decimal value, uint8_t places, struct decimal *out);

/* Canonical text: no "+", no superfluous zeros, "-0" is "0". */
void decimal_print(struct decimal value, char out[DECIMAL_TEXT_BYTES]);

/* -1, 0, 1; exact whatever the places. */
int decimal_compare(struct decimal a, struct decimal b);

/* *sum += units, both at the same places. ERR_OVERFLOW, *sum untouched. */
int decimal_sum(__int128 *sum, __int128 units);

#endif
