#include "store/tables.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* LMDB's limit; a longer key is a mistake of the fold. */
#define KEY_BYTES_MAX 511
#define DELETED UINT32_MAX
#define PUT_HEAD_BYTES 9

/* A level holds a quarter of the one below: enough for 4^14 keys. */
#define LEVELS_MAX 14

const char *table_name(enum table table)
{
	switch (table) {
	case TABLE_META:
		return "meta";
	case TABLE_FIGURE:
		return "figure";
	case TABLE_CHANGE:
		return "change";
	case TABLE_REFUSAL:
		return "refusal";
	case TABLE_OFFICE:
		return "office";
	case TABLE_GRANT:
		return "grant";
	case TABLE_TAKEN:
		return "taken";
	case TABLE_CATALOGUE:
		return "catalogue";
	case TABLE_ID:
		return "id";
	case TABLE_PART:
		return "part";
	case TABLE_REDACTION:
		return "redaction";
	case TABLE_TEXT:
		return "text";
	case TABLE_COUNT:
		break;
	}
	return "?";
}

/* ---- pending writes ---- */

void puts_init(struct puts *puts)
{
	strbuf_init(&puts->bytes, 0);
	puts->count = 0;
	puts->drops = 0;
}

void puts_release(struct puts *puts)
{
	if (!puts)
		return;
	strbuf_release(&puts->bytes);
	puts->count = 0;
}

void puts_clear(struct puts *puts)
{
	strbuf_clear(&puts->bytes);
	puts->count = 0;
}

static int puts_append(struct puts *puts, enum table table, struct span key,
		       struct span value, bool deleted)
{
	uint8_t head[PUT_HEAD_BYTES];
	size_t before = puts->bytes.len;

	assert((unsigned)table < TABLE_COUNT);
	assert(key.len > 0 && key.len <= KEY_BYTES_MAX);
	assert(value.len < DELETED);
	if (puts->drops & 1u << table)
		return 0;
	head[0] = (uint8_t)table;
	store_u32(head + 1, (uint32_t)key.len);
	store_u32(head + 5, deleted ? DELETED : (uint32_t)value.len);
	strbuf_add(&puts->bytes, head, sizeof(head));
	strbuf_add(&puts->bytes, key.data, key.len);
	strbuf_add(&puts->bytes, value.data, value.len);
	if (puts->bytes.failed) {
		/* What was added before must stay readable. */
		puts->bytes.len = before;
		return ERR_NOMEM;
	}
	puts->count++;
	return 0;
}

int puts_add(struct puts *puts, enum table table, struct span key,
	     struct span value)
{
	return puts_append(puts, table, key, value, false);
}

int puts_delete(struct puts *puts, enum table table, struct span key)
{
	return puts_append(puts, table, key, span_of(NULL, 0), true);
}

/* The put at *pos, which moves behind it. */
static struct put puts_at(const struct puts *puts, size_t *pos)
{
	const uint8_t *at = (const uint8_t *)puts->bytes.text + *pos;
	uint32_t key_len, value_len;
	struct put put;

	assert(puts->bytes.len - *pos > PUT_HEAD_BYTES);
	put.table = (enum table)at[0];
	key_len = load_u32(at + 1);
	value_len = load_u32(at + 5);
	put.deleted = value_len == DELETED;
	if (put.deleted)
		value_len = 0;
	at += PUT_HEAD_BYTES;
	put.key = span_of(at, key_len);
	put.value = span_of(at + key_len, value_len);
	*pos += PUT_HEAD_BYTES + (size_t)key_len + value_len;
	assert(*pos <= puts->bytes.len);
	return put;
}

bool puts_next(const struct puts *puts, size_t *pos, struct put *out)
{
	if (*pos >= puts->bytes.len)
		return false;
	*out = puts_at(puts, pos);
	return true;
}

