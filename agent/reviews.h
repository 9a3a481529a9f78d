/*
 * What this office knows of reviews: what waits for its own, and what became
 * of the reports of its units. Offline: the last that was heard.
 */
#ifndef TALLY_AGENT_REVIEWS_H
#define TALLY_AGENT_REVIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/desk.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "proto/catalogue/catalogue.h"
#include "proto/talk.h"

/* How a report concerns the office. */
enum review_place {
	REVIEW_TO_DO,	 /* it waits for this office's review */
	REVIEW_RETURNED, /* ours: to be corrected and sent again */
	REVIEW_WAITING,	 /* ours: waits for its lead department */
	REVIEW_JUDGED,	 /* ours: approved, or with its light */
	REVIEW_PLACES	 /* not at all */
};

/* leads: the office reviews for the target; ours: the report is of one of its
 * units. status: of the newest review, empty if there is none. */
enum review_place review_place(const struct target *target, bool leads,
			       bool ours, struct span status);

/* The last day on which a returned report can be sent again. returned_us: 0 if
 * it is not known. */
int32_t review_resend_by(const struct catalogue *catalogue,
			 const struct target *target, struct period period,
			 uint64_t returned_us, int zone_minutes);

struct reviewed {
	enum review_place place;
	const struct target *target;
	uint32_t unit; /* index in the catalogue, or CATALOGUE_NONE */
	struct period period;
	int32_t due;   /* day, of the report */
	int32_t until; /* day, of what was returned: to send it again */
	struct head head;
	/* the same unit and item a period earlier; count 0: nothing known */
	const struct cell_text *last;
	size_t last_count;
};

struct reviews {
	const struct catalogue *catalogue; /* NULL: none known, all is empty */
	struct arena arena;
	struct reviewed *list; /* by place, the oldest first */
	size_t count;
	size_t counts[REVIEW_PLACES];
	struct intern keys; /* of heads, as cells_key */
	struct head *heads; /* by number in keys */
	size_t heads_size;
};

/* From the desk's slice and cells, which must outlive it. */
int reviews_load(struct reviews *reviews, const struct desk *desk,
		 struct err *err);
void reviews_release(struct reviews *reviews);
/* The first of a place; there are counts[place]. */
const struct reviewed *reviews_of(const struct reviews *reviews,
				  enum review_place place);

/* ---- how they are shown ---- */

const char *review_target_name(enum language language,
			       const struct target *target);
const char *review_unit_name(enum language language,
			     const struct catalogue *catalogue, uint32_t unit);
/* Must a value say which field it is of? Not of the only one that every report
 * of the target has. */
bool review_names_field(const struct target *target, struct span field);
/* A figure: "118", "opened=3600 closed=1350", 形象进度=开工. */
void review_figure(struct strbuf *out, enum language language,
		   const struct catalogue *catalogue,
		   const struct target *target, const struct cell_text *cells,
		   size_t count);

#endif
