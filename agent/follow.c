#include "agent/follow.h"

#include <string.h>

#define NOTES "successions"
#define CURVE "collector-curve"
#define FOLLOW_ARENA_BYTES (SUCCESSIONS_BYTES_MAX + 65536)

static int damaged(const struct office *office, struct err *err)
{
	return err_set(err, ERR_CORRUPT,
		       "the collector's keys in %s/outbox are damaged",
		       office->dir);
}

int follow_read(struct office *office, struct err *err)
{
	struct key_chain chain;
	struct arena arena;
	struct span value;
	int rc;

	arena_init(&arena, FOLLOW_ARENA_BYTES);
	key_chain_begin(&chain, &office->card.checkpoint_key);
	memcpy(office->curve_key, office->card.curve_key, CURVE_KEY_BYTES);
	rc = outbox_get(office->outbox, NOTES, &arena, &value, err);
	if (!rc && key_chain_add_all(&chain, value, NULL))
		rc = damaged(office, err);
	if (!rc || rc == ERR_NOTFOUND)
		rc = outbox_get(office->outbox, CURVE, &arena, &value, err);
	if (!rc && value.len != CURVE_KEY_BYTES)
		rc = damaged(office, err);
	if (!rc)
		memcpy(office->curve_key, value.data, CURVE_KEY_BYTES);
	if (!rc || rc == ERR_NOTFOUND)
		office->collector = chain;
	arena_release(&arena);
	return rc == ERR_NOTFOUND ? 0 : rc;
}

/* More entries than *size* nobody verified by the old key, and of as many the
 * root is the one that was. */
static bool fits(const struct office *office, const struct succession *said,
		 const struct checkpoint *seen)
{
	return hash_equal(&said->journal, &office->journal) &&
	       (seen->size < said->size ||
		(seen->size == said->size &&
		 hash_equal(&seen->root, &said->root)));
}

int follow_check(const struct office *office, struct span note,
		 const struct checkpoint *seen, struct succession *out,
		 struct err *err)
{
	struct key_chain chain = office->collector;
	int rc = key_chain_add(&chain, note, out, err);

	if (rc == ERR_INVALID)
		return ERR_DENIED;
	if (rc > 0 && !fits(office, out, seen))
		return err_set(err, ERR_DENIED,
			       "the succession of the collector's keys does "
			       "not fit the journal that was verified");
	return rc;
}

/* One after the other. */
int follow_keep(struct office *office, struct span note, struct err *err)
{
	struct span before = { 0 };
	struct arena arena;
	struct strbuf notes;
	int rc;

	arena_init(&arena, FOLLOW_ARENA_BYTES);
	strbuf_init(&notes, SUCCESSIONS_BYTES_MAX);
	rc = outbox_get(office->outbox, NOTES, &arena, &before, err);
	if (!rc || rc == ERR_NOTFOUND) {
		strbuf_add(&notes, before.data, before.len);
		strbuf_add(&notes, note.data, note.len);
		rc = notes.failed ? err_set(err, ERR_NOMEM, "no memory") :
				    outbox_set(office->outbox, NOTES,
					       strbuf_span(&notes), err);
	}
	strbuf_release(&notes);
	arena_release(&arena);
	return rc ? rc : follow_read(office, err);
}

/* The link with the CURVE key of the last session; the first one has none of
 * its own, it is the card's. */
static size_t worked(const struct office *office)
{
	const struct key_chain *chain = &office->collector;
	size_t i = chain->count - 1;

	while (i && memcmp(chain->links[i].curve, office->curve_key,
			   CURVE_KEY_BYTES) != 0)
		i--;
	return i;
}

unsigned follow_curves(const struct office *office)
{
	return (unsigned)(office->collector.count - worked(office));
}

const uint8_t *follow_curve(const struct office *office, unsigned which)
{
	return which ? office->collector.links[worked(office) + which].curve :
		       office->curve_key;
}

int follow_worked(struct office *office, unsigned which, struct err *err)
{
	const uint8_t *key = follow_curve(office, which);
	int rc = which ? outbox_set(office->outbox, CURVE,
				    span_of(key, CURVE_KEY_BYTES), err) :
			 0;

	if (!rc && which)
		memcpy(office->curve_key, key, CURVE_KEY_BYTES);
	return rc;
}

void follow_card(const struct office *office, struct card *out)
{
	*out = office->card;
	out->checkpoint_key = *key_chain_last(&office->collector);
	memcpy(out->curve_key, office->curve_key, CURVE_KEY_BYTES);
}
