#include "store/db.h"
#include "test_dir.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[] = { "one", "two" };
static const struct db_options small = { .tables = names,
					 .table_count = 2,
					 .map_bytes = 1 << 20 };

/* A temporary directory, and a path in it where nothing is yet. */
struct place {
	char dir[TEST_DIR_BYTES];
	char path[80];
};

static struct place place_new(void)
{
	struct place place;

	test_dir(place.dir, "db");
	(void)snprintf(place.path, sizeof(place.path), "%s/db", place.dir);
	return place;
}

static void place_remove(const struct place *place)
{
	test_dir_remove(place->dir);
}

static struct span text(const char *value)
{
	return span_of_text(value);
}

static struct db *open_small(const struct place *place)
{
	struct err err = { 0 };
	struct db *db = NULL;

	cr_assert_eq(db_open(place->path, &small, &db, &err), 0, "%s", err.msg);
	return db;
}

static struct db_txn *begin(struct db *db, bool write)
{
	struct db_txn *txn = NULL;

	cr_assert_eq(db_begin(db, write, &txn, NULL), 0);
	return txn;
}

static int print_pair(void *arg, struct span key, struct span value)
{
	struct strbuf *out = arg;

	strbuf_add(out, key.data, key.len);
	strbuf_add_char(out, '=');
	strbuf_add(out, value.data, value.len);
	strbuf_add_char(out, ';');
	return 0;
}

Test(db, keeps_what_was_committed_and_only_that)
{
	struct place place = place_new();
	struct db *db = open_small(&place);
	struct db_txn *txn = begin(db, true);
	struct span value;

	cr_assert_eq(db_put(txn, 0, text("k"), text("v"), NULL), 0);
	cr_assert_eq(db_put(txn, 1, text("k"), text("w"), NULL), 0);
	cr_assert_eq(db_put(txn, 0, text("gone"), text("x"), NULL), 0);
	cr_assert_eq(db_delete(txn, 0, text("gone"), NULL), 0);
	cr_assert_eq(db_delete(txn, 0, text("never"), NULL), 0);
	cr_assert_eq(db_commit(txn, NULL), 0);
	txn = begin(db, true);
	cr_assert_eq(db_put(txn, 0, text("k"), text("aborted"), NULL), 0);
	db_abort(txn);
	db_close(db);

	db = open_small(&place);
	txn = begin(db, false);
	cr_assert_eq(db_get(txn, 0, text("k"), &value, NULL), 0);
	cr_expect(span_equal(value, text("v")));
	cr_assert_eq(db_get(txn, 1, text("k"), &value, NULL), 0);
	cr_expect(span_equal(value, text("w")));
	cr_expect_eq(db_get(txn, 0, text("gone"), &value, NULL), ERR_NOTFOUND);
	db_abort(txn);
	db_close(db);
	place_remove(&place);
}

struct scan_case {
	const char *from;
	bool downward;
	const char *wanted;
};

