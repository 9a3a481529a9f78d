#include "collector/succeed.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/kept.h"
#include "proto/card.h"

#define CARD_FILE "collector.card"
#define CARD_BYTES_MAX 4096
#define FILE_MODE 0644

int succeed_state(const char *dir, enum succeed_state *out, struct err *err)
{
	char path[PATH_MAX];
	int rc = kept_path(dir, ROTATION_DIR "/keys/sign", path, err);

	*out = kept_has(dir, ROTATION_DIR "/keys/sign")	 ? SUCCEED_MADE :
	       kept_has(dir, ROTATION_DIR "/keys/curve") ? SUCCEED_CURVE :
							   SUCCEED_NONE;
	return rc;
}

/* ---- the keys so far ---- */

int succeed_chain(const char *dir, const struct sign_key *own,
		  struct key_chain *out, struct strbuf *notes, struct err *err)
{
	char path[PATH_MAX], *text = NULL;
	size_t len = 0;
	int rc = kept_path(dir, SUCCESSIONS_FILE, path, err);

	memset(out, 0, sizeof(*out));
	if (!rc)
		rc = file_read(path, SUCCESSIONS_BYTES_MAX, &text, &len, err);
	if (rc == ERR_NOTFOUND)
		rc = 0;
	else if (!rc && key_chain_add_all(out, span_of(text, len), err))
		rc = err_context(err, "%s", path);
	if (!rc && notes)
		strbuf_add(notes, text, len);
	free(text);
	/* One that was put back with other keys is made again from the
	 * journal. */
	if (!rc && !key_chain_has(out, own))
		key_chain_begin(out, own);
	return rc;
}

int succeed_last(const char *dir, const struct sign_key *own, const char *path,
		 struct notary_word *out, struct err *err)
{
	struct key_chain chain;
	int rc = succeed_chain(dir, own, &chain, NULL, err);

	return rc ? rc : notary_last(path, &chain, out, err);
}

static int add_note(struct journal_reader *reader, uint64_t index,
		    struct strbuf *out, struct err *err)
{
	struct journal_entry entry;
	struct succession said;
	int rc = journal_read_seek(reader, index, err);

	if (!rc)
		rc = journal_read_next(reader, &entry, err);
	if (rc < 0)
		return rc;
	if (!rc || leaf_succession(&entry.leaf, entry.batch, &said, NULL))
		return err_set(err, ERR_CORRUPT,
			       "entry %" PRIu64 " is no succession of the "
			       "collector's keys",
			       index);
	strbuf_add(out, entry.batch.data, entry.batch.len);
	return out->failed ? err_set(err, ERR_NOMEM, "no memory") : 0;
}

int succeed_notes(const char *journal_dir, const struct fold *fold,
		  struct strbuf *out, struct err *err)
{
	uint64_t entries[SUCCESSIONS_MAX];
	size_t count = fold_succeeded(fold, entries);
	struct journal_reader *reader = NULL;
	int rc = 0;

	if (count)
		rc = journal_read_open(journal_dir, entries[0], &reader, err);
	for (size_t i = 0; i < count && !rc; i++)
		rc = add_note(reader, entries[i], out, err);
	journal_read_close(reader);
	return rc;
}

/* ---- the steps ---- */

/* Writes a file that does not say this yet. */
static int write_if_other(const char *path, const struct strbuf *text,
			  struct err *err)
{
	char *is = NULL;
	size_t len = 0;
	bool same = !file_read(path, SUCCESSIONS_BYTES_MAX, &is, &len, NULL) &&
		    span_equal(span_of(is, len), strbuf_span(text));

	free(is);
	if (text->failed)
		return err_set(err, ERR_NOMEM, "no memory");
	return same ? 0 :
		      file_replace(path, text->text, text->len, FILE_MODE, err);
}

static int write_notes(const char *dir, const char *journal_dir,
		       const struct fold *fold, struct err *err)
{
	char path[PATH_MAX];
	struct strbuf notes;
	int rc = kept_path(dir, SUCCESSIONS_FILE, path, err);

	strbuf_init(&notes, 0);
	if (!rc)
		rc = succeed_notes(journal_dir, fold, &notes, err);
	if (!rc)
		rc = write_if_other(path, &notes, err);
	strbuf_release(&notes);
	return rc;
}

