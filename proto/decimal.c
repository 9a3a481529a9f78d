#include "proto/decimal.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define GROUP_DIGITS 3
#define QUOTED_BYTES_MAX 60

/* The number's characters as ASCII, whatever their width. */
struct plain {
	char text[64];
	size_t len;
};

static int64_t power_of_ten(uint8_t exponent)
{
	int64_t power = 1;

	assert(exponent <= DECIMAL_PLACES_MAX);
	while (exponent--)
		power *= 10;
	return power;
}

/*
 * Full-width forms U+FF01..U+FF5E stand at a fixed distance from ASCII; in
 * UTF-8 they are EF BC 81..EF BD 9E. Chinese input methods write them.
 */
static bool narrow(struct span text, struct plain *out)
{
	size_t i = 0;

	out->len = 0;
	while (i < text.len) {
		uint8_t c = text.data[i];

		if (out->len == sizeof(out->text))
			return false;
		if (c == 0xef && i + 2 < text.len && text.data[i + 1] == 0xbc) {
			c = (uint8_t)(text.data[i + 2] - 0x81 + '!');
			i += 3;
		} else {
			i++;
		}
		out->text[out->len++] = (char)c;
	}
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Removes thousands commas. False if one stands where none belongs: before
 * the first digit, after the point, or not at a group of three.
 */
static bool remove_commas(struct plain *plain)
{
	size_t start = plain->len && plain->text[0] == '-' ? 1 : 0;
	size_t end = start, out = start, group = 0;
	bool grouped = false;

	while (end < plain->len && plain->text[end] != '.' &&
	       plain->text[end] != '%')
		end++;
	for (size_t i = start; i < end; i++) {
		if (plain->text[i] != ',') {
			group++;
			plain->text[out++] = plain->text[i];
			continue;
		}
		if (!group || group > GROUP_DIGITS ||
		    (grouped && group != GROUP_DIGITS))
			return false;
		grouped = true;
		group = 0;
	}
	if (grouped && group != GROUP_DIGITS)
		return false;
	memmove(plain->text + out, plain->text + end, plain->len - end);
	plain->len -= end - out;
	return true;
}

static bool has_exponent(const struct plain *plain)
{
	for (size_t i = 1; i + 1 < plain->len; i++) {
		if ((plain->text[i] == 'e' || plain->text[i] == 'E') &&
		    is_digit(plain->text[i - 1]) &&
		    (plain->text[i + 1] == '+' || plain->text[i + 1] == '-' ||
		     is_digit(plain->text[i + 1])))
			return true;
	}
	return false;
}

static int not_a_number(struct span text, struct err *err)
{
	size_t shown = text.len < QUOTED_BYTES_MAX ? text.len :
						     QUOTED_BYTES_MAX;

	return err_set(err, ERR_INVALID,
		       "'%.*s' is not a number; write digits, for example "
		       "5800 or 21.22",
		       (int)shown, (const char *)text.data);
}

/* A number as it is written. */
struct written {
	bool minus;
	size_t digits, places; /* before the point, after it */
	size_t zeros;	       /* at the end of those after it */
	__int128 units;	       /* of all digits, if they are not too many */
};

/* Digits at *at into the units while there are at most max; their count. */
static size_t take_digits(const struct plain *plain, size_t *at, size_t max,
			  struct written *out)
{
	size_t count = 0;

	out->zeros = 0;
	while (*at < plain->len && is_digit(plain->text[*at])) {
		int digit = plain->text[*at] - '0';

		if (count < max)
			out->units = out->units * 10 + digit;
		out->zeros = digit ? 0 : out->zeros + 1;
		(*at)++;
		count++;
	}
	return count;
}

/* The grammar alone: how many digits fit is the caller's. */
static int read_written(struct span text, struct written *out, struct err *err)
{
	struct plain plain;
	size_t at = 0;

	*out = (struct written){ 0 };
	if (!narrow(text, &plain))
		return not_a_number(text, err);
	if (has_exponent(&plain))
		return err_set(err, ERR_INVALID,
			       "'%.*s' is how Excel shows a long number or a "
			       "code; set the cells to text and enter all the "
			       "digits again",
			       (int)plain.len, plain.text);
	if (!remove_commas(&plain))
		return not_a_number(text, err);
	if (plain.len && plain.text[0] == '-') {
		out->minus = true;
		at = 1;
	}
	out->digits = take_digits(&plain, &at, DECIMAL_DIGITS_MAX, out);
	out->zeros = 0;
	if (at < plain.len && plain.text[at] == '.') {
		at++;
		out->places = take_digits(&plain, &at, DECIMAL_PLACES_MAX, out);
		if (!out->places)
			return not_a_number(text, err);
	}
	if (at < plain.len && plain.text[at] == '%')
		at++;
	if (!out->digits || at != plain.len)
		return not_a_number(text, err);
	return 0;
}

/* False: does not fit. */
static bool put_units(const struct written *written, __int128 units,
		      size_t places, struct decimal *out)
{
	if (written->minus)
		units = -units;
	if (units < INT64_MIN || units > INT64_MAX)
		return false;
	*out = (struct decimal){ (int64_t)units, (uint8_t)places };
	return true;
}

int decimal_parse(struct span text, struct decimal *out, struct err *err)
{
	struct written written;
	int rc = read_written(text, &written, err);

	if (rc)
		return rc;
	if (written.digits > DECIMAL_DIGITS_MAX)
		return err_set(err, ERR_OVERFLOW,
			       "the number has %zu digits before the point, at "
			       "most %d fit",
			       written.digits, DECIMAL_DIGITS_MAX);
	if (written.places > DECIMAL_PLACES_MAX)
		return err_set(err, ERR_LIMIT,
			       "the number has %zu digits after the point, at "
			       "most %d are allowed",
			       written.places, DECIMAL_PLACES_MAX);
	if (!put_units(&written, written.units, written.places, out))
		return err_set(err, ERR_OVERFLOW,
			       "the number has too many digits to be exact; "
			       "write fewer after the point");
	return 0;
}

int decimal_parse_at(struct span text, uint8_t places, struct decimal *out)
{
	struct written written;
	__int128 units;

	assert(places <= DECIMAL_PLACES_MAX);
	if (read_written(text, &written, NULL))
		return ERR_INVALID;
	if (written.places > DECIMAL_PLACES_MAX ||
	    written.places - written.zeros > places)
		return ERR_LIMIT;
	if (written.digits > DECIMAL_DIGITS_MAX)
		return ERR_OVERFLOW;
	units = written.units;
	if (written.places > places)
		units /= power_of_ten((uint8_t)(written.places - places));
	else
		units *= power_of_ten((uint8_t)(places - written.places));
	return put_units(&written, units, places, out) ? 0 : ERR_OVERFLOW;
}

int decimal_rescale(struct decimal value, uint8_t places, struct decimal *out)
{
	int64_t units = value.units;

	assert(value.places <= DECIMAL_PLACES_MAX);
	if (places > DECIMAL_PLACES_MAX)
		return ERR_LIMIT;
	if (places >= value.places) {
		if (__builtin_mul_overflow(
			    units,
			    power_of_ten((uint8_t)(places - value.places)),
			    &units))
			return ERR_OVERFLOW;
	} else {
		int64_t power = power_of_ten((uint8_t)(value.places - places));

		if (units % power)
			return ERR_LIMIT;
		units /= power;
	}
	*out = (struct decimal){ units, places };
	return 0;
}

void decimal_print(struct decimal value, char out[DECIMAL_TEXT_BYTES])
{
	char digits[DECIMAL_TEXT_BYTES]; /* the last one first */
	size_t count = 0;
	uint64_t units;

	while (value.places && value.units % 10 == 0) {
		value.units /= 10;
		value.places--;
	}
	units = value.units < 0 ? -(uint64_t)value.units :
				  (uint64_t)value.units;
	for (size_t place = 0; units || place <= value.places; place++) {
		if (place && place == value.places)
			digits[count++] = '.';
		digits[count++] = (char)('0' + units % 10);
		units /= 10;
	}
	if (value.units < 0)
		*out++ = '-';
	while (count)
		*out++ = digits[--count];
	*out = '\0';
}

int decimal_compare(struct decimal a, struct decimal b)
{
	__int128 left = (__int128)a.units * power_of_ten(b.places);
	__int128 right = (__int128)b.units * power_of_ten(a.places);

	return left < right ? -1 : left > right;
}

int decimal_sum(__int128 *sum, __int128 units)
{
	__int128 result;

	if (__builtin_add_overflow(*sum, units, &result))
		return ERR_OVERFLOW;
	*sum = result;
	return 0;
}
