/* Signed notes: as such, checkpoints, breaks and successions of keys; the
 * names of keys under them. */
#include <assert.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "proto/checkpoint.h"
#include "proto/note.h"
#include "proto/reopening.h"
#include "proto/succession.h"

static void read_key(struct span text)
{
	char printed[NOTE_KEY_TEXT_BYTES];
	struct note_key key, again;
	struct err err;

	if (note_key_parse(text, &key, &err))
		return;
	note_key_print(&key, printed);
	assert(!note_key_parse(span_of_text(printed), &again, &err));
	assert(!strcmp(key.name, again.name) && key.kind == again.kind &&
	       !memcmp(&key.key, &again.key, sizeof(key.key)));
}

/* Nothing that nobody signed is believed. */
static void check_note(struct span note)
{
	static const struct sign_key nobody = { { 1 } };
	struct note_key key;
	struct span text, lines;
	uint64_t time_s;
	struct err err;

	if (note_part(note, &text, &lines, &err))
		return;
	assert(text.len + lines.len <= note.len);
	for (enum note_kind kind = NOTE_SIGNATURE; kind <= NOTE_COSIGNATURE;
	     kind += NOTE_COSIGNATURE - NOTE_SIGNATURE) {
		assert(!note_key_make("tally.example", kind, &nobody, &key,
				      &err));
		assert(note_check(text, lines, &key, &time_s, &err));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sign_key nobody = { { 1 } };
	struct span note = span_of(data, size), rest = note, one;
	struct key_chain chain = { 0 };
	struct succession succession;
	struct checkpoint checkpoint;
	struct reopening reopening;
	struct err err;

	assert(!sign_start(&err));
	read_key(note);
	check_note(note);
	(void)checkpoint_read(note, &checkpoint, &err);
	assert(checkpoint_open(note, &nobody, &checkpoint, &err));
	(void)reopening_read(note, &reopening, &err);
	(void)succession_open(note, &succession, &err);
	while (succession_next(&rest, &one))
		(void)succession_open(one, &succession, &err);
	(void)key_chain_add_all(&chain, note, &err);
	return 0;
}
