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

void say_duration(uint64_t us, enum lang lang, struct strbuf *out)
{
	static const struct {
		uint64_t seconds;
		const char *en, *zh;
	} parts[] = { { DAY_SECONDS, "days", "天" },
		      { 3600, "h", "小时" },
		      { 60, "min", "分" },
		      { 1, "s", "秒" } };
	uint64_t seconds = us / SECOND_US;
	size_t first = 0;

	while (first < 3 && seconds < parts[first].seconds)
		first++;
	for (size_t i = first; i < 4 && i < first + 2; i++) {
		uint64_t count = seconds / parts[i].seconds;

		seconds %= parts[i].seconds;
		if (!count && i > first)
			continue;
		strbuf_addf(out, "%s%" PRIu64 "%s%s",
			    i > first ? say_in(lang, " ", "") : "", count,
			    say_in(lang, " ", ""),
			    i == 0 && count == 1 ?
				    say_in(lang, "day", parts[i].zh) :
				    say_in(lang, parts[i].en, parts[i].zh));
	}
}

const char *say_in(enum lang lang, const char *english, const char *chinese)
{
	return lang == LANG_ZH ? chinese : english;
}

const char *say_kind(enum statement_kind kind, enum lang lang)
{
	static const struct {
		const char *en, *zh;
	} names[] = {
		[SAID_FOUND] = { "found", "创立" },
		[SAID_GRANT] = { "grant", "授权" },
		[SAID_ENROL] = { "enrol", "登记" },
		[SAID_ROTATE] = { "rotate", "更换密钥" },
		[SAID_REVOKE] = { "revoke", "撤销密钥" },
		[SAID_RULES] = { "rules", "规则版本" },
		[SAID_COLLECTOR_KEYS] = { "collector-keys", "汇总中心密钥" },
		[SAID_CATALOGUE_PART] = { "catalogue-part", "目录文件" },
		[SAID_CATALOGUE_COMMIT] = { "catalogue-commit", "下达目录" },
		[SAID_REPORT] = { "report", "填报" },
		[SAID_REVIEW] = { "review", "审核" },
		[SAID_ADJUST] = { "adjust", "调整" },
		[SAID_REDACT] = { "redact", "涂去文字" },
		[SAID_CLOSE] = { "close", "关闭" },
		[SAID_UNKNOWN] = { "unknown", "未知" },
	};

	if ((size_t)kind >= sizeof(names) / sizeof(names[0]) || !names[kind].en)
		kind = SAID_UNKNOWN;
	return say_in(lang, names[kind].en, names[kind].zh);
}

const struct report *say_report(const struct statement *said)
{
	if (said->kind == SAID_REPORT)
		return &said->said.report;
	if (said->kind == SAID_REVIEW)
		return &said->said.review;
	return said->kind == SAID_ADJUST ? &said->said.adjust : NULL;
}

void say_plain(struct strbuf *out, struct span text)
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
	say_plain(out, text);
}

/* Of what is about no figure. */
static void add_object(const struct statement *said, enum lang lang,
		       struct strbuf *out)
{
	char hex[2 * HASH_BYTES + 1];
	struct hash hash;

	if (said->kind == SAID_REDACT) {
		strbuf_addf(out, " %" PRIu64 ".%u ", said->said.redact.entry,
			    said->said.redact.n);
		say_plain(out, said->said.redact.text);
	}
	if (said->kind != SAID_REVOKE)
		return;
	/* As offices are named elsewhere. */
	hash = sign_key_hash(&said->said.revoke.key);
	hash_print(&hash, hex);
	strbuf_addf(out, " %s", hex);
	if (said->said.revoke.from_sequence)
		strbuf_addf(out,
			    say_in(lang, ", suspect from batch %" PRIu64,
				   "，自第 %" PRIu64 " 批起存疑"),
			    said->said.revoke.from_sequence);
}

