#include "proto/card.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define CARD_TITLE "tally-card/1"
#define CARD_BYTES_MAX 4096
#define CODE_PREFIX "tally1"
#define CODE_VERSION 1
#define CODE_RECOVERY 2 /* a recovery key's */
#define CHECK_BYTES 4
#define CODE_FIXED_BYTES                                                       \
	(2 + SIGN_KEY_BYTES + CURVE_KEY_BYTES + HASH_BYTES + CODE_SEED_BYTES + \
	 CHECK_BYTES)
#define CODE_BYTES_MAX (CODE_FIXED_BYTES + ENDPOINT_BYTES_MAX)

static const char base32_digits[] = "abcdefghijklmnopqrstuvwxyz234567";

/* ---- card ---- */

void card_print(const struct card *card, struct strbuf *out)
{
	size_t from = out->len;
	char hex[2 * HASH_BYTES + 1];
	struct hash hash;

	strbuf_addf(out, CARD_TITLE "\nendpoint %s\n", card->endpoint);
	bytes_to_hex(span_of(card->checkpoint_key.bytes, SIGN_KEY_BYTES), hex);
	strbuf_addf(out, "checkpoint %s\n", hex);
	bytes_to_hex(span_of(card->curve_key, CURVE_KEY_BYTES), hex);
	strbuf_addf(out, "curve %s\n", hex);
	if (out->failed)
		return;
	hash = hash_span(span_of(out->text + from, out->len - from));
	bytes_to_hex(span_of(hash.bytes, CHECK_BYTES), hex);
	strbuf_addf(out, "check %s\n", hex);
}

/* The next line without its end; blanks at the end of a line (a CR that a
 * mail program added) do not count. */
static struct span next_line(struct span *text)
{
	const uint8_t *end = text->len ? memchr(text->data, '\n', text->len) :
					 NULL;
	size_t len = end ? (size_t)(end - text->data) : text->len;
	struct span line = span_of(text->data, len);

	if (text->len) {
		size_t step = len + (end ? 1 : 0);

		*text = span_of(text->data + step, text->len - step);
	}
	while (line.len && strchr(" \t\r", line.data[line.len - 1]) &&
	       line.data[line.len - 1])
		line.len--;
	return line;
}

/* "word value": the value, or a message that names the line. */
static int line_value(struct span *text, const char *word, struct span *value,
		      struct err *err)
{
	struct span line = next_line(text);
	size_t len = strlen(word);

	if (line.len < len + 2 || memcmp(line.data, word, len) != 0 ||
	    line.data[len] != ' ')
		return err_set(err, ERR_INVALID,
			       "the card has no line \"%s ...\" where it "
			       "belongs; ask for the file again",
			       word);
	*value = span_of(line.data + len + 1, line.len - len - 1);
	return 0;
}

static int line_hex(struct span *text, const char *word, uint8_t *out,
		    size_t len, struct err *err)
{
	char hex[2 * HASH_BYTES + 1];
	struct span value = span_of_text("");
	int rc = line_value(text, word, &value, err);

	if (rc)
		return rc;
	if (value.len != 2 * len)
		return err_set(err, ERR_INVALID,
			       "the card's line \"%s\" is not %zu hex digits",
			       word, 2 * len);
	memcpy(hex, value.data, value.len);
	hex[value.len] = '\0';
	if (hex_to_bytes(hex, out, len))
		return err_set(err, ERR_INVALID,
			       "the card's line \"%s\" is not lower-case hex",
			       word);
	return 0;
}

