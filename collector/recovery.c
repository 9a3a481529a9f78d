#include "collector/recovery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/backup.h"
#include "collector/cosigners.h"
#include "collector/kept.h"
#include "collector/recovery_parts.h"
#include "proto/handover.h"

/* Entries in a group: what a process that is killed has written stays. */
#define GROUP_ENTRIES 16
#define CHECKPOINT_MODE 0644

/* ---- what there is ---- */

static int keep_note(struct recovery *recovery, const struct note *note,
		     struct err *err)
{
	struct note *notes = realloc(
		recovery->notes, (recovery->note_count + 1) * sizeof(*notes));

	if (!notes)
		return err_set(err, ERR_NOMEM, "no memory to recover");
	recovery->notes = notes;
	notes[recovery->note_count++] = *note;
	return 0;
}

/* A succession of the collector's keys names the root of all that is before
 * it, and both keys have signed it. */
static int add_successions(struct recovery *recovery, struct err *err)
{
	struct span rest = strbuf_span(&recovery->successions), bytes;
	int rc = 0;

	while (!rc && succession_next(&rest, &bytes)) {
		struct note note = { .source = SUCCESSIONS_FILE,
				     .bytes = bytes,
				     .succession = true };
		struct succession said;

		if (succession_open(bytes, &said, NULL) ||
		    !hash_equal(&said.journal, &recovery->journal))
			continue;
		note.checkpoint.journal = said.journal;
		note.checkpoint.size = said.size;
		note.checkpoint.root = said.root;
		rc = keep_note(recovery, &note, err);
	}
	return rc;
}

/* The one in the directory, where the settings name another place that has
 * none: a backup that was put back has its own there. */
static int read_own(struct recovery *recovery, struct err *err)
{
	struct notary_word *own = &recovery->own;
	int rc =
		kept_path(recovery->dir, "checkpoint", recovery->own_path, err);

	if (!rc)
		rc = notary_last(recovery->own_path, &recovery->chain, own,
				 err);
	if (rc)
		return rc == ERR_NOTFOUND ? 0 : rc;
	return recovery_add_note(recovery, recovery->own_path,
				 span_of(own->note, own->note_bytes), err);
}

static int read_last(struct recovery *recovery, const char *checkpoint,
		     struct err *err)
{
	struct notary_word word;
	int rc = kept_checkpoint(recovery->dir, checkpoint,
				 recovery->checkpoint, err);

	if (rc)
		return rc;
	rc = notary_last(recovery->checkpoint, &recovery->chain, &word, err);
	if (rc == ERR_NOTFOUND)
		return *checkpoint ? read_own(recovery, err) : 0;
	return rc ? rc :
		    recovery_add_note(recovery, recovery->checkpoint,
				      span_of(word.note, word.note_bytes), err);
}

static int find_journal(struct recovery *recovery, struct err *err)
{
	struct journal_reader *reader = NULL;
	int rc =
		kept_path(recovery->dir, "journal", recovery->journal_dir, err);

	if (!rc && access(recovery->journal_dir, F_OK))
		rc = err_set(err, ERR_NOTFOUND,
			     "%s: there is no journal: put back the newest "
			     "copy, or found it again from the founding file "
			     "(tally-collector init --founding)",
			     recovery->journal_dir);
	if (!rc)
		rc = journal_read_open(recovery->journal_dir, 0, &reader, err);
	if (!rc)
		recovery->journal = *journal_read_id(reader);
	journal_read_close(reader);
	return rc;
}

int recovery_open(const char *dir, const char *checkpoint,
		  struct recovery **out, struct err *err)
{
	struct recovery *recovery = calloc(1, sizeof(*recovery));
	int rc;

