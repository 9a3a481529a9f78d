#include "audit/chains.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct chain {
	struct hash *names; /* by sequence number less one */
	size_t count, size;
};

void chains_init(struct chains *chains)
{
	*chains = (struct chains){ 0 };
	intern_init(&chains->keys);
}

void chains_release(struct chains *chains)
{
	for (size_t i = 0; i < chains->lists_size; i++)
		free(chains->lists[i].names);
	free(chains->lists);
	intern_release(&chains->keys);
	*chains = (struct chains){ 0 };
}

static struct chain *chain_of(struct chains *chains, const struct hash *key)
{
	uint32_t number =
		intern_put(&chains->keys, span_of(key->bytes, HASH_BYTES));

	if (number == INTERN_NONE)
		return NULL;
	if (number >= chains->lists_size) {
		size_t size = chains->lists_size ? 2 * chains->lists_size : 64;
		struct chain *lists =
			realloc(chains->lists, size * sizeof(*lists));

		if (!lists)
			return NULL;
		memset(lists + chains->lists_size, 0,
		       (size - chains->lists_size) * sizeof(*lists));
		chains->lists = lists;
		chains->lists_size = size;
	}
	return &chains->lists[number];
}

static int chain_grow(struct chain *chain)
{
	size_t size = chain->size ? 2 * chain->size : 16;
	struct hash *names;

	if (chain->count < chain->size)
		return 0;
	names = realloc(chain->names, size * sizeof(*names));
	if (!names)
		return ERR_NOMEM;
	chain->names = names;
	chain->size = size;
	return 0;
}

static int chain_fits(const struct chain *chain,
		      const struct seal_header *header, struct err *err)
{
	static const struct hash zero;
	const struct hash *prev =
		chain->count ? &chain->names[chain->count - 1] : &zero;

	if (header->sequence != chain->count + 1)
		return err_set(err, ERR_ORDER,
			       "batch %" PRIu64 " of its key where batch %zu "
			       "follows",
			       header->sequence, chain->count + 1);
	if (!hash_equal(&header->prev, prev))
		return err_set(err, ERR_ORDER,
			       "batch %" PRIu64 " does not name the batch "
			       "before it",
			       header->sequence);
	return 0;
}

int chains_add(struct chains *chains, const struct seal_header *header,
	       const struct hash *name, struct err *err)
{
	struct chain *chain = chain_of(chains, &header->key);
	int rc;

	if (!chain || chain_grow(chain))
		return err_set(err, ERR_NOMEM, "no memory");
	rc = chain_fits(chain, header, err);
	if (rc)
		return rc;
	chain->names[chain->count++] = *name;
	return 0;
}

static const struct chain *chain_find(const struct chains *chains,
				      const struct hash *key)
{
	uint32_t number =
		intern_find(&chains->keys, span_of(key->bytes, HASH_BYTES));

	return number == INTERN_NONE ? NULL : &chains->lists[number];
}

const struct hash *chains_name(const struct chains *chains,
			       const struct hash *key, uint64_t sequence)
{
	const struct chain *chain = chain_find(chains, key);

	return chain && sequence >= 1 && sequence <= chain->count ?
		       &chain->names[sequence - 1] :
		       NULL;
}

const struct hash *chains_head(const struct chains *chains,
			       const struct hash *key)
{
	const struct chain *chain = chain_find(chains, key);

	return chain && chain->count ? &chain->names[chain->count - 1] : NULL;
}
