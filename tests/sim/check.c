/* The promises, checked with the audit's own code where it has them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "audit/compare.h"
#include "audit/replay.h"
#include "audit/verify.h"
#include "proto/checkpoint.h"
#include "sim/record.h"
#include "sim/sim.h"
#include "store/outbox.h"
#include "store/redaction.h"

#define DIR "collector"
#define MEMORY_KIB_MAX (256 * 1024)

static void must(int rc, const struct err *err, const char *what)
{
	if (rc)
		sim_fail("%s: %s", what, err->msg);
}

static size_t least = SIZE_MAX;

/* The least number of entries that were left when something was lost. */
static size_t left_of(const struct record *record)
{
	return record->kept < least ? record->kept : least;
}

/* What waited when an office was copied, the copy says under the old key and
 * the office under the one that it changed to: one of both counts. */
static void counts_once(const struct record *record, bool judged)
{
	bool copied = !access(sim_office_name(SIM_CLONE), F_OK);

	for (size_t i = 0; i < record->said_count; i++) {
		const struct said *said = &record->said[i], *again = said;

		while ((again = record_find(record, said->salt, again))) {
			if (!copied)
				sim_fail("a statement is in the journal twice, "
					 "in %zu and %zu",
					 said->entry, again->entry);
			if (judged && !said->verdict && !again->verdict)
				sim_fail("a statement counts twice, in %zu and "
					 "%zu",
					 said->entry, again->entry);
		}
	}
}

/* ---- receipts ---- */

struct checking {
	const struct record *record;
	const char *office;
	size_t below; /* entries of which the office must know all */
	bool judged;
};

static int check_item(void *arg, const struct outbox_item *item)
{
	const struct checking *checking = arg;
	const struct said *said;

	if (!item->delivered || item->index >= checking->below)
		return 0;
	said = record_at(checking->record, item->index, item->n);
	if (!said || memcmp(said->salt, item->sealed.salt, SALT_BYTES) != 0)
		sim_fail("%s: item %llu has the receipt %llu.%u, the journal "
			 "of %zu entries has something else there",
			 checking->office, (unsigned long long)item->number,
			 (unsigned long long)item->index, item->n,
			 checking->record->size);
	if (said->recv_us != item->recv_us)
		sim_fail("%s: the receipt of item %llu says another time than "
			 "the journal",
			 checking->office, (unsigned long long)item->number);
	if (checking->judged && said->verdict != item->verdict)
		sim_fail("%s: item %llu was told verdict %u, the replay says "
			 "%u",
			 checking->office, (unsigned long long)item->number,
			 item->verdict, said->verdict);
	return 0;
}

/* Only an office that has not heard yet, or that nobody speaks with, has
 * verified what a break gave up. */
static void check_seen(const struct record *record, struct outbox *outbox,
		       const char *office, bool hears)
{
	struct checkpoint seen;
	struct arena arena;
	struct span note;
	struct err err;

	arena_init(&arena, WIRE_ARENA_BYTES);
	if (!outbox_seen(outbox, &arena, &note, &err)) {
		must(checkpoint_read(note, &seen, &err), &err, "a checkpoint");
		if ((hears || seen.size <= record->kept) &&
		    (seen.size > record->size ||
		     !hash_equal(&seen.root, &record->roots[seen.size])))
			sim_fail("%s has verified a checkpoint of %llu entries "
				 "that the journal does not have",
				 office, (unsigned long long)seen.size);
	}
	arena_release(&arena);
}

static void check_office(unsigned office, const struct record *record,
			 bool last)
{
	/* With a key that has ended it hears of nothing any more. */
	bool hears = last && !sim_office_is_out(office);
	struct checking checking = { .record = record,
				     .office = sim_office_name(office),
				     .below = hears ? SIZE_MAX :
						      left_of(record),
				     .judged = last };
	struct outbox *outbox = sim_office_outbox(office);
	struct err err;

	if (access(checking.office, F_OK))
		return; /* not enrolled yet */
	if (!outbox)
		must(outbox_open(checking.office, &outbox, &err), &err,
		     "an outbox");
	must(outbox_items(outbox, 1, check_item, &checking, &err), &err,
	     "an outbox");
	check_seen(record, outbox, checking.office, hears);
	if (!sim_office_outbox(office))
		outbox_close(outbox);
}

