/*
 * The catalogue: units, targets and all that says how targets are judged, as
 * loaded from the folder of CSV files that docs/figures.md describes.
 *
 * Loading is pure: bytes of files in, an immutable catalogue out, or the list
 * of everything that is wrong. All memory belongs to the catalogue. References
 * between things are indexes into its arrays; CATALOGUE_NONE where there is
 * none. Texts are NUL-terminated, never NULL, empty where nothing was given.
 */
#ifndef TALLY_PROTO_CATALOGUE_H
#define TALLY_PROTO_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "proto/day.h"
#include "proto/decimal.h"
#include "proto/period.h"

#define CATALOGUE_NONE UINT32_MAX
#define CATALOGUE_FILE_BYTES_MAX (64 * 1024 * 1024)
#define CATALOGUE_FILE_COUNT 13
#define CATALOGUE_PROBLEMS_MAX 10000

enum unit_kind {
	UNIT_REGION,
	UNIT_STREET,
	UNIT_TOWN,
	UNIT_VILLAGE,
	UNIT_DEPARTMENT,
	UNIT_PARK,
	UNIT_ENTERPRISE,
	UNIT_OFFICIAL,
};

struct unit {
	const char *id, *name_zh, *name_en, *group;
	enum unit_kind kind;
	uint32_t parent;
	uint32_t place;		/* among all units, in the order of their ids */
	int32_t opened, closed; /* first and last day; DAY_NONE: no limit */
};

struct unit_code {
	const char *scheme, *code;
	uint32_t unit;
	int32_t from, until; /* DAY_NONE: no limit */
};

enum measure_kind {
	KIND_FLOW,
	KIND_LEVEL,
	KIND_NET,
	KIND_GROWTH,
	KIND_RATIO,
	KIND_LIMIT,
	KIND_MILESTONE,
	KIND_ITEMS,
	KIND_GRADE,
	KIND_GUARD,
	KIND_BENCHMARK,
	KIND_NARRATIVE,
};

enum entry_mode { ENTRY_YTD, ENTRY_PERIOD };
enum given_mode { GIVEN_PARTS, GIVEN_RATE };
enum authority { AUTHORITY_SUMMED, AUTHORITY_OFFICIAL, AUTHORITY_SURVEY };
enum take_mode { TAKE_MEAN, TAKE_WORST, TAKE_COUNT, TAKE_BEST };
enum hold_mode { HOLD_END, HOLD_EVERY, HOLD_MEAN };

enum compare {
	COMPARE_GE,
	COMPARE_GT,
	COMPARE_LE,
	COMPARE_LT,
	COMPARE_EQ,
	COMPARE_ABOUT, /* within a band, edges included */
	COMPARE_NONE,  /* shown, not judged */
	COMPARE_PENDING,
};

/* What a field is to the evaluation. */
enum field_role {
	FIELD_VALUE,
	FIELD_OPENED,
	FIELD_CLOSED,
	FIELD_CURRENT,
	FIELD_BASE,
	FIELD_CURRENT_DEN,
	FIELD_BASE_DEN,
	FIELD_NUM,
	FIELD_DEN,
	FIELD_CASES,
	FIELD_TOTAL,
	FIELD_WORST,
	FIELD_VIOLATIONS,
	FIELD_MEASURED,
	FIELD_LIMIT,
	FIELD_STAGE,
	FIELD_GRADE,
	FIELD_DATE,
	FIELD_WORKS,
	FIELD_TEXT,
	FIELD_ATTRIBUTE, /* of items */
	FIELD_MEMO,	 /* shown, never judged */
};

enum field_type { TYPE_DECIMAL, TYPE_TEXT, TYPE_DATE, TYPE_SET, TYPE_STEP };
enum field_time { TIME_SUM, TIME_LAST, TIME_MAX };

/* The kind's own fields, as fields.csv relabels them, then its further ones. */
struct field {
	const char *id, *name_zh, *name_en, *uom_zh, *uom_en;
	enum field_role role;
	enum field_type type;
	uint8_t decimals;
	struct decimal factor;
	enum field_time time;
	bool max_over_units; /* else sum */
	bool needed;	     /* the kind needs it in every report */
	bool required;	     /* attribute: with an item's first row */
};

enum goal_reference { REF_NONE, REF_SERIES, REF_TARGET };
enum reference_period { REF_SAME, REF_LAST_YEAR, REF_FIXED };

