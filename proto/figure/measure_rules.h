/*
 * Inside of the evaluation: what the files measure_*.c share. Nobody else
 * includes this; measure.h is the interface.
 *
 * A subject is one target with what was said about it, made ready: which
 * version of each cell counts, by unit, up to E. A view is a subject seen as
 * a whole, or a single unit of it: both are judged by the same rules.
 *
 *   measure.c          figures, caches, references      sections 6.5, 7
 *   measure_subject.c  P, E, what counts                sections 5, 6.1
 *   measure_view.c     who is due, has reported         section 6.1
 *   measure_parts.c    parts of units, formulas         sections 6.2, 6.3
 *   measure_record.c   records of a register's items     section 6.3
 *   measure_filter.c   which of them count              sections 4, 6.3
 *   measure_register.c items, grades, milestones        section 6.3
 *   measure_guard.c    guards                           section 6.3
 *   measure_hold.c     violations, means over periods   section 6.4
 *   measure_goal.c     goals in force                   section 6.5
 *   measure_plan.c     gap and completion rate          section 6.6
 *   measure_curve.c    tau, curves, planned days        sections 6.1, 6.6
 *   measure_light.c    the ten lines                    section 7
 *   measure_review.c   narrative                        section 7
 *   measure_overall.c  parents, tasks, ranks            sections 7, 8
 *   measure_json.c     lines of JSON                    section 8
 *
 * Nothing here can fail but for memory: results that take memory are NULL
 * then, numbers go through the pool, which remembers.
 */
#ifndef TALLY_PROTO_MEASURE_RULES_H
#define TALLY_PROTO_MEASURE_RULES_H

#include "proto/figure/measure.h"
#include "proto/figure/rational.h"

#define MEASURE_COMPONENTS_MAX 4
#define MEASURE_PLACES DECIMAL_PLACES_MAX /* of sums */
#define MEASURE_PERCENT_PLACES 2
#define MEASURE_SHARE_PLACES 1

struct evaluation {
	struct evaluation_input input;
	const struct catalogue *catalogue;
	struct arena arena; /* figures and their texts */
	struct rationals *numbers;
	uint32_t *ranks; /* place of each unit in the order of ids */
	uint32_t *by_rank;
	const struct figure **figures; /* by target; NULL: not yet */
	struct unit_figures *units;    /* by target */
	struct subject *subject;       /* of the target looked at last */
};

struct unit_figures {
	struct figure *list; /* NULL: not yet */
	size_t count;
};

/* ---- figures and goals ---- */

/* A figure before it is judged. */
struct amount {
	const struct rational *value; /* NULL: none */
	uint32_t step; /* value is this order on the ladder; 0: it is not */
	bool overflow;
	uint32_t done, items; /* milestone */
};

/* A goal in force, resolved. */
struct aim {
	enum compare compare;
	bool stretch;
	bool missing;				      /* its reference */
	uint32_t step;				      /* order; 0: a number */
	const struct rational *value, *lower, *upper; /* edges of the band */
	const struct rational *attain;		      /* A */
	const char *text;			      /* ">=5800" */
};

struct aims {
	struct aim *list; /* floors, else stretches, then stretches beside */
	size_t count;
	size_t deciding; /* of them the first ones are judged */
	bool pending;
	bool only_stretch;
	bool no_quota; /* unit: the target's goal says nothing of it */
};

/* ---- subjects ---- */

/* Which versions count: what is, or as if all that waits were approved. */
enum counting { COUNT_NOW, COUNT_APPROVED_TOO, COUNT_WAYS };

enum review_status {
	REVIEW_NONE,
	REVIEW_APPROVED,
	REVIEW_RETURNED,
	REVIEW_DONE,
	REVIEW_GREEN,
	REVIEW_YELLOW,
	REVIEW_RED,
};

/* A cell of the window up to E in which a known version counts or waits. */
struct said {
	uint32_t unit;
	struct period period;
	int32_t end;
	struct span item;
	const struct cell *cell;
	const struct version *counts[COUNT_WAYS]; /* NULL: none does */
	bool waits;
};

/* A unit of the subject: on its roster, or it has said something. */
struct track {
	uint32_t unit;
	const struct roster_row *rows; /* that put it in force */
	size_t row_count;
	const struct roster_row *quota_rows; /* a reader's own roster */
	size_t quota_row_count;
	bool alone;	   /* no roster: this unit reports alone */
	struct said *said; /* by end of period, then item */
	size_t said_count;
};

/* A closed period of the target. */
struct closed {
	struct period period;
	int32_t end;
	int32_t said_end; /* registers read: end of the last one reported */
};

/* A field that the formula needs. */
struct component {
	const struct field *field;
	struct span id;
	enum field_role role;
	bool max_over_units;
};

