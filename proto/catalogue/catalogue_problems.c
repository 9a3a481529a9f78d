/* Problems of a catalogue: noted in any order, listed by file, row, column. */
#include "proto/catalogue/catalogue_chinese.h"
#include "proto/catalogue/catalogue_load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEMS_ARENA_BYTES (16 * 1024 * 1024)
#define KEY_BYTES_MAX 512

struct noted {
	struct problem problem;
	int file, column; /* places in the documented order */
	size_t sequence;
};

void problems_init(struct problems *problems)
{
	*problems = (struct problems){ 0 };
	arena_init(&problems->arena, PROBLEMS_ARENA_BYTES);
}

void problems_release(struct problems *problems)
{
	if (!problems)
		return;
	arena_release(&problems->arena);
	problems->list = NULL;
	problems->count = problems->errors = 0;
}

const char *problems_text(struct problems *problems, struct span text)
{
	const char *kept =
		arena_text(&problems->arena, (const char *)text.data, text.len);

	return kept ? kept : "";
}

int problems_add(struct problems *problems, const struct problem *added,
		 size_t count)
{
	struct problem *list = arena_array(
		&problems->arena, problems->count + count, sizeof(*list));

	if (!list)
		return ERR_NOMEM;
	if (problems->count)
		memcpy(list, problems->list, problems->count * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		list[problems->count + i] = added[i];
		problems->errors += !added[i].warning;
	}
	problems->list = list;
	problems->count += count;
	return 0;
}

static void write_text(const struct problem *problem, bool chinese,
		       struct strbuf *out)
{
	if (problem->warning)
		strbuf_add_text(out, chinese ? "提示：" : "warning: ");
	if (chinese)
		catalogue_add_chinese(out, problem->text);
	else
		strbuf_add_text(out, problem->text);
	strbuf_add_char(out, '\n');
}

void problems_write(const struct problems *problems, bool chinese,
		    struct strbuf *out)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		strbuf_add_text(out, problem->file);
		if (problem->row)
			strbuf_addf(out, ":%u", problem->row);
		if (problem->column[0])
			strbuf_addf(out, ":%s", problem->column);
		strbuf_add_text(out, ": ");
		write_text(problem, chinese, out);
	}
}

static struct noted *next_noted(struct loader *loader)
{
	if (loader->noted_count == loader->noted_size) {
		size_t size = loader->noted_size ? 2 * loader->noted_size : 64;
		struct noted *grown =
			realloc(loader->noted, size * sizeof(*grown));

		if (!grown) {
			loader->nomem = true;
			return NULL;
		}
		loader->noted = grown;
		loader->noted_size = size;
	}
	return &loader->noted[loader->noted_count];
}

static void note(struct loader *loader, struct problem problem, int column,
		 const char *fmt, va_list ap)
{
	char text[ERR_MSG_BYTES_MAX];
	struct noted *noted;
	int file = catalogue_file_index(problem.file);

	if (loader->noted_count == CATALOGUE_PROBLEMS_MAX)
		return;
	noted = next_noted(loader);
	if (!noted)
		return;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	problem.text = arena_text(&loader->problems->arena, text, strlen(text));
	if (!problem.text) {
		loader->nomem = true;
		return;
	}
	noted->problem = problem;
	noted->file = file < 0 ? CATALOGUE_FILE_COUNT : file;
	noted->column = column;
	noted->sequence = loader->noted_count++;
	loader->problems->errors += !problem.warning;
}

static struct problem place(const struct row *row, int column, bool warning)
{
	return (struct problem){
		.file = catalogue_file_names[row->file],
		.row = row->csv->number,
		.column = column == NO_COLUMN ?
				  "" :
				  catalogue_columns(row->file)[column].name,
		.warning = warning,
	};
}

void row_problem(const struct row *row, int column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(row->loader, place(row, column, false), column, fmt, ap);
	va_end(ap);
}

