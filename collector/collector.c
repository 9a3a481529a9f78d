#include "collector/collector.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/rt/log.h"
#include "base/rt/options.h"
#include "collector/collector_parts.h"
#include "collector/succeed.h"

#define DRAIN_MS 5000

/* ---- start and stop ---- */

static void gate_ready(void *arg)
{
	(void)collector_run_group(arg);
}

static int check_clock(struct collector *c, struct err *err)
{
	if (!fold_facts(c->kept.fold, &c->facts))
		return err_set(err, ERR_CORRUPT,
			       "the journal has no founding "
			       "statement");
	if (c->facts.simulated && !clock_simulated(&c->clock))
		return err_set(err, ERR_INVALID,
			       "the journal was founded with a simulated "
			       "clock: give --clock FILE");
	if (!c->facts.simulated && clock_simulated(&c->clock))
		return err_set(err, ERR_INVALID,
			       "the journal was founded with the wall clock: "
			       "--clock is not for it");
	collector_read_clocks(c);
	stamp_init(&c->stamp, c->facts.simulated, fold_recv_us(c->kept.fold),
		   c->now_us, c->mono_us);
	return 0;
}

static int start_notary(struct collector *c, struct err *err)
{
	const struct notary_options options = {
		.journal_dir = c->journal_dir,
		.tree = c->tree_path,
		.checkpoint = c->kept.checkpoint,
		.pair = &c->kept.keys.sign,
		.interval_ms = NOTARY_INTERVAL_MS,
	};
	struct hash root = fold_root(c->kept.fold);
	int rc = kept_path(c->kept.dir, TREE_FILE, c->tree_path, err);

	if (!rc)
		rc = notary_open(&options, &c->kept.last, &c->facts.journal,
				 fold_applied(c->kept.fold), &root, &c->notary,
				 err);
	c->signed_last = c->kept.last;
	if (!rc)
		rc = tree_read_open(c->tree_path, NULL, &c->tree, err);
	if (!rc)
		rc = notary_start(c->notary, err);
	if (!rc)
		rc = loop_add_fd(c->loop, notary_fd(c->notary), LOOP_READ,
				 collector_signed, c, err);
	return rc;
}

/* After the notary: while no witness is needed its last word is published. */
static int start_cosigners(struct collector *c, struct err *err)
{
	const struct notary_word *last = &c->signed_last;
	struct notary_word before;
	struct key_chain chain;
	struct witnesses witnesses;
	int rc = witnesses_read(c->kept.dir, c->settings->witnesses, &witnesses,
				err);

	if (!rc)
		rc = kept_path(c->kept.dir, COSIGNERS_FILE, c->cosigned_path,
			       err);
	if (rc)
		return rc;
	c->cosigners = calloc(1, sizeof(*c->cosigners));
	if (!c->cosigners)
		return err_set(err, ERR_NOMEM, "no memory for cosignatures");
	cosigners_init(c->cosigners, &witnesses);
	if (!witnesses.count)
		rc = ERR_NOTFOUND;
	else
		rc = succeed_chain(c->kept.dir, &c->kept.keys.sign.key, &chain,
				   NULL, NULL);
	if (!rc && !notary_last(c->cosigned_path, &chain, &before, NULL))
		cosigners_resume(c->cosigners,
				 span_of(before.note, before.note_bytes),
				 before.checkpoint.size);
	if (last->note_bytes)
		(void)cosigners_signed(c->cosigners,
				       span_of(last->note, last->note_bytes),
				       last->checkpoint.size);
	return 0;
}

/* How its keys followed one another: every office is shown that. */
static int read_successions(struct collector *c, struct err *err)
{
	struct span rest, note;
	int rc = succeed_notes(c->journal_dir, c->kept.fold,
			       &c->succession_notes, err);

	rest = strbuf_span(&c->succession_notes);
	while (!rc && c->succession_count < SUCCESSIONS_MAX &&
	       succession_next(&rest, &note))
		c->successions[c->succession_count++] = note;
	return rc;
}

/* The breaks that offices are shown. */
static int read_reopened(struct collector *c, struct err *err)
{
	uint64_t entries[REOPENINGS_MAX];
	struct journal_reader *reader = NULL;
	size_t count = fold_reopened(c->kept.fold, entries);
	int rc = 0;

	if (count)
		rc = journal_read_open(c->journal_dir, entries[0], &reader,
				       err);
	for (size_t i = 0; i < count && !rc; i++) {
		struct journal_entry entry;
		const void *copy;

		rc = journal_read_seek(reader, entries[i], err);
		if (!rc)
			rc = journal_read_next(reader, &entry, err);
		if (rc < 0)
			break;
		copy = rc ? arena_copy(&c->reopened_notes, entry.batch.data,
				       entry.batch.len) :
			    NULL;
		rc = copy ? 0 :
			    err_set(err, ERR_CORRUPT,
				    "entry %" PRIu64 " cannot be read",
				    entries[i]);
		if (copy)
			c->reopened[c->reopened_count++] =
				span_of(copy, entry.batch.len);
	}
	journal_read_close(reader);
	return rc;
}

