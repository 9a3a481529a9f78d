/*
 * The catalogue as statements: parts are kept until their commit, which is
 * all of the new version or nothing of it.
 */
#include "store/fold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "proto/day.h"
#include "store/figures_catalogue.h"
#include "store/figures_row.h"
#include "store/fold_state.h"

#define PART_KEY_BYTES (SALT_BYTES + 4)

const struct catalogue *fold_catalogue(const struct fold *fold,
				       uint32_t *version)
{
	if (version)
		*version = fold->catalogue_version;
	return fold->catalogue;
}

/* ---- parts ---- */

static struct part *part_find(const struct fold *fold, const uint8_t *set,
			      uint32_t n)
{
	for (size_t i = 0; i < fold->part_count; i++)
		if (fold->parts[i].n == n &&
		    !memcmp(fold->parts[i].set, set, SALT_BYTES))
			return &fold->parts[i];
	return NULL;
}

static void part_release(struct fold *fold, struct part *part)
{
	fold->parts_bytes -= part->len;
	free(part->file);
	free(part->bytes);
}

int part_keep(struct fold *fold, const struct catalogue_part *said,
	      struct err *err)
{
	struct part part = { .n = said->n, .len = said->bytes.len }, *at;
	struct part *parts;

	parts = fold_grown(fold->parts, &fold->parts_size, fold->part_count,
			   sizeof(*parts));
	if (!parts)
		return err_set(err, ERR_NOMEM, "no memory for a catalogue");
	fold->parts = parts;
	memcpy(part.set, said->set, SALT_BYTES);
	part.file = strndup((const char *)said->file.data, said->file.len);
	part.bytes = malloc(part.len ? part.len : 1);
	if (!part.file || !part.bytes) {
		free(part.file);
		free(part.bytes);
		return err_set(err, ERR_NOMEM, "no memory for a catalogue");
	}
	if (part.len)
		memcpy(part.bytes, said->bytes.data, part.len);
	at = part_find(fold, part.set, part.n);
	if (at)
		part_release(fold, at);
	else
		at = &parts[fold->part_count++];
	*at = part;
	fold->parts_bytes += part.len;
	return 0;
}

void parts_forget(struct fold *fold, const uint8_t *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < fold->part_count; i++) {
		if (set && memcmp(fold->parts[i].set, set, SALT_BYTES) != 0)
			fold->parts[kept++] = fold->parts[i];
		else
			part_release(fold, &fold->parts[i]);
	}
	fold->part_count = kept;
}

static void part_key(const uint8_t *set, uint32_t n,
		     uint8_t out[PART_KEY_BYTES])
{
	memcpy(out, set, SALT_BYTES);
	store_u32(out + SALT_BYTES, n);
}

/* Forgets them in the tables too. */
static int drop_parts(struct fold *fold, const uint8_t *set, struct puts *puts)
{
	uint8_t key[PART_KEY_BYTES];
	int rc = 0;

	for (size_t i = 0; i < fold->part_count && !rc; i++) {
		const struct part *part = &fold->parts[i];

		if (set && memcmp(part->set, set, SALT_BYTES) != 0)
			continue;
		part_key(part->set, part->n, key);
		rc = puts_delete(puts, TABLE_PART, span_of(key, sizeof(key)));
	}
	parts_forget(fold, set);
	return rc;
}

static enum verdict judge_part(const struct fold *fold,
			       const struct catalogue_part *part)
{
	if (part->file.len == 0 || part->file.len > UINT8_MAX ||
	    memchr(part->file.data, 0, part->file.len))
		return VERDICT_MALFORMED;
	if (part->n >= PARTS_MAX || fold->part_count >= PARTS_MAX ||
	    part->bytes.len > PARTS_BYTES_MAX - fold->parts_bytes)
		return VERDICT_CATALOGUE_INVALID;
	return VERDICT_ADMITTED;
}

int fold_part(const struct saying *saying, enum verdict *verdict)
{
	struct fold *fold = saying->fold;
	const struct catalogue_part *part = &saying->statement->said.part;
	uint8_t key[PART_KEY_BYTES];
	int rc;

	*verdict = judge_part(fold, part);
	if (*verdict)
		return 0;
	rc = part_keep(fold, part, saying->err);
	if (rc)
		return rc;
	strbuf_clear(&fold->bytes);
	add_u8(&fold->bytes, (uint8_t)part->file.len);
	strbuf_add(&fold->bytes, part->file.data, part->file.len);
	strbuf_add(&fold->bytes, part->bytes.data, part->bytes.len);
	part_key(part->set, part->n, key);
	if (fold->bytes.failed ||
	    puts_add(saying->puts, TABLE_PART, span_of(key, sizeof(key)),
		     strbuf_span(&fold->bytes)))
		return err_set(saying->err, ERR_NOMEM,
			       "no memory for a catalogue");
	return 0;
}

/* ---- commits ---- */

/* A set put together: files of one name in a row are one file. */
struct assembly {
	struct strbuf bytes; /* of all files, one after the other */
	struct catalogue_file *files;
	size_t file_count;
};

static void assembly_release(struct assembly *assembly)
{
	strbuf_release(&assembly->bytes);
	free(assembly->files);
}

