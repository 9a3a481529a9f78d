#include "collector/collector.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/rt/clock.h"
#include "base/rt/log.h"
#include "base/rt/loop.h"
#include "base/rt/options.h"
#include "collector/delivery.h"
#include "collector/flusher.h"
#include "collector/gate.h"
#include "collector/kept.h"
#include "collector/quarantine.h"
#include "collector/receipts.h"
#include "collector/sequencer.h"
#include "collector/session.h"
#include "collector/stamp.h"

/* A group is what has come in while the one before was synced, up to: */
#define GROUP_MESSAGES_MAX 8192
#define GROUP_BYTES_MAX (8u * 1024 * 1024)
#define GROUP_ARENA_BYTES (6u * WIRE_ARENA_BYTES)

#define TICK_MS 1000
#define WATCH_MS 100
#define STATUS_TICKS 60
#define BUSY_RETRY_MS 2000
#define DISK_RETRY_MS 5000
#define CLOCK_RETRY_MS 30000
#define DRAIN_MS 5000
#define CLOCKS_APART_US 100000
#define CLOCK_TRIES 8
#define CLOCK_CONFIRMED "clock-confirmed"

struct collector {
	const struct collector_settings *settings;
	struct kept kept;
	struct clock clock;
	struct stamp stamp;
	struct fold_facts facts;
	struct loop *loop;
	struct gate *gate;
	struct session_table *sessions;
	struct sequencer sequencer;
	struct flusher *flusher;
	struct delivery *delivery;
	struct quarantine *quarantine;
	struct receipts receipts;
	struct puts puts; /* what was folded since the last flusher_add */
	struct arena arena;
	struct loop_timer tick, watch, deliver;
	char journal_dir[PATH_MAX];
	/* of the group */
	uint64_t now_us, mono_us; /* read together */
	uint64_t stamp_us;	  /* what hindrance found to stamp with */
	uint64_t free_bytes;
	uint32_t catalogue;
	uint64_t ticks;
	bool doubt_told, full_told, flush_told, backlog;
	int code;
};

static void give_up(struct collector *c, const char *event,
		    const struct err *err)
{
	log_err(LOG_ERROR, event, err);
	c->code = EXIT_FAILED;
	loop_stop(c->loop);
}

/*
 * Both clocks at one moment: what passes between the two readings, be it a
 * slow disk or a process that is stopped, would be taken for a clock that was
 * set.
 */
static void read_clocks(struct collector *c)
{
	uint64_t before_us;
	unsigned tries = CLOCK_TRIES;

	do {
		before_us = clock_monotonic_us();
		c->now_us = clock_now_us(&c->clock);
		c->mono_us = clock_monotonic_us();
	} while (c->mono_us - before_us > CLOCKS_APART_US && --tries);
}

/* ---- what sessions ask of us ---- */

static bool host_who(void *ctx, const uint8_t curve[CURVE_KEY_BYTES],
		     struct session_peer *out)
{
	struct collector *c = ctx;
	struct session_peer peer = { 0 };

	if (fold_office_by_curve(c->kept.fold, curve, &peer.office)) {
		const struct fold_office *office = &peer.office;

		if (office->revoked ||
		    (office->until_us && c->now_us >= office->until_us))
			return false;
		peer.admin = office->roles & (1u << ROLE_ADMIN);
		peer.key = sign_key_hash(&office->key);
		*out = peer;
		return true;
	}
	peer.one_time = true;
	if (!fold_grant_by_curve(c->kept.fold, curve, c->now_us))
		return false;
	*out = peer;
	return true;
}

static bool gate_admits(void *arg, const uint8_t curve[CURVE_KEY_BYTES])
{
	struct collector *c = arg;
	struct session_peer peer;

	read_clocks(c);
	return host_who(c, curve, &peer);
}

