#include "audit/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define TEXTS_BYTES_MAX ((size_t)1 << 32)

int diff_init(struct diff *diff, struct err *err)
{
	int rc;

	*diff = (struct diff){ 0 };
	arena_init(&diff->texts, TEXTS_BYTES_MAX);
	strbuf_init(&diff->told, 0);
	rc = replay_init(&diff->before, true, err);
	return rc ? rc : replay_init(&diff->after, true, err);
}

void diff_release(struct diff *diff)
{
	evaluation_free(diff->by_catalogue);
	judged_release(&diff->to);
	judged_release(&diff->from);
	replay_release(&diff->after);
	replay_release(&diff->before);
	arena_release(&diff->texts);
	strbuf_release(&diff->told);
	free(diff->causes);
	free(diff->needs);
}

/* ---- what came between ---- */

static const char *kept_text(struct diff *diff, struct span text)
{
	return arena_text(&diff->texts, (const char *)text.data, text.len);
}

static bool may_change_figures(const struct walked *walked)
{
	enum statement_kind kind = walked->said.kind;

	return walked->has_change || kind == SAID_CATALOGUE_COMMIT ||
	       kind == SAID_REVOKE || kind == SAID_REDACT || kind == SAID_RULES;
}

static int grow(struct diff *diff, struct err *err)
{
	size_t size = diff->cause_size ? 2 * diff->cause_size : 256;
	struct diff_cause *grown;

	if (diff->cause_count < diff->cause_size)
		return 0;
	grown = realloc(diff->causes, size * sizeof(*grown));
	if (!grown)
		return err_set(err, ERR_NOMEM, "no memory");
	diff->causes = grown;
	diff->cause_size = size;
	return 0;
}

/* As under `receipt`, and what it follows. */
static void tell(struct diff *diff, const struct walked *walked)
{
	const struct figure_change *change = &walked->change;
	bool mark = change->flags & VERSION_MARKS;
	char before[SAY_RECEIPT_BYTES];

	if (walked->has_change && change->has_previous)
		say_receipt_id(change->previous_entry, change->previous_n,
			       before);
	if (diff->json) {
		say_receipt_json(&walked->receipt, &diff->told);
		if (!walked->has_change)
			return;
		json_put_number(&diff->told, "version", change->version);
		json_put_text(&diff->told, "after",
			      change->has_previous ? before : NULL);
		return;
	}
	say_receipt(&walked->receipt, replay_zone(&diff->after), diff->lang,
		    &diff->told);
	if (!walked->has_change || !change->has_previous)
		return;
	strbuf_addf(
		&diff->told,
		mark ? say_in(diff->lang, "  follows: %s\n",
			      "  在此之后：%s\n") :
		       say_in(diff->lang, "  replaces: %s\n", "  更正：%s\n"),
		before);
}

static int take_cause(void *arg, const struct walked *walked, struct err *err)
{
	struct diff *diff = arg;
	struct diff_cause *cause;
	struct strbuf words;
	int rc;

	if (walked->receipt.verdict) {
		diff->refused += walk_filter_takes(&diff->filter, walked);
		return 0;
	}
	if (!may_change_figures(walked))
		return 0;
	rc = grow(diff, err);
	if (rc)
		return rc;
	strbuf_init(&words, 0);
	say_statement(&walked->said, diff->lang, &words);
	cause = &diff->causes[diff->cause_count++];
	*cause = (struct diff_cause){
		.entry = walked->receipt.entry,
		.n = walked->receipt.n,
		.kind = walked->said.kind,
		.words = kept_text(diff, strbuf_span(&words)),
		.told_at = diff->told.len,
	};
	if (walked->has_change) {
		cause->target = kept_text(diff, walked->change.target);
		cause->unit = kept_text(diff, walked->change.unit);
	}
	diff->has_catalogue |= cause->kind == SAID_CATALOGUE_COMMIT;
	diff->has_revocations |= cause->kind == SAID_REVOKE;
	tell(diff, walked);
	cause->told_len = diff->told.len - cause->told_at;
	rc = words.failed || diff->told.failed || !cause->words ||
	     (walked->has_change && (!cause->target || !cause->unit));
	strbuf_release(&words);
	return rc ? err_set(err, ERR_NOMEM, "no memory") : 0;
}

/* ---- the evaluations ---- */

/* From's reports by to's catalogue, at the same cut-off. */
static int judge_catalogue(struct diff *diff, struct err *err)
{
	struct evaluation_input input =
		*evaluation_input_of(diff->to.evaluation);

	input.source = evaluation_input_of(diff->from.evaluation)->source;
	diff->by_catalogue = evaluation_new(&input, err);
	return diff->by_catalogue ? 0 : ERR_NOMEM;
}

static int judge(struct diff *diff, struct figures_asking *asking,
		 struct err *err)
{
	const struct catalogue *catalogue;
	int rc = judged_init(&diff->to, &diff->after, asking, err);

	if (!rc)
		rc = judged_at(&diff->from, &diff->before, asking->cutoff, err);
	if (rc == ERR_NOTFOUND)
		return err_set(err, rc,
			       "no catalogue was in force at the first point: "
			       "there were no figures yet");
	if (!rc && diff->has_catalogue)
		rc = judge_catalogue(diff, err);
	if (rc)
		return rc;
	catalogue = diff->to.catalogue;
	for (size_t i = 0; i < diff->cause_count; i++) {
		struct diff_cause *cause = &diff->causes[i];

		cause->index =
			cause->target ?
				catalogue_target(catalogue,
						 span_of_text(cause->target)) :
				CATALOGUE_NONE;
	}
	diff->needs = calloc(catalogue->target_count + 1, sizeof(bool));
	return diff->needs ? 0 : err_set(err, ERR_NOMEM, "no memory");
}