static int start_parts(struct collector *c, struct err *err)
{
	const struct session_host host = collector_session_host(c);
	const struct delivery_host delivery_host = collector_delivery_host(c);
	const struct delivery_options deliveries = {
		.db = c->kept.db,
		.fold = c->kept.fold,
		.journal_dir = c->journal_dir,
		.unread_bytes_max = DELIVERY_UNREAD_BYTES_MAX,
	};
	const struct sequencer_told told = collector_told(c);
	const struct session_options options = {
		.sessions_max = c->sessions_max,
		.credit_bytes = c->settings->credit_bytes,
		.ping_ms = (uint32_t)c->settings->ping_ms,
	};
	uint64_t applied = fold_applied(c->kept.fold);
	int rc = quarantine_open(c->kept.dir, &c->quarantine, err);

	if (!rc)
		rc = sequencer_local_new(c->kept.journal, c->kept.fold,
					 &c->puts, &told, &c->sequencer, err);
	if (!rc)
		rc = flusher_start(c->kept.db, applied, &c->flusher, err);
	if (!rc)
		rc = loop_add_fd(c->loop, flusher_fd(c->flusher), LOOP_READ,
				 collector_flushed, c, err);
	if (!rc)
		rc = start_notary(c, err);
	if (!rc)
		rc = start_cosigners(c, err);
	if (rc)
		return rc;
	c->sessions = session_table_new(&options, &host);
	if (!c->sessions)
		return err_set(err, ERR_NOMEM, "no memory for sessions");
	return delivery_new(&deliveries, &delivery_host, &c->delivery, err);
}

static int open_gate(struct collector *c, struct err *err)
{
	const struct gate_options options = { .bind = c->settings->bind,
					      .curve = &c->kept.keys.curve,
					      .descriptors_max =
						      c->descriptors_max,
					      .admit = collector_admits,
					      .ready = gate_ready,
					      .arg = c };
	char path[PATH_MAX], text[GATE_ENDPOINT_BYTES_MAX + 1];
	int rc = gate_open(c->loop, &options, &c->gate, err);

	if (!rc)
		rc = kept_path(c->kept.dir, "endpoint", path, err);
	if (rc)
		return rc;
	(void)snprintf(text, sizeof(text), "%s\n", gate_endpoint(c->gate));
	return file_replace(path, text, strlen(text), 0644, err);
}

/*
 * A descriptor a connection, and a few of our own: where there are fewer,
 * offices beyond are told BUSY, which a connection that cannot be accepted is
 * not. A warning where the settings asked for so many.
 */
static uint64_t raise_descriptors(const struct collector_settings *settings,
				  int *descriptors_max)
{
	uint64_t wanted = settings->sessions_max;
	struct rlimit limit, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return wanted;
	raised = limit;
	raised.rlim_cur = limit.rlim_max;
	if (!setrlimit(RLIMIT_NOFILE, &raised))
		limit = raised;
	if (limit.rlim_cur < INT_MAX)
		*descriptors_max =
			(int)limit.rlim_cur - (int)COLLECTOR_SPARE_DESCRIPTORS;
	if (limit.rlim_cur >= wanted + COLLECTOR_OWN_DESCRIPTORS)
		return wanted;
	wanted = limit.rlim_cur > COLLECTOR_OWN_DESCRIPTORS ?
			 limit.rlim_cur - COLLECTOR_OWN_DESCRIPTORS :
			 1;
	log_line(settings->sessions_max == SETTINGS_SESSIONS_MAX ? LOG_INFO :
								   LOG_WARN,
		 "few-descriptors",
		 "limit=%" PRIu64 " sessions_max=%" PRIu64 " sessions=%" PRIu64
		 " advice=\"if more offices are connected at once, raise the "
		 "limit of open files (LimitNOFILE=%" PRIu64
		 " of a systemd service, ulimit -n of a shell)\"",
		 (uint64_t)limit.rlim_cur, settings->sessions_max, wanted,
		 settings->sessions_max + COLLECTOR_OWN_DESCRIPTORS);
	return wanted;
}

static int start(struct collector *c, const char *dir, const char *clock,
		 struct err *err)
{
	int rc = loop_open(&c->loop, err);

