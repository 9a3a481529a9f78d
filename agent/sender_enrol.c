/* Enrolment: with the code's keys first, then with our own. */
#include "agent/sender_parts.h"

#include "base/rt/clock.h"

static uint64_t draw(void *arg)
{
	uint64_t value;

	(void)arg;
	random_bytes(&value, sizeof(value));
	return value;
}

int sender_new_session(struct sender *sender, bool with_code, struct err *err)
{
	const struct office *office = sender->office;
	bool rotating = office->rotation == ROTATION_SEALED;
	struct session_config config = {
		.key = rotating ? office->next_keys.sign.key :
				  office->keys.sign.key,
		.enrolling = with_code || (rotating && sender->with_old),
		.rotating = rotating && sender->with_old,
		.offices = sender->offices,
		.program = "tally-agent " TALLY_VERSION,
		.random = draw,
	};
	struct session *session = session_new(&config);

	if (!session)
		return err_set(err, ERR_NOMEM, "no memory for a session");
	socket_shut(sender->socket);
	session_free(sender->session);
	sender->session = session;
	sender->with_code = with_code;
	sender->lost = false;
	session_start(session, clock_monotonic_ms());
	return 0;
}

/*
 * The code works once. If its batch was taken but the answer got lost, the
 * code's key is refused from then on, and our own key is known; even if this
 * directory, put back from a copy, knows nothing of that batch. If neither is
 * known, the code's grant may be still to come.
 */
static bool code_is_refused(struct sender *sender, struct err *err, int *ret)
{
	struct session_chain chain;
	bool with_code = sender->with_code, sealed;

	if (session_state(sender->session) != SESSION_BACKOFF ||
	    !session_needs_person(sender->session))
		return false;
	*ret = sender_read_chain(sender, &chain, err);
	sealed = !*ret && chain.next > 1;
	if (*ret || (with_code ? sender->own_tried && !sealed : sealed))
		return false;
	sender->own_tried = !sealed;
	*ret = sender_new_session(sender, !with_code, err);
	return !*ret;
}

bool sender_follow_enrolment(struct sender *sender, struct err *err, int *ret)
{
	*ret = 0;
	if (!sender->office->enrolling)
		return false;
	if (sender->with_code && session_settled(sender->session)) {
		*ret = sender_new_session(sender, false, err);
		return !*ret;
	}
	if (!sender->with_code &&
	    session_state(sender->session) == SESSION_READY) {
		*ret = office_drop_code(sender->office, err);
		return false;
	}
	return code_is_refused(sender, err, ret);
}