void row_warning(const struct row *row, int column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(row->loader, place(row, column, true), column, fmt, ap);
	va_end(ap);
}

void row_never_counts(const struct row *row, int column,
		      const struct target *target)
{
	char start[DAY_TEXT_BYTES], end[DAY_TEXT_BYTES];

	day_print(target->start, start);
	day_print(target->end, end);
	row_warning(row, column,
		    "the row is outside the window of '%s', %s to %s, and "
		    "never counts",
		    target->id, start, end);
}

void file_problem(struct loader *loader, const char *file, uint32_t row,
		  const char *column, const char *fmt, ...)
{
	struct arena *arena = &loader->problems->arena;
	struct problem problem = {
		.file = arena_text(arena, file, strlen(file)),
		.row = row,
		.column = arena_text(arena, column, strlen(column)),
	};
	va_list ap;

	if (!problem.file || !problem.column) {
		loader->nomem = true;
		return;
	}
	va_start(ap, fmt);
	note(loader, problem, NO_COLUMN, fmt, ap);
	va_end(ap);
}

static int compare_noted(const void *left, const void *right)
{
	const struct noted *a = left, *b = right;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->problem.row != b->problem.row)
		return a->problem.row < b->problem.row ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

void problems_sort(struct loader *loader)
{
	struct problems *problems = loader->problems;

	if (!loader->noted_count)
		return;
	qsort(loader->noted, loader->noted_count, sizeof(*loader->noted),
	      compare_noted);
	problems->list = arena_array(&problems->arena, loader->noted_count,
				     sizeof(*problems->list));
	if (!problems->list) {
		loader->nomem = true;
		return;
	}
	for (size_t i = 0; i < loader->noted_count; i++)
		problems->list[i] = loader->noted[i].problem;
	problems->count = loader->noted_count;
}

static bool remember_row(struct loader *loader, uint32_t number, uint32_t row)
{
	if (number >= loader->seen_size) {
		size_t size = loader->seen_size ? 2 * loader->seen_size : 1024;
		uint32_t *grown =
			realloc(loader->seen_rows, size * sizeof(*grown));

		if (!grown)
			return false;
		loader->seen_rows = grown;
		loader->seen_size = size;
	}
	loader->seen_rows[number] = row;
	return true;
}

/* The key of a cell's meaning: what no two rows of a file may say. */
static struct span format_key(char key[KEY_BYTES_MAX], enum file_index file,
			      int column, const char *fmt, va_list ap)
{
	int head = snprintf(key, KEY_BYTES_MAX, "%d:%d:", (int)file, column);
	int len = vsnprintf(key + head, KEY_BYTES_MAX - (size_t)head, fmt, ap);

	len = len < 0 ? head : len + head;
	return span_of(key,
		       len < KEY_BYTES_MAX ? (size_t)len : KEY_BYTES_MAX - 1);
}

bool row_repeats(const struct row *row, int column, const char *what,
		 const char *fmt, ...)
{
	struct loader *loader = row->loader;
	char text[KEY_BYTES_MAX];
	uint32_t count = loader->seen.count, number;
	struct span key;
	va_list ap;

	va_start(ap, fmt);
	key = format_key(text, row->file, column, fmt, ap);
	va_end(ap);
	number = intern_put(&loader->seen, key);
	if (number == INTERN_NONE ||
	    (number == count &&
	     !remember_row(loader, number, row->csv->number))) {
		loader->nomem = true;
		return false;
	}
	if (number == count)
		return false;
	row_problem(row, column,
		    "%s is there already, in row %u; remove one of the two",
		    what, loader->seen_rows[number]);
	return true;
}

bool file_says(const struct loader *loader, enum file_index file, int column,
	       const char *fmt, ...)
{
	char text[KEY_BYTES_MAX];
	struct span key;
	va_list ap;

	va_start(ap, fmt);
	key = format_key(text, file, column, fmt, ap);
	va_end(ap);
	return intern_find(&loader->seen, key) != INTERN_NONE;
}
