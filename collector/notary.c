#include "collector/notary.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/rt/clock.h"
#include "base/strbuf.h"
#include "store/journal.h"
#include "store/keyfile.h"
#include "store/tree.h"

#define CHECKPOINT_MODE 0644

struct notary {
	struct notary_options options;
	struct hash journal;
	struct tree *tree;
	struct journal_reader *reader; /* behind the leaves in the tree */
	pthread_t thread;
	bool running;
	int fd;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t wake;
	struct strbuf waiting; /* leaf hashes, one after the other */
	bool settled, stop;
	struct notary_word word;
};

/* ---- what was signed before ---- */

int notary_last(const char *path, const struct key_chain *chain,
		struct notary_word *out, struct err *err)
{
	struct notary_word word = { 0 };
	char *note = NULL;
	int rc = file_read(path, NOTE_BYTES_MAX - 1, &note, &word.note_bytes,
			   err);

	if (rc)
		return rc;
	rc = key_chain_open(chain, span_of(note, word.note_bytes),
			    &word.checkpoint, err);
	memcpy(word.note, note, word.note_bytes);
	free(note);
	if (!rc)
		*out = word;
	if (rc == ERR_INVALID)
		rc = err_set(err, ERR_CORRUPT,
			     "%s: the last signed checkpoint is damaged: put "
			     "back a copy of it",
			     path);
	else if (rc == ERR_DENIED)
		rc = err_set(err, ERR_CORRUPT,
			     "%s: the last checkpoint was not signed with this "
			     "collector's key",
			     path);
	return rc;
}

/* Adds what the journal has and the tree has not. */
static int catch_up(struct notary *notary, uint64_t size, struct err *err)
{
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	int rc = 1;

	if (tree_size(notary->tree) < size)
		rc = journal_read_open(notary->options.journal_dir,
				       tree_size(notary->tree), &reader, err);
	while (rc >= 0 && tree_size(notary->tree) < size) {
		struct hash leaf;

		rc = journal_read_next(reader, &entry, err);
		if (rc == 0)
			rc = err_set(err, ERR_CORRUPT,
				     "the journal ends too early");
		if (rc < 0)
			break;
		leaf = hash_leaf(entry.leaf_bytes, span_of(NULL, 0));
		rc = tree_add(notary->tree, &leaf, err);
	}
	if (rc >= 0)
		rc = tree_write(notary->tree, err);
	journal_read_close(reader);
	return rc < 0 ? rc : 0;
}

static bool has_root(const struct notary *notary, const struct hash *root)
{
	struct hash mine = tree_root(notary->tree);

	return hash_equal(&mine, root);
}

/* The tree is derived: one that does not fit is made anew, once. */
static int fit_tree(struct notary *notary, uint64_t size,
		    const struct hash *root, struct err *err)
{
	const char *path = notary->options.tree;
	int rc = tree_open(path, NULL, &notary->journal, &notary->tree, err);

	if (!rc && tree_size(notary->tree) > size)
		rc = tree_cut(notary->tree, size, err);
	if (!rc)
		rc = catch_up(notary, size, err);
	if (!rc && has_root(notary, root))
		return 0;
	if (rc && rc != ERR_CORRUPT)
		return rc;
	tree_close(notary->tree);
	notary->tree = NULL;
	rc = tree_remove(path, NULL, err);
	if (!rc)
		rc = tree_open(path, NULL, &notary->journal, &notary->tree,
			       err);
	if (!rc)
		rc = catch_up(notary, size, err);
	if (!rc && !has_root(notary, root))
		rc = err_set(err, ERR_CORRUPT,
			     "%s: its entries do not have the root that the "
			     "store knows",
			     notary->options.journal_dir);
	return rc;
}

static int root_at(struct notary *notary, uint64_t size, struct hash *out,
		   struct err *err)
{
	struct tree_reader *reader = NULL;
	struct proof_nodes nodes;
	int rc = tree_read_open(notary->options.tree, NULL, &reader, err);

	if (rc)
		return rc;
	nodes = tree_read_nodes(reader);
	rc = proof_root(&nodes, size, out, err);
	tree_read_close(reader);
	return rc;
}

