/* Between the session and the outbox: what the one asks and the other knows. */
#include "agent/sender_parts.h"

#include <stdio.h>

#include "base/rt/clock.h"
#include "base/rt/log.h"

int sender_read_chain(struct sender *sender, struct session_chain *out,
		      struct err *err)
{
	struct outbox_chain chain;
	int ret = outbox_chain(sender->office->outbox, &chain, err);

	if (ret)
		return ret;
	out->next = chain.next;
	out->head = chain.head;
	out->first_kept = chain.first_kept;
	out->last_kept = chain.last_kept;
	out->unreceipted = chain.unreceipted;
	out->seen_size = sender->seen.size;
	out->seen_root = sender->seen.root;
	return 0;
}

/* ---- what the session asks ---- */

static void log_refusals(const struct receipt *receipt)
{
	for (size_t i = 0; i < receipt->verdict_count; i++)
		if (receipt->verdicts[i])
			log_line(LOG_WARN, "refused",
				 "receipt=%llu.%zu verdict=%s",
				 (unsigned long long)receipt->index, i,
				 verdict_name(receipt->verdicts[i]));
}

int sender_wanted(struct sender *sender, uint64_t from, struct err *err)
{
	uint64_t taken_back;
	int ret = outbox_wanted(sender->office->outbox, from, &taken_back, err);

	if (ret || !taken_back)
		return ret;
	sender->recount = true;
	if (sender->options.log)
		log_line(LOG_WARN, "receipts-taken-back",
			 "from_sequence=%llu statements=%llu the collector "
			 "lost what it had not signed yet; it is sent again",
			 (unsigned long long)from,
			 (unsigned long long)taken_back);
	return 0;
}

int sender_record(struct sender *sender, const struct session_action *action,
		  struct err *err)
{
	int ret = outbox_receipts(sender->office->outbox, action->receipts,
				  action->receipt_count, err);

	if (ret)
		return ret;
	sender->recount = true;
	for (size_t i = 0; i < action->receipt_count; i++) {
		const struct receipt *receipt = &action->receipts[i];

		sender_acknowledged(sender, receipt->index);
		if (!sender->options.log)
			continue;
		log_line(LOG_INFO, "delivered",
			 "sequence=%llu index=%llu statements=%zu",
			 (unsigned long long)receipt->sequence,
			 (unsigned long long)receipt->index,
			 receipt->verdict_count);
		log_refusals(receipt);
	}
	return 0;
}

int sender_restore(struct sender *sender, const struct session_action *action,
		   struct err *err)
{
	sender->recount = true;
	if (sender->options.log)
		log_line(LOG_INFO, "recalled", "sequence=%llu",
			 (unsigned long long)action->sequence);
	return outbox_restore(sender->office->outbox, action->recalled,
			      action->batch, err);
}

static int seal(struct sender *sender, const struct session_action *action,
		struct span *batch, uint64_t *sequence, struct err *err)
{
	struct office *office = sender->office;
	struct seal_header header = {
		.journal = office->journal,
		.sent_us = clock_now_us(&office->clock),
		.seen_size = sender->seen.size,
		.seen_root = sender->seen.root,
	};
	int ret = outbox_seal(office->outbox, &header, &office->keys.sign,
			      action->count_max, action->bytes_max,
			      &sender->arena, batch, sequence, err);

	/* What cannot go before a verdict is looked at again with that. */
	if (ret != ERR_NOTFOUND)
		sender->recount = true;
	return ret;
}

int sender_answer(struct sender *sender, const struct session_action *action,
		  struct err *err)
{
	uint64_t sequence = action->sequence;
	struct span batch;
	int ret;

	arena_reset(&sender->arena);
	if (action->kind == SESSION_SEAL)
		ret = seal(sender, action, &batch, &sequence, err);
	else
		ret = outbox_batch(sender->office->outbox, sequence,
				   &sender->arena, &batch, err);
	if (ret && ret != ERR_NOTFOUND)
		return ret;
	if (ret)
		session_no_batch(sender->session, clock_monotonic_ms());
	else
		session_batch(sender->session, clock_monotonic_ms(), sequence,
			      batch);
	return 0;
}

/* ---- what can be written a little later ---- */

int sender_tidy(struct sender *sender, struct err *err)
{
	struct outbox *outbox = sender->office->outbox;
	uint64_t offices = session_facts(sender->session)->offices;
	char text[24];
	int ret = 0;

	sender->tidied_at = clock_monotonic_ms();
	if (sender->forgets)
		ret = outbox_forget(outbox, sender->safe,
				    sender->office->settings.keep_bytes, err);
	sender->forgets = false;
	if (!ret && offices != sender->offices) {
		(void)snprintf(text, sizeof(text), "%llu",
			       (unsigned long long)offices);
		ret = office_set_text(sender->office, "offices", text, err);
		sender->offices = offices;
	}
	return ret;
}
