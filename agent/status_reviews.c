#include "agent/status_reviews.h"

#include <stdio.h>
#include <string.h>

#include "agent/describe.h"
#include "agent/review_word.h"
#include "proto/day.h"

/* ---- for people ---- */

struct showing {
	const struct reviews *reviews;
	const struct desk *desk;
	enum language language;
	int zone_minutes;
};

/* A Chinese colon before it is as wide as one and a blank. */
static void print_quoted(struct span text, bool blank)
{
	if (!text.len)
		return;
	(void)fputs(blank ? " “" : "“", stdout);
	text_print(stdout, text);
	(void)fputs("”", stdout);
}

static void print_figure(const struct showing *showing,
			 const struct reviewed *reviewed,
			 const struct cell_text *cells, size_t count)
{
	struct strbuf figure;

	strbuf_init(&figure, 0);
	review_figure(&figure, showing->language, showing->reviews->catalogue,
		      reviewed->target, cells, count);
	text_print(stdout, strbuf_span(&figure));
	strbuf_release(&figure);
}

/* "rural.roads 农村公路  baima 白马镇  2024M06 K12: 3" */
static void print_subject(const struct showing *showing,
			  const struct reviewed *reviewed, bool with_unit)
{
	const struct report *report = &reviewed->head.report;
	enum language language = showing->language;

	(void)printf("%s %s  ", reviewed->target->id,
		     review_target_name(language, reviewed->target));
	if (with_unit) {
		text_print(stdout, report->unit);
		(void)printf(" %s  ",
			     review_unit_name(language,
					      showing->reviews->catalogue,
					      reviewed->unit));
	}
	text_print(stdout, report->period);
	if (report->item.len) {
		(void)fputc(' ', stdout);
		text_print(stdout, report->item);
	}
	(void)fputs(language == LANGUAGE_ZH ? "：" : ":", stdout);
	if (report->cell_count && language != LANGUAGE_ZH)
		(void)fputc(' ', stdout);
	print_figure(showing, reviewed, report->cells, report->cell_count);
	print_quoted(reviewed->head.text,
		     report->cell_count || language != LANGUAGE_ZH);
}

static void print_moment(const struct showing *showing, uint64_t us)
{
	char moment[MOMENT_TEXT_BYTES];

	moment_print(us, showing->zone_minutes, moment);
	(void)printf("  %s  ", moment);
}

static bool has_units(const struct showing *showing)
{
	return showing->desk->kept.unit_count > 1;
}

static const char *unit_name(const struct showing *showing, struct span unit)
{
	const struct catalogue *catalogue = showing->reviews->catalogue;
	uint32_t number = intern_find(&catalogue->unit_ids, unit);

	return review_unit_name(showing->language, catalogue,
				number == INTERN_NONE ? CATALOGUE_NONE :
							number);
}

/* "hrss 人社局": who reviewed, or will. */
static void add_unit(struct strbuf *out, const struct showing *showing,
		     struct span unit)
{
	text_add(out, unit);
	strbuf_addf(out, " %s", unit_name(showing, unit));
}

static void print_unit(const struct showing *showing, enum message message,
		       struct span unit)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	add_unit(&text, showing, unit);
	message_part(stdout, showing->language, message, text.text);
	strbuf_release(&text);
}

static struct span lead_of(const struct showing *showing,
			   const struct reviewed *reviewed)
{
	uint32_t lead = reviewed->target->lead;

	if (lead == CATALOGUE_NONE)
		return span_of(NULL, 0);
	return span_of_text(showing->reviews->catalogue->units[lead].id);
}

/* Of a slice that did not say who it was: only the lead reviews. */
static struct span reviewer_of(const struct showing *showing,
			       const struct reviewed *reviewed)
{
	struct span unit = reviewed->head.review.unit;

	return unit.len ? unit : lead_of(showing, reviewed);
}

static void print_to_do(const struct showing *showing,
			const struct reviewed *reviewed)
{
	const struct head_before *before = &reviewed->head.before;
	struct span word = review_word_text(showing->language, before->status);
	struct strbuf figure;
	char day[DAY_TEXT_BYTES];

	print_moment(showing, reviewed->head.recv_us);
	print_subject(showing, reviewed, true);
	if (before->status.len) {
		strbuf_init(&figure, 0);
		review_figure(&figure, showing->language,
			      showing->reviews->catalogue, reviewed->target,
			      before->cells, before->cell_count);
		(void)fputs("  ", stdout);
		message_part(stdout, showing->language, MESSAGE_WAS,
			     figure.text, (int)word.len,
			     (const char *)word.data);
		strbuf_release(&figure);
	}
	day_print(reviewed->due, day);
	(void)fputs("  ", stdout);
	message_part(stdout, showing->language, MESSAGE_DUE, day);
	print_quoted(reviewed->head.reason, true);
	(void)fputc('\n', stdout);
}

