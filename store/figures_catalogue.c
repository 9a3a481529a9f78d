#include "store/figures_catalogue.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "store/figures_row.h"

#define CATALOGUE_FORMAT 1
#define VERSION_ARENA_BYTES (1024 * 1024)

void catalogue_version_write(const struct catalogue_version *version,
			     struct strbuf *out)
{
	const struct origin *origin = &version->origin;

	assert(version->file_count <= UINT16_MAX);
	add_u8(out, CATALOGUE_FORMAT);
	add_u64(out, origin->entry);
	add_u32(out, origin->n);
	add_u64(out, origin->recv_us);
	strbuf_add(out, origin->key.bytes, HASH_BYTES);
	add_u64(out, origin->sequence);
	strbuf_add(out, origin->salt, SALT_BYTES);
	add_u16(out, (uint16_t)version->file_count);
	for (size_t i = 0; i < version->file_count; i++) {
		const struct catalogue_file *file = &version->files[i];
		size_t len = strlen(file->name);

		assert(len <= UINT8_MAX && file->bytes.len <= UINT32_MAX);
		add_u8(out, (uint8_t)len);
		strbuf_add(out, file->name, len);
		add_u32(out, (uint32_t)file->bytes.len);
		strbuf_add(out, file->bytes.data, file->bytes.len);
	}
}

static int read_files(struct reader *reader, struct arena *arena,
		      struct catalogue_version *version)
{
	size_t count = read_u16(reader);

	version->files = arena_array(arena, count, sizeof(*version->files));
	if (!version->files)
		return ERR_NOMEM;
	for (size_t i = 0; i < count && !reader->failed; i++) {
		struct span name = read_span(reader, read_u8(reader));

		version->files[i].name =
			arena_text(arena, (const char *)name.data, name.len);
		version->files[i].bytes = read_span(reader, read_u32(reader));
		if (!version->files[i].name)
			return ERR_NOMEM;
	}
	version->file_count = count;
	return 0;
}

int catalogue_version_read(struct span bytes, struct arena *arena,
			   struct catalogue_version *out, struct err *err)
{
	struct catalogue_version version = { 0 };
	struct origin *origin = &version.origin;
	struct reader reader;
	uint8_t format;

	reader_init(&reader, bytes);
	format = read_u8(&reader);
	origin->entry = read_u64(&reader);
	origin->n = read_u32(&reader);
	origin->recv_us = read_u64(&reader);
	read_copy(&reader, origin->key.bytes, HASH_BYTES);
	origin->sequence = read_u64(&reader);
	read_copy(&reader, origin->salt, SALT_BYTES);
	if (!reader.failed && arena && read_files(&reader, arena, &version))
		return err_set(err, ERR_NOMEM, "no memory for a catalogue");
	if (reader.failed || format != CATALOGUE_FORMAT ||
	    (arena && reader_left(&reader)))
		return err_set(err, ERR_CORRUPT,
			       "a stored catalogue version is damaged");
	*out = version;
	return 0;
}

int catalogue_version_load(const struct catalogue_version *version,
			   struct catalogue **out, struct err *err)
{
	struct problems problems;
	int rc;

	problems_init(&problems);
	rc = catalogue_load(version->files, version->file_count, out,
			    &problems);
	if (rc == ERR_INVALID)
		rc = err_set(err, ERR_CORRUPT,
			     "the catalogue of entry %llu does not load: %s",
			     (unsigned long long)version->origin.entry,
			     problems.count ? problems.list[0].text : "?");
	else if (rc)
		(void)err_set(err, rc, "no memory for a catalogue");
	problems_release(&problems);
	return rc;
}

/* ---- the version known at a time ---- */

struct search {
	uint64_t known_by_us;
	uint32_t version; /* 0: none yet */
	struct span bytes;
	struct err *err;
};

static int consider(void *arg, struct span key, struct span value)
{
	struct search *search = arg;
	struct catalogue_version version = { 0 };
	int rc = catalogue_version_read(value, NULL, &version, search->err);

	if (!rc && key.len != 4)
		rc = err_set(search->err, ERR_CORRUPT,
			     "a catalogue version's key is damaged");
	if (rc)
		return rc;
	if (version.origin.recv_us <= search->known_by_us) {
		search->version = load_u32(key.data);
		search->bytes = value;
	}
	return 0;
}

static int search_version(const struct table_reader *reader,
			  struct search *search)
{
	return reader->scan(reader->ctx, TABLE_CATALOGUE, span_of(NULL, 0),
			    consider, search, search->err);
}

static int load_found(const struct search *search, struct catalogue **out)
{
	struct catalogue_version found = { 0 };
	struct arena arena;
	int rc;

	arena_init(&arena, VERSION_ARENA_BYTES);
	rc = catalogue_version_read(search->bytes, &arena, &found, search->err);
	if (!rc)
		rc = catalogue_version_load(&found, out, search->err);
	arena_release(&arena);
	return rc;
}

static int find_version(const struct table_reader *reader,
			struct search *search)
{
	int rc = search_version(reader, search);

	if (!rc && !search->version)
		rc = err_set(search->err, ERR_NOTFOUND,
			     "there is no catalogue yet");
	return rc;
}

int figures_catalogue_version(const struct table_reader *reader,
			      uint64_t known_by_us, uint32_t *version,
			      struct err *err)
{
	struct search search = { .known_by_us = known_by_us, .err = err };
	int rc = find_version(reader, &search);

	if (!rc)
		*version = search.version;
	return rc;
}

int figures_catalogue(const struct table_reader *reader, uint64_t known_by_us,
		      struct catalogue **out, uint32_t *version,
		      struct err *err)
{
	struct search search = { .known_by_us = known_by_us, .err = err };
	int rc = find_version(reader, &search);

	if (!rc)
		rc = load_found(&search, out);
	if (!rc && version)
		*version = search.version;
	return rc;
}

int figures_catalogue_received(const struct table_reader *reader,
			       uint32_t version, uint64_t *recv_us,
			       struct err *err)
{
	struct catalogue_version found = { 0 };
	uint8_t key[4];
	struct span bytes;
	int rc;

	store_u32(key, version);
	rc = reader->get(reader->ctx, TABLE_CATALOGUE, span_of(key, 4), &bytes,
			 err);
	if (!rc)
		rc = catalogue_version_read(bytes, NULL, &found, err);
	*recv_us = found.origin.recv_us;
	return rc;
}

int catalogue_past_at(void *ctx, uint64_t known_by_us,
		      const struct catalogue **out, struct err *err)
{
	struct catalogue_past *past = ctx;
	struct search search = { .known_by_us = known_by_us, .err = err };
	int rc = search_version(past->reader, &search);

	if (rc)
		return rc;
	if (!search.version) {
		*out = NULL;
		return 0;
	}
	if (search.version != past->version) {
		catalogue_free(past->catalogue);
		past->catalogue = NULL;
		past->version = 0;
		rc = load_found(&search, &past->catalogue);
		if (rc)
			return rc;
		past->version = search.version;
	}
	*out = past->catalogue;
	return 0;
}

void catalogue_past_release(struct catalogue_past *past)
{
	catalogue_free(past->catalogue);
	past->catalogue = NULL;
	past->version = 0;
}
