/* recover: what offices hand over, put back where it was. */
#include "collector/commands.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "collector/kept.h"
#include "collector/recovery.h"

#define KEY_DIGITS 12 /* of a key, where people know the unit */
#define RANGES_TOLD 20

/* ---- files ---- */

/* A file that cannot be used does not keep others out. */
static int add_file(struct recovery *recovery, const char *path, size_t *bad)
{
	struct err err = { 0 };
	int rc = recovery_add(recovery, path, &err);

	if (rc == ERR_NOMEM)
		return command_failed(EXIT_FAILED, &err);
	if (rc) {
		(void)command_failed(0, &err);
		++*bad;
	}
	return 0;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int add_folder(struct recovery *recovery, const char *path, size_t *bad)
{
	struct dirent **names = NULL;
	struct err err = { 0 };
	int count = scandir(path, &names, visible, alphasort);
	int code = 0;

	if (count < 0) {
		(void)err_sys(&err, "cannot read %s", path);
		return command_failed(EXIT_USAGE, &err);
	}
	for (int i = 0; i < count; i++) {
		char file[PATH_MAX];

		if (!code && kept_path(path, names[i]->d_name, file, &err))
			code = command_failed(EXIT_USAGE, &err);
		else if (!code)
			code = add_file(recovery, file, bad);
		free(names[i]);
	}
	free(names);
	return code;
}

int command_hear(const struct options *options, struct recovery *recovery,
		 size_t *bad)
{
	size_t count = options_count(options, "from");
	int code = 0;

	*bad = 0;
	for (size_t i = 0; i < count && !code; i++) {
		const char *path = options_value(options, "from", i);
		struct stat st;

		if (!stat(path, &st) && S_ISDIR(st.st_mode))
			code = add_folder(recovery, path, bad);
		else
			code = add_file(recovery, path, bad);
	}
	return code;
}

/* ---- what is said of them ---- */

static void print_office(FILE *out, const struct fold *fold,
			 const struct sign_key *key)
{
	struct hash hash = sign_key_hash(key);
	char hex[2 * SIGN_KEY_BYTES + 1];
	struct fold_office office = { 0 };

	bytes_to_hex(span_of(key->bytes, SIGN_KEY_BYTES), hex);
	if (fold_office(fold, &hash, &office) && office.unit.len)
		(void)fprintf(out, "%.*s (%.*s)", (int)office.unit.len,
			      (const char *)office.unit.data, KEY_DIGITS, hex);
	else if (office.roles & 1u << ROLE_ADMIN)
		(void)fprintf(out, "administrator (%.*s)", KEY_DIGITS, hex);
	else
		(void)fprintf(out, "key %s", hex);
}

static void print_files(FILE *out, const struct recovery *recovery)
{
	for (size_t i = 0; i < recovery_file_count(recovery); i++) {
		const struct recovery_file *file = recovery_file(recovery, i);

		(void)fprintf(out, "handed over: %s: ", file->path);
		print_office(out, recovery_fold(recovery), &file->key);
		if (file->batches)
			(void)fprintf(out,
				      ", %" PRIu64 " batches, entries %" PRIu64
				      " to %" PRIu64 "\n",
				      file->batches, file->first, file->last);
		else
			(void)fputs(", no batches\n", out);
	}
}

struct ranges {
	FILE *out;
	size_t told;
};

static int print_range(void *arg, uint64_t first, uint64_t last)
{
	struct ranges *ranges = arg;
	FILE *out = ranges->out;

	if (ranges->told++ == RANGES_TOLD) {
		(void)fputs(", and more", out);
		return 1;
	}
	(void)fputs(ranges->told > 1 ? ", " : "missing: entries ", out);
	if (first == last)
		(void)fprintf(out, "%" PRIu64, first);
	else
		(void)fprintf(out, "%" PRIu64 " to %" PRIu64, first, last);
	return 0;
}

struct listing {
	FILE *out;
	const struct recovery *recovery;
	size_t unheard;
};

static int print_unheard(void *arg, const struct fold_office *office)
{
	struct listing *listing = arg;
	FILE *out = listing->out;

	if (office->revoked || recovery_heard(listing->recovery, &office->key))
		return 0;
	(void)fputs(listing->unheard++ ? ", " : "not heard from: ", out);
	print_office(out, recovery_fold(listing->recovery), &office->key);
	return 0;
}

static void print_lacking(FILE *out, const struct recovery *recovery)
{
	uint64_t first, last;

	for (size_t i = 0; i < recovery_file_count(recovery); i++) {
		const struct recovery_file *file = recovery_file(recovery, i);
		struct hash hash = sign_key_hash(&file->key);

		if (!recovery_lacks(recovery, &hash, &first, &last))
			continue;
		(void)fputs("lacking: ", out);
		print_office(out, recovery_fold(recovery), &file->key);
		(void)fprintf(out,
			      " handed over no batches %" PRIu64 " to %" PRIu64
			      " of its own\n",
			      first, last);
	}
}

void command_tell_missing(FILE *out, const struct recovery *recovery)
{
	struct listing listing = { .out = out, .recovery = recovery };
	struct ranges ranges = { .out = out };

	(void)recovery_missing(recovery, print_range, &ranges);
	if (ranges.told)
		(void)fputc('\n', out);
	print_lacking(out, recovery);
	(void)fold_offices(recovery_fold(recovery), print_unheard, &listing);
	if (listing.unheard)
		(void)fputc('\n', out);
}

void command_tell_heard(const struct recovery *recovery)
{
	struct recovery_facts facts;

	recovery_facts(recovery, &facts);
	(void)printf("journal: %" PRIu64 " entries; signed: %" PRIu64
		     " entries (%s)\n",
		     facts.size, facts.goal.size, facts.goal_source);
	print_files(stdout, recovery);
}

/* ---- the command ---- */

int command_recovery_code(int rc)
{
	switch (rc) {
	case 0:
		return EXIT_OK;
	case ERR_CORRUPT:
		return EXIT_BROKEN;
	case ERR_DENIED:
	case ERR_ORDER:
		return EXIT_REFUSED;
	case ERR_NOTFOUND:
	case ERR_INVALID:
		return EXIT_USAGE;
	default:
		return EXIT_FAILED;
	}
}

static int say_missing(const struct recovery *recovery,
		       const struct recovery_facts *facts, struct strbuf *json)
{
	if (json && command_recovery_told(json, "missing"))
		return EXIT_FAILED;
	if (!json && facts->whole > facts->size)
		(void)printf("can be put back so far: entries %" PRIu64
			     " to %" PRIu64 "\n",
			     facts->size, facts->whole - 1);
	if (!json)
		command_tell_missing(stdout, recovery);
	(void)fflush(stdout);
	(void)fprintf(
		stderr,
		"tally-collector: nothing was written: ask the offices "
		"for\n  tally-agent hand-over FILE --entries %" PRIu64
		"\nand run recover again with all files; what nobody has any "
		"more is given up by tally-collector reopen.\n",
		facts->size);
	return EXIT_REFUSED;
}

static int put_back_told(struct recovery *recovery,
			 const struct recovery_facts *facts, bool dry,
			 struct strbuf *json)
{
	struct err err = { 0 };

	if (!dry && recovery_write(recovery, &err))
		return command_failed(command_recovery_code(err.code), &err);
	return command_recovery_told(json, facts->whole == facts->size ?
						   "whole" :
					   dry ? "would-put-back" :
						 "put-back");
}

static int put_back(struct recovery *recovery,
		    const struct recovery_facts *facts, bool dry)
{
	struct err err = { 0 };

	if (facts->whole > facts->size)
		(void)printf("%s: entries %" PRIu64 " to %" PRIu64 "\n",
			     dry ? "would be put back" : "put back",
			     facts->size, facts->whole - 1);
	else
		(void)puts("nothing that was signed is missing");
	(void)fflush(stdout);
	if (dry)
		return EXIT_OK;
	if (recovery_write(recovery, &err))
		return command_failed(command_recovery_code(err.code), &err);
	(void)printf("whole: %" PRIu64 " entries, with the root that was "
		     "signed; figures are folded anew at the next start: "
		     "tally-collector run\n",
		     facts->whole);
	return EXIT_OK;
}

/* json: NULL for people. */
static int recover(const struct options *options, struct recovery *recovery,
		   struct strbuf *json)
{
	bool dry = options_given(options, "dry-run");
	struct recovery_facts facts;
	struct err err = { 0 };
	size_t bad = 0;
	int code = command_hear(options, recovery, &bad);

	if (code)
		return code;
	if (recovery_plan(recovery, &err)) {
		if (!json)
			print_files(stdout, recovery);
		(void)fflush(stdout);
		return command_failed(command_recovery_code(err.code), &err);
	}
	recovery_facts(recovery, &facts);
	if (json)
		command_recovery_json(recovery, &facts, json);
	else
		command_tell_heard(recovery);
	if (facts.begun) {
		(void)err_set(&err, ERR_ORDER,
			      "a reopen was begun: finish it by running "
			      "tally-collector reopen again");
		return command_failed(EXIT_REFUSED, &err);
	}
	if (facts.whole < facts.goal.size)
		return say_missing(recovery, &facts, json);
	return json ? put_back_told(recovery, &facts, dry, json) :
		      put_back(recovery, &facts, dry);
}

int command_recover(const struct options *options)
{
	const char *dir = command_dir(options);
	struct collector_settings settings;
	struct recovery *recovery = NULL;
	struct strbuf out;
	struct err err = { 0 };
	int code = command_settings(dir, &settings);

	if (code)
		return code;
	if (recovery_open(dir, settings.checkpoint, &recovery, &err))
		return command_failed(command_recovery_code(err.code), &err);
	strbuf_init(&out, 0);
	code = recover(options, recovery,
		       options_given(options, "json") ? &out : NULL);
	strbuf_release(&out);
	recovery_close(recovery);
	return code;
}
