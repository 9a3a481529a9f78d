#include "collector/delivery_unread.h"

#include <string.h>

void unread_sent(struct unread_total *total, struct unread *unread,
		 uint64_t bytes, uint64_t now_ms)
{
	struct unread_part *part;

	if (unread->count < UNREAD_PARTS_MAX) {
		part = &unread->parts[unread->count++];
		*part = (struct unread_part){ .sent_ms = now_ms };
	} else {
		part = &unread->parts[UNREAD_PARTS_MAX - 1];
	}
	part->bytes += bytes;
	part->ping = ++unread->pings;
	total->bytes += bytes;
}

static void drop_oldest(struct unread_total *total, struct unread *unread)
{
	total->bytes -= unread->parts[0].bytes;
	unread->count--;
	memmove(&unread->parts[0], &unread->parts[1],
		unread->count * sizeof(unread->parts[0]));
}

void unread_heard(struct unread_total *total, struct unread *unread)
{
	if (unread->pongs == unread->pings)
		return;
	unread->pongs++;
	while (unread->count && unread->parts[0].ping <= unread->pongs)
		drop_oldest(total, unread);
}

void unread_forget(struct unread_total *total, struct unread *unread)
{
	while (unread->count)
		drop_oldest(total, unread);
	*unread = (struct unread){ .count = 0 };
}

void unread_expire(struct unread_total *total, struct unread *unread,
		   uint64_t now_ms)
{
	while (unread->count &&
	       now_ms - unread->parts[0].sent_ms >= UNREAD_MS_MAX)
		drop_oldest(total, unread);
}

void unread_files(struct unread_total *total, uint64_t now_ms)
{
	total->files_ms = now_ms;
}

uint64_t unread_held_ms(const struct unread_total *total, uint64_t now_ms)
{
	uint64_t passed_ms = now_ms - total->files_ms;

	if (total->bytes < total->bytes_max || passed_ms >= UNREAD_TRICKLE_MS)
		return 0;
	return UNREAD_TRICKLE_MS - passed_ms;
}