/* What to type after "tally-agent report". */
static void add_resend(struct strbuf *out, const struct showing *showing,
		       const struct reviewed *reviewed)
{
	const struct report *report = &reviewed->head.report;
	bool chinese = showing->language == LANGUAGE_ZH;

	strbuf_addf(out, "%s ", reviewed->target->id);
	if (reviewed->target->kind == KIND_NARRATIVE)
		strbuf_add_text(out, chinese ? "--text 文字" : "--text TEXT");
	for (size_t i = 0; i < report->cell_count; i++) {
		struct span field = report->cells[i].field;

		if (i)
			strbuf_add_char(out, ' ');
		if (report->cell_count > 1 ||
		    review_names_field(reviewed->target, field))
			strbuf_addf(out, "%.*s=", (int)field.len,
				    (const char *)field.data);
		strbuf_add_text(out, chinese ? "数值" : "VALUE");
	}
	strbuf_addf(out, " --period %.*s", (int)report->period.len,
		    (const char *)report->period.data);
	if (has_units(showing))
		strbuf_addf(out, " --unit %.*s", (int)report->unit.len,
			    (const char *)report->unit.data);
	if (report->item.len)
		strbuf_addf(out, " --item \"%.*s\"", (int)report->item.len,
			    (const char *)report->item.data);
	strbuf_add_text(out, chinese ? " --reason 更正说明" : " --reason WHY");
}

static void print_what_to_do(const struct showing *showing,
			     const struct reviewed *reviewed)
{
	struct office *office = showing->desk->office;
	int32_t today =
		day_of_us(clock_now_us(&office->clock), showing->zone_minutes);
	char until[DAY_TEXT_BYTES];
	struct strbuf resend;

	day_print(reviewed->until, until);
	if (today > reviewed->until) {
		message_print(stdout, showing->language, MESSAGE_RESEND_OVER,
			      until);
		return;
	}
	strbuf_init(&resend, 0);
	add_resend(&resend, showing, reviewed);
	message_print(stdout, showing->language, MESSAGE_RESEND, until,
		      resend.text);
	strbuf_release(&resend);
}

static void print_returned(const struct showing *showing,
			   const struct reviewed *reviewed)
{
	const struct head_review *review = &reviewed->head.review;
	struct span unit = reviewer_of(showing, reviewed);
	char moment[MOMENT_TEXT_BYTES] = "";
	struct strbuf by;

	(void)fputs("  ", stdout);
	print_subject(showing, reviewed, has_units(showing));
	(void)fputc('\n', stdout);
	if (review->recv_us)
		moment_print(review->recv_us, showing->zone_minutes, moment);
	strbuf_init(&by, 0);
	add_unit(&by, showing, unit);
	message_part(stdout, showing->language, MESSAGE_RETURNED_BY, moment,
		     by.text);
	strbuf_release(&by);
	if (review->reason.len)
		text_print(stdout, review->reason);
	else
		message_part(stdout, showing->language, MESSAGE_NO_REASON);
	(void)fputc('\n', stdout);
	print_what_to_do(showing, reviewed);
}

static void print_waiting(const struct showing *showing,
			  const struct reviewed *reviewed)
{
	print_moment(showing, reviewed->head.recv_us);
	print_subject(showing, reviewed, has_units(showing));
	(void)fputs("  ", stdout);
	print_unit(showing, MESSAGE_AT, lead_of(showing, reviewed));
	(void)fputc('\n', stdout);
}

static void print_judged(const struct showing *showing,
			 const struct reviewed *reviewed)
{
	const struct head_review *review = &reviewed->head.review;
	struct span word = review_word_text(showing->language,
					    reviewed->head.report.status);

	if (review->recv_us)
		print_moment(showing, review->recv_us);
	text_print(stdout, word);
	(void)fputs("  ", stdout);
	print_subject(showing, reviewed, has_units(showing));
	(void)fputs("  ", stdout);
	print_unit(showing, MESSAGE_BY, reviewer_of(showing, reviewed));
	print_quoted(review->reason, true);
	(void)fputc('\n', stdout);
}