struct subject {
	struct evaluation *evaluation;
	const struct catalogue *catalogue;
	struct rationals *numbers;
	uint32_t index;
	const struct target *target;
	const struct target *from; /* whose cells: the register read, or own */
	struct arena arena;
	struct closed *closed; /* the last is P */
	size_t closed_count;   /* 0: no P */
	int32_t first_end;     /* of the window's first period */
	int32_t today;	       /* E */
	bool final;
	bool source_alone; /* official, survey: only the source is due */
	struct said *said; /* by unit id, end of period, item */
	size_t said_count;
	struct track *tracks; /* by unit id */
	size_t track_count;
	uint32_t *track_of; /* by unit; CATALOGUE_NONE */
	struct component components[MEASURE_COMPONENTS_MAX];
	size_t component_count;
	const struct said **by_item;	 /* registers: by item, unit, period */
	const struct item **listed;	 /* items.csv by id */
	const struct plan_point **dates; /* planned days of stages, items */
	size_t date_count;
	uint32_t *stages; /* planned ones, ascending */
	size_t stage_count;
	struct tallies *tallies;
	struct aims aims; /* of the target as a whole */
	bool failed;	  /* out of memory somewhere: no figure may be used */
};

/* until: periods count as closed up to this day, whatever the cut-off;
 * DAY_NONE: the cut-off decides. */
int subject_new(struct evaluation *evaluation, uint32_t target, int32_t until,
		struct subject **out, struct err *err);
void subject_free(struct subject *subject);

/* The kind by which figures are made: of a benchmark its measure. */
enum measure_kind subject_kind(const struct subject *subject);
bool subject_is_register(const struct subject *subject);
uint32_t subject_rank(const struct subject *subject, uint32_t unit);
/* P; only if closed_count is above 0. */
const struct closed *subject_now(const struct subject *subject);
/* The target as a whole, or one unit of it. */
struct view view_of(struct subject *subject, struct track *unit);

/* The row with quota and base that covers a day, NULL if none. */
const struct roster_row *track_row(const struct track *track, int32_t day);
bool track_in_force(const struct subject *subject, const struct track *track,
		    int32_t day);
/* Does the row of this unit, or the target through it, wait for a report? */
bool track_due(const struct subject *subject, const struct track *track,
	       int32_t day);
/* Has it a report for a closed period that counts? */
bool track_reported(const struct track *track, const struct closed *closed,
		    enum counting counting);

/* Review of a version as known; REVIEW_NONE if none. */
enum review_status subject_review(const struct subject *subject,
				  const struct cell *cell, size_t version);
bool subject_knows(const struct subject *subject, uint64_t recv_us);
const struct value *version_value(const struct version *version,
				  struct span field);

/* ---- views ---- */

/* What a register's items come to, of a unit or as a whole. */
struct tallied {
	uint32_t claimed; /* records of which something was said */
	uint32_t passing; /* of them, records that pass filters */
	__int128 sum;	  /* of sum_field, at MEASURE_PLACES */
	bool overflow;
	uint32_t lowest, highest; /* grades that pass; 0: none */
	uint32_t items, reached;  /* milestone */
	bool overdue;
	int slip;
	int32_t planned; /* latest planned day of the goal's stage */
	uint32_t shared, disputed;
};

/* Numbers are NULL where the table of 6.6 has none. */
struct gap {
	const struct rational *plan; /* X */
	const struct rational *points;
	const struct rational *rate, *used, *left;
	bool planned; /* judged by the plan, else directly */
};

struct view {
	struct subject *subject;
	struct track *tracks; /* whose parts count */
	size_t track_count;
	struct track *unit; /* NULL: the target as a whole */
	struct aims aims;
	const struct aims *whole; /* unit: the target's aims */
	struct amount amount;
	struct tallied tallied; /* registers, at E */
	uint32_t due, reported;
	bool violated;
	struct gap gap; /* under the goal that is farthest from met */
};

/* Due and reported for a closed period. */
void view_coverage(const struct view *view, const struct closed *closed,
		   enum counting counting, uint32_t *due, uint32_t *reported);
/* Was there any report up to E that counts? */
bool view_ever(const struct view *view, enum counting counting);
bool view_waits(const struct view *view);
/* The only unit that could report at E? */
/* As of which day goals are read: E, or while no period is closed, the
 * cut-off within the window. */
int32_t subject_goal_day(const struct subject *subject);
bool track_only(const struct subject *subject, const struct track *track);

/* ---- parts ---- */

struct part {
	bool has;
	__int128 units; /* at MEASURE_PLACES */
};

struct track_parts {
	size_t next; /* said not yet absorbed */
	struct part parts[MEASURE_COMPONENTS_MAX];
};

/* Parts of a view's units, period by period. */
struct run {
	const struct view *view;
	enum counting counting;
	struct track_parts *tracks;
	bool overflow;
};

int run_start(struct run *run, const struct view *view, enum counting counting);
void run_advance(struct run *run, int32_t end);
struct amount run_amount(const struct run *run, int32_t day);

/* ---- registers ---- */

struct record {
	struct span item; /* empty: the unit is the item */
	const struct item *listed;
	uint32_t governs; /* CATALOGUE_NONE: nothing was said */
	uint32_t credited;
	uint32_t claims;
	bool disputed;
	const struct value **values; /* by field of the register; NULL: none */
	uint32_t stage, grade;	     /* orders on the target's ladder */
	const struct value *date;    /* NULL: none */
};

