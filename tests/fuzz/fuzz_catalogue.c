/* A catalogue of which one file is the input: the file's name on the first
 * line, then its bytes. */
#include <assert.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/catalogue/catalogue.h"

static const struct {
	const char *name, *text;
} sound[] = {
	{ "settings.csv", "key,value\nstart,2024-01-01\nend,2024-12-31\n" },
	{ "units.csv", "unit,name_zh,kind\nbaima,白马镇,town\n"
		       "hrss,人社局,department\n" },
	{ "targets.csv", "target,name_zh,kind,uom_zh,compare,goal,lead\n"
			 "jobs,城镇新增就业,flow,人,>=,5800,hrss\n" },
	{ "roster.csv", "target,unit,quota\njobs,baima,420\n" },
};

#define SOUND_COUNT (sizeof(sound) / sizeof(sound[0]))

/* To write a file again as it was written changes nothing. */
static void normalise_twice(const struct catalogue_file *file)
{
	struct catalogue_file once = { .name = file->name };
	struct strbuf first, second;
	struct err err;

	strbuf_init(&first, 0);
	strbuf_init(&second, 0);
	if (!catalogue_normalise(file, &first, &err)) {
		once.bytes = span_of(first.text, first.len);
		assert(!catalogue_normalise(&once, &second, &err));
		assert(first.len == second.len &&
		       !memcmp(first.text, second.text, first.len));
	}
	strbuf_release(&first);
	strbuf_release(&second);
}

static void load_with(const struct catalogue_file *given)
{
	struct catalogue_file files[SOUND_COUNT + 1] = { *given };
	struct catalogue *catalogue = NULL;
	struct problems problems;
	size_t count = 1;

	for (size_t i = 0; i < SOUND_COUNT; i++)
		if (strcmp(sound[i].name, given->name) != 0)
			files[count++] = (struct catalogue_file){
				sound[i].name, span_of_text(sound[i].text)
			};
	problems_init(&problems);
	if (!catalogue_load(files, count, &catalogue, &problems))
		catalogue_free(catalogue);
	problems_release(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	size_t name_len = line ? (size_t)(line - data) : 0;

	for (size_t i = 0; name_len && i < CATALOGUE_FILE_COUNT; i++) {
		const char *name = catalogue_file_names[i];
		struct catalogue_file file = {
			name, span_of(line + 1, size - name_len - 1)
		};

		if (strlen(name) != name_len ||
		    memcmp(name, data, name_len) != 0)
			continue;
		normalise_twice(&file);
		load_with(&file);
	}
	return 0;
}