int card_parse(struct span text, struct card *out, struct err *err)
{
	uint8_t check[CHECK_BYTES];
	struct card card = { 0 };
	struct strbuf again;
	struct span value = span_of_text("");
	char hex[2 * CHECK_BYTES + 1];
	int rc;

	if (text.len > CARD_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "a card is at most %d bytes",
			       CARD_BYTES_MAX);
	if (!span_equal(next_line(&text), span_of_text(CARD_TITLE)))
		return err_set(err, ERR_INVALID,
			       "not a card: the first line is not " CARD_TITLE);
	rc = line_value(&text, "endpoint", &value, err);
	if (rc)
		return rc;
	rc = endpoint_check(value, err);
	if (rc)
		return err_context(err, "the card's endpoint");
	memcpy(card.endpoint, value.data, value.len);
	rc = line_hex(&text, "checkpoint", card.checkpoint_key.bytes,
		      SIGN_KEY_BYTES, err);
	if (!rc)
		rc = line_hex(&text, "curve", card.curve_key, CURVE_KEY_BYTES,
			      err);
	if (!rc)
		rc = line_hex(&text, "check", check, CHECK_BYTES, err);
	if (rc)
		return rc;
	while (text.len)
		if (next_line(&text).len)
			return err_set(err, ERR_INVALID,
				       "the card has lines after its check");

	/* The check is over the lines as they are printed, so that line ends
	 * changed on the way do no harm. */
	strbuf_init(&again, 0);
	card_print(&card, &again);
	bytes_to_hex(span_of(check, CHECK_BYTES), hex);
	if (again.failed)
		rc = err_set(err, ERR_NOMEM, "no memory");
	else if (memcmp(again.text + again.len - sizeof(hex), hex,
			2 * CHECK_BYTES) != 0)
		rc = err_set(err, ERR_INVALID,
			     "the card was altered: its check does not match; "
			     "ask for the file again");
	else
		*out = card;
	strbuf_release(&again);
	return rc;
}

/* ---- code ---- */

static void base32_print(struct span bytes, struct strbuf *out)
{
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		bits = (bits << 8 | bytes.data[i]) & 0xffff;
		have += 8;
		while (have >= 5) {
			have -= 5;
			strbuf_add_char(out, base32_digits[bits >> have & 31]);
		}
	}
	if (have)
		strbuf_add_char(out, base32_digits[bits << (5 - have) & 31]);
}

/* The number of bytes, or -1 for what base32_print does not print. */
static int base32_parse(const char *text, uint8_t *out, size_t size)
{
	uint32_t bits = 0;
	size_t len = 0;
	int have = 0;

	for (; *text; text++) {
		const char *at = strchr(base32_digits, *text);

		if (!at)
			return -1;
		bits = (bits << 5 | (uint32_t)(at - base32_digits)) & 0xffff;
		have += 5;
		if (have < 8)
			continue;
		if (len == size)
			return -1;
		have -= 8;
		out[len++] = (uint8_t)(bits >> have);
	}
	if (have >= 5 || bits & ((1u << have) - 1))
		return -1;
	return (int)len;
}

void code_print(const struct code *code, struct strbuf *out)
{
	uint8_t bytes[CODE_BYTES_MAX];
	size_t endpoint_len = strlen(code->card.endpoint);
	struct writer writer;
	struct hash check;

	writer_init(&writer, bytes, sizeof(bytes));
	write_u8(&writer, code->recovery ? CODE_RECOVERY : CODE_VERSION);
	write_u8(&writer, (uint8_t)endpoint_len);
	write_bytes(&writer, code->card.endpoint, endpoint_len);
	write_bytes(&writer, code->card.checkpoint_key.bytes, SIGN_KEY_BYTES);
	write_bytes(&writer, code->card.curve_key, CURVE_KEY_BYTES);
	write_bytes(&writer, code->journal.bytes, HASH_BYTES);
	write_bytes(&writer, code->seed, CODE_SEED_BYTES);
	check = hash_span(span_of(bytes, writer.len));
	write_bytes(&writer, check.bytes, CHECK_BYTES);
	strbuf_add_text(out, CODE_PREFIX);
	base32_print(span_of(bytes, writer.len), out);
	sign_wipe(bytes, sizeof(bytes));
}

