#include "audit/late.h"

#include <stdlib.h>
#include <string.h>

#include "proto/verdict.h"
#include "store/say.h"

/* ---- keys ---- */

static struct late_office *office_of(struct lateness *lateness,
				     const struct walked *walked)
{
	const struct hash *key = &walked->receipt.batch->header.key;
	uint32_t number =
		intern_put(&lateness->keys, span_of(key->bytes, HASH_BYTES));
	struct late_office *office;

	if (number == INTERN_NONE)
		return NULL;
	if (number < lateness->office_count)
		return &lateness->offices[number];
	if (lateness->office_count == lateness->office_size) {
		size_t size =
			lateness->office_size ? 2 * lateness->office_size : 64;
		struct late_office *grown =
			realloc(lateness->offices, size * sizeof(*grown));

		if (!grown)
			return NULL;
		lateness->offices = grown;
		lateness->office_size = size;
	}
	office = &lateness->offices[lateness->office_count];
	*office = (struct late_office){
		.key = *key,
		.unit = walked->receipt.unit.len ?
				strndup((const char *)walked->receipt.unit.data,
					walked->receipt.unit.len) :
				strdup(""),
	};
	if (!office->unit)
		return NULL;
	lateness->office_count++;
	return office;
}

/* What its batches before this one say of its clock. */
static void take_sent(struct late_office *office,
		      const struct seal_header *header)
{
	if (office->sequence == header->sequence)
		return;
	office->last_us = office->sent_us;
	office->sequence = header->sequence;
	office->sent_us = header->sent_us;
}

/* ---- when entries were received ---- */

static int take_break(struct lateness *lateness, const struct leaf *leaf,
		      struct err *err)
{
	if (leaf->kind != LEAF_REOPENED)
		return 0;
	if (lateness->break_count == lateness->break_size) {
		size_t size = lateness->break_size ? 2 * lateness->break_size :
						     4;
		struct late_break *grown =
			realloc(lateness->breaks, size * sizeof(*grown));

		if (!grown)
			return err_set(err, ERR_NOMEM, "no memory");
		lateness->breaks = grown;
		lateness->break_size = size;
	}
	lateness->breaks[lateness->break_count++] =
		(struct late_break){ .kept = leaf->applied,
				     .lost = leaf->lost };
	return 0;
}

static bool was_lost(const struct lateness *lateness, uint64_t size)
{
	for (size_t i = 0; i < lateness->break_count; i++)
		if (size > lateness->breaks[i].kept &&
		    size <= lateness->breaks[i].lost)
			return true;
	return false;
}

/* The frontier's, where another one of that size was lost. */
static int take_root(struct lateness *lateness, struct err *err)
{
	if (!was_lost(lateness, lateness->frontier.size))
		return 0;
	if (lateness->root_count == lateness->root_size) {
		size_t size = lateness->root_size ? 2 * lateness->root_size :
						    16;
		struct late_root *grown =
			realloc(lateness->roots, size * sizeof(*grown));

		if (!grown)
			return err_set(err, ERR_NOMEM, "no memory");
		lateness->roots = grown;
		lateness->root_size = size;
	}
	lateness->roots[lateness->root_count++] = (struct late_root){
		.size = lateness->frontier.size,
		.root = frontier_root(&lateness->frontier)
	};
	return 0;
}

static int by_size(const void *key, const void *member)
{
	const uint64_t *size = key;
	const struct late_root *root = member;

	return (*size > root->size) - (*size < root->size);
}

static bool has_root(const struct lateness *lateness, uint64_t size,
		     const struct hash *root)
{
	const struct late_root *found =
		lateness->root_count ?
			bsearch(&size, lateness->roots, lateness->root_count,
				sizeof(*lateness->roots), by_size) :
			NULL;

	return found && hash_equal(&found->root, root);
}

static int take_received(struct lateness *lateness,
			 const struct journal_entry *entry, struct err *err)
{
	struct hash hash = hash_leaf(entry->leaf_bytes, span_of(NULL, 0));

	if (entry->index >= lateness->received_size) {
		size_t size = 2 * (size_t)entry->index + 1024;
		uint64_t *grown =
			realloc(lateness->received, size * sizeof(*grown));

		if (!grown)
			return err_set(err, ERR_NOMEM, "no memory");
		lateness->received = grown;
		lateness->received_size = size;
	}
	lateness->received[entry->index] = entry->leaf.recv_us;
	frontier_add(&lateness->frontier, &hash);
	return take_root(lateness, err);
}

/* Of this journal, or of a part that was lost, and nobody can tell when? */
static bool saw_this(const struct lateness *lateness,
		     const struct seal_header *header, uint64_t entry)
{
	uint64_t size = header->seen_size;

	return size && size <= entry &&
	       (!was_lost(lateness, size) ||
		has_root(lateness, size, &header->seen_root));
}

/* ---- one statement ---- */

static void look_at_clock(const struct lateness *lateness,
			  const struct late_office *office,
			  struct late_found *found)
{
	const struct seal_header *header =
		&found->walked->receipt.batch->header;
	uint64_t recv_us = found->walked->receipt.recv_us;
	uint64_t sent_us = header->sent_us, least = lateness->tolerance_us;