void status_reviews_print(const struct reviews *reviews,
			  const struct desk *desk, enum review_place place,
			  bool all)
{
	static const struct {
		enum message heading;
		void (*print)(const struct showing *showing,
			      const struct reviewed *reviewed);
		size_t most; /* without all */
		bool newest; /* of many these are shown */
	} places[REVIEW_PLACES] = {
		[REVIEW_TO_DO] = { MESSAGE_TO_DO, print_to_do, 20, false },
		[REVIEW_RETURNED] = { MESSAGE_RETURNED, print_returned, 20,
				      false },
		[REVIEW_WAITING] = { MESSAGE_IN_REVIEW, print_waiting, 20,
				     false },
		[REVIEW_JUDGED] = { MESSAGE_JUDGED, print_judged, 5, true },
	};
	const struct showing showing = {
		.reviews = reviews,
		.desk = desk,
		.language = desk->office->language,
		.zone_minutes = desk->office->zone_minutes,
	};
	const struct reviewed *list = reviews_of(reviews, place);
	size_t count = reviews->counts[place], shown = count;

	if (!count)
		return;
	if (!all && count > places[place].most)
		shown = places[place].most;
	if (places[place].newest)
		list += count - shown;
	message_print(stdout, showing.language, places[place].heading, count);
	for (size_t i = 0; i < shown; i++)
		places[place].print(&showing, &list[i]);
	if (shown < count)
		message_print(stdout, showing.language, MESSAGE_NOT_SHOWN,
			      count - shown);
}

/* ---- for programs ---- */

static const char *const place_names[REVIEW_PLACES] = {
	[REVIEW_TO_DO] = "to-review",
	[REVIEW_RETURNED] = "returned",
	[REVIEW_WAITING] = "in-review",
	[REVIEW_JUDGED] = "reviewed",
};

static void member(const char *name, struct span value)
{
	if (!value.len)
		return;
	(void)printf(", \"%s\": ", name);
	json_text(stdout, value);
}

static void moment_member(const char *name, uint64_t us, int zone_minutes)
{
	char moment[MOMENT_TEXT_BYTES];

	if (!us)
		return;
	moment_print(us, zone_minutes, moment);
	member(name, span_of_text(moment));
}

/* What a report called the only field, by its name as the collector does. */
static struct span field_name(const struct target *target, struct span field)
{
	for (size_t i = 0; !field.len && i < target->field_count; i++)
		if (target->fields[i].needed)
			return span_of_text(target->fields[i].id);
	return field;
}

static void cells_member(const char *name, const struct target *target,
			 const struct cell_text *cells, size_t count)
{
	if (!count)
		return;
	(void)printf(", \"%s\": {", name);
	for (size_t i = 0; i < count; i++) {
		if (i)
			(void)fputs(", ", stdout);
		json_text(stdout, field_name(target, cells[i].field));
		(void)fputs(": ", stdout);
		json_text(stdout, cells[i].value);
	}
	(void)fputc('}', stdout);
}

static void review_members(struct span status, const struct head_review *review,
			   int zone_minutes)
{
	member("status", status);
	member("by", review->unit);
	moment_member("reviewed", review->recv_us, zone_minutes);
	member("review_reason", review->reason);
}

static void print_json(const struct reviewed *reviewed, int zone_minutes)
{
	const struct head *head = &reviewed->head;
	const struct report *report = &head->report;
	char version[ENTRY_VERSION_BYTES], day[DAY_TEXT_BYTES];

	(void)printf("{\"kind\": \"%s\"", place_names[reviewed->place]);
	member("target", report->target);
	member("name", span_of_text(reviewed->target->name_zh));
	member("unit", report->unit);
	member("period", report->period);
	member("item", report->item);
	cells_member("cells", reviewed->target, report->cells,
		     report->cell_count);
	cells_member("last_period", reviewed->target, reviewed->last,
		     reviewed->last_count);
	member("text", head->text);
	member("reason", head->reason);
	moment_member("received", head->recv_us, zone_minutes);
	day_print(reviewed->due, day);
	member("due", span_of_text(day));
	entry_version(head->salt, version);
	member("version", span_of_text(version));
	review_members(report->status, &head->review, zone_minutes);
	if (reviewed->place == REVIEW_RETURNED) {
		day_print(reviewed->until, day);
		member("until", span_of_text(day));
	}
	if (head->before.status.len) {
		(void)fputs(", \"before\": {\"kind\": \"reviewed\"", stdout);
		cells_member("cells", reviewed->target, head->before.cells,
			     head->before.cell_count);
		review_members(head->before.status, &head->before.review,
			       zone_minutes);
		(void)fputc('}', stdout);
	}
	(void)fputs("}\n", stdout);
}

void status_reviews_json(const struct reviews *reviews, const struct desk *desk)
{
	for (size_t i = 0; i < reviews->count; i++)
		print_json(&reviews->list[i], desk->office->zone_minutes);
}

void status_reviews_counts(const struct reviews *reviews)
{
	(void)fputs("\"reviews\": {", stdout);
	for (size_t i = 0; i < REVIEW_PLACES; i++)
		(void)printf("%s\"%s\": %zu", i ? ", " : "", place_names[i],
			     reviews->counts[i]);
	(void)fputc('}', stdout);
}
