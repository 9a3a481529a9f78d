/*
 * Batches of a key that this office had before cannot be sent again: its chain
 * has ended. Where a journal that was opened again had lost them, they came
 * back with what the office handed over, at places that only the collector
 * knows.
 */
#include "agent/sender_parts.h"

#include "base/rt/log.h"

bool sender_ask_former(struct sender *sender, struct err *err, int *ret)
{
	struct outbox_former *former = &sender->former;
	uint64_t after = former->sequence + former->count;
	struct recall recall;

	*ret = 0;
	if (session_state(sender->session) != SESSION_READY) {
		*former = (struct outbox_former){ 0 };
		return false;
	}
	if (!sender->formers || sender->office->enrolling)
		return false;
	sender->formers = false;
	*ret = outbox_former(sender->office->outbox, after ? after - 1 : 0,
			     former, err);
	if (*ret == ERR_NOTFOUND) {
		*former = (struct outbox_former){ 0 };
		*ret = 0;
		return false;
	}
	if (former->count > SESSION_RECALL_BATCHES)
		former->count = SESSION_RECALL_BATCHES;
	recall = (struct recall){ .from = former->from,
				  .count = former->count,
				  .key = former->key };
	if (*ret)
		return false;
	session_recall(sender->session, &recall);
	return true;
}

int sender_former_told(struct sender *sender, const struct recalled *recalled,
		       struct err *err)
{
	const struct outbox_former *former = &sender->former;
	uint64_t sequence = recalled->receipt.sequence;
	int rc;

	if (!former->count)
		return 0; /* of a question that is given up */
	rc = outbox_former_receipt(sender->office->outbox, former, recalled,
				   err);
	if (rc == ERR_INVALID) {
		if (sender->options.log)
			log_err(LOG_WARN, "former-key", err);
		return 0;
	}
	if (rc)
		return rc;
	sender->recount = true;
	sender_acknowledged(sender, recalled->receipt.index);
	sender->asks = true;
	if (sender->options.log)
		log_line(LOG_INFO, "delivered",
			 "sequence=%llu index=%llu former_key=yes",
			 (unsigned long long)sequence,
			 (unsigned long long)recalled->receipt.index);
	/* The next ones, of this key or another. */
	sender->formers = sequence + 1 == former->from + former->count;
	return 0;
}
