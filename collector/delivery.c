/*
 * Who waits for what, and in which order it is served. What the messages
 * contain is made in delivery_read.c and delivery_journal.c.
 */
#include "collector/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "collector/delivery_parts.h"
#include "proto/sign.h"

#define EXPIRE_MS 100 /* between two looks at what is unread for too long */

/* ---- interests: whose heads a change concerns ---- */

static int list_add(struct interest_list **lists, uint32_t *size,
		    uint32_t number, struct customer *customer)
{
	struct interest_list *list;

	if (number >= *size) {
		uint32_t wanted = *size ? *size : 64;
		struct interest_list *grown;

		while (wanted <= number)
			wanted *= 2;
		grown = realloc(*lists, wanted * sizeof(*grown));
		if (!grown)
			return ERR_NOMEM;
		memset(grown + *size, 0, (wanted - *size) * sizeof(*grown));
		*lists = grown;
		*size = wanted;
	}
	list = &(*lists)[number];
	if (list->count == list->size) {
		uint32_t wanted = list->size ? 2 * list->size : 2;
		struct customer **grown = realloc(
			list->customers, wanted * sizeof(struct customer *));

		if (!grown)
			return ERR_NOMEM;
		list->customers = grown;
		list->size = wanted;
	}
	list->customers[list->count++] = customer;
	return 0;
}

static void lists_forget(struct interest_list *lists, const uint32_t *numbers,
			 size_t count, const struct customer *customer)
{
	for (size_t i = 0; i < count; i++) {
		struct interest_list *list = &lists[numbers[i]];

		for (uint32_t j = list->count; j-- > 0;)
			if (list->customers[j] == customer)
				list->customers[j] =
					list->customers[--list->count];
	}
}

static void forget_interests(struct delivery *delivery,
			     struct customer *customer)
{
	lists_forget(delivery->by_unit, customer->units, customer->unit_count,
		     customer);
	lists_forget(delivery->by_target, customer->targets,
		     customer->target_count, customer);
	customer->unit_count = customer->target_count = 0;
}

static void lists_release(struct interest_list *lists, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		free(lists[i].customers);
	free(lists);
}

/* The targets that one of the office's units leads. */
static int interest_in_led(struct delivery *delivery, struct customer *customer,
			   struct span unit)
{
	const struct catalogue *catalogue =
		fold_catalogue(delivery->fold, NULL);

	for (size_t i = 0; catalogue && i < catalogue->target_count; i++) {
		const struct target *target = &catalogue->targets[i];
		uint32_t number;

		if (target->lead == CATALOGUE_NONE ||
		    !span_equal(span_of_text(catalogue->units[target->lead].id),
				unit))
			continue;
		number = intern_find(&delivery->ids.targets,
				     span_of_text(target->id));
		if (number != INTERN_NONE &&
		    (list_add(&delivery->by_target, &delivery->by_target_size,
			      number, customer) ||
		     customer_leads(customer, number)))
			return ERR_NOMEM;
	}
	return 0;
}

/* Officials adjust whatever was reported. */
static int interest_in_all(struct delivery *delivery, struct customer *customer)
{
	for (uint32_t i = 0; i < delivery->ids.targets.count; i++)
		if (list_add(&delivery->by_target, &delivery->by_target_size, i,
			     customer) ||
		    customer_leads(customer, i))
			return ERR_NOMEM;
	return 0;
}

static int interest(struct delivery *delivery, struct customer *customer)
{
	struct fold_office office;
	struct span unit;

	forget_interests(delivery, customer);
	if (!fold_office(delivery->fold, &customer->key, &office))
		return 0;
	if (office.roles & (1u << ROLE_OFFICIAL))
		return interest_in_all(delivery, customer);
	for (size_t i = 0;
	     fold_office_unit(delivery->fold, &customer->key, i, &unit); i++) {
		uint32_t number = intern_find(&delivery->ids.units, unit);

		if (number != INTERN_NONE &&
		    (list_add(&delivery->by_unit, &delivery->by_unit_size,
			      number, customer) ||
		     customer_speaks_for(customer, number)))
			return ERR_NOMEM;
		if (office.roles & (1u << ROLE_REVIEWER) &&
		    interest_in_led(delivery, customer, unit))
			return ERR_NOMEM;
	}
	return 0;
}

/* ---- customers: open sessions ---- */

