/* Rotation: what was sealed goes under the old key, and is proved to be in the
 * journal; then the new one follows. */
#include "agent/rotation.h"
#include "agent/sender_parts.h"
#include "base/rt/clock.h"
#include "base/rt/log.h"

/* Between two looks whether it is the other key that is known. */
#define SWAP_MS 60000

static bool begin_session(struct sender *sender, bool with_old, struct err *err,
			  int *ret)
{
	sender->with_old = with_old;
	*ret = sender_new_session(sender, false, err);
	return !*ret;
}

static bool hand_over(struct sender *sender, struct err *err, int *ret)
{
	struct seal_header header = {
		.journal = sender->office->journal,
		.sent_us = clock_now_us(&sender->office->clock),
		.seen_size = sender->seen.size,
		.seen_root = sender->seen.root,
	};
	struct outbox_chain chain;

	*ret = outbox_chain(sender->office->outbox, &chain, err);
	if (*ret || !chain.proved)
		return false; /* again with the proof */
	*ret = rotation_seal(sender->office, &header, err);
	return !*ret && begin_session(sender, true, err, ret);
}

static bool finish(struct sender *sender, struct err *err, int *ret)
{
	*ret = rotation_finish(sender->office, err);
	if (*ret)
		return false;
	if (sender->options.log)
		log_line(LOG_INFO, "rotated", "the new key is in force");
	sender->recount = true;
	return begin_session(sender, false, err, ret);
}

/* The answer may have got lost: then the old key is refused, and the new one
 * is known. */
static bool swap(struct sender *sender, struct err *err, int *ret)
{
	uint64_t now_ms = clock_monotonic_ms();

	if (session_state(sender->session) != SESSION_BACKOFF ||
	    !session_needs_person(sender->session) ||
	    (sender->swapped_at && now_ms - sender->swapped_at < SWAP_MS))
		return false;
	sender->swapped_at = now_ms;
	return begin_session(sender, !sender->with_old, err, ret);
}

bool sender_follow_rotation(struct sender *sender, struct err *err, int *ret)
{
	const struct session *session = sender->session;

	*ret = 0;
	if (sender->office->enrolling)
		return false;
	switch (sender->office->rotation) {
	case ROTATION_NONE:
		return false;
	case ROTATION_MADE:
		return session_settled(session) && hand_over(sender, err, ret);
	case ROTATION_SEALED:
		if (sender->with_old ? session_settled(session) :
				       session_state(session) == SESSION_READY)
			return finish(sender, err, ret);
		return swap(sender, err, ret);
	}
	return false;
}