void sim_check_is_whole(bool begins)
{
	struct record record;

	if (begins) {
		least = SIZE_MAX;
		firm_forget();
		return;
	}
	record_read(&record);
	if (record.size < least)
		least = record.size;
	record_release(&record);
}

void sim_check_receipts(unsigned offices)
{
	struct record record;

	record_read(&record);
	counts_once(&record, false);
	for (unsigned i = 0; i < offices; i++)
		check_office(SIM_OFFICE + i, &record, false);
	record_release(&record);
}

/* ---- what is firm ---- */

/* Only where the journal was opened again, and says so, what was firm behind
 * that has another place; and what nobody could hand over or say again, is
 * lost. */
static void check_firm(const struct record *record)
{
	const struct firm *firm;
	size_t pos = 0;

	while ((firm = firm_next(&pos))) {
		const struct said *said = record_find(record, firm->salt, NULL);

		while (said && firm->index < record->kept &&
		       said->entry != firm->index)
			said = record_find(record, firm->salt, said);
		if (!said && firm->index >= record->kept &&
		    sim_office_is_out(firm->office))
			continue;
		if (!said)
			sim_fail("%s: %llu.%u is missing, which was "
				 "acknowledged and signed",
				 sim_office_name(firm->office),
				 (unsigned long long)firm->index, firm->n);
		if (firm->index >= record->kept)
			continue;
		if (said->n != firm->n || said->recv_us != firm->recv_us ||
		    said->verdict != firm->verdict)
			sim_fail("%s: %llu.%u is not what it was when it was "
				 "signed",
				 sim_office_name(firm->office),
				 (unsigned long long)firm->index, firm->n);
		sim_count(EVENT_FIRM);
	}
}

/* ---- all of it ---- */

static void check_journal(void)
{
	struct verification verification;
	struct err err = { 0 };

	verification_init(&verification);
	if (verification_run(&verification, DIR "/journal", false, &err))
		sim_fail("verify: entry %llu: %s %s",
			 (unsigned long long)verification.index,
			 verification.what, err.msg);
	if (verification.forks && access(sim_office_name(SIM_CLONE), F_OK))
		sim_fail("an office has forked, and nobody was cloned");
	verification_release(&verification);
}

/* A byte of the disk goes bad: it is found. */
static void check_rot(void)
{
	const char *path = DIR "/journal/00000000000000000000.seg";
	struct verification verification;
	struct err err = { 0 };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END), at;
	uint8_t byte, bad;

	at = (off_t)sim_below((uint64_t)size);
	if (fd < 0 || pread(fd, &byte, 1, at) != 1)
		sim_fail("%s cannot be read", path);
	bad = (uint8_t)(byte ^ 1u << sim_below(8));
	if (pwrite(fd, &bad, 1, at) != 1)
		sim_fail("%s cannot be written", path);
	verification_init(&verification);
	if (!verification_run(&verification, DIR "/journal", false, &err))
		sim_fail("byte %lld of the journal was changed, and nobody "
			 "found it",
			 (long long)at);
	verification_release(&verification);
	if (pwrite(fd, &byte, 1, at) != 1)
		sim_fail("%s cannot be written", path);
	(void)close(fd);
}

static void check_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	struct rusage usage;

	if (!getrusage(RUSAGE_SELF, &usage) && usage.ru_maxrss > MEMORY_KIB_MAX)
		sim_fail("%ld KiB of memory", usage.ru_maxrss);
#endif
}

static void check_store(void)
{
	struct comparing comparing = { 0 };
	struct replay replay;
	struct err err = { 0 };

	must(replay_init(&replay, true, &err), &err, "replay");
	strbuf_init(&comparing.text, 0);
	must(compare_store(&replay, DIR "/journal", DIR "/store", &comparing,
			   &err),
	     &err, "compare");
	if (comparing.result != AGREES || comparing.behind)
		sim_fail("store and replay disagree: %s, %llu behind",
			 comparing.text.text ? comparing.text.text : "",
			 (unsigned long long)comparing.behind);
	strbuf_release(&comparing.text);
	replay_release(&replay);
}

/* ---- redactions ---- */

struct redacting {
	const struct record *record;
	unsigned offices;
	char text[64];
};

