/*
 * Planted bugs that sit between the programs' own files: the linker puts these
 * in their place (--wrap). The others are in disk.c.
 */
#include "collector/session_state.h"
#include "sim/sim.h"
#include "store/db.h"
#include "store/fold.h"

int __real_fold_taken(const struct table_reader *reader, const struct hash *key,
		      uint64_t sequence, struct fold_taken *out,
		      uint16_t *verdicts, size_t count_max, struct err *err);
int __wrap_fold_taken(const struct table_reader *reader, const struct hash *key,
		      uint64_t sequence, struct fold_taken *out,
		      uint16_t *verdicts, size_t count_max, struct err *err);
int __real_store_commit(struct db *db, const struct puts *puts,
			struct err *err);
int __wrap_store_commit(struct db *db, const struct puts *puts,
			struct err *err);
void __real_session_end(struct session *session, enum nack_code code,
			const char *text);
void __wrap_session_end(struct session *session, enum nack_code code,
			const char *text);

int __wrap_fold_taken(const struct table_reader *reader, const struct hash *key,
		      uint64_t sequence, struct fold_taken *out,
		      uint16_t *verdicts, size_t count_max, struct err *err)
{
	if (sim.bug == BUG_FORGETS_RECEIPTS && sim.actor == SIM_COLLECTOR)
		return ERR_NOTFOUND;
	return __real_fold_taken(reader, key, sequence, out, verdicts,
				 count_max, err);
}

/* The same puts, the last one first. */
static void turn_round(const struct puts *puts, struct puts *out)
{
	static struct put all[100000];
	size_t count = 0, pos = 0;

	while (puts_next(puts, &pos, &all[count]))
		if (++count == sizeof(all) / sizeof(all[0]))
			sim_fail("too many puts");
	puts_init(out);
	while (count--)
		(void)(all[count].deleted ?
			       puts_delete(out, all[count].table,
					   all[count].key) :
			       puts_add(out, all[count].table, all[count].key,
					all[count].value));
}

int __wrap_store_commit(struct db *db, const struct puts *puts, struct err *err)
{
	struct puts turned;
	int rc;

	if (sim.bug != BUG_OUT_OF_ORDER || sim.actor != SIM_COLLECTOR)
		return __real_store_commit(db, puts, err);
	turn_round(puts, &turned);
	rc = __real_store_commit(db, &turned, err);
	puts_release(&turned);
	return rc;
}

void __wrap_session_end(struct session *session, enum nack_code code,
			const char *text)
{
	if (sim.bug == BUG_STALE_SESSION && code == NACK_FENCED)
		return;
	__real_session_end(session, code, text);
}
