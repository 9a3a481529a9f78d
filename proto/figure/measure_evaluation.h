/*
 * Inside of the evaluation: its caches, for measure.c and measure_overall.c
 * alone; measure.h is the interface. The files, lowest first:
 *
 *   measure_subject.c    P, E, what counts                sections 5, 6.1
 *   measure_view.c       who is due, has reported         section 6.1
 *   measure_parts.c      parts of units, formulas         sections 6.2, 6.3
 *   measure_record.c     records of a register's items    section 6.3
 *   measure_filter.c     which of them count              sections 4, 6.3
 *   measure_curve.c      tau, curves, planned days        sections 6.1, 6.6
 *   measure_register.c   items, grades, milestones        section 6.3
 *   measure_guard.c      guards                           section 6.3
 *   measure_amount.c     the figure of any kind           sections 6.3, 6.4
 *   measure_force.c      goals in force                   section 4
 *   measure_reference.c  figures of other targets         section 6.5
 *   measure_goal.c       goals, and whether they are met  section 6.5
 *   measure_hold.c       violations                       section 6.4
 *   measure_plan.c       gap and completion rate          section 6.6
 *   measure_parent.c     parents of parts                 section 7
 *   measure_light.c      the ten lines                    section 7
 *   measure_review.c     narrative                        section 7
 *   measure_adjust.c     the centre's adjustments         section 6.8
 *   measure_rank.c       ranks of units                   section 8
 *   measure.c            figures, caches, items
 *   measure_copy.c       figures that outlive the evaluation
 *   measure_overall.c    the first screen, standings      section 8
 *   measure_json.c       lines of JSON                    section 8
 */
#ifndef TALLY_PROTO_MEASURE_EVALUATION_H
#define TALLY_PROTO_MEASURE_EVALUATION_H

#include "proto/figure/measure_subject.h"
#include "proto/figure/measure_view.h"

struct unit_figures {
	const struct figure *list; /* NULL: not yet */
	size_t count;
};

struct evaluation {
	struct basis basis;
	const struct figure **figures; /* by target; NULL: not yet */
	struct unit_figures *units;    /* by target */
	struct subject *subject;       /* of the target looked at last */
	struct aims aims;	       /* of that target as a whole */
};

#endif
