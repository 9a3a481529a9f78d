#include "agent/describe.h"

#include <string.h>

#include "agent/review_word.h"
#include "base/bytes.h"
#include "proto/day.h"
#include "store/say.h"

#define MINUTE_US 60000000ull

const char *statement_kind_name(enum statement_kind kind)
{
	static const char *const names[] = {
		[SAID_FOUND] = "found",
		[SAID_GRANT] = "grant",
		[SAID_ENROL] = "enrol",
		[SAID_ROTATE] = "rotate",
		[SAID_REVOKE] = "revoke",
		[SAID_RULES] = "rules",
		[SAID_COLLECTOR_KEYS] = "collector-keys",
		[SAID_CATALOGUE_PART] = "catalogue-part",
		[SAID_CATALOGUE_COMMIT] = "catalogue-commit",
		[SAID_REPORT] = "report",
		[SAID_REVIEW] = "review",
		[SAID_ADJUST] = "adjust",
		[SAID_REDACT] = "redact",
		[SAID_CLOSE] = "close",
		[SAID_UNKNOWN] = "unknown",
	};

	return names[kind];
}

/* As people read it; what only programs meet keeps its name. */
static const char *kind_text(enum language language, enum statement_kind kind)
{
	static const char *const texts[SAID_UNKNOWN + 1][LANGUAGE_COUNT] = {
		[SAID_FOUND] = { "founding", "创立" },
		[SAID_GRANT] = { "grant", "授权" },
		[SAID_ENROL] = { "enrolment", "登记" },
		[SAID_ROTATE] = { "new key", "更换密钥" },
		[SAID_REVOKE] = { "revocation", "撤销" },
		[SAID_COLLECTOR_KEYS] = { "collector's keys", "汇总中心公钥" },
		[SAID_CATALOGUE_PART] = { "catalogue file", "目录文件" },
		[SAID_CATALOGUE_COMMIT] = { "catalogue", "下达目录" },
		[SAID_REPORT] = { "report", "填报" },
		[SAID_REVIEW] = { "review", "审核" },
		[SAID_ADJUST] = { "adjustment", "调整" },
		[SAID_REDACT] = { "redaction", "涂去文字" },
		[SAID_UNKNOWN] = { "unknown", "无法识别" },
	};

	return texts[kind][language] ? texts[kind][language] :
				       statement_kind_name(kind);
}

/* ---- who may speak ---- */

static const char *const roles[ROLE_LAST + 1][LANGUAGE_COUNT] = {
	[ROLE_REPORTER] = { "reporter", "填报" },
	[ROLE_REVIEWER] = { "reviewer", "审核" },
	[ROLE_OFFICIAL] = { "official", "官方数据" },
	[ROLE_ADMIN] = { "admin", "管理员" },
	[ROLE_WITNESS] = { "witness", "见证" },
};

const char *role_name(enum role role)
{
	return roles[role][LANGUAGE_EN];
}

/* " baima longmen (reporter, reviewer)": units of a grant, and what they may
 * do. */
static void print_grant(FILE *out, enum language language,
			const struct grant *grant)
{
	bool chinese = language == LANGUAGE_ZH;
	const char *between = chinese ? "（" : " (";

	if (grant->unit.len) {
		(void)fputc(' ', out);
		text_print(out, grant->unit);
	}
	for (size_t i = 0; i < grant->unit_count; i++) {
		if (span_equal(grant->units[i], grant->unit))
			continue;
		(void)fputc(' ', out);
		text_print(out, grant->units[i]);
	}
	for (unsigned role = ROLE_REPORTER; role <= ROLE_LAST; role++) {
		if (!(grant->roles & (1u << role)))
			continue;
		(void)fprintf(out, "%s%s", between, roles[role][language]);
		between = chinese ? "、" : ", ";
	}
	(void)fputs(chinese ? "）" : ")", out);
}

static void print_key(FILE *out, const struct sign_key *key)
{
	char hex[2 * SIGN_KEY_BYTES + 1];

	bytes_to_hex(span_of(key->bytes, SIGN_KEY_BYTES), hex);
	(void)fprintf(out, " %s", hex);
}

void moment_print(uint64_t us, int zone_minutes, char out[MOMENT_TEXT_BYTES])
{
	char day[DAY_TEXT_BYTES];
	uint64_t minutes = us / MINUTE_US + 24 * 60;
	uint64_t of_day =
		(minutes + (uint64_t)(int64_t)zone_minutes) % (24 * 60);

	day_print(day_of_us(us, zone_minutes), day);
	(void)snprintf(out, MOMENT_TEXT_BYTES, "%.10s %02u:%02u", day,
		       (unsigned)(of_day / 60), (unsigned)(of_day % 60));
}

const char *item_state_name(const struct outbox_item *item)
{
	if (item->delivered)
		return item->verdict ? "refused" : "delivered";
	return item->sequence ? "sealed" : "waiting";
}

