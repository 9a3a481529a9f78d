#include "agent/review_sheet.h"

#include <stdio.h>
#include <string.h>

#include "agent/deliver.h"
#include "agent/describe.h"
#include "agent/review_word.h"
#include "agent/sheet.h"
#include "proto/day.h"

/* The first that are needed, in the order in which they are written. */
enum column {
	COLUMN_TARGET,
	COLUMN_UNIT,
	COLUMN_PERIOD,
	COLUMN_REVIEW,
	COLUMN_REASON,
	COLUMN_ITEM,
	COLUMN_VERSION,
	/* for the reviewer to read */
	COLUMN_NAME,
	COLUMN_UNIT_NAME,
	COLUMN_REPORTED,
	COLUMN_LAST,
	COLUMN_BEFORE,
	COLUMN_TEXT,
	COLUMN_REPORT_REASON,
	COLUMN_RECEIVED,
	COLUMN_DUE,
	COLUMN_COUNT
};
#define COLUMNS_NEEDED (COLUMN_REVIEW + 1)

static const char *const column_names[COLUMN_COUNT] = {
	[COLUMN_TARGET] = "target",
	[COLUMN_UNIT] = "unit",
	[COLUMN_PERIOD] = "period",
	[COLUMN_REVIEW] = "review",
	[COLUMN_REASON] = "reason",
	[COLUMN_ITEM] = "item",
	[COLUMN_VERSION] = "version",
	[COLUMN_NAME] = "name",
	[COLUMN_UNIT_NAME] = "unit_name",
	[COLUMN_REPORTED] = "reported",
	[COLUMN_LAST] = "last_period",
	[COLUMN_BEFORE] = "judged_before",
	[COLUMN_TEXT] = "text",
	[COLUMN_REPORT_REASON] = "report_reason",
	[COLUMN_RECEIVED] = "received",
	[COLUMN_DUE] = "due",
};

/* What stands under the names; the first begins with # in the file. */
static const char *const headings[COLUMN_COUNT][LANGUAGE_COUNT] = {
	[COLUMN_TARGET] = { "target's id", "目标编号" },
	[COLUMN_UNIT] = { "unit's id", "单位编号" },
	[COLUMN_PERIOD] = { "period", "期别" },
	[COLUMN_REVIEW] = { "to fill in: approve or return; for a narrative "
			    "done, green, yellow, red or return",
			    "审核（填：通过、退回；叙述类填：完成、绿灯、黄灯、"
			    "红灯、退回）" },
	[COLUMN_REASON] = { "to fill in: why, needed for a return",
			    "审核意见（退回必填）" },
	[COLUMN_ITEM] = { "item", "项目" },
	[COLUMN_VERSION] = { "version: leave it", "版本（请勿改动）" },
	[COLUMN_NAME] = { "target", "目标" },
	[COLUMN_UNIT_NAME] = { "unit", "单位" },
	[COLUMN_REPORTED] = { "reported", "本期填报" },
	[COLUMN_LAST] = { "last period", "上期" },
	[COLUMN_BEFORE] = { "judged before", "上次审核" },
	[COLUMN_TEXT] = { "text", "文字" },
	[COLUMN_REPORT_REASON] = { "the unit's reason", "填报说明" },
	[COLUMN_RECEIVED] = { "received", "收到" },
	[COLUMN_DUE] = { "was due", "应报日" },
};

/* As a person reads it from left to right. */
static const enum column order[COLUMN_COUNT] = {
	COLUMN_TARGET, COLUMN_NAME,   COLUMN_UNIT,	    COLUMN_UNIT_NAME,
	COLUMN_PERIOD, COLUMN_ITEM,   COLUMN_REPORTED,	    COLUMN_LAST,
	COLUMN_BEFORE, COLUMN_TEXT,   COLUMN_REPORT_REASON, COLUMN_RECEIVED,
	COLUMN_DUE,    COLUMN_REVIEW, COLUMN_REASON,	    COLUMN_VERSION,
};

/* ---- writing ---- */

struct listing {
	const struct reviews *reviews;
	enum language language;
	int zone_minutes;
};

