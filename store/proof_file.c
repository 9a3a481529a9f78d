#include "store/proof_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1\n"
#define EXTRA_WORD "extra "
#define INDEX_WORD "index "
#define EXTRA_TAG "tally-proof/1\n"
#define EXTRA_TAG_KEYS "tally-proof/2\n"
#define HASH_TEXT_BYTES BASE64_BYTES(HASH_BYTES)

/* ---- writing ---- */

/* What follows the line "extra". */
static void write_rest(const struct proof_file *proof, struct strbuf *out)
{
	char text[HASH_TEXT_BYTES];

	strbuf_addf(out, INDEX_WORD "%" PRIu64 "\n", proof->index);
	for (size_t i = 0; i < proof->in_journal.count; i++) {
		bytes_to_base64(
			span_of(proof->in_journal.hashes[i].bytes, HASH_BYTES),
			text);
		strbuf_addf(out, "%s\n", text);
	}
	strbuf_add_char(out, '\n');
	strbuf_add(out, proof->note.data, proof->note.len);
}

static struct hash guard_of(struct span rest)
{
	const struct span parts[2] = { span_of_text(FIRST_LINE), rest };

	return hash_parts(parts, 2);
}

static void write_extra(const struct proof_file *proof,
			const struct hash *guard, struct strbuf *out)
{
	uint8_t length[2] = { (uint8_t)(proof->leaf.len >> 8),
			      (uint8_t)proof->leaf.len };

	strbuf_add_text(out,
			proof->successions.len ? EXTRA_TAG_KEYS : EXTRA_TAG);
	strbuf_add(out, length, sizeof(length));
	strbuf_add(out, proof->leaf.data, proof->leaf.len);
	strbuf_add(out, proof->key.bytes, SIGN_KEY_BYTES);
	strbuf_add_u32(out, proof->n);
	strbuf_add(out, proof->salt, SALT_BYTES);
	strbuf_add_u32(out, (uint32_t)proof->body.len);
	strbuf_add(out, proof->body.data, proof->body.len);
	strbuf_add_char(out, (char)proof->in_batch.count);
	strbuf_add(out, proof->in_batch.hashes,
		   proof->in_batch.count * HASH_BYTES);
	if (proof->successions.len) {
		strbuf_add_u32(out, (uint32_t)proof->successions.len);
		strbuf_add(out, proof->successions.data,
			   proof->successions.len);
	}
	strbuf_add(out, guard->bytes, HASH_BYTES);
}

static int put_together(struct span extra, struct span rest, struct strbuf *out)
{
	struct strbuf text;
	bool failed;

	strbuf_init(&text, 0);
	/* Room for the text, which is written over these bytes. */
	for (size_t i = 0; i < BASE64_BYTES(extra.len); i++)
		strbuf_add_char(&text, ' ');
	failed = text.failed;
	if (!failed) {
		bytes_to_base64(extra, text.text);
		strbuf_addf(out, FIRST_LINE EXTRA_WORD "%s\n", text.text);
		strbuf_add(out, rest.data, rest.len);
	}
	strbuf_release(&text);
	return failed || out->failed ? ERR_NOMEM : 0;
}

int proof_file_write(const struct proof_file *proof, struct strbuf *out,
		     struct err *err)
{
	struct strbuf rest, extra;
	struct hash guard;
	int rc;

	if (proof->leaf.len > LEAF_BYTES_MAX ||
	    proof->body.len > PROOF_FILE_BYTES_MAX / 2)
		return err_set(err, ERR_LIMIT,
			       "the statement is too large for a proof file");
	strbuf_init(&rest, 0);
	strbuf_init(&extra, 0);
	write_rest(proof, &rest);
	guard = guard_of(strbuf_span(&rest));
	write_extra(proof, &guard, &extra);
	rc = rest.failed || extra.failed ?
		     ERR_NOMEM :
		     put_together(strbuf_span(&extra), strbuf_span(&rest), out);
	strbuf_release(&rest);
	strbuf_release(&extra);
	return rc ? err_set(err, rc, "no memory for a proof file") : 0;
}

/* ---- reading ---- */

/* Takes a line without its line feed off the front. */
static bool next_line(struct span *rest, struct span *line)
{
	const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) :
					 NULL;

	if (!end)
		return false;
	*line = span_of(rest->data, (size_t)(end - rest->data));
	*rest = span_of(end + 1, rest->len - line->len - 1);
	return true;
}

static bool begins(struct span line, const char *word)
{
	return line.len >= strlen(word) &&
	       !memcmp(line.data, word, strlen(word));
}

static struct span behind(struct span line, const char *word)
{
	return span_of(line.data + strlen(word), line.len - strlen(word));
}

/* Decimal digits, the one way of writing the number. */
static bool read_number(struct span text, uint64_t *out)
{
	char again[24];
	uint64_t number = 0;
	int len;

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9' ||
		    __builtin_mul_overflow(number, 10u, &number) ||
		    __builtin_add_overflow(number, text.data[i] - '0', &number))
			return false;
	len = snprintf(again, sizeof(again), "%" PRIu64, number);
	*out = number;
	return text.len == (size_t)len && !memcmp(text.data, again, text.len);
}

static bool read_rest(struct span rest, struct proof_file *out)
{
	struct span line;
	size_t len;

	if (!next_line(&rest, &line) || !begins(line, INDEX_WORD) ||
	    !read_number(behind(line, INDEX_WORD), &out->index))
		return false;
	while (next_line(&rest, &line) && line.len) {
		struct hash *hash =
			&out->in_journal.hashes[out->in_journal.count];

		if (out->in_journal.count == PROOF_HASHES_MAX ||
		    base64_to_bytes(line, hash->bytes, HASH_BYTES, &len) ||
		    len != HASH_BYTES)
			return false;
		out->in_journal.count++;
	}
	out->note = rest;
	return rest.len > 0;
}