	if (!recovery)
		return err_set(err, ERR_NOMEM, "no memory to recover");
	recovery->lock_fd = -1;
	recovery->dir = dir;
	arena_init(&recovery->arena, WIRE_ARENA_BYTES);
	strbuf_init(&recovery->leaves, 0);
	strbuf_init(&recovery->successions, 0);
	strbuf_init(&recovery->break_note, NOTE_BYTES_MAX);
	recovery->fold = fold_new();
	rc = recovery->fold ? keys_load(dir, &recovery->keys, err) :
			      err_set(err, ERR_NOMEM, "no memory to recover");
	if (!rc)
		rc = lock_take(dir, "lock", &recovery->lock_fd, err);
	if (!rc)
		rc = succeed_chain(dir, &recovery->keys.sign.key,
				   &recovery->chain, &recovery->successions,
				   err);
	if (!rc)
		rc = find_journal(recovery, err);
	if (!rc)
		rc = read_last(recovery, checkpoint, err);
	if (!rc)
		rc = add_successions(recovery, err);
	if (rc)
		recovery_close(recovery);
	else
		*out = recovery;
	return rc;
}

void recovery_close(struct recovery *recovery)
{
	if (!recovery)
		return;
	for (size_t i = 0; i < recovery->file_count; i++) {
		free(recovery->files[i].facts_path);
		free(recovery->files[i].bytes);
	}
	free(recovery->files);
	free(recovery->held);
	free(recovery->notes);
	free(recovery->planned);
	free(recovery->declared);
	strbuf_release(&recovery->leaves);
	strbuf_release(&recovery->successions);
	strbuf_release(&recovery->break_note);
	arena_release(&recovery->arena);
	fold_free(recovery->fold);
	keys_wipe(&recovery->keys);
	if (recovery->lock_fd >= 0)
		(void)close(recovery->lock_fd);
	free(recovery);
}

/* ---- what is handed over ---- */

int recovery_add_note(struct recovery *recovery, const char *source,
		      struct span bytes, struct err *err)
{
	struct note note = { .source = source, .bytes = bytes };
	int rc = key_chain_open(&recovery->chain, bytes, &note.checkpoint, err);

	if (!rc && !hash_equal(&note.checkpoint.journal, &recovery->journal))
		rc = err_set(err, ERR_DENIED,
			     "its checkpoint is of another journal");
	if (rc)
		return rc == ERR_NOMEM ? rc : err_context(err, "%s", source);
	/* The last signed one, from the directory, is read into a word that
	 * does not outlive the call: it is in its file already. */
	if (source == recovery->checkpoint)
		note.bytes = span_of(NULL, 0);
	return keep_note(recovery, &note, err);
}

static int add_held(struct recovery *recovery, const struct held *held,
		    struct err *err)
{
	size_t count = recovery->held_count;

	if (count == recovery->held_room) {
		size_t room = count ? 2 * count : 256;
		struct held *grown =
			realloc(recovery->held, room * sizeof(*grown));

		if (!grown)
			return err_set(err, ERR_NOMEM, "no memory to recover");
		recovery->held = grown;
		recovery->held_room = room;
	}
	recovery->held[recovery->held_count++] = *held;
	return 0;
}

/* Signed by the key that its header names, and of this journal? */
static int check_batch(struct recovery *recovery,
		       const struct handover_batch *from, struct held *out,
		       struct err *err)
{
	struct batch batch;
	int rc;

	arena_reset(&recovery->arena);
	rc = wire_decode_batch(from->batch, &recovery->arena, &batch, err);
	if (!rc)
		rc = wire_check_batch(&batch, &recovery->arena, true, err);
	if (!rc && batch.header.sequence > 1 &&
	    !hash_equal(&batch.header.journal, &recovery->journal))
		rc = err_set(err, ERR_DENIED, "it is of another journal");
	if (rc == ERR_NOMEM)
		return rc;
	if (rc)
		return err_context(err, "what it has as entry %" PRIu64,
				   from->index);
	out->index = from->index;
	out->recv_us = from->recv_us;
	out->batch = from->batch;
	out->name = batch.name;
	out->key = batch.header.key;
	out->sequence = batch.header.sequence;
	return 0;
}

