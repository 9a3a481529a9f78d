#include "audit/tiles.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DIR_MODE 0755
#define ENTRY_BYTES_MAX 65535u

void tiles_init(struct tiles *tiles, const char *dir)
{
	memset(tiles, 0, sizeof(*tiles));
	(void)snprintf(tiles->dir, sizeof(tiles->dir), "%s", dir);
	frontier_init(&tiles->frontier);
	strbuf_init(&tiles->entries, 0);
}

void tiles_release(struct tiles *tiles)
{
	strbuf_release(&tiles->entries);
}

/* ---- files ---- */

/* 1234067 is x001/x234/067. */
static void add_number(struct strbuf *path, uint64_t n, const char *before)
{
	if (n >= 1000) {
		add_number(path, n / 1000, "x");
		strbuf_add_char(path, '/');
	}
	strbuf_addf(path, "%s%03" PRIu64, before, n % 1000);
}

static int make_dirs(struct strbuf *path, size_t from, struct err *err)
{
	for (size_t i = from; i < path->len; i++) {
		int failed;

		if (path->text[i] != '/')
			continue;
		path->text[i] = '\0';
		failed = mkdir(path->text, DIR_MODE) && errno != EEXIST;
		if (failed)
			return err_sys(err, "%s", path->text);
		path->text[i] = '/';
	}
	return 0;
}

/* level: "0", .. or "entries". */
static int write_tile(struct tiles *tiles, const char *level, uint64_t n,
		      unsigned width, struct span bytes, struct err *err)
{
	struct strbuf path;
	FILE *file = NULL;
	int rc = 0;

	strbuf_init(&path, 0);
	strbuf_addf(&path, "%s/tile/%s/", tiles->dir, level);
	add_number(&path, n, "");
	if (width < TILE_HASHES)
		strbuf_addf(&path, ".p/%u", width);
	if (path.failed)
		rc = err_set(err, ERR_NOMEM, "no memory");
	if (!rc)
		rc = make_dirs(&path, strlen(tiles->dir) + 1, err);
	if (!rc) {
		file = fopen(path.text, "wxe");
		if (!file ||
		    fwrite(bytes.data, 1, bytes.len, file) != bytes.len)
			rc = err_sys(err, "%s", path.text);
		if (file && fclose(file) && !rc)
			rc = err_sys(err, "%s", path.text);
	}
	tiles->written += !rc;
	strbuf_release(&path);
	return rc;
}

/* ---- the tree ---- */

static int write_hashes(struct tiles *tiles, unsigned level, struct err *err)
{
	struct tile_level *at = &tiles->levels[level];
	char name[16];
	int rc;

	(void)snprintf(name, sizeof(name), "%u", level);
	rc = write_tile(tiles, name, at->n, at->count,
			span_of(at->hashes, at->count * sizeof(at->hashes[0])),
			err);
	at->count = 0;
	at->n++;
	return rc;
}

static int write_entries(struct tiles *tiles, uint64_t n, unsigned width,
			 struct err *err)
{
	int rc = tiles->entries.failed ?
			 err_set(err, ERR_NOMEM, "no memory") :
			 write_tile(tiles, "entries", n, width,
				    strbuf_span(&tiles->entries), err);

	strbuf_clear(&tiles->entries);
	return rc;
}

static int add_hash(struct tiles *tiles, struct hash hash, struct err *err)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		struct tile_level *at = &tiles->levels[level];
		int rc;

		at->hashes[at->count++] = hash;
		if (at->count < TILE_HASHES)
			return 0;
		hash = merkle_root(at->hashes, TILE_HASHES);
		if (level == 0) {
			rc = write_entries(tiles, at->n, TILE_HASHES, err);
			if (rc)
				return rc;
		}
		rc = write_hashes(tiles, level, err);
		if (rc)
			return rc;
	}
	return err_set(err, ERR_LIMIT, "the tree is too large");
}

int tiles_add(struct tiles *tiles, struct span leaf, struct err *err)
{
	struct hash hash = hash_leaf(leaf, span_of(NULL, 0));

	if (leaf.len > ENTRY_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "a leaf is too long for a tile");
	strbuf_add_char(&tiles->entries, (char)(leaf.len >> 8));
	strbuf_add_char(&tiles->entries, (char)(leaf.len & 0xff));
	strbuf_add(&tiles->entries, leaf.data, leaf.len);
	frontier_add(&tiles->frontier, &hash);
	return add_hash(tiles, hash, err);
}

int tiles_end(struct tiles *tiles, struct err *err)
{
	struct tile_level *leaves = &tiles->levels[0];
	int rc = leaves->count ?
			 write_entries(tiles, leaves->n, leaves->count, err) :
			 0;

	for (unsigned level = 0; level < TILE_LEVELS && !rc; level++)
		if (tiles->levels[level].count)
			rc = write_hashes(tiles, level, err);
	return rc;
}
