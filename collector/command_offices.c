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
#include "store/db.h"
#include "store/fold.h"
#include "store/say.h"

#define COLUMNS 7 /* and one more while a session key waits */
#define ENDS_SOON_DAYS 30ull
#define TIME_TEXT_BYTES 32
#define ROLES_TEXT_BYTES 64

struct listing {
	const struct fold *fold;
	struct fold_facts facts;
	struct heard heard; /* of a new session key */
	uint64_t now_us;    /* the journal's last word, or the wall clock */
	enum lang lang;
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

static const char *const role_names_zh[] = {
	[ROLE_REPORTER] = "填报",     [ROLE_REVIEWER] = "审核",
	[ROLE_OFFICIAL] = "官方数据", [ROLE_ADMIN] = "管理",
	[ROLE_WITNESS] = "见证",
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

static void print_roles(uint32_t roles, enum lang lang,
			char out[ROLES_TEXT_BYTES])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned role = ROLE_REPORTER; role <= ROLE_LAST; role++)
		if (roles & (1u << role))
			len += (size_t)snprintf(
				out + len, ROLES_TEXT_BYTES - len, "%s%s",
				len ? say_in(lang, ",", "、") : "",
				say_in(lang, role_names[role],
				       role_names_zh[role]));
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

static void add_json(struct listing *listing, const struct fold_office *office,
		     const char *key, const char *state)
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

static const char *state_zh(const char *state)
{
	static const char *const names[][2] = {
		{ "rotated", "已更换密钥" }, { "suspended", "已暂停" },
		{ "revoked", "已撤销" },     { "expired", "已到期" },
		{ "ends soon", "即将到期" }, { "enrolled", "已登记" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i][0], state))
			return names[i][1];
	return state;
}

static void add_row(struct listing *listing, const struct fold_office *office,
		    const char *key, const char *state)
{
	enum lang lang = listing->lang;
	char roles[ROLES_TEXT_BYTES], last[TIME_TEXT_BYTES];
	char until[DAY_TEXT_BYTES] = "-";
	char batches[24];

	(void)snprintf(last, sizeof(last), "%s", say_in(lang, "never", "从未"));
	if (office->recv_us)
		print_time(office->recv_us, listing->facts.zone_minutes, last);
	print_roles(office->roles, lang, roles);
	(void)snprintf(batches, sizeof(batches), "%" PRIu64, office->next - 1);
	add_cell(listing,
		 office->unit.len ? (const char *)office->unit.data : "-",
		 office->unit.len ? office->unit.len : 1);
	add_text(listing, roles);
	add_text(listing, batches);
	add_text(listing, last);
	if (office->until_us)
		day_print(day_of_us(office->until_us,
				    listing->facts.zone_minutes),
			  until);
	add_text(listing, until);
	add_text(listing, lang == LANG_ZH ? state_zh(state) : state);
	if (listing->heard.waits)
		add_text(listing,
			 heard_lacks(&listing->heard, office, listing->now_us) ?
				 say_in(lang, "not yet", "尚未") :
			 office->revoked || office->suspended ?
				 "-" :
				 say_in(lang, "heard", "已知"));
	add_text(listing, key);
}

static int add_office(void *arg, const struct fold_office *office)
{
	struct listing *listing = arg;
	const char *state = state_of(listing, office);
	char key[2 * SIGN_KEY_BYTES + 1];

	bytes_to_hex(span_of(office->key.bytes, SIGN_KEY_BYTES), key);
	if (listing->json)
		add_json(listing, office, key, state);
	else
		add_row(listing, office, key, state);
	return 0;
}

static int list_offices(struct listing *listing)
{
	static const char *const titles[COLUMNS][2] = {
		{ "unit", "单位" },	 { "roles", "职责" },
		{ "batches", "批次" },	 { "last heard", "最近一次" },
		{ "until", "有效期至" }, { "state", "状态" },
		{ "key", "密钥" },
	};
	int rc;

	for (size_t i = 0; i < COLUMNS && !listing->json; i++) {
		if (i == COLUMNS - 1 && listing->heard.waits)
			print_table_add(
				&listing->table,
				say_in(listing->lang, "new key", "新密钥"));
		print_table_add(
			&listing->table,
			say_in(listing->lang, titles[i][0], titles[i][1]));
	}
	rc = fold_offices(listing->fold, add_office, listing);
	if (!listing->json)
		print_table_write(&listing->table, &listing->out);
	return rc;
}

static int load_store(const char *dir, struct fold *fold, struct err *err)
{
	struct table_reader reader;
	struct db_txn *txn = NULL;
	struct db *db = NULL;
	char path[PATH_MAX];
	uint64_t applied;
	int rc = kept_path(dir, "store", path, err);

	if (!rc && access(path, F_OK))
		return err_set(err, ERR_NOTFOUND,
			       "%s: there is no store yet; "
			       "tally-collector run makes it",
			       dir);
	if (!rc)
		rc = store_open(path, true, &db, err);
	if (!rc)
		rc = db_begin(db, false, &txn, err);
	if (!rc) {
		reader = store_reader(txn);
		rc = db_finish(txn, fold_load(fold, &reader, &applied, err),
			       err);
	}
	db_close(db);
	return rc;
}

int command_offices(const struct options *options)
{
	struct listing listing = { .json = options_given(options, "json") };
	struct fold *fold = fold_new();
	struct clock clock;
	struct err err = { 0 };
	int code, rc;

	if (lang_choose(options_text(options, "lang"), &listing.lang, &err)) {
		fold_free(fold);
		return options_usage(options, "%s", err.msg);
	}
	rc = heard_open(&listing.heard, command_dir(options), &err);
	if (!rc)
		rc = fold ? load_store(command_dir(options), fold, &err) :
			    err_set(&err, ERR_NOMEM, "no memory");
	listing.fold = fold;
	print_table_init(&listing.table, COLUMNS + listing.heard.waits,
			 1u << 2);
	arena_init(&listing.texts, WIRE_ARENA_BYTES);
	strbuf_init(&listing.out, 0);
	if (!rc) {
		(void)fold_facts(fold, &listing.facts);
		listing.now_us = fold_recv_us(fold);
		if (!listing.facts.simulated &&
		    !clock_open(&clock, NULL, NULL) &&
		    clock_now_us(&clock) > listing.now_us)
			listing.now_us = clock_now_us(&clock);
		rc = list_offices(&listing);
	}
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