	if (sent_us > recv_us && sent_us - recv_us > least) {
		found->why |= LATE_AHEAD;
		found->ahead_us = sent_us - recv_us;
	}
	if (recv_us > sent_us && recv_us - sent_us > least) {
		found->why |= LATE_BEHIND;
		found->behind_us = recv_us - sent_us;
	}
	if (office->last_us > sent_us && office->last_us - sent_us > least) {
		found->why |= LATE_BEFORE_LAST;
		found->last_us = office->last_us;
		found->before_last_us = office->last_us - sent_us;
	}
	if (!saw_this(lateness, header, found->walked->receipt.entry))
		return;
	found->seen_us = lateness->received[header->seen_size - 1];
	if (found->seen_us > sent_us && found->seen_us - sent_us > least) {
		found->why |= LATE_BEFORE_SEEN;
		found->before_seen_us = found->seen_us - sent_us;
	}
}

/* The target and period that are spoken of, by the catalogue in force. */
static const struct target *place_of(const struct catalogue *catalogue,
				     const struct report *report,
				     struct period *period)
{
	uint32_t target = catalogue && report ?
				  catalogue_target(catalogue, report->target) :
				  CATALOGUE_NONE;

	if (target == CATALOGUE_NONE ||
	    period_parse(report->period, period, NULL))
		return NULL;
	return &catalogue->targets[target];
}

static bool is_late(const struct walked *walked)
{
	return walked->has_change && !(walked->change.flags & VERSION_MARKS) &&
	       walked->change.flags & VERSION_LATE;
}

static int look_at_days(struct lateness *lateness, struct late_found *found,
			struct err *err)
{
	const struct walked *walked = found->walked;
	bool closed = walked->receipt.verdict == VERDICT_PERIOD_CLOSED;
	uint64_t recv_us = walked->receipt.recv_us;
	int zone = replay_zone(lateness->replay);
	const struct catalogue *catalogue = NULL;
	const struct target *target;
	struct period period;
	int32_t received = day_of_us(recv_us, zone);
	int rc;

	if (!closed && !is_late(walked))
		return 0;
	found->why |= closed ? LATE_CLOSED : LATE_DUE;
	found->day = DAY_NONE;
	rc = catalogue_past_at(&lateness->past, recv_us, &catalogue, err);
	if (rc)
		return rc;
	target = place_of(catalogue, say_report(&walked->said), &period);
	if (!target)
		return 0;
	found->day = closed ? catalogue_close_day(catalogue, target, period) :
			      catalogue_due_day(catalogue, target, period);
	found->days =
		received > found->day ? (uint32_t)(received - found->day) : 0;
	if (day_of_us(walked->receipt.batch->header.sent_us, zone) <=
	    found->day)
		found->why |= LATE_DATED_IN_TIME;
	return 0;
}

static void most(uint64_t *most, uint64_t amount)
{
	*most = amount > *most ? amount : *most;
}

static void count(struct late_office *office, const struct late_found *found)
{
	office->late += (found->why & LATE_DUE) != 0;
	office->closed += (found->why & LATE_CLOSED) != 0;
	office->backdated += (found->why & LATE_BACKDATED) != 0;
	office->skewed += (found->why & LATE_SKEWED) != 0;
	if (found->days > office->most_days)
		office->most_days = found->days;
	most(&office->most_ahead_us, found->ahead_us);
	most(&office->most_behind_us, found->behind_us);
}

static int look(void *arg, const struct walked *walked, struct err *err)
{
	struct lateness *lateness = arg;
	struct late_office *office = office_of(lateness, walked);
	struct late_found found = { .walked = walked };
	int rc;

	if (!office)
		return err_set(err, ERR_NOMEM, "no memory");
	take_sent(office, &walked->receipt.batch->header);
	if (!walk_filter_takes(&lateness->filter, walked))
		return 0;
	office->statements++;
	look_at_clock(lateness, office, &found);
	rc = look_at_days(lateness, &found, err);
	if (rc || !found.why)
		return rc;
	count(office, &found);
	return lateness->visit(lateness->arg, &found, err);
}

static int take_entry(void *arg, const struct journal_entry *entry,
		      struct err *err)
{
	int rc = take_break(arg, &entry->leaf, err);

	return rc ? rc : take_received(arg, entry, err);
}

int lateness_find(struct lateness *lateness, struct replay *replay,
		  const char *dir, struct err *err)
{
	const struct replay_until all = { .size = UINT64_MAX };
	struct table_reader tables;
	const struct walk walk = { .replay = replay,
				   .entry = take_entry,
				   .statement = look,
				   .arg = lateness };
	int rc = replay_run(replay, dir, all, err);

	intern_init(&lateness->keys);
	frontier_init(&lateness->frontier);
	lateness->replay = replay;
	tables = replay_reader(replay);
	lateness->past = (struct catalogue_past){ .reader = &tables };
	if (!rc)
		rc = walk_filter_check(&lateness->filter, replay, err);
	if (!rc)
		rc = walk_run(&walk, dir, 0, err);
	catalogue_past_release(&lateness->past);
	return rc;
}

void lateness_release(struct lateness *lateness)
{
	for (size_t i = 0; i < lateness->office_count; i++)
		free(lateness->offices[i].unit);
	free(lateness->offices);
	free(lateness->received);
	free(lateness->roots);
	free(lateness->breaks);
	intern_release(&lateness->keys);
}
