/*
 * The fold's own marks in TABLE_META, and its memory again from the tables.
 * What is loaded equals what was folded: going on from here gives the same
 * puts as never having stopped.
 */
#include "store/fold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/figures_catalogue.h"
#include "store/figures_row.h"
#include "store/fold_state.h"

#define FOUNDING_FORMAT 1
#define VERSION_ARENA_BYTES (1024 * 1024)
#define FRONTIER_BYTES_MAX (8 + 64 * HASH_BYTES)

/* ---- marks ---- */

static int put_meta(struct puts *puts, const char *name, const void *value,
		    size_t len)
{
	return puts_add(puts, TABLE_META, span_of_text(name),
			span_of(value, len));
}

int fold_put_meta(struct fold *fold, struct puts *puts)
{
	const struct frontier *frontier = &fold->frontier;
	uint8_t edge[FRONTIER_BYTES_MAX], number[8], state[9];
	uint8_t reopened[8 * REOPENINGS_MAX], succeeded[8 * SUCCESSIONS_MAX];
	struct writer writer;
	int rc;

	writer_init(&writer, edge, sizeof(edge));
	write_u64(&writer, frontier->size);
	write_bytes(&writer, frontier->edge,
		    (size_t)__builtin_popcountll(frontier->size) * HASH_BYTES);
	assert(!writer.failed);
	store_u64(number, frontier->size);
	rc = put_meta(puts, "applied", number, sizeof(number));
	if (!rc)
		rc = put_meta(puts, "root", fold->root.bytes, HASH_BYTES);
	if (!rc)
		rc = put_meta(puts, "frontier", edge, writer.len);
	store_u64(number, fold->recv_us);
	if (!rc)
		rc = put_meta(puts, "recv_us", number, sizeof(number));
	store_u64(state, fold->since);
	state[8] = fold->state_full;
	if (!rc)
		rc = put_meta(puts, "state", state, sizeof(state));
	for (size_t i = 0; i < fold->reopened_count; i++)
		store_u64(reopened + 8 * i, fold->reopened[i]);
	if (!rc && fold->reopened_count)
		rc = put_meta(puts, "reopened", reopened,
			      8 * fold->reopened_count);
	for (size_t i = 0; i < fold->succeeded_count; i++)
		store_u64(succeeded + 8 * i, fold->succeeded[i]);
	if (!rc && fold->succeeded_count)
		rc = put_meta(puts, "succeeded", succeeded,
			      8 * fold->succeeded_count);
	return rc;
}

int fold_put_founding(struct fold *fold, struct puts *puts)
{
	struct strbuf *out = &fold->bytes;
	struct span name = fold->name;

	assert(name.len <= UINT16_MAX);
	strbuf_clear(out);
	add_u8(out, FOUNDING_FORMAT);
	strbuf_add(out, fold->journal.bytes, HASH_BYTES);
	add_u32(out, (uint32_t)fold->zone_minutes);
	add_u8(out, fold->simulated);
	add_u16(out, (uint16_t)name.len);
	strbuf_add(out, name.data, name.len);
	add_u32(out, (uint32_t)fold->recovery_key_count);
	for (size_t i = 0; i < fold->recovery_key_count; i++)
		strbuf_add(out, fold->recovery_keys[i].bytes, SIGN_KEY_BYTES);
	if (out->failed)
		return ERR_NOMEM;
	return put_meta(puts, "founding", out->text, out->len);
}

int fold_put_collectors(struct fold *fold, struct puts *puts)
{
	struct strbuf *out = &fold->bytes;

	strbuf_clear(out);
	add_u32(out, (uint32_t)fold->collector_count);
	for (size_t i = 0; i < fold->collector_count; i++) {
		strbuf_add(out, fold->collectors[i].checkpoint_key.bytes,
			   SIGN_KEY_BYTES);
		strbuf_add(out, fold->collectors[i].curve_key, CURVE_KEY_BYTES);
	}
	if (out->failed)
		return ERR_NOMEM;
	return put_meta(puts, "collectors", out->text, out->len);
}

