/* apply: a folder of catalogue files becomes the catalogue in force. */
#include "agent/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/deliver.h"
#include "agent/office.h"
#include "agent/slice.h"
#include "agent/statement.h"
#include "agent/wake.h"
#include "proto/catalogue/catalogue.h"
#include "proto/day.h"
#include "store/catalogue_folder.h"

#define PART_BYTES_MAX ((size_t)256 * 1024)
#define PARTS_MAX 4096

static void print_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		(void)fprintf(stderr, "%s:%u:%s: %s%s\n", problem->file,
			      problem->row, problem->column,
			      problem->warning ? "warning: " : "",
			      problem->text);
	}
}

/* A goal row in force stays; the collector would refuse the catalogue. */
static void warn_of_goals(struct office *office,
			  const struct catalogue *catalogue)
{
	int32_t today =
		day_of_us(clock_now_us(&office->clock), office->zone_minutes);
	struct catalogue *before;
	struct slice_kept kept;
	uint32_t target;

	if (slice_read(office->outbox, &office->arena, &kept, NULL))
		return;
	before = slice_catalogue(&kept);
	if (before &&
	    catalogue_goal_changed(before, catalogue, today, &target) >= 0)
		(void)fprintf(
			stderr, "goals.csv:0:: warning: %s: %s: %s\n",
			before->targets[target].id,
			verdict_name(VERDICT_GOAL_FIXED),
			verdict_advice(office->language, VERDICT_GOAL_FIXED));
	catalogue_free(before);
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

static int apply(const struct options *options, struct office *office,
		 const struct catalogue_folder *folder, struct saved *saved)
{
	struct catalogue *catalogue = NULL;
	struct problems problems;
	size_t parts = 0;
	struct err err;
	int ret;

	problems_init(&problems);
	ret = catalogue_folder_load(folder, &catalogue, &problems);
	print_problems(&problems);
	problems_release(&problems);
	if (ret == ERR_NOMEM)
		(void)fputs("tally-agent: the catalogue is too large\n",
			    stderr);
	if (ret)
		return EXIT_USAGE;
	message_print(stderr, office->language, MESSAGE_APPLY_GOOD,
		      options_argument(options, 0), catalogue->target_count,
		      catalogue->unit_count);
	warn_of_goals(office, catalogue);
	catalogue_free(catalogue);
	if (options_given(options, "dry-run"))
		return EXIT_OK;
	if (save(office, folder, &parts, saved, &err))
		return office_fail(&err);
	wake_sender(office->dir, WAKE_SAVED);
	message_print(stderr, office->language, MESSAGE_APPLY_SAVED, parts);
	return EXIT_OK;
}

int command_apply(const struct options *options)
{
	struct saved saved = { 0 };
	struct catalogue_folder folder;
	struct office office;
	struct err err;
	uint64_t timeout_ms;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	if (catalogue_folder_read(options_argument(options, 0), &folder,
				  &err)) {
		(void)office_fail(&err);
		catalogue_folder_release(&folder);
		return EXIT_USAGE;
	}
	code = office_open(&office, options, OFFICE_EXISTING);
	/* Another administrator may have applied one: it is our base. */
	if (!code && !options_given(options, "dry-run"))
		deliver_refresh(&office, timeout_ms);
	if (!code)
		code = apply(options, &office, &folder, &saved);
	if (!code && saved.first && options_given(options, "wait"))
		code = deliver_saved(&office, timeout_ms, &saved);
	office_close(&office);
	catalogue_folder_release(&folder);
	return code;
}
