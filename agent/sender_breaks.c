/* The breaks of the journal that were accepted, and what is to be proved of
 * them. */
#include "agent/sender_parts.h"

#include <string.h>

#include "base/bytes.h"

size_t sender_write_breaks(const struct sender *sender,
			   uint8_t out[SENDER_BREAKS_BYTES])
{
	struct writer writer;

	writer_init(&writer, out, SENDER_BREAKS_BYTES);
	for (size_t i = 0; i < sender->break_count; i++) {
		const struct sender_break *one = &sender->breaks[i];

		write_bytes(&writer, one->note.bytes, HASH_BYTES);
		write_u64(&writer, one->index);
		write_bytes(&writer, one->leaf.bytes, HASH_BYTES);
		write_u8(&writer, one->proved);
	}
	return writer.len;
}

int sender_read_breaks(struct sender *sender, struct err *err)
{
	struct reader reader;
	struct span value;
	int rc;

	sender->break_count = 0;
	arena_reset(&sender->arena);
	rc = outbox_get(sender->office->outbox, SENDER_BREAKS, &sender->arena,
			&value, err);
	if (rc)
		return rc == ERR_NOTFOUND ? 0 : rc;
	reader_init(&reader, value);
	while (reader_left(&reader) && sender->break_count < REOPENINGS_MAX) {
		struct sender_break *one =
			&sender->breaks[sender->break_count++];

		read_copy(&reader, one->note.bytes, HASH_BYTES);
		one->index = read_u64(&reader);
		read_copy(&reader, one->leaf.bytes, HASH_BYTES);
		one->proved = read_u8(&reader) != 0;
	}
	if (reader.failed)
		return err_set(err, ERR_CORRUPT,
			       "the outbox is damaged: breaks of the journal");
	return 0;
}

void sender_add_break(struct sender *sender, const struct sender_break *one)
{
	struct sender_break *breaks = sender->breaks;

	for (size_t i = 0; i < sender->break_count; i++)
		if (hash_equal(&breaks[i].note, &one->note))
			return;
	if (sender->break_count == REOPENINGS_MAX)
		memmove(breaks, breaks + 1,
			--sender->break_count * sizeof(*breaks));
	breaks[sender->break_count++] = *one;
}

void sender_ask_breaks(const struct sender *sender, struct questions *asked,
		       size_t *count)
{
	for (size_t i = 0; i < sender->break_count; i++) {
		const struct sender_break *one = &sender->breaks[i];
		size_t at = *count;

		if (one->proved || one->index >= sender->shown.size)
			continue;
		for (; at && asked->indexes[at - 1] > one->index; at--) {
			asked->indexes[at] = asked->indexes[at - 1];
			asked->leaves[at] = asked->leaves[at - 1];
		}
		asked->indexes[at] = one->index;
		asked->leaves[at] = one->leaf;
		++*count;
	}
}

int sender_proved_breaks(struct sender *sender, uint64_t size, struct err *err)
{
	uint8_t value[SENDER_BREAKS_BYTES];
	bool changed = false;

	for (size_t i = 0; i < sender->break_count; i++) {
		struct sender_break *one = &sender->breaks[i];

		if (one->proved || one->index >= size)
			continue;
		one->proved = changed = true;
	}
	return changed ? outbox_set(sender->office->outbox, SENDER_BREAKS,
				    span_of(value,
					    sender_write_breaks(sender, value)),
				    err) :
			 0;
}