struct span say_status(struct span status, enum lang lang)
{
	static const struct {
		const char *status, *zh;
	} words[] = {
		{ "approved", "通过" }, { "returned", "退回" },
		{ "done", "完成" },	{ "green", "绿灯" },
		{ "yellow", "黄灯" },	{ "red", "红灯" },
	};

	for (size_t i = 0;
	     lang == LANG_ZH && i < sizeof(words) / sizeof(*words); i++)
		if (span_equal(status, span_of_text(words[i].status)))
			return span_of_text(words[i].zh);
	return status;
}

void say_statement(const struct statement *said, enum lang lang,
		   struct strbuf *out)
{
	const struct report *report = say_report(said);
	const char *before = say_in(lang, ": ", "：");

	strbuf_add_text(out, say_kind(said->kind, lang));
	if (!report) {
		add_object(said, lang, out);
		return;
	}
	add_word(out, " ", report->target);
	add_word(out, " ", report->unit);
	add_word(out, " ", report->period);
	add_word(out, " ", report->item);
	for (size_t i = 0; i < report->cell_count; i++) {
		strbuf_add_text(out, before);
		if (report->cells[i].field.len) {
			say_plain(out, report->cells[i].field);
			strbuf_add_char(out, '=');
		}
		say_plain(out, report->cells[i].value);
		before = say_in(lang, ", ", "，");
	}
	add_word(out, before,
		 said->kind == SAID_REVIEW ? say_status(report->status, lang) :
					     report->status);
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

static void put_object(const struct statement *said, struct strbuf *out)
{
	char id[SAY_RECEIPT_BYTES];
	struct hash hash;

	if (said->kind == SAID_REDACT) {
		say_receipt_id(said->said.redact.entry, said->said.redact.n,
			       id);
		json_put_text(out, "redacts", id);
		say_text_json(out, "redacts_text", said->said.redact.text);
	}
	if (said->kind != SAID_REVOKE)
		return;
	hash = sign_key_hash(&said->said.revoke.key);
	say_hash_json(out, "revokes", &hash);
	say_u64_json(out, "suspect_from", said->said.revoke.from_sequence);
}

void say_statement_json(const struct statement *said, struct strbuf *out)
{
	const struct report *report = say_report(said);

	json_put_text(out, "kind", say_kind(said->kind, LANG_EN));
	if (!report) {
		put_object(said, out);
		return;
	}
	say_text_json(out, "target", report->target);
	say_text_json(out, "unit", report->unit);
	say_text_json(out, "period", report->period);
	say_text_json(out, "item", report->item);
	json_put_object(out, "cells");
	for (size_t i = 0; i < report->cell_count; i++) {
		struct strbuf field;

		strbuf_init(&field, 0);
		say_plain(&field, report->cells[i].field);
		say_text_json(out, field.text, report->cells[i].value);
		strbuf_release(&field);
	}
	json_close(out);
	say_text_json(out, "status", report->status);
}

/* ---- a statement and what became of it ---- */

static const char *const texts[] = { "reason", "note", "text" };
#define TEXT_COUNT (sizeof(texts) / sizeof(texts[0]))

const char *say_receipt_text(const struct say_receipt *receipt, size_t i,
			     struct span *out)
{
	*out = span_of(NULL, 0);
	if (i >= TEXT_COUNT)
		return NULL;
	if (receipt->said->kind &&
	    !(receipt->hidden & 1u << wire_text_number(span_of_text(texts[i]))))
		*out = wire_said_text(&receipt->batch->sealed[receipt->n],
				      receipt->said, texts[i]);
	return texts[i];
}

static void add_texts(const struct say_receipt *receipt, enum lang lang,
		      struct strbuf *out)
{
	static const char *const zh[TEXT_COUNT] = { "理由", "说明", "文字" };
	const char *colon = say_in(lang, ": ", "：");