static bool read_extra(struct span bytes, struct proof_file *out,
		       struct hash *guard)
{
	struct span tag = span_of_text(EXTRA_TAG), is;
	struct reader reader;
	size_t count;
	bool has_keys;

	reader_init(&reader, bytes);
	is = read_span(&reader, tag.len);
	has_keys = span_equal(is, span_of_text(EXTRA_TAG_KEYS));
	if (!has_keys && !span_equal(is, tag))
		return false;
	out->leaf = read_span(&reader, read_u16(&reader));
	read_copy(&reader, out->key.bytes, SIGN_KEY_BYTES);
	out->n = read_u32(&reader);
	read_copy(&reader, out->salt, SALT_BYTES);
	out->body = read_span(&reader, read_u32(&reader));
	count = read_u8(&reader);
	if (reader.failed || count > PROOF_HASHES_MAX)
		return false;
	out->in_batch.count = count;
	read_copy(&reader, out->in_batch.hashes, count * HASH_BYTES);
	if (has_keys)
		out->successions = read_span(&reader, read_u32(&reader));
	read_copy(&reader, guard->bytes, HASH_BYTES);
	return !reader.failed && !reader_left(&reader);
}

int proof_file_read(struct span bytes, struct arena *arena,
		    struct proof_file *out, struct err *err)
{
	struct span first = span_of_text(FIRST_LINE), rest, extra;
	struct proof_file proof = { 0 };
	struct hash guard, found;
	uint8_t *room;
	size_t len;

	if (bytes.len > PROOF_FILE_BYTES_MAX || !begins(bytes, FIRST_LINE))
		return err_set(err, ERR_INVALID, "not a proof file");
	rest = span_of(bytes.data + first.len, bytes.len - first.len);
	if (!next_line(&rest, &extra) || !begins(extra, EXTRA_WORD))
		return err_set(err, ERR_INVALID,
			       "the proof file says nothing of a statement "
			       "(line 2)");
	extra = behind(extra, EXTRA_WORD);
	room = arena_alloc(arena, extra.len + 1);
	if (!room)
		return err_set(err, ERR_NOMEM, "no memory for a proof file");
	if (base64_to_bytes(extra, room, extra.len + 1, &len) ||
	    !read_extra(span_of(room, len), &proof, &guard))
		return err_set(
			err, ERR_INVALID,
			"the proof file's statement (line 2) is damaged");
	found = guard_of(rest);
	if (!hash_equal(&guard, &found))
		return err_set(err, ERR_INVALID,
			       "the proof file was altered behind line 2");
	if (!read_rest(rest, &proof))
		return err_set(err, ERR_INVALID,
			       "the proof file's hashes are damaged");
	*out = proof;
	return 0;
}

/* ---- checking ---- */

static int check_batch(const struct proof_file *proof, struct proof_said *said,
		       struct err *err)
{
	const struct seal_header *header = &said->header;
	struct hash key = sign_key_hash(&proof->key);
	struct hash leaf = seal_leaf(proof->salt, proof->body);

	if (leaf_decode(proof->leaf, &said->leaf, NULL) ||
	    said->leaf.kind != LEAF_BATCH ||
	    seal_read_header(said->leaf.headers[0], &said->header, NULL))
		return err_set(err, ERR_DENIED,
			       "the entry is none of an office's batches");
	if (!hash_equal(&header->key, &key) ||
	    !sign_check(&proof->key, &said->leaf.signatures[0],
			said->leaf.headers[0]))
		return err_set(err, ERR_DENIED,
			       "the batch is not signed by the office's key");
	if (proof->n >= header->count ||
	    !proof_check_inclusion(&proof->in_batch, proof->n, &leaf,
				   header->count, &header->root))
		return err_set(err, ERR_DENIED,
			       "the statement is not in the signed batch");
	return 0;
}

/* Entry 0 names no journal: its name is the journal's. */
static bool same_journal(const struct proof_file *proof,
			 const struct proof_said *said)
{
	struct hash name =
		seal_name(said->leaf.headers[0], &said->leaf.signatures[0]);

	return hash_equal(&said->checkpoint.journal,
			  proof->index ? &said->header.journal : &name);
}

/* Signed by the key, or one that follows from it? */
static int open_checkpoint(const struct proof_file *proof,
			   const struct sign_key *collector,
			   struct checkpoint *out, struct err *err)
{
	struct key_chain chain;
	int rc;

	if (!collector)
		return checkpoint_read(proof->note, out, err);
	key_chain_begin(&chain, collector);
	rc = key_chain_add_all(&chain, proof->successions, err);
	return rc ? rc : key_chain_open(&chain, proof->note, out, err);
}

int proof_file_check(const struct proof_file *proof,
		     const struct sign_key *collector, struct proof_said *out,
		     struct err *err)
{
	struct hash leaf = hash_leaf(proof->leaf, span_of(NULL, 0));
	struct proof_said said = { 0 };
	int rc = open_checkpoint(proof, collector, &said.checkpoint, err);

	if (rc)
		return rc == ERR_NOMEM ? rc : ERR_DENIED;
	rc = check_batch(proof, &said, err);
	if (rc)
		return rc;
	if (!same_journal(proof, &said))
		return err_set(err, ERR_DENIED,
			       "the batch was sealed for another journal");
	if (proof->index >= said.checkpoint.size ||
	    !proof_check_inclusion(&proof->in_journal, proof->index, &leaf,
				   said.checkpoint.size, &said.checkpoint.root))
		return err_set(err, ERR_DENIED,
			       "the entry is not in the checkpoint's journal");
	*out = said;
	return 0;
}
