/* apply: a folder of catalogue files becomes the catalogue in force. */
#include "agent/commands.h"

#include <stdio.h>
#include <string.h>

#include "agent/changes.h"
#include "agent/deliver.h"
#include "agent/describe.h"
#include "agent/desk.h"
#include "agent/office.h"
#include "agent/outcome.h"
#include "agent/slice.h"
#include "agent/statement.h"
#include "agent/wake.h"
#include "base/json.h"
#include "proto/catalogue/catalogue_changes.h"
#include "proto/catalogue/catalogue_chinese.h"
#include "proto/catalogue/catalogue_fixed.h"
#include "proto/day.h"
#include "store/catalogue_folder.h"

#define PART_BYTES_MAX ((size_t)256 * 1024)
#define PARTS_MAX 4096

/* ---- against the catalogue in force ---- */

/* A catalogue about to be handed down, and the one that it would replace. */
struct trial {
	struct office *office;
	const struct catalogue_folder *folder;
	struct catalogue *catalogue;
	struct problems problems;
	bool fresh; /* the collector was asked */
	bool known; /* there is one to compare with */
	struct slice_kept kept;
	struct catalogue *before;
	struct catalogue_changes changes;
	size_t broken; /* goals that have begun */
};

static void trial_release(struct trial *trial)
{
	problems_release(&trial->problems);
	catalogue_changes_release(&trial->changes);
	catalogue_free(trial->before);
	catalogue_free(trial->catalogue);
}

static int compare(struct trial *trial, struct err *err)
{
	struct office *office = trial->office;
	int32_t today =
		day_of_us(clock_now_us(&office->clock), office->zone_minutes);
	struct catalogue_side before = { trial->kept.files,
					 trial->kept.file_count,
					 trial->before };
	struct catalogue_side after = { trial->folder->files,
					trial->folder->count,
					trial->catalogue };
	int ret = catalogue_changes(&before, &after, &trial->changes, err);

	if (!ret && catalogue_check_fixed(trial->before, &after, today,
					  &trial->problems, &trial->broken))
		ret = err_set(err, ERR_NOMEM, "the catalogue is too large");
	return ret;
}

/* Without a catalogue in force there is nothing to compare with; one that does
 * not load here (a later program's) is left to the collector. */
static int find_before(struct trial *trial, struct err *err)
{
	struct office *office = trial->office;
	int ret = slice_read(office->outbox, &office->arena, &trial->kept, err);

	if (ret == ERR_NOTFOUND)
		return 0;
	if (ret)
		return ret;
	trial->before = slice_catalogue(&trial->kept);
	trial->known = trial->before != NULL;
	return trial->known ? compare(trial, err) : 0;
}

/* Is the newest commit one of ours that is not delivered? */
static bool another_waits(struct office *office)
{
	struct head head;

	return !outbox_head(office->outbox, span_of_text(OUTBOX_CATALOGUE_KEY),
			    &office->arena, &head, NULL) &&
	       head.recv_us == 0;
}

static void tell_problems(const struct trial *trial)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	problems_write(&trial->problems, trial->office->language == LANGUAGE_ZH,
		       &text);
	(void)fputs(text.text, stderr);
	strbuf_release(&text);
}

static void tell_version(const struct trial *trial)
{
	const struct office *office = trial->office;
	char since[MOMENT_TEXT_BYTES] = "?";

	if (!trial->known) {
		message_print(stderr, office->language,
			      trial->fresh ? MESSAGE_APPLY_FIRST :
					     MESSAGE_APPLY_UNKNOWN);
		return;
	}
	if (trial->kept.since_us)
		moment_print(trial->kept.since_us, office->zone_minutes, since);
	message_print(stderr, office->language,
		      trial->fresh ? MESSAGE_APPLY_AGAINST :
				     MESSAGE_APPLY_AGAINST_KNOWN,
		      (unsigned long long)trial->kept.catalogue, since);
}

