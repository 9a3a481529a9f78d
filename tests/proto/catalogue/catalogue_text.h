/* A small catalogue as texts, any file of which a test may replace. */
#ifndef TALLY_TESTS_PROTO_CATALOGUE_TEXT_H
#define TALLY_TESTS_PROTO_CATALOGUE_TEXT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/catalogue/catalogue.h"

#define TEXT_FILES_MAX 16

struct text_file {
	const char *name, *text;
};

/* Complete and without a warning. */
static const struct text_file small_files[] = {
	{ "settings.csv", "key,value\n"
			  "start,2024-01-01\n"
			  "end,2024-12-31\n" },
	{ "units.csv", "unit,name_zh,kind\n"
		       "hrss,区人社局,department\n"
		       "baima,白马镇,town\n"
		       "longmen,龙门镇,town\n"
		       "stats,统计局,official\n" },
	{ "ladders.csv", "ladder,step,order,name_zh\n"
			 "works,started,1,开工\n"
			 "works,under-way,2,推进中\n"
			 "works,completed,3,完工\n"
			 "rating,A,1,A\n"
			 "rating,AA,2,AA\n" },
	{ "targets.csv", "target,name_zh,kind,compare,goal,ladder,lead\n"
			 "jobs,新增就业,flow,>=,5800,,hrss\n"
			 "road,道路,milestone,,completed,works,hrss\n"
			 "parks,公园,items,,2,works,hrss\n"
			 "firms,企业评级,grade,,1,rating,hrss\n" },
	{ "items.csv", "target,item,name_zh\n"
		       "road,east,东段\n"
		       "road,west,西段\n" },
	{ "fields.csv", "target,field,type\n"
			"parks,area,decimal\n"
			"parks,labels,set\n"
			"parks,owner,text\n" },
	{ "plans.csv", "target,stage,by\n"
		       "road,completed,2024-12-31\n" },
};

#define SMALL_COUNT (sizeof(small_files) / sizeof(*small_files))

/* The small catalogue with changed files, ended by a NULL name; a file with a
 * NULL text is left out. */
static inline size_t small_with(const struct text_file *changes,
				struct catalogue_file *files)
{
	size_t count = 0;

	for (size_t i = 0; i < SMALL_COUNT; i++) {
		const char *text = small_files[i].text;

		for (const struct text_file *c = changes; c && c->name; c++) {
			if (!strcmp(c->name, small_files[i].name))
				text = c->text;
		}
		if (text)
			files[count++] =
				(struct catalogue_file){ small_files[i].name,
							 span_of_text(text) };
	}
	for (const struct text_file *c = changes; c && c->name; c++) {
		bool known = false;

		for (size_t i = 0; i < SMALL_COUNT; i++)
			known |= !strcmp(c->name, small_files[i].name);
		if (!known && c->text)
			files[count++] = (struct catalogue_file){
				c->name, span_of_text(c->text)
			};
	}
	cr_assert(count <= TEXT_FILES_MAX);
	return count;
}

static inline void print_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		fprintf(stderr, "  %s:%u:%s: %s%s\n", problems->list[i].file,
			problems->list[i].row, problems->list[i].column,
			problems->list[i].warning ? "warning: " : "",
			problems->list[i].text);
}

/* Must load; warnings are let go. */
static inline struct catalogue *load_small(const struct text_file *changes)
{
	struct catalogue_file files[TEXT_FILES_MAX];
	size_t count = small_with(changes, files);
	struct catalogue *catalogue = NULL;
	struct problems problems;
	int rc;

	problems_init(&problems);
	rc = catalogue_load(files, count, &catalogue, &problems);
	if (rc)
		print_problems(&problems);
	problems_release(&problems);
	cr_assert(rc == 0);
	return catalogue;
}

static inline const struct target *
target_named_in(const struct catalogue *catalogue, const char *id)
{
	uint32_t target = catalogue_target(catalogue, span_of_text(id));

	cr_assert(target != CATALOGUE_NONE, "%s", id);
	return &catalogue->targets[target];
}

static inline uint32_t unit_named_in(const struct catalogue *catalogue,
				     const char *id)
{
	uint32_t unit = catalogue_unit(catalogue, span_of_text(id), 0);

	cr_assert(unit != CATALOGUE_NONE, "%s", id);
	return unit;
}

static inline int32_t day_of(const char *text)
{
	int32_t day = DAY_NONE;

	cr_assert(day_parse(span_of_text(text), &day) == 0, "%s", text);
	return day;
}

static inline struct period period_of(const char *text)
{
	struct period period = { 0 };

	cr_assert(period_parse(span_of_text(text), &period, NULL) == 0, "%s",
		  text);
	return period;
}

static inline bool number_is(struct decimal value, const char *text)
{
	struct decimal want;

	cr_assert(decimal_parse(span_of_text(text), &want, NULL) == 0);
	return decimal_compare(value, want) == 0;
}

#endif
