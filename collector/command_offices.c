/*
 * Who may speak, and when each was last heard: from the live store. The key is
 * whole: it is what "tally-agent revoke" takes, and the centre's only source
 * of it when the office's own machine is gone.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/rt/clock.h"
#include "base/print.h"
#include "collector/commands.h"
#include "collector/heard.h"
#include "collector/kept.h"
#include "proto/day.h"
#include "proto/moment.h"
#include "store/db.h"
#include "store/fold.h"

#define COLUMNS 7 /* one with --since, and one while a session key waits */
#define SINCE_COLUMN 3
#define ENDS_SOON_DAYS 30ull
#define TIME_TEXT_BYTES 32
#define ROLES_TEXT_BYTES 64

struct listing {
	const struct fold *fold;
	struct fold_facts facts;
	struct heard heard; /* of a new session key */
	uint64_t now_us;    /* the journal's last word, or the wall clock */
	const char *since;  /* NULL: not asked for */
	uint64_t since_us;
	struct db *db;
	struct db_txn *txn;
	struct err *err;
	bool json;
	struct print_table table;
	struct arena texts;
	struct strbuf out;
};

static const char *const role_names[] = {
	[ROLE_REPORTER] = "reporter", [ROLE_REVIEWER] = "reviewer",
	[ROLE_OFFICIAL] = "official", [ROLE_ADMIN] = "admin",
	[ROLE_WITNESS] = "witness",
};

static void print_time(uint64_t us, int zone_minutes, char out[TIME_TEXT_BYTES])
{
	char day[DAY_TEXT_BYTES];
	int32_t number = day_of_us(us, zone_minutes);
	uint64_t seconds = (us - day_start_us(number, zone_minutes)) / 1000000;

	day_print(number, day);
	(void)snprintf(out, TIME_TEXT_BYTES, "%s %02u:%02u", day,
		       (unsigned)(seconds / 3600) % 24,
		       (unsigned)(seconds / 60) % 60);
}

static void print_roles(uint32_t roles, char out[ROLES_TEXT_BYTES])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned role = ROLE_REPORTER; role <= ROLE_LAST; role++)
		if (roles & (1u << role))
			len += (size_t)snprintf(
				out + len, ROLES_TEXT_BYTES - len, "%s%s",
				len ? "," : "", role_names[role]);
}

/* Towards its end, so that a new code goes out in time. */
static bool ends_soon(const struct listing *listing,
		      const struct fold_office *office)
{
	return office->until_us &&
	       office->until_us <
		       listing->now_us + ENDS_SOON_DAYS * 86400000000ull;
}

static const char *state_of(const struct listing *listing,
			    const struct fold_office *office)
{
	if (office->rotated)
		return "rotated";
	if (office->suspended)
		return "suspended";
	if (office->revoked)
		return "revoked";
	if (office->until_us && office->until_us < listing->now_us)
		return "expired";
	return ends_soon(listing, office) ? "ends soon" : "enrolled";
}

/* The first batch received since then, or the one to come: batches of a key are
 * received in the order of their numbers. */
static int first_since(const struct listing *listing,
		       const struct fold_office *office, uint64_t *out)
{
	struct table_reader reader = store_reader(listing->txn);
	struct hash key = sign_key_hash(&office->key);
	uint64_t low = 1, high = office->next;
	struct fold_taken taken;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		int rc = fold_taken(&reader, &key, middle, &taken, NULL, 0,
				    listing->err);

		if (rc)
			return rc;
		if (taken.recv_us < listing->since_us)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return 0;
}