/* What a person must know before it is saved, in a few lines. */
static void tell_trial(struct trial *trial)
{
	enum language language = trial->office->language;
	struct strbuf counts;

	tell_version(trial);
	if (trial->known && !trial->changes.count)
		message_print(stderr, language, MESSAGE_APPLY_SAME);
	if (trial->changes.count) {
		strbuf_init(&counts, 0);
		changes_write_counts(&trial->changes.counts, language, &counts);
		message_print(stderr, language, MESSAGE_APPLY_CHANGES,
			      counts.text);
		strbuf_release(&counts);
	}
	if (trial->changes.counts.targets_removed)
		message_print(stderr, language, MESSAGE_APPLY_REMOVES,
			      trial->changes.counts.targets_removed);
	if (another_waits(trial->office))
		message_print(stderr, language, MESSAGE_APPLY_WAITS);
}

/* ---- trying ---- */

static void json_problems(const struct problems *problems, struct strbuf *out)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		json_open(out);
		json_put_text(out, "problem",
			      problem->warning ? "warning" : "error");
		json_put_text(out, "file", problem->file);
		json_put_number(out, "row", problem->row);
		json_put_text(out, "column", problem->column);
		json_put_text(out, "text", problem->text);
		json_end_line(out);
	}
}

static void json_summary(const struct trial *trial, struct strbuf *out)
{
	const struct change_counts *counts = &trial->changes.counts;
	char since[MOMENT_TEXT_BYTES] = "";

	if (trial->kept.since_us)
		moment_print(trial->kept.since_us, trial->office->zone_minutes,
			     since);
	json_open(out);
	json_put_object(out, "summary");
	json_put_number(out, "errors", (int64_t)trial->problems.errors);
	json_put_number(
		out, "warnings",
		(int64_t)(trial->problems.count - trial->problems.errors));
	if (trial->known)
		json_put_number(out, "version", (int64_t)trial->kept.catalogue);
	else
		json_put_null(out, "version");
	json_put_text(out, "since", since);
	json_put_flag(out, "fresh", trial->fresh);
	json_put_number(out, "targets_added", (int64_t)counts->targets_added);
	json_put_number(out, "targets_removed",
			(int64_t)counts->targets_removed);
	json_put_number(out, "targets_changed",
			(int64_t)counts->targets_changed);
	json_put_number(out, "units", (int64_t)counts->units);
	json_put_number(out, "roster", (int64_t)counts->roster);
	json_put_number(out, "goals", (int64_t)counts->goals);
	json_put_number(out, "other", (int64_t)counts->other);
	json_close(out);
	json_end_line(out);
}

/* What --dry-run prints; the rest is on stderr already. */
static int print_trial(const struct trial *trial, bool json)
{
	struct changes_shown shown = { &trial->changes, trial->before,
				       trial->catalogue,
				       trial->office->language };
	struct err err;
	struct strbuf out;
	int ret = 0;

	strbuf_init(&out, 0);
	if (json) {
		json_problems(&trial->problems, &out);
		changes_json(&trial->changes, &out);
		json_summary(trial, &out);
	} else if (trial->known) {
		changes_write(&shown, &out);
	}
	if (out.failed)
		ret = err_set(&err, ERR_NOMEM, "the catalogue is too large");
	else if (fwrite(out.text, 1, out.len, stdout) != out.len ||
		 fflush(stdout))
		ret = err_sys(&err, "cannot write");
	strbuf_release(&out);
	return ret ? office_fail(&err) : EXIT_OK;
}

/* ---- as statements ---- */

struct parts {
	uint8_t set[SALT_BYTES];
	struct sealed *sealed;
	struct span *bytes;
	size_t count;
};