Test(db, scans_both_ways)
{
	static const struct scan_case cases[] = {
		{ "", false, "b=1;d=2;f=3;" }, { "b", false, "b=1;d=2;f=3;" },
		{ "c", false, "d=2;f=3;" },    { "g", false, "" },
		{ "", true, "f=3;d=2;b=1;" },  { "d", true, "d=2;b=1;" },
		{ "e", true, "d=2;b=1;" },     { "a", true, "" },
		{ "z", true, "f=3;d=2;b=1;" },
	};
	struct place place = place_new();
	struct db *db = open_small(&place);
	struct db_txn *txn = begin(db, true);

	cr_assert_eq(db_put(txn, 0, text("d"), text("2"), NULL), 0);
	cr_assert_eq(db_put(txn, 0, text("b"), text("1"), NULL), 0);
	cr_assert_eq(db_put(txn, 0, text("f"), text("3"), NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf out;

		strbuf_init(&out, 0);
		cr_expect_eq(db_scan(txn, 0, text(cases[i].from),
				     cases[i].downward, print_pair, &out, NULL),
			     0, "row %zu", i);
		cr_expect_str_eq(out.text, cases[i].wanted, "row %zu: %s", i,
				 out.text);
		strbuf_release(&out);
	}
	db_abort(txn);
	db_close(db);
	place_remove(&place);
}

Test(db, says_full_when_the_map_is_and_goes_on)
{
	static const uint8_t block[4000];
	struct place place = place_new();
	struct db *db = open_small(&place);
	struct db_txn *txn = begin(db, true);
	struct db_use use;
	struct err err = { 0 };
	int rc = 0;

	for (uint32_t i = 0; !rc && i < 1000; i++)
		rc = db_put(txn, 0, span_of(&i, 4),
			    span_of(block, sizeof(block)), &err);
	cr_expect_eq(rc, ERR_FULL, "%s", err.msg);
	db_abort(txn);
	txn = begin(db, true);
	cr_expect_eq(db_put(txn, 0, text("k"), text("v"), NULL), 0);
	cr_expect_eq(db_commit(txn, NULL), 0);
	cr_assert_eq(db_use(db, &use, NULL), 0);
	cr_expect_eq(use.map_bytes, 1 << 20);
	cr_expect(use.used_bytes > 0 && use.used_bytes <= use.map_bytes);
	db_close(db);
	place_remove(&place);
}

Test(db, refuses_a_key_that_is_too_long)
{
	static const uint8_t key[600];
	struct place place = place_new();
	struct db *db = open_small(&place);
	struct db_txn *txn = begin(db, true);

	cr_expect_eq(db_put(txn, 0, span_of(key, sizeof(key)), text("v"), NULL),
		     ERR_LIMIT);
	db_abort(txn);
	db_close(db);
	place_remove(&place);
}

Test(db, names_what_cannot_be_opened)
{
	struct place place = place_new();
	struct db_options options = small;
	struct err err = { 0 };
	struct db *db = NULL;
	char file[128];

	options.read_only = true;
	cr_expect_eq(db_open(place.path, &options, &db, &err), ERR_NOTFOUND);
	cr_expect(strstr(err.msg, place.path), "%s", err.msg);
	cr_expect(access(place.path, F_OK) != 0);

	db_close(open_small(&place));
	(void)snprintf(file, sizeof(file), "%s/data.mdb", place.path);
	cr_assert_eq(truncate(file, 100), 0);
	cr_expect_eq(db_open(place.path, &small, &db, &err), ERR_CORRUPT, "%s",
		     err.msg);
	cr_expect_null(db);
	place_remove(&place);
}

Test(db, refuses_a_file_shorter_than_its_pages)
{
	struct place place = place_new();
	struct db *db = open_small(&place);
	struct db_txn *txn = begin(db, true);
	struct err err = { 0 };
	char file[128];

	cr_assert_eq(db_put(txn, 0, text("k"), text("v"), NULL), 0);
	cr_assert_eq(db_commit(txn, NULL), 0);
	db_close(db);
	(void)snprintf(file, sizeof(file), "%s/data.mdb", place.path);
	cr_assert_eq(truncate(file, 8192), 0);
	cr_expect_eq(db_open(place.path, &small, &db, &err), ERR_CORRUPT, "%s",
		     err.msg);
	place_remove(&place);
}

Test(db, names_an_empty_file_as_damaged)
{
	struct db_options options = small;
	struct place place = place_new();
	struct db *db = NULL;
	struct err err;
	char file[96];
	FILE *empty;

	cr_assert_eq(mkdir(place.path, 0700), 0);
	(void)snprintf(file, sizeof(file), "%s/data.mdb", place.path);
	empty = fopen(file, "w");
	cr_assert(empty);
	(void)fclose(empty);
	options.read_only = true;
	cr_expect_eq(db_open(place.path, &options, &db, &err), ERR_CORRUPT);
	cr_expect(strstr(err.msg, "data.mdb: it is empty"), "%s", err.msg);
	cr_expect_null(db);
	place_remove(&place);
}

Test(db, counts_and_frees_readers_of_dead_processes)
{
	struct place place = place_new();
	struct db *db = open_small(&place);
	struct db_use use;
	pid_t child;

	db_close(db);
	child = fork();
	cr_assert(child >= 0);
	if (child == 0) {
		struct db_txn *txn = NULL;

		if (db_open(place.path, &small, &db, NULL) ||
		    db_begin(db, false, &txn, NULL))
			_exit(1);
		_exit(0); /* without giving its slot back */
	}
	cr_assert_eq(waitpid(child, NULL, 0), child);
	db = open_small(&place);
	cr_expect_eq(db_check_readers(db), 0);
	cr_assert_eq(db_use(db, &use, NULL), 0);
	cr_expect(use.readers <= 1, "%u", use.readers);
	db_close(db);
	place_remove(&place);
}

/* ---- reading what somebody else may write ---- */

/* Another process, which has the database open and commits when told to. */
struct writer {
	pid_t pid;
	int tell, answers;
};

static int commit_again(struct db *db, unsigned n)
{
	char value[2000];
	struct db_txn *txn = NULL;

	memset(value, 'a' + (int)(n % 26), sizeof(value));
	if (db_begin(db, true, &txn, NULL))
		return -1;
	for (uint32_t key = 0; key < 20; key++)
		if (db_put(txn, 0, span_of(&key, sizeof(key)),
			   span_of(value, sizeof(value)), NULL))
			return -1;
	return db_commit(txn, NULL);
}

static void write_when_told(const char *path, int told, int answers)
{
	struct db *db = NULL;
	unsigned n = 0;
	char word = 'o';

	if (db_open(path, &small, &db, NULL))
		_exit(1);
	while (write(answers, &word, 1) == 1 && read(told, &word, 1) == 1)
		if (commit_again(db, ++n))
			_exit(1);
	db_close(db);
	_exit(0);
}

static void answer_of(const struct writer *writer)
{
	char word;

	cr_assert_eq(read(writer->answers, &word, 1), 1, "the writer failed");
}

static struct writer writer_start(const struct place *place)
{
	int told[2], answers[2];
	struct writer writer;

	cr_assert(!pipe(told) && !pipe(answers));
	writer.pid = fork();
	cr_assert(writer.pid >= 0);
	if (writer.pid == 0) {
		close(told[1]);
		close(answers[0]);
		write_when_told(place->path, told[0], answers[1]);
	}
	close(told[0]);
	close(answers[1]);
	writer.tell = told[1];
	writer.answers = answers[0];
	answer_of(&writer);
	return writer;
}

static void writer_commit(const struct writer *writer, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		cr_assert_eq(write(writer->tell, "c", 1), 1);
		answer_of(writer);
	}
}

