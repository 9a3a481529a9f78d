#include "agent/desk.h"

#include <string.h>

#include "agent/outcome.h"

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

static bool is_narrative(const struct desk *desk, const struct entry *entry)
{
	uint32_t target = desk->catalogue ?
				  catalogue_target(desk->catalogue,
						   entry->report.target) :
				  CATALOGUE_NONE;

	return target != CATALOGUE_NONE &&
	       desk->catalogue->targets[target].kind == KIND_NARRATIVE;
}

const char *desk_advice(const struct desk *desk, const struct entry *entry,
			enum verdict verdict, const char *column)
{
	enum language language = desk->office->language;

	if (entry->adjust && verdict == VERDICT_NOT_YOUR_UNIT)
		return message_text(language, MESSAGE_NOT_AN_OFFICIAL);
	if (!entry->review || verdict != VERDICT_VALUE_MALFORMED)
		return verdict_advice(language, verdict);
	if (!strcmp(column, "version"))
		return message_text(language, MESSAGE_REVIEW_VERSION);
	return message_text(language, is_narrative(desk, entry) ?
					      MESSAGE_REVIEW_LIGHTS :
					      MESSAGE_REVIEW_WORDS);
}

int desk_wait(struct desk *desk, uint64_t timeout_ms, const uint64_t *numbers,
	      const uint32_t *rows, size_t count, const char *file)
{
	const struct outcome outcome = { .numbers = numbers,
					 .count = count,
					 .rows = rows,
					 .file = file,
					 .single = !rows,
					 .json = desk->json };

	desk_unlock(desk);
	return outcome_wait(desk->office, timeout_ms, &outcome);
}

int desk_administrator(struct office *office)
{
	struct slice_kept kept;

	if (slice_read(office->outbox, &office->arena, &kept, NULL) ||
	    !kept.roles || kept.roles & 1u << ROLE_ADMIN)
		return EXIT_OK;
	message_print(stderr, office->language, MESSAGE_NOT_ADMINISTRATOR,
		      verdict_name(VERDICT_NOT_ALLOWED),
		      verdict_advice(office->language, VERDICT_NOT_ALLOWED));
	return EXIT_REFUSED;
}