static void host_facts(void *ctx, struct session_facts *out)
{
	struct collector *c = ctx;
	struct session_facts facts = {
		/* No backup is configured: what is durable is all there is. */
		.safe = journal_size(c->kept.journal),
		.catalogue = c->catalogue,
		.offices = fold_office_count(c->kept.fold),
		.now_us = c->now_us,
		.zone_minutes = c->facts.zone_minutes,
	};

	*out = facts;
}

static void tell_disk_full(struct collector *c)
{
	if (!c->full_told)
		log_line(LOG_WARN, "disk-full", "free=%" PRIu64, c->free_bytes);
	c->full_told = true;
}

static unsigned host_hindrance(void *ctx, bool admin, size_t bytes,
			       const char **text, uint32_t *retry_ms)
{
	struct collector *c = ctx;

	if (c->backlog) {
		*text = "the store is behind";
		*retry_ms = BUSY_RETRY_MS;
		return NACK_BUSY;
	}
	if (!stamp_take(&c->stamp, c->now_us, c->mono_us, &c->stamp_us)) {
		*text = "the collector's clock is in doubt, an operator must "
			"confirm it";
		*retry_ms = CLOCK_RETRY_MS;
		return NACK_BUSY;
	}
	if (!admin && c->free_bytes < c->settings->reserve_bytes + 2 * bytes) {
		*text = "the collector's disk is full";
		*retry_ms = DISK_RETRY_MS;
		tell_disk_full(c);
		return NACK_DISK_FULL;
	}
	return 0;
}

static int host_submit(void *ctx, struct session *session,
		       const struct batch *batch, struct span bytes, bool fresh,
		       enum admission *out, struct err *err)
{
	struct collector *c = ctx;
	uint64_t last_us = fold_recv_us(c->kept.fold);
	uint64_t recv_us = c->stamp_us > last_us ? c->stamp_us : last_us;
	int rc = c->sequencer.submit(c->sequencer.self, session, batch, bytes,
				     recv_us, out, err);

	if (!rc && fresh && *out == ADMIT_TAKE)
		stamp_hear(&c->stamp, &batch->header.key, batch->header.sent_us,
			   c->stamp_us);
	return rc;
}

static int host_receipt(void *ctx, const struct hash *key, uint64_t sequence,
			struct arena *arena, struct receipt *out)
{
	struct collector *c = ctx;

	return receipts_find(&c->receipts, c->kept.db, key, sequence, arena,
			     out);
}

static bool host_send(void *ctx, uint32_t route, struct span msg)
{
	struct collector *c = ctx;

	return gate_send(c->gate, route, msg);
}

static void host_shut(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	gate_shut(c->gate, route);
}

static void check_delivery(struct collector *c, int rc)
{
	struct err err = { 0 };

	if (!rc)
		return;
	(void)err_set(&err, rc, "no memory for what sessions wait for");
	give_up(c, "delivery-failed", &err);
}

/* Soon, but not before what is in the gate by now. */
static void deliver_soon(struct collector *c)
{
	if (!c->deliver.armed)
		loop_arm(c->loop, &c->deliver, 1);
}

static void host_closed(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	delivery_ended(c->delivery, route);
}

static void host_slice(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	check_delivery(c, delivery_slice(c->delivery, route));
	deliver_soon(c);
}

static void host_pong(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	check_delivery(c, delivery_pong(c->delivery, route));
	deliver_soon(c);
}

static void host_recall(void *ctx, uint32_t route, const struct hash *key,
			uint64_t from, uint64_t count)
{
	struct collector *c = ctx;

	check_delivery(c,
		       delivery_recall(c->delivery, route, key, from, count));
	deliver_soon(c);
}

static void host_alarm(void *ctx, const char *event,
		       const struct session_peer *peer)
{
	char key[2 * HASH_BYTES + 1];

	(void)ctx;
	hash_print(&peer->key, key);
	log_line(LOG_WARN, event, "key=%.16s unit=%.*s", key,
		 (int)peer->office.unit.len,
		 (const char *)peer->office.unit.data);
}

/* ---- what delivery asks of us ---- */