int fold_put_rules(struct fold *fold, struct puts *puts)
{
	uint8_t number[4];

	store_u32(number, fold->rules_next);
	return put_meta(puts, "rules", number, sizeof(number));
}

/* ---- loading the marks ---- */

struct loading {
	struct fold *fold;
	const struct table_reader *reader;
	struct err *err;
	struct span *values; /* to be put in order */
	size_t value_count, values_size;
};

static int get_meta(const struct loading *loading, const char *name,
		    struct reader *out)
{
	const struct table_reader *reader = loading->reader;
	struct span value;
	int rc = reader->get(reader->ctx, TABLE_META, span_of_text(name),
			     &value, loading->err);

	if (rc == ERR_NOTFOUND)
		return err_set(loading->err, ERR_CORRUPT,
			       "the store lacks its mark \"%s\"", name);
	if (!rc)
		reader_init(out, value);
	return rc;
}

static int damaged(const struct loading *loading, const char *what)
{
	return err_set(loading->err, ERR_CORRUPT, "the store's %s is damaged",
		       what);
}

static int load_founding(const struct loading *loading)
{
	struct fold *fold = loading->fold;
	struct reader in;
	struct span name;
	size_t count;
	int rc = get_meta(loading, "founding", &in);

	if (rc)
		return rc;
	if (read_u8(&in) != FOUNDING_FORMAT)
		return damaged(loading, "founding");
	read_copy(&in, fold->journal.bytes, HASH_BYTES);
	fold->zone_minutes = (int32_t)read_u32(&in);
	fold->simulated = read_u8(&in) != 0;
	name = read_span(&in, read_u16(&in));
	fold->name =
		span_of(arena_copy(&fold->keep, name.data, name.len), name.len);
	count = read_u32(&in);
	if (in.failed || count * SIGN_KEY_BYTES != reader_left(&in))
		return damaged(loading, "founding");
	fold->recovery_keys =
		arena_array(&fold->keep, count, sizeof(*fold->recovery_keys));
	if (!fold->recovery_keys || !fold->name.data)
		return err_set(loading->err, ERR_NOMEM, "no memory for keys");
	for (size_t i = 0; i < count; i++)
		read_copy(&in, fold->recovery_keys[i].bytes, SIGN_KEY_BYTES);
	fold->recovery_key_count = count;
	fold->founded = true;
	return 0;
}

static int load_collectors(const struct loading *loading)
{
	struct fold *fold = loading->fold;
	struct reader in;
	size_t count;
	int rc = get_meta(loading, "collectors", &in);

	if (rc)
		return rc;
	count = read_u32(&in);
	if (in.failed ||
	    count * (SIGN_KEY_BYTES + CURVE_KEY_BYTES) != reader_left(&in))
		return damaged(loading, "list of collectors");
	fold->collectors =
		arena_array(&fold->keep, count, sizeof(*fold->collectors));
	if (!fold->collectors)
		return err_set(loading->err, ERR_NOMEM, "no memory for keys");
	for (size_t i = 0; i < count; i++) {
		read_copy(&in, fold->collectors[i].checkpoint_key.bytes,
			  SIGN_KEY_BYTES);
		read_copy(&in, fold->collectors[i].curve_key, CURVE_KEY_BYTES);
	}
	fold->collector_count = count;
	return 0;
}

static int load_frontier(const struct loading *loading)
{
	struct fold *fold = loading->fold;
	struct frontier *frontier = &fold->frontier;
	struct reader in;
	struct hash root;
	size_t edges;
	int rc = get_meta(loading, "frontier", &in);

	if (rc)
		return rc;
	frontier->size = read_u64(&in);
	edges = (size_t)__builtin_popcountll(frontier->size);
	for (size_t i = 0; i < edges; i++)
		read_copy(&in, frontier->edge[i].bytes, HASH_BYTES);
	if (in.failed || reader_left(&in))
		return damaged(loading, "frontier");
	fold->root = frontier_root(frontier);
	rc = get_meta(loading, "root", &in);
	if (rc)
		return rc;
	read_copy(&in, root.bytes, HASH_BYTES);
	if (in.failed || !hash_equal(&root, &fold->root))
		return damaged(loading, "journal root");
	return 0;
}

