/*
 * Narratives: there is no figure, the light is the reviewer's. Section 7 of
 * docs/figures.md, last paragraph.
 *
 * The review that counts is the one of the version that counts: a new text is
 * not yet reviewed.
 */
#include "proto/figure/measure_review.h"

struct opinion {
	bool wrote;
	bool reviewed;
	enum light light;
};

static struct opinion opinion_of(const struct subject *subject,
				 const struct track *track)
{
	struct opinion opinion = { 0 };

	for (size_t i = 0; i < track->said_count; i++) {
		const struct said *said = &track->said[i];
		const struct version *version = said->counts[COUNT_NOW];

		if (said->end != subject_now(subject)->said_end)
			continue;
		opinion.wrote = true;
		if (!version)
			continue;
		switch (subject_review(
			subject, said->cell,
			(size_t)(version - said->cell->versions))) {
		case REVIEW_DONE:
			opinion.light = LIGHT_DONE;
			break;
		case REVIEW_GREEN:
			opinion.light = LIGHT_GREEN;
			break;
		case REVIEW_YELLOW:
			opinion.light = LIGHT_YELLOW;
			break;
		case REVIEW_RED:
			opinion.light = LIGHT_RED;
			break;
		case REVIEW_NONE:
		case REVIEW_APPROVED:
		case REVIEW_RETURNED:
			continue;
		}
		opinion.reviewed = true;
	}
	return opinion;
}

void review_judge(struct view *view, struct figure *figure)
{
	const struct subject *subject = view->subject;
	uint32_t lead = subject->track_of[subject->target->lead];
	enum light worst = LIGHT_DONE;
	struct opinion opinion;
	bool wrote = false, all = true, any = false;

	if (!subject->closed_count) {
		figure->why = WHY_NOT_DUE;
		return;
	}
	view_coverage(view, subject_now(subject), COUNT_NOW, &figure->due,
		      &figure->reported);
	if (!view->unit && lead != CATALOGUE_NONE) {
		opinion = opinion_of(subject, &subject->tracks[lead]);
		if (opinion.reviewed) {
			figure->light = opinion.light;
			return;
		}
	}
	for (size_t i = 0; i < view->track_count; i++) {
		opinion = opinion_of(subject, &view->tracks[i]);
		wrote = wrote || opinion.wrote;
		if (!track_due(subject, &view->tracks[i], subject->today))
			continue;
		any = true;
		all = all && opinion.reviewed;
		if (opinion.reviewed && opinion.light < worst)
			worst = opinion.light;
	}
	if (any && all)
		figure->light = worst;
	else
		figure->why = wrote ? WHY_NO_REVIEW : WHY_NO_REPORT;
}