static int add_batches(struct recovery *recovery, struct file *file,
		       struct handover_reader *reader, struct err *err)
{
	struct handover_batch batch;
	int rc;

	while ((rc = handover_next(reader, &batch, err)) > 0) {
		struct held held = { .file = recovery->file_count };

		rc = check_batch(recovery, &batch, &held, err);
		if (!rc)
			rc = add_held(recovery, &held, err);
		if (rc)
			break;
		if (!file->facts.batches++)
			file->facts.first = held.index;
		file->facts.last = held.index;
	}
	return rc;
}

static int read_file(struct recovery *recovery, struct file *file,
		     struct err *err)
{
	struct handover_reader reader;
	size_t held = recovery->held_count, len = 0;
	int rc = file_read(file->facts_path, HANDOVER_BYTES_MAX, &file->bytes,
			   &len, err);

	if (rc)
		return rc;
	rc = handover_open(span_of(file->bytes, len), &reader, err);
	if (!rc) {
		file->facts.path = file->facts_path;
		file->facts.key = reader.key;
		rc = add_batches(recovery, file, &reader, err);
	}
	if (rc)
		(void)err_context(err, "%s", file->facts_path);
	else if (reader.note.len)
		rc = recovery_add_note(recovery, file->facts_path, reader.note,
				       err);
	if (rc)
		recovery->held_count = held;
	return rc;
}

int recovery_add(struct recovery *recovery, const char *path, struct err *err)
{
	struct file file = { .facts_path = strdup(path) };
	struct file *files = realloc(
		recovery->files, (recovery->file_count + 1) * sizeof(*files));
	int rc;

	if (files)
		recovery->files = files;
	if (!files || !file.facts_path)
		rc = err_set(err, ERR_NOMEM, "no memory to recover");
	else
		rc = read_file(recovery, &file, err);
	if (rc) {
		free(file.facts_path);
		free(file.bytes);
		return rc;
	}
	recovery->files[recovery->file_count++] = file;
	return 0;
}

size_t recovery_file_count(const struct recovery *recovery)
{
	return recovery->file_count;
}

const struct recovery_file *recovery_file(const struct recovery *recovery,
					  size_t i)
{
	return &recovery->files[i].facts;
}

/* ---- what is known of it ---- */

void recovery_facts(const struct recovery *recovery, struct recovery_facts *out)
{
	*out = (struct recovery_facts){
		.size = recovery->size,
		.whole = fold_applied(recovery->fold),
		.goal = recovery->goal.checkpoint,
		.goal_source = recovery->goal.source,
		.reopened = recovery->declared_count > 0,
		.begun = recovery_has_begun(recovery),
	};
}

const struct fold *recovery_fold(const struct recovery *recovery)
{
	return recovery->fold;
}

int recovery_missing(const struct recovery *recovery,
		     int (*visit)(void *arg, uint64_t first, uint64_t last),
		     void *arg)
{
	uint64_t next = fold_applied(recovery->fold);
	uint64_t end = recovery->goal.checkpoint.size;
	int rc = 0;

	for (size_t i = 0; i < recovery->held_count && !rc; i++) {
		uint64_t index = recovery->held[i].index;

		if (index < next || index >= end)
			continue;
		if (index > next)
			rc = visit(arg, next, index - 1);
		next = index + 1;
	}
	return rc || next >= end ? rc : visit(arg, next, end - 1);
}

bool recovery_lacks(const struct recovery *recovery, const struct hash *key,
		    uint64_t *first, uint64_t *last)
{
	struct fold_office office;
	uint64_t next = 1, least = UINT64_MAX;

	if (fold_office(recovery->fold, key, &office))
		next = office.next;
	for (size_t i = 0; i < recovery->held_count; i++) {
		const struct held *held = &recovery->held[i];

		if (hash_equal(&held->key, key) && held->sequence >= next &&
		    held->sequence < least)
			least = held->sequence;
	}
	if (least == UINT64_MAX || least == next)
		return false;
	*first = next;
	*last = least - 1;
	return true;
}

