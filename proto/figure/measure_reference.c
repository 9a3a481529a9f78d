#include "proto/figure/measure_reference.h"

#include "proto/figure/measure_amount.h"
#include "proto/figure/measure_curve.h"
#include "proto/figure/measure_force.h"
#include "proto/figure/measure_record.h"

int subject_open(struct basis *basis, uint32_t target, int32_t until,
		 struct subject **out, struct err *err)
{
	struct subject *subject;
	int rc = subject_new(basis, target, until, &subject, err);

	if (rc)
		return rc;
	if (plan_prepare(subject) || record_prepare(subject)) {
		subject_free(subject);
		return err_set(err, ERR_NOMEM, "no memory for a target");
	}
	*out = subject;
	return 0;
}

static bool anybody_reported(const struct view *view)
{
	for (size_t i = 0; i < view->track_count; i++)
		if (track_reported(&view->tracks[i], subject_now(view->subject),
				   COUNT_NOW))
			return true;
	return false;
}

static int amount_at(struct subject *subject, int32_t end,
		     const struct rational **out, struct err *err)
{
	struct view view = view_of(subject, NULL);
	int rc;

	if (!subject->closed_count || subject->today != end ||
	    !anybody_reported(&view))
		return 0;
	view.step = force_deciding_step(subject->target, subject->today);
	rc = amount_of(&view, COUNT_NOW, &view.amount);
	if (rc)
		return err_set(err, rc, "no memory for a reference");
	if (!view.amount.overflow)
		*out = view.amount.value;
	return subject_check_memory(subject, err);
}

int reference_amount(struct basis *basis, uint32_t target, int32_t end,
		     const struct rational **out, struct err *err)
{
	struct subject *subject;
	int rc;

	*out = NULL;
	if (basis->catalogue->targets[target].is_parent)
		return 0;
	rc = subject_open(basis, target, end, &subject, err);
	if (rc)
		return rc;
	rc = amount_at(subject, end, out, err);
	subject_free(subject);
	return rc;
}
