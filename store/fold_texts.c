/*
 * Which free texts there are: a redaction of one that is not there, or of one
 * that was redacted, is refused. What counts is the body, which names the
 * hashes of its texts: it is signed and stays, whatever is blotted out.
 */
#include "store/fold.h"

#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "store/fold_state.h"

#define TEXT_KEY_BYTES 12

static int put_texts(const struct texts *texts, struct puts *puts)
{
	uint8_t key[TEXT_KEY_BYTES], value = (uint8_t)texts->names;

	store_u64(key, texts->entry);
	store_u32(key + 8, texts->n);
	return texts->names ?
		       puts_add(puts, TABLE_TEXT, span_of(key, sizeof(key)),
				span_of(&value, 1)) :
		       puts_delete(puts, TABLE_TEXT, span_of(key, sizeof(key)));
}

static int keep(struct fold *fold, const struct texts *texts)
{
	struct texts *grown = fold_grown(fold->texts, &fold->texts_size,
					 fold->text_count, sizeof(*grown));

	if (!grown)
		return ERR_NOMEM;
	fold->texts = grown;
	grown[fold->text_count++] = *texts;
	return 0;
}

/* 0 for what is no statement: it vouches for no text. */
static uint32_t names_of(struct fold *fold, const struct batch *batch,
			 uint32_t n)
{
	const struct statement *statement = batch->said ? batch->said[n] : NULL;
	struct statement decoded;
	uint32_t names = 0;

	if (!wire_may_name_texts(batch->sealed[n].body))
		return 0;
	arena_reset(&fold->scratch);
	if (!batch->said &&
	    !wire_decode_statement(batch->sealed[n].body, &fold->scratch,
				   &decoded, NULL))
		statement = &decoded;
	for (size_t i = 0; statement && i < statement->text_count; i++) {
		unsigned text = wire_text_number(statement->texts[i].name);

		if (text)
			names |= 1u << text;
	}
	return names;
}

int fold_note_texts(struct fold *fold, uint64_t entry,
		    const struct batch *batch, struct puts *puts)
{
	int rc = 0;

	for (uint32_t n = 0; n < batch->header.count && !rc; n++) {
		struct texts texts = { .entry = entry, .n = n };

		texts.names = names_of(fold, batch, n);
		if (!texts.names)
			continue;
		rc = keep(fold, &texts);
		if (!rc)
			rc = put_texts(&texts, puts);
	}
	return rc;
}

/* NULL: it has none, or none that is left. */
static struct texts *find(const struct fold *fold, uint64_t entry, uint32_t n)
{
	size_t first = 0, end = fold->text_count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		struct texts *texts = &fold->texts[middle];

		if (texts->entry == entry && texts->n == n)
			return texts;
		if (texts->entry < entry ||
		    (texts->entry == entry && texts->n < n))
			first = middle + 1;
		else
			end = middle;
	}
	return NULL;
}

bool fold_has_text(const struct fold *fold, uint64_t entry, uint32_t n,
		   unsigned text)
{
	const struct texts *texts = find(fold, entry, n);

	return texts && texts->names & 1u << text;
}

int fold_drop_text(struct fold *fold, uint64_t entry, uint32_t n, unsigned text,
		   struct puts *puts)
{
	struct texts *texts = find(fold, entry, n);

	assert(texts);
	texts->names &= ~(1u << text);
	return put_texts(texts, puts);
}

int fold_load_texts(struct fold *fold, struct span key, struct span value,
		    struct err *err)
{
	const struct texts *last =
		fold->text_count ? &fold->texts[fold->text_count - 1] : NULL;
	struct texts texts = { 0 };

	if (key.len == TEXT_KEY_BYTES && value.len == 1) {
		texts.entry = load_u64(key.data);
		texts.n = load_u32(key.data + 8);
		texts.names = value.data[0];
	}
	if (!texts.names ||
	    (last && (texts.entry < last->entry ||
		      (texts.entry == last->entry && texts.n <= last->n))))
		return err_set(err, ERR_CORRUPT,
			       "the store's list of texts is damaged");
	return keep(fold, &texts) ?
		       err_set(err, ERR_NOMEM, "no memory to load") :
		       0;
}
