/* How much of its day a key has used, by the receipt clock; and of people's
 * attention. */
#include "collector/session_state.h"

#include <stdlib.h>
#include <string.h>

#include "proto/day.h"

/* What the key has used today, by the receipt clock; NULL without memory. */
static struct session_use *use_of(struct session_table *table,
				  const struct hash *key, int32_t day)
{
	uint32_t number =
		intern_put(&table->keys, span_of(key->bytes, HASH_BYTES));
	struct session_use *use;

	if (number == INTERN_NONE)
		return NULL;
	if (number >= table->uses_size) {
		uint32_t size = table->uses_size ? 2 * table->uses_size : 64;

		use = realloc(table->uses, size * sizeof(*use));
		if (!use)
			return NULL;
		memset(use + table->uses_size, 0,
		       (size - table->uses_size) * sizeof(*use));
		table->uses = use;
		table->uses_size = size;
	}
	use = &table->uses[number];
	if (use->day != day)
		*use = (struct session_use){ .day = day };
	return use;
}

static uint32_t until_midnight_ms(const struct session_facts *facts,
				  int32_t day)
{
	uint64_t ms =
		(day_start_us(day + 1, facts->zone_minutes) - facts->now_us) /
		1000;

	/* The receipt clock may be simulated, or set. */
	return ms < SESSION_RETRY_MS_MAX ? (uint32_t)ms + 1 :
					   SESSION_RETRY_MS_MAX;
}

/* *day is today. */
static struct session_use *use_today(struct session_table *table,
				     const struct hash *key,
				     struct session_facts *facts, int32_t *day)
{
	table->host.facts(table->host.ctx, facts);
	*day = day_of_us(facts->now_us, facts->zone_minutes);
	return use_of(table, key, *day);
}

void session_use_allowance(struct session *session,
			   const struct session_peer *peer,
			   const struct batch *batch, size_t bytes)
{
	struct session_facts facts;
	struct session_use *use;
	int32_t day;

	if (peer->one_time)
		return;
	use = use_today(session->table, &peer->key, &facts, &day);
	if (!use)
		return; /* there was none before it either: refused */
	use->bytes += bytes;
	use->statements += batch->header.count;
}

bool session_may_alarm(struct session_table *table, const struct hash *key,
		       enum session_alarm alarm)
{
	struct session_facts facts;
	int32_t day;
	struct session_use *use = use_today(table, key, &facts, &day);

	if (use && table->now_ms < use->alarm_ms[alarm])
		return false;
	if (use)
		use->alarm_ms[alarm] = table->now_ms + SESSION_ALARM_MS;
	return true;
}

bool session_within_allowance(struct session *session,
			      const struct session_peer *peer,
			      const struct batch *batch, size_t bytes,
			      uint32_t *retry_ms)
{
	struct session_table *table = session->table;
	const struct fold_office *office = &peer->office;
	uint64_t bytes_max = office->bytes_a_day;
	uint64_t statements_max = office->statements_a_day;
	struct session_facts facts;
	struct session_use *use;
	int32_t day;

	if (peer->one_time || batch->header.sequence < office->next)
		return true;
	use = use_today(table, &peer->key, &facts, &day);
	if (!bytes_max)
		bytes_max = FOLD_BYTES_A_DAY_DEFAULT;
	if (!statements_max)
		statements_max = FOLD_STATEMENTS_A_DAY_DEFAULT;
	if (use && (!use->bytes ||
		    (use->bytes + bytes <= bytes_max &&
		     use->statements + batch->header.count <= statements_max)))
		return true;
	*retry_ms = until_midnight_ms(&facts, day);
	return false;
}