static struct customer **bucket_of(struct delivery *delivery, uint32_t route)
{
	return &delivery->buckets[(route * 2654435761u) % DELIVERY_BUCKETS];
}

static struct customer *find_customer(struct delivery *delivery, uint32_t route)
{
	struct customer *customer = *bucket_of(delivery, route);

	while (customer && customer->route != route)
		customer = customer->next;
	return customer;
}

static void free_customer(struct customer *customer)
{
	free(customer->units);
	free(customer->targets);
	free(customer->changed_at);
	intern_release(&customer->changed);
	intern_release(&customer->texts);
	free(customer);
}

static void remove_customer(struct delivery *delivery,
			    struct customer *customer)
{
	struct customer **at = bucket_of(delivery, customer->route);

	unread_forget(&delivery->unread, &customer->unread);
	forget_interests(delivery, customer);
	while (*at != customer)
		at = &(*at)->next;
	*at = customer->next;
	free_customer(customer);
}

/* The customer of an open session, made if it is new; *out NULL if the
 * session is not open. */
static int get_customer(struct delivery *delivery, uint32_t route,
			struct customer **out)
{
	const uint8_t *curve = delivery->host.curve(delivery->host.ctx, route);
	struct customer *customer = find_customer(delivery, route);
	struct fold_office office;

	*out = NULL;
	if (!curve || !fold_office_by_curve(delivery->fold, curve, &office))
		return 0;
	if (!customer) {
		struct customer **bucket = bucket_of(delivery, route);

		customer = calloc(1, sizeof(*customer));
		if (!customer)
			return ERR_NOMEM;
		customer->route = route;
		intern_init(&customer->changed);
		intern_init(&customer->texts);
		customer->next = *bucket;
		*bucket = customer;
	}
	customer->key = sign_key_hash(&office.key);
	*out = customer;
	return 0;
}

/* It waits for something: once in the queue. */
static void enqueue(struct delivery *delivery, struct customer *customer)
{
	if (customer->queued)
		return;
	customer->queued = true;
	customer->next_queued = NULL;
	if (delivery->last)
		delivery->last->next_queued = customer;
	else
		delivery->first = customer;
	delivery->last = customer;
}

static struct customer *dequeue(struct delivery *delivery)
{
	struct customer *customer = delivery->first;

	delivery->first = customer->next_queued;
	if (!delivery->first)
		delivery->last = NULL;
	customer->queued = false;
	return customer;
}

/* ---- what is asked ---- */

int delivery_slice(struct delivery *delivery, uint32_t route,
		   const struct hash *files)
{
	struct customer *customer;
	int rc = get_customer(delivery, route, &customer);

	if (rc || !customer)
		return rc;
	if (files)
		customer->files = *files;
	rc = interest(delivery, customer);
	customer->slice_wanted = true;
	customer->slice_at = fold_applied(delivery->fold);
	enqueue(delivery, customer);
	return rc;
}

void delivery_heard(struct delivery *delivery, uint32_t route)
{
	struct customer *customer = find_customer(delivery, route);

	if (customer)
		unread_heard(&delivery->unread, &customer->unread);
}

int delivery_pong(struct delivery *delivery, uint32_t route)
{
	struct customer *customer;
	int rc = get_customer(delivery, route, &customer);

	if (rc || !customer)
		return rc;
	if (!customer->pong_wanted)
		customer->pong_since_ms = delivery_now_ms(delivery);
	customer->pong_wanted = true;
	customer->pong_at = fold_applied(delivery->fold);
	enqueue(delivery, customer);
	return 0;
}

int delivery_recall(struct delivery *delivery, uint32_t route,
		    const struct hash *key, uint64_t from, uint64_t count)
{
	struct customer *customer;
	int rc = get_customer(delivery, route, &customer);

	if (rc || !customer)
		return rc;
	if (count > DELIVERY_RECALLS_MAX)
		count = DELIVERY_RECALLS_MAX;
	if (from > UINT64_MAX - count)
		count = 0;
	customer->recall_key = *key;
	customer->recall_next = from;
	customer->recall_end = from + count;
	customer->recall_at = fold_applied(delivery->fold);
	if (count)
		enqueue(delivery, customer);
	return 0;
}

static int note_change(struct delivery *delivery, struct customer *customer,
		       struct span figure_key, uint64_t entry)
{
	uint32_t number = intern_put(&customer->changed, figure_key);

