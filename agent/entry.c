#include "agent/entry.h"

#include <stdio.h>
#include <string.h>

#include "agent/review_word.h"
#include "agent/statement.h"

static int copy_text(struct span *to, const char *text, struct arena *arena,
		     struct err *err)
{
	char *copy = arena_text(arena, text, strlen(text));

	if (!copy)
		return err_set(err, ERR_NOMEM, "no memory for a report");
	*to = span_of_text(copy);
	return 0;
}

static int canonical_value(struct span *value, const struct field *field,
			   struct arena *arena, struct err *err)
{
	char text[DECIMAL_TEXT_BYTES];
	struct decimal number;
	int32_t day;

	switch (field->type) {
	case TYPE_DECIMAL:
		if (decimal_parse(*value, &number, NULL))
			return 0;
		decimal_print(number, text);
		return copy_text(value, text, arena, err);
	case TYPE_DATE:
		if (day_parse(*value, &day))
			return 0;
		day_print(day, text);
		return copy_text(value, text, arena, err);
	case TYPE_TEXT:
	case TYPE_SET:
	case TYPE_STEP:
		break;
	}
	return 0;
}

/* An empty name is the kind's only field. */
static const struct field *field_of(const struct target *target,
				    struct span name)
{
	if (name.len)
		return catalogue_field(target, name);
	for (size_t i = 0; i < target->field_count; i++)
		if (target->fields[i].needed)
			return &target->fields[i];
	return NULL;
}

int entry_canonical(struct entry *entry, const struct catalogue *catalogue,
		    struct arena *arena, struct err *err)
{
	struct report *report = &entry->report;
	const struct target *target = NULL;
	char text[PERIOD_TEXT_BYTES];
	struct period period;
	bool has_period = !period_parse(report->period, &period, NULL);
	const char *status = NULL;
	uint32_t number;
	int ret = 0;

	if (entry->review)
		status = review_word_status(report->status);
	if (status)
		report->status = span_of_text(status);

	if (has_period) {
		period_print(period, text);
		ret = copy_text(&report->period, text, arena, err);
	}
	if (!catalogue || ret)
		return ret;
	number = catalogue_target(catalogue, report->target);
	if (number != CATALOGUE_NONE)
		target = &catalogue->targets[number];
	if (target && has_period) {
		number =
			catalogue_unit(catalogue, report->unit,
				       period_end(period, target->first_month));
		if (number != CATALOGUE_NONE)
			report->unit =
				span_of_text(catalogue->units[number].id);
	}
	for (size_t i = 0; target && i < report->cell_count && !ret; i++) {
		const struct field *field =
			field_of(target, report->cells[i].field);

		if (field)
			ret = canonical_value(&report->cells[i].value, field,
					      arena, err);
	}
	return ret;
}

static int too_long(const char *what, struct err *err)
{
	return err_set(err, ERR_LIMIT, "%s: longer than %d bytes", what,
		       WIRE_NAME_BYTES_MAX);
}

int entry_shape(const struct entry *entry, struct err *err)
{
	const struct report *report = &entry->report;
	struct period period;

	if (report->target.len == 0)
		return err_set(err, ERR_INVALID, "target: blank");
	if (report->unit.len == 0)
		return err_set(err, ERR_INVALID, "unit: blank");
	if (report->target.len > WIRE_NAME_BYTES_MAX)
		return too_long("target", err);
	if (report->unit.len > WIRE_NAME_BYTES_MAX)
		return too_long("unit", err);
	if (report->item.len > WIRE_NAME_BYTES_MAX)
		return too_long("item", err);
	if (report->cell_count > WIRE_CELLS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d cells",
			       WIRE_CELLS_MAX);
	for (size_t i = 0; i < report->cell_count; i++) {
		const struct cell_text *cell = &report->cells[i];

		if (cell->field.len > WIRE_NAME_BYTES_MAX ||
		    cell->value.len > WIRE_VALUE_BYTES_MAX)
			return err_set(err, ERR_LIMIT, "%.*s: too long",
				       (int)(cell->field.len > 40 ?
						     40 :
						     cell->field.len),
				       (const char *)cell->field.data);
	}
	if (entry->text.len > WIRE_TEXT_BYTES_MAX ||
	    entry->reason.len > WIRE_TEXT_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "text or reason: above %d bytes",
			       WIRE_TEXT_BYTES_MAX);
	return period_parse(report->period, &period, err) ?
		       err_context(err, "period") :
		       0;
}

enum verdict entry_shape_verdict(const struct entry *entry, const char **column)
{
	*column = "target";
	if (entry->report.target.len == 0)
		return VERDICT_TARGET_UNKNOWN;
	*column = "unit";
	if (entry->report.unit.len == 0)
		return VERDICT_UNIT_UNKNOWN;
	*column = "period";
	return VERDICT_PERIOD_MALFORMED;
}

