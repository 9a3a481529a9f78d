#include "audit/reopenings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "proto/day.h"
#include "proto/lines.h"
#include "store/say.h"

void reopenings_release(struct reopenings *reopenings)
{
	for (size_t i = 0; i < reopenings->count; i++)
		free(reopenings->items[i].note);
	free(reopenings->items);
	*reopenings = (struct reopenings){ 0 };
}

int reopenings_add(struct reopenings *reopenings, struct span note,
		   struct err *err)
{
	struct reopened item = { .note = malloc(note.len + 1) };
	int rc;

	if (reopenings->count == reopenings->room) {
		size_t room = reopenings->room ? 2 * reopenings->room : 4;
		struct reopened *items =
			realloc(reopenings->items, room * sizeof(*items));

		if (items) {
			reopenings->items = items;
			reopenings->room = room;
		}
	}
	if (!item.note || reopenings->count == reopenings->room) {
		free(item.note);
		return err_set(err, ERR_NOMEM, "no memory");
	}
	memcpy(item.note, note.data, note.len);
	item.note[note.len] = '\0';
	rc = reopening_read(span_of(item.note, note.len), &item.said, err);
	if (rc) {
		free(item.note);
		return rc;
	}
	reopenings->items[reopenings->count++] = item;
	return 0;
}

int reopenings_explain(const struct reopenings *reopenings, uint64_t size,
		       const struct hash *root, bool *explained,
		       struct err *err)
{
	*explained = false;
	for (size_t i = 0; i < reopenings->count; i++) {
		const struct reopening *said = &reopenings->items[i].said;

		if (size <= said->kept || size > said->lost)
			continue;
		if (size == said->lost && !hash_equal(root, &said->lost_root))
			return err_set(err, ERR_CORRUPT,
				       "the office was shown another root at "
				       "size %" PRIu64
				       " than the reopening at entry %" PRIu64
				       " says was signed",
				       size, said->kept);
		*explained = true;
	}
	return 0;
}

static void add_span(struct strbuf *out, struct span text)
{
	strbuf_add(out, text.data, text.len);
}

void reopenings_print(const struct reopenings *reopenings, int zone_minutes,
		      enum lang lang, struct strbuf *out)
{
	for (size_t i = 0; i < reopenings->count; i++) {
		const struct reopening *said = &reopenings->items[i].said;
		struct span rest = said->more, line;
		int32_t day = day_of_us(said->at_us, zone_minutes);
		char text[DAY_TEXT_BYTES];

		day_print(day, text);
		strbuf_addf(out,
			    say_in(lang,
				   "REOPENED    at entry %" PRIu64
				   " on %s: of %" PRIu64
				   " signed entries %" PRIu64 " were kept\n"
				   "  by        ",
				   "重新开启    于第 %" PRIu64
				   " 条（%s）：已签名 %" PRIu64
				   " 条中保住 %" PRIu64 " 条\n"
				   "  经手      "),
			    said->kept, text, said->lost, said->kept);
		add_span(out, said->by);
		strbuf_add_text(
			out, say_in(lang, "\n  why       ", "\n  事由      "));
		add_span(out, said->why);
		strbuf_add_char(out, '\n');
		while (lines_next(&rest, &line)) {
			strbuf_add_text(out, "  ");
			add_span(out, line);
			strbuf_add_char(out, '\n');
		}
	}
}

static void add_json(struct strbuf *out, const char *name, struct span text)
{
	char copy[REOPENING_TEXT_BYTES_MAX + 1];
	size_t len = text.len < sizeof(copy) ? text.len : sizeof(copy) - 1;

	memcpy(copy, text.data, len);
	copy[len] = '\0';
	strbuf_addf(out, ",\"%s\":", name);
	print_json_text(out, copy);
}

void reopenings_print_json(const struct reopenings *reopenings,
			   struct strbuf *out)
{
	strbuf_add_text(out, ",\"reopened\":[");
	for (size_t i = 0; i < reopenings->count; i++) {
		const struct reopening *said = &reopenings->items[i].said;

		strbuf_addf(out,
			    "%s{\"entry\":%" PRIu64 ",\"kept\":%" PRIu64
			    ",\"lost\":%" PRIu64 ",\"at_us\":%" PRIu64,
			    i ? "," : "", said->kept, said->kept, said->lost,
			    said->at_us);
		add_json(out, "by", said->by);
		add_json(out, "why", said->why);
		strbuf_add_char(out, '}');
	}
	strbuf_add_char(out, ']');
}
