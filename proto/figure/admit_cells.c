#include "proto/figure/admit_cells.h"

#include <assert.h>
#include <string.h>

#include "proto/day.h"
#include "proto/decimal.h"
#include "proto/figure/rational.h"

#define NA_TEXT "NA"

bool admit_is_register(const struct target *target)
{
	return target->measure == KIND_MILESTONE ||
	       target->measure == KIND_ITEMS || target->measure == KIND_GRADE;
}

static bool is_extra(const struct field *field)
{
	return field->role == FIELD_MEMO || field->role == FIELD_ATTRIBUTE;
}

/* The field that a cell without a name means: the kind's only one, or the
 * only one that every report needs. */
static const struct field *only_field(const struct target *target)
{
	const struct field *own = NULL, *needed = NULL;
	size_t own_count = 0, needed_count = 0;

	for (size_t i = 0; i < target->field_count; i++) {
		const struct field *field = &target->fields[i];

		if (is_extra(field))
			continue;
		own = field;
		own_count++;
		if (field->needed) {
			needed = field;
			needed_count++;
		}
	}
	if (own_count == 1)
		return own;
	return needed_count == 1 ? needed : NULL;
}

/* NULL also for the text of narratives: it is a Text, never a cell. */
static const struct field *field_of(const struct target *target,
				    struct span name)
{
	const struct field *field = name.len ? catalogue_field(target, name) :
					       only_field(target);

	return field && field->role != FIELD_TEXT ? field : NULL;
}

static bool said_before(const struct admit_cells *cells,
			const struct field *field)
{
	for (size_t i = 0; i < cells->count; i++)
		if (cells->fields[i] == field)
			return true;
	return false;
}

static enum verdict read_number(const struct field *field, struct span text,
				struct value *out)
{
	struct decimal number;
	int rc = decimal_parse_at(text, field->decimals, &number);

	if (rc == ERR_LIMIT)
		return VERDICT_TOO_MANY_DECIMALS;
	if (rc == ERR_OVERFLOW)
		return VERDICT_OVERFLOW;
	if (rc)
		return VERDICT_VALUE_MALFORMED;
	out->kind = VALUE_NUMBER;
	out->number = number.units;
	out->places = number.places;
	return VERDICT_ADMITTED;
}

static enum verdict read_day(struct span text, struct value *out)
{
	int32_t day;

	if (day_parse(text, &day))
		return VERDICT_VALUE_MALFORMED;
	out->kind = VALUE_DAY;
	out->number = day;
	return VERDICT_ADMITTED;
}

static enum verdict read_step(const struct admit_cells *cells, struct span text,
			      struct value *out)
{
	if (cells->target->ladder == CATALOGUE_NONE ||
	    !catalogue_step(cells->catalogue, cells->target, text))
		return VERDICT_STEP_UNKNOWN;
	out->kind = VALUE_TEXT;
	out->text = text;
	return VERDICT_ADMITTED;
}

static enum verdict read_value(const struct admit_cells *cells,
			       const struct field *field, struct span text,
			       struct value *out)
{
	*out = (struct value){ .field = span_of_text(field->id) };
	if (span_equal(text, span_of_text(NA_TEXT))) {
		out->kind = VALUE_NA;
		return VERDICT_ADMITTED;
	}
	switch (field->type) {
	case TYPE_DECIMAL:
		return read_number(field, text, out);
	case TYPE_DATE:
		return read_day(text, out);
	case TYPE_STEP:
		return read_step(cells, text, out);
	case TYPE_TEXT:
	case TYPE_SET:
		out->kind = VALUE_TEXT;
		out->text = text;
		return VERDICT_ADMITTED;
	}
	return VERDICT_VALUE_MALFORMED;
}

static const char *column_text(struct admit_cells *cells, struct span name)
{
	const char *text =
		arena_text(cells->arena, (const char *)name.data, name.len);

	return text ? text : "";
}

/* Every name before any value: a cell of another target's field comes first
 * in the order of reasons. */