/* ---- versions, as people are shown them ---- */

void entry_version(const uint8_t salt[SALT_BYTES],
		   char out[ENTRY_VERSION_BYTES])
{
	out[0] = 'v';
	for (size_t i = 0; i < BASE_BYTES; i++)
		(void)snprintf(out + 1 + 2 * i, 3, "%02x", salt[i]);
}

static int digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

int entry_version_parse(struct span text, uint8_t out[BASE_BYTES])
{
	uint8_t bytes[BASE_BYTES];

	if (text.len != ENTRY_VERSION_BYTES - 1 ||
	    (text.data[0] != 'v' && text.data[0] != 'V'))
		return ERR_INVALID;
	for (size_t i = 0; i < BASE_BYTES; i++) {
		int high = digit(text.data[1 + 2 * i]);
		int low = digit(text.data[2 + 2 * i]);

		if (high < 0 || low < 0)
			return ERR_INVALID;
		bytes[i] = (uint8_t)(16 * high + low);
	}
	memcpy(out, bytes, BASE_BYTES);
	return 0;
}

/* ---- checks ---- */

static bool is_narrative(const struct catalogue *catalogue,
			 const struct report *report)
{
	uint32_t number = CATALOGUE_NONE;

	if (catalogue)
		number = catalogue_target(catalogue, report->target);
	return number != CATALOGUE_NONE &&
	       catalogue->targets[number].kind == KIND_NARRATIVE;
}

/* Is it of another version than its author saw? */
static enum verdict check_version(const struct entry *entry,
				  const struct known_cell *known,
				  const char **column)
{
	uint8_t version[BASE_BYTES];

	if (!entry->version.len)
		return VERDICT_ADMITTED;
	*column = "version";
	if (entry_version_parse(entry->version, version))
		return VERDICT_VALUE_MALFORMED;
	return memcmp(version, known->salt, BASE_BYTES) ? VERDICT_STALE :
							  VERDICT_ADMITTED;
}

enum verdict entry_check_adjust(const struct entry *entry,
				const struct cells *cells, const char **column)
{
	const struct known_cell *known = cells_find(cells, &entry->report);

	*column = "";
	return known ? check_version(entry, known, column) :
		       VERDICT_NOTHING_TO_ADJUST;
}

enum verdict entry_check_review(const struct entry *entry,
				const struct cells *cells, const char **column)
{
	const struct report *review = &entry->report;
	const struct known_cell *known = cells_find(cells, review);

	*column = "";
	if (!known)
		return VERDICT_NOTHING_TO_REVIEW;
	*column = "review";
	if (!review_word_status(review->status))
		return VERDICT_VALUE_MALFORMED;
	if (is_narrative(cells->catalogue, review) &&
	    !review_word_returns(review->status) &&
	    !review_word_lights(review->status))
		return VERDICT_VALUE_MALFORMED;
	*column = "reason";
	if (review_word_returns(review->status) && !entry->reason.len)
		return VERDICT_REASON_MISSING;
	return check_version(entry, known, column);
}

enum verdict entry_check(const struct entry *entry, const struct cells *cells,
			 int zone_minutes, struct arena *arena,
			 const char **column)
{
	struct admit_lookup lookup = cells_lookup(cells);
	struct admit_when when = { .recv_us = cells->now_us,
				   .zone_minutes = zone_minutes };
	struct admitted admitted;

	*column = "";
	if (entry->review)
		return admit_review(cells->catalogue, &entry->report, when,
				    &lookup, &admitted);
	if (entry->adjust)
		return admit_adjust(cells->catalogue, &entry->report,
				    entry->reason.len > 0, when, &lookup, arena,
				    &admitted, column);
	return admit_report(cells->catalogue, &entry->report,
			    entry->reason.len > 0, entry->text.len > 0, when,
			    &lookup, arena, &admitted, column);
}

int entry_make(const struct entry *entry, struct cells *cells,
	       struct arena *arena, struct sealed *out, struct err *err)
{
	const struct known_cell *head = cells_find(cells, &entry->report);
	struct statement statement = { .kind = SAID_REPORT };
	struct said_text texts[] = { { "text", entry->text },
				     { "reason", entry->reason } };
	uint8_t base[BASE_BYTES];
	int ret;

	if (head) {
		memcpy(base, head->salt, BASE_BYTES);
		statement.base = span_of(base, BASE_BYTES);
	}
	if (entry->review) {
		statement.kind = SAID_REVIEW;
		statement.said.review = entry->report;
	} else if (entry->adjust) {
		statement.kind = SAID_ADJUST;
		statement.said.adjust = entry->report;
	} else {
		statement.said.report = entry->report;
	}
	ret = statement_make(&statement, texts, 2, arena, out, err);
	if (!ret && statement.kind == SAID_REPORT)
		ret = cells_put(cells, &entry->report, out->salt, err);
	return ret;
}
