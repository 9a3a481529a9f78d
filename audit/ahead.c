#include "audit/ahead.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/lookup.h"

#define HELPERS_MAX 15
/* A block is what one thread proves at a time. */
#define BLOCK_BYTES ((size_t)1024 * 1024)
#define BLOCK_ENTRIES 2048
#define BLOCKS_A_THREAD 3
#define FILE_BYTES 64

enum block_state { BLOCK_FREE, BLOCK_READ, BLOCK_TAKEN, BLOCK_PROVEN };

struct block {
	enum block_state state;
	uint8_t *bytes; /* of entries, BLOCK_BYTES and one more entry */
	size_t used;
	struct ahead_entry *entries; /* of one segment */
	size_t count;
	char file[FILE_BYTES];
	struct arena arena; /* what is decoded */
	struct err wrong;   /* the first that is; none after it is proven */
};

struct ahead {
	struct journal_reader *reader;
	bool with_said;
	/* The reader's; a ring, in order of reading */
	struct block *blocks;
	size_t block_count;
	size_t front, filled; /* blocks: first in use, and how many are */
	size_t at;	      /* entries of the front handed out */
	bool pending;	      /* next is read, and has found no room */
	struct journal_entry next;
	int end; /* 1: there is more; else what reading ended with */
	struct err why;

	pthread_t helpers[HELPERS_MAX];
	size_t helper_count;
	pthread_mutex_t mutex; /* guards the blocks' states and stop */
	pthread_cond_t work, done;
	bool stop;
};

/* ---- proving ---- */

static int prove(const struct ahead *ahead, struct block *block,
		 struct ahead_entry *one)
{
	int rc = leaf_decode(one->entry.leaf_bytes, &one->entry.leaf,
			     &block->wrong);

	one->leaf = hash_leaf(one->entry.leaf_bytes, span_of(NULL, 0));
	/* Each batch its own cap, whatever the others take. */
	block->arena.cap = block->arena.used + WIRE_ARENA_BYTES;
	if (!rc)
		rc = lookup_check(&one->entry, &block->arena, &one->batch,
				  &block->wrong);
	block->arena.cap = SIZE_MAX;
	if (!rc && ahead->with_said)
		rc = wire_decode_said(&one->batch, &block->arena,
				      &block->wrong);
	return rc;
}

static void prove_block(const struct ahead *ahead, struct block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		block->wrong.code = prove(ahead, block, &block->entries[i]);
		if (!block->wrong.code)
			continue;
		/* Nobody goes on behind it. */
		for (; i < block->count; i++)
			block->entries[i].wrong = &block->wrong;
	}
}

/* The first block that nobody has taken; mutex held. */
static struct block *take_block(struct ahead *ahead)
{
	for (size_t i = 0; i < ahead->filled; i++) {
		struct block *block =
			&ahead->blocks[(ahead->front + i) % ahead->block_count];

		if (block->state != BLOCK_READ)
			continue;
		block->state = BLOCK_TAKEN;
		return block;
	}
	return NULL;
}

/* Mutex held, but not while it works. */
static void work_on(struct ahead *ahead, struct block *block)
{
	(void)pthread_mutex_unlock(&ahead->mutex);
	prove_block(ahead, block);
	(void)pthread_mutex_lock(&ahead->mutex);
	block->state = BLOCK_PROVEN;
	(void)pthread_cond_signal(&ahead->done);
}

static void *help(void *arg)
{
	struct ahead *ahead = arg;

	(void)pthread_mutex_lock(&ahead->mutex);
	while (!ahead->stop) {
		struct block *block = take_block(ahead);

		if (block)
			work_on(ahead, block);
		else
			(void)pthread_cond_wait(&ahead->work, &ahead->mutex);
	}
	(void)pthread_mutex_unlock(&ahead->mutex);
	return NULL;
}

/* Until the front block is proven; helps meanwhile. */
static void await_front(struct ahead *ahead)
{
	struct block *front = &ahead->blocks[ahead->front];

	(void)pthread_mutex_lock(&ahead->mutex);
	while (front->state != BLOCK_PROVEN) {
		struct block *block = take_block(ahead);

		if (block)
			work_on(ahead, block);
		else
			(void)pthread_cond_wait(&ahead->done, &ahead->mutex);
	}
	(void)pthread_mutex_unlock(&ahead->mutex);
}

/* ---- reading ---- */

static struct span keep(struct block *block, struct span bytes)
{
	uint8_t *copy = block->bytes + block->used;

	if (bytes.len)
		memcpy(copy, bytes.data, bytes.len);
	block->used += bytes.len;
	return span_of(copy, bytes.len);
}

/* False: the entry is of another segment than the block's. */
static bool add_entry(struct ahead *ahead, struct block *block)
{
	const struct journal_entry *next = &ahead->next;
	struct ahead_entry *one = &block->entries[block->count];

	*one = (struct ahead_entry){ .entry = *next };
	one->before = *journal_read_root(ahead->reader, &one->segment);
	if (block->count && one->segment != block->entries[0].segment)
		return false;
	if (!block->count)
		(void)snprintf(block->file, sizeof(block->file), "%s",
			       next->file);
	one->entry.file = block->file;
	one->entry.leaf_bytes = keep(block, next->leaf_bytes);
	one->entry.batch = keep(block, next->batch);
	block->count++;
	return true;
}