/* Copies without blanks and in lower case; false if it does not fit. */
static bool tidy(struct span text, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.data[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (!c || len + 1 == size)
			return false;
		out[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	out[len] = '\0';
	return true;
}

static int read_code(struct span bytes, struct code *out)
{
	struct code code = { 0 };
	struct span endpoint;
	struct reader reader;
	struct hash check;
	uint8_t version;
	int rc = ERR_INVALID;

	if (bytes.len < CODE_FIXED_BYTES)
		return ERR_INVALID;
	check = hash_span(span_of(bytes.data, bytes.len - CHECK_BYTES));
	if (memcmp(check.bytes, bytes.data + bytes.len - CHECK_BYTES,
		   CHECK_BYTES) != 0)
		return ERR_INVALID;
	reader_init(&reader, bytes);
	version = read_u8(&reader);
	if (version != CODE_VERSION && version != CODE_RECOVERY)
		return ERR_LIMIT;
	code.recovery = version == CODE_RECOVERY;
	endpoint = read_span(&reader, read_u8(&reader));
	read_copy(&reader, code.card.checkpoint_key.bytes, SIGN_KEY_BYTES);
	read_copy(&reader, code.card.curve_key, CURVE_KEY_BYTES);
	read_copy(&reader, code.journal.bytes, HASH_BYTES);
	read_copy(&reader, code.seed, CODE_SEED_BYTES);
	if (!reader.failed && reader_left(&reader) == CHECK_BYTES &&
	    !endpoint_check(endpoint, NULL)) {
		memcpy(code.card.endpoint, endpoint.data, endpoint.len);
		*out = code;
		rc = 0;
	}
	sign_wipe(&code, sizeof(code));
	return rc;
}

int code_parse(struct span text, struct code *out, struct err *err)
{
	char tidied[sizeof(CODE_PREFIX) + (CODE_BYTES_MAX * 8 + 4) / 5 + 1] =
		"";
	const size_t prefix = sizeof(CODE_PREFIX) - 1;
	uint8_t bytes[CODE_BYTES_MAX];
	int len = -1;
	int rc;

	if (!tidy(text, tidied, sizeof(tidied)) ||
	    strncmp(tidied, CODE_PREFIX, prefix) != 0) {
		rc = err_set(err, ERR_INVALID,
			     "not an enrolment code: it begins with "
			     "\"" CODE_PREFIX "\" and is one line");
		goto out;
	}
	len = base32_parse(tidied + prefix, bytes, sizeof(bytes));
	rc = len < 0 ? ERR_INVALID :
		       read_code(span_of(bytes, (size_t)len), out);
	if (rc == ERR_LIMIT)
		rc = err_set(err, ERR_INVALID,
			     "the enrolment code is of a newer version of "
			     "tally than this program");
	else if (rc)
		rc = err_set(err, ERR_INVALID,
			     "the enrolment code is mistyped or cut off: its "
			     "check does not match");
out:
	sign_wipe(tidied, sizeof(tidied));
	sign_wipe(bytes, sizeof(bytes));
	return rc;
}

void code_keys(const uint8_t seed[CODE_SEED_BYTES], struct sign_pair *sign,
	       struct curve_pair *curve)
{
	struct span parts[2] = { span_of_text("tally-code-sign/1"),
				 span_of(seed, CODE_SEED_BYTES) };
	struct hash secret = hash_parts(parts, 2);

	sign_pair_from_seed(secret.bytes, sign);
	parts[0] = span_of_text("tally-code-curve/1");
	secret = hash_parts(parts, 2);
	curve_pair_from_secret(secret.bytes, curve);
	sign_wipe(&secret, sizeof(secret));
}

void code_session_key(const struct code *code, struct curve_pair *out)
{
	struct sign_pair sign;

	code_keys(code->seed, &sign, out);
	if (code->recovery)
		(void)sign_pair_curve(&sign, out); /* of a seed it holds */
	sign_wipe(&sign, sizeof(sign));
}
