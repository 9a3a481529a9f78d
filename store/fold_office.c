/*
 * Offices and grants: in memory, and as values of TABLE_OFFICE and
 * TABLE_GRANT.
 */
#include "store/fold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/figures_row.h"
#include "store/fold_state.h"

#define OFFICE_FORMAT 1
#define GRANT_FORMAT 1
#define ARRAY_FIRST 16

void *fold_grown(void *array, size_t *size, size_t count, size_t item_bytes)
{
	size_t wanted = *size ? 2 * *size : ARRAY_FIRST;
	void *grown;

	if (count < *size)
		return array;
	if (wanted > SIZE_MAX / item_bytes)
		return NULL;
	grown = realloc(array, wanted * item_bytes);
	if (grown)
		*size = wanted;
	return grown;
}

/* ---- offices ---- */

struct office *office_find(const struct fold *fold, const struct hash *key)
{
	uint32_t i = intern_find(&fold->office_keys,
				 span_of(key->bytes, HASH_BYTES));

	return i == INTERN_NONE ? NULL : fold->offices[i];
}

bool office_in_force(const struct office *office, uint64_t recv_us)
{
	if (office->flags & (OFFICE_REVOKED | OFFICE_ROTATED))
		return false;
	return office->until_us == 0 || recv_us <= office->until_us;
}

bool office_has_role(const struct office *office, enum role role)
{
	return !(office->flags & OFFICE_REVOKED) &&
	       (office->roles & 1u << role);
}

static struct spoken spoken_of(struct span unit)
{
	uint8_t lead[8] = { 0 };

	if (unit.len)
		memcpy(lead, unit.data, unit.len < 8 ? unit.len : 8);
	return (struct spoken){ load_u64(lead), unit };
}

static int compare_spoken(const void *left, const void *right)
{
	const struct spoken *a = left, *b = right;

	if (a->lead != b->lead)
		return a->lead < b->lead ? -1 : 1;
	if (a->unit.len != b->unit.len)
		return a->unit.len < b->unit.len ? -1 : 1;
	return a->unit.len > 8 ?
		       memcmp(a->unit.data, b->unit.data, a->unit.len) :
		       0;
}

bool office_speaks(const struct office *office, struct span unit)
{
	struct spoken wanted = spoken_of(unit);

	return bsearch(&wanted, office->spoken, office->spoken_count,
		       sizeof(wanted), compare_spoken) != NULL;
}

int office_sort_units(struct fold *fold, struct office *office)
{
	struct spoken *spoken = arena_array(&fold->keep, office->unit_count + 1,
					    sizeof(*spoken));
	size_t count = 0;

	if (!spoken)
		return ERR_NOMEM;
	if (office->unit.len)
		spoken[count++] = spoken_of(office->unit);
	for (size_t i = 0; i < office->unit_count; i++)
		spoken[count++] = spoken_of(office->units[i]);
	qsort(spoken, count, sizeof(*spoken), compare_spoken);
	office->spoken = spoken;
	office->spoken_count = count;
	return 0;
}

/* Sessions with this CURVE key are the office's from now on. */
static int own_curve_key(struct fold *fold, struct office *office)
{
	uint32_t before = fold->curve_keys.count, i;
	uint32_t *owners;

	i = intern_put(&fold->curve_keys,
		       span_of(office->curve_key, CURVE_KEY_BYTES));
	if (i == INTERN_NONE)
		return ERR_NOMEM;
	if (i == before) {
		owners = fold_grown(fold->curve_offices,
				    &fold->curve_offices_size, i,
				    sizeof(*owners));
		if (!owners)
			return ERR_NOMEM;
		fold->curve_offices = owners;
	}
	fold->curve_offices[i] = office->number;
	return 0;
}