static int add_part(struct office *office, struct parts *parts,
		    const char *file, struct span bytes, struct err *err)
{
	struct statement statement = { .kind = SAID_CATALOGUE_PART };
	struct catalogue_part *part = &statement.said.part;

	if (parts->count == PARTS_MAX)
		return err_set(err, ERR_LIMIT, "the catalogue is too large");
	memcpy(part->set, parts->set, SALT_BYTES);
	part->file = span_of_text(file);
	part->n = (uint32_t)parts->count;
	part->bytes = bytes;
	parts->bytes[parts->count] = bytes;
	return statement_make(&statement, NULL, 0, &office->arena,
			      &parts->sealed[parts->count++], err);
}

static int add_file(struct office *office, struct parts *parts,
		    const struct catalogue_file *file, struct err *err)
{
	struct strbuf text;
	char *copy = NULL;
	size_t at = 0, len;
	int ret;

	strbuf_init(&text, CATALOGUE_FILE_BYTES_MAX);
	ret = catalogue_normalise(file, &text, err);
	len = text.len;
	if (!ret)
		copy = arena_copy(&office->arena, text.text, len);
	strbuf_release(&text);
	if (ret)
		return ret;
	if (!copy)
		return err_set(err, ERR_NOMEM, "the catalogue is too large");
	do {
		size_t part = len - at < PART_BYTES_MAX ? len - at :
							  PART_BYTES_MAX;

		ret = add_part(office, parts, file->name,
			       span_of(copy + at, part), err);
		at += part;
	} while (!ret && at < len);
	return ret;
}

static int add_commit(struct office *office, struct parts *parts,
		      struct err *err)
{
	struct statement statement = { .kind = SAID_CATALOGUE_COMMIT };
	struct catalogue_commit *commit = &statement.said.commit;
	struct head before;
	int ret = outbox_head(office->outbox,
			      span_of_text(OUTBOX_CATALOGUE_KEY),
			      &office->arena, &before, err);

	if (ret && ret != ERR_NOTFOUND)
		return ret;
	if (!ret)
		statement.base = statement_base(before.salt);
	memcpy(commit->set, parts->set, SALT_BYTES);
	commit->parts = (uint32_t)parts->count;
	commit->sha256 = hash_parts(parts->bytes, parts->count);
	return statement_make(&statement, NULL, 0, &office->arena,
			      &parts->sealed[parts->count], err);
}

/* Parts and commit in one transaction: none is sent without the others. */
static int save(struct office *office, const struct catalogue_folder *folder,
		size_t *part_count, struct saved *saved, struct err *err)
{
	struct parts parts = { .count = 0 };
	uint64_t numbers[PARTS_MAX + 1];
	int lock, ret = 0;

	random_bytes(parts.set, sizeof(parts.set));
	parts.sealed = arena_array(&office->arena, PARTS_MAX + 1,
				   sizeof(*parts.sealed));
	parts.bytes =
		arena_array(&office->arena, PARTS_MAX, sizeof(*parts.bytes));
	if (!parts.sealed || !parts.bytes)
		return err_set(err, ERR_NOMEM, "the catalogue is too large");
	for (size_t i = 0; i < folder->count && !ret; i++)
		ret = add_file(office, &parts, &folder->files[i], err);
	if (ret)
		return ret;
	ret = office_lock_saving(office, &lock, err);
	if (ret)
		return ret;
	ret = add_commit(office, &parts, err);
	if (!ret)
		ret = outbox_save(office->outbox, parts.sealed, parts.count + 1,
				  clock_now_us(&office->clock), numbers, err);
	office_unlock_saving(lock);
	if (ret)
		return ret;
	*part_count = parts.count;
	*saved = (struct saved){ numbers[0], numbers[parts.count] };
	return 0;
}

/* ---- the command ---- */

/* All that is wrong with the files, before anything else. */
static int check(struct trial *trial, const char *path)
{
	int ret = catalogue_folder_load(trial->folder, &trial->catalogue,
					&trial->problems);

	if (ret == ERR_NOMEM)
		(void)fputs("tally-agent: the catalogue is too large\n",
			    stderr);
	if (ret) {
		tell_problems(trial);
		return EXIT_USAGE;
	}
	message_print(stderr, trial->office->language, MESSAGE_APPLY_GOOD, path,
		      trial->catalogue->target_count,
		      trial->catalogue->unit_count, trial->problems.count);
	return EXIT_OK;
}

