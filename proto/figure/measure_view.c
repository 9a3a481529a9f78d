/*
 * Who is in force, due, and has reported: of a target as a whole or of one
 * unit. Section 6.1 of docs/figures.md.
 */
#include "proto/figure/measure_view.h"

static bool is_open(const struct subject *subject, uint32_t unit, int32_t day)
{
	const struct unit *data = &subject->catalogue->units[unit];

	return (data->opened == DAY_NONE || day >= data->opened) &&
	       (data->closed == DAY_NONE || day <= data->closed);
}

/* Rows are by from: the last one that covers a day governs. */
static const struct roster_row *row_on(const struct roster_row *rows,
				       size_t count, int32_t day)
{
	for (size_t i = count; i-- > 0;)
		if ((rows[i].from == DAY_NONE || rows[i].from <= day) &&
		    (rows[i].until == DAY_NONE || rows[i].until >= day))
			return &rows[i];
	return NULL;
}

const struct roster_row *track_row(const struct track *track, int32_t day)
{
	return row_on(track->quota_rows, track->quota_row_count, day);
}

bool track_in_force(const struct subject *subject, const struct track *track,
		    int32_t day)
{
	return is_open(subject, track->unit, day) &&
	       (track->alone || row_on(track->rows, track->row_count, day));
}

bool track_due(const struct subject *subject, const struct track *track,
	       int32_t day)
{
	if (subject->source_alone &&
	    track->unit == catalogue_source(subject->from))
		return is_open(subject, track->unit, day);
	return track_in_force(subject, track, day);
}

bool track_only(const struct subject *subject, const struct track *track)
{
	int32_t day = subject_goal_day(subject);
	size_t count = 0;

	for (size_t i = 0; i < subject->track_count && count < 2; i++)
		count += track_due(subject, &subject->tracks[i], day);
	return count == 1 && track_due(subject, track, day);
}

bool track_reported(const struct track *track, const struct closed *closed,
		    enum counting counting)
{
	size_t low = 0, high = track->said_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (track->said[middle].end < closed->said_end)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < track->said_count &&
	       track->said[low].end == closed->said_end;
	     low++)
		if (track->said[low].counts[counting])
			return true;
	return false;
}

struct view view_of(struct subject *subject, struct track *unit)
{
	struct view view = { .subject = subject, .unit = unit };
	uint32_t source = catalogue_source(subject->from);

	if (unit) {
		view.tracks = unit;
		view.track_count = 1;
	} else if (subject->source_alone) {
		view.tracks = &subject->tracks[subject->track_of[source]];
		view.track_count = 1;
	} else {
		view.tracks = subject->tracks;
		view.track_count = subject->track_count;
	}
	return view;
}

void view_coverage(const struct view *view, const struct closed *closed,
		   enum counting counting, uint32_t *due, uint32_t *reported)
{
	*due = 0;
	*reported = 0;
	for (size_t i = 0; i < view->track_count; i++) {
		const struct track *track = &view->tracks[i];

		if (!track_due(view->subject, track, closed->end))
			continue;
		++*due;
		*reported += track_reported(track, closed, counting);
	}
}

bool view_ever(const struct view *view, enum counting counting)
{
	for (size_t i = 0; i < view->track_count; i++)
		for (size_t j = 0; j < view->tracks[i].said_count; j++)
			if (view->tracks[i].said[j].counts[counting])
				return true;
	return false;
}

bool view_waits(const struct view *view)
{
	if (!view->subject->from->approve)
		return false;
	for (size_t i = 0; i < view->track_count; i++)
		for (size_t j = 0; j < view->tracks[i].said_count; j++)
			if (view->tracks[i].said[j].waits)
				return true;
	return false;
}
