#include "agent/outcome.h"

#include <string.h>

#include "agent/cells.h"
#include "agent/deliver.h"
#include "agent/describe.h"

/* Of refused ones told to people; all of them stand in status. */
#define OUTCOME_TOLD_MAX 50
#define OUTCOME_ARENA_BYTES ((size_t)8 * 1024 * 1024)

struct telling {
	struct office *office;
	const struct outcome *outcome;
	struct arena arena; /* one item */
	size_t next;
	uint16_t part_verdict; /* told last: parts share their fate */
	uint64_t admitted, refused;
	uint64_t told; /* of the refused, or too many to tell */
};

void outcome_moved_on(FILE *out, struct office *office,
		      const struct outbox_item *item,
		      const struct statement *statement)
{
	char key[CELLS_KEY_BYTES], moment[MOMENT_TEXT_BYTES];
	struct strbuf cells, clean;
	struct arena arena;
	struct head head;

	if (item->verdict != VERDICT_STALE || statement->kind != SAID_REPORT)
		return;
	arena_init(&arena, OUTCOME_ARENA_BYTES);
	strbuf_init(&cells, 0);
	strbuf_init(&clean, 0);
	if (!outbox_head(office->outbox,
			 span_of(key, cells_key(&statement->said.report, key)),
			 &arena, &head, NULL)) {
		cells_text(&cells, head.report.cells, head.report.cell_count);
		text_add(&clean, strbuf_span(&cells));
		moment_print(head.recv_us, office->zone_minutes, moment);
		message_print(out, office->language,
			      head.recv_us ? MESSAGE_MOVED_ON :
					     MESSAGE_MOVED_ON_HERE,
			      clean.text ? clean.text : "", moment);
	}
	strbuf_release(&cells);
	strbuf_release(&clean);
	arena_release(&arena);
}

/* ---- for people ---- */

static void tell_single(const struct telling *telling,
			const struct outbox_item *item)
{
	enum language language = telling->office->language;

	if (!telling->outcome->json)
		(void)printf("%llu.%u\n", (unsigned long long)item->index,
			     item->n);
	if (item->verdict)
		message_print(stderr, language, MESSAGE_REFUSED,
			      verdict_name(item->verdict),
			      verdict_advice(language, item->verdict),
			      (unsigned long long)item->index, item->n);
	else
		message_print(stderr, language, MESSAGE_DELIVERED,
			      (unsigned long long)item->index, item->n);
}

/* Of several those that were refused; a catalogue is refused as a whole, so
 * that one word of it is enough. */
static bool is_worth_telling(struct telling *telling,
			     const struct outbox_item *item,
			     const struct statement *statement)
{
	bool repeats = item->verdict == telling->part_verdict &&
		       (statement->kind == SAID_CATALOGUE_PART ||
			statement->kind == SAID_CATALOGUE_COMMIT);

	if (!item->verdict || repeats)
		return false;
	telling->part_verdict = item->verdict;
	return telling->outcome->rows || ++telling->told <= OUTCOME_TOLD_MAX;
}

static void tell(struct telling *telling, const struct outbox_item *item,
		 const struct statement *statement)
{
	const struct outcome *outcome = telling->outcome;
	enum language language = telling->office->language;

	if (!outcome->single && !is_worth_telling(telling, item, statement))
		return;
	if (outcome->single)
		tell_single(telling, item);
	else if (outcome->rows)
		message_print(stderr, language, MESSAGE_ROW_REFUSED,
			      outcome->file, outcome->rows[telling->next],
			      verdict_name(item->verdict),
			      verdict_advice(language, item->verdict),
			      (unsigned long long)item->index, item->n);
	else
		item_print(stderr, telling->office, item, statement);
	outcome_moved_on(stderr, telling->office, item, statement);
}

static void tell_counts(const struct telling *telling, bool all)
{
	enum language language = telling->office->language;
	unsigned long long admitted = telling->admitted;
	unsigned long long refused = telling->refused;

	if (telling->outcome->single)
		return;
	if (telling->told > OUTCOME_TOLD_MAX)
		message_print(stderr, language, MESSAGE_OUTCOME_MORE,
			      (unsigned long long)telling->told -
				      OUTCOME_TOLD_MAX);
	if (all && admitted + refused == 0)
		message_print(stderr, language, MESSAGE_ALL_DELIVERED);
	else if (all)
		message_print(stderr, language, MESSAGE_OUTCOME, admitted,
			      refused);
	else if (admitted + refused)
		message_print(stderr, language, MESSAGE_OUTCOME_SO_FAR,
			      admitted, refused);
}