/* Files' bytes are views that are set once all bytes are there. */
static int assemble(const struct fold *fold,
		    const struct catalogue_commit *commit, struct assembly *out)
{
	struct catalogue_file *file = NULL;
	size_t at = 0;

	strbuf_init(&out->bytes, 0);
	out->files = calloc(commit->parts, sizeof(*out->files));
	if (!out->files)
		return ERR_NOMEM;
	for (uint32_t n = 0; n < commit->parts; n++) {
		const struct part *part = part_find(fold, commit->set, n);

		if (!part)
			return ERR_INVALID;
		if (!file || strcmp(file->name, part->file) != 0) {
			file = &out->files[out->file_count++];
			file->name = part->file;
		}
		strbuf_add(&out->bytes, part->bytes, part->len);
		file->bytes.len += part->len;
	}
	if (out->bytes.failed)
		return ERR_NOMEM;
	for (size_t i = 0; i < out->file_count; i++) {
		out->files[i].bytes.data =
			(const uint8_t *)out->bytes.text + at;
		at += out->files[i].bytes.len;
	}
	return 0;
}

static int load_assembly(const struct assembly *assembly,
			 struct catalogue **out)
{
	struct problems problems;
	int rc;

	problems_init(&problems);
	rc = catalogue_load(assembly->files, assembly->file_count, out,
			    &problems);
	problems_release(&problems);
	return rc;
}

static enum verdict judge_catalogue(const struct saying *saying,
				    const struct catalogue *next)
{
	const struct fold *fold = saying->fold;
	struct span base = saying->statement->base;
	uint32_t target;
	int32_t today;

	if (!fold->catalogue)
		return base.len ? VERDICT_STALE : VERDICT_ADMITTED;
	today = day_of_us(saying->origin.recv_us, fold->zone_minutes);
	if (catalogue_goal_changed(fold->catalogue, next, today, &target) >= 0)
		return VERDICT_GOAL_FIXED;
	if (!span_equal(base, span_of(fold->catalogue_base, BASE_BYTES)))
		return VERDICT_STALE;
	return VERDICT_ADMITTED;
}

static int put_version(const struct saying *saying,
		       const struct assembly *assembly)
{
	struct fold *fold = saying->fold;
	struct catalogue_version version = {
		.origin = saying->origin,
		.files = assembly->files,
		.file_count = assembly->file_count,
	};
	uint8_t key[4];

	strbuf_clear(&fold->bytes);
	catalogue_version_write(&version, &fold->bytes);
	if (fold->bytes.failed)
		return ERR_NOMEM;
	store_u32(key, fold->catalogue_version + 1);
	return puts_add(saying->puts, TABLE_CATALOGUE,
			span_of(key, sizeof(key)), strbuf_span(&fold->bytes));
}

/* The new version takes over. */
static int adopt(const struct saying *saying, const struct assembly *assembly,
		 struct catalogue *next)
{
	struct fold *fold = saying->fold;
	int rc = put_version(saying, assembly);

	if (rc)
		return err_set(saying->err, rc, "no memory for a catalogue");
	rc = figures_intern(fold->figures, next, saying->puts, saying->err);
	if (rc)
		return rc;
	catalogue_free(fold->catalogue);
	fold->catalogue = next;
	fold->catalogue_version++;
	memcpy(fold->catalogue_base, saying->origin.salt, BASE_BYTES);
	return 0;
}

static int commit_assembly(const struct saying *saying,
			   const struct assembly *assembly,
			   enum verdict *verdict)
{
	struct catalogue *next = NULL;
	int rc = load_assembly(assembly, &next);

	if (rc == ERR_INVALID) {
		*verdict = VERDICT_CATALOGUE_INVALID;
		return 0;
	}
	if (rc)
		return err_set(saying->err, rc, "no memory for a catalogue");
	*verdict = judge_catalogue(saying, next);
	if (*verdict) {
		catalogue_free(next);
		return 0;
	}
	rc = adopt(saying, assembly, next);
	if (rc)
		catalogue_free(next);
	return rc;
}

int fold_commit(const struct saying *saying, enum verdict *verdict)
{
	struct fold *fold = saying->fold;
	const struct catalogue_commit *commit = &saying->statement->said.commit;
	struct assembly assembly = { 0 };
	struct hash hash;
	int rc;

	*verdict = VERDICT_CATALOGUE_INVALID;
	if (commit->parts == 0 || commit->parts > fold->part_count)
		return drop_parts(fold, commit->set, saying->puts);
	rc = assemble(fold, commit, &assembly);
	if (!rc) {
		hash = hash_span(strbuf_span(&assembly.bytes));
		if (hash_equal(&hash, &commit->sha256))
			rc = commit_assembly(saying, &assembly, verdict);
	} else if (rc == ERR_INVALID) {
		rc = 0; /* a part is missing */
	} else {
		(void)err_set(saying->err, rc, "no memory for a catalogue");
	}
	/* A version makes every set in flight obsolete, a refusal its own. */
	if (!rc)
		rc = drop_parts(fold, *verdict ? commit->set : NULL,
				saying->puts);
	assembly_release(&assembly);
	return rc;
}
