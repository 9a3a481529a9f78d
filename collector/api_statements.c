/* Single statements: behind a figure, new, late, refused, and their proofs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"
#include "collector/api_parts.h"
#include "proto/period.h"
#include "store/figures.h"
#include "store/figures_row.h"

#define LISTED_MAX 200
#define LOOKED_AT_MAX 200000 /* changes, for what is seldom */

/* ---- behind a figure ---- */

/* A change of a unit's cells; its statement is looked up only if it is shown.
 */
struct behind {
	uint64_t entry;
	uint32_t n, version, flags;
};

struct behinds {
	uint64_t known_by_us;
	struct behind *list;
	size_t count, size;
	struct err *err;
};

static int keep_change(void *arg, const struct figure_change *change)
{
	struct behinds *behinds = arg;

	if (change->recv_us > behinds->known_by_us)
		return 0;
	if (behinds->count == behinds->size) {
		size_t size = behinds->size ? 2 * behinds->size : 64;
		struct behind *list =
			realloc(behinds->list, size * sizeof(*list));

		if (!list)
			return err_set(behinds->err, ERR_NOMEM, "no memory");
		behinds->list = list;
		behinds->size = size;
	}
	behinds->list[behinds->count++] =
		(struct behind){ change->entry, change->n, change->version,
				 change->flags };
	return 0;
}

static int newest_first(const void *left, const void *right)
{
	const struct behind *a = left, *b = right;

	if (a->entry != b->entry)
		return a->entry < b->entry ? 1 : -1;
	return a->n < b->n ? 1 : -1;
}

static int put_behind(struct api_call *call, const struct behind *one)
{
	struct strbuf *out = call->out;
	int rc = call_add_named(call, one->entry, one->n);

	if (rc)
		return rc;
	json_put_number(out, "version", one->version);
	json_put_flag(out, "review", (one->flags & VERSION_REVIEW) != 0);
	json_put_flag(out, "adjustment", (one->flags & VERSION_ADJUST) != 0);
	json_put_flag(out, "late", (one->flags & VERSION_LATE) != 0);
	json_close(out);
	return 0;
}

/* So many are passed over: those that an answer before has shown. */
static int read_skip(const struct api_call *call, size_t *out)
{
	const char *text = http_query(call->request, "skip");
	char *end = NULL;

	*out = text ? (size_t)strtoul(text, &end, 10) : 0;
	if (!text || (*text >= '0' && *text <= '9' && !*end))
		return 0;
	return err_set(call->err, ERR_INVALID,
		       "skip=%s is no number of statements", text);
}

static int put_behinds(struct api_call *call, const struct period *period)
{
	struct behinds behinds = {
		.known_by_us = call->view->asking.known_by_us, .err = call->err
	};
	size_t skip, end;
	int rc = read_skip(call, &skip);

	if (!rc)
		rc = figures_where(&call->view->reader,
				   span_of_text(call->parameters[0]),
				   span_of_text(call->parameters[1]), period,
				   keep_change, &behinds, call->err);
	if (rc == ERR_NOTFOUND) /* nobody has reported yet */
		rc = 0;
	if (behinds.count)
		qsort(behinds.list, behinds.count, sizeof(*behinds.list),
		      newest_first);
	end = skip < behinds.count && behinds.count - skip > LISTED_MAX ?
		      skip + LISTED_MAX :
		      behinds.count;
	json_put_list(call->out, "statements");
	for (size_t i = skip; i < end && !rc; i++)
		rc = put_behind(call, &behinds.list[i]);
	json_close_list(call->out);
	json_put_flag(call->out, "more", end < behinds.count);
	free(behinds.list);
	return rc;
}

int api_figure(struct api_call *call)
{
	const char *text = call->parameter_count > 2 ? call->parameters[2] :
						       NULL;
	const struct figure *figure = NULL;
	struct period period;
	uint32_t target, unit;
	int rc = call_target(call, call->parameters[0], &target);

	if (!rc)
		rc = call_unit(call, call->parameters[1], &unit);
	if (!rc && text)
		rc = period_parse(span_of_text(text), &period, call->err);
	if (!rc)
		rc = call_unit_figure(call, target, unit, &figure);
	if (!rc)
		rc = call_put_figure(call, "figure", figure);
	if (rc)
		return rc;
	return put_behinds(call, text ? &period : NULL);
}

/* ---- one statement ---- */

static int read_receipt(const struct api_call *call, uint64_t *entry,
			uint32_t *n)
{
	return lookup_receipt(call->parameters[0], entry, n) ?
		       0 :
		       err_set(call->err, ERR_INVALID,
			       "%s is no receipt (7.0: entry and place in its "
			       "batch)",
			       call->parameters[0]);
}