static const uint8_t *delivery_curve(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	return session_open_curve(c->sessions, route);
}

static bool delivery_send(void *ctx, uint32_t route, struct span msg)
{
	struct collector *c = ctx;

	return gate_send(c->gate, route, msg);
}

static void delivery_lost(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	session_lost(c->sessions, route);
}

static void delivery_answers_ping(void *ctx, uint32_t route)
{
	struct collector *c = ctx;

	session_pong(c->sessions, route);
}

static void deliver(void *arg)
{
	struct collector *c = arg;
	struct flusher_state state;
	struct err err = { 0 };
	bool more = false;

	flusher_state(c->flusher, &state);
	if (delivery_step(c->delivery, state.applied, &more, &err)) {
		give_up(c, "delivery-failed", &err);
		return;
	}
	if (more)
		loop_arm(c->loop, &c->deliver, 1);
	else if (delivery_waits(c->delivery))
		flusher_hurry(c->flusher);
}

static void flushed(void *arg, unsigned events)
{
	struct collector *c = arg;
	struct flusher_state state;

	(void)events;
	flusher_heard(c->flusher);
	flusher_state(c->flusher, &state);
	if (state.code && state.code != ERR_FULL) {
		give_up(c, "flush-failed", &state.err);
		return;
	}
	if (state.code && !c->flush_told)
		log_err(LOG_WARN, "flush-waits", &state.err);
	else if (!state.code && c->flush_told)
		log_line(LOG_INFO, "flush-goes-on", "applied=%" PRIu64,
			 state.applied);
	c->flush_told = state.code != 0;
	receipts_flushed(&c->receipts, state.applied);
	c->backlog = state.waiting_bytes > FLUSHER_WAITING_BYTES_MAX;
	deliver_soon(c);
}

/* ---- groups ---- */

static void group_applied(void *ctx, void *tag, enum admission admission,
			  const struct batch *batch,
			  const struct receipt *receipt, size_t puts_from)
{
	struct collector *c = ctx;
	struct receipt kept = *receipt;

	kept.verdicts = arena_copy(&c->arena, receipt->verdicts,
				   receipt->verdict_count * sizeof(uint16_t));
	/* An arena for the group has room for each batch's verdicts. */
	if (!kept.verdicts ||
	    receipts_add(&c->receipts, &batch->header.key, receipt)) {
		struct err err = { 0 };

		(void)err_set(&err, ERR_NOMEM, "no memory for a receipt");
		give_up(c, "out-of-memory", &err);
		return;
	}
	check_delivery(c, delivery_changed(c->delivery, &batch->header.key,
					   &c->puts, puts_from));
	session_taken(tag, admission, &kept);
}

static void group_no_room(void *ctx, void *tag, const struct batch *batch)
{
	struct collector *c = ctx;

	tell_disk_full(c);
	session_disk_full(tag, batch->header.sequence);
}

static void begin_group(struct collector *c)
{
	struct statvfs fs;

	read_clocks(c);
	c->free_bytes = UINT64_MAX;
	if (!statvfs(c->journal_dir, &fs))
		c->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (c->full_told && c->free_bytes > 2 * c->settings->reserve_bytes) {
		log_line(LOG_INFO, "disk-has-room", "free=%" PRIu64,
			 c->free_bytes);
		c->full_told = false;
	}
}

static int end_group(struct collector *c, struct err *err)
{
	uint32_t catalogue = 0;
	int rc = c->sequencer.settle(c->sequencer.self, err);

	/* Without a sync nothing is acknowledged. */
	if (rc || c->code)
		return rc;
	(void)fold_catalogue(c->kept.fold, &catalogue);
	if (catalogue != c->catalogue) {
		c->catalogue = catalogue;
		session_new_catalogue(c->sessions);
	}
	session_settled(c->sessions, &c->arena);
	if (c->puts.count)
		rc = flusher_add(c->flusher, &c->puts,
				 fold_applied(c->kept.fold), err);
	if (!rc && delivery_waits(c->delivery))
		deliver_soon(c);
	arena_reset(&c->arena);
	return rc;
}