static void add_json(struct listing *listing, const struct fold_office *office,
		     uint64_t since, const char *key, const char *state)
{
	struct hash name = sign_key_hash(&office->key);
	char hex[2 * SIGN_KEY_BYTES + 1];
	struct fold_office successor;
	struct span unit;
	bool first = true;

	strbuf_addf(&listing->out, "{\"key\":\"%s\",\"units\":[", key);
	for (size_t i = 0; fold_office_unit(listing->fold, &name, i, &unit);
	     i++) {
		char text[WIRE_NAME_BYTES_MAX + 1];

		(void)snprintf(text, sizeof(text), "%.*s", (int)unit.len,
			       (const char *)unit.data);
		if (i)
			strbuf_add_char(&listing->out, ',');
		print_json_text(&listing->out, text);
	}
	strbuf_add_text(&listing->out, "],\"roles\":[");
	for (unsigned role = ROLE_REPORTER; role <= ROLE_LAST; role++) {
		if (!(office->roles & (1u << role)))
			continue;
		strbuf_addf(&listing->out, "%s\"%s\"", first ? "" : ",",
			    role_names[role]);
		first = false;
	}
	strbuf_addf(&listing->out,
		    "],\"batches\":%" PRIu64 ",\"last_us\":%" PRIu64
		    ",\"until_us\":%" PRIu64 ",\"state\":\"%s\"",
		    office->next - 1, office->recv_us, office->until_us, state);
	if (listing->since)
		strbuf_addf(&listing->out, ",\"since\":%" PRIu64, since);
	if (listing->heard.waits)
		strbuf_addf(&listing->out, ",\"heard_new_key\":%s",
			    heard_has(&listing->heard, &name) ? "true" :
								"false");
	if (office->suspect_from)
		strbuf_addf(&listing->out, ",\"suspect_from\":%" PRIu64,
			    office->suspect_from);
	if (office->rotated &&
	    fold_office(listing->fold, &office->successor, &successor)) {
		bytes_to_hex(span_of(successor.key.bytes, SIGN_KEY_BYTES), hex);
		strbuf_addf(&listing->out, ",\"successor\":\"%s\"", hex);
	}
	strbuf_add_text(&listing->out, "}\n");
}

static void add_cell(struct listing *listing, const char *text, size_t len)
{
	const char *copy = arena_text(&listing->texts, text, len);

	if (!copy)
		listing->table.failed = 1;
	print_table_add(&listing->table, copy ? copy : "");
}

static void add_text(struct listing *listing, const char *text)
{
	add_cell(listing, text, strlen(text));
}

static void add_row(struct listing *listing, const struct fold_office *office,
		    uint64_t since, const char *key, const char *state)
{
	char roles[ROLES_TEXT_BYTES], last[TIME_TEXT_BYTES] = "never";
	char until[DAY_TEXT_BYTES] = "-";
	char batches[24];

	if (office->recv_us)
		print_time(office->recv_us, listing->facts.zone_minutes, last);
	print_roles(office->roles, roles);
	(void)snprintf(batches, sizeof(batches), "%" PRIu64, office->next - 1);
	add_cell(listing,
		 office->unit.len ? (const char *)office->unit.data : "-",
		 office->unit.len ? office->unit.len : 1);
	add_text(listing, roles);
	add_text(listing, batches);
	if (listing->since) {
		(void)snprintf(batches, sizeof(batches), "%" PRIu64, since);
		add_text(listing, batches);
	}
	add_text(listing, last);
	if (office->until_us)
		day_print(day_of_us(office->until_us,
				    listing->facts.zone_minutes),
			  until);
	add_text(listing, until);
	add_text(listing, state);
	if (listing->heard.waits)
		add_text(listing,
			 heard_lacks(&listing->heard, office, listing->now_us) ?
				 "not yet" :
			 office->revoked || office->suspended ? "-" :
								"heard");
	add_text(listing, key);
}

static int add_office(void *arg, const struct fold_office *office)
{
	struct listing *listing = arg;
	const char *state = state_of(listing, office);
	char key[2 * SIGN_KEY_BYTES + 1];
	uint64_t since = 0;
	int rc = listing->since ? first_since(listing, office, &since) : 0;

	if (rc)
		return rc;
	bytes_to_hex(span_of(office->key.bytes, SIGN_KEY_BYTES), key);
	if (listing->json)
		add_json(listing, office, since, key, state);
	else
		add_row(listing, office, since, key, state);
	return 0;
}