/* What came later than it is asked as of is not there. */
static int check_known(struct api_call *call, uint64_t entry, uint32_t n)
{
	struct looked_up found;
	int rc = call_lookup(call);

	if (!rc)
		rc = lookup_statement(call->lookup, entry, n, &found,
				      call->err);
	if (rc || found.entry.leaf.recv_us <= call->view->asking.known_by_us)
		return rc;
	return err_set(call->err, ERR_NOTFOUND, "%s was received later than %s",
		       call->parameters[0], call->view->asking.asked->known_by);
}

int api_statement(struct api_call *call)
{
	uint64_t entry;
	uint32_t n;
	int rc = read_receipt(call, &entry, &n);

	if (!rc)
		rc = check_known(call, entry, n);
	if (rc)
		return rc;
	json_put_key(call->out, "statement");
	rc = call_add_statement(call, entry, n);
	if (!rc)
		json_close(call->out);
	return rc;
}

int api_proof(struct api_call *call)
{
	struct http_answer *answer = call->answer;
	uint64_t entry;
	uint32_t n;
	int rc = read_receipt(call, &entry, &n);

	strbuf_clear(call->out);
	if (!rc)
		rc = check_known(call, entry, n);
	if (!rc)
		rc = lookup_prove(call->lookup, entry, n, NULL, call->out,
				  call->err);
	if (rc)
		return rc;
	answer->type = "text/plain; charset=utf-8";
	(void)snprintf(answer->download, sizeof(answer->download),
		       "%llu.%u.proof", (unsigned long long)entry, n);
	return 0;
}

/* ---- the newest ones of a kind ---- */

struct newest {
	struct api_call *call;
	unsigned flags; /* one of them at least; 0: any */
	size_t left, looked_at;
	int rc;
};

/* 1 ends the scan: there are enough, or something is wrong. */
static int take(struct newest *newest, struct span key)
{
	struct api_call *call = newest->call;

	if (!newest->left)
		return 1;
	newest->left--;
	newest->rc = call_add_named(call, load_u64(key.data),
				    load_u32(key.data + 8));
	if (!newest->rc)
		json_close(call->out);
	return newest->rc ? 1 : 0;
}

static int take_change(void *arg, struct span key, struct span value)
{
	struct newest *newest = arg;
	struct api_call *call = newest->call;
	struct figure_row row;

	if (newest->looked_at++ == LOOKED_AT_MAX)
		return 1;
	newest->rc = figure_row_read(value, NULL, &row, call->err);
	if (newest->rc)
		return 1;
	if (row.recv_us > call->view->asking.known_by_us ||
	    (newest->flags && !(row.flags & newest->flags)))
		return 0;
	return take(newest, key);
}

/* A refusal does not say when: its entry does. */
static int take_refusal(void *arg, struct span key, struct span value)
{
	struct newest *newest = arg;
	struct api_call *call = newest->call;
	uint64_t known_by_us = call->view->asking.known_by_us;
	struct looked_up found;

	(void)value;
	if (newest->looked_at++ == LOOKED_AT_MAX)
		return 1;
	if (known_by_us == UINT64_MAX)
		return take(newest, key);
	newest->rc = call_lookup(call);
	if (!newest->rc)
		newest->rc = lookup_statement(call->lookup, load_u64(key.data),
					      load_u32(key.data + 8), &found,
					      call->err);
	if (newest->rc)
		return 1;
	return found.entry.leaf.recv_us > known_by_us ? 0 : take(newest, key);
}

static int put_newest(struct api_call *call, const char *key, enum table table,
		      unsigned flags, size_t max)
{
	struct newest newest = { .call = call, .flags = flags, .left = max };
	int rc;

	json_put_list(call->out, key);
	rc = db_scan(call->view->txn, table, span_of(NULL, 0), true,
		     table == TABLE_CHANGE ? take_change : take_refusal,
		     &newest, call->err);
	json_close_list(call->out);
	if (newest.rc)
		return newest.rc;
	return rc < 0 ? rc : 0;
}

int call_put_arrivals(struct api_call *call, const char *key, size_t max)
{
	return put_newest(call, key, TABLE_CHANGE, 0, max);
}

int api_refused(struct api_call *call)
{
	return put_newest(call, "statements", TABLE_REFUSAL, 0, LISTED_MAX);
}

int api_late(struct api_call *call)
{
	return put_newest(call, "statements", TABLE_CHANGE, VERSION_LATE,
			  LISTED_MAX);
}