static int take_message(struct collector *c, const struct gate_message *from,
			struct err *err)
{
	struct session_message message = { .route = from->route,
					   .bytes = from->bytes,
					   .multipart = from->multipart };
	int rc;

	memcpy(message.curve, from->curve, CURVE_KEY_BYTES);
	/* Each message its own cap, whatever the group has used. */
	c->arena.cap = c->arena.used + WIRE_ARENA_BYTES;
	message.set_aside = !quarantine_enter(c->quarantine, from->bytes);
	rc = session_receive(c->sessions, &message, clock_monotonic_ms(),
			     &c->arena, err);
	quarantine_leave(c->quarantine);
	/* Room for verdicts and receipts comes on top. */
	c->arena.cap = SIZE_MAX;
	return rc;
}

/* One group: drain, settle, acknowledge. Returns the messages it took. */
static size_t run_group(struct collector *c)
{
	struct err err = { 0 };
	size_t count = 0, bytes = 0;
	int rc = 1;

	begin_group(c);
	while (count < GROUP_MESSAGES_MAX && bytes < GROUP_BYTES_MAX &&
	       c->arena.used < GROUP_ARENA_BYTES) {
		struct gate_message message;

		rc = gate_receive(c->gate, &message, &err);
		if (rc <= 0)
			break;
		count++;
		bytes += message.bytes.len;
		rc = take_message(c, &message, &err);
		if (rc || c->code)
			break;
	}
	if (rc >= 0 && !c->code)
		rc = end_group(c, &err);
	if (rc < 0)
		give_up(c, "cannot-go-on", &err);
	return count;
}

static void gate_ready(void *arg)
{
	(void)run_group(arg);
}

/* ---- time ---- */

static void watch_clock(struct collector *c)
{
	char path[PATH_MAX];

	if (c->stamp.doubt == STAMP_SOUND) {
		c->doubt_told = false;
		return;
	}
	if (kept_path(c->kept.dir, CLOCK_CONFIRMED, path, NULL))
		return;
	if (!c->doubt_told)
		log_line(LOG_ERROR, "clock-in-doubt",
			 "why=%s skew_ms=%" PRId64
			 " nothing is taken until somebody has checked the "
			 "clock and run: touch %s",
			 stamp_doubt_name(c->stamp.doubt),
			 stamp_skew(&c->stamp) / 1000, path);
	c->doubt_told = true;
	if (unlink(path))
		return;
	read_clocks(c);
	stamp_confirm(&c->stamp, c->now_us, c->mono_us);
	log_line(LOG_INFO, "clock-confirmed", "skew_ms=%" PRId64,
		 stamp_skew(&c->stamp) / 1000);
}

static void log_status(struct collector *c)
{
	const struct session_counters *s = session_counters(c->sessions);
	const struct gate_counters *g = gate_counters(c->gate);

	log_line(LOG_INFO, "status",
		 "size=%" PRIu64 " sessions=%zu taken=%" PRIu64
		 " duplicates=%" PRIu64 " gaps=%" PRIu64 " forks=%" PRIu64
		 " malformed=%" PRIu64 " forged=%" PRIu64 " nacks=%" PRIu64
		 " dropped=%" PRIu64 " fenced=%" PRIu64 " slow=%" PRIu64
		 " set_aside=%" PRIu64 " strangers=%" PRIu64
		 " endless=%" PRIu64,
		 journal_size(c->kept.journal), session_count(c->sessions),
		 s->taken, s->duplicates, s->gaps, s->forks, s->malformed,
		 s->forged, s->refused, s->dropped, s->fenced, s->slow,
		 s->set_aside, g->refused, g->endless);
}

static void tick(void *arg)
{
	struct collector *c = arg;

	read_clocks(c);
	session_tick(c->sessions, clock_monotonic_ms());
	watch_clock(c);
	if (++c->ticks % STATUS_TICKS == 0)
		log_status(c);
	loop_arm(c->loop, &c->tick, TICK_MS);
}

