#include "proto/figure/figures_answer.h"

#include "proto/figure/figures_changes.h"
#include "proto/figure/figures_counts.h"
#include "proto/figure/figures_page.h"
#include "proto/figure/figures_standings.h"
#include "proto/figure/figures_suspect.h"
#include "proto/figure/figures_table.h"

struct answer {
	const struct figures_asking *asking;
	const struct figures_from *from;
	struct figures_head head;
	struct strbuf *out;
	struct err *err;
};

void figures_answered_init(struct figures_answered *answered)
{
	*answered = (struct figures_answered){ 0 };
	strbuf_init(&answered->out, 0);
	strbuf_init(&answered->told, 0);
}

void figures_answered_release(struct figures_answered *answered)
{
	strbuf_release(&answered->out);
	strbuf_release(&answered->told);
}

static struct evaluation_input input_of(const struct answer *answer,
					const struct catalogue *catalogue)
{
	return (struct evaluation_input){
		.catalogue = catalogue,
		.source = answer->from->source,
		.cutoff = answer->asking->cutoff,
		.known_by_us = answer->asking->known_by_us,
		.zone_minutes = answer->from->zone_minutes,
	};
}

/* ---- the views ---- */

static int write_table(struct answer *answer, struct evaluation *evaluation)
{
	if (answer->asking->asked->json)
		return evaluation_json(evaluation, answer->head.all,
				       answer->out, answer->err);
	return figures_table_write(&answer->head, evaluation, answer->out,
				   answer->err);
}

static int write_counts(struct answer *answer, struct evaluation *evaluation)
{
	if (answer->asking->asked->json)
		return figures_counts_json(evaluation, answer->out,
					   answer->err);
	figures_title(&answer->head, answer->out);
	return figures_counts_write(answer->head.lang, evaluation, answer->out,
				    answer->err);
}

static int write_standings(struct answer *answer, struct evaluation *evaluation)
{
	if (answer->asking->asked->json)
		return figures_standings_json(&answer->head, evaluation,
					      answer->out, answer->err);
	return figures_standings_write(&answer->head, evaluation, answer->out,
				       answer->err);
}

static int write_kept(struct answer *answer)
{
	struct evaluation_input input =
		input_of(answer, answer->head.catalogue);
	const struct figures_past *past = &answer->from->past;

	if (answer->asking->asked->json)
		return figures_kept_json(&answer->head, &input, past,
					 answer->out, answer->err);
	return figures_kept_write(&answer->head, &input, past, answer->out,
				  answer->err);
}

/* Against the catalogue in force. */
static int write_changes(struct answer *answer, struct evaluation *after)
{
	struct evaluation_input input =
		input_of(answer, answer->from->catalogue);
	struct evaluation *before = evaluation_new(&input, answer->err);
	int rc;

	if (!before)
		return ERR_NOMEM;
	if (answer->asking->asked->json)
		rc = figures_changes_json(&answer->head, before, after,
					  answer->out, answer->err);
	else
		rc = figures_changes_write(&answer->head, before, after,
					   answer->out, answer->err);
	evaluation_free(before);
	return rc;
}

/* The figures, and which of them are suspect. */
static int write_figures(struct answer *answer, struct evaluation *evaluation)
{
	int rc = write_table(answer, evaluation);

	if (!rc && answer->from->suspects)
		rc = figures_suspect_write(&answer->head, evaluation,
					   answer->asking->asked->json,
					   answer->out, answer->err);
	return rc;
}

static int write_view(struct answer *answer, struct evaluation *evaluation)
{
	switch (answer->asking->view) {
	case FIGURES_TABLE:
		return write_figures(answer, evaluation);
	case FIGURES_COUNTS:
		return write_counts(answer, evaluation);
	case FIGURES_STANDINGS:
		return write_standings(answer, evaluation);
	case FIGURES_KEPT:
		return write_kept(answer);
	case FIGURES_CHANGES:
		return write_changes(answer, evaluation);
	}
	return 0;
}

/* ---- the whole ---- */

static int tell_misfits(const struct answer *answer,
			struct figures_answered *answered)
{
	struct figures_fit fit = {
		.source = answer->from->source,
		.in_force = answer->from->catalogue,
		.tried = answer->from->tried,
		.known_by_us = answer->asking->known_by_us,
	};
	struct misfits misfits;
	int rc = figures_fit(&fit, &misfits, answer->err);

	for (size_t i = 0; i < misfits.count; i++)
		answered->misfits += !misfits.list[i].already;
	if (!rc)
		misfits_write(&misfits, answer->asking->lang, &answered->told);
	if (!rc && answer->asking->asked->json)
		misfits_json(&misfits, &answered->out);
	misfits_release(&misfits);
	return rc;
}

int figures_answer(const struct figures_asking *asking,
		   const struct figures_from *from,
		   struct figures_answered *answered, struct err *err)
{
	struct answer answer = {
		.asking = asking,
		.from = from,
		.out = &answered->out,
		.err = err,
		.head = {
			.catalogue = from->tried ? from->tried :
						   from->catalogue,
			.lang = asking->lang,
			.all = asking->asked->all,
			.cutoff = asking->cutoff,
			.known_by = asking->asked->known_by,
			.simulated = from->simulated,
			.tried = from->tried ? from->tried_name : NULL,
		},
	};
	struct evaluation_input input =
		input_of(&answer, answer.head.catalogue);
	struct evaluation *evaluation = evaluation_new(&input, err);
	int rc = evaluation ? 0 : ERR_NOMEM;

	if (!rc && from->tried)
		rc = tell_misfits(&answer, answered);
	if (!rc)
		rc = write_view(&answer, evaluation);
	evaluation_free(evaluation);
	if (!rc && (answered->out.failed || answered->told.failed))
		rc = err_set(err, ERR_NOMEM, "no memory for the answer");
	return rc;
}
