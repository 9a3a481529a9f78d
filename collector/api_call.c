#include "collector/api_parts.h"
#include "collector/due.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "proto/verdict.h"
#include "store/redaction.h"
#include "store/say.h"

void answer_trouble(struct http_answer *answer, unsigned status,
		    const char *why, const char *text)
{
	answer->status = status;
	answer->etag[0] = '\0';
	answer->download[0] = '\0';
	answer->type = "application/json";
	strbuf_clear(&answer->body);
	json_open(&answer->body);
	json_put_text(&answer->body, "error", text);
	if (why)
		json_put_text(&answer->body, "why", why);
	json_end_line(&answer->body);
}

void answer_error(struct http_answer *answer, unsigned status, const char *text)
{
	answer_trouble(answer, status, NULL, text);
}

bool is_listed(const char *list, char mark, const char *word)
{
	const char *end;

	for (; *list; list = end + (*end == mark)) {
		end = strchrnul(list, mark);
		if ((size_t)(end - list) == strlen(word) &&
		    !memcmp(list, word, strlen(word)))
			return true;
	}
	return false;
}

/* ---- names ---- */

int call_target(const struct api_call *call, const char *id, uint32_t *out)
{
	*out = catalogue_target(call->view->catalogue, span_of_text(id));
	return *out == CATALOGUE_NONE ? err_set(call->err, ERR_NOTFOUND,
						"there is no target %s", id) :
					0;
}

int call_unit(const struct api_call *call, const char *id, uint32_t *out)
{
	*out = intern_find(&call->view->catalogue->unit_ids, span_of_text(id));
	return *out == CATALOGUE_NONE ? err_set(call->err, ERR_NOTFOUND,
						"there is no unit %s", id) :
					0;
}

/* ---- figures ---- */

static int put_figure(struct api_call *call, const struct figure *figure)
{
	struct strbuf *out = call->out;
	int rc = figure_json(call->view->catalogue, figure,
			     call->view->asking.cutoff, out, call->err);

	if (rc)
		return rc;
	/* What the lines of `figures --json` do not have. */
	out->len--;
	json_put_flag(out, "open", due_open(call->view, figure));
	if (figure->unit != CATALOGUE_NONE) {
		if (figure->rank)
			json_put_number(out, "rank", figure->rank);
		else
			json_put_null(out, "rank");
		json_put_flag(out, "stale", figure->stale);
	}
	json_close(out);
	return 0;
}

int call_add_figure(struct api_call *call, const struct figure *figure)
{
	json_separate(call->out);
	return put_figure(call, figure);
}

int call_put_figure(struct api_call *call, const char *key,
		    const struct figure *figure)
{
	if (!figure) {
		json_put_null(call->out, key);
		return 0;
	}
	json_put_key(call->out, key);
	return put_figure(call, figure);
}

int call_unit_figure(struct api_call *call, uint32_t target, uint32_t unit,
		     const struct figure **out)
{
	const struct figure *figures;
	size_t count = 0;
	int rc = evaluation_units(call->evaluation, target, &figures, &count,
				  call->err);

	*out = NULL;
	for (size_t i = 0; i < count && !rc; i++)
		if (figures[i].unit == unit)
			*out = &figures[i];
	return rc;
}

/* ---- statements ---- */

int call_lookup(struct api_call *call)
{
	char path[PATH_MAX];
	int len, rc;

	if (call->lookup)
		return 0;
	len = snprintf(path, sizeof(path), "%s/journal", call->dir);
	if (len < 0 || len >= (int)sizeof(path))
		return err_set(call->err, ERR_LIMIT, "the path is too long");
	call->lookup = &call->lookup_room;
	rc = lookup_open(call->lookup, path, call->dir, call->err);
	return rc;
}

/* What its key said from the batch on for which it was revoked. */
static bool is_suspect(const struct suspects *suspects,
		       const struct seal_header *header)
{
	for (size_t i = 0; i < suspects->count; i++)
		if (hash_equal(&suspects->list[i].key, &header->key))
			return header->sequence >= suspects->list[i].from;
	return false;
}

int call_add_statement(struct api_call *call, uint64_t entry, uint32_t n)
{
	struct say_receipt receipt = { .entry = entry, .n = n };
	struct looked_up found;
	struct fold_office office;
	int rc = entry < call->view->applied ?
			 call_lookup(call) :
			 err_set(call->err, ERR_NOTFOUND,
				 "no figure contains entry %llu yet",
				 (unsigned long long)entry);

	if (!rc)
		rc = lookup_statement(call->lookup, entry, n, &found,
				      call->err);
	if (!rc)
		rc = lookup_verdict(&call->view->reader, entry, n,
				    &receipt.verdict, call->err);
	if (!rc)
		rc = redaction_texts(&call->view->reader, entry, n,
				     &receipt.hidden, call->err);
	if (rc)
		return rc;
	receipt.recv_us = found.entry.leaf.recv_us;
	receipt.batch = &found.batch;
	receipt.said = &found.said;
	json_separate(call->out);
	say_receipt_json(&receipt, call->out);
	json_put_text(call->out, "verdict_zh",
		      verdict_text_zh(receipt.verdict));
	json_put_text(call->out, "verdict_en",
		      verdict_text_en(receipt.verdict));
	if (fold_office(call->view->fold, &found.batch.header.key, &office))
		say_text_json(call->out, "office_name", office.unit);
	else
		json_put_null(call->out, "office_name");
	json_put_flag(call->out, "suspect",
		      is_suspect(&call->view->suspects, &found.batch.header));
	return 0;
}

int call_add_named(struct api_call *call, uint64_t entry, uint32_t n)
{
	int rc = call_add_statement(call, entry, n);

	return rc == ERR_NOTFOUND ?
		       err_set(call->err, ERR_CORRUPT,
			       "the store names statement %llu.%u, which the "
			       "journal does not hold",
			       (unsigned long long)entry, n) :
		       rc;
}