/* ---- the items ---- */

static bool is_ours(struct telling *telling, uint64_t number)
{
	const struct outcome *outcome = telling->outcome;

	while (telling->next < outcome->count &&
	       outcome->numbers[telling->next] < number)
		telling->next++;
	return telling->next < outcome->count &&
	       outcome->numbers[telling->next] == number;
}

static int visit(void *arg, const struct outbox_item *item)
{
	struct telling *telling = arg;
	struct statement statement;

	if (!is_ours(telling, item->number))
		return telling->next == telling->outcome->count;
	arena_reset(&telling->arena);
	if (wire_decode_statement(item->sealed.body, &telling->arena,
				  &statement, NULL))
		statement = (struct statement){ .kind = SAID_UNKNOWN };
	if (telling->outcome->json)
		item_json(stdout, telling->office, item, &statement);
	if (!item->delivered)
		return 0;
	telling->admitted += !item->verdict;
	telling->refused += item->verdict != 0;
	tell(telling, item, &statement);
	return 0;
}

/* first: the number to look from. */
static int tell_all(struct telling *telling, uint64_t first, int code)
{
	struct err err;
	int ret;

	arena_init(&telling->arena, OUTCOME_ARENA_BYTES);
	ret = outbox_items(telling->office->outbox, first, visit, telling,
			   &err);
	arena_release(&telling->arena);
	if (ret < 0)
		return office_fail(&err);
	tell_counts(telling, code == EXIT_OK);
	return code == EXIT_OK && telling->refused ? EXIT_REFUSED : code;
}

int outcome_wait(struct office *office, uint64_t timeout_ms,
		 const struct outcome *outcome)
{
	struct telling telling = { .office = office, .outcome = outcome };
	struct saved saved;
	int code;

	if (outcome->count == 0)
		return EXIT_OK;
	saved.first = outcome->numbers[0];
	saved.last = outcome->numbers[outcome->count - 1];
	code = deliver_told(office, timeout_ms, &saved);
	return tell_all(&telling, saved.first, code);
}

int outcome_range(struct office *office, uint64_t timeout_ms, uint64_t first,
		  uint64_t last, bool json)
{
	struct outcome outcome = { .json = json };
	uint64_t *numbers;

	if (first == 0)
		return EXIT_OK;
	outcome.count = last - first + 1;
	numbers = arena_array(&office->arena, outcome.count, sizeof(*numbers));
	if (!numbers)
		return EXIT_FAILED;
	for (size_t i = 0; i < outcome.count; i++)
		numbers[i] = first + i;
	outcome.numbers = numbers;
	return outcome_wait(office, timeout_ms, &outcome);
}

struct undelivered {
	uint64_t *numbers;
	size_t count, room;
};

static int note_undelivered(void *arg, const struct outbox_item *item)
{
	struct undelivered *undelivered = arg;

	if (!item->delivered && undelivered->count < undelivered->room)
		undelivered->numbers[undelivered->count++] = item->number;
	return 0;
}

static int find_undelivered(struct office *office, struct undelivered *out,
			    struct err *err)
{
	struct outbox_counts counts;
	int ret = outbox_counts(office->outbox, &counts, err);

	if (ret)
		return ret;
	out->room = counts.waiting + counts.sealed;
	out->numbers = arena_array(&office->arena, out->room + 1,
				   sizeof(*out->numbers));
	if (!out->numbers)
		return err_set(err, ERR_NOMEM, "no memory for what waits");
	ret = outbox_items(office->outbox, 1, note_undelivered, out, err);
	return ret < 0 ? ret : 0;
}

int outcome_sync(struct office *office, uint64_t timeout_ms, bool json)
{
	struct undelivered before = { .count = 0 };
	struct outcome outcome = { .json = json };
	struct telling telling = { .office = office, .outcome = &outcome };
	struct err err;
	int code;

	if (find_undelivered(office, &before, &err))
		return office_fail(&err);
	outcome.numbers = before.numbers;
	outcome.count = before.count;
	code = deliver_told(office, timeout_ms, NULL);
	return tell_all(&telling, before.count ? before.numbers[0] : UINT64_MAX,
			code);
}