static int compare_keys(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

/* What most keys of a table differ in, so that few are looked at to sort
 * them. */
struct sorting {
	uint64_t lead[2]; /* the key's first 16 bytes */
	const uint8_t *key;
	uint32_t key_len;
	size_t pos; /* of the put: later ones are higher */
};

static int compare_sorting(const void *left, const void *right)
{
	const struct sorting *a = left, *b = right;
	int order = (a->lead[0] > b->lead[0]) - (a->lead[0] < b->lead[0]);

	if (!order)
		order = (a->lead[1] > b->lead[1]) - (a->lead[1] < b->lead[1]);
	if (!order)
		order = compare_keys(span_of(a->key, a->key_len),
				     span_of(b->key, b->key_len));
	if (!order)
		order = (a->pos > b->pos) - (a->pos < b->pos);
	return order;
}

/* Each table's puts from first[table] on, in the order of their keys. */
static void sort_tables(const struct puts *puts, struct sorting *list,
			size_t first[TABLE_COUNT + 1])
{
	size_t next[TABLE_COUNT];
	size_t pos = 0;
	bool ordered[TABLE_COUNT];

	memcpy(next, first, sizeof(next));
	memset(ordered, true, sizeof(ordered));
	for (size_t i = 0; i < puts->count; i++) {
		struct sorting one = { .pos = pos };
		struct put put = puts_at(puts, &pos);
		size_t at = next[put.table]++;
		uint8_t lead[16] = { 0 };

		memcpy(lead, put.key.data, put.key.len < 16 ? put.key.len : 16);
		one.lead[0] = load_u64(lead);
		one.lead[1] = load_u64(lead + 8);
		one.key = put.key.data;
		one.key_len = (uint32_t)put.key.len;
		list[at] = one;
		/* Changes come as they are sorted. */
		if (at > first[put.table] &&
		    compare_sorting(&list[at - 1], &one) > 0)
			ordered[put.table] = false;
	}
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		if (!ordered[t])
			qsort(list + first[t], first[t + 1] - first[t],
			      sizeof(*list), compare_sorting);
}

static void count_tables(const struct puts *puts, size_t first[TABLE_COUNT + 1])
{
	size_t pos = 0;

	memset(first, 0, (TABLE_COUNT + 1) * sizeof(*first));
	for (size_t i = 0; i < puts->count; i++)
		first[puts_at(puts, &pos).table + 1]++;
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		first[t + 1] += first[t];
}

int puts_sorted(const struct puts *puts, struct put **out, size_t *count)
{
	size_t all = puts->count ? puts->count : 1, kept = 0;
	struct sorting *list = malloc(all * sizeof(*list));
	struct put *sorted = malloc(all * sizeof(*sorted));
	size_t first[TABLE_COUNT + 1];

	if (!list || !sorted) {
		free(list);
		free(sorted);
		return ERR_NOMEM;
	}
	count_tables(puts, first);
	sort_tables(puts, list, first);
	for (size_t i = 0; i < puts->count; i++) {
		size_t pos = list[i].pos;
		struct put put = puts_at(puts, &pos);

		/* The last of a key counts. */
		if (kept && sorted[kept - 1].table == put.table &&
		    span_equal(sorted[kept - 1].key, put.key))
			kept--;
		sorted[kept++] = put;
	}
	free(list);
	*out = sorted;
	*count = kept;
	return 0;
}

int tables_number(const struct table_reader *reader, const char *name,
		  uint64_t *out, struct err *err)
{
	struct span value;
	int rc = reader->get(reader->ctx, TABLE_META, span_of_text(name),
			     &value, err);

	if (!rc && value.len != sizeof(*out))
		rc = err_set(err, ERR_CORRUPT,
			     "the store's mark \"%s\" is damaged", name);
	if (!rc)
		*out = load_u64(value.data);
	return rc;
}

/* ---- in memory: a skip list for each table ---- */

struct node {
	uint8_t *value;
	uint32_t value_len;
	uint16_t key_len;
	uint16_t level_count;
	struct node *next[]; /* level_count of them, then the key */
};

struct list {
	struct node *first[LEVELS_MAX];
};

struct memory_tables {
	struct list lists[TABLE_COUNT];
	uint64_t dice; /* only shapes the lists, never what is read */
};

static struct span node_key(const struct node *node)
{
	return span_of(&node->next[node->level_count], node->key_len);
}

/* Where each level's link to the first node not below key is kept. */
static void list_find(struct list *list, struct span key,
		      struct node **links[LEVELS_MAX])
{
	struct node **level = list->first;

	for (unsigned i = LEVELS_MAX; i-- > 0;) {
		while (level[i] && compare_keys(node_key(level[i]), key) < 0)
			level = level[i]->next;
		links[i] = &level[i];
	}
}

/* The first node not below key. */
static const struct node *list_seek(const struct list *list, struct span key)
{
	struct node *const *level = list->first;

	for (unsigned i = LEVELS_MAX; i-- > 0;)
		while (level[i] && compare_keys(node_key(level[i]), key) < 0)
			level = level[i]->next;
	return level[0];
}

static uint16_t throw_levels(struct memory_tables *tables)
{
	uint64_t dice = tables->dice;
	uint16_t levels = 1;

	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	tables->dice = dice;
	for (; levels < LEVELS_MAX && (dice & 3) == 0; dice >>= 2)
		levels++;
	return levels;
}

static struct node *node_new(uint16_t level_count, struct span key)
{
	struct node *node =
		malloc(sizeof(*node) + level_count * sizeof(void *) + key.len);

	if (!node)
		return NULL;
	node->value = NULL;
	node->value_len = 0;
	node->level_count = level_count;
	node->key_len = (uint16_t)key.len;
	memcpy(&node->next[level_count], key.data, key.len);
	return node;
}

static void node_free(struct node *node)
{
	free(node->value);
	free(node);
}

static int node_set(struct node *node, struct span value)
{
	uint8_t *bytes = node->value;

	if (node->value_len != value.len || !bytes) {
		bytes = realloc(node->value, value.len ? value.len : 1);
		if (!bytes)
			return ERR_NOMEM;
	}
	if (value.len)
		memcpy(bytes, value.data, value.len);
	node->value = bytes;
	node->value_len = (uint32_t)value.len;
	return 0;
}

static int list_put(struct memory_tables *tables, const struct put *put)
{
	struct node **links[LEVELS_MAX];
	struct node *node;
	int rc;

	list_find(&tables->lists[put->table], put->key, links);
	node = *links[0];
	if (node && span_equal(node_key(node), put->key)) {
		if (!put->deleted)
			return node_set(node, put->value);
		for (unsigned i = 0; i < node->level_count; i++)
			*links[i] = node->next[i];
		node_free(node);
		return 0;
	}
	if (put->deleted)
		return 0;
	node = node_new(throw_levels(tables), put->key);
	if (!node)
		return ERR_NOMEM;
	rc = node_set(node, put->value);
	if (rc) {
		node_free(node);
		return rc;
	}
	assert(node->level_count > 0);
	for (unsigned i = 0; i < node->level_count; i++) {
		node->next[i] = *links[i];
		*links[i] = node;
	}
	return 0;
}

struct memory_tables *memory_tables_new(void)
{
	struct memory_tables *tables = calloc(1, sizeof(*tables));

	if (tables)
		tables->dice = 0x9e3779b97f4a7c15u;
	return tables;
}

void memory_tables_free(struct memory_tables *tables)
{
	if (!tables)
		return;
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		struct node *node = tables->lists[i].first[0];

		while (node) {
			struct node *next = node->next[0];

			node_free(node);
			node = next;
		}
	}
	free(tables);
}

