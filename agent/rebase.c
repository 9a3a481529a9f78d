#include "agent/rebase.h"

#include <string.h>

#include "base/strbuf.h"
#include "proto/wire.h"

#define REBASE_ITEMS_MAX 100000
#define REBASE_ARENA_BYTES ((size_t)512 * 1024 * 1024)

struct refusal {
	uint8_t salt[BASE_BYTES];
	struct span base;
};

struct waiting {
	uint64_t number;
	struct sealed sealed;
	struct statement statement;
};

struct rebase {
	struct arena arena;
	struct refusal *refusals;
	size_t refusal_count;
	struct waiting *waiting;
	size_t waiting_count;
};

static const struct refusal *find(const struct rebase *rebase, struct span base)
{
	for (size_t i = 0; i < rebase->refusal_count; i++)
		if (base.len == BASE_BYTES &&
		    !memcmp(rebase->refusals[i].salt, base.data, BASE_BYTES))
			return &rebase->refusals[i];
	return NULL;
}

/* The item's memory is the transaction's: what is kept is copied. */
static int copy_item(struct arena *arena, const struct sealed *from,
		     struct sealed *to)
{
	*to = *from;
	to->body.data = arena_copy(arena, from->body.data, from->body.len);
	to->texts =
		arena_array(arena, from->text_count + 1, sizeof(*to->texts));
	if (!to->body.data || !to->texts)
		return ERR_NOMEM;
	for (size_t i = 0; i < from->text_count; i++) {
		to->texts[i] = from->texts[i];
		to->texts[i].text.data = arena_copy(arena,
						    from->texts[i].text.data,
						    from->texts[i].text.len);
		if (!to->texts[i].text.data && from->texts[i].text.len)
			return ERR_NOMEM;
	}
	return 0;
}

static int note_refused(struct rebase *rebase, const struct outbox_item *item)
{
	struct statement statement;
	struct sealed sealed;
	struct refusal *refusal;

	if (rebase->refusal_count == REBASE_ITEMS_MAX)
		return 0;
	if (copy_item(&rebase->arena, &item->sealed, &sealed))
		return ERR_NOMEM;
	if (wire_decode_statement(sealed.body, &rebase->arena, &statement,
				  NULL))
		return 0;
	refusal = &rebase->refusals[rebase->refusal_count++];
	memcpy(refusal->salt, sealed.salt, BASE_BYTES);
	refusal->base = statement.base;
	return 0;
}

static int note_waiting(struct rebase *rebase, const struct outbox_item *item)
{
	struct waiting *waiting = &rebase->waiting[rebase->waiting_count];

	if (rebase->waiting_count == REBASE_ITEMS_MAX)
		return 0;
	waiting->number = item->number;
	if (copy_item(&rebase->arena, &item->sealed, &waiting->sealed))
		return ERR_NOMEM;
	if (!wire_decode_statement(waiting->sealed.body, &rebase->arena,
				   &waiting->statement, NULL))
		rebase->waiting_count++;
	return 0;
}

static int visit(void *arg, const struct outbox_item *item)
{
	if (item->delivered)
		return item->verdict ? note_refused(arg, item) : 0;
	return item->sequence ? 0 : note_waiting(arg, item);
}

static int replace(struct office *office, struct waiting *waiting,
		   struct err *err)
{
	struct strbuf body;
	int ret;

	strbuf_init(&body, 0);
	ret = wire_encode_statement(&waiting->statement, &body, err);
	if (!ret) {
		waiting->sealed.body = strbuf_span(&body);
		ret = outbox_replace(office->outbox, waiting->number,
				     &waiting->sealed, err);
	}
	strbuf_release(&body);
	return ret == ERR_NOTFOUND ? 0 : ret; /* sealed meanwhile */
}

int rebase_waiting(struct office *office, struct err *err)
{
	struct rebase rebase = { 0 };
	int lock = -1, ret;

	arena_init(&rebase.arena, REBASE_ARENA_BYTES);
	rebase.refusals = arena_array(&rebase.arena, REBASE_ITEMS_MAX,
				      sizeof(*rebase.refusals));
	rebase.waiting = arena_array(&rebase.arena, REBASE_ITEMS_MAX,
				     sizeof(*rebase.waiting));
	if (!rebase.refusals || !rebase.waiting) {
		ret = err_set(err, ERR_NOMEM,
			      "no memory to chain reports anew");
		goto out;
	}
	ret = office_lock_saving(office, &lock, err);
	if (ret)
		goto out;
	ret = outbox_items(office->outbox, 1, visit, &rebase, err);
	for (size_t i = 0; i < rebase.waiting_count && !ret; i++) {
		struct waiting *waiting = &rebase.waiting[i];
		const struct refusal *refusal =
			find(&rebase, waiting->statement.base);

		if (!refusal)
			continue;
		for (; refusal; refusal = find(&rebase, refusal->base))
			waiting->statement.base = refusal->base;
		ret = replace(office, waiting, err);
	}
	office_unlock_saving(lock);
out:
	arena_release(&rebase.arena);
	return ret;
}
