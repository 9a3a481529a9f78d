#include "agent/statement.h"

#include <string.h>

#include "proto/hash.h"
#include "proto/seal.h"
#include "proto/sign.h"

struct span statement_base(const uint8_t salt[SALT_BYTES])
{
	return span_of(salt, BASE_BYTES);
}

static int make_texts(struct statement *statement,
		      const struct said_text *texts, size_t count,
		      struct arena *arena, struct sealed *sealed,
		      struct err *err)
{
	struct text_hash *hashes =
		arena_array(arena, count + 1, sizeof(*hashes));
	struct text *said = arena_array(arena, count + 1, sizeof(*said));
	size_t used = 0;

	if (!hashes || !said)
		return err_set(err, ERR_NOMEM, "no memory for a statement");
	for (size_t i = 0; i < count; i++) {
		if (texts[i].text.len == 0)
			continue;
		if (texts[i].text.len > WIRE_TEXT_BYTES_MAX)
			return err_set(err, ERR_LIMIT,
				       "%s is longer than %d bytes",
				       texts[i].name, WIRE_TEXT_BYTES_MAX);
		random_bytes(said[used].salt, SALT_BYTES);
		said[used].text = texts[i].text;
		hashes[used].name = span_of_text(texts[i].name);
		hashes[used].hash = hash_text(said[used].salt, texts[i].text);
		used++;
	}
	statement->texts = hashes;
	statement->text_count = used;
	sealed->texts = said;
	sealed->text_count = used;
	return 0;
}

int statement_make(struct statement *statement, const struct said_text *texts,
		   size_t count, struct arena *arena, struct sealed *out,
		   struct err *err)
{
	struct sealed sealed;
	struct strbuf body;
	void *copy;
	int ret;

	salt_draw(sealed.salt);
	ret = make_texts(statement, texts, count, arena, &sealed, err);
	if (ret)
		return ret;
	strbuf_init(&body, WIRE_BATCH_BYTES_MAX);
	ret = wire_encode_statement(statement, &body, err);
	copy = ret ? NULL : arena_copy(arena, body.text, body.len);
	if (!ret && !copy)
		ret = err_set(err, ERR_NOMEM, "no memory for a statement");
	sealed.body = span_of(copy, body.len);
	strbuf_release(&body);
	if (!ret)
		*out = sealed;
	return ret;
}

void statement_place(enum statement_kind kind, const struct report *report,
		     struct strbuf *out)
{
	const struct span parts[] = { report->target, report->unit,
				      report->period, report->item,
				      kind == SAID_ADJUST ? report->status :
							    span_of(NULL, 0) };

	strbuf_clear(out);
	strbuf_addf(out, "%d", (int)kind);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		strbuf_add_char(out, '\n');
		strbuf_add(out, parts[i].data, parts[i].len);
	}
}