int memory_tables_apply(struct memory_tables *tables, struct puts *puts)
{
	size_t pos = 0;

	for (size_t i = 0; i < puts->count; i++) {
		struct put put = puts_at(puts, &pos);
		int rc = list_put(tables, &put);

		if (rc)
			return rc;
	}
	puts_clear(puts);
	return 0;
}

static int memory_get(void *ctx, enum table table, struct span key,
		      struct span *value, struct err *err)
{
	const struct memory_tables *tables = ctx;
	const struct node *node = list_seek(&tables->lists[table], key);

	if (!node || !span_equal(node_key(node), key))
		return err_set(err, ERR_NOTFOUND, "table %s has no such key",
			       table_name(table));
	*value = span_of(node->value, node->value_len);
	return 0;
}

static int memory_scan(void *ctx, enum table table, struct span prefix,
		       int (*visit)(void *arg, struct span key,
				    struct span value),
		       void *arg, struct err *err)
{
	const struct memory_tables *tables = ctx;
	const struct node *node = list_seek(&tables->lists[table], prefix);

	(void)err; /* memory does not fail */
	for (; node; node = node->next[0]) {
		struct span key = node_key(node);
		int rc;

		if (key.len < prefix.len ||
		    (prefix.len &&
		     memcmp(key.data, prefix.data, prefix.len) != 0))
			break;
		rc = visit(arg, key, span_of(node->value, node->value_len));
		if (rc)
			return rc;
	}
	return 0;
}

struct table_reader memory_tables_reader(struct memory_tables *tables)
{
	return (struct table_reader){ .get = memory_get,
				      .scan = memory_scan,
				      .ctx = tables };
}