static void add_text(struct strbuf *out, const char *text)
{
	strbuf_add_text(out, text);
}

static void add_span(struct strbuf *out, struct span text)
{
	strbuf_add(out, text.data, text.len);
}

/* "2 (returned: no photographs)" */
static void add_before(struct strbuf *out, const struct listing *listing,
		       const struct reviewed *reviewed)
{
	const struct head_before *before = &reviewed->head.before;
	bool chinese = listing->language == LANGUAGE_ZH;

	if (!before->status.len)
		return;
	review_figure(out, listing->language, listing->reviews->catalogue,
		      reviewed->target, before->cells, before->cell_count);
	add_text(out, chinese ? "（" : out->len ? " (" : "(");
	add_span(out, review_word_text(listing->language, before->status));
	if (before->review.reason.len)
		add_text(out, chinese ? "：" : ": ");
	add_span(out, before->review.reason);
	add_text(out, chinese ? "）" : ")");
}

static void add_moment(struct strbuf *out, uint64_t us, int zone_minutes)
{
	char text[MOMENT_TEXT_BYTES];

	moment_print(us, zone_minutes, text);
	add_text(out, text);
}

static void fill_cell(struct strbuf *out, const struct listing *listing,
		      const struct reviewed *reviewed, enum column column)
{
	const struct catalogue *catalogue = listing->reviews->catalogue;
	const struct report *report = &reviewed->head.report;
	char version[ENTRY_VERSION_BYTES], day[DAY_TEXT_BYTES];

	switch (column) {
	case COLUMN_TARGET:
		add_span(out, report->target);
		break;
	case COLUMN_UNIT:
		add_span(out, report->unit);
		break;
	case COLUMN_PERIOD:
		add_span(out, report->period);
		break;
	case COLUMN_REVIEW:
	case COLUMN_REASON:
		break; /* the reviewer's */
	case COLUMN_ITEM:
		add_span(out, report->item);
		break;
	case COLUMN_VERSION:
		entry_version(reviewed->head.salt, version);
		add_text(out, version);
		break;
	case COLUMN_NAME:
		add_text(out, review_target_name(listing->language,
						 reviewed->target));
		break;
	case COLUMN_UNIT_NAME:
		add_text(out, review_unit_name(listing->language, catalogue,
					       reviewed->unit));
		break;
	case COLUMN_REPORTED:
		review_figure(out, listing->language, catalogue,
			      reviewed->target, report->cells,
			      report->cell_count);
		break;
	case COLUMN_LAST:
		review_figure(out, listing->language, catalogue,
			      reviewed->target, reviewed->last,
			      reviewed->last_count);
		break;
	case COLUMN_BEFORE:
		add_before(out, listing, reviewed);
		break;
	case COLUMN_TEXT:
		add_span(out, reviewed->head.text);
		break;
	case COLUMN_REPORT_REASON:
		add_span(out, reviewed->head.reason);
		break;
	case COLUMN_RECEIVED:
		add_moment(out, reviewed->head.recv_us, listing->zone_minutes);
		break;
	case COLUMN_DUE:
		day_print(reviewed->due, day);
		add_text(out, day);
		break;
	case COLUMN_COUNT:
		break;
	}
}

static void end_cell(struct strbuf *out, size_t column)
{
	add_text(out, column + 1 < COLUMN_COUNT ? "," : "\r\n");
}

void review_sheet_write(struct strbuf *out, const struct reviews *reviews,
			enum language language, int zone_minutes)
{
	const struct listing listing = { reviews, language, zone_minutes };
	const struct reviewed *list = reviews_of(reviews, REVIEW_TO_DO);
	struct strbuf cell;

	/* Without the mark Excel takes it for the system's code page. */
	add_text(out, "\xef\xbb\xbf");
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		add_text(out, column_names[order[i]]);
		end_cell(out, i);
	}
	add_text(out, "#");
	strbuf_init(&cell, 0);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		csv_write_cell(out, span_of_text(headings[order[i]][language]));
		end_cell(out, i);
	}
	for (size_t row = 0; row < reviews->counts[REVIEW_TO_DO]; row++)
		for (size_t i = 0; i < COLUMN_COUNT; i++) {
			strbuf_clear(&cell);
			fill_cell(&cell, &listing, &list[row], order[i]);
			csv_write_guarded(out, strbuf_span(&cell));
			end_cell(out, i);
		}
	out->failed = out->failed || cell.failed;
	strbuf_release(&cell);
}

