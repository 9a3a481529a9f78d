/*
 * What holds for any reports: the order of arrival of different units changes
 * nothing, nor does saying a thing twice; units add up to the whole.
 */
#include "measure_fixture.h"

#define ROUNDS 40
#define ROWS_MAX 160

static const char targets[] =
	"target,name_zh,kind,compare,goal,lead,entry,sum_field,register\n"
	"flow,流量,flow,>=,500,lead,period,,\n"
	"ytd,累计,flow,>=,500,lead,ytd,,\n"
	"cap,上限,flow,<=,300,lead,period,,\n"
	"net,净增,net,>=,100,lead,,,\n"
	"level,存量,level,>=,90,lead,,,\n"
	"ratio,比率,ratio,>=,90,lead,,,\n"
	"items,项目,items,>=,9,lead,,,\n"
	"sum,金额,items,>=,90,lead,,money,items\n";

static const char *const kinds[] = { "flow",  "ytd",   "cap",  "net",
				     "level", "ratio", "items" };
static const char *const units[] = { "a", "b", "c", "d" };

/* A generator of our own: the same rows on every machine. */
static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 16) % below;
}

struct rows {
	char text[ROWS_MAX][96];
	uint32_t unit[ROWS_MAX];
	size_t count;
};

static void draw_row(uint32_t *seed, char *out, size_t bytes, uint32_t unit)
{
	const char *kind = kinds[draw(seed, 7)];
	uint32_t month = draw(seed, 6) + 1, first = draw(seed, 40),
		 second = draw(seed, 40) + 1;
	char fields[64] = "";

	if (!strcmp(kind, "net"))
		(void)snprintf(fields, sizeof(fields), ",,%u,%u,,,", first,
			       second);
	else if (!strcmp(kind, "ratio"))
		(void)snprintf(fields, sizeof(fields), ",,,,%u,%u,", first,
			       second);
	else if (!strcmp(kind, "items"))
		(void)snprintf(fields, sizeof(fields), "P%u,,,,,,%u",
			       draw(seed, 6), first);
	else
		(void)snprintf(fields, sizeof(fields), ",%u,,,,,", first);
	(void)snprintf(out, bytes, "%s,%s,2024M%02u,%s\n", kind, units[unit],
		       month, fields);
}

static void draw_rows(uint32_t seed, struct rows *rows)
{
	rows->count = 40 + draw(&seed, ROWS_MAX - 40);
	for (size_t i = 0; i < rows->count; i++) {
		rows->unit[i] = draw(&seed, 4);
		draw_row(&seed, rows->text[i], sizeof(rows->text[i]),
			 rows->unit[i]);
	}
}

static struct fixture *start(void)
{
	struct strbuf roster;
	struct fixture *fixture;

	strbuf_init(&roster, 0);
	strbuf_add_text(&roster, "target,unit,quota\n");
	for (size_t k = 0; k < 7; k++)
		for (size_t u = 0; u < 4; u++)
			strbuf_addf(&roster, "%s,%s,%u\n", kinds[k], units[u],
				    (unsigned)(20 * u + 10));
	fixture = fixture_new((struct fixture_texts){
		.targets = targets,
		.roster = roster.text,
		.fields = "target,field,type,decimals\n"
			  "items,money,decimal,0\n",
	});
	strbuf_release(&roster);
	return fixture;
}

/* Everything that can be said, at June's end. */
static char *say(const struct rows *rows, const size_t *order, bool twice)
{
	struct fixture *fixture = start();
	struct strbuf text, out;
	struct evaluation *evaluation;

	strbuf_init(&text, 0);
	strbuf_init(&out, 0);
	strbuf_add_text(&text, "target,unit,period,item,value,opened,closed,"
			       "num,den,money\n");
	for (size_t i = 0; i < rows->count; i++) {
		strbuf_add_text(&text, rows->text[order[i]]);
		if (twice)
			strbuf_add_text(&text, rows->text[order[i]]);
	}
	fixture_report(fixture, text.text);
	cr_expect_str_eq(fixture->refused.text, "", "%s",
			 fixture->refused.text);
	evaluation = fixture_evaluate(fixture, "2024-06-30", NULL);
	cr_assert(!evaluation_json(evaluation, true, &out, NULL));
	evaluation_free(evaluation);
	strbuf_release(&text);
	fixture_free(fixture);
	return out.text;
}

/* Mixes units, keeps the order of what each of them said. */
static void mix(uint32_t seed, const struct rows *rows, size_t *order)
{
	size_t next[4] = { 0 }, n = 0;

	while (n < rows->count) {
		uint32_t unit = draw(&seed, 4);
		size_t at = next[unit];

		while (at < rows->count && rows->unit[at] != unit)
			at++;
		next[unit] = at + 1;
		if (at < rows->count)
			order[n++] = at;
	}
}

Test(properties, order_between_units_and_repeats_change_nothing)
{
	static struct rows rows;
	size_t given[ROWS_MAX], mixed[ROWS_MAX];

	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		char *first, *second, *third;

		draw_rows(seed, &rows);
		for (size_t i = 0; i < rows.count; i++)
			given[i] = i;
		mix(seed + 1000, &rows, mixed);
		first = say(&rows, given, false);
		second = say(&rows, mixed, false);
		third = say(&rows, given, true);
		cr_expect_str_eq(first, second, "seed %u", seed);
		cr_expect_str_eq(first, third, "seed %u", seed);
		free(first);
		free(second);
		free(third);
	}
}

static long number_of(const char *text)
{
	return *text ? strtol(text, NULL, 10) : 0;
}

Test(properties, units_add_up_to_the_whole)
{
	static const char *const summed[] = { "flow",  "ytd",	"cap", "net",
					      "level", "items", "sum" };
	static struct rows rows;

	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		struct fixture *fixture = start();
		struct strbuf text;
		struct evaluation *evaluation;

		draw_rows(seed, &rows);
		strbuf_init(&text, 0);
		strbuf_add_text(&text, "target,unit,period,item,value,opened,"
				       "closed,num,den,money\n");
		for (size_t i = 0; i < rows.count; i++)
			strbuf_add_text(&text, rows.text[i]);
		fixture_report(fixture, text.text);
		evaluation = fixture_evaluate(fixture, "2024-06-30", NULL);
		for (size_t k = 0; k < 7; k++) {
			long sum = 0;

			for (size_t u = 0; u < 4; u++)
				sum += number_of(
					fixture_figure(fixture, evaluation,
						       summed[k], units[u])
						->value);
			cr_expect_eq(
				sum,
				number_of(fixture_figure(fixture, evaluation,
							 summed[k], NULL)
						  ->value),
				"seed %u %s", seed, summed[k]);
		}
		evaluation_free(evaluation);
		strbuf_release(&text);
		fixture_free(fixture);
	}
}