bool recovery_heard(const struct recovery *recovery, const struct sign_key *key)
{
	for (size_t i = 0; i < recovery->file_count; i++)
		if (!memcmp(recovery->files[i].facts.key.bytes, key->bytes,
			    SIGN_KEY_BYTES))
			return true;
	return false;
}

/* ---- writing ---- */

static int append(struct recovery *recovery, struct journal *journal,
		  const struct planned *planned, struct err *err)
{
	struct leaf leaf = { .kind = LEAF_BATCH };
	uint64_t index;
	int rc = leaf_decode(span_of(recovery->leaves.text + planned->leaf_at,
				     planned->leaf_len),
			     &leaf, err);

	if (!rc)
		rc = journal_append(journal, &leaf, planned->batch, &index,
				    err);
	return rc;
}

/* State entries and breaks are groups of their own. */
static int write_entries(struct recovery *recovery, struct journal *journal,
			 struct err *err)
{
	size_t waiting = 0;
	int rc = 0;

	for (size_t i = 0; i < recovery->planned_count && !rc; i++) {
		const struct planned *planned = &recovery->planned[i];

		if (waiting && !planned->joins &&
		    (planned->alone || waiting == GROUP_ENTRIES ||
		     recovery->planned[i - 1].alone)) {
			rc = journal_commit(journal, err);
			waiting = 0;
		}
		if (!rc)
			rc = append(recovery, journal, planned, err);
		if (rc == ERR_LIMIT) {
			rc = journal_commit(journal, err);
			if (!rc)
				rc = append(recovery, journal, planned, err);
			waiting = 0;
		}
		waiting++;
	}
	return rc || !waiting ? rc : journal_commit(journal, err);
}

static int write_journal(struct recovery *recovery, struct err *err)
{
	struct journal *journal = NULL;
	struct hash should = fold_root(recovery->fold), is;
	int rc = journal_open(recovery->journal_dir, NULL, NULL, &journal, err);

	if (!rc && journal_size(journal) != recovery->size)
		rc = err_set(err, ERR_CORRUPT,
			     "%s: has %" PRIu64 " entries now, not %" PRIu64,
			     recovery->journal_dir, journal_size(journal),
			     recovery->size);
	if (!rc)
		rc = write_entries(recovery, journal, err);
	if (!rc) {
		is = frontier_root(journal_frontier(journal));
		if (!hash_equal(&is, &should))
			rc = err_set(err, ERR_CORRUPT,
				     "%s: what was written has another root "
				     "than what was checked",
				     recovery->journal_dir);
	}
	journal_close(journal);
	return rc;
}

int recovery_write(struct recovery *recovery, struct err *err)
{
	const struct note *goal = &recovery->goal;
	char store[PATH_MAX];
	int rc = 0;

	if (fold_applied(recovery->fold) < goal->checkpoint.size)
		return err_set(err, ERR_ORDER, "entries are missing");
	if (goal->bytes.len && !goal->succession)
		rc = file_replace(recovery->checkpoint, goal->bytes.data,
				  goal->bytes.len, CHECKPOINT_MODE, err);
	if (!rc && recovery->planned_count)
		rc = write_journal(recovery, err);
	if (!rc)
		rc = kept_path(recovery->dir, "store", store, err);
	if (!rc)
		rc = kept_remove_store(store, err);
	return rc ? rc : backup_end_restored(recovery->dir, err);
}

/* ---- going on without what is missing ---- */

/* dir/name becomes dir/name.lost-<entries>, if it is there. */
static int set_aside(const struct recovery *recovery, const char *name,
		     struct err *err)
{
	char path[PATH_MAX], aside[PATH_MAX], longer[128];
	int rc = kept_path(recovery->dir, name, path, err);

