#include "store/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "proto/day.h"
#include "proto/verdict.h"

#define SECOND_US 1000000u
#define DAY_SECONDS 86400u

void say_moment(uint64_t us, int zone_minutes, char out[SAY_MOMENT_BYTES])
{
	char day[DAY_TEXT_BYTES];
	int32_t number = day_of_us(us, zone_minutes);
	uint64_t since = us - day_start_us(number, zone_minutes);
	unsigned seconds = (unsigned)(since / SECOND_US) % DAY_SECONDS;
	int minutes = abs(zone_minutes);

	day_print(number, day);
	(void)snprintf(
		out, SAY_MOMENT_BYTES, "%.10s %02u:%02u:%02u.%06u %c%02d:%02d",
		day, seconds / 3600, seconds / 60 % 60, seconds % 60,
		(unsigned)(since % SECOND_US), zone_minutes < 0 ? '-' : '+',
		minutes / 60 % 100, minutes % 60);
}

const char *say_in(enum lang lang, const char *english, const char *chinese)
{
	return lang == LANG_ZH ? chinese : english;
}

static const char *kind_name(enum statement_kind kind, enum lang lang)
{
	static const struct {
		const char *en, *zh;
	} names[] = {
		[SAID_FOUND] = { "found", "创立" },
		[SAID_GRANT] = { "grant", "授权" },
		[SAID_ENROL] = { "enrol", "登记" },
		[SAID_ROTATE] = { "rotate", "换钥" },
		[SAID_REVOKE] = { "revoke", "撤销密钥" },
		[SAID_RULES] = { "rules", "规则版本" },
		[SAID_COLLECTOR_KEYS] = { "collector-keys", "汇总中心密钥" },
		[SAID_CATALOGUE_PART] = { "catalogue-part", "目录分片" },
		[SAID_CATALOGUE_COMMIT] = { "catalogue-commit", "下达目录" },
		[SAID_REPORT] = { "report", "上报" },
		[SAID_REVIEW] = { "review", "审核" },
		[SAID_ADJUST] = { "adjust", "调整" },
		[SAID_REDACT] = { "redact", "遮盖" },
		[SAID_CLOSE] = { "close", "关闭" },
		[SAID_UNKNOWN] = { "unknown", "未知" },
	};

	if ((size_t)kind >= sizeof(names) / sizeof(names[0]) || !names[kind].en)
		kind = SAID_UNKNOWN;
	return say_in(lang, names[kind].en, names[kind].zh);
}

/* What it says of a figure; NULL: it says nothing of one. */
static const struct report *figure_of(const struct statement *said)
{
	if (said->kind == SAID_REPORT)
		return &said->said.report;
	if (said->kind == SAID_REVIEW)
		return &said->said.review;
	return said->kind == SAID_ADJUST ? &said->said.adjust : NULL;
}

static void add_plain(struct strbuf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		strbuf_add_char(out, text.data[i] < ' ' || text.data[i] == 127 ?
					     ' ' :
					     (char)text.data[i]);
}

static void add_word(struct strbuf *out, const char *before, struct span text)
{
	if (!text.len)
		return;
	strbuf_add_text(out, before);
	add_plain(out, text);
}

void say_statement(const struct statement *said, enum lang lang,
		   struct strbuf *out)
{
	const struct report *report = figure_of(said);
	const char *before = ": ";

	strbuf_add_text(out, kind_name(said->kind, lang));
	if (!report)
		return;
	add_word(out, " ", report->target);
	add_word(out, " ", report->unit);
	add_word(out, " ", report->period);
	add_word(out, " ", report->item);
	for (size_t i = 0; i < report->cell_count; i++) {
		strbuf_add_text(out, before);
		if (report->cells[i].field.len) {
			add_plain(out, report->cells[i].field);
			strbuf_add_char(out, '=');
		}
		add_plain(out, report->cells[i].value);
		before = ", ";
	}
	add_word(out, before, report->status);
}

/* ---- JSON ---- */

void say_text_json(struct strbuf *out, const char *name, struct span text)
{
	char *copy = malloc(text.len + 1);

	if (!copy) {
		out->failed = true;
		return;
	}
	if (text.len)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	json_put_text(out, name, copy);
	free(copy);
}

void say_hash_json(struct strbuf *out, const char *name,
		   const struct hash *hash)
{
	char hex[2 * HASH_BYTES + 1];

	hash_print(hash, hex);
	json_put_text(out, name, hex);
}

void say_u64_json(struct strbuf *out, const char *name, uint64_t number)
{
	json_put_number(out, name, (int64_t)number);
}

void say_statement_json(const struct statement *said, struct strbuf *out)
{
	const struct report *report = figure_of(said);

	json_put_text(out, "kind", kind_name(said->kind, LANG_EN));
	if (!report)
		return;
	say_text_json(out, "target", report->target);
	say_text_json(out, "unit", report->unit);
	say_text_json(out, "period", report->period);
	say_text_json(out, "item", report->item);
	json_put_object(out, "cells");
	for (size_t i = 0; i < report->cell_count; i++) {
		struct strbuf field;

		strbuf_init(&field, 0);
		add_plain(&field, report->cells[i].field);
		say_text_json(out, field.text, report->cells[i].value);
		strbuf_release(&field);
	}
	json_close(out);
	say_text_json(out, "status", report->status);
}

void say_found_json(const struct looked_up *found, uint32_t n, unsigned verdict,
		    struct strbuf *out)
{
	static const char *const texts[] = { "reason", "note", "text" };
	const struct batch *batch = &found->batch;
	char receipt[40];

	(void)snprintf(receipt, sizeof(receipt), "%" PRIu64 ".%u",
		       found->entry.index, n);
	json_open(out);
	json_put_text(out, "receipt", receipt);
	json_put_text(out, "verdict", verdict_name(verdict));
	say_u64_json(out, "received_us", found->entry.leaf.recv_us);
	say_u64_json(out, "sent_us", batch->header.sent_us);
	say_hash_json(out, "office", &batch->header.key);
	say_u64_json(out, "sequence", batch->header.sequence);
	say_hash_json(out, "hash", &batch->leaves[n]);
	say_statement_json(&found->said, out);
	for (size_t i = 0; i < 3 && !found->malformed; i++)
		say_text_json(out, texts[i],
			      wire_said_text(&batch->sealed[n], &found->said,
					     texts[i]));
}