struct goal {
	const char *id, *approval, *note;
	bool stretch; /* else a floor */
	enum compare compare;
	bool has_value;
	struct decimal value;
	uint32_t step; /* order on the ladder; 0: value or reference counts */
	struct decimal width;
	enum goal_reference reference;
	uint32_t ref; /* of series or targets */
	enum reference_period ref_period;
	struct period ref_fixed;
	struct decimal offset;
	int32_t from; /* DAY_NONE: from the beginning */
};

struct roster_row {
	uint32_t unit;
	bool has_quota, has_base;
	struct decimal quota, base;
	int32_t from, until; /* DAY_NONE: no limit */
	const char *note;
};

struct plan_point {
	uint32_t unit;	  /* CATALOGUE_NONE: every unit, the total */
	const char *item; /* empty: every item */
	uint32_t stage;	  /* order on the ladder; 0: not of stages */
	int32_t by;
	bool has_percent, has_value;
	struct decimal percent, value;
	bool line; /* else step */
};

struct item {
	const char *id, *name_zh, *name_en;
	uint32_t unit;
};

enum filter_field {
	FILTER_ATTRIBUTE,
	FILTER_STAGE,
	FILTER_GRADE,
	FILTER_DATE,
	FILTER_UNIT
};
enum filter_op {
	FILTER_EQ,
	FILTER_NE,
	FILTER_GE,
	FILTER_GT,
	FILTER_LE,
	FILTER_LT,
	FILTER_ANY
};

struct filter {
	enum filter_field what;
	const char *field; /* attribute's id, by name in the register read */
	enum field_type type;
	enum filter_op op;
	const char **texts; /* text, set, any; one unless op is any */
	size_t text_count;
	struct decimal number; /* decimal */
	int32_t day;	       /* date */
	uint32_t order;	       /* stage, grade */
	uint32_t unit;
};

struct step {
	const char *id, *name_zh, *name_en;
	uint32_t order; /* from 1 */
};

struct ladder {
	const char *id;
	struct step *steps; /* by order */
	size_t step_count;
};

struct target {
	const char *id, *name_zh, *name_en, *section, *note, *uom_zh, *uom_en;
	enum measure_kind kind;
	enum measure_kind measure; /* kind; of a benchmark what it measures */
	uint8_t decimals;
	struct decimal scale;
	enum period_type period;
	enum entry_mode entry;
	enum given_mode given;
	int32_t start, end; /* window */
	int first_month;    /* of the window */
	bool has_first_period;
	struct period first_period;
	int lag_months;
	int due_days, close_days;
	bool due_working, close_working; /* counted in working days */
	bool annual_only;
	bool has_base;
	struct decimal base;
	enum take_mode take;
	uint32_t sum_field; /* index into fields of the register */
	enum hold_mode hold;
	bool subset;
	uint32_t ladder;
	bool closed_list;
	bool unit_items; /* milestone: each unit is one item */
	uint32_t reads;	 /* register: the target whose items it reads */
	uint32_t part_of;
	bool is_parent;
	uint32_t of_which;
	const char *see;
	uint32_t lead;
	uint32_t *cooperating;
	size_t cooperating_count;
	enum authority authority;
	uint32_t source;
	bool approve;
	struct decimal yellow_from, red_above;

	struct roster_row *roster; /* by unit id, then from */
	size_t roster_count;
	struct goal *goals; /* by first appearance of id, then from */
	size_t goal_count;
	struct plan_point *plans; /* by day */
	size_t plan_count;
	struct item *items; /* in order of the file */
	size_t item_count;
	struct field *fields;
	size_t field_count;
	struct filter *filters;
	size_t filter_count;
};

struct series_point {
	struct period period;
	struct decimal value;
	const char *source, *published;
};

struct series {
	const char *id, *name_zh;
	struct series_point *points; /* by period */
	size_t point_count;
};

struct calendar_day {
	int32_t day;
	bool work; /* else off */
};

struct settings {
	const char *title_zh, *title_en;
	int32_t start, end; /* DAY_NONE: not given */
	int resend_days;
	int slip_red;
	struct decimal coverage_min;
	uint32_t redact; /* unit whose officials redact; CATALOGUE_NONE */
};

struct catalogue {
	struct arena arena;
	struct settings settings;
	struct unit *units; /* in order of the file */
	size_t unit_count;
	struct unit_code *codes;
	size_t code_count;
	struct target *targets; /* in order of the file */
	size_t target_count;
	struct ladder *ladders;
	size_t ladder_count;
	struct series *series;
	size_t series_count;
	struct calendar_day *calendar; /* by day */
	size_t calendar_count;
	struct intern target_ids, unit_ids; /* id -> index */
	struct intern field_names;	    /* every field of every target */
};