static int list_offices(struct listing *listing)
{
	static const char *const titles[] = { "unit",	    "roles",
					      "batches",    "since then",
					      "last heard", "until",
					      "state",	    "key" };
	int rc;

	for (size_t i = 0; i <= COLUMNS && !listing->json; i++) {
		if (i == COLUMNS && listing->heard.waits)
			print_table_add(&listing->table, "new key");
		if (i != SINCE_COLUMN || listing->since)
			print_table_add(&listing->table, titles[i]);
	}
	rc = fold_offices(listing->fold, add_office, listing);
	if (!listing->json)
		print_table_write(&listing->table, &listing->out);
	return rc;
}

/* A day: from its beginning on. */
static int parse_since(struct listing *listing)
{
	int zone = listing->facts.zone_minutes;
	int32_t day;

	if (day_parse(span_of_text(listing->since), &day))
		return moment_parse(listing->since, zone, &listing->since_us,
				    listing->err);
	listing->since_us = day_start_us(day, zone);
	return 0;
}

/* What is open is closed by the caller. */
static int load_store(const char *dir, struct fold *fold,
		      struct listing *listing)
{
	struct table_reader reader;
	char path[PATH_MAX];
	uint64_t applied;
	struct err *err = listing->err;
	int rc = kept_path(dir, "store", path, err);

	if (!rc && access(path, F_OK))
		return err_set(err, ERR_NOTFOUND,
			       "%s: there is no store yet; "
			       "tally-collector run makes it",
			       dir);
	if (!rc)
		rc = store_open(path, true, &listing->db, err);
	if (!rc)
		rc = db_begin(listing->db, false, &listing->txn, err);
	if (rc)
		return rc;
	reader = store_reader(listing->txn);
	return fold_load(fold, &reader, &applied, err);
}

static int list(struct listing *listing, const char *dir, struct fold *fold)
{
	struct clock clock;
	int rc = load_store(dir, fold, listing);

	if (rc)
		return rc;
	(void)fold_facts(fold, &listing->facts);
	listing->now_us = fold_recv_us(fold);
	if (!listing->facts.simulated && !clock_open(&clock, NULL, NULL) &&
	    clock_now_us(&clock) > listing->now_us)
		listing->now_us = clock_now_us(&clock);
	if (listing->since)
		rc = parse_since(listing);
	return rc ? rc : list_offices(listing);
}

int command_offices(const struct options *options)
{
	struct err err = { 0 };
	struct fold *fold = fold_new();
	struct listing listing = { .fold = fold,
				   .json = options_given(options, "json"),
				   .since = options_text(options, "since"),
				   .err = &err };
	uint64_t us;
	int rc, code;

	if (listing.since && moment_parse(listing.since, 0, &us, &err)) {
		fold_free(fold);
		return options_usage(options, "%s", err.msg);
	}
	rc = heard_open(&listing.heard, command_dir(options), &err);
	print_table_init(&listing.table,
			 (size_t)COLUMNS + (listing.since ? 1 : 0) +
				 (listing.heard.waits ? 1 : 0),
			 listing.since ? 3u << 2 : 1u << 2);
	arena_init(&listing.texts, WIRE_ARENA_BYTES);
	strbuf_init(&listing.out, 0);
	if (!rc)
		rc = fold ? list(&listing, command_dir(options), fold) :
			    err_set(&err, ERR_NOMEM, "no memory");
	if (listing.txn)
		rc = db_finish(listing.txn, rc, &err);
	db_close(listing.db);
	code = rc ? command_failed(rc == ERR_CORRUPT ? EXIT_BROKEN :
						       EXIT_FAILED,
				   &err) :
		    command_print(&listing.out);
	print_table_release(&listing.table);
	arena_release(&listing.texts);
	strbuf_release(&listing.out);
	heard_release(&listing.heard);
	fold_free(fold);
	return code;
}