/* A list of entries; there is none in most journals. */
static int load_entries(const struct loading *loading, const char *name,
			uint64_t *list, size_t *count, size_t max)
{
	const struct table_reader *reader = loading->reader;
	struct reader in;
	struct span value;
	int rc = reader->get(reader->ctx, TABLE_META, span_of_text(name),
			     &value, loading->err);

	if (rc)
		return rc == ERR_NOTFOUND ? 0 : rc;
	reader_init(&in, value);
	while (reader_left(&in) && *count < max)
		list[(*count)++] = read_u64(&in);
	if (in.failed || reader_left(&in))
		return damaged(loading, "record of entries");
	return 0;
}

static int load_numbers(const struct loading *loading, uint64_t applied)
{
	struct fold *fold = loading->fold;
	struct reader recv_us, rules, state;
	int rc = get_meta(loading, "recv_us", &recv_us);

	if (!rc)
		rc = get_meta(loading, "rules", &rules);
	if (!rc)
		rc = get_meta(loading, "state", &state);
	if (rc)
		return rc;
	fold->recv_us = read_u64(&recv_us);
	fold->rules = fold->rules_next = read_u32(&rules);
	fold->since = read_u64(&state);
	fold->state_full = read_u8(&state);
	if (recv_us.failed || rules.failed || state.failed ||
	    applied != fold->frontier.size)
		return damaged(loading, "record of what is applied");
	return 0;
}

/* ---- loading offices and grants ---- */

static int collect_value(void *arg, struct span key, struct span value)
{
	struct loading *loading = arg;
	struct span *values = fold_grown(loading->values, &loading->values_size,
					 loading->value_count, sizeof(*values));

	(void)key;
	if (!values)
		return err_set(loading->err, ERR_NOMEM, "no memory to load");
	loading->values = values;
	values[loading->value_count++] = value;
	return 0;
}

/* Offices by number, grants by entry and n: both lie behind the format byte,
 * big-endian. */
#define ORDER_BYTES 12
static int compare_values(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return memcmp(a->data + 1, b->data + 1, ORDER_BYTES);
}

static int load_in_order(struct loading *loading, enum table table,
			 int (*load)(struct fold *fold, struct span value,
				     struct err *err))
{
	const struct table_reader *reader = loading->reader;
	int rc;

	loading->value_count = 0;
	rc = reader->scan(reader->ctx, table, span_of(NULL, 0), collect_value,
			  loading, loading->err);
	for (size_t i = 0; i < loading->value_count && !rc; i++)
		if (loading->values[i].len < 1 + ORDER_BYTES)
			rc = damaged(loading, table_name(table));
	if (rc || !loading->value_count)
		return rc;
	qsort(loading->values, loading->value_count, sizeof(struct span),
	      compare_values);
	for (size_t i = 0; i < loading->value_count && !rc; i++)
		rc = load(loading->fold, loading->values[i], loading->err);
	return rc;
}

/* One batch that was taken: in order of numbers within a key. */
static int load_taken(void *arg, struct span key, struct span value)
{
	struct loading *loading = arg;
	struct hash hash, name;
	struct office *office;
	uint64_t sequence;

	if (key.len != TAKEN_KEY_BYTES || value.len != TAKEN_VALUE_BYTES)
		return damaged(loading, "record of a batch");
	memcpy(hash.bytes, key.data, HASH_BYTES);
	sequence = load_u64(key.data + HASH_BYTES);
	memcpy(name.bytes, value.data + TAKEN_VALUE_BYTES - HASH_BYTES,
	       HASH_BYTES);
	office = office_find(loading->fold, &hash);
	if (!office || sequence != office->chain.taken + 1)
		return damaged(loading, "chain of batches");
	return office_add_name(office, &name) ?
		       err_set(loading->err, ERR_NOMEM, "no memory to load") :
		       0;
}

