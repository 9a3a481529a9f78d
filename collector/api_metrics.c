/* What an operator watches, as Prometheus reads it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "collector/api_parts.h"
#include "proto/hash.h"
#include "store/keyfile.h"

#define SECOND_US 1000000u
#define KEY_DIGITS 16

/* ---- the text ---- */

static void begin(struct strbuf *out, const char *name, const char *type,
		  const char *help)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		    type);
}

static void put(struct strbuf *out, const char *name, const char *type,
		const char *help, uint64_t value)
{
	begin(out, name, type, help);
	strbuf_addf(out, "%s %" PRIu64 "\n", name, value);
}

static void put_gauge(struct strbuf *out, const char *name, const char *help,
		      uint64_t value)
{
	put(out, name, "gauge", help, value);
}

static void put_counter(struct strbuf *out, const char *name, const char *help,
			uint64_t value)
{
	put(out, name, "counter", help, value);
}

/* ---- from the store ---- */

struct listed {
	struct strbuf *out;
	uint64_t enrolled, revoked, suspended;
};

static int count_office(void *arg, const struct fold_office *office)
{
	struct listed *listed = arg;

	if (office->suspended)
		listed->suspended++;
	else if (office->revoked)
		listed->revoked++;
	else
		listed->enrolled++;
	return 0;
}

static int put_heard(void *arg, const struct fold_office *office)
{
	struct listed *listed = arg;
	struct hash key = sign_key_hash(&office->key);
	char hex[2 * HASH_BYTES + 1];

	if (office->revoked || office->suspended)
		return 0;
	hash_print(&key, hex);
	/* A unit's id needs no quoting: proto/catalogue has its letters. */
	strbuf_addf(listed->out,
		    "tally_office_heard_timestamp_seconds{unit=\"%.*s\","
		    "key=\"%.*s\"} %" PRIu64 "\n",
		    (int)office->unit.len, (const char *)office->unit.data,
		    KEY_DIGITS, hex, office->recv_us / SECOND_US);
	return 0;
}

static void put_offices(struct strbuf *out, const struct fold *fold)
{
	struct listed listed = { .out = out };

	(void)fold_offices(fold, count_office, &listed);
	begin(out, "tally_offices", "gauge", "Keys of offices, by state.");
	strbuf_addf(out,
		    "tally_offices{state=\"enrolled\"} %" PRIu64 "\n"
		    "tally_offices{state=\"revoked\"} %" PRIu64 "\n"
		    "tally_offices{state=\"suspended\"} %" PRIu64 "\n",
		    listed.enrolled, listed.revoked, listed.suspended);
	begin(out, "tally_office_heard_timestamp_seconds", "gauge",
	      "When an office's last batch was received; 0: none yet.");
	(void)fold_offices(fold, put_heard, &listed);
}

static int put_tables(struct strbuf *out, struct db_txn *txn, struct err *err)
{
	static const struct {
		enum table table;
		const char *name, *type, *help;
	} tables[] = {
		{ TABLE_FIGURE, "tally_figures", "gauge",
		  "Cells in which something was reported." },
		{ TABLE_CHANGE, "tally_statements_admitted_total", "counter",
		  "Reports, reviews and adjustments that were admitted." },
		{ TABLE_REFUSAL, "tally_statements_refused_total", "counter",
		  "Statements that were not." },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !rc; i++) {
		uint64_t count = 0;

		rc = db_count(txn, tables[i].table, &count, err);
		put(out, tables[i].name, tables[i].type, tables[i].help, count);
	}
	return rc;
}

static int put_marks(struct strbuf *out, const struct table_reader *reader,
		     struct err *err)
{
	uint64_t size = 0, received_us = 0;
	int rc = tables_number(reader, "applied", &size, err);

	if (!rc)
		rc = tables_number(reader, "recv_us", &received_us, err);
	put_gauge(out, "tally_journal_entries",
		  "Entries of the journal that figures contain.", size);
	put_gauge(out, "tally_journal_received_timestamp_seconds",
		  "When the last of them was received.",
		  received_us / SECOND_US);
	return rc == ERR_NOTFOUND ? 0 : rc; /* nothing was folded yet */
}

static int put_store(struct strbuf *out, struct db *db, struct err *err)
{
	struct fold *fold = fold_new();
	struct table_reader reader;
	struct db_txn *txn = NULL;
	uint64_t applied;
	int rc = fold ? db_begin(db, false, &txn, err) :
			err_set(err, ERR_NOMEM, "no memory");

	if (!rc) {
		reader = store_reader(txn);
		rc = put_marks(out, &reader, err);
		if (!rc)
			rc = put_tables(out, txn, err);
		if (!rc)
			rc = fold_load_facts(fold, &reader, &applied, err);
		if (!rc)
			put_offices(out, fold);
		rc = db_finish(txn, rc, err);
	}
	fold_free(fold);
	return rc;
}

/* ---- from the machine ---- */

static uint64_t resident_bytes(void)
{
	unsigned long long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &pages, &resident) != 2)
		resident = 0;
	(void)fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void put_machine(struct strbuf *out, const char *dir, struct db *db)
{
	struct db_use use = { 0 };
	struct statvfs disk = { 0 };

	(void)db_use(db, &use, NULL);
	(void)statvfs(dir, &disk);
	put_gauge(out, "tally_collector_running",
		  "1: a collector holds the directory's lock.",
		  lock_holder(dir, "lock") > 0);
	put_gauge(out, "tally_disk_free_bytes",
		  "Room on the disk of the data directory.",
		  (uint64_t)disk.f_bavail * disk.f_frsize);
	put_gauge(out, "tally_store_used_bytes", "Pages of LMDB's map in use.",
		  use.used_bytes);
	put_gauge(out, "tally_store_map_bytes",
		  "What the store can grow to: then it is full.",
		  use.map_bytes);
	put_gauge(out, "tally_store_readers", "Places of LMDB's readers.",
		  use.readers);
	put_gauge(out, "process_resident_memory_bytes",
		  "Memory of serve, LMDB's pages included.", resident_bytes());
}

static void put_serving(struct strbuf *out, const struct metrics_of *of)
{
	struct http_use http = { 0 };
	struct answers_use answers = answers_use(of->answers);
	struct guard_use guard = guard_use(of->guard);

	if (of->server) /* not yet, at the very beginning */
		http = http_use(of->server);
	put_counter(out, "tally_http_requests_total",
		    "Requests that were answered.", http.requests);
	put_counter(out, "tally_http_refused_total",
		    "Requests that were refused before they were looked at.",
		    http.refused);
	put_gauge(out, "tally_http_streams", "Pages that are told of changes.",
		  http.streams);
	put_counter(out, "tally_answers_again_total",
		    "Answers that were kept from before.", answers.found);
	put_counter(out, "tally_answers_computed_total",
		    "Answers that were computed.", answers.missed);
	put_gauge(out, "tally_answers_bytes", "Answers that are kept.",
		  answers.bytes);
	put_gauge(out, "tally_tokens", "Tokens that are known.", guard.tokens);
	put_counter(out, "tally_tokens_wrong_total",
		    "Requests with a wrong token, or none where one is needed.",
		    guard.wrong);
}

int metrics_put(const struct metrics_of *of, struct strbuf *out,
		struct err *err)
{
	begin(out, "tally_build_info", "gauge", "The program's version.");
	strbuf_add_text(out,
			"tally_build_info{version=\"" TALLY_VERSION "\"} 1\n");
	put_machine(out, of->dir, of->db);
	put_serving(out, of);
	return put_store(out, of->db, err);
}
