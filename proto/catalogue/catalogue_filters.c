/* filters.csv: conditions on the items of a register. */
#include "proto/catalogue/catalogue_load.h"

static const char *const op_names[] = {
	"=", "!=", ">=", ">", "<=", "<", "any"
};

static void unknown_field(const struct row *row, const struct target *source)
{
	struct span id = row_cell(row, FILTERS_FIELD);

	row_problem(row, FILTERS_FIELD,
		    "'%.*s' is no field of the items of '%s'; define it in "
		    "fields.csv",
		    (int)id.len, (const char *)id.data, source->id);
}

/* What the filter looks at; false if the register lacks it. */
static bool find_what(const struct row *row, const struct target *source,
		      struct filter *filter)
{
	struct span id = row_cell(row, FILTERS_FIELD);
	const struct field *field = catalogue_field(source, id);

	filter->field = row_text(row, FILTERS_FIELD);
	if (span_equal(id, span_of_text("unit"))) {
		filter->what = FILTER_UNIT;
		filter->type = TYPE_TEXT;
		return true;
	}
	if (!field) {
		unknown_field(row, source);
		return false;
	}
	filter->type = field->type;
	filter->what = field->role == FIELD_STAGE ? FILTER_STAGE :
		       field->role == FIELD_GRADE ? FILTER_GRADE :
		       field->role == FIELD_DATE  ? FILTER_DATE :
						    FILTER_ATTRIBUTE;
	return true;
}

/* Texts have no order, and only texts and sets have things in common. */
static bool op_fits(const struct row *row, const struct filter *filter)
{
	bool fits = true;

	if (filter->op == FILTER_ANY)
		fits = filter->what == FILTER_ATTRIBUTE &&
		       (filter->type == TYPE_TEXT || filter->type == TYPE_SET);
	else if (filter->type == TYPE_SET)
		fits = false;
	else if (filter->op != FILTER_EQ && filter->op != FILTER_NE)
		fits = filter->type != TYPE_TEXT;
	if (!fits)
		row_problem(row, FILTERS_OP,
			    "'%s' does not go with field '%s'; numbers, dates "
			    "and steps take = != >= > <= <, texts = != any, "
			    "sets any",
			    op_names[filter->op], filter->field);
	return fits;
}

static bool read_texts(const struct row *row, struct filter *filter)
{
	struct loader *loader = row->loader;
	struct span rest = row_cell(row, FILTERS_VALUE), entry;
	size_t count = filter->op == FILTER_ANY ? 0 : 1;

	while (filter->op == FILTER_ANY && list_next(&rest, &entry))
		count++;
	filter->texts = loader_keep(loader, count, sizeof(*filter->texts));
	if (!filter->texts)
		return false;
	rest = row_cell(row, FILTERS_VALUE);
	if (filter->op != FILTER_ANY) {
		filter->texts[filter->text_count++] = loader_text(loader, rest);
		return true;
	}
	while (list_next(&rest, &entry))
		filter->texts[filter->text_count++] =
			loader_text(loader, entry);
	return true;
}

static bool read_value(const struct row *row, const struct target *source,
		       struct filter *filter)
{
	if (filter->what == FILTER_UNIT)
		return row_unit(row, FILTERS_VALUE, &filter->unit);
	switch (filter->type) {
	case TYPE_DECIMAL:
		return row_decimal(row, FILTERS_VALUE, &filter->number);
	case TYPE_DATE:
		return row_day(row, FILTERS_VALUE, &filter->day);
	case TYPE_STEP:
		return row_step(row, FILTERS_VALUE, source, &filter->order);
	case TYPE_TEXT:
	case TYPE_SET:
		break;
	}
	return read_texts(row, filter);
}

static bool read_filter(const struct row *row, const struct target *target,
			struct filter *filter)
{
	const struct target *source =
		target_register(row->loader->catalogue, target);
	int op;

	*filter = (struct filter){ .unit = CATALOGUE_NONE, .day = DAY_NONE };
	if (target_kind_known(row->loader, target) &&
	    target->measure != KIND_ITEMS && target->measure != KIND_GRADE) {
		row_problem(row, FILTERS_TARGET,
			    "'%s' is of kind %s; only items and grade are "
			    "filtered",
			    target->id, measure_kind_name(target->measure));
		return false;
	}
	if (!row_choice(row, FILTERS_OP, op_names,
			sizeof(op_names) / sizeof(*op_names), &op) ||
	    !row_given(row, FILTERS_FIELD) || !row_given(row, FILTERS_VALUE))
		return false;
	filter->op = (enum filter_op)op;
	if (!target_kind_known(row->loader, target) ||
	    !target_kind_known(row->loader, source))
		return false;
	return find_what(row, source, filter) && op_fits(row, filter) &&
	       read_value(row, source, filter);
}

void load_filters(struct loader *loader)
{
	struct catalogue *catalogue = loader->catalogue;
	struct groups groups;

	if (!group_rows(loader, FILE_FILTERS, &groups))
		return;
	for (uint32_t t = 0; t < catalogue->target_count; t++) {
		struct target *target = &catalogue->targets[t];
		size_t count = groups.first[t + 1] - groups.first[t];

		target->filters =
			loader_keep(loader, count, sizeof(*target->filters));
		if (!target->filters)
			return;
		for (size_t i = 0; i < count; i++) {
			struct row row = { loader, FILE_FILTERS,
					   groups.rows[groups.first[t] + i] };

			target->filter_count += read_filter(
				&row, target,
				&target->filters[target->filter_count]);
		}
	}
}
