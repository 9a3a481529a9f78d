/*
 * A pool is a list of chunks of GMP rationals that are initialised once and
 * used again after a reset: an evaluation makes many short-lived numbers.
 */
#include "proto/figure/rational.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <gmp.h>

#define CHUNK_NUMBERS 256

struct rational {
	mpq_t q;
};

struct chunk {
	struct chunk *next;
	struct rational numbers[CHUNK_NUMBERS];
};

struct rationals {
	struct chunk *first;
	struct chunk *current;
	size_t used; /* of the current chunk */
	bool failed;
};

static struct chunk *chunk_new(void)
{
	struct chunk *chunk = malloc(sizeof(*chunk));

	if (!chunk)
		return NULL;
	chunk->next = NULL;
	for (size_t i = 0; i < CHUNK_NUMBERS; i++)
		mpq_init(chunk->numbers[i].q);
	return chunk;
}

struct rationals *rationals_new(void)
{
	struct rationals *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->first = chunk_new();
	if (!pool->first) {
		free(pool);
		return NULL;
	}
	pool->current = pool->first;
	return pool;
}

void rationals_free(struct rationals *pool)
{
	struct chunk *next;

	if (!pool)
		return;
	for (struct chunk *chunk = pool->first; chunk; chunk = next) {
		next = chunk->next;
		for (size_t i = 0; i < CHUNK_NUMBERS; i++)
			mpq_clear(chunk->numbers[i].q);
		free(chunk);
	}
	free(pool);
}

void rationals_reset(struct rationals *pool)
{
	pool->current = pool->first;
	pool->used = 0;
}

bool rationals_failed(const struct rationals *pool)
{
	return pool->failed;
}

/* A number to write to, its old value is garbage. */
static struct rational *take(struct rationals *pool)
{
	if (pool->used == CHUNK_NUMBERS) {
		if (!pool->current->next)
			pool->current->next = chunk_new();
		if (!pool->current->next) {
			pool->failed = true;
			return &pool->current->numbers[CHUNK_NUMBERS - 1];
		}
		pool->current = pool->current->next;
		pool->used = 0;
	}
	return &pool->current->numbers[pool->used++];
}

static void set_int128(mpz_t out, __int128 number)
{
	unsigned __int128 size = number < 0 ? -(unsigned __int128)number :
					      (unsigned __int128)number;
	uint64_t words[2] = { (uint64_t)(size >> 64), (uint64_t)size };

	mpz_import(out, 2, 1, sizeof(words[0]), 0, 0, words);
	if (number < 0)
		mpz_neg(out, out);
}

const struct rational *rational_of(struct rationals *pool, int64_t number)
{
	return rational_of_sum(pool, number, 0);
}

const struct rational *rational_of_decimal(struct rationals *pool,
					   struct decimal decimal)
{
	return rational_of_sum(pool, decimal.units, decimal.places);
}

const struct rational *rational_of_sum(struct rationals *pool, __int128 units,
				       unsigned places)
{
	struct rational *out = take(pool);

	set_int128(mpq_numref(out->q), units);
	mpz_ui_pow_ui(mpq_denref(out->q), 10, places);
	mpq_canonicalize(out->q);
	return out;
}

const struct rational *rational_of_quotient(struct rationals *pool,
					    int64_t dividend, int64_t divisor)
{
	struct rational *out = take(pool);

	assert(divisor != 0);
	set_int128(mpq_numref(out->q), dividend);
	set_int128(mpq_denref(out->q), divisor);
	mpq_canonicalize(out->q);
	return out;
}

const struct rational *rational_add(struct rationals *pool,
				    const struct rational *a,
				    const struct rational *b)
{
	struct rational *out = take(pool);

	mpq_add(out->q, a->q, b->q);
	return out;
}

const struct rational *rational_sub(struct rationals *pool,
				    const struct rational *a,
				    const struct rational *b)
{
	struct rational *out = take(pool);

	mpq_sub(out->q, a->q, b->q);
	return out;
}

const struct rational *rational_mul(struct rationals *pool,
				    const struct rational *a,
				    const struct rational *b)
{
	struct rational *out = take(pool);

	mpq_mul(out->q, a->q, b->q);
	return out;
}

const struct rational *rational_div(struct rationals *pool,
				    const struct rational *a,
				    const struct rational *b)
{
	struct rational *out = take(pool);

	assert(mpq_sgn(b->q) != 0);
	mpq_div(out->q, a->q, b->q);
	return out;
}

const struct rational *rational_abs(struct rationals *pool,
				    const struct rational *a)
{
	struct rational *out = take(pool);

	mpq_abs(out->q, a->q);
	return out;
}

int rational_compare(const struct rational *a, const struct rational *b)
{
	int order = mpq_cmp(a->q, b->q);

	return (order > 0) - (order < 0);
}

int rational_sign(const struct rational *a)
{
	return mpq_sgn(a->q);
}

/* |a| * 10^places, rounded half up, as digits in malloc'ed text. */
static char *rounded_digits(const struct rational *a, unsigned places)
{
	mpz_t number, divisor;
	char *digits;

	mpz_init(number);
	mpz_init(divisor);
	mpz_ui_pow_ui(number, 10, places);
	mpz_mul(number, number, mpq_numref(a->q));
	mpz_abs(number, number);
	mpz_mul_2exp(number, number, 1);
	mpz_add(number, number, mpq_denref(a->q));
	mpz_mul_2exp(divisor, mpq_denref(a->q), 1);
	mpz_fdiv_q(number, number, divisor);
	digits = mpz_get_str(NULL, 10, number);
	mpz_clear(number);
	mpz_clear(divisor);
	return digits;
}

const char *rational_text(const struct rational *a, unsigned places,
			  struct arena *arena)
{
	char *digits = rounded_digits(a, places);
	size_t len = digits ? strlen(digits) : 0;
	size_t whole = len > places ? len - places : 1;
	bool minus = mpq_sgn(a->q) < 0;
	char *text, *at;

	if (!digits)
		return NULL;
	minus = minus && strspn(digits, "0") < len;
	text = arena_alloc(arena, minus + whole + 1 + places + 1);
	if (text) {
		at = text;
		if (minus)
			*at++ = '-';
		for (size_t i = 0; i < whole + places; i++) {
			size_t missing =
				whole + places > len ? whole + places - len : 0;

			if (i == whole)
				*at++ = '.';
			*at++ = i < missing ? '0' : digits[i - missing];
		}
	}
	free(digits);
	return text;
}

const char *rational_text_short(const struct rational *a, unsigned places,
				struct arena *arena)
{
	const char *text = rational_text(a, places, arena);
	size_t len = text ? strlen(text) : 0;

	if (!text || !strchr(text, '.'))
		return text;
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	return arena_text(arena, text, len);
}