int diff_run(struct diff *diff, const char *dir, struct replay_until from,
	     struct replay_until to, struct figures_asking *asking,
	     struct err *err)
{
	const struct walk walk = { .replay = &diff->after,
				   .part = to.size != UINT64_MAX || to.time,
				   .statement = take_cause,
				   .arg = diff };
	int rc = replay_run(&diff->before, dir, from, err);

	if (!rc)
		rc = replay_run(&diff->after, dir, to, err);
	if (rc)
		return rc;
	if (diff->after.entries < diff->before.entries)
		return err_set(err, ERR_INVALID,
			       "the second point lies before the first");
	rc = walk_filter_check(&diff->filter, &diff->after, err);
	if (rc == ERR_NOTFOUND)
		return err->code = ERR_INVALID;
	if (rc)
		return rc;
	if (diff->after.entries > diff->before.entries)
		rc = walk_run(&walk, dir, diff->before.entries, err);
	return rc ? rc : judge(diff, asking, err);
}

/* ---- what is behind a change ---- */

/* The figure of the same row, or NULL, in another evaluation. */
static int same_row(struct evaluation *evaluation,
		    const struct figures_pair *pair, const struct figure **out,
		    struct err *err)
{
	const struct catalogue *catalogue =
		evaluation_input_of(evaluation)->catalogue;
	uint32_t target =
		catalogue_target(catalogue, span_of_text(pair->target));
	const struct figure *units;
	size_t count = 0;
	int rc;

	*out = NULL;
	if (target == CATALOGUE_NONE)
		return 0;
	if (!pair->unit)
		return evaluation_target(evaluation, target, out, err);
	rc = evaluation_units(evaluation, target, &units, &count, err);
	for (size_t i = 0; i < count && !rc; i++)
		if (!strcmp(catalogue->units[units[i].unit].id, pair->unit))
			*out = &units[i];
	return rc;
}

bool diff_differs(const struct figures_pair *pair)
{
	if (!pair->before || !pair->after)
		return pair->before != pair->after;
	for (enum figures_shown shown = 0; shown < SHOWN_COUNT; shown++)
		if (figures_pair_differs(pair, shown))
			return true;
	return false;
}

/* What a target's figure, goal or light is made from, and in turn that. */
static void add_needs(const struct catalogue *catalogue, uint32_t target,
		      bool *needs)
{
	const struct target *of = &catalogue->targets[target];

	if (needs[target])
		return;
	needs[target] = true;
	if (of->reads != CATALOGUE_NONE)
		add_needs(catalogue, of->reads, needs);
	for (size_t i = 0; i < of->goal_count; i++)
		if (of->goals[i].reference == REF_TARGET)
			add_needs(catalogue, of->goals[i].ref, needs);
	for (uint32_t i = 0; of->is_parent && i < catalogue->target_count; i++)
		if (catalogue->targets[i].part_of == target)
			add_needs(catalogue, i, needs);
}

static bool is_behind(const struct diff *diff, const struct figures_pair *pair,
		      const struct diff_cause *cause, bool any_unit)
{
	if (!cause->target ||
	    (pair->unit && !any_unit && strcmp(cause->unit, pair->unit) != 0))
		return false;
	return !strcmp(cause->target, pair->target) ||
	       (cause->index != CATALOGUE_NONE && diff->needs[cause->index]);
}

static bool mark_said(const struct diff *diff, const struct figures_pair *pair,
		      bool any_unit, bool *by)
{
	bool found = false;

	for (size_t i = 0; i < diff->cause_count; i++)
		if (is_behind(diff, pair, &diff->causes[i], any_unit))
			by[i] = found = true;
	return found;
}

static int mark_catalogues(struct diff *diff, const struct figures_pair *pair,
			   bool *by, struct err *err)
{
	struct figures_pair alone = *pair;
	int rc;

	if (!diff->by_catalogue)
		return 0;
	rc = same_row(diff->by_catalogue, pair, &alone.after, err);
	if (rc || !diff_differs(&alone))
		return rc;
	for (size_t i = 0; i < diff->cause_count; i++)
		if (diff->causes[i].kind == SAID_CATALOGUE_COMMIT)
			by[i] = true;
	return 0;
}

int diff_explain(struct diff *diff, const struct figures_pair *pair, bool *by,
		 struct err *err)
{
	const struct catalogue *catalogue = diff->to.catalogue;
	uint32_t target =
		catalogue_target(catalogue, span_of_text(pair->target));
	int rc;

	memset(by, 0, diff->cause_count * sizeof(*by));
	memset(diff->needs, 0, catalogue->target_count * sizeof(*diff->needs));
	if (target != CATALOGUE_NONE)
		add_needs(catalogue, target, diff->needs);
	/* Where its own unit said nothing, others did: of a shared item. */
	if (!mark_said(diff, pair, false, by) && pair->unit)
		(void)mark_said(diff, pair, true, by);
	rc = mark_catalogues(diff, pair, by, err);
	for (size_t i = 0; i < diff->cause_count && !rc; i++)
		diff->causes[i].figures += by[i];
	return rc;
}
