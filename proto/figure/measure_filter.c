/*
 * Filters on a register's items: which records count. Section 4
 * (filters.csv) and 6.3 of docs/figures.md.
 *
 * An attribute that is not given fails every filter, != too. A number is
 * compared as the figure it is: the reported number times its factor.
 */
#include "proto/figure/measure_filter.h"

static bool order_holds(enum filter_op op, int order)
{
	switch (op) {
	case FILTER_EQ:
	case FILTER_ANY:
		return order == 0;
	case FILTER_NE:
		return order != 0;
	case FILTER_GE:
		return order >= 0;
	case FILTER_GT:
		return order > 0;
	case FILTER_LE:
		return order <= 0;
	case FILTER_LT:
		return order < 0;
	}
	return false;
}

/* Takes the first of the texts that ; or ；separate off the rest. */
static struct span next_of_set(struct span *rest)
{
	static const char wide[] = "；";
	size_t len = 0;
	struct span text;

	while (len < rest->len && rest->data[len] != ';' &&
	       (rest->len - len < sizeof(wide) - 1 ||
		memcmp(rest->data + len, wide, sizeof(wide) - 1) != 0))
		len++;
	text = span_of(rest->data, len);
	if (len < rest->len)
		len += rest->data[len] == ';' ? 1 : sizeof(wide) - 1;
	*rest = span_of(rest->data + len, rest->len - len);
	while (text.len && text.data[0] == ' ')
		text = span_of(text.data + 1, text.len - 1);
	while (text.len && text.data[text.len - 1] == ' ')
		text.len--;
	return text;
}

static bool is_listed(const struct filter *filter, struct span text)
{
	for (size_t i = 0; i < filter->text_count; i++)
		if (span_equal(text, span_of_text(filter->texts[i])))
			return true;
	return false;
}

static bool text_holds(const struct filter *filter, struct span text)
{
	bool found = is_listed(filter, text);

	if (filter->type == TYPE_SET) {
		struct span rest = text;

		while (!found && rest.len)
			found = is_listed(filter, next_of_set(&rest));
	}
	return filter->op == FILTER_NE ? !found : found;
}

static bool number_holds(const struct subject *subject,
			 const struct filter *filter, const struct field *field,
			 const struct value *value)
{
	struct rationals *numbers = subject->numbers;
	struct decimal number = { value->number, value->places };
	const struct rational *figure;

	/* Nearly always 1: no number of the pool then. */
	if (!decimal_compare(field->factor, (struct decimal){ 1, 0 }))
		return order_holds(filter->op,
				   decimal_compare(number, filter->number));
	figure = rational_mul(numbers, rational_of_decimal(numbers, number),
			      rational_of_decimal(numbers, field->factor));
	return order_holds(
		filter->op,
		rational_compare(figure,
				 rational_of_decimal(numbers, filter->number)));
}

static bool attribute_holds(const struct subject *subject,
			    const struct filter *filter,
			    const struct record *record)
{
	const struct target *from = subject->from;
	const struct value *value = NULL;
	size_t i = 0;

	while (i < from->field_count &&
	       strcmp(from->fields[i].id, filter->field) != 0)
		i++;
	if (i < from->field_count)
		value = record->values[i];
	if (!value)
		return false;
	switch (filter->type) {
	case TYPE_DECIMAL:
		return value->kind == VALUE_NUMBER &&
		       number_holds(subject, filter, &from->fields[i], value);
	case TYPE_DATE:
		return value->kind == VALUE_DAY &&
		       order_holds(filter->op,
				   (value->number > filter->day) -
					   (value->number < filter->day));
	case TYPE_TEXT:
	case TYPE_SET:
	case TYPE_STEP:
		return value->kind == VALUE_TEXT &&
		       text_holds(filter, value->text);
	}
	return false;
}

static int step_order(uint32_t order, uint32_t wanted)
{
	return (order > wanted) - (order < wanted);
}

static bool unit_holds(const struct subject *subject,
		       const struct filter *filter, const struct record *record)
{
	const char *id = subject->catalogue->units[record->credited].id;

	if (filter->op == FILTER_ANY)
		return is_listed(filter, span_of_text(id));
	return (record->credited == filter->unit) == (filter->op == FILTER_EQ);
}

static bool filter_holds(const struct subject *subject,
			 const struct filter *filter,
			 const struct record *record)
{
	switch (filter->what) {
	case FILTER_ATTRIBUTE:
		return attribute_holds(subject, filter, record);
	case FILTER_STAGE:
		return record->stage &&
		       order_holds(filter->op,
				   step_order(record->stage, filter->order));
	case FILTER_GRADE:
		return record->grade &&
		       order_holds(filter->op,
				   step_order(record->grade, filter->order));
	case FILTER_DATE:
		return record->date &&
		       order_holds(
			       filter->op,
			       (record->date->number > filter->day) -
				       (record->date->number < filter->day));
	case FILTER_UNIT:
		return unit_holds(subject, filter, record);
	}
	return false;
}

bool filter_passes(const struct subject *subject, const struct record *record)
{
	const struct target *target = subject->target;

	if (record->governs == CATALOGUE_NONE)
		return false;
	if (subject_kind(subject) == KIND_ITEMS && record->date &&
	    record->date->number < target->start)
		return false;
	for (size_t i = 0; i < target->filter_count; i++)
		if (!filter_holds(subject, &target->filters[i], record))
			return false;
	return true;
}
