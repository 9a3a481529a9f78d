#include "collector/cosigners.h"

#include <string.h>

void cosigners_init(struct cosigners *cosigners,
		    const struct witnesses *witnesses)
{
	memset(cosigners, 0, sizeof(*cosigners));
	cosigners->witnesses = *witnesses;
}

void cosigners_resume(struct cosigners *cosigners, struct span note,
		      uint64_t size)
{
	struct cosigned *published = &cosigners->published;
	uint32_t by = witnesses_of(&cosigners->witnesses, note);

	if (note.len > sizeof(published->note) ||
	    !witnesses_enough(&cosigners->witnesses, by))
		return;
	*published =
		(struct cosigned){ .size = size, .bytes = note.len, .by = by };
	memcpy(published->note, note.data, note.len);
}

static bool publish(struct cosigners *cosigners, const struct cosigned *note)
{
	const struct cosigned *before = &cosigners->published;

	if (!witnesses_enough(&cosigners->witnesses, note->by) ||
	    note->size < before->size ||
	    (note->size == before->size && note->by == before->by))
		return false;
	cosigners->published = *note;
	return true;
}

bool cosigners_signed(struct cosigners *cosigners, struct span note,
		      uint64_t size)
{
	struct cosigned *place =
		&cosigners->notes[cosigners->next++ % COSIGNERS_NOTES];

	*place = (struct cosigned){ .size = size, .bytes = note.len };
	memcpy(place->note, note.data, note.len);
	return publish(cosigners, place);
}

static struct cosigned *note_of(struct cosigners *cosigners, uint64_t size)
{
	for (size_t i = 0; i < COSIGNERS_NOTES; i++)
		if (size && cosigners->notes[i].size == size)
			return &cosigners->notes[i];
	return NULL;
}

int cosigners_take(struct cosigners *cosigners, uint64_t size, struct span line,
		   bool *changed, struct err *err)
{
	struct cosigned *note = note_of(cosigners, size);
	struct span text, lines;
	int rc;

	*changed = false;
	if (!note)
		return err_set(err, ERR_NOTFOUND,
			       "no checkpoint of that size can be cosigned");
	rc = note_part(span_of(note->note, note->bytes), &text, &lines, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < cosigners->witnesses.count; i++) {
		rc = note_check(text, line, &cosigners->witnesses.keys[i], NULL,
				err);
		if (rc == ERR_NOTFOUND)
			continue;
		if (rc || note->by & 1u << i)
			return rc;
		if (note->bytes + line.len > sizeof(note->note))
			return err_set(err, ERR_LIMIT, "the note is full");
		memcpy(note->note + note->bytes, line.data, line.len);
		note->bytes += line.len;
		note->by |= 1u << i;
		*changed = publish(cosigners, note);
		return 0;
	}
	return err_set(err, ERR_NOTFOUND, "not a line of a witness");
}
