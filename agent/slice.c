#include "agent/slice.h"

#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"

#define SLICE_NAME "slice"

void slice_gather_init(struct slice_gather *gather)
{
	memset(gather, 0, sizeof(*gather));
}

void slice_gather_release(struct slice_gather *gather)
{
	for (size_t i = 0; i < gather->file_count; i++) {
		strbuf_release(&gather->names[i]);
		strbuf_release(&gather->files[i]);
	}
	gather->file_count = 0;
	gather->since_us = 0;
	gather->same = false;
}

static int gather_file(struct slice_gather *gather,
		       const struct slice_file *file, struct err *err)
{
	size_t i = 0;

	while (i < gather->file_count &&
	       !span_equal(strbuf_span(&gather->names[i]), file->name))
		i++;
	if (i == SLICE_FILES_MAX)
		return err_set(err, ERR_LIMIT, "a slice of more than %d files",
			       SLICE_FILES_MAX);
	if (i == gather->file_count) {
		strbuf_init(&gather->names[i], 0);
		strbuf_init(&gather->files[i], SLICE_BYTES_MAX);
		strbuf_add(&gather->names[i], file->name.data, file->name.len);
		gather->file_count++;
	}
	strbuf_add(&gather->files[i], file->bytes.data, file->bytes.len);
	if (gather->files[i].failed || gather->names[i].failed)
		return err_set(err, ERR_NOMEM, "no memory for the catalogue");
	return 0;
}

static void add_span(struct strbuf *out, struct span bytes)
{
	strbuf_add_u32(out, (uint32_t)bytes.len);
	strbuf_add(out, bytes.data, bytes.len);
}

/* As slice_read reads it. The same slice comes with every session: what has
 * not changed is not written again. */
static int keep(const struct slice_gather *gather, const struct slice *slice,
		struct outbox *outbox, struct err *err)
{
	struct strbuf blob;
	struct arena arena;
	struct span before;
	uint8_t version[8];
	int ret = 0;

	strbuf_init(&blob, SLICE_BYTES_MAX);
	arena_init(&arena, SLICE_BYTES_MAX);
	store_u64(version, slice->catalogue);
	strbuf_add(&blob, version, sizeof(version));
	strbuf_add_u32(&blob, (uint32_t)slice->unit_count);
	for (size_t i = 0; i < slice->unit_count; i++)
		add_span(&blob, slice->units[i]);
	strbuf_add_u32(&blob, (uint32_t)gather->file_count);
	for (size_t i = 0; i < gather->file_count; i++) {
		add_span(&blob, strbuf_span(&gather->names[i]));
		add_span(&blob, strbuf_span(&gather->files[i]));
	}
	strbuf_add_u64(&blob, gather->since_us);
	strbuf_add_u32(&blob, slice->roles);
	if (blob.failed)
		ret = err_set(err, ERR_NOMEM, "no memory for the catalogue");
	else if (outbox_get(outbox, SLICE_NAME, &arena, &before, NULL) ||
		 !span_equal(before, strbuf_span(&blob)))
		ret = outbox_set(outbox, SLICE_NAME, strbuf_span(&blob), err);
	arena_release(&arena);
	strbuf_release(&blob);
	return ret;
}

/* The head without a target is the catalogue's commit. */
static void note_since(struct slice_gather *gather, const struct slice *slice)
{
	for (size_t i = 0; i < slice->head_count; i++)
		if (!slice->heads[i].report.target.len)
			gather->since_us = slice->heads[i].recv_us;
}

/* The kept files, where they were not sent again. */
static int adopt(struct slice_gather *gather, struct outbox *outbox,
		 struct err *err)
{
	struct slice_kept kept;
	struct arena arena;
	int ret;

	arena_init(&arena, SLICE_BYTES_MAX);
	ret = slice_read(outbox, &arena, &kept, err);
	if (ret == ERR_NOTFOUND)
		ret = err_set(err, ERR_INVALID,
			      "the collector says that the catalogue is the "
			      "one that is kept here, but none is");
	for (size_t i = 0; !ret && i < kept.file_count; i++) {
		const struct slice_file file = {
			.name = span_of_text(kept.files[i].name),
			.bytes = kept.files[i].bytes,
		};

		ret = gather_file(gather, &file, err);
	}
	arena_release(&arena);
	return ret;
}

