/* The catalogue as an office hears it. */
#include "bench/load.h"

#include "base/strbuf.h"
#include "proto/wire.h"

struct files {
	struct strbuf names[TALK_FILES_MAX], bytes[TALK_FILES_MAX];
	size_t count;
};

/* A file may come in parts of one name. */
static void add(struct files *files, const struct slice_file *part)
{
	size_t i = 0;

	while (i < files->count &&
	       !span_equal(strbuf_span(&files->names[i]), part->name))
		i++;
	if (i == TALK_FILES_MAX)
		load_die("the catalogue", "has too many files");
	if (i == files->count) {
		strbuf_init(&files->names[i], 0);
		strbuf_init(&files->bytes[i], 0);
		strbuf_add(&files->names[i], part->name.data, part->name.len);
		files->count++;
	}
	strbuf_add(&files->bytes[i], part->bytes.data, part->bytes.len);
}

static struct hash hash_and_release(struct files *files)
{
	struct slice_file whole[TALK_FILES_MAX];
	struct hash hash;

	for (size_t i = 0; i < files->count; i++)
		whole[i] = (struct slice_file){
			.name = strbuf_span(&files->names[i]),
			.bytes = strbuf_span(&files->bytes[i]),
		};
	hash = talk_files_hash(whole, files->count);
	for (size_t i = 0; i < files->count; i++) {
		strbuf_release(&files->names[i]);
		strbuf_release(&files->bytes[i]);
	}
	return hash;
}

void load_learn_catalogue(struct load *load)
{
	const struct office *office = &load->offices[0];
	void *dealer = load_connect(load, &office->curve);
	struct files files = { .count = 0 };
	struct slice slice = { .last = false };
	enum wire_type type;
	struct span body;

	load_hello(load, dealer, 2, &office->head);
	while (!slice.last) {
		if (!load_receive(load, dealer, true, &type, &body) ||
		    type != WIRE_SLICE)
			continue;
		load_must(load, talk_decode_slice(body, &load->arena, &slice,
						  &load->err));
		for (size_t i = 0; i < slice.file_count; i++)
			add(&files, &slice.files[i]);
	}
	load->catalogue = hash_and_release(&files);
	load_hang_up(dealer);
}