/* The names say again how many batches were taken. */
static int load_chains(struct loading *loading)
{
	struct fold *fold = loading->fold;
	uint32_t count = fold->office_keys.count;
	uint64_t *taken = calloc(count ? count : 1, sizeof(*taken));
	int rc;

	if (!taken)
		return err_set(loading->err, ERR_NOMEM, "no memory to load");
	for (uint32_t i = 0; i < count; i++) {
		taken[i] = fold->offices[i]->chain.taken;
		fold->offices[i]->chain.taken = 0;
	}
	rc = loading->reader->scan(loading->reader->ctx, TABLE_TAKEN,
				   span_of(NULL, 0), load_taken, loading,
				   loading->err);
	for (uint32_t i = 0; i < count && !rc; i++)
		if (fold->offices[i]->chain.taken != taken[i])
			rc = damaged(loading, "chain of batches");
	free(taken);
	return rc;
}

/* ---- loading the catalogue ---- */

static int load_part(void *arg, struct span key, struct span value)
{
	struct loading *loading = arg;
	struct catalogue_part part = { 0 };
	struct reader in;

	reader_init(&in, value);
	part.file = read_span(&in, read_u8(&in));
	part.bytes = read_span(&in, reader_left(&in));
	if (key.len != SALT_BYTES + 4 || in.failed)
		return damaged(loading, "part of a catalogue");
	memcpy(part.set, key.data, SALT_BYTES);
	part.n = load_u32(key.data + SALT_BYTES);
	return part_keep(loading->fold, &part, loading->err);
}

static int load_text(void *arg, struct span key, struct span value)
{
	struct loading *loading = arg;

	return fold_load_texts(loading->fold, key, value, loading->err);
}

static int load_version(void *arg, struct span key, struct span value)
{
	struct loading *loading = arg;

	if (key.len != 4 ||
	    load_u32(key.data) != ++loading->fold->catalogue_version)
		return damaged(loading, "list of catalogue versions");
	return collect_value(loading, key, value);
}

static int load_catalogue(struct loading *loading)
{
	const struct table_reader *reader = loading->reader;
	struct fold *fold = loading->fold;
	struct catalogue_version version;
	struct puts none;
	struct arena arena;
	int rc;

	loading->value_count = 0;
	rc = reader->scan(reader->ctx, TABLE_CATALOGUE, span_of(NULL, 0),
			  load_version, loading, loading->err);
	if (rc || !loading->value_count)
		return rc;
	arena_init(&arena, VERSION_ARENA_BYTES);
	puts_init(&none);
	rc = catalogue_version_read(loading->values[loading->value_count - 1],
				    &arena, &version, loading->err);
	if (!rc)
		rc = catalogue_version_load(&version, &fold->catalogue,
					    loading->err);
	if (!rc)
		rc = figures_intern(fold->figures, fold->catalogue, &none,
				    loading->err);
	if (!rc && none.count)
		rc = damaged(loading, "list of ids");
	if (!rc)
		memcpy(fold->catalogue_base, version.origin.salt, BASE_BYTES);
	puts_release(&none);
	arena_release(&arena);
	return rc;
}

/* ---- all of it ---- */

/* Who speaks, since when, and of which journal. */
static int load_facts(struct loading *loading, uint64_t applied)
{
	int rc = load_founding(loading);

	if (!rc)
		rc = load_collectors(loading);
	if (!rc)
		rc = load_frontier(loading);
	if (!rc)
		rc = load_numbers(loading, applied);
	if (!rc)
		rc = load_entries(loading, "reopened", loading->fold->reopened,
				  &loading->fold->reopened_count,
				  REOPENINGS_MAX);
	if (!rc)
		rc = load_entries(
			loading, "succeeded", loading->fold->succeeded,
			&loading->fold->succeeded_count, SUCCESSIONS_MAX);
	if (!rc)
		rc = load_in_order(loading, TABLE_OFFICE, office_load);
	return rc;
}