static void watch(void *arg)
{
	struct collector *c = arg;
	unsigned shut = gate_watch(c->gate);

	if (shut)
		log_line(LOG_WARN, "endless-message", "connections=%u", shut);
	loop_arm(c->loop, &c->watch, WATCH_MS);
}

/* ---- start and stop ---- */

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
	read_clocks(c);
	stamp_init(&c->stamp, c->facts.simulated, fold_recv_us(c->kept.fold),
		   c->now_us, c->mono_us);
	return 0;
}

static int start_parts(struct collector *c, struct err *err)
{
	const struct session_host host = {
		.who = host_who,
		.facts = host_facts,
		.hindrance = host_hindrance,
		.submit = host_submit,
		.receipt = host_receipt,
		.send = host_send,
		.shut = host_shut,
		.closed = host_closed,
		.slice = host_slice,
		.pong = host_pong,
		.recall = host_recall,
		.alarm = host_alarm,
		.ctx = c,
	};
	const struct delivery_host delivery_host = {
		.curve = delivery_curve,
		.send = delivery_send,
		.lost = delivery_lost,
		.pong = delivery_answers_ping,
		.ctx = c,
	};
	const struct sequencer_told told = { .applied = group_applied,
					     .no_room = group_no_room,
					     .ctx = c };
	const struct session_options options = {
		.sessions_max = c->settings->sessions_max,
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
				 flushed, c, err);
	if (rc)
		return rc;
	c->sessions = session_table_new(&options, &host);
	if (!c->sessions)
		return err_set(err, ERR_NOMEM, "no memory for sessions");
	return delivery_new(c->kept.db, c->kept.fold, c->journal_dir,
			    &delivery_host, &c->delivery, err);
}

static int open_gate(struct collector *c, struct err *err)
{
	const struct gate_options options = { .bind = c->settings->bind,
					      .curve = &c->kept.keys.curve,
					      .admit = gate_admits,
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

/* A descriptor a connection, and a few of our own. */
static void raise_descriptors(const struct collector_settings *settings)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) ||
	    limit.rlim_cur < settings->sessions_max + 64)
		log_line(LOG_WARN, "few-descriptors",
			 "limit=%" PRIu64 " sessions_max=%" PRIu64,
			 (uint64_t)limit.rlim_cur, settings->sessions_max);
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
		rc = kept_open(dir, &c->kept, err);
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
		rc = start_parts(c, err);
	if (!rc)
		rc = open_gate(c, err);
	if (rc)
		return rc;
	(void)fold_catalogue(c->kept.fold, &c->catalogue);
	c->tick = (struct loop_timer){ .due = tick, .arg = c };
	c->watch = (struct loop_timer){ .due = watch, .arg = c };
	c->deliver = (struct loop_timer){ .due = deliver, .arg = c };
	loop_arm(c->loop, &c->tick, TICK_MS);
	loop_arm(c->loop, &c->watch, WATCH_MS);
	return 0;
}

/* What is in the gate when it is told to stop is still taken. */
static void drain(struct collector *c)
{
	uint64_t until_ms = clock_monotonic_ms() + DRAIN_MS;

	while (clock_monotonic_ms() < until_ms && run_group(c))
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
	delivery_free(c->delivery);
	session_table_free(c->sessions);
	if (c->sequencer.free)
		c->sequencer.free(c->sequencer.self);
	quarantine_close(c->quarantine);
	receipts_release(&c->receipts);
	puts_release(&c->puts);
	arena_release(&c->arena);
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
	receipts_init(&c->receipts);
	raise_descriptors(settings);
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
		give_up(c, "loop-failed", &err);
	if (!c->code) {
		log_line(LOG_INFO, "stopping", "sessions=%zu",
			 session_count(c->sessions));
		drain(c);
	}
	log_status(c);
	code = c->code;
out:
	stop(c);
	free(c);
	return code;
}