	for (size_t i = 0; i < TEXT_COUNT; i++) {
		struct span text;

		(void)say_receipt_text(receipt, i, &text);
		if (receipt->hidden &
		    1u << wire_text_number(span_of_text(texts[i])))
			strbuf_addf(out, "  %s%s%s\n",
				    say_in(lang, texts[i], zh[i]), colon,
				    say_in(lang, "(redacted)", "（已涂去）"));
		if (!text.len)
			continue;
		strbuf_addf(out, "  %s%s", say_in(lang, texts[i], zh[i]),
			    colon);
		say_plain(out, text);
		strbuf_add_char(out, '\n');
	}
}

void say_receipt_id(uint64_t entry, uint32_t n, char out[SAY_RECEIPT_BYTES])
{
	(void)snprintf(out, SAY_RECEIPT_BYTES, "%" PRIu64 ".%u", entry, n);
}

void say_receipt(const struct say_receipt *receipt, int zone_minutes,
		 enum lang lang, struct strbuf *out)
{
	const struct batch *batch = receipt->batch;
	unsigned verdict = receipt->verdict;
	char received[SAY_MOMENT_BYTES], sent[SAY_MOMENT_BYTES];
	char office[2 * HASH_BYTES + 1], leaf[2 * HASH_BYTES + 1];

	say_moment(receipt->recv_us, zone_minutes, received);
	say_moment(batch->header.sent_us, zone_minutes, sent);
	hash_print(&batch->header.key, office);
	hash_print(&batch->leaves[receipt->n], leaf);
	strbuf_addf(out, "%" PRIu64 ".%u  ", receipt->entry, receipt->n);
	say_statement(receipt->said, lang, out);
	strbuf_addf(out, "\n  %s%s", say_in(lang, "verdict: ", "结论："),
		    verdict ? verdict_name(verdict) :
			      say_in(lang, "admitted", "已采纳"));
	if (verdict)
		strbuf_addf(out, "%s%s", say_in(lang, ". ", "。"),
			    say_in(lang, verdict_text_en(verdict),
				   verdict_text_zh(verdict)));
	strbuf_addf(out,
		    say_in(lang,
			   "\n  received: %s\n  sealed: %s, by the office's "
			   "clock\n  office: ",
			   "\n  收到：%s\n  封装：%s（单位时钟）\n  单位："),
		    received, sent);
	if (receipt->unit.len) {
		say_plain(out, receipt->unit);
		strbuf_add_text(out, say_in(lang, ", ", "，"));
	}
	strbuf_addf(out,
		    say_in(lang, "key %s, batch %" PRIu64 "\n  hash: %s\n",
			   "密钥 %s，第 %" PRIu64 " 批\n  哈希：%s\n"),
		    office, batch->header.sequence, leaf);
	add_texts(receipt, lang, out);
}

void say_receipt_json(const struct say_receipt *receipt, struct strbuf *out)
{
	const struct batch *batch = receipt->batch;
	char id[SAY_RECEIPT_BYTES];
	const char *name;

	say_receipt_id(receipt->entry, receipt->n, id);
	json_open(out);
	json_put_text(out, "receipt", id);
	json_put_text(out, "verdict", verdict_name(receipt->verdict));
	say_u64_json(out, "received_us", receipt->recv_us);
	say_u64_json(out, "sent_us", batch->header.sent_us);
	say_hash_json(out, "office", &batch->header.key);
	if (receipt->unit.len)
		say_text_json(out, "office_unit", receipt->unit);
	say_u64_json(out, "sequence", batch->header.sequence);
	say_hash_json(out, "hash", &batch->leaves[receipt->n]);
	say_statement_json(receipt->said, out);
	for (size_t i = 0; i < TEXT_COUNT && receipt->said->kind; i++) {
		struct span text;

		(void)say_receipt_text(receipt, i, &text);
		say_text_json(out, texts[i], text);
	}
	json_put_list(out, "redacted");
	for (unsigned i = 1; (name = wire_text_name(i)) != NULL; i++)
		if (receipt->hidden & 1u << i)
			json_add_text(out, name);
	json_close_list(out);
}
