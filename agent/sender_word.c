/* What the sender says of itself: to the log, to status, to who waits. */
#include "agent/sender_parts.h"

#include <stdio.h>
#include <unistd.h>

#include "agent/messages.h"
#include "base/rt/clock.h"
#include "base/rt/log.h"

#define SENDER_CLOCK_APART_US (5 * 60 * 1000000ull)

void sender_answer_refreshers(struct sender *sender, bool fresh)
{
	for (size_t i = 0; i < sender->refresher_count; i++)
		wake_answer(sender->wake_fd, &sender->refreshers[i], fresh);
	sender->refresher_count = 0;
}

/* A wrong clock here makes reports look early or late to people. */
static void compare_clocks(struct sender *sender)
{
	uint64_t theirs = session_facts(sender->session)->now_us;
	uint64_t ours = clock_now_us(&sender->office->clock);
	uint64_t apart = theirs > ours ? theirs - ours : ours - theirs;

	if (sender->options.log && theirs && apart > SENDER_CLOCK_APART_US)
		log_line(LOG_WARN, "clocks-differ", "seconds=%llu ours=%s",
			 (unsigned long long)(apart / 1000000),
			 theirs > ours ? "behind" : "ahead");
}

/* Days are the journal's, wherever the office is. */
static int learn_zone(struct sender *sender, struct err *err)
{
	int zone = session_facts(sender->session)->zone_minutes;
	char text[16];
	int ret;

	if (zone == sender->office->zone_minutes)
		return 0;
	(void)snprintf(text, sizeof(text), "%d", zone);
	sender->office->zone_minutes = zone;
	ret = office_set_text(sender->office, "zone", text, err);
	return ret == ERR_FULL ? 0 : ret; /* it is told again next time */
}

/* Whether this journal's clock is ours is known from the first session on: on
 * another clock nothing must be said. */
static int learn_clock(struct sender *sender, struct err *err)
{
	struct office *office = sender->office;
	bool simulated = session_facts(sender->session)->simulated;
	const char *text = simulated ? "yes" : "no";
	int ret = 0;

	if (strcmp(office_get_text(office, "simulated"), text) != 0)
		ret = office_set_text(office, "simulated", text, err);
	if (ret && ret != ERR_FULL)
		return ret;
	if (simulated == clock_simulated(&office->clock))
		return 0;
	return err_set(err, ERR_CLOCK, "%s",
		       message_text(office->language,
				    simulated ? MESSAGE_NEEDS_CLOCK :
						MESSAGE_TAKES_NO_CLOCK));
}

int sender_tell(struct sender *sender, struct err *err)
{
	struct sender_word word = {
		.state = session_state(sender->session),
		.trouble = session_trouble(sender->session),
		.process = (long)getpid(),
	};
	const char *text;
	char line[64];
	int ret;

	word.nack_code = session_nack(sender->session, &text);
	if (word.state != SESSION_READY)
		sender_answer_refreshers(sender, false);
	/* Being about to connect is no news. */
	if (word.state != SESSION_READY && word.state != SESSION_BACKOFF &&
	    word.state != SESSION_RECALLING)
		return 0;
	if (sender->has_told && word.state == sender->told.state &&
	    word.trouble == sender->told.trouble &&
	    word.nack_code == sender->told.nack_code)
		return 0;
	if (word.state == SESSION_READY) {
		sender->ready_at = clock_monotonic_ms();
		compare_clocks(sender);
		ret = learn_zone(sender, err);
		if (!ret)
			ret = learn_clock(sender, err);
		if (ret)
			return ret;
	}
	sender->told = word;
	sender->has_told = true;
	if (sender->options.log)
		log_line(
			word.trouble ? LOG_WARN : LOG_INFO, "session",
			"state=\"%s\" trouble=\"%s\" text=\"%s\"",
			state_text(LANGUAGE_EN, word.state),
			trouble_text(LANGUAGE_EN, word.trouble, word.nack_code),
			word.trouble == TROUBLE_NACK ? text : "");
	(void)snprintf(line, sizeof(line), "%d %d %u %ld", (int)word.state,
		       (int)word.trouble, word.nack_code, word.process);
	ret = office_set_text(sender->office, "session", line, err);
	return ret == ERR_FULL ? 0 : ret; /* a word is not worth a session */
}

bool sender_word(struct office *office, struct sender_word *out)
{
	const char *line = office_get_text(office, "session");
	int state, trouble;
	unsigned nack_code;
	long process;

	if (sscanf(line, "%d %d %u %ld", &state, &trouble, &nack_code,
		   &process) != 4 ||
	    state < 0 || state > SESSION_READY || trouble < 0 ||
	    trouble >= TROUBLE_COUNT)
		return false;
	out->state = (enum session_state)state;
	out->trouble = (enum session_trouble)trouble;
	out->nack_code = nack_code;
	out->process = process;
	return true;
}