static enum verdict resolve_fields(struct admit_cells *cells,
				   const struct report *report)
{
	for (size_t i = 0; i < report->cell_count; i++) {
		const struct cell_text *cell = &report->cells[i];

		if (cell->value.len == 0)
			continue;
		if (!field_of(cells->target, cell->field)) {
			cells->column = column_text(cells, cell->field);
			return VERDICT_FIELD_UNKNOWN;
		}
	}
	return VERDICT_ADMITTED;
}

/* Is the whole report not applicable? A register's: all that is filled. */
static bool says_na(const struct admit_cells *cells)
{
	bool any = false;

	for (size_t i = 0; i < cells->count; i++) {
		if (!admit_is_register(cells->target) &&
		    !cells->fields[i]->needed)
			continue;
		if (cells->values[i].kind != VALUE_NA)
			return false;
		any = true;
	}
	if (!any || admit_is_register(cells->target))
		return any;
	for (size_t i = 0; i < cells->target->field_count; i++) {
		const struct field *field = &cells->target->fields[i];

		if (field->needed && field->role != FIELD_TEXT &&
		    !said_before(cells, field))
			return false;
	}
	return true;
}

enum verdict admit_cells_read(struct admit_cells *cells,
			      const struct report *report)
{
	enum verdict worst = resolve_fields(cells, report);

	if (worst)
		return worst;
	/* The caller's arena has room for any allowed message, and what the
	 * fold decides must not depend on memory. */
	cells->values = arena_array(cells->arena, report->cell_count + 1,
				    sizeof(*cells->values));
	cells->fields = arena_array(cells->arena, report->cell_count + 1,
				    sizeof(void *));
	assert(cells->values && cells->fields);
	for (size_t i = 0; i < report->cell_count; i++) {
		const struct cell_text *cell = &report->cells[i];
		const struct field *field;
		struct value value;
		enum verdict verdict;

		if (cell->value.len == 0)
			continue;
		field = field_of(cells->target, cell->field);
		verdict = read_value(cells, field, cell->value, &value);
		if (said_before(cells, field))
			verdict = VERDICT_VALUE_MALFORMED;
		/* Numbers of verdicts are in the order of reasons here. */
		if (verdict && (!worst || verdict < worst)) {
			worst = verdict;
			cells->column = field->id;
		}
		cells->fields[cells->count] = field;
		cells->values[cells->count++] = value;
	}
	cells->all_na = says_na(cells);
	return worst;
}

enum verdict admit_cells_dates(struct admit_cells *cells, int32_t end)
{
	for (size_t i = 0; i < cells->count; i++) {
		if (cells->fields[i]->role == FIELD_DATE &&
		    cells->values[i].kind == VALUE_DAY &&
		    cells->values[i].number > end) {
			cells->column = cells->fields[i]->id;
			return VERDICT_INCONSISTENT;
		}
	}
	return VERDICT_ADMITTED;
}

static const struct value *value_of(const struct admit_cells *cells,
				    const struct field *field)
{
	for (size_t i = 0; i < cells->count; i++)
		if (cells->fields[i] == field)
			return &cells->values[i];
	return NULL;
}

/* Registers: what an item's first row brings stays until it is cleared. */
static bool is_missing(const struct admit_cells *cells,
		       const struct field *field, bool first, bool has_text)
{
	const struct value *value = value_of(cells, field);

	if (field->role == FIELD_TEXT)
		return field->needed && !has_text;
	if (admit_is_register(cells->target))
		return (field->needed || field->required) && first &&
		       (!value || value->kind == VALUE_NA);
	return field->needed && (!value || value->kind == VALUE_NA);
}

enum verdict admit_cells_missing(struct admit_cells *cells, bool first,
				 bool has_text)
{
	if (cells->all_na)
		return VERDICT_ADMITTED;
	for (size_t i = 0; i < cells->target->field_count; i++) {
		const struct field *field = &cells->target->fields[i];

		if (is_missing(cells, field, first, has_text)) {
			cells->column = field->id;
			return VERDICT_FIELD_MISSING;
		}
	}
	if (cells->target->kind == KIND_NARRATIVE ? has_text : cells->count > 0)
		return VERDICT_ADMITTED;
	if (cells->target->kind == KIND_NARRATIVE)
		cells->column = "text";
	return VERDICT_FIELD_MISSING;
}