static int load_all(struct loading *loading, uint64_t applied)
{
	struct fold *fold = loading->fold;
	const struct table_reader *reader = loading->reader;
	int rc = load_facts(loading, applied);

	if (!rc)
		rc = load_chains(loading);
	if (!rc)
		rc = load_in_order(loading, TABLE_GRANT, grant_load);
	if (!rc)
		rc = reader->scan(reader->ctx, TABLE_PART, span_of(NULL, 0),
				  load_part, loading, loading->err);
	if (!rc)
		rc = reader->scan(reader->ctx, TABLE_TEXT, span_of(NULL, 0),
				  load_text, loading, loading->err);
	if (!rc)
		rc = figures_load(fold->figures, reader, loading->err);
	if (!rc)
		rc = load_catalogue(loading);
	return rc;
}

static int load(struct fold *fold, const struct table_reader *reader,
		int (*what)(struct loading *loading, uint64_t applied),
		uint64_t *applied, struct err *err)
{
	struct loading loading = {
		.fold = fold,
		.reader = reader,
		.err = err,
	};
	uint64_t count;
	int rc;

	assert(!fold->founded && fold->frontier.size == 0);
	rc = tables_number(reader, "applied", &count, err);
	if (rc == ERR_NOTFOUND) { /* nothing was folded yet */
		*applied = 0;
		return 0;
	}
	if (rc)
		return rc;
	rc = what(&loading, count);
	free(loading.values);
	if (!rc)
		*applied = count;
	return rc;
}

int fold_load(struct fold *fold, const struct table_reader *reader,
	      uint64_t *applied, struct err *err)
{
	return load(fold, reader, load_all, applied, err);
}

int fold_load_facts(struct fold *fold, const struct table_reader *reader,
		    uint64_t *applied, struct err *err)
{
	return load(fold, reader, load_facts, applied, err);
}

/* ---- acknowledging again ---- */

struct verdict_list {
	uint16_t *verdicts;
	uint32_t count;
};

static int note_refusal(void *arg, struct span key, struct span value)
{
	struct verdict_list *list = arg;
	uint32_t n = key.len == 12 ? load_u32(key.data + 8) : UINT32_MAX;

	if (n < list->count && value.len == 2)
		list->verdicts[n] =
			(uint16_t)(value.data[0] << 8 | value.data[1]);
	return 0;
}

int fold_taken(const struct table_reader *reader, const struct hash *key,
	       uint64_t sequence, struct fold_taken *out, uint16_t *verdicts,
	       size_t count_max, struct err *err)
{
	uint8_t taken_key[TAKEN_KEY_BYTES];
	struct fold_taken taken;
	struct verdict_list list;
	struct reader in;
	struct span value;
	int rc;

	memcpy(taken_key, key->bytes, HASH_BYTES);
	store_u64(taken_key + HASH_BYTES, sequence);
	rc = reader->get(reader->ctx, TABLE_TAKEN,
			 span_of(taken_key, sizeof(taken_key)), &value, err);
	if (rc)
		return rc;
	reader_init(&in, value);
	taken.entry = read_u64(&in);
	taken.recv_us = read_u64(&in);
	taken.count = read_u32(&in);
	read_copy(&in, taken.name.bytes, HASH_BYTES);
	if (in.failed)
		return err_set(err, ERR_CORRUPT, "a batch's record is damaged");
	if (verdicts && taken.count > count_max)
		return err_set(err, ERR_LIMIT, "a batch has %u statements",
			       taken.count);
	if (verdicts) {
		uint8_t entry[8];

		list = (struct verdict_list){ verdicts, taken.count };
		memset(verdicts, 0, taken.count * sizeof(*verdicts));
		store_u64(entry, taken.entry);
		rc = reader->scan(reader->ctx, TABLE_REFUSAL,
				  span_of(entry, sizeof(entry)), note_refusal,
				  &list, err);
	}
	if (!rc)
		*out = taken;
	return rc;
}