	if (!rc)
		rc = loop_watch_signals(c->loop, NULL, NULL, err);
	if (!rc)
		rc = clock_open(&c->clock, clock, err);
	if (!rc)
		rc = kept_open(dir, c->settings->checkpoint, &c->kept, err);
	if (rc)
		return rc;
	if (c->kept.rebuilt)
		log_line(c->kept.missing ? LOG_INFO : LOG_WARN, "store-rebuilt",
			 "why=\"%s\" entries=%" PRIu64, c->kept.rebuilt_why,
			 c->kept.folded);
	if (journal_cut_bytes(c->kept.journal))
		log_line(LOG_INFO, "journal-recovered", "cut_bytes=%" PRIu64,
			 journal_cut_bytes(c->kept.journal));
	rc = kept_path(dir, "journal", c->journal_dir, err);
	if (!rc)
		rc = check_clock(c, err);
	if (!rc)
		rc = read_reopened(c, err);
	if (!rc)
		rc = read_successions(c, err);
	if (!rc)
		rc = heard_open(&c->heard, dir, err);
	if (!rc)
		rc = start_parts(c, err);
	if (!rc)
		rc = open_gate(c, err);
	if (rc)
		return rc;
	(void)fold_catalogue(c->kept.fold, &c->catalogue);
	c->tick = (struct loop_timer){ .due = collector_tick, .arg = c };
	c->watch = (struct loop_timer){ .due = collector_watch, .arg = c };
	c->deliver = (struct loop_timer){ .due = collector_deliver, .arg = c };
	loop_arm(c->loop, &c->tick, COLLECTOR_TICK_MS);
	loop_arm(c->loop, &c->watch, COLLECTOR_WATCH_MS);
	/* What a crash has left undone. */
	collector_blot(c);
	return c->code ? err_set(err, ERR_IO, "a text cannot be blotted out") :
			 0;
}

/* What is in the gate when it is told to stop is still taken. */
static void drain(struct collector *c)
{
	uint64_t until_ms = clock_monotonic_ms() + DRAIN_MS;

	while (clock_monotonic_ms() < until_ms && collector_run_group(c))
		if (c->code)
			return;
}

static void stop(struct collector *c)
{
	char path[PATH_MAX];
	struct err err = { 0 };

	if (c->gate && !kept_path(c->kept.dir, "endpoint", path, NULL))
		(void)unlink(path);
	gate_close(c->gate);
	if (c->flusher) {
		loop_remove_fd(c->loop, flusher_fd(c->flusher));
		/* After a failure it may be half of what an entry says. */
		if (c->puts.count && !c->code)
			(void)flusher_add(c->flusher, &c->puts,
					  fold_applied(c->kept.fold), NULL);
		/* The journal has it all: the next start folds it again. */
		if (flusher_stop(c->flusher, &err))
			log_err(LOG_WARN, "last-flush-failed", &err);
	}
	if (c->notary) {
		if (notary_fd(c->notary) >= 0)
			loop_remove_fd(c->loop, notary_fd(c->notary));
		if (notary_stop(c->notary, &err) && !c->code)
			log_err(LOG_WARN, "last-checkpoint-failed", &err);
	}
	tree_read_close(c->tree);
	delivery_free(c->delivery);
	session_table_free(c->sessions);
	if (c->sequencer.free)
		c->sequencer.free(c->sequencer.self);
	quarantine_close(c->quarantine);
	receipts_release(&c->receipts);
	puts_release(&c->puts);
	arena_release(&c->arena);
	arena_release(&c->reopened_notes);
	strbuf_release(&c->succession_notes);
	heard_release(&c->heard);
	free(c->cosigners);
	kept_close(&c->kept);
	loop_close(c->loop);
}

static int exit_code(int rc)
{
	switch (rc) {
	case 0:
		return EXIT_OK;
	case ERR_CORRUPT:
		return EXIT_BROKEN;
	case ERR_INVALID:
	case ERR_NOTFOUND:
		return EXIT_USAGE;
	default: /* whatever else keeps it from starting */
		return EXIT_FAILED;
	}
}

int collector_run(const char *dir, const struct collector_settings *settings,
		  const char *clock)
{
	struct collector *c = calloc(1, sizeof(*c));
	struct err err = { 0 };
	int rc, code;

	if (!c)
		return EXIT_FAILED;
	c->settings = settings;
	c->kept.lock_fd = -1;
	puts_init(&c->puts);
	arena_init(&c->arena, SIZE_MAX);
	arena_init(&c->reopened_notes, SIZE_MAX);
	strbuf_init(&c->succession_notes, 0);
	intern_init(&c->heard.keys);
	receipts_init(&c->receipts);
	c->sessions_max = raise_descriptors(settings, &c->descriptors_max);
	rc = start(c, dir, clock, &err);
	if (rc) {
		log_err(LOG_ERROR, "cannot-start", &err);
		code = exit_code(rc);
		goto out;
	}
	log_line(LOG_INFO, "ready",
		 "endpoint=%s size=%" PRIu64 " folded=%" PRIu64
		 " offices=%" PRIu64 " clock=%s",
		 gate_endpoint(c->gate), journal_size(c->kept.journal),
		 c->kept.folded, fold_office_count(c->kept.fold),
		 c->facts.simulated ? "simulated" : "wall");
	if (loop_run(c->loop, &err))
		collector_give_up(c, "loop-failed", &err);
	if (!c->code) {
		log_line(LOG_INFO, "stopping", "sessions=%zu",
			 session_count(c->sessions));
		drain(c);
	}
	collector_log_status(c);
	code = c->code;
out:
	stop(c);
	free(c);
	return code;
}
