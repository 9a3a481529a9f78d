/* ladders.csv and references.csv: ordered scales, and outside series. */
#include "proto/catalogue/catalogue_load.h"

#include <stdlib.h>
#include <string.h>

/* A ladder's or a series' number, or CATALOGUE_NONE: the name is bad. */
static uint32_t intern_name(struct intern *names, const struct row *row,
			    int column)
{
	const char *name = row_name(row, column);
	uint32_t number;

	if (!*name)
		return CATALOGUE_NONE;
	number = intern_put(names, span_of_text(name));
	if (number == INTERN_NONE)
		row->loader->nomem = true;
	return number;
}

struct step_entry {
	struct step step;
	struct row row;
	uint32_t ladder;
	bool ordered;
};

static int compare_steps(const void *left, const void *right)
{
	const struct step_entry *a = left, *b = right;

	if (a->ladder != b->ladder)
		return a->ladder < b->ladder ? -1 : 1;
	if (a->step.order != b->step.order)
		return a->step.order < b->step.order ? -1 : 1;
	return a->row.csv->number < b->row.csv->number ? -1 : 1;
}

static bool read_step(const struct row *row, struct step_entry *entry)
{
	struct loader *loader = row->loader;
	struct span step = row_cell(row, LADDER_STEP);
	int order = 0;

	entry->row = *row;
	entry->ladder = intern_name(&loader->ladder_ids, row, LADDER_ID);
	entry->step = (struct step){
		.id = row_name(row, LADDER_STEP),
		.name_zh = row_text(row, LADDER_NAME_ZH),
		.name_en = row_text(row, LADDER_NAME_EN),
	};
	entry->ordered = row_integer(row, LADDER_ORDER, 1000, &order);
	entry->step.order = (uint32_t)order;
	return entry->ladder != CATALOGUE_NONE && *entry->step.id &&
	       !row_repeats(row, LADDER_STEP, "the step", "%u:%.*s",
			    entry->ladder, (int)step.len,
			    (const char *)step.data);
}

/* The steps of one ladder, entries sorted; orders must be 1, 2, .. */
static void fill_ladder(struct loader *loader, struct ladder *ladder,
			struct intern *ids, const struct step_entry *entries,
			size_t count)
{
	ladder->steps = loader_keep(loader, count, sizeof(*ladder->steps));
	if (!ladder->steps)
		return;
	ladder->step_count = count;
	for (size_t i = 0; i < count; i++) {
		ladder->steps[i] = entries[i].step;
		if (entries[i].ordered && entries[i].step.order != i + 1)
			row_problem(&entries[i].row, LADDER_ORDER,
				    "the orders of ladder '%s' must be 1, 2, "
				    ".. without a gap; %zu is expected here",
				    ladder->id, i + 1);
		if (intern_put(ids, span_of_text(entries[i].step.id)) ==
		    INTERN_NONE)
			loader->nomem = true;
	}
}

void load_ladders(struct loader *loader)
{
	struct catalogue *catalogue = loader->catalogue;
	size_t count = table_rows(loader, FILE_LADDERS), used = 0, at = 0;
	size_t ladders;
	struct step_entry *entries =
		loader_scratch(loader, count, sizeof(*entries));

	if (!entries)
		return;
	for (size_t i = 0; i < count; i++) {
		struct row row = table_row(loader, FILE_LADDERS, i);

		used += read_step(&row, &entries[used]);
	}
	qsort(entries, used, sizeof(*entries), compare_steps);
	ladders = loader->ladder_ids.count;
	catalogue->ladders =
		loader_keep(loader, ladders, sizeof(*catalogue->ladders));
	loader->step_ids =
		loader_scratch(loader, ladders, sizeof(*loader->step_ids));
	if (!catalogue->ladders || !loader->step_ids)
		return;
	for (size_t i = 0; i < ladders; i++) {
		size_t first = at;

		intern_init(&loader->step_ids[i]);
		loader->step_ids_count++;
		while (at < used && entries[at].ladder == i)
			at++;
		catalogue->ladders[i].id = loader_text(
			loader, intern_key(&loader->ladder_ids, (uint32_t)i));
		fill_ladder(loader, &catalogue->ladders[i],
			    &loader->step_ids[i], entries + first, at - first);
	}
	catalogue->ladder_count = ladders;
}