static void writer_stop(struct writer *writer)
{
	int status;

	close(writer->tell);
	cr_assert_eq(waitpid(writer->pid, &status, 0), writer->pid);
	cr_expect_eq(status, 0);
	close(writer->answers);
}

/* Everything holds the letter of one commit? 0: it does not. */
static char letter_of(struct db_txn *txn)
{
	char letter = 0;

	for (uint32_t key = 0; key < 20; key++) {
		struct span value;

		if (db_get(txn, 0, span_of(&key, sizeof(key)), &value, NULL) ||
		    value.len != 2000)
			return 0;
		letter = key ? letter : (char)value.data[0];
		for (size_t i = 0; i < value.len; i++)
			if (value.data[i] != (uint8_t)letter)
				return 0;
	}
	return letter;
}

static struct db *open_to_read(const struct place *place)
{
	struct db_options options = small;
	struct db *db = NULL;
	struct err err = { 0 };

	options.read_only = true;
	cr_assert_eq(db_open(place->path, &options, &db, &err), 0, "%s",
		     err.msg);
	return db;
}

static void lock_file(const struct place *place, char out[128])
{
	(void)snprintf(out, 128, "%s/lock.mdb", place->path);
}

Test(db, leaves_no_trace_of_reading_where_nobody_writes)
{
	struct place place = place_new();
	struct stat before, after;
	struct writer writer = writer_start(&place);
	struct db_txn *txn;
	struct db *db;
	char lock[128];

	writer_commit(&writer, 2);
	writer_stop(&writer);
	lock_file(&place, lock);
	for (int missing = 0; missing < 2; missing++) {
		if (missing)
			cr_assert_eq(unlink(lock), 0);
		else
			cr_assert_eq(stat(lock, &before), 0);
		db = open_to_read(&place);
		txn = begin(db, false);
		cr_expect_eq(letter_of(txn), 'c');
		cr_expect_eq(db_finish(txn, 0, NULL), 0);
		db_close(db);
		if (missing) {
			cr_expect(access(lock, F_OK) != 0, "it was made");
			continue;
		}
		cr_assert_eq(stat(lock, &after), 0);
		cr_expect(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec &&
				  before.st_mtim.tv_sec == after.st_mtim.tv_sec,
			  "it was written to");
	}
	place_remove(&place);
}

Test(db, reads_one_commit_beside_a_writer)
{
	struct place place = place_new();
	struct writer writer = writer_start(&place);
	struct db_txn *txn;
	struct db *db;

	writer_commit(&writer, 2);
	db = open_to_read(&place);
	txn = begin(db, false);
	writer_commit(&writer, 8);
	cr_expect_eq(letter_of(txn), 'c');
	cr_expect_eq(db_finish(txn, 0, NULL), 0);
	txn = begin(db, false);
	cr_expect_eq(letter_of(txn), 'k');
	cr_expect_eq(db_finish(txn, 0, NULL), 0);
	db_close(db);
	writer_stop(&writer);
	place_remove(&place);
}