int office_add(struct fold *fold, const struct sign_key *key,
	       const uint8_t curve_key[CURVE_KEY_BYTES], struct office **out)
{
	uint32_t number = fold->office_keys.count;
	struct office **offices;
	struct office *office;

	offices = fold_grown(fold->offices, &fold->offices_size, number,
			     sizeof(struct office *));
	if (!offices)
		return ERR_NOMEM;
	fold->offices = offices;
	office = calloc(1, sizeof(*office));
	if (!office)
		return ERR_NOMEM;
	office->number = number;
	office->key = *key;
	office->hash = sign_key_hash(key);
	memcpy(office->curve_key, curve_key, CURVE_KEY_BYTES);
	office->bytes_a_day = FOLD_BYTES_A_DAY_DEFAULT;
	office->statements_a_day = FOLD_STATEMENTS_A_DAY_DEFAULT;
	if (intern_put(&fold->office_keys,
		       span_of(office->hash.bytes, HASH_BYTES)) != number) {
		free(office);
		return ERR_NOMEM;
	}
	fold->offices[number] = office;
	*out = office;
	return own_curve_key(fold, office);
}

int office_add_name(struct office *office, const struct hash *name)
{
	struct short_name *names;

	names = fold_grown(office->names, &office->names_size,
			   office->chain.taken, sizeof(*names));
	if (!names)
		return ERR_NOMEM;
	office->names = names;
	memcpy(names[office->chain.taken].bytes, name->bytes, SHORT_NAME_BYTES);
	office->chain.taken++;
	return 0;
}

static void add_text(struct strbuf *out, struct span text)
{
	assert(text.len <= UINT8_MAX);
	add_u8(out, (uint8_t)text.len);
	strbuf_add(out, text.data, text.len);
}

