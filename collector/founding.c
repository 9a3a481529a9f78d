#include "collector/founding.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "collector/kept.h"
#include "store/fold.h"
#include "store/journal.h"

static bool names_us(const struct found *found, const struct keys *keys)
{
	for (size_t i = 0; i < found->collector_count; i++)
		if (!memcmp(&found->collectors[i].checkpoint_key,
			    &keys->sign.key, sizeof(keys->sign.key)) &&
		    !memcmp(found->collectors[i].curve_key, keys->curve.key,
			    CURVE_KEY_BYTES))
			return true;
	return false;
}

static int check_batch(const struct batch *batch, struct arena *arena,
		       struct statement *said, struct err *err)
{
	static const struct hash zero;
	int rc;

	if (batch->header.sequence != 1 || batch->header.count != 1 ||
	    !hash_equal(&batch->header.journal, &zero) ||
	    !hash_equal(&batch->header.prev, &zero))
		return err_set(err, ERR_INVALID,
			       "it is no founding batch: one statement, the "
			       "first of its key, of no journal yet");
	rc = wire_decode_statement(batch->sealed[0].body, arena, said, err);
	if (!rc && said->kind != SAID_FOUND)
		rc = err_set(err, ERR_INVALID,
			     "its statement does not found a journal");
	return rc;
}

/* The fold has the last word: it must admit what is to be entry 0. */
static int fold_it(const struct batch *batch, struct leaf *out, struct err *err)
{
	struct fold *fold = fold_new();
	struct hash leaf_hash;
	uint8_t bytes[LEAF_BYTES_MAX];
	enum admission admission;
	uint16_t verdict = 0;
	struct puts puts;
	struct leaf leaf;
	bool ends_group;
	int rc = 0;

	if (!fold)
		return err_set(err, ERR_NOMEM, "no memory for the fold");
	puts_init(&puts);
	admission = fold_admit(fold, batch, batch->header.sent_us, &ends_group);
	if (admission != ADMIT_TAKE) {
		rc = err_set(err, ERR_INVALID, "it is refused: %s",
			     admission_name(admission));
		goto out;
	}
	leaf = fold_leaf(fold, batch, admission, batch->header.sent_us);
	leaf_hash = hash_leaf(span_of(bytes, leaf_encode(&leaf, bytes)),
			      span_of(NULL, 0));
	rc = fold_apply(fold, 0, &leaf, &leaf_hash, batch, &puts, &verdict,
			err);
	if (!rc && verdict != VERDICT_ADMITTED)
		rc = err_set(err, ERR_INVALID, "it is refused: %s",
			     verdict_name(verdict));
	if (!rc)
		*out = leaf;
out:
	puts_release(&puts);
	fold_free(fold);
	return rc;
}

/* A journal without entry 0, left by a crash in between, is taken up. */
static int write_journal(const char *dir, const struct leaf *leaf,
			 const struct batch *batch, struct span bytes,
			 struct err *err)
{
	struct journal *journal = NULL;
	char path[PATH_MAX];
	uint64_t index;
	int rc = kept_path(dir, "journal", path, err);

	if (rc)
		return rc;
	if (mkdir(path, 0700) && errno != EEXIST)
		return err_sys(err, "cannot make %s", path);
	rc = journal_create(path, &batch->name, err);
	if (rc && rc != ERR_EXISTS)
		return rc;
	rc = journal_open(path, NULL, NULL, &journal, err);
	if (!rc && (journal_size(journal) ||
		    !hash_equal(journal_id(journal), &batch->name)))
		rc = err_set(err, ERR_EXISTS,
			     "%s: this collector has a journal already", path);
	if (!rc)
		rc = journal_append(journal, leaf, bytes, &index, err);
	if (!rc)
		rc = journal_commit(journal, err);
	journal_close(journal);
	return rc;
}

static int install(const char *dir, const struct keys *keys, struct span bytes,
		   uint64_t now_us, struct arena *arena, struct founding *out,
		   struct err *err)
{
	struct statement said = { 0 };
	struct batch batch;
	struct leaf leaf;
	int rc = wire_decode_batch(bytes, arena, &batch, err);

	if (!rc)
		rc = wire_check_batch(&batch, arena, false, err);
	if (rc)
		return err_context(err, "this is no founding file, make one "
					"with tally-agent found");
	rc = check_batch(&batch, arena, &said, err);
	if (rc)
		return rc;
	if (!names_us(&said.said.found, keys))
		return err_set(err, ERR_DENIED,
			       "it does not name this collector's keys: it "
			       "was made with another collector.card");
	if (!said.said.found.simulated &&
	    batch.header.sent_us > now_us + FOUNDING_AHEAD_US)
		return err_set(err, ERR_INVALID,
			       "it was signed more than 5 minutes ahead of "
			       "this machine's clock: check both clocks");
	rc = fold_it(&batch, &leaf, err);
	if (!rc)
		rc = write_journal(dir, &leaf, &batch, bytes, err);
	if (rc)
		return rc;
	*out = (struct founding){
		.journal = batch.name,
		.simulated = said.said.found.simulated,
		.administrators = said.said.found.administrator_count,
		.recovery_keys = said.said.found.recovery_key_count,
	};
	return 0;
}

int founding_install(const char *dir, const struct keys *keys,
		     struct span bytes, uint64_t now_us, struct founding *out,
		     struct err *err)
{
	struct arena arena;
	int rc;

	arena_init(&arena, WIRE_ARENA_BYTES);
	rc = install(dir, keys, bytes, now_us, &arena, out, err);
	arena_release(&arena);
	return rc;
}