/* As of which day, and whose claims count; CATALOGUE_NONE: everybody's. */
struct register_asked {
	int32_t day;
	enum counting counting;
	uint32_t only;
};

/* Tallies by track, kept for later questions of the same subject. */
struct tallies {
	struct tallies *next;
	struct register_asked asked;
	uint32_t step;
	struct tallied *by_track;
};

int register_prepare(struct subject *subject);
/* A source's figure is of its own claims alone, and so is then a unit's. */
uint32_t register_heard(const struct view *view);
/* The records as of a day, by item; with listed items of which nothing was
 * said, without withdrawn ones. ERR_NOMEM. */
int register_records(const struct subject *subject, struct register_asked asked,
		     struct arena *arena, struct record **out, size_t *count);
bool register_passes(const struct subject *subject,
		     const struct record *record);
/* As of a day; step is the order a milestone is to reach. */
struct tallied register_tally(const struct view *view, int32_t day,
			      enum counting counting, uint32_t step);
/* A milestone's item: when it was to be where, and how overdue it is. */
void register_slip(const struct subject *subject, const struct record *record,
		   uint32_t step, struct tallied *tallied);
struct amount register_amount(const struct view *view, int32_t day,
			      enum counting counting);
/* The order that a milestone must reach under an aim. */
uint32_t register_step(const struct aim *aim);
/* Of the goal that decides; 0: none. */
uint32_t register_view_step(const struct view *view);

/* ---- guards ---- */

struct amount guard_amount(const struct view *view, enum counting counting);
bool guard_complete(const struct view *view, enum counting counting);

/* ---- the figure ---- */

/* At E. */
int measure_amount(struct view *view, enum counting counting,
		   struct amount *out);
/* Violations of 6.4 for the view; with hold=mean the mean of the periods'
 * figures replaces the amount. */
int measure_hold(struct view *view, enum counting counting);
/* The step beyond a goal that > and < ask for, 6.5. */
const struct rational *measure_step(const struct subject *subject);

/* ---- goals ---- */

int aims_resolve(struct subject *subject, int32_t day, struct aims *out,
		 struct err *err);
/* Of a unit, from the target's. */
int aims_of_unit(struct subject *subject, const struct track *track,
		 const struct aims *whole, struct aims *out);
bool aim_met(const struct view *view, const struct aim *aim,
	     const struct amount *amount);
/* -1: cannot be said. stretches: those beside the floors. */
int aims_met(const struct view *view, bool stretches);
/* Is it a budget: a goal <= or < on flow or items? */
bool aim_is_cap(const struct subject *subject, const struct aim *aim);
/* Of the goals that decide. */
bool view_has_cap(const struct view *view);

/* The figure of another target at a day that ends one of its periods; *out
 * is NULL if there is no report for exactly that period. */
int measure_reference(struct evaluation *evaluation, uint32_t target,
		      int32_t end, const struct rational **out,
		      struct err *err);

/* ---- plans ---- */

/* Sorts the planned days of stages and items. */
int plan_prepare(struct subject *subject);
/* The amount is there, the aim not missing. */
struct gap plan_gap(const struct view *view, const struct aim *aim);
/* From from to full over the window, as the plan has it at E. */
const struct rational *plan_expected(const struct view *view,
				     const struct aim *aim,
				     const struct rational *from,
				     const struct rational *full);
bool plan_has_curve(const struct view *view);
/* tau's share of a window at a day, 6.1. */
const struct rational *plan_share(struct rationals *numbers, int32_t start,
				  int32_t end, int32_t day);
/* The day on which a record is planned to reach a stage; DAY_NONE if none. */
int32_t plan_day(const struct subject *subject, const struct record *record,
		 uint32_t stage, uint32_t goal_step);
int plan_month_ends(int32_t by, int32_t day);
/* How many listed items are planned to count by E; of a unit its own. False
 * if no item is dated. */
bool plan_items(const struct view *view, int64_t *out);

/* ---- lights ---- */

/* Fills the figure from the view: all but target, unit and rank. */
int light_judge(struct view *view, struct figure *figure, struct err *err);
/* A unit's last report that counts. */
void light_write_last(struct view *view, struct figure *figure);
/* The same for narratives. */
void review_judge(struct view *view, struct figure *figure);
/* Somebody has not done his part; all other grey waits. */
bool why_is_silent(enum why why);

/* ---- the evaluation ---- */

/* A number's text in the evaluation's arena; "" for NULL. */
const char *measure_text(struct subject *subject, const struct rational *number,
			 unsigned places);
/* The target's figure anew, not from the cache. */
int overall_parent(struct evaluation *evaluation, uint32_t target,
		   struct figure *figure, struct err *err);
/* Ranks unit rows by what their gaps say. */
int overall_rank(struct subject *subject, struct figure *figures,
		 const struct gap *gaps, size_t count);

#endif