Test(db, notices_a_writer_that_begins_while_it_is_read)
{
	struct place place = place_new();
	struct writer writer = writer_start(&place);
	struct err err = { 0 };
	struct db_txn *txn;
	struct db *db;

	writer_commit(&writer, 2);
	writer_stop(&writer);
	db = open_to_read(&place);
	txn = begin(db, false);
	writer = writer_start(&place);
	cr_expect_eq(letter_of(txn), 'c', "what was read is still there");
	writer_commit(&writer, 5);
	cr_expect_neq(letter_of(txn), 'c', "a page was written over");
	cr_expect_eq(db_finish(txn, 0, &err), ERR_LOCKED);
	cr_expect(strstr(err.msg, place.path), "%s", err.msg);
	txn = begin(db, false);
	writer_commit(&writer, 5);
	cr_expect_eq(db_finish(txn, ERR_CORRUPT, &err), ERR_LOCKED,
		     "what looks like damage is none");
	db_close(db);
	writer_stop(&writer);
	place_remove(&place);
}

Test(db, does_not_read_beside_a_writer_without_a_place)
{
	struct db_options options = small;
	struct place place = place_new();
	struct writer writer = writer_start(&place);
	struct err err = { 0 };
	struct db *db = NULL;
	char lock[128], data[128];

	writer_commit(&writer, 1);
	lock_file(&place, lock);
	(void)snprintf(data, sizeof(data), "%s/data.mdb", place.path);
	cr_assert(!chmod(place.dir, 0755) && !chmod(place.path, 0755) &&
		  !chmod(lock, 0444) && !chmod(data, 0444));
	options.read_only = true;
	if (!geteuid())
		cr_assert_eq(seteuid(65534), 0);
	cr_expect_eq(db_open(place.path, &options, &db, &err), ERR_DENIED, "%s",
		     err.msg);
	cr_expect(strstr(err.msg, "copy"), "%s", err.msg);
	cr_expect_null(db);
	if (!getuid())
		cr_assert_eq(seteuid(0), 0);
	writer_stop(&writer);
	place_remove(&place);
}

Test(store, commits_puts_and_reads_them_like_memory)
{
	struct place place = place_new();
	struct memory_tables *memory = memory_tables_new();
	struct table_reader in_memory = memory_tables_reader(memory), on_disk;
	struct err err = { 0 };
	struct db *db = NULL;
	struct db_txn *txn;
	struct strbuf out;
	size_t differences = 1;
	struct puts puts;

	puts_init(&puts);
	strbuf_init(&out, 0);
	cr_assert_eq(store_open(place.path, false, &db, &err), 0, "%s",
		     err.msg);
	for (uint32_t i = 0; i < 500; i++) {
		static const enum table tables[] = { TABLE_FIGURE, TABLE_PART,
						     TABLE_GRANT };
		enum table table = tables[i % 3];
		uint32_t key = i * 2654435761u;

		cr_assert_eq(puts_add(&puts, table, span_of(&key, 4),
				      text("before")),
			     0);
		if (i % 4 == 0)
			cr_assert_eq(
				puts_delete(&puts, table, span_of(&key, 4)), 0);
		if (i % 5 == 0)
			cr_assert_eq(puts_add(&puts, table, span_of(&key, 4),
					      text("")),
				     0);
	}
	/* The first of each table is one that is gone. */
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		cr_assert_eq(
			puts_delete(&puts, (enum table)t, span_of("\0", 1)), 0);
	cr_assert_eq(puts_add(&puts, TABLE_META, text("applied"), text("1")),
		     0);
	cr_assert_eq(store_commit(db, &puts, &err), 0, "%s", err.msg);
	cr_assert_eq(memory_tables_apply(memory, &puts), 0);
	db_close(db);
	cr_assert_eq(store_open(place.path, true, &db, &err), 0, "%s", err.msg);
	txn = begin(db, false);
	on_disk = store_reader(txn);
	cr_assert_eq(
		tables_compare(&on_disk, &in_memory, &out, &differences, NULL),
		0);
	cr_expect_eq(differences, 0, "%s", out.text);
	strbuf_clear(&out);
	cr_expect_eq(on_disk.scan(txn, TABLE_META, text("app"), print_pair,
				  &out, NULL),
		     0);
	cr_expect_str_eq(out.text, "applied=1;");
	db_abort(txn);
	db_close(db);
	puts_release(&puts);
	strbuf_release(&out);
	memory_tables_free(memory);
	place_remove(&place);
}