/* ---- giving it back ---- */

static const struct sheet_words review_words = {
	.nothing = MESSAGE_REVIEW_NOTHING,
	.saved = MESSAGE_REVIEW_SAVED,
	.would = MESSAGE_REVIEW_WOULD,
};

struct giving {
	struct sheet sheet;
	struct desk desk;
	uint32_t *first_rows; /* by the cells' numbers: 0, not judged yet */
	size_t left, already, unseen;
};

static void read_row(struct giving *giving, const struct csv_row *row)
{
	struct sheet *sheet = &giving->sheet;
	struct entry *entry = &sheet->entries[sheet->count];
	struct report *report = &entry->report;

	entry->row = row->number;
	entry->review = true;
	report->target = sheet_cell(sheet, row, COLUMN_TARGET);
	report->unit = sheet_cell(sheet, row, COLUMN_UNIT);
	report->period = sheet_cell(sheet, row, COLUMN_PERIOD);
	report->item = csv_unguarded(sheet_cell(sheet, row, COLUMN_ITEM));
	report->status = sheet_cell(sheet, row, COLUMN_REVIEW);
	entry->reason = csv_unguarded(sheet_cell(sheet, row, COLUMN_REASON));
	entry->version = sheet_cell(sheet, row, COLUMN_VERSION);
	if (report->status.len || entry->reason.len) {
		sheet->count++;
		return;
	}
	memset(entry, 0, sizeof(*entry));
	giving->left++;
}

static int read_file(struct giving *giving, struct err *err)
{
	struct sheet *sheet = &giving->sheet;
	int ret = sheet_read(sheet, column_names, COLUMN_COUNT, COLUMNS_NEEDED,
			     err);

	if (ret)
		return ret;
	for (size_t i = 0; i < sheet->csv.column_count; i++)
		if (sheet->is_other[i])
			return sheet_bad_column(sheet,
						MESSAGE_REVIEW_COLUMN_UNKNOWN,
						sheet->csv.columns[i], err);
	for (size_t i = 0; i < sheet->csv.row_count; i++)
		read_row(giving, &sheet->csv.rows[i]);
	return 0;
}

static bool has_moved_on(const struct entry *entry,
			 const struct known_cell *known)
{
	uint8_t version[BASE_BYTES];

	return known && !entry_version_parse(entry->version, version) &&
	       memcmp(version, known->salt, BASE_BYTES) != 0;
}

/* A version that was listed has moved on: what it is now. */
static void tell_newer(struct giving *giving, const struct entry *entry)
{
	struct office *office = giving->sheet.office;
	const struct catalogue *catalogue = giving->desk.catalogue;
	char moment[MOMENT_TEXT_BYTES], version[ENTRY_VERSION_BYTES];
	struct strbuf figure;
	struct head head;
	uint32_t number;

	if (!catalogue || desk_head(&giving->desk, &entry->report, &head, NULL))
		return;
	number = catalogue_target(catalogue, entry->report.target);
	if (number == CATALOGUE_NONE)
		return;
	strbuf_init(&figure, 0);
	review_figure(&figure, office->language, catalogue,
		      &catalogue->targets[number], head.report.cells,
		      head.report.cell_count);
	strbuf_add(&figure, head.text.data, head.text.len);
	moment_print(head.recv_us, office->zone_minutes, moment);
	entry_version(head.salt, version);
	message_print(stderr, office->language, MESSAGE_REVIEW_MOVED_ON,
		      figure.text, moment, version);
	strbuf_release(&figure);
}