const char *item_state_text(enum language language,
			    const struct outbox_item *item)
{
	enum message message = item->sequence ? MESSAGE_STATE_SEALED :
						MESSAGE_STATE_SAVED;

	if (item->delivered)
		message = item->verdict ? MESSAGE_STATE_REFUSED :
					  MESSAGE_STATE_DELIVERED;
	return message_text(language, message);
}

static void print_span(FILE *out, struct span text)
{
	if (text.len)
		(void)fwrite(text.data, 1, text.len, out);
}

void text_add(struct strbuf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		/* U+0080 to U+009F are controls as well. */
		bool high = text.data[i] == 0xc2 && i + 1 < text.len &&
			    text.data[i + 1] < 0xa0;

		if (text.data[i] >= 0x20 && text.data[i] != 0x7f && !high) {
			strbuf_add_char(out, (char)text.data[i]);
			continue;
		}
		strbuf_add_char(out, ' ');
		i += high;
	}
}

void text_print(FILE *out, struct span text)
{
	struct strbuf clean;

	strbuf_init(&clean, 0);
	text_add(&clean, text);
	print_span(out, strbuf_span(&clean));
	strbuf_release(&clean);
}

void cells_text(struct strbuf *out, const struct cell_text *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			strbuf_add_char(out, ' ');
		strbuf_add(out, cells[i].field.data, cells[i].field.len);
		if (cells[i].field.len)
			strbuf_add_char(out, '=');
		strbuf_add(out, cells[i].value.data, cells[i].value.len);
	}
}

static void cells_print(FILE *out, const struct report *report)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	cells_text(&text, report->cells, report->cell_count);
	text_print(out, strbuf_span(&text));
	strbuf_release(&text);
}

static void print_redact(FILE *out, const struct redact *redact)
{
	(void)fprintf(out, " %llu.%u ", (unsigned long long)redact->entry,
		      redact->n);
	text_print(out, redact->text);
}

/* What a statement that is neither report nor review says. */
static void print_said(FILE *out, enum language language,
		       const struct statement *statement)
{
	bool chinese = language == LANGUAGE_ZH;

	switch (statement->kind) {
	case SAID_GRANT:
		print_grant(out, language, &statement->said.grant);
		break;
	case SAID_ENROL:
	case SAID_ROTATE:
		print_key(out, &statement->said.enrol.key);
		break;
	case SAID_REVOKE:
		print_key(out, &statement->said.revoke.key);
		if (statement->said.revoke.from_sequence > 1)
			(void)fprintf(out,
				      chinese ? "（自第 %llu 批起）" :
						" (from its batch %llu on)",
				      (unsigned long long)statement->said.revoke
					      .from_sequence);
		break;
	case SAID_REDACT:
		print_redact(out, &statement->said.redact);
		break;
	case SAID_CATALOGUE_PART:
		(void)fputc(' ', out);
		text_print(out, statement->said.part.file);
		(void)fprintf(out, chinese ? "（第 %u 份）" : " (part %u)",
			      statement->said.part.n + 1);
		break;
	case SAID_CATALOGUE_COMMIT:
		(void)fprintf(out, chinese ? "（%u 份）" : " (%u parts)",
			      statement->said.commit.parts);
		break;
	case SAID_FOUND:
		(void)fputc(' ', out);
		text_print(out, statement->said.found.name);
		break;
	case SAID_RULES:
	case SAID_COLLECTOR_KEYS:
	case SAID_REPORT:
	case SAID_REVIEW:
	case SAID_ADJUST:
	case SAID_CLOSE:
	case SAID_UNKNOWN:
		break;
	}
}

static void print_report(FILE *out, enum language language,
			 const struct report *report)
{
	(void)fputc(' ', out);
	print_span(out, report->target);
	(void)fputc(' ', out);
	print_span(out, report->unit);
	(void)fputc(' ', out);
	print_span(out, report->period);
	if (report->item.len) {
		(void)fputc(' ', out);
		print_span(out, report->item);
	}
	(void)fputs(language == LANGUAGE_ZH ? "：" : ": ", out);
	print_span(out, review_word_text(language, report->status));
	if (report->status.len && report->cell_count)
		(void)fputc(' ', out);
	cells_print(out, report);
}

/* A Chinese colon is as wide as one and a blank. */
static bool follows_colon(const struct office *office,
			  const struct report *report)
{
	return office->language == LANGUAGE_ZH && report &&
	       !report->status.len && !report->cell_count;
}

void item_print(FILE *out, const struct office *office,
		const struct outbox_item *item,
		const struct statement *statement)
{
	const struct report *report = say_report(statement);
	char moment[MOMENT_TEXT_BYTES];

	moment_print(item->saved_us, office->zone_minutes, moment);
	(void)fprintf(out, "%s  %s  %s", moment,
		      item_state_text(office->language, item),
		      kind_text(office->language, statement->kind));
	if (report)
		print_report(out, office->language, report);
	else
		print_said(out, office->language, statement);
	for (size_t i = 0; i < item->sealed.text_count; i++) {
		(void)fputs(i == 0 && follows_colon(office, report) ? "“" :
								      " “",
			    out);
		text_print(out, item->sealed.texts[i].text);
		(void)fputs("”", out);
	}
	if (item->delivered)
		(void)fprintf(out, "  [%llu.%u]",
			      (unsigned long long)item->index, item->n);
	if (item->delivered && item->verdict)
		(void)fprintf(out,
			      office->language == LANGUAGE_ZH ? "\n    %s：%s" :
								"\n    %s: %s",
			      verdict_name(item->verdict),
			      verdict_advice(office->language, item->verdict));
	(void)fputc('\n', out);
}