/* ---- series ---- */

struct point_entry {
	struct series_point point;
	const char *name_zh;
	uint32_t series;
	uint32_t row;
};

static int compare_points(const void *left, const void *right)
{
	const struct point_entry *a = left, *b = right;
	int order;

	if (a->series != b->series)
		return a->series < b->series ? -1 : 1;
	order = period_compare(a->point.period, b->point.period);
	if (order)
		return order;
	return a->row < b->row ? -1 : 1;
}

static bool read_point(const struct row *row, struct point_entry *entry)
{
	struct period period;
	bool valid;

	entry->row = row->csv->number;
	entry->series = intern_name(&row->loader->series_ids, row, SERIES_ID);
	entry->name_zh = row_text(row, SERIES_NAME_ZH);
	entry->point.source = row_text(row, SERIES_SOURCE);
	entry->point.published = row_text(row, SERIES_PUBLISHED);
	valid = row_decimal(row, SERIES_VALUE, &entry->point.value);
	if (!row_period(row, SERIES_PERIOD, &period))
		return false;
	entry->point.period = period;
	return valid && entry->series != CATALOGUE_NONE &&
	       !row_repeats(row, SERIES_PERIOD, "the series' period",
			    "%u:%u:%u:%u", entry->series, period.type,
			    period.year, period.index);
}

static void fill_series(struct loader *loader, struct series *series,
			const struct point_entry *entries, size_t count)
{
	series->points = loader_keep(loader, count, sizeof(*series->points));
	if (!series->points)
		return;
	series->point_count = count;
	series->name_zh = "";
	for (size_t i = 0; i < count; i++) {
		series->points[i] = entries[i].point;
		if (!*series->name_zh)
			series->name_zh = entries[i].name_zh;
	}
}

/* Series that goals name and references.csv lacks as yet have no points: the
 * figures may still be to come. */
static void name_awaited_series(struct loader *loader)
{
	size_t count = table_rows(loader, FILE_GOALS);

	for (size_t i = 0; i < count; i++) {
		struct row row = table_row(loader, FILE_GOALS, i);
		struct span ref = row_cell(&row, GOAL_REF);
		struct span head = span_of_text("series:");

		if (list_has_separator(ref) || ref.len <= head.len ||
		    ref.len > NAME_BYTES_MAX + head.len ||
		    memcmp(ref.data, head.data, head.len) != 0 ||
		    memchr(ref.data, ';', ref.len))
			continue;
		ref.data += head.len;
		ref.len -= head.len;
		if (intern_find(&loader->series_ids, ref) != INTERN_NONE)
			continue;
		row_warning(&row, GOAL_REF,
			    "references.csv has no figure of series '%.*s' "
			    "yet; the target stays grey until it has",
			    (int)ref.len, (const char *)ref.data);
		if (intern_put(&loader->series_ids, ref) == INTERN_NONE)
			loader->nomem = true;
	}
}

void load_series(struct loader *loader)
{
	struct catalogue *catalogue = loader->catalogue;
	size_t count = table_rows(loader, FILE_REFERENCES), used = 0, at = 0;
	size_t series;
	struct point_entry *entries =
		loader_scratch(loader, count, sizeof(*entries));

	if (!entries)
		return;
	for (size_t i = 0; i < count; i++) {
		struct row row = table_row(loader, FILE_REFERENCES, i);

		used += read_point(&row, &entries[used]);
	}
	qsort(entries, used, sizeof(*entries), compare_points);
	name_awaited_series(loader);
	series = loader->series_ids.count;
	catalogue->series =
		loader_keep(loader, series, sizeof(*catalogue->series));
	if (!catalogue->series)
		return;
	for (size_t i = 0; i < series; i++) {
		size_t first = at;

		while (at < used && entries[at].series == i)
			at++;
		catalogue->series[i].id = loader_text(
			loader, intern_key(&loader->series_ids, (uint32_t)i));
		fill_series(loader, &catalogue->series[i], entries + first,
			    at - first);
	}
	catalogue->series_count = series;
}