static void fill_block(struct ahead *ahead, struct block *block)
{
	block->used = block->count = 0;
	block->wrong.code = 0;
	arena_reset(&block->arena);
	while (block->used < BLOCK_BYTES && block->count < BLOCK_ENTRIES) {
		if (!ahead->pending)
			ahead->end = journal_read_next(
				ahead->reader, &ahead->next, &ahead->why);
		if (ahead->end != 1)
			return;
		ahead->pending = !add_entry(ahead, block);
		if (ahead->pending)
			return;
	}
}

/* Reads into all blocks that are free. */
static void read_on(struct ahead *ahead)
{
	while (ahead->filled < ahead->block_count && ahead->end == 1) {
		struct block *block =
			&ahead->blocks[(ahead->front + ahead->filled) %
				       ahead->block_count];

		fill_block(ahead, block);
		if (!block->count)
			return;
		(void)pthread_mutex_lock(&ahead->mutex);
		block->state = BLOCK_READ;
		ahead->filled++;
		(void)pthread_cond_signal(&ahead->work);
		(void)pthread_mutex_unlock(&ahead->mutex);
	}
}

static void drop_front(struct ahead *ahead)
{
	(void)pthread_mutex_lock(&ahead->mutex);
	ahead->blocks[ahead->front].state = BLOCK_FREE;
	ahead->front = (ahead->front + 1) % ahead->block_count;
	ahead->filled--;
	(void)pthread_mutex_unlock(&ahead->mutex);
	ahead->at = 0;
}

int ahead_next(struct ahead *ahead, struct ahead_entry **out, struct err *err)
{
	if (ahead->filled && ahead->at == ahead->blocks[ahead->front].count)
		drop_front(ahead);
	if (!ahead->at) {
		read_on(ahead);
		if (!ahead->filled) {
			if (ahead->end < 0 && err)
				*err = ahead->why;
			return ahead->end;
		}
		await_front(ahead);
	}
	*out = &ahead->blocks[ahead->front].entries[ahead->at++];
	return 1;
}

int ahead_batch(const struct ahead_entry *entry, struct err *err)
{
	if (!entry->wrong)
		return 0;
	if (err)
		*err = *entry->wrong;
	return entry->wrong->code;
}

const struct hash *ahead_id(const struct ahead *ahead)
{
	return journal_read_id(ahead->reader);
}

uint64_t ahead_torn_bytes(const struct ahead *ahead)
{
	return journal_read_torn_bytes(ahead->reader);
}

/* ---- opening ---- */

static int make_blocks(struct ahead *ahead, size_t threads)
{
	ahead->blocks =
		calloc(threads * BLOCKS_A_THREAD, sizeof(*ahead->blocks));
	if (!ahead->blocks)
		return ERR_NOMEM;
	ahead->block_count = threads * BLOCKS_A_THREAD;
	for (size_t i = 0; i < ahead->block_count; i++) {
		struct block *block = &ahead->blocks[i];

		arena_init(&block->arena, SIZE_MAX);
		block->bytes = malloc(BLOCK_BYTES + JOURNAL_ENTRY_BYTES_MAX);
		block->entries = calloc(BLOCK_ENTRIES, sizeof(*block->entries));
		if (!block->bytes || !block->entries)
			return ERR_NOMEM;
	}
	return 0;
}

int ahead_open(const char *dir, bool with_said, struct ahead **out,
	       struct err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t helpers = processors > 1 ? (size_t)processors - 1 : 0;
	struct ahead *ahead = calloc(1, sizeof(*ahead));
	int rc;

	if (!ahead)
		return err_set(err, ERR_NOMEM, "no memory to read a journal");
	ahead->with_said = with_said;
	ahead->end = 1;
	(void)pthread_mutex_init(&ahead->mutex, NULL);
	(void)pthread_cond_init(&ahead->work, NULL);
	(void)pthread_cond_init(&ahead->done, NULL);
	if (helpers > HELPERS_MAX)
		helpers = HELPERS_MAX;
	rc = journal_read_open(dir, 0, &ahead->reader, err);
	if (!rc && make_blocks(ahead, helpers + 1))
		rc = err_set(err, ERR_NOMEM, "no memory to read a journal");
	/* Without helpers it is slower, and no worse. */
	while (!rc && ahead->helper_count < helpers &&
	       !pthread_create(&ahead->helpers[ahead->helper_count], NULL, help,
			       ahead))
		ahead->helper_count++;
	if (rc)
		ahead_close(ahead);
	else
		*out = ahead;
	return rc;
}

void ahead_close(struct ahead *ahead)
{
	if (!ahead)
		return;
	(void)pthread_mutex_lock(&ahead->mutex);
	ahead->stop = true;
	(void)pthread_cond_broadcast(&ahead->work);
	(void)pthread_mutex_unlock(&ahead->mutex);
	for (size_t i = 0; i < ahead->helper_count; i++)
		(void)pthread_join(ahead->helpers[i], NULL);
	for (size_t i = 0; i < ahead->block_count; i++) {
		free(ahead->blocks[i].bytes);
		free(ahead->blocks[i].entries);
		arena_release(&ahead->blocks[i].arena);
	}
	free(ahead->blocks);
	journal_read_close(ahead->reader);
	(void)pthread_cond_destroy(&ahead->done);
	(void)pthread_cond_destroy(&ahead->work);
	(void)pthread_mutex_destroy(&ahead->mutex);
	free(ahead);
}