	if (number == INTERN_NONE)
		return ERR_NOMEM;
	if (number >= customer->changed_size) {
		uint32_t size = customer->changed_size ?
					2 * customer->changed_size :
					16;
		uint64_t *grown =
			realloc(customer->changed_at, size * sizeof(*grown));

		if (!grown)
			return ERR_NOMEM;
		customer->changed_at = grown;
		customer->changed_size = size;
	}
	customer->changed_at[number] = entry;
	if (number >= DELIVERY_CHANGES_MAX) {
		customer_forget_changes(customer);
		customer->slice_wanted = true;
		customer->slice_at = entry + 1;
	}
	enqueue(delivery, customer);
	return 0;
}

static int note_changes(struct delivery *delivery,
			const struct interest_list *list,
			const struct hash *key, struct span figure_key)
{
	/* The entry being folded is the last one. */
	uint64_t entry = fold_applied(delivery->fold) - 1;

	for (uint32_t i = 0; i < list->count; i++) {
		struct customer *customer = list->customers[i];

		if (!hash_equal(&customer->key, key) &&
		    note_change(delivery, customer, figure_key, entry))
			return ERR_NOMEM;
	}
	return 0;
}

static int changed_figure(struct delivery *delivery, const struct hash *key,
			  struct span figure_key)
{
	uint32_t target, unit;
	int rc = head_place(figure_key, &target, &unit, NULL);

	if (!rc && unit < delivery->by_unit_size)
		rc = note_changes(delivery, &delivery->by_unit[unit], key,
				  figure_key);
	if (!rc && target < delivery->by_target_size)
		rc = note_changes(delivery, &delivery->by_target[target], key,
				  figure_key);
	return rc;
}

int delivery_changed(struct delivery *delivery, const struct hash *key,
		     const struct puts *puts, size_t puts_from)
{
	size_t pos = puts_from;
	struct put put;
	int rc = 0;

	while (!rc && puts_next(puts, &pos, &put)) {
		if (put.table == TABLE_FIGURE)
			rc = changed_figure(delivery, key, put.key);
		else if (put.table == TABLE_ID)
			rc = head_ids_add(&delivery->ids, put.key, put.value,
					  NULL);
	}
	return rc;
}

/* Everybody who has the cell, its author too. */
static int changed_for_all(struct delivery *delivery, struct span figure_key)
{
	static const struct hash nobody;

	return changed_figure(delivery, &nobody, figure_key);
}

int delivery_redacted(struct delivery *delivery, uint64_t entry, uint32_t n,
		      struct err *err)
{
	struct table_reader reader;
	struct span figure_key;
	struct db_txn *txn;
	int rc = db_begin(delivery->db, false, &txn, err);

	/* Its file is another one now. */
	journal_read_close(delivery->journal);
	delivery->journal = NULL;
	if (rc)
		return rc;
	reader = store_reader(txn);
	rc = head_of_change(&reader, entry, n, &figure_key, err);
	if (!rc && changed_for_all(delivery, figure_key))
		rc = err_set(err, ERR_NOMEM, "no memory for a slice");
	db_abort(txn);
	return rc == ERR_NOTFOUND ? 0 : rc; /* no text of a cell */
}

/* ---- serving ---- */

static bool waits(const struct customer *customer)
{
	return customer->slice_wanted || customer->changed.count ||
	       customer->pong_wanted || customer_has_texts(customer) ||
	       customer->recall_next < customer->recall_end;
}

static int try_slice(struct delivery *delivery, struct customer *customer,
		     uint64_t flushed, struct err *err)
{
	int rc;

	if (!customer->slice_wanted || customer->slice_at > flushed)
		return 0;
	rc = delivery_send_slice(delivery, customer, err);
	if (rc)
		return rc;
	customer->slice_wanted = false;
	customer_keep_changes(customer, flushed);
	return 0;
}

static int try_changes(struct delivery *delivery, struct customer *customer,
		       uint64_t flushed, struct err *err)
{
	int rc;

	/* A whole slice that is still to come has them all. */
	if (!customer->changed.count || customer->slice_wanted)
		return 0;
	rc = delivery_send_changes(delivery, customer, flushed, err);
	if (!rc)
		customer_keep_changes(customer, flushed);
	return rc;
}

static int try_texts(struct delivery *delivery, struct customer *customer,
		     struct err *err)
{
	if (!customer_has_texts(customer) || customer->slice_wanted)
		return 0;
	return delivery_send_texts(delivery, customer, err);
}