static void add_units(struct strbuf *out, struct span unit,
		      const struct span *units, size_t count)
{
	add_text(out, unit);
	add_u16(out, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		add_text(out, units[i]);
}

int office_put(struct fold *fold, const struct office *office,
	       struct puts *puts)
{
	struct strbuf *out = &fold->bytes;
	const struct chain *chain = &office->chain;

	strbuf_clear(out);
	add_u8(out, OFFICE_FORMAT);
	add_u32(out, office->number);
	strbuf_add(out, office->key.bytes, SIGN_KEY_BYTES);
	strbuf_add(out, office->curve_key, CURVE_KEY_BYTES);
	add_u32(out, office->roles);
	add_units(out, office->unit, office->units, office->unit_count);
	add_u64(out, chain->taken);
	strbuf_add(out, chain->head.bytes, HASH_BYTES);
	strbuf_add(out, office->header, SEAL_HEADER_BYTES);
	strbuf_add(out, chain->signature.bytes, SIGNATURE_BYTES);
	add_u32(out, office->flags);
	add_u64(out, office->suspect_from);
	strbuf_add(out, office->successor.bytes, HASH_BYTES);
	add_u64(out, office->until_us);
	add_u64(out, office->bytes_a_day);
	add_u64(out, office->statements_a_day);
	add_u64(out, office->recv_us);
	if (out->failed)
		return ERR_NOMEM;
	return puts_add(puts, TABLE_OFFICE,
			span_of(office->hash.bytes, HASH_BYTES),
			strbuf_span(out));
}

/* A text of the value, copied to where it stays. */
static struct span read_text(struct fold *fold, struct reader *reader)
{
	struct span text = read_span(reader, read_u8(reader));
	void *copy = arena_copy(&fold->keep, text.data, text.len);

	if (!copy)
		reader->failed = true;
	return span_of(copy, copy ? text.len : 0);
}

static void read_units(struct fold *fold, struct reader *reader,
		       struct span *unit, struct span **units, size_t *count)
{
	*unit = read_text(fold, reader);
	*count = read_u16(reader);
	*units = arena_array(&fold->keep, *count, sizeof(**units));
	if (!*units || reader->failed) {
		reader->failed = true;
		*count = 0;
	}
	for (size_t i = 0; i < *count; i++)
		(*units)[i] = read_text(fold, reader);
}

int office_load(struct fold *fold, struct span value, struct err *err)
{
	struct reader reader;
	struct sign_key key;
	uint8_t curve_key[CURVE_KEY_BYTES];
	struct office *office;
	uint8_t format;
	uint32_t number;

	reader_init(&reader, value);
	format = read_u8(&reader);
	number = read_u32(&reader);
	read_copy(&reader, key.bytes, SIGN_KEY_BYTES);
	read_copy(&reader, curve_key, CURVE_KEY_BYTES);
	if (reader.failed || format != OFFICE_FORMAT ||
	    number != fold->office_keys.count)
		return err_set(err, ERR_CORRUPT,
			       "the record of office %u is damaged", number);
	if (office_add(fold, &key, curve_key, &office))
		return err_set(err, ERR_NOMEM, "no memory for offices");
	office->roles = read_u32(&reader);
	read_units(fold, &reader, &office->unit, &office->units,
		   &office->unit_count);
	office->chain.taken = read_u64(&reader);
	read_copy(&reader, office->chain.head.bytes, HASH_BYTES);
	read_copy(&reader, office->header, SEAL_HEADER_BYTES);
	if (office->chain.taken)
		office->chain.header =
			span_of(office->header, SEAL_HEADER_BYTES);
	read_copy(&reader, office->chain.signature.bytes, SIGNATURE_BYTES);
	office->flags = read_u32(&reader);
	office->suspect_from = read_u64(&reader);
	read_copy(&reader, office->successor.bytes, HASH_BYTES);
	office->until_us = read_u64(&reader);
	office->bytes_a_day = read_u64(&reader);
	office->statements_a_day = read_u64(&reader);
	office->recv_us = read_u64(&reader);
	if (reader.failed || reader_left(&reader))
		return err_set(err, ERR_CORRUPT,
			       "the record of office %u is damaged", number);
	return office_sort_units(fold, office) ?
		       err_set(err, ERR_NOMEM, "no memory for offices") :
		       0;
}

/* ---- grants ---- */

struct grant_state *grant_find(const struct fold *fold,
			       const struct sign_key *code_key)
{
	uint32_t i = intern_find(&fold->grant_keys,
				 span_of(code_key->bytes, SIGN_KEY_BYTES));

	return i == INTERN_NONE ? NULL : fold->grants[i];
}

bool fold_is_recovery_key(const struct fold *fold, const struct sign_key *key)
{
	for (size_t i = 0; i < fold->recovery_key_count; i++)
		if (!memcmp(fold->recovery_keys[i].bytes, key->bytes,
			    SIGN_KEY_BYTES))
			return true;
	return false;
}

/* Sessions with the one-time CURVE key are for the newest grant of it. */
static int own_grant_curve(struct fold *fold, const struct grant_state *grant,
			   uint32_t number)
{
	uint32_t before = fold->grant_curves.count, i;
	uint32_t *owners;

	i = intern_put(&fold->grant_curves,
		       span_of(grant->grant.code_curve_key, CURVE_KEY_BYTES));
	if (i == INTERN_NONE)
		return ERR_NOMEM;
	if (i == before) {
		owners = fold_grown(fold->curve_grants,
				    &fold->curve_grants_size, i,
				    sizeof(*owners));
		if (!owners)
			return ERR_NOMEM;
		fold->curve_grants = owners;
	}
	fold->curve_grants[i] = number;
	return 0;
}

static bool keep_text(struct fold *fold, struct span *text)
{
	void *copy = arena_copy(&fold->keep, text->data, text->len);

	*text = span_of(copy, text->len);
	return copy != NULL;
}

int grant_add(struct fold *fold, const struct grant_state *grant,
	      struct grant_state **out)
{
	uint32_t number = fold->grant_keys.count;
	struct grant_state **grants, *kept;
	struct grant *facts;

	grants = fold_grown(fold->grants, &fold->grants_size, number,
			    sizeof(struct grant_state *));
	if (!grants)
		return ERR_NOMEM;
	fold->grants = grants;
	kept = arena_copy(&fold->keep, grant, sizeof(*grant));
	if (!kept)
		return ERR_NOMEM;
	facts = &kept->grant;
	facts->units = arena_copy(&fold->keep, facts->units,
				  facts->unit_count * sizeof(struct span));
	if (!facts->units || !keep_text(fold, &facts->unit))
		return ERR_NOMEM;
	for (size_t i = 0; i < facts->unit_count; i++)
		if (!keep_text(fold, &facts->units[i]))
			return ERR_NOMEM;
	if (intern_put(&fold->grant_keys, span_of(facts->code_key.bytes,
						  SIGN_KEY_BYTES)) != number)
		return ERR_NOMEM;
	fold->grants[number] = kept;
	*out = kept;
	return own_grant_curve(fold, kept, number);
}

int grant_put(struct fold *fold, const struct grant_state *grant,
	      struct puts *puts)
{
	struct strbuf *out = &fold->bytes;
	const struct grant *facts = &grant->grant;

	strbuf_clear(out);
	add_u8(out, GRANT_FORMAT);
	add_u64(out, grant->entry);
	add_u32(out, grant->n);
	strbuf_add(out, facts->code_key.bytes, SIGN_KEY_BYTES);
	strbuf_add(out, facts->code_curve_key, CURVE_KEY_BYTES);
	add_u32(out, facts->roles);
	add_units(out, facts->unit, facts->units, facts->unit_count);
	add_u64(out, facts->expires_us);
	add_u64(out, facts->until_us);
	add_u64(out, facts->bytes_a_day);
	add_u64(out, facts->statements_a_day);
	add_u8(out, grant->used);
	strbuf_add(out, grant->used_by.bytes, HASH_BYTES);
	if (out->failed)
		return ERR_NOMEM;
	return puts_add(puts, TABLE_GRANT,
			span_of(facts->code_key.bytes, SIGN_KEY_BYTES),
			strbuf_span(out));
}

int grant_load(struct fold *fold, struct span value, struct err *err)
{
	struct reader reader;
	struct grant_state grant = { 0 }, *kept;
	struct grant *facts = &grant.grant;
	uint8_t format;

	reader_init(&reader, value);
	format = read_u8(&reader);
	grant.entry = read_u64(&reader);
	grant.n = read_u32(&reader);
	read_copy(&reader, facts->code_key.bytes, SIGN_KEY_BYTES);
	read_copy(&reader, facts->code_curve_key, CURVE_KEY_BYTES);
	facts->roles = read_u32(&reader);
	read_units(fold, &reader, &facts->unit, &facts->units,
		   &facts->unit_count);
	facts->expires_us = read_u64(&reader);
	facts->until_us = read_u64(&reader);
	facts->bytes_a_day = read_u64(&reader);
	facts->statements_a_day = read_u64(&reader);
	grant.used = read_u8(&reader) != 0;
	read_copy(&reader, grant.used_by.bytes, HASH_BYTES);
	if (reader.failed || reader_left(&reader) || format != GRANT_FORMAT)
		return err_set(err, ERR_CORRUPT, "a grant's record is damaged");
	if (grant_add(fold, &grant, &kept))
		return err_set(err, ERR_NOMEM, "no memory for grants");
	return 0;
}

/* ---- what the collector asks ---- */

static void describe(const struct office *office, struct fold_office *out)
{
	const struct chain *chain = &office->chain;

	*out = (struct fold_office){
		.key = office->key,
		.unit = office->unit,
		.roles = office->roles,
		.next = chain->taken + 1,
		.head = chain->head,
		.head_header = chain->header,
		.head_signature = chain->signature,
		.revoked = office->flags & (OFFICE_REVOKED | OFFICE_ROTATED),
		.rotated = (office->flags & (OFFICE_REVOKED |
					     OFFICE_ROTATED)) == OFFICE_ROTATED,
		.successor = office->successor,
		.suspect_from = office->suspect_from,
		.suspended = office->flags & OFFICE_SUSPENDED,
		.until_us = office->until_us,
		.bytes_a_day = office->bytes_a_day,
		.statements_a_day = office->statements_a_day,
		.recv_us = office->recv_us,
	};
	memcpy(out->curve_key, office->curve_key, CURVE_KEY_BYTES);
}

bool fold_office(const struct fold *fold, const struct hash *key,
		 struct fold_office *out)
{
	const struct office *office = office_find(fold, key);

	if (office)
		describe(office, out);
	return office != NULL;
}

bool fold_leads_to(const struct fold *fold, const struct hash *from,
		   const struct hash *to)
{
	const struct office *office = office_find(fold, from);

	while (office && office->flags & OFFICE_ROTATED) {
		if (hash_equal(&office->successor, to))
			return true;
		office = office_find(fold, &office->successor);
	}
	return false;
}

bool fold_office_by_curve(const struct fold *fold,
			  const uint8_t curve_key[CURVE_KEY_BYTES],
			  struct fold_office *out)
{
	uint32_t i = intern_find(&fold->curve_keys,
				 span_of(curve_key, CURVE_KEY_BYTES));

	if (i == INTERN_NONE)
		return false;
	describe(fold->offices[fold->curve_offices[i]], out);
	return true;
}

/* Recovery keys have no CURVE key but the one that follows from them. */
static bool is_recovery_curve(const struct fold *fold,
			      const uint8_t curve_key[CURVE_KEY_BYTES])
{
	uint8_t curve[CURVE_KEY_BYTES];

	for (size_t i = 0; i < fold->recovery_key_count; i++)
		if (!sign_key_curve(&fold->recovery_keys[i], curve) &&
		    !memcmp(curve, curve_key, CURVE_KEY_BYTES))
			return true;
	return false;
}

bool fold_grant_by_curve(const struct fold *fold,
			 const uint8_t curve_key[CURVE_KEY_BYTES],
			 uint64_t now_us)
{
	uint32_t i = intern_find(&fold->grant_curves,
				 span_of(curve_key, CURVE_KEY_BYTES));
	const struct grant_state *grant;

	if (i == INTERN_NONE)
		return is_recovery_curve(fold, curve_key);
	grant = fold->grants[fold->curve_grants[i]];
	return !grant->used && now_us <= grant->grant.expires_us;
}

int fold_offices(const struct fold *fold,
		 int (*visit)(void *arg, const struct fold_office *office),
		 void *arg)
{
	struct fold_office office;
	int rc = 0;

	for (uint32_t i = 0; i < fold->office_keys.count && !rc; i++) {
		describe(fold->offices[i], &office);
		rc = visit(arg, &office);
	}
	return rc;
}

int fold_suspects(const struct fold *fold, struct suspects *out)
{
	struct suspects suspects = { 0 };

	for (uint32_t i = 0; i < fold->office_keys.count; i++) {
		const struct office *office = fold->offices[i];
		struct suspect *list;

		if (!office->suspect_from)
			continue;
		list = fold_grown(suspects.list, &suspects.size, suspects.count,
				  sizeof(*list));
		if (!list) {
			free(suspects.list);
			return ERR_NOMEM;
		}
		suspects.list = list;
		list[suspects.count++] =
			(struct suspect){ office->hash, office->suspect_from };
	}
	*out = suspects;
	return 0;
}

uint64_t fold_office_count(const struct fold *fold)
{
	return fold->office_keys.count;
}

bool fold_office_unit(const struct fold *fold, const struct hash *key, size_t i,
		      struct span *unit)
{
	const struct office *office = office_find(fold, key);

	if (!office)
		return false;
	if (office->unit.len) {
		if (i == 0) {
			*unit = office->unit;
			return true;
		}
		i--;
	}
	if (i >= office->unit_count)
		return false;
	*unit = office->units[i];
	return true;
}