/* What an office that said it has kept of it. */
struct wanted {
	const uint8_t *salt;
	char *text;
};

static int find_text(void *arg, const struct outbox_item *item)
{
	const struct wanted *wanted = arg;
	struct span text;

	if (memcmp(item->sealed.salt, wanted->salt, SALT_BYTES) != 0 ||
	    item->sealed.text_count != 1)
		return 0;
	text = item->sealed.texts[0].text;
	if (text.len < 64)
		(void)snprintf(wanted->text, 64, "%.*s", (int)text.len,
			       (const char *)text.data);
	return 1;
}

static void find_in_outboxes(struct redacting *redacting,
			     const uint8_t salt[SALT_BYTES])
{
	struct wanted wanted = { .salt = salt, .text = redacting->text };
	struct err err;

	redacting->text[0] = '\0';
	for (unsigned i = 0; i < redacting->offices; i++) {
		struct outbox *outbox;

		if (access(sim_office_name(SIM_OFFICE + i), F_OK))
			continue;
		must(outbox_open(sim_office_name(SIM_OFFICE + i), &outbox,
				 &err),
		     &err, "an outbox");
		(void)outbox_items(outbox, 1, find_text, &wanted, &err);
		outbox_close(outbox);
	}
}

static int check_redaction(void *arg, struct span key, struct span value)
{
	struct redacting *redacting = arg;
	const struct record *record = redacting->record;
	struct redaction redaction;
	const struct said *said;
	char command[256];
	struct err err;

	must(redaction_read(key, value, &redaction, &err), &err, "a redaction");
	said = record_at(record, redaction.entry, redaction.n);
	if (!said)
		sim_fail("what was redacted is not in the journal");
	/* What a copy of its office has said, too, stands elsewhere as well. */
	if (record_find(record, said->salt, NULL) != said ||
	    record_find(record, said->salt, said))
		return 0;
	find_in_outboxes(redacting, said->salt);
	if (!redacting->text[0])
		return 0; /* its office was put back from before */
	(void)snprintf(command, sizeof(command), "grep -rqF '%s' " DIR,
		       redacting->text);
	if (!system(command))
		sim_fail("the text of %llu.%u was redacted, and is still in "
			 "the collector's files",
			 (unsigned long long)redaction.entry, redaction.n);
	sim_count(EVENT_REDACT);
	return 0;
}

static void check_redactions(const struct record *record,
			     const struct table_reader *tables,
			     unsigned offices)
{
	struct redacting redacting = { .record = record, .offices = offices };
	struct err err = { 0 };

	must(tables->scan(tables->ctx, TABLE_REDACTION, span_of(NULL, 0),
			  check_redaction, &redacting, &err),
	     &err, "redactions");
}

static void count_said(const struct record *record)
{
	for (size_t i = 0; i < record->said_count; i++) {
		if (record->said[i].verdict)
			continue;
		if (record->said[i].kind == SAID_ROTATE)
			sim_count(EVENT_ROTATE);
		if (record->said[i].kind == SAID_REVOKE)
			sim_count(EVENT_REVOKE);
	}
	for (size_t i = 0; i < record->reopened; i++)
		sim_count(EVENT_REOPEN);
	for (size_t i = 0; i < record->succeeded; i++)
		sim_count(EVENT_SUCCEED);
}

void sim_check_all(unsigned offices)
{
	const struct replay_until all = { .size = UINT64_MAX };
	struct record record;
	struct table_reader tables;
	struct replay replay;
	struct err err = { 0 };

	check_journal();
	check_store();
	check_rot();
	check_memory();
	record_read(&record);
	must(replay_init(&replay, true, &err), &err, "replay");
	must(replay_run(&replay, DIR "/journal", all, &err), &err, "replay");
	tables = replay_reader(&replay);
	record_judge(&record, &tables);
	counts_once(&record, true);
	check_firm(&record);
	for (unsigned i = 0; i < offices; i++)
		check_office(SIM_OFFICE + i, &record, true);
	check_redactions(&record, &tables, offices);
	count_said(&record);
	for (unsigned i = 0; i < offices; i++)
		sim_office_no_alarm(SIM_OFFICE + i);
	replay_release(&replay);
	record_release(&record);
}