	(void)snprintf(longer, sizeof(longer), "%s.lost-%" PRIu64, name,
		       recovery->goal.checkpoint.size);
	if (!rc)
		rc = kept_path(recovery->dir, longer, aside, err);
	if (!rc && rename(path, aside) && errno != ENOENT)
		rc = err_sys(err, "cannot rename %s", path);
	return rc;
}

/* What was signed is kept beside it: it is the evidence of what is lost. */
static int keep_goal(const struct recovery *recovery, struct err *err)
{
	const struct note *goal = &recovery->goal;
	char path[PATH_MAX], name[64], *bytes = NULL;
	size_t len = 0;
	int rc;

	(void)snprintf(name, sizeof(name), "checkpoint.lost-%" PRIu64,
		       goal->checkpoint.size);
	rc = kept_path(recovery->dir, name, path, err);
	if (!rc && goal->bytes.len)
		return file_replace(path, goal->bytes.data, goal->bytes.len,
				    CHECKPOINT_MODE, err);
	if (!rc)
		rc = file_read(recovery->checkpoint, NOTE_BYTES_MAX, &bytes,
			       &len, err);
	if (!rc)
		rc = file_replace(path, bytes, len, CHECKPOINT_MODE, err);
	free(bytes);
	return rc;
}

/* Where the settings name another place, the one in the directory must not be
 * taken for the last word the next time. */
static int drop_own(const struct recovery *recovery, struct err *err)
{
	if (recovery->own.note_bytes && unlink(recovery->own_path) &&
	    errno != ENOENT)
		return err_sys(err, "cannot remove %s", recovery->own_path);
	return 0;
}

/* The last step: from here on the collector starts. */
static int sign_anew(struct recovery *recovery, struct err *err)
{
	struct journal *journal = NULL;
	struct checkpoint checkpoint = { .journal = recovery->journal };
	struct strbuf note;
	int rc = journal_open(recovery->journal_dir, NULL, NULL, &journal, err);

	if (rc)
		return rc;
	checkpoint.size = journal_size(journal);
	checkpoint.root = frontier_root(journal_frontier(journal));
	journal_close(journal);
	strbuf_init(&note, NOTE_BYTES_MAX);
	checkpoint_sign(&checkpoint, &recovery->keys.sign, &note);
	rc = note.failed ? err_set(err, ERR_NOMEM, "no memory to sign") :
			   file_replace(recovery->checkpoint, note.text,
					note.len, CHECKPOINT_MODE, err);
	strbuf_release(&note);
	return rc;
}

int recovery_reopen(struct recovery *recovery, struct reopening *said,
		    uint64_t now_us, struct err *err)
{
	char store[PATH_MAX];
	int rc = recovery_plan_break(recovery, said, now_us, err);

	if (!rc && recovery->planned_count)
		rc = write_journal(recovery, err);
	if (!rc)
		rc = keep_goal(recovery, err);
	if (!rc)
		rc = set_aside(recovery, COSIGNERS_FILE, err);
	if (!rc)
		rc = kept_path(recovery->dir, "store", store, err);
	if (!rc)
		rc = kept_remove_store(store, err);
	if (!rc)
		rc = sign_anew(recovery, err);
	if (!rc)
		rc = drop_own(recovery, err);
	return rc ? rc : backup_end_restored(recovery->dir, err);
}

/* What the offices sent again by themselves is in their chains, and is not put
 * in twice. */
int recovery_late(struct recovery *recovery, uint64_t now_us, bool dry,
		  size_t *count, struct err *err)
{
	size_t before = recovery->planned_count;
	char store[PATH_MAX];
	int rc = 0;

	*count = 0;
	if (!recovery->declared_count || before)
		return 0;
	rc = recovery_plan_late(recovery, now_us, err);
	for (size_t i = 0; i < recovery->planned_count; i++)
		*count += !recovery->planned[i].alone;
	if (rc || dry || !recovery->planned_count)
		return rc;
	rc = write_journal(recovery, err);
	if (!rc)
		rc = kept_path(recovery->dir, "store", store, err);
	return rc ? rc : kept_remove_store(store, err);
}