static int compare_signed(struct notary *notary, uint64_t size,
			  const struct checkpoint *last, struct err *err)
{
	struct hash root;
	int rc;

	if (!hash_equal(&last->journal, &notary->journal))
		return err_set(err, ERR_CORRUPT,
			       "%s was signed for another journal",
			       notary->options.checkpoint);
	if (last->size > size)
		return err_set(err, ERR_CORRUPT,
			       "%s has %" PRIu64 " entries, but %" PRIu64
			       " were signed (%s): entries are missing. Put "
			       "back the newest copy of the journal, or have "
			       "them from the offices (tally-collector recover "
			       "--help)",
			       notary->options.journal_dir, size, last->size,
			       notary->options.checkpoint);
	rc = root_at(notary, last->size, &root, err);
	if (!rc && !hash_equal(&root, &last->root))
		rc = err_set(err, ERR_CORRUPT,
			     "%s is not the journal that was signed: its "
			     "first %" PRIu64
			     " entries have another root than %s says",
			     notary->options.journal_dir, last->size,
			     notary->options.checkpoint);
	return rc;
}

/* ---- signing ---- */

static bool is_final(int code)
{
	return code && code != ERR_FULL;
}

/* Leaves read from the disk must be those that were acknowledged. */
static int read_back(struct notary *notary, const struct strbuf *leaves,
		     struct err *err)
{
	uint64_t first = tree_size(notary->tree);
	struct journal_entry entry;

	journal_read_uncached(notary->reader);
	for (size_t at = 0; at < leaves->len; at += HASH_BYTES) {
		struct hash leaf;
		int rc = journal_read_next(notary->reader, &entry, err);

		if (rc < 0)
			return rc;
		leaf = rc ? hash_leaf(entry.leaf_bytes, span_of(NULL, 0)) :
			    (struct hash){ { 0 } };
		if (!rc || entry.index != first + at / HASH_BYTES ||
		    memcmp(leaf.bytes, leaves->text + at, HASH_BYTES) != 0)
			return err_set(err, ERR_CORRUPT,
				       "the disk does not hold entry %" PRIu64
				       " as it was acknowledged",
				       first + at / HASH_BYTES);
	}
	return 0;
}