int slice_take(struct slice_gather *gather, struct outbox *outbox,
	       const struct slice *slice, struct err *err)
{
	int ret = 0;

	if (slice->head_count)
		ret = outbox_set_heads(outbox, slice->heads, slice->head_count,
				       err);
	if (ret)
		return ret;
	if (slice->catalogue != gather->catalogue)
		slice_gather_release(gather);
	gather->catalogue = slice->catalogue;
	gather->same = gather->same || slice->same_files;
	note_since(gather, slice);
	for (size_t i = 0; i < slice->file_count && !ret; i++)
		ret = gather_file(gather, &slice->files[i], err);
	if (!ret && slice->last && gather->same && !gather->file_count)
		ret = adopt(gather, outbox, err);
	if (!ret && slice->last && gather->file_count) {
		ret = keep(gather, slice, outbox, err);
		slice_gather_release(gather);
		if (!ret)
			gather->complete = slice->catalogue;
	}
	return ret;
}

static struct span read_part(struct reader *reader)
{
	return read_span(reader, read_u32(reader));
}

int slice_read(struct outbox *outbox, struct arena *arena,
	       struct slice_kept *out, struct err *err)
{
	struct slice_kept kept = { 0 };
	struct reader reader;
	struct span blob;
	int ret = outbox_get(outbox, SLICE_NAME, arena, &blob, err);

	if (ret)
		return ret;
	reader_init(&reader, blob);
	kept.catalogue = read_u64(&reader);
	kept.unit_count = read_u32(&reader);
	if (kept.unit_count > reader_left(&reader) / 4)
		goto damaged;
	kept.units =
		arena_array(arena, kept.unit_count + 1, sizeof(*kept.units));
	for (size_t i = 0; i < kept.unit_count && kept.units; i++)
		kept.units[i] = read_part(&reader);
	kept.file_count = read_u32(&reader);
	if (kept.file_count > SLICE_FILES_MAX)
		goto damaged;
	kept.files =
		arena_array(arena, kept.file_count + 1, sizeof(*kept.files));
	if (!kept.files || !kept.units)
		return err_set(err, ERR_NOMEM, "no memory for the catalogue");
	for (size_t i = 0; i < kept.file_count; i++) {
		struct span name = read_part(&reader);

		kept.files[i].name =
			arena_text(arena, (const char *)name.data, name.len);
		kept.files[i].bytes = read_part(&reader);
		if (!kept.files[i].name)
			return err_set(err, ERR_NOMEM,
				       "no memory for the catalogue");
	}
	kept.since_us = read_u64(&reader);
	kept.roles = read_u32(&reader);
	if (reader.failed)
		goto damaged;
	*out = kept;
	return 0;
damaged:
	return err_set(err, ERR_CORRUPT, "the kept catalogue is damaged");
}

struct hash slice_files_hash(struct outbox *outbox)
{
	struct slice_file files[SLICE_FILES_MAX];
	struct hash hash = { 0 };
	struct slice_kept kept;
	struct arena arena;

	static_assert(SLICE_FILES_MAX <= TALK_FILES_MAX, "a hash names all");
	arena_init(&arena, SLICE_BYTES_MAX);
	if (!slice_read(outbox, &arena, &kept, NULL)) {
		for (size_t i = 0; i < kept.file_count; i++)
			files[i] = (struct slice_file){
				.name = span_of_text(kept.files[i].name),
				.bytes = kept.files[i].bytes,
			};
		hash = talk_files_hash(files, kept.file_count);
	}
	arena_release(&arena);
	return hash;
}

bool slice_speaks_for(const struct slice_kept *kept, struct span unit)
{
	for (size_t i = 0; i < kept->unit_count; i++)
		if (span_equal(kept->units[i], unit))
			return true;
	return false;
}

struct catalogue *slice_catalogue(const struct slice_kept *kept)
{
	struct catalogue *catalogue = NULL;
	struct problems problems;

	problems_init(&problems);
	if (catalogue_load(kept->files, kept->file_count, &catalogue,
			   &problems))
		catalogue = NULL;
	problems_release(&problems);
	return catalogue;
}