/* A card that somebody has taken away stays away. */
static int write_card(const char *dir, const struct keys *keys, struct err *err)
{
	char path[PATH_MAX], *bytes = NULL;
	struct strbuf text;
	struct card card;
	size_t len = 0;
	int rc = kept_path(dir, CARD_FILE, path, err);

	if (rc || file_read(path, CARD_BYTES_MAX, &bytes, &len, NULL) ||
	    card_parse(span_of(bytes, len), &card, NULL)) {
		free(bytes);
		return rc;
	}
	free(bytes);
	card.checkpoint_key = keys->sign.key;
	memcpy(card.curve_key, keys->curve.key, CURVE_KEY_BYTES);
	strbuf_init(&text, 0);
	card_print(&card, &text);
	rc = write_if_other(path, &text, err);
	strbuf_release(&text);
	return rc;
}

static int unknown(const struct fold *fold, const char *dir, struct err *err)
{
	uint64_t entries[SUCCESSIONS_MAX];
	size_t count = fold_succeeded(fold, entries);

	if (!count)
		return err_set(err, ERR_DENIED,
			       "the journal does not name this collector's "
			       "keys");
	return err_set(err, ERR_DENIED,
		       "%s/keys is not the key that the journal names: it went "
		       "over to another at entry %" PRIu64
		       "; put back a newer copy of keys, or of " ROTATION_DIR,
		       dir, entries[count - 1]);
}

static int take_over(const char *dir, const struct fold *fold,
		     struct keys *keys, struct err *err)
{
	char from[PATH_MAX];
	struct sign_pair next;
	int rc = kept_path(dir, ROTATION_DIR, from, err);

	if (rc)
		return rc;
	rc = keys_load_sign(from, &next, err);
	if (rc == ERR_NOTFOUND ||
	    (!rc && !fold_collector_known(fold, &next.key)))
		rc = unknown(fold, dir, err);
	else if (!rc)
		rc = keys_take_over(dir, from, "sign", err);
	if (!rc)
		keys->sign = next;
	sign_wipe(&next, sizeof(next));
	return rc;
}

int succeed_settle(const char *dir, const char *journal_dir,
		   const struct fold *fold, struct keys *keys, struct err *err)
{
	uint64_t entries[SUCCESSIONS_MAX];
	bool known = fold_collector_known(fold, &keys->sign.key);
	int rc = 0;

	if (!fold_succeeded(fold, entries))
		return known ? 0 : unknown(fold, dir, err);
	rc = write_notes(dir, journal_dir, fold, err);
	if (!rc && !known)
		rc = take_over(dir, fold, keys, err);
	return rc ? rc : write_card(dir, keys, err);
}

/* Of another key than the one that is made, or that waits no more. */
static int forget_heard(const char *dir, struct err *err)
{
	char path[PATH_MAX];
	int rc = kept_path(dir, SUCCEED_HEARD, path, err);

	if (!rc && unlink(path) && errno != ENOENT)
		rc = err_sys(err, "cannot remove %s", path);
	return rc;
}

int succeed_make(const char *dir, struct keys *out, struct err *err)
{
	char from[PATH_MAX];
	enum succeed_state state;
	int rc = kept_path(dir, ROTATION_DIR, from, err);

	if (!rc)
		rc = succeed_state(dir, &state, err);
	if (!rc)
		rc = forget_heard(dir, err);
	if (!rc && state == SUCCEED_NONE)
		keys_discard(from); /* what a crash left */
	if (!rc)
		rc = dir_make(from, err);
	if (!rc)
		rc = keys_create(from, out, err);
	return rc == ERR_EXISTS ? keys_load(from, out, err) : rc;
}

int succeed_finish(const char *dir, const struct fold *fold, struct keys *keys,
		   struct err *err)
{
	char from[PATH_MAX];
	uint8_t named[CURVE_KEY_BYTES];
	struct curve_pair next;
	int rc = kept_path(dir, ROTATION_DIR, from, err);

	if (!rc)
		rc = keys_load_curve(from, &next, err);
	if (rc)
		return rc;
	if (!fold_collector_curve(fold, &keys->sign.key, named) ||
	    memcmp(named, next.key, CURVE_KEY_BYTES) != 0)
		rc = err_set(err, ERR_DENIED,
			     "%s holds another CURVE key than the journal says",
			     from);
	else
		rc = forget_heard(dir, err);
	if (!rc)
		rc = keys_take_over(dir, from, "curve", err);
	if (!rc)
		keys->curve = next;
	sign_wipe(&next, sizeof(next));
	return rc ? rc : write_card(dir, keys, err);
}