static int plant(struct notary *notary, const struct strbuf *leaves,
		 struct err *err)
{
	for (size_t at = 0; at < leaves->len; at += HASH_BYTES) {
		struct hash leaf;
		int rc;

		memcpy(leaf.bytes, leaves->text + at, HASH_BYTES);
		rc = tree_add(notary->tree, &leaf, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int sign(struct notary *notary, struct notary_word *word,
		struct err *err)
{
	struct checkpoint checkpoint = {
		.journal = notary->journal,
		.size = tree_size(notary->tree),
		.root = tree_root(notary->tree),
	};
	struct strbuf note;
	int rc = tree_write(notary->tree, err);

	if (rc)
		return rc;
	strbuf_init(&note, NOTE_BYTES_MAX);
	checkpoint_sign(&checkpoint, notary->options.pair, &note);
	if (note.failed)
		rc = err_set(err, ERR_NOMEM, "no memory for a checkpoint");
	if (!rc)
		rc = file_replace(notary->options.checkpoint, note.text,
				  note.len, CHECKPOINT_MODE, err);
	if (!rc) {
		word->checkpoint = checkpoint;
		memcpy(word->note, note.text, note.len);
		word->note_bytes = note.len;
		word->signed_count++;
	}
	strbuf_release(&note);
	return rc;
}

/* One checkpoint; the mutex is held before and after, but not during it. */
static void work(struct notary *notary, struct strbuf *leaves)
{
	struct notary_word word = notary->word;
	struct strbuf taken = notary->waiting;
	struct err err = { 0 };
	const uint64_t one = 1;

	notary->settled = false;
	notary->waiting = *leaves;
	(void)pthread_mutex_unlock(&notary->mutex);
	word.code = read_back(notary, &taken, &err);
	if (!word.code)
		word.code = plant(notary, &taken, &err);
	strbuf_clear(&taken);
	if (!word.code && tree_size(notary->tree) > word.checkpoint.size)
		word.code = sign(notary, &word, &err);
	word.err = err;
	(void)pthread_mutex_lock(&notary->mutex);
	*leaves = taken;
	notary->word = word;
	/* A counter that is full is readable as well. */
	if (write(notary->fd, &one, sizeof(one)) < 0)
		return;
}

/* Until at_ms at the earliest, and until there is something. Mutex held. */
static void wait_for_work(struct notary *notary, uint64_t at_ms)
{
	struct timespec at = { .tv_sec = (time_t)(at_ms / 1000),
			       .tv_nsec = (long)(at_ms % 1000) * 1000000 };

	while (!notary->stop && clock_monotonic_ms() < at_ms)
		(void)pthread_cond_timedwait(&notary->wake, &notary->mutex,
					     &at);
	while (!notary->stop && !notary->settled && !notary->word.code)
		(void)pthread_cond_wait(&notary->wake, &notary->mutex);
}

static void *run(void *arg)
{
	struct notary *notary = arg;
	uint64_t at_ms = 0;
	struct strbuf leaves;
	bool stop = false;

	strbuf_init(&leaves, 0);
	(void)pthread_mutex_lock(&notary->mutex);
	while (!stop && !is_final(notary->word.code)) {
		wait_for_work(notary, at_ms);
		stop = notary->stop;
		at_ms = clock_monotonic_ms() + notary->options.interval_ms;
		work(notary, &leaves);
		if (notary->word.code)
			at_ms += NOTARY_RETRY_MS;
	}
	(void)pthread_mutex_unlock(&notary->mutex);
	strbuf_release(&leaves);
	return NULL;
}

/* ---- life ---- */

static void release(struct notary *notary)
{
	tree_close(notary->tree);
	journal_read_close(notary->reader);
	strbuf_release(&notary->waiting);
	(void)pthread_cond_destroy(&notary->wake);
	(void)pthread_mutex_destroy(&notary->mutex);
	if (notary->fd >= 0)
		(void)close(notary->fd);
	free(notary);
}

static void init_threads(struct notary *notary)
{
	pthread_condattr_t monotonic;

	(void)pthread_mutex_init(&notary->mutex, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&notary->wake, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

int notary_open(const struct notary_options *options,
		const struct notary_word *last, const struct hash *journal,
		uint64_t size, const struct hash *root, struct notary **out,
		struct err *err)
{
	struct notary *notary = calloc(1, sizeof(*notary));
	int rc;

	if (!notary)
		return err_set(err, ERR_NOMEM, "no memory for the notary");
	notary->options = *options;
	notary->journal = *journal;
	notary->fd = -1;
	strbuf_init(&notary->waiting, 0);
	init_threads(notary);
	rc = fit_tree(notary, size, root, err);
	if (!rc && last->checkpoint.size)
		rc = compare_signed(notary, size, &last->checkpoint, err);
	if (!rc)
		rc = journal_read_open(options->journal_dir, size,
				       &notary->reader, err);
	if (rc) {
		release(notary);
		return rc;
	}
	notary->word = *last;
	*out = notary;
	return 0;
}

int notary_start(struct notary *notary, struct err *err)
{
	notary->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	notary->settled = true; /* what was not signed when it ended */
	if (notary->fd < 0 ||
	    pthread_create(&notary->thread, NULL, run, notary))
		return err_sys(err, "cannot start the notary");
	notary->running = true;
	return 0;
}

int notary_add(struct notary *notary, const struct hash *leaf)
{
	int rc;

	(void)pthread_mutex_lock(&notary->mutex);
	strbuf_add(&notary->waiting, leaf->bytes, HASH_BYTES);
	rc = notary->waiting.failed ? ERR_NOMEM : 0;
	(void)pthread_mutex_unlock(&notary->mutex);
	return rc;
}

void notary_settled(struct notary *notary)
{
	(void)pthread_mutex_lock(&notary->mutex);
	if (notary->waiting.len && !notary->settled) {
		notary->settled = true;
		(void)pthread_cond_signal(&notary->wake);
	}
	(void)pthread_mutex_unlock(&notary->mutex);
}

void notary_word(struct notary *notary, struct notary_word *out)
{
	(void)pthread_mutex_lock(&notary->mutex);
	*out = notary->word;
	(void)pthread_mutex_unlock(&notary->mutex);
}

int notary_fd(const struct notary *notary)
{
	return notary->fd;
}

void notary_heard(struct notary *notary)
{
	uint64_t count;

	if (read(notary->fd, &count, sizeof(count)) < 0)
		return;
}

int notary_stop(struct notary *notary, struct err *err)
{
	int rc;

	if (notary->running) {
		(void)pthread_mutex_lock(&notary->mutex);
		notary->stop = true;
		(void)pthread_cond_signal(&notary->wake);
		(void)pthread_mutex_unlock(&notary->mutex);
		(void)pthread_join(notary->thread, NULL);
	}
	rc = notary->word.code;
	if (rc && err)
		*err = notary->word.err;
	release(notary);
	return rc;
}