/* In how many ms it must have its PONG, whatever else it waits for. */
static uint64_t pong_ms(const struct customer *customer, uint64_t flushed,
			uint64_t now_ms)
{
	uint64_t passed_ms = now_ms - customer->pong_since_ms;

	if (!customer->pong_wanted)
		return DELIVERY_IDLE_MS;
	if (passed_ms >= DELIVERY_PONG_MS_MAX ||
	    (customer->pong_at <= flushed && !customer->slice_wanted &&
	     !customer_has_texts(customer)))
		return 0;
	return DELIVERY_PONG_MS_MAX - passed_ms;
}

static void try_pong(struct delivery *delivery, struct customer *customer,
		     uint64_t flushed)
{
	if (pong_ms(customer, flushed, delivery_now_ms(delivery)))
		return;
	customer->pong_wanted = false;
	delivery->host.pong(delivery->host.ctx, customer->route);
}

/* In how many ms there may be room for its files: until then its slice is not
 * even begun. */
static uint64_t held_ms(const struct delivery *delivery,
			const struct customer *customer, uint64_t now_ms)
{
	return customer->held && customer->slice_wanted ?
		       unread_held_ms(&delivery->unread, now_ms) :
		       0;
}

static int try_recall(struct delivery *delivery, struct customer *customer,
		      uint64_t flushed, struct err *err)
{
	if (customer->recall_next == customer->recall_end ||
	    customer->recall_at > flushed)
		return 0;
	return delivery_send_recalled(delivery, customer, err);
}

/* ERR_LIMIT: it does not read what it is sent, for now. */
static int serve_all(struct delivery *delivery, struct customer *customer,
		     uint64_t flushed, struct err *err)
{
	int rc = 0;

	if (!held_ms(delivery, customer, delivery_now_ms(delivery)))
		rc = try_slice(delivery, customer, flushed, err);
	/* Held through no fault of its own, and served with all else. */
	if (rc == ERR_LIMIT && customer->held)
		rc = 0;
	if (!rc)
		rc = try_changes(delivery, customer, flushed, err);
	if (!rc)
		rc = try_texts(delivery, customer, err);
	if (!rc)
		try_pong(delivery, customer, flushed);
	return rc ? rc : try_recall(delivery, customer, flushed, err);
}

static int serve(struct delivery *delivery, struct customer *customer,
		 uint64_t flushed, struct err *err)
{
	int rc = serve_all(delivery, customer, flushed, err);

	if (rc == ERR_LIMIT) {
		customer->retry_ms =
			delivery_now_ms(delivery) + DELIVERY_RETRY_MS;
		if (++customer->retries > DELIVERY_RETRIES_MAX)
			delivery->host.lost(delivery->host.ctx,
					    customer->route);
		return 0;
	}
	customer->retries = 0;
	customer->retry_ms = 0;
	return rc;
}

/* In how many ms it can be served; DELIVERY_IDLE_MS: only once the store
 * contains more, or never. */
static uint64_t wait_ms(const struct delivery *delivery,
			const struct customer *customer, uint64_t flushed,
			uint64_t now_ms)
{
	uint64_t wait = pong_ms(customer, flushed, now_ms);
	uint64_t held;

	if (customer->retry_ms > now_ms)
		return customer->retry_ms - now_ms;
	if (customer->recall_next < customer->recall_end &&
	    customer->recall_at <= flushed)
		return 0;
	if (!customer->slice_wanted)
		return customer_has_texts(customer) ||
				       customer_has_change(customer, flushed) ?
			       0 :
			       wait;
	if (customer->slice_at > flushed)
		return wait;
	held = held_ms(delivery, customer, now_ms);
	return held < wait ? held : wait;
}

static bool wants_store(const struct customer *customer, uint64_t flushed)
{
	return (customer->slice_wanted && customer->slice_at > flushed) ||
	       (customer->pong_wanted && customer->pong_at > flushed) ||
	       (customer->recall_next < customer->recall_end &&
		customer->recall_at > flushed) ||
	       customer->changed.count;
}

/* What was sent long ago holds nobody any more. */
static void expire(struct delivery *delivery, uint64_t now_ms)
{
	if (delivery->unread.bytes < delivery->unread.bytes_max ||
	    now_ms - delivery->expired_ms < EXPIRE_MS)
		return;
	delivery->expired_ms = now_ms;
	for (size_t i = 0; i < DELIVERY_BUCKETS; i++)
		for (struct customer *customer = delivery->buckets[i]; customer;
		     customer = customer->next)
			unread_expire(&delivery->unread, &customer->unread,
				      now_ms);
}