/* ---- JSON ---- */

/* Bytes of the UTF-8 character at text, 0 if it is none. */
static size_t character(struct span text)
{
	static const uint8_t least[] = { 0, 0, 0, 0xa0, 0x90 };
	uint8_t first = text.data[0];
	size_t len = first < 0x80 ? 1 :
		     first < 0xc2 ? 0 :
		     first < 0xe0 ? 2 :
		     first < 0xf0 ? 3 :
		     first < 0xf5 ? 4 :
				    0;

	if (len > text.len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((text.data[i] & 0xc0) != 0x80)
			return 0;
	/* overlong, surrogates, above U+10FFFF */
	if ((first == 0xe0 && text.data[1] < least[3]) ||
	    (first == 0xed && text.data[1] > 0x9f) ||
	    (first == 0xf0 && text.data[1] < least[4]) ||
	    (first == 0xf4 && text.data[1] > 0x8f))
		return 0;
	return len;
}

void json_text(FILE *out, struct span text)
{
	(void)fputc('"', out);
	while (text.len) {
		size_t len = character(text);

		if (len == 0)
			(void)fputc('?', out);
		else if (text.data[0] == '"' || text.data[0] == '\\')
			(void)fprintf(out, "\\%c", text.data[0]);
		else if (text.data[0] < 0x20)
			(void)fprintf(out, "\\u%04x", text.data[0]);
		else
			(void)fwrite(text.data, 1, len, out);
		len = len ? len : 1;
		text.data += len;
		text.len -= len;
	}
	(void)fputc('"', out);
}

static void json_member(FILE *out, const char *name, struct span value)
{
	(void)fprintf(out, ", \"%s\": ", name);
	json_text(out, value);
}

static void json_report(FILE *out, const struct report *report, bool adjust)
{
	json_member(out, "target", report->target);
	json_member(out, "unit", report->unit);
	json_member(out, "period", report->period);
	if (report->item.len)
		json_member(out, "item", report->item);
	if (report->status.len)
		json_member(out, adjust ? "name" : "status", report->status);
	if (report->cell_count == 0)
		return;
	(void)fprintf(out, ", \"%s\": {", adjust ? "amounts" : "cells");
	for (size_t i = 0; i < report->cell_count; i++) {
		if (i)
			(void)fputs(", ", out);
		json_text(out, report->cells[i].field);
		(void)fputs(": ", out);
		json_text(out, report->cells[i].value);
	}
	(void)fputc('}', out);
}

/* Which text is which stands in the body, in the same order. */
static void json_texts(FILE *out, const struct outbox_item *item,
		       const struct statement *statement)
{
	for (size_t i = 0; i < item->sealed.text_count; i++) {
		if (i >= statement->text_count)
			return;
		(void)fputs(", ", out);
		json_text(out, statement->texts[i].name);
		(void)fputs(": ", out);
		json_text(out, item->sealed.texts[i].text);
	}
}

void item_json(FILE *out, const struct office *office,
	       const struct outbox_item *item,
	       const struct statement *statement)
{
	const struct report *report = say_report(statement);
	char moment[MOMENT_TEXT_BYTES];

	(void)fprintf(out,
		      "{\"number\": %llu, \"state\": \"%s\", \"kind\": \"%s\"",
		      (unsigned long long)item->number, item_state_name(item),
		      statement_kind_name(statement->kind));
	if (report)
		json_report(out, report, statement->kind == SAID_ADJUST);
	if (statement->kind == SAID_REDACT) {
		(void)fprintf(out, ", \"statement\": \"%llu.%u\"",
			      (unsigned long long)statement->said.redact.entry,
			      statement->said.redact.n);
		json_member(out, "redacts", statement->said.redact.text);
	}
	json_texts(out, item, statement);
	moment_print(item->saved_us, office->zone_minutes, moment);
	(void)fprintf(out, ", \"saved\": \"%s\"", moment);
	if (item->sequence)
		(void)fprintf(out, ", \"sequence\": %llu",
			      (unsigned long long)item->sequence);
	if (item->delivered) {
		moment_print(item->recv_us, office->zone_minutes, moment);
		(void)fprintf(out,
			      ", \"receipt\": \"%llu.%u\", \"received\": "
			      "\"%s\", \"verdict\": \"%s\"",
			      (unsigned long long)item->index, item->n, moment,
			      verdict_name(item->verdict));
	}
	if (item->delivered && item->verdict)
		json_member(out, "why",
			    span_of_text(verdict_advice(office->language,
							item->verdict)));
	(void)fputs("}\n", out);
}