/* Of what is known for sure nothing is saved that will come back. */
static int refuse_broken(const struct trial *trial, bool dry_run)
{
	enum language language = trial->office->language;
	bool sure = dry_run || trial->fresh;

	if (!trial->broken)
		return EXIT_OK;
	message_print(stderr, language,
		      sure ? MESSAGE_APPLY_FIXED : MESSAGE_APPLY_FIXED_DOUBT,
		      trial->broken,
		      verdict_advice(language, VERDICT_GOAL_FIXED));
	return sure ? EXIT_REFUSED : EXIT_OK;
}

/* The one in force, for sure: a version more would say nothing. */
static bool is_same(const struct trial *trial)
{
	return trial->known && trial->fresh && !trial->changes.count &&
	       !another_waits(trial->office);
}

static int apply(const struct options *options, struct trial *trial,
		 struct saved *saved)
{
	bool dry_run = options_given(options, "dry-run");
	bool json = options_given(options, "json");
	struct office *office = trial->office;
	size_t parts = 0;
	struct err err;
	int code = check(trial, options_argument(options, 0));

	if (code) {
		if (dry_run && json)
			(void)print_trial(trial, json);
		return code;
	}
	if (find_before(trial, &err))
		return office_fail(&err);
	tell_problems(trial);
	tell_trial(trial);
	code = refuse_broken(trial, dry_run);
	if (dry_run) {
		int printed = print_trial(trial, json);
		const char *dir = options_argument(options, 0);

		if (!code && !json)
			message_print(stderr, office->language,
				      MESSAGE_APPLY_FIGURES, dir, dir);
		return code ? code : printed;
	}
	if (code)
		return code;
	if (is_same(trial)) {
		message_print(stderr, office->language, MESSAGE_APPLY_NOTHING);
		return EXIT_OK;
	}
	if (save(office, trial->folder, &parts, saved, &err))
		return office_fail(&err);
	wake_sender(office->dir, WAKE_SAVED);
	message_print(stderr, office->language, MESSAGE_APPLY_SAVED, parts);
	return EXIT_OK;
}

/* Before there is an office that knows its language. */
static void folder_failed(const struct options *options, const struct err *err)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	if (language_of(options_text(options, "lang")) == LANGUAGE_ZH)
		catalogue_add_chinese(&text, err->msg);
	else
		strbuf_add_text(&text, err->msg);
	(void)fprintf(stderr, "tally-agent: %s\n", text.text);
	strbuf_release(&text);
}

int command_apply(const struct options *options)
{
	struct catalogue_folder folder;
	struct saved saved = { 0 };
	struct office office;
	struct trial trial = { .office = &office, .folder = &folder };
	struct err err;
	uint64_t timeout_ms;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	if (options_given(options, "json") &&
	    !options_given(options, "dry-run"))
		return options_usage(options, "--json goes with --dry-run");
	problems_init(&trial.problems);
	if (catalogue_folder_read(options_argument(options, 0), &folder,
				  &err)) {
		folder_failed(options, &err);
		catalogue_folder_release(&folder);
		return EXIT_USAGE;
	}
	code = office_open(&office, options, OFFICE_EXISTING);
	/* Anybody may try one. */
	if (!code && !options_given(options, "dry-run"))
		code = desk_administrator(&office);
	if (!code) {
		/* Another administrator may have applied one: it is our base.
		 */
		trial.fresh = deliver_refresh(&office, timeout_ms);
		code = apply(options, &trial, &saved);
	}
	if (!code && saved.first && options_given(options, "wait"))
		code = outcome_range(&office, timeout_ms, saved.first,
				     saved.last, false);
	trial_release(&trial);
	office_close(&office);
	catalogue_folder_release(&folder);
	return code;
}
