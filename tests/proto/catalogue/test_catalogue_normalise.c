/* One form of every file, and that nothing is lost on the way to it. */
#include "catalogue_text.h"

#include <stdlib.h>

static void expect_normal(const char *name, const char *text, const char *want)
{
	struct catalogue_file file = { name, span_of_text(text) };
	struct strbuf out;
	struct err err = { 0 };

	strbuf_init(&out, 0);
	cr_expect(catalogue_normalise(&file, &out, &err) == 0, "%s", err.msg);
	cr_expect_str_eq(out.text, want, "%s", out.text);
	strbuf_release(&out);
}

Test(catalogue_normalise, puts_columns_in_order_and_drops_what_says_nothing)
{
	expect_normal("roster.csv",
		      "\xef\xbb\xbfunit, quota ,target,,\r\n"
		      "# 单位,任务数,指标\r\n"
		      ",,\r\n"
		      "baima,\"1,000\",jobs\r\n"
		      " longmen ,,\"jobs\"",
		      "target,unit,quota\n"
		      "jobs,baima,\"1,000\"\n"
		      "jobs,longmen,\n");
}

Test(catalogue_normalise, makes_utf8_of_gb18030)
{
	expect_normal("units.csv",
		      "unit,kind,name_zh\nbaima,town,\xb0\xd7\xc2\xed\n",
		      "unit,name_zh,kind\nbaima,白马,town\n");
}

Test(catalogue_normalise, keeps_quotes_and_line_breaks)
{
	expect_normal("settings.csv",
		      "key,value\ntitle_zh,\"a \"\"b\"\"\n,c\"\n",
		      "key,value\ntitle_zh,\"a \"\"b\"\"\n,c\"\n");
}

