/* What the collector does from time to time: sessions, clock, status, gate. */
#include "collector/collector_parts.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/rt/log.h"
#include "collector/backup.h"

#define STATUS_TICKS 60
#define ABUSE_TOLD_MS 60000 /* between two lines on the same */
#define CLOCK_CONFIRMED "clock-confirmed"

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
	collector_read_clocks(c);
	stamp_confirm(&c->stamp, c->now_us, c->mono_us);
	log_line(LOG_INFO, "clock-confirmed", "skew_ms=%" PRId64,
		 stamp_skew(&c->stamp) / 1000);
}

static void watch_backup(struct collector *c)
{
	struct backup_mark mark;
	bool marked = backup_marked(c->kept.dir, &mark);
	bool ours = marked && backup_is_of(&mark, c->tree);

	if (ours && mark.entries > c->backed_up)
		log_line(LOG_INFO, "backed-up", "size=%" PRIu64, mark.entries);
	if (marked && !ours && !c->backup_told)
		log_line(LOG_WARN, "backup-of-another-journal",
			 "path=\"%s\" size=%" PRIu64
			 " advice=\"offices keep everything until the next "
			 "tally-collector backup\"",
			 mark.path, mark.entries);
	c->backup_told = marked && !ours;
	c->backed_up = ours ? mark.entries : 0;
}

void collector_log_status(struct collector *c)
{
	const struct session_counters *s = session_counters(c->sessions);
	const struct gate_counters *g = gate_counters(c->gate);

	log_line(LOG_INFO, "status",
		 "size=%" PRIu64 " sessions=%zu taken=%" PRIu64
		 " duplicates=%" PRIu64 " gaps=%" PRIu64 " forks=%" PRIu64
		 " malformed=%" PRIu64 " forged=%" PRIu64 " nacks=%" PRIu64
		 " dropped=%" PRIu64 " fenced=%" PRIu64 " slow=%" PRIu64
		 " set_aside=%" PRIu64 " strangers=%" PRIu64 " endless=%" PRIu64
		 " strange=%" PRIu64 " too_many=%" PRIu64,
		 journal_size(c->kept.journal), session_count(c->sessions),
		 s->taken, s->duplicates, s->gaps, s->forks, s->malformed,
		 s->forged, s->refused, s->dropped, s->fenced, s->slow,
		 s->set_aside, g->refused, g->endless, g->strange, g->too_many);
}

void collector_tick(void *arg)
{
	struct collector *c = arg;

	collector_read_clocks(c);
	session_table_tick(c->sessions, clock_monotonic_ms());
	watch_clock(c);
	watch_backup(c);
	if (c->full_told)
		collector_read_disk(c); /* nobody may be sending */
	if (++c->ticks % STATUS_TICKS == 0) {
		collector_log_status(c);
		if (c->blot_told)
			collector_blot(c);
		collector_deliver_soon(c);
	}
	loop_arm(c->loop, &c->tick, COLLECTOR_TICK_MS);
}

void collector_published(struct collector *c)
{
	const struct cosigned *published = &c->cosigners->published;
	struct err err;

	session_signed(c->sessions);
	/* Without it the next start waits for the witnesses again. */
	if (c->cosigners->witnesses.count &&
	    file_replace(c->cosigned_path, published->note, published->bytes,
			 0644, &err))
		log_err(LOG_WARN, "cannot-keep-cosignatures", &err);
}

void collector_signed(void *arg, unsigned events)
{
	struct collector *c = arg;
	struct notary_word word;
	uint64_t size = c->signed_last.checkpoint.size;

	(void)events;
	notary_heard(c->notary);
	notary_word(c->notary, &word);
	c->signed_last = word;
	if (word.checkpoint.size > size) {
		struct span note = span_of(word.note, word.note_bytes);

		if (cosigners_signed(c->cosigners, note, word.checkpoint.size))
			collector_published(c);
		else
			session_signed(c->sessions);
	}
	if (word.code == ERR_FULL) {
		if (!c->unsigned_told)
			log_err(LOG_WARN, "cannot-sign", &word.err);
		c->unsigned_told = true;
		return;
	}
	if (word.code) {
		collector_give_up(c, "cannot-sign", &word.err);
		return;
	}
	c->unsigned_told = false;
}

static bool tell_count(const char *event, uint64_t count, uint64_t *told)
{
	if (count == *told)
		return false;
	log_line(LOG_WARN, event, "connections=%" PRIu64, count - *told);
	*told = count;
	return true;
}

/* At once, and then what came in a minute: whoever abuses the gate must not
 * fill the log. */
static void tell_abuse(struct collector *c)
{
	const struct gate_counters *g = gate_counters(c->gate);
	uint64_t now_ms = clock_monotonic_ms();
	bool told;

	if (now_ms < c->abuse_told_ms)
		return;
	told = tell_count("endless-message", g->endless, &c->endless_told);
	told |= tell_count("strangers-shut", g->strange, &c->strange_told);
	told |= tell_count("too-many-connections", g->too_many,
			   &c->too_many_told);
	if (told)
		c->abuse_told_ms = now_ms + ABUSE_TOLD_MS;
}

void collector_watch(void *arg)
{
	struct collector *c = arg;

	gate_watch(c->gate);
	tell_abuse(c);
	loop_arm(c->loop, &c->watch, COLLECTOR_WATCH_MS);
}