/* ---- numbers ---- */

static bool never_negative(const struct target *target, enum field_role role)
{
	switch (role) {
	case FIELD_CASES:
	case FIELD_TOTAL:
	case FIELD_WORST:
	case FIELD_VIOLATIONS:
	case FIELD_MEASURED:
	case FIELD_LIMIT:
	case FIELD_DEN:
		return true;
	case FIELD_NUM:
		return target->subset;
	case FIELD_VALUE:
	case FIELD_OPENED:
	case FIELD_CLOSED:
	case FIELD_CURRENT:
	case FIELD_BASE:
	case FIELD_CURRENT_DEN:
	case FIELD_BASE_DEN:
	case FIELD_STAGE:
	case FIELD_GRADE:
	case FIELD_DATE:
	case FIELD_WORKS:
	case FIELD_TEXT:
	case FIELD_ATTRIBUTE:
	case FIELD_MEMO:
		return false;
	}
	return false;
}

/* A figure is the reported number times the factor. */
static const struct rational *figure_of(struct rationals *pool,
					const struct value *value,
					const struct field *field)
{
	return rational_mul(pool,
			    rational_of_sum(pool, value->number, value->places),
			    rational_of_decimal(pool, field->factor));
}

/* The number in a field of this role, NULL if there is none. */
static const struct value *number_of(const struct admit_cells *cells,
				     enum field_role role,
				     const struct field **field)
{
	for (size_t i = 0; i < cells->count; i++) {
		*field = cells->fields[i];
		if ((*field)->role == role &&
		    cells->values[i].kind == VALUE_NUMBER)
			return &cells->values[i];
	}
	return NULL;
}

static enum verdict check_subset(struct admit_cells *cells,
				 struct rationals *pool)
{
	const struct field *num_field, *den_field;
	const struct value *num = number_of(cells, FIELD_NUM, &num_field);
	const struct value *den = number_of(cells, FIELD_DEN, &den_field);

	if (!num || !den ||
	    rational_compare(figure_of(pool, num, num_field),
			     figure_of(pool, den, den_field)) <= 0)
		return VERDICT_ADMITTED;
	cells->column = num_field->id;
	return VERDICT_ABOVE_WHOLE;
}

static enum verdict check_cases(struct admit_cells *cells,
				struct rationals *pool)
{
	const struct field *cases_field, *total_field, *worst_field;
	const struct value *cases = number_of(cells, FIELD_CASES, &cases_field);
	const struct value *total = number_of(cells, FIELD_TOTAL, &total_field);
	const struct value *worst = number_of(cells, FIELD_WORST, &worst_field);
	const struct rational *at_most;

	if (!cases || !total)
		return VERDICT_ADMITTED;
	if (cases->number == 0 && total->number != 0) {
		cells->column = cases_field->id;
		return VERDICT_INCONSISTENT;
	}
	if (!worst)
		return VERDICT_ADMITTED;
	at_most = rational_mul(pool, figure_of(pool, worst, worst_field),
			       figure_of(pool, cases, cases_field));
	if (rational_compare(at_most, figure_of(pool, total, total_field)) >= 0)
		return VERDICT_ADMITTED;
	cells->column = worst_field->id;
	return VERDICT_INCONSISTENT;
}

static enum verdict check_parts(struct admit_cells *cells)
{
	bool limit = cells->target->measure == KIND_LIMIT;
	struct rationals *pool;
	enum verdict verdict;

	if (!limit && !cells->target->subset)
		return VERDICT_ADMITTED;
	pool = rationals_new();
	assert(pool);
	verdict = limit ? check_cases(cells, pool) : check_subset(cells, pool);
	assert(!rationals_failed(pool));
	rationals_free(pool);
	return verdict;
}

enum verdict admit_cells_numbers(struct admit_cells *cells)
{
	for (size_t i = 0; i < cells->count; i++) {
		if (cells->values[i].kind == VALUE_NUMBER &&
		    cells->values[i].number < 0 &&
		    never_negative(cells->target, cells->fields[i]->role)) {
			cells->column = cells->fields[i]->id;
			return VERDICT_NEGATIVE;
		}
	}
	return check_parts(cells);
}