/* A row that was listed as waiting and was reviewed meanwhile. */
static bool is_settled(struct giving *giving, const struct entry *entry,
		       const struct known_cell *known)
{
	struct sheet *sheet = &giving->sheet;
	enum language language = sheet->office->language;
	struct span status, text;

	if (!known->status || !entry->version.len)
		return false;
	status = span_of_text(known->status);
	if (span_equal(status, entry->report.status)) {
		giving->already++;
		return true;
	}
	sheet->bad++;
	text = review_word_text(language, status);
	message_print(stderr, language, MESSAGE_REVIEW_MEANWHILE, sheet->file,
		      entry->row, (int)text.len, (const char *)text.data);
	return true;
}

/* Two rows of one report: which one is meant? */
static bool is_twice(struct giving *giving, const struct entry *entry,
		     const struct known_cell *known)
{
	struct sheet *sheet = &giving->sheet;
	uint32_t *first = &giving->first_rows[known - giving->desk.cells.known];

	if (*first == 0) {
		*first = entry->row;
		return false;
	}
	sheet->bad++;
	message_print(stderr, sheet->office->language, MESSAGE_REVIEW_TWICE,
		      sheet->file, entry->row, *first);
	return true;
}

static int take_row(struct giving *giving, struct entry *entry, struct err *err)
{
	struct sheet *sheet = &giving->sheet;
	const struct known_cell *known;
	bool good;
	int ret;

	if (!entry->report.status.len) {
		sheet->bad++;
		message_print(stderr, sheet->office->language,
			      MESSAGE_REVIEW_BLANK, sheet->file, entry->row);
		return 0;
	}
	ret = sheet_check(sheet, &giving->desk, entry, &good, err);
	if (ret)
		return ret;
	known = cells_find(&giving->desk.cells, &entry->report);
	if (!good) {
		if (has_moved_on(entry, known))
			tell_newer(giving, entry);
		return 0;
	}
	if (!known || is_twice(giving, entry, known) ||
	    is_settled(giving, entry, known))
		return 0;
	giving->unseen += !entry->version.len;
	return sheet_take(sheet, &giving->desk, entry, err);
}

static int take_rows(struct giving *giving, struct err *err)
{
	struct sheet *sheet = &giving->sheet;
	int ret = 0;

	giving->first_rows = arena_array(&sheet->office->arena,
					 giving->desk.cells.keys.count + 1,
					 sizeof(*giving->first_rows));
	if (!giving->first_rows)
		return err_set(err, ERR_NOMEM, "%s: too large", sheet->file);
	for (size_t i = 0; i < sheet->count && !ret; i++)
		ret = take_row(giving, &sheet->entries[i], err);
	return ret;
}

static void tell_rest(const struct giving *giving)
{
	const struct {
		size_t count;
		enum message message;
	} rows[] = {
		{ giving->unseen, MESSAGE_REVIEW_UNSEEN },
		{ giving->already, MESSAGE_REVIEW_ALREADY },
		{ giving->left, MESSAGE_REVIEW_LEFT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].count)
			message_print(stderr, giving->sheet.office->language,
				      rows[i].message, rows[i].count);
}

static int give(const struct options *options, struct giving *giving,
		uint64_t timeout_ms)
{
	struct sheet *sheet = &giving->sheet;
	struct office *office = sheet->office;
	struct err err;
	int code = 0, ret = read_file(giving, &err);

	if (!ret && sheet->count && !deliver_refresh(office, timeout_ms))
		message_print(stderr, office->language, MESSAGE_NOT_REFRESHED);
	if (!ret)
		ret = desk_open(&giving->desk, office, &err);
	if (!ret)
		ret = take_rows(giving, &err);
	if (!ret) {
		tell_rest(giving);
		code = sheet_save(sheet, options, &giving->desk, timeout_ms);
	} else if (!sheet->told) {
		code = office_fail(&err);
	}
	if (ret == ERR_INVALID || ret == ERR_LIMIT)
		code = EXIT_REFUSED;
	desk_close(&giving->desk);
	return code;
}

int review_sheet_give(const struct options *options, struct office *office,
		      const char *file, uint64_t timeout_ms)
{
	struct giving *giving = arena_alloc(&office->arena, sizeof(*giving));

	if (!giving)
		return EXIT_FAILED;
	giving->sheet.office = office;
	giving->sheet.file = file;
	giving->sheet.words = &review_words;
	giving->desk.lock = -1;
	return give(options, giving, timeout_ms);
}
