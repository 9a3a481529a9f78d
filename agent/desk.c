#include "agent/desk.h"

#include <stdio.h>
#include <string.h>

#include "agent/deliver.h"

static int read_desk(struct desk *desk, struct err *err)
{
	struct office *office = desk->office;
	int ret = slice_read(office->outbox, &office->arena, &desk->kept, err);

	if (ret && ret != ERR_NOTFOUND)
		return ret;
	if (!ret)
		desk->catalogue = slice_catalogue(&desk->kept);
	ret = cells_load(&desk->cells, office->outbox, desk->catalogue,
			 clock_now_us(&office->clock), err);
	return ret ? ret :
		     cells_load_reviews(&desk->cells, office->outbox, err);
}

int desk_look(struct desk *desk, struct office *office, struct err *err)
{
	memset(desk, 0, sizeof(*desk));
	desk->office = office;
	desk->lock = -1;
	return read_desk(desk, err);
}

int desk_open(struct desk *desk, struct office *office, struct err *err)
{
	int ret;

	memset(desk, 0, sizeof(*desk));
	desk->office = office;
	desk->lock = -1;
	ret = office_lock_saving(office, &desk->lock, err);
	return ret ? ret : read_desk(desk, err);
}

void desk_unlock(struct desk *desk)
{
	if (desk->lock >= 0)
		office_unlock_saving(desk->lock);
	desk->lock = -1;
}

void desk_close(struct desk *desk)
{
	desk_unlock(desk);
	cells_release(&desk->cells);
	catalogue_free(desk->catalogue);
}

struct span desk_unit(const struct desk *desk)
{
	return desk->kept.unit_count ? desk->kept.units[0] : span_of(NULL, 0);
}

int desk_head(const struct desk *desk, const struct report *report,
	      struct head *out, struct err *err)
{
	char key[CELLS_KEY_BYTES];

	return outbox_head(desk->office->outbox,
			   span_of(key, cells_key(report, key)),
			   &desk->office->arena, out, err);
}

int desk_prepare(const struct desk *desk, struct entry *entry, struct err *err)
{
	int ret;

	if (entry->report.unit.len == 0)
		entry->report.unit = desk_unit(desk);
	ret = entry_canonical(entry, desk->catalogue, &desk->office->arena,
			      err);
	return ret ? ret : entry_shape(entry, err);
}

/* As the collector looks at it first; what is unknown gets another verdict. */
static bool is_anothers(const struct desk *desk, const struct entry *entry)
{
	uint32_t unit =
		intern_find(&desk->catalogue->unit_ids, entry->report.unit);

	if (unit == INTERN_NONE || desk->kept.unit_count == 0)
		return false;
	return !slice_speaks_for(&desk->kept, entry->report.unit);
}

/* Only the lead's reviewers review. */
static bool is_anothers_review(const struct desk *desk,
			       const struct entry *entry)
{
	const struct catalogue *catalogue = desk->catalogue;
	uint32_t number = catalogue_target(catalogue, entry->report.target);
	uint32_t lead;

	if (number == CATALOGUE_NONE || desk->kept.unit_count == 0)
		return false;
	if (desk->kept.roles && !(desk->kept.roles & 1u << ROLE_REVIEWER))
		return true;
	lead = catalogue->targets[number].lead;
	return lead == CATALOGUE_NONE ||
	       !slice_speaks_for(&desk->kept,
				 span_of_text(catalogue->units[lead].id));
}

static enum verdict check_review(const struct desk *desk,
				 const struct entry *entry, const char **column)
{
	enum verdict verdict;

	if (desk->catalogue && is_anothers_review(desk, entry)) {
		*column = "target";
		return VERDICT_NOT_YOUR_UNIT;
	}
	verdict = entry_check_review(entry, &desk->cells, column);
	if (verdict || !desk->catalogue)
		return verdict;
	return entry_check(entry, &desk->cells, desk->office->zone_minutes,
			   &desk->office->arena, column);
}

/* Only officials adjust. */
static enum verdict check_adjust(const struct desk *desk,
				 const struct entry *entry, const char **column)
{
	enum verdict verdict = VERDICT_ADMITTED;

	if (desk->kept.roles && !(desk->kept.roles & 1u << ROLE_OFFICIAL))
		return VERDICT_NOT_YOUR_UNIT;
	if (desk->catalogue)
		verdict = entry_check(entry, &desk->cells,
				      desk->office->zone_minutes,
				      &desk->office->arena, column);
	return verdict ? verdict :
			 entry_check_adjust(entry, &desk->cells, column);
}

enum verdict desk_check(const struct desk *desk, const struct entry *entry,
			const char **column)
{
	*column = "";
	if (entry->review)
		return check_review(desk, entry, column);
	if (entry->adjust)
		return check_adjust(desk, entry, column);
	if (!desk->catalogue)
		return VERDICT_ADMITTED;
	if (is_anothers(desk, entry)) {
		*column = "unit";
		return VERDICT_NOT_YOUR_UNIT;
	}
	return entry_check(entry, &desk->cells, desk->office->zone_minutes,
			   &desk->office->arena, column);
}

const char *desk_advice(const struct desk *desk, const struct entry *entry,
			enum verdict verdict, const char *column)
{
	enum language language = desk->office->language;

	if (entry->adjust && verdict == VERDICT_NOT_YOUR_UNIT)
		return message_text(language, MESSAGE_NOT_AN_OFFICIAL);
	if (!entry->review || verdict != VERDICT_VALUE_MALFORMED)
		return verdict_advice(language, verdict);
	return message_text(language, !strcmp(column, "version") ?
					      MESSAGE_REVIEW_VERSION :
					      MESSAGE_REVIEW_WORDS);
}

struct outcome {
	const struct desk *desk;
	const uint64_t *numbers;
	const uint32_t *rows;
	size_t count, next;
	const char *file;
	size_t refused;
};

static void tell_outcome(struct outcome *outcome,
			 const struct outbox_item *item)
{
	enum language language = outcome->desk->office->language;

	outcome->refused += item->verdict != 0;
	if (!outcome->rows) {
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
	} else if (item->verdict) {
		message_print(stderr, language, MESSAGE_ROW_REFUSED,
			      outcome->file, outcome->rows[outcome->next],
			      verdict_name(item->verdict),
			      verdict_advice(language, item->verdict),
			      (unsigned long long)item->index, item->n);
	}
}

static int visit(void *arg, const struct outbox_item *item)
{
	struct outcome *outcome = arg;

	while (outcome->next < outcome->count &&
	       outcome->numbers[outcome->next] < item->number)
		outcome->next++;
	if (outcome->next == outcome->count)
		return 1;
	if (outcome->numbers[outcome->next] == item->number)
		tell_outcome(outcome, item);
	return 0;
}

int desk_wait(struct desk *desk, uint64_t timeout_ms, const uint64_t *numbers,
	      const uint32_t *rows, size_t count, const char *file)
{
	struct outcome outcome = { .desk = desk,
				   .numbers = numbers,
				   .rows = rows,
				   .count = count,
				   .file = file };
	struct err err;
	int code, ret;

	desk_unlock(desk);
	if (count == 0)
		return EXIT_OK;
	code = deliver_told(desk->office, timeout_ms,
			    &(struct saved){ .first = numbers[0],
					     .last = numbers[count - 1] });
	if (code)
		return code;
	ret = outbox_items(desk->office->outbox, numbers[0], visit, &outcome,
			   &err);
	if (ret < 0)
		return office_fail(&err);
	return outcome.refused ? EXIT_REFUSED : EXIT_OK;
}