/* ---- comparison ---- */

#define DIFFERENCES_MAX 1000

struct difference {
	uint8_t key[KEY_BYTES_MAX];
	size_t key_len; /* 0: none */
	struct strbuf text;
};

struct comparison {
	const struct table_reader *other;
	enum table table;
	bool values; /* compare them too, not only which keys there are */
	const char *missing;
	uint64_t both; /* keys that are in both */
	struct difference *first;
	size_t *differences;
	struct err *err;
};

/* scan returns it when enough was counted; no ERR_ code is positive. */
#define ENOUGH 1

/* Keeps the difference with the lowest key. */
static void note_difference(struct comparison *comparison, struct span key,
			    const char *what, size_t at)
{
	struct difference *first = comparison->first;
	struct span before = span_of(first->key, first->key_len);

	++*comparison->differences;
	if (first->key_len && compare_keys(key, before) >= 0)
		return;
	/* A damaged database may hold any key. */
	if (key.len > sizeof(first->key))
		key.len = sizeof(first->key);
	memcpy(first->key, key.data, key.len);
	first->key_len = key.len;
	strbuf_clear(&first->text);
	strbuf_addf(&first->text, "table %s, key ",
		    table_name(comparison->table));
	for (size_t i = 0; i < key.len; i++)
		strbuf_addf(&first->text, "%02x", key.data[i]);
	strbuf_addf(&first->text, ": %s", what);
	if (at != SIZE_MAX)
		strbuf_addf(&first->text, " from byte %zu on", at);
}

static int compare_pair(void *arg, struct span key, struct span value)
{
	struct comparison *comparison = arg;
	const struct table_reader *other = comparison->other;
	struct span theirs;
	size_t at = 0;
	int rc = other->get(other->ctx, comparison->table, key, &theirs,
			    comparison->err);

	if (rc && rc != ERR_NOTFOUND)
		return rc;
	if (rc) {
		note_difference(comparison, key, comparison->missing, SIZE_MAX);
		return *comparison->differences < DIFFERENCES_MAX ? 0 : ENOUGH;
	}
	comparison->both++;
	if (comparison->values && !span_equal(value, theirs)) {
		while (at < value.len && at < theirs.len &&
		       value.data[at] == theirs.data[at])
			at++;
		note_difference(comparison, key, "the values differ", at);
	}
	return *comparison->differences < DIFFERENCES_MAX ? 0 : ENOUGH;
}

static int count_pair(void *arg, struct span key, struct span value)
{
	uint64_t *count = arg;

	(void)key;
	(void)value;
	++*count;
	return 0;
}

static int compare_table(struct comparison *comparison,
			 const struct table_reader *a,
			 const struct table_reader *b)
{
	struct span all = span_of(NULL, 0);
	uint64_t count = 0;
	int rc;

	comparison->other = b;
	comparison->values = true;
	comparison->missing = "only in the first";
	rc = a->scan(a->ctx, comparison->table, all, compare_pair, comparison,
		     comparison->err);
	if (!rc)
		rc = b->scan(b->ctx, comparison->table, all, count_pair, &count,
			     comparison->err);
	/* Without others the second has nothing that the first has not. */
	if (rc || count == comparison->both)
		return rc;
	comparison->other = a;
	comparison->values = false;
	comparison->missing = "only in the second";
	return b->scan(b->ctx, comparison->table, all, compare_pair, comparison,
		       comparison->err);
}

int tables_compare(const struct table_reader *a, const struct table_reader *b,
		   struct strbuf *out, size_t *differences, struct err *err)
{
	struct difference first = { .key_len = 0 };
	struct err unused = { 0 };
	size_t count = 0;
	int rc = 0;

	strbuf_init(&first.text, 0);
	for (unsigned i = 0; i < TABLE_COUNT && !rc; i++) {
		struct comparison comparison = { .table = (enum table)i,
						 .first = &first,
						 .differences = &count,
						 .err = err ? err : &unused };
		bool told = count > 0;

		rc = compare_table(&comparison, a, b);
		if (rc >= 0 && !told && count)
			strbuf_add(out, first.text.text, first.text.len);
	}
	if (first.text.failed || out->failed)
		rc = err_set(err, ERR_NOMEM, "no memory to compare tables");
	if (rc == ENOUGH)
		rc = 0;
	if (!rc)
		*differences = count;
	strbuf_release(&first.text);
	return rc;
}
