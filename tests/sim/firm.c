/*
 * The simulation's own list of what is firm, which no disk that is lost, and no
 * office that is put back from a copy, makes forget: written down when an
 * office believes a checkpoint (the linker puts this before outbox_proved).
 */
#include <stdlib.h>
#include <string.h>

#include "sim/record.h"
#include "sim/sim.h"
#include "store/outbox.h"

static struct firm *list;
static size_t count, size;

int __real_outbox_proved(struct outbox *outbox, struct span note,
			 uint64_t sequence, struct err *err);
int __wrap_outbox_proved(struct outbox *outbox, struct span note,
			 uint64_t sequence, struct err *err);

void firm_forget(void)
{
	free(list);
	list = NULL;
	count = size = 0;
}

const struct firm *firm_next(size_t *pos)
{
	return *pos < count ? &list[(*pos)++] : NULL;
}

static struct firm *place_for(const struct outbox_item *item)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].office == sim.actor &&
		    !memcmp(list[i].salt, item->sealed.salt, SALT_BYTES))
			return &list[i];
	if (count == size) {
		size = size ? 2 * size : 64;
		list = realloc(list, size * sizeof(*list));
		if (!list)
			sim_fail("no memory");
	}
	return &list[count++];
}

static int write_down(void *arg, const struct outbox_item *item)
{
	const uint64_t *sequence = arg;
	struct firm *firm;

	if (!item->delivered || item->sequence > *sequence)
		return 0;
	firm = place_for(item);
	*firm = (struct firm){ .office = sim.actor,
			       .index = item->index,
			       .recv_us = item->recv_us,
			       .n = item->n,
			       .verdict = item->verdict };
	memcpy(firm->salt, item->sealed.salt, SALT_BYTES);
	return 0;
}

int __wrap_outbox_proved(struct outbox *outbox, struct span note,
			 uint64_t sequence, struct err *err)
{
	int rc = __real_outbox_proved(outbox, note, sequence, err);

	if (!rc && sequence &&
	    outbox_items(outbox, 1, write_down, &sequence, NULL))
		sim_fail("an outbox cannot be read");
	return rc;
}