/* ---- loading ---- */

struct catalogue_file {
	const char *name; /* "targets.csv" */
	struct span bytes;
};

struct problem {
	const char *file;
	uint32_t row;	    /* 0: the file as such */
	const char *column; /* empty: the row as such */
	const char *text;
	bool warning; /* told, not refused */
};

struct problems {
	struct arena arena;
	struct problem *list; /* by file in the order of docs/figures.md,
				 then row */
	size_t count;
	size_t errors; /* those that are not warnings */
};

void problems_init(struct problems *problems);
void problems_release(struct problems *problems);
/* Puts further ones behind those that are listed; their texts must live as
 * long as the list, see problems_text. ERR_NOMEM. */
int problems_add(struct problems *problems, const struct problem *added,
		 size_t count);
/* A line each, "file:row:column: text", without what is not known of the place;
 * of a warning the text begins with "warning: ". chinese: the texts are, which
 * otherwise are English. Appends to out. */
void problems_write(const struct problems *problems, bool chinese,
		    struct strbuf *out);
/* A copy in the list's arena; "" without memory. */
const char *problems_text(struct problems *problems, struct span text);

/* The 13 file names in the order of docs/figures.md. */
extern const char *const catalogue_file_names[CATALOGUE_FILE_COUNT];

/*
 * Loads, or lists every error. 0: *out is a catalogue (problems may hold
 * warnings). ERR_INVALID: problems says why. ERR_NOMEM.
 */
int catalogue_load(const struct catalogue_file *files, size_t count,
		   struct catalogue **out, struct problems *problems);
void catalogue_free(struct catalogue *catalogue);

/* Goals and plans of such a target are steps of its ladder. */
bool target_judged_by_step(const struct target *target);

/* One file as agents send it: UTF-8, LF, the columns in order, no blank rows.
 * Appends to out. */
int catalogue_normalise(const struct catalogue_file *file, struct strbuf *out,
			struct err *err);

/* A goal row whose window has begun at today may not be changed or removed:
 * the first such row of before that after lacks, or -1. On a find *target is
 * its index in before. */
long catalogue_goal_changed(const struct catalogue *before,
			    const struct catalogue *after, int32_t today,
			    uint32_t *target);
/* All of them, one after the other: the next at *at or behind it, which is
 * moved there; add 1 to at->goal to go on. */
struct goal_place {
	uint32_t target, goal; /* in before */
};
bool catalogue_goal_broken(const struct catalogue *before,
			   const struct catalogue *after, int32_t today,
			   struct goal_place *at);

/* First day of a goal row. */
int32_t catalogue_goal_begins(const struct target *target,
			      const struct goal *goal);
/* ">=5800", "~30±0.5", ">=completed", ">=series:pension last-year +0.5",
 * "none", "pending"; of a stretch with " stretch" behind it. */
void catalogue_goal_print(const struct catalogue *catalogue,
			  const struct target *target, const struct goal *goal,
			  struct strbuf *out);

/* ---- look-ups ---- */

uint32_t catalogue_target(const struct catalogue *, struct span id);
/* By id, or by a code valid on day. */
uint32_t catalogue_unit(const struct catalogue *, struct span id_or_code,
			int32_t day);

/* The roster row in force for a unit on a day, NULL if it is not in force
 * (also when the unit is not open then). A target without rows has its lead,
 * or its source, in force: see catalogue_in_force. */
const struct roster_row *catalogue_roster(const struct catalogue *,
					  const struct target *, uint32_t unit,
					  int32_t day);
bool catalogue_in_force(const struct catalogue *, const struct target *,
			uint32_t unit, int32_t day);

/* The unit that reports alone or states official figures. */
uint32_t catalogue_source(const struct target *target);

/* Order of a step, 0 if the ladder lacks it. */
uint32_t catalogue_step(const struct catalogue *, const struct target *,
			struct span step);
const struct field *catalogue_field(const struct target *, struct span id);
const struct item *catalogue_item(const struct target *, struct span id);

bool catalogue_period_in_window(const struct target *, struct period);

/* Days on which a report for the period is due, and on which it closes. */
int32_t catalogue_due_day(const struct catalogue *, const struct target *,
			  struct period);
int32_t catalogue_close_day(const struct catalogue *, const struct target *,
			    struct period);

/* Names as in the files. */
const char *measure_kind_name(enum measure_kind kind);
/* As the files have them. */
const char *unit_kind_name(enum unit_kind kind);
const char *authority_name(enum authority authority);
const char *compare_name(enum compare compare); /* ">=", "eq", "about" */

#endif