Test(catalogue_normalise, refuses_what_is_no_file_of_a_catalogue)
{
	static const struct {
		const char *name, *text, *says;
	} rows[] = {
		{ "target.csv", "a\n", "no file 'target.csv'" },
		{ "units.csv", "unit,name_zh\n",
		  "units.csv:1:kind: the column is missing" },
		{ "units.csv", "unit,name_zh,kind,colour\n", "none of" },
		{ "units.csv", "unit,name_zh,kind\n\"x,y,town\n",
		  "units.csv: row 2: a quote" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalogue_file file = { rows[i].name,
					       span_of_text(rows[i].text) };
		struct strbuf out;
		struct err err = { 0 };

		strbuf_init(&out, 0);
		cr_expect(catalogue_normalise(&file, &out, &err) == ERR_INVALID,
			  "row %zu", i);
		cr_expect(strstr(err.msg, rows[i].says) != NULL, "row %zu: %s",
			  i, err.msg);
		cr_expect(out.len == 0, "row %zu", i);
		strbuf_release(&out);
	}
}

/* ---- the whole catalogue of the example ---- */

struct folder {
	struct catalogue_file files[CATALOGUE_FILE_COUNT];
	struct strbuf texts[CATALOGUE_FILE_COUNT];
	size_t count;
};

static void read_folder(struct folder *folder)
{
	*folder = (struct folder){ .count = 0 };
	for (int i = 0; i < CATALOGUE_FILE_COUNT; i++) {
		struct strbuf *text = &folder->texts[folder->count];
		char path[1000], bytes[4096];
		size_t len;
		FILE *file;

		(void)snprintf(path, sizeof(path),
			       "%s/examples/neijiang-2024/catalogue/%s",
			       TALLY_SOURCE_DIR, catalogue_file_names[i]);
		file = fopen(path, "rb");
		if (!file)
			continue;
		strbuf_init(text, 0);
		while ((len = fread(bytes, 1, sizeof(bytes), file)) > 0)
			strbuf_add(text, bytes, len);
		(void)fclose(file);
		folder->files[folder->count++] =
			(struct catalogue_file){ catalogue_file_names[i],
						 strbuf_span(text) };
	}
}

static void release_folder(struct folder *folder)
{
	for (size_t i = 0; i < folder->count; i++)
		strbuf_release(&folder->texts[i]);
}

static void normalise_folder(const struct folder *from, struct folder *to)
{
	*to = (struct folder){ .count = from->count };
	for (size_t i = 0; i < from->count; i++) {
		struct err err = { 0 };

		strbuf_init(&to->texts[i], 0);
		cr_assert(catalogue_normalise(&from->files[i], &to->texts[i],
					      &err) == 0,
			  "%s", err.msg);
		to->files[i] =
			(struct catalogue_file){ from->files[i].name,
						 strbuf_span(&to->texts[i]) };
	}
}

static struct catalogue *load_folder(const struct folder *folder)
{
	struct catalogue *catalogue = NULL;
	struct problems problems;
	int rc;

	problems_init(&problems);
	rc = catalogue_load(folder->files, folder->count, &catalogue,
			    &problems);
	if (rc)
		print_problems(&problems);
	problems_release(&problems);
	cr_assert(rc == 0);
	return catalogue;
}

static void dump_number(struct strbuf *out, struct decimal value)
{
	char text[DECIMAL_TEXT_BYTES];

	decimal_print(value, text);
	strbuf_addf(out, " %s", text);
}

static void dump_goals_and_plans(struct strbuf *out,
				 const struct target *target)
{
	for (size_t i = 0; i < target->goal_count; i++) {
		const struct goal *g = &target->goals[i];

		strbuf_addf(out, "goal %s %s %s %d %d %d %u %d %u %d %u.%u %d",
			    g->id, g->approval, g->note, g->stretch,
			    (int)g->compare, g->has_value, g->step,
			    (int)g->reference, g->ref, (int)g->ref_period,
			    g->ref_fixed.year, g->ref_fixed.index, g->from);
		dump_number(out, g->value);
		dump_number(out, g->width);
		dump_number(out, g->offset);
		strbuf_add_char(out, '\n');
	}
	for (size_t i = 0; i < target->plan_count; i++) {
		const struct plan_point *p = &target->plans[i];

		strbuf_addf(out, "plan %u %s %u %d %d %d %d", p->unit, p->item,
			    p->stage, p->by, p->has_percent, p->has_value,
			    p->line);
		dump_number(out, p->percent);
		dump_number(out, p->value);
		strbuf_add_char(out, '\n');
	}
}

static void dump_lists(struct strbuf *out, const struct target *target)
{
	for (size_t i = 0; i < target->roster_count; i++) {
		const struct roster_row *r = &target->roster[i];

		strbuf_addf(out, "roster %u %d %d %d %d %s", r->unit,
			    r->has_quota, r->has_base, r->from, r->until,
			    r->note);
		dump_number(out, r->quota);
		dump_number(out, r->base);
		strbuf_add_char(out, '\n');
	}
	for (size_t i = 0; i < target->item_count; i++)
		strbuf_addf(out, "item %s %s %s %u\n", target->items[i].id,
			    target->items[i].name_zh, target->items[i].name_en,
			    target->items[i].unit);
	for (size_t i = 0; i < target->field_count; i++) {
		const struct field *f = &target->fields[i];

		strbuf_addf(out, "field %s %s %s %s %s %d %d %d %d %d %d %d",
			    f->id, f->name_zh, f->name_en, f->uom_zh, f->uom_en,
			    (int)f->role, (int)f->type, f->decimals,
			    (int)f->time, f->max_over_units, f->needed,
			    f->required);
		dump_number(out, f->factor);
		strbuf_add_char(out, '\n');
	}
	for (size_t i = 0; i < target->filter_count; i++) {
		const struct filter *f = &target->filters[i];

		strbuf_addf(out, "filter %d %s %d %d %d %u %u", (int)f->what,
			    f->field, (int)f->type, (int)f->op, f->day,
			    f->order, f->unit);
		dump_number(out, f->number);
		for (size_t t = 0; t < f->text_count; t++)
			strbuf_addf(out, " %s", f->texts[t]);
		strbuf_add_char(out, '\n');
	}
}

static void dump_target(struct strbuf *out, const struct target *t)
{
	strbuf_addf(out, "target %s|%s|%s|%s|%s|%s|%s|%s", t->id, t->name_zh,
		    t->name_en, t->section, t->note, t->uom_zh, t->uom_en,
		    t->see);
	strbuf_addf(out, " %d %d %d %d %d %d %d %d", (int)t->kind,
		    (int)t->measure, t->decimals, (int)t->period, (int)t->entry,
		    (int)t->given, t->start, t->end);
	strbuf_addf(out, " %d %d %u.%u %d %d %d %d %d %d", t->first_month,
		    t->has_first_period, t->first_period.year,
		    t->first_period.index, t->lag_months, t->due_days,
		    t->close_days, t->due_working, t->close_working,
		    t->annual_only);
	strbuf_addf(out, " %d %d %u %d %d %u %d %d %u %u %d %u %u %d %u %d",
		    t->has_base, (int)t->take, t->sum_field, (int)t->hold,
		    t->subset, t->ladder, t->closed_list, t->unit_items,
		    t->reads, t->part_of, t->is_parent, t->of_which, t->lead,
		    (int)t->authority, t->source, t->approve);
	dump_number(out, t->scale);
	dump_number(out, t->base);
	dump_number(out, t->yellow_from);
	dump_number(out, t->red_above);
	for (size_t i = 0; i < t->cooperating_count; i++)
		strbuf_addf(out, " %u", t->cooperating[i]);
	strbuf_add_char(out, '\n');
	dump_goals_and_plans(out, t);
	dump_lists(out, t);
}

/* Everything that a catalogue says, as text. */
static void dump(const struct catalogue *c, struct strbuf *out)
{
	strbuf_init(out, 0);
	strbuf_addf(out, "%s %s %d %d %d %d", c->settings.title_zh,
		    c->settings.title_en, c->settings.start, c->settings.end,
		    c->settings.resend_days, c->settings.slip_red);
	dump_number(out, c->settings.coverage_min);
	for (size_t i = 0; i < c->unit_count; i++)
		strbuf_addf(out, "\nunit %s %s %s %s %d %u %d %d",
			    c->units[i].id, c->units[i].name_zh,
			    c->units[i].name_en, c->units[i].group,
			    (int)c->units[i].kind, c->units[i].parent,
			    c->units[i].opened, c->units[i].closed);
	for (size_t i = 0; i < c->code_count; i++)
		strbuf_addf(out, "\ncode %s %s %u %d %d", c->codes[i].scheme,
			    c->codes[i].code, c->codes[i].unit,
			    c->codes[i].from, c->codes[i].until);
	for (size_t i = 0; i < c->ladder_count; i++) {
		for (size_t s = 0; s < c->ladders[i].step_count; s++)
			strbuf_addf(out, "\nstep %s %s %s %s %u",
				    c->ladders[i].id, c->ladders[i].steps[s].id,
				    c->ladders[i].steps[s].name_zh,
				    c->ladders[i].steps[s].name_en,
				    c->ladders[i].steps[s].order);
	}
	for (size_t i = 0; i < c->series_count; i++) {
		for (size_t p = 0; p < c->series[i].point_count; p++) {
			const struct series_point *at = &c->series[i].points[p];

			strbuf_addf(out, "\npoint %s %s %u %u %u %s %s",
				    c->series[i].id, c->series[i].name_zh,
				    at->period.type, at->period.year,
				    at->period.index, at->source,
				    at->published);
			dump_number(out, at->value);
		}
	}
	for (size_t i = 0; i < c->calendar_count; i++)
		strbuf_addf(out, "\nday %d %d", c->calendar[i].day,
			    c->calendar[i].work);
	strbuf_add_char(out, '\n');
	for (size_t i = 0; i < c->target_count; i++)
		dump_target(out, &c->targets[i]);
}

Test(catalogue_normalise, the_example_says_the_same_in_its_normal_form)
{
	struct folder folder, normal, again;
	struct catalogue *before, *after;
	struct strbuf left, right;

	read_folder(&folder);
	cr_assert(folder.count > 8);
	normalise_folder(&folder, &normal);
	normalise_folder(&normal, &again);
	for (size_t i = 0; i < normal.count; i++)
		cr_expect(
			span_equal(normal.files[i].bytes, again.files[i].bytes),
			"%s", normal.files[i].name);
	before = load_folder(&folder);
	after = load_folder(&normal);
	dump(before, &left);
	dump(after, &right);
	cr_expect(before->target_count == 83);
	cr_expect(!left.failed && left.len > 10000);
	cr_expect(span_equal(strbuf_span(&left), strbuf_span(&right)));
	strbuf_release(&left);
	strbuf_release(&right);
	catalogue_free(before);
	catalogue_free(after);
	release_folder(&folder);
	release_folder(&normal);
	release_folder(&again);
}

/* Whatever order the files and their columns are in. */
Test(catalogue_normalise, the_order_of_files_says_nothing)
{
	struct folder folder, turned;
	struct catalogue *before, *after;
	struct strbuf left, right;

	read_folder(&folder);
	turned = folder;
	for (size_t i = 0; i < folder.count; i++)
		turned.files[i] = folder.files[folder.count - 1 - i];
	before = load_folder(&folder);
	after = load_folder(&turned);
	dump(before, &left);
	dump(after, &right);
	cr_expect(span_equal(strbuf_span(&left), strbuf_span(&right)));
	strbuf_release(&left);
	strbuf_release(&right);
	catalogue_free(before);
	catalogue_free(after);
	release_folder(&folder);
}

/* Any byte may be wrong: the loader answers, and never falls over. */
Test(catalogue_normalise, damaged_files_are_refused_or_loaded_never_worse)
{
	uint64_t random = 88172645463325252u;
	struct folder folder;

	read_folder(&folder);
	for (int round = 0; round < 300; round++) {
		size_t at = (size_t)round % folder.count;
		struct span bytes = folder.files[at].bytes;
		uint8_t *copy = malloc(bytes.len);
		struct catalogue *catalogue = NULL;
		struct problems problems;
		struct strbuf out;

		cr_assert(copy);
		memcpy(copy, bytes.data, bytes.len);
		for (int i = 0; i < 3; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			copy[random % bytes.len] =
				round % 2 ?
					(uint8_t)(random >> 40) :
					(uint8_t) ",\n\";0"[random >> 32 & 3];
		}
		folder.files[at].bytes = span_of(copy, bytes.len);
		problems_init(&problems);
		strbuf_init(&out, 0);
		(void)catalogue_normalise(&folder.files[at], &out, NULL);
		(void)catalogue_load(folder.files, folder.count, &catalogue,
				     &problems);
		cr_assert(!catalogue == (problems.errors > 0));
		catalogue_free(catalogue);
		problems_release(&problems);
		strbuf_release(&out);
		folder.files[at].bytes = bytes;
		free(copy);
	}
	release_folder(&folder);
}