/* One that was in the queue: a turn, if there is time for it. */
static int take_turn(struct delivery *delivery, struct customer *customer,
		     uint64_t flushed, bool in_time, struct err *err)
{
	int rc = 0;

	if (!customer->over && in_time &&
	    !wait_ms(delivery, customer, flushed, delivery_now_ms(delivery))) {
		delivery->serving = customer;
		rc = serve(delivery, customer, flushed, err);
		delivery->serving = NULL;
		arena_reset(&delivery->arena);
	}
	return rc;
}

int delivery_step(struct delivery *delivery, uint64_t flushed,
		  struct delivery_next *next, struct err *err)
{
	uint64_t now_ms = delivery_now_ms(delivery);
	uint64_t until_ms = now_ms + DELIVERY_STEP_MS;
	struct customer *end = delivery->last;
	bool last = !end;
	int rc = 0;

	*next = (struct delivery_next){ .in_ms = DELIVERY_IDLE_MS };
	expire(delivery, now_ms);
	/* Each customer in the queue once. */
	while (!last && !rc) {
		struct customer *customer = dequeue(delivery);
		uint64_t wait;

		last = customer == end;
		rc = take_turn(delivery, customer, flushed, now_ms <= until_ms,
			       err);
		now_ms = delivery_now_ms(delivery);
		if (customer->over) {
			remove_customer(delivery, customer);
			continue;
		}
		if (!waits(customer))
			continue;
		enqueue(delivery, customer);
		wait = wait_ms(delivery, customer, flushed, now_ms);
		if (wait < next->in_ms)
			next->in_ms = wait;
		next->store = next->store || wants_store(customer, flushed);
	}
	return rc;
}

bool delivery_waits(const struct delivery *delivery)
{
	return delivery->first != NULL;
}

void delivery_ended(struct delivery *delivery, uint32_t route)
{
	struct customer *customer = find_customer(delivery, route);

	if (!customer)
		return;
	/* One that is queued or served goes when its turn is over. */
	customer->over = true;
	if (!customer->queued && customer != delivery->serving)
		remove_customer(delivery, customer);
}

/* ---- life ---- */

static int load_ids(struct delivery *delivery, struct err *err)
{
	struct table_reader reader;
	struct db_txn *txn;
	int rc = db_begin(delivery->db, false, &txn, err);

	if (rc)
		return rc;
	reader = store_reader(txn);
	rc = head_ids_load(&delivery->ids, &reader, err);
	db_abort(txn);
	return rc;
}

int delivery_new(const struct delivery_options *options,
		 const struct delivery_host *host, struct delivery **out,
		 struct err *err)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));
	int rc;

	if (!delivery)
		return err_set(err, ERR_NOMEM, "no memory for deliveries");
	delivery->db = options->db;
	delivery->fold = options->fold;
	delivery->journal_dir = options->journal_dir;
	delivery->unread.bytes_max = options->unread_bytes_max;
	delivery->host = *host;
	head_ids_init(&delivery->ids);
	arena_init(&delivery->arena, DELIVERY_ARENA_BYTES);
	arena_init(&delivery->texts, DELIVERY_TEXTS_BYTES);
	/* A batch, and its statements. */
	arena_init(&delivery->scratch, (size_t)2 * WIRE_ARENA_BYTES);
	strbuf_init(&delivery->out, WIRE_MESSAGE_BYTES_MAX);
	rc = load_ids(delivery, err);
	if (rc) {
		delivery_free(delivery);
		return rc;
	}
	*out = delivery;
	return 0;
}

void delivery_free(struct delivery *delivery)
{
	if (!delivery)
		return;
	for (size_t i = 0; i < DELIVERY_BUCKETS; i++)
		while (delivery->buckets[i]) {
			struct customer *customer = delivery->buckets[i];

			delivery->buckets[i] = customer->next;
			free_customer(customer);
		}
	lists_release(delivery->by_unit, delivery->by_unit_size);
	lists_release(delivery->by_target, delivery->by_target_size);
	journal_read_close(delivery->journal);
	head_ids_release(&delivery->ids);
	arena_release(&delivery->arena);
	arena_release(&delivery->texts);
	arena_release(&delivery->scratch);
	strbuf_release(&delivery->out);
	free(delivery);
}
