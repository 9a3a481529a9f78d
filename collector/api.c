#include "collector/api.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/rt/clock.h"
#include "collector/api_parts.h"
#include "collector/assets.h"
#include "collector/due.h"
#include "collector/kept.h"
#include "store/keyfile.h"

#define PATH_BYTES_MAX 512
#define ASSET_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define TRIES_MAX 3
#define SETTLED "settled" /* in place of a period */

struct api {
	char dir[PATH_MAX], store[PATH_MAX];
	const char *assets;
	_Atomic(struct http_server *) server; /* once there is one */
	uint64_t began_us;
	struct guard *guard;
	struct memo *memo, *today;
	struct answers *answers;
	pthread_rwlock_t lock; /* of db: written where it is opened anew */
	struct db *db;
};

struct route {
	const char *address, *takes;	      /* parameters, by blanks */
	int (*answer)(struct api_call *call); /* from a view of the store, or */
	void (*plain)(struct api *api, const struct http_request *request,
		      struct http_answer *answer);
	bool open; /* without a token */
	/* It changes beside the state: a proof leads to a checkpoint, which
	 * comes later. Not kept, and without a tag. */
	bool grows;
};

/* ---- the store ---- */

static int open_store(struct api *api, struct err *err)
{
	if (access(api->store, F_OK))
		return err_set(err, ERR_NOTFOUND,
			       "%s: there is no store yet; tally-collector run "
			       "makes it",
			       api->dir);
	return store_open(api->store, true, &api->db, err);
}

/* A store that was opened while nobody wrote is opened anew once somebody
 * does, and one that was removed once there is another: ERR_LOCKED has said
 * so. It says so again if it cannot be, which is a state that passes. */
static int reopen(struct api *api, struct err *err)
{
	int rc;

	pthread_rwlock_wrlock(&api->lock);
	memo_forget(api->memo);
	memo_forget(api->today);
	db_close(api->db);
	api->db = NULL;
	rc = open_store(api, err);
	pthread_rwlock_unlock(&api->lock);
	return rc ? ERR_LOCKED : 0;
}

/* With the lock held. */
static int check_store(const struct api *api, struct err *err)
{
	if (!api->db)
		return err_set(err, ERR_LOCKED, "the store is not open");
	return db_is_gone(api->db) ?
		       err_set(err, ERR_LOCKED, "the store was removed") :
		       0;
}

int api_open(const char *dir, const char *pages, struct guard *guard,
	     struct api **out, struct err *err)
{
	struct api *api = calloc(1, sizeof(*api));
	struct clock wall = { 0 };
	int rc;

	if (!api)
		return err_set(err, ERR_NOMEM, "no memory");
	(void)snprintf(api->dir, sizeof(api->dir), "%s", dir);
	api->assets = pages;
	api->began_us = clock_now_us(&wall);
	api->guard = guard;
	(void)pthread_rwlock_init(&api->lock, NULL);
	api->memo = memo_new(true);
	api->today = memo_new(false);
	api->answers = answers_new();
	rc = api->memo && api->today && api->answers ?
		     kept_path(dir, "store", api->store, err) :
		     err_set(err, ERR_NOMEM, "no memory");
	if (!rc)
		rc = open_store(api, err);
	if (rc)
		api_close(api);
	else
		*out = api;
	return rc;
}

void api_close(struct api *api)
{
	db_close(api->db);
	memo_free(api->memo);
	memo_free(api->today);
	answers_free(api->answers);
	(void)pthread_rwlock_destroy(&api->lock);
	free(api);
}

void api_count(struct api *api, struct http_server *server)
{
	api->server = server;
}

/* What the store contains, by the journal's root of then. */
static int read_root(const struct table_reader *reader, struct hash *out,
		     struct err *err)
{
	struct span root;
	int rc = reader->get(reader->ctx, TABLE_META, span_of_text("root"),
			     &root, err);

	if (!rc && root.len != HASH_BYTES)
		rc = err_set(err, ERR_CORRUPT, "the store's root is damaged");
	if (!rc)
		memcpy(out->bytes, root.data, HASH_BYTES);
	return rc;
}

static int read_state(struct api *api, struct api_state *out, struct err *err)
{
	struct table_reader reader;
	struct db_txn *txn = NULL;
	int rc = check_store(api, err);

	if (!rc)
		rc = db_begin(api->db, false, &txn, err);
	if (rc)
		return rc;
	reader = store_reader(txn);
	rc = tables_number(&reader, "applied", &out->size, err);
	if (!rc)
		rc = tables_number(&reader, "recv_us", &out->updated_us, err);
	if (!rc)
		rc = read_root(&reader, &out->root, err);
	/* Nothing was folded yet: that is a state, too. */
	return db_finish(txn, rc == ERR_NOTFOUND ? 0 : rc, err);
}

int api_state(struct api *api, struct api_state *out, struct err *err)
{
	int rc;

	*out = (struct api_state){ 0 };
	for (unsigned i = 0;; i++) {
		pthread_rwlock_rdlock(&api->lock);
		rc = read_state(api, out, err);
		pthread_rwlock_unlock(&api->lock);
		if (rc != ERR_LOCKED || i == TRIES_MAX)
			return rc;
		rc = reopen(api, err);
		if (rc)
			return rc;
	}
}

/* With the lock held. What goes wrong goes wrong again in the answer itself. */
static void bring_up(const struct api *api)
{
	bool back = false;

	/* While a month is being reported, that is told beside the one before
	 * (call_put_collecting). */
	if (api->db && !memo_update(api->memo, api->db, &back, NULL) && back)
		(void)memo_update(api->today, api->db, NULL, NULL);
}

void api_prepare(struct api *api)
{
	pthread_rwlock_rdlock(&api->lock);
	bring_up(api);
	pthread_rwlock_unlock(&api->lock);
}

/* ---- questions ---- */

/* The first and last day of all targets, or DAY_NONE. */
static void find_window(const struct catalogue *catalogue, int32_t *first,
			int32_t *last)
{
	*first = catalogue->settings.start;
	*last = catalogue->settings.end;
	for (size_t i = 0; i < catalogue->target_count; i++) {
		const struct target *target = &catalogue->targets[i];

		if (*first == DAY_NONE || target->start < *first)
			*first = target->start;
		if (*last == DAY_NONE || target->end > *last)
			*last = target->end;
	}
}

/* The month that the cut-off has closed last, of those that any target has. */
static bool find_period(const struct view *view, struct period *out)
{
	const struct settings *settings = &view->catalogue->settings;
	int month = settings->start == DAY_NONE ?
			    1 :
			    day_to_civil(settings->start).month;
	int32_t first, last, day = view->asking.cutoff;

	find_window(view->catalogue, &first, &last);
	if (last != DAY_NONE && day > last)
		day = last;
	if (first != DAY_NONE && day < first)
		return false;
	*out = period_of_day(PERIOD_MONTH, day, month);
	while (!period_closed(*out, month, day, 0))
		*out = period_previous(*out, month);
	return first == DAY_NONE || period_end(*out, month) >= first;
}

/* Where entries that were signed are lost, and the journal went on. */
static void put_reopened(const struct fold *fold, struct strbuf *out)
{
	uint64_t entries[REOPENINGS_MAX];
	size_t count = fold_reopened(fold, entries);

	json_put_list(out, "reopened");
	for (size_t i = 0; i < count; i++) {
		json_separate(out);
		strbuf_addf(out, "%" PRIu64, entries[i]);
	}
	json_close_list(out);
}

static void put_head(const struct api_call *call)
{
	const struct view *view = call->view;
	const struct settings *settings = &view->catalogue->settings;
	struct strbuf *out = call->out;
	char day[DAY_TEXT_BYTES], hex[2 * HASH_BYTES + 1];
	char text[PERIOD_TEXT_BYTES];
	struct period period;
	bool closed = find_period(view, &period);

	if (closed)
		period_print(period, text);
	day_print(view->asking.cutoff, day);
	hash_print(&view->facts.journal, hex);
	json_put_object(out, "head");
	json_put_text(out, "journal", hex);
	json_put_text(out, "title_zh", settings->title_zh);
	json_put_text(out, "title_en", settings->title_en);
	json_put_flag(out, "simulated", view->facts.simulated);
	json_put_number(out, "zone_minutes", view->facts.zone_minutes);
	json_put_number(out, "size", (int64_t)view->applied);
	json_put_number(out, "updated_us", (int64_t)view->newest_us);
	json_put_text(out, "cutoff", day);
	json_put_text(out, "period", closed ? text : NULL);
	json_put_text(out, "known_by", view->asking.asked->known_by);
	json_put_number(out, "catalogue", view->version);
	json_put_text(out, "time", evaluation_time(call->evaluation));
	put_reopened(view->fold, out);
	json_close(out);
}

static int ask(struct api_call *call, const struct route *route)
{
	struct evaluation_input input = view_input(call->view);
	int rc;

	call->evaluation = evaluation_new(&input, call->err);
	if (!call->evaluation)
		return ERR_NOMEM;
	memo_lend(call->memo, call->view, call->evaluation);
	json_open(call->out);
	put_head(call);
	rc = route->answer(call);
	if (!rc && !call->answer->download[0])
		json_end_line(call->out);
	evaluation_free(call->evaluation);
	if (call->lookup)
		lookup_close(call->lookup);
	return rc;
}

/* What an answer was made from: the record, by its root, which another one of
 * the same size does not have, and this run of the program, since another one
 * may word it otherwise. */
static void name_state(const struct api *api, struct api_call *call)
{
	char hex[2 * HASH_BYTES + 1];

	hash_print(&call->state, hex);
	(void)snprintf(call->answer->etag, sizeof(call->answer->etag),
		       "\"%.32s-%" PRIx64 "\"", hex, api->began_us);
}

static int ask_view(struct api *api, const struct route *route,
		    const struct figures_asking *asking, struct api_call *call)
{
	struct view_catalogue kept;
	struct view view;
	int rc = check_store(api, call->err);

	call->empty = false;
	if (rc)
		return rc;
	call->view = &view;
	call->lookup = NULL;
	kept = memo_catalogue(api->memo);
	rc = view_open(&view, api->db, asking, &kept, call->err);
	call->empty = rc == ERR_NOTFOUND;
	if (!rc)
		rc = view_cutoff(&view, view.catalogue, call->err);
	if (!rc && call->settled)
		due_settle(&view);
	if (!rc)
		rc = read_root(&view.reader, &call->state, call->err);
	if (!rc) {
		if (!route->grows)
			name_state(api, call);
		if (!route->grows &&
		    http_unchanged(call->request, call->answer->etag))
			call->answer->status = 304;
		else
			rc = ask(call, route);
	}
	return view_close(&view, rc, call->err);
}

/* What is asked of the newest state brings it up first. */
static int ask_newest(struct api *api, const struct route *route,
		      const struct figures_asking *asking,
		      struct api_call *call)
{
	const struct figures_asked *asked = asking->asked;
	struct api_state state = { 0 };
	bool keeps = !route->grows;
	int rc;

	if (keeps && !read_state(api, &state, NULL) &&
	    answers_find(api->answers, call->request, &state.root,
			 call->answer))
		return 0;
	if (!asked->known_by && !asked->cutoff && !asked->period)
		bring_up(api);
	memo_begin(api->memo);
	memo_begin(api->today);
	rc = ask_view(api, route, asking, call);
	memo_end(api->today);
	memo_end(api->memo);
	if (!rc && keeps && !call->answer->status)
		answers_keep(api->answers, call->request, &call->state,
			     call->answer);
	return rc;
}

static unsigned status_of(int rc)
{
	if (rc == ERR_NOTFOUND)
		return 404;
	if (rc == ERR_INVALID || rc == ERR_LIMIT)
		return 400;
	return rc == ERR_LOCKED || rc == ERR_NOMEM ? 503 : 500;
}

static int read_asked(const struct http_request *request,
		      struct figures_asked *asked,
		      struct figures_asking *asking, bool *settled,
		      struct err *err)
{
	*asked = (struct figures_asked){
		.cutoff = http_query(request, "cutoff"),
		.period = http_query(request, "period"),
		.known_by = http_query(request, "known-by"),
		.lang = http_query(request, "lang"),
		.json = true,
		.all = true,
	};
	*settled = asked->period && !strcmp(asked->period, SETTLED);
	if (*settled && asked->cutoff)
		return err_set(err, ERR_INVALID,
			       "--cutoff and --period say the same");
	if (*settled)
		asked->period = NULL;
	return figures_ask(asked, asking, err);
}

/* One that is misspelled would be answered as if it had not been asked. */
static int check_parameters(const struct api_call *call,
			    const struct route *route)
{
	const struct http_request *request = call->request;

	for (size_t i = 0; i < request->query_count; i++) {
		const struct http_pair *pair = &request->query[i];

		if (!is_listed(route->takes, ' ', pair->name))
			return err_set(call->err, ERR_INVALID,
				       "%s takes no %s; it takes: %s",
				       route->address, pair->name,
				       *route->takes ? route->takes :
						       "nothing");
		if (http_query(request, pair->name) != pair->value)
			return err_set(call->err, ERR_INVALID,
				       "%s is given twice", pair->name);
	}
	return 0;
}

static void answer_route(struct api *api, const struct route *route,
			 struct api_call *call)
{
	struct figures_asking asking;
	struct figures_asked asked;
	int rc = read_asked(call->request, &asked, &asking, &call->settled,
			    call->err);

	if (rc)
		rc = ERR_INVALID;
	for (unsigned i = 0; !rc && i <= TRIES_MAX; i++) {
		/* What an attempt before has left is not of this one. */
		strbuf_clear(call->out);
		call->answer->status = 0;
		call->answer->type = "application/json";
		call->answer->download[0] = '\0';
		pthread_rwlock_rdlock(&api->lock);
		rc = ask_newest(api, route, &asking, call);
		pthread_rwlock_unlock(&api->lock);
		if (rc != ERR_LOCKED || i == TRIES_MAX)
			break;
		rc = reopen(api, call->err);
	}
	if (rc && call->empty)
		answer_trouble(call->answer, 404, "no-catalogue",
			       call->err->msg);
	else if (rc)
		answer_error(call->answer, status_of(rc), call->err->msg);
}

/* ---- addresses ---- */

/* "/api/targets/{id}" against "/api/targets/a.b": the parts in braces are cut
 * out of path, which is written to. */
static bool matches(const char *address, char *path, struct api_call *call)
{
	call->parameter_count = 0;
	while (*address && *path) {
		if (*address == '{') {
			char *end = path + strcspn(path, "/");

			address += strcspn(address, "}") + 1;
			if (end == path || (*address == '\0') != (*end == '\0'))
				return false;
			call->parameters[call->parameter_count++] = path;
			path = end;
			if (*end) {
				*path++ = '\0';
				address++;
			}
			continue;
		}
		if (*address++ != *path++)
			return false;
	}
	return !*address && !*path;
}

static void answer_asset(const struct api *api,
			 const struct http_request *request,
			 struct http_answer *answer)
{
	const char *path = strcmp(request->path, "/") != 0 ? request->path :
							     "/index.html";

	for (size_t i = 0; i < asset_count; i++) {
		const struct asset *asset = &assets[i];
		char file[PATH_MAX];
		char *text = NULL;
		size_t len = 0;

		if (strcmp(asset->path, path) != 0)
			continue;
		answer->type = asset->type;
		if (api->assets) {
			(void)snprintf(file, sizeof(file), "%s%s", api->assets,
				       path);
			if (!file_read(file, ASSET_BYTES_MAX, &text, &len,
				       NULL)) {
				strbuf_add(&answer->body, text, len);
				free(text);
				return;
			}
		}
		(void)snprintf(answer->etag, sizeof(answer->etag), "%s",
			       asset->etag);
		if (http_unchanged(request, asset->etag)) {
			answer->status = 304;
			return;
		}
		answer->gzipped = request->gzip;
		answer->fixed =
			request->gzip ?
				span_of(asset->gzipped, asset->gzipped_len) :
				span_of(asset->bytes, asset->len);
		return;
	}
	answer_error(answer, 404, "there is no such address");
}

static void answer_metrics(struct api *api, const struct http_request *request,
			   struct http_answer *answer)
{
	struct metrics_of of = { .dir = api->dir,
				 .server = api->server,
				 .answers = api->answers,
				 .guard = api->guard };
	struct api_state state;
	struct err err = { 0 };
	int rc = api_state(api, &state, &err); /* opens the store anew, too */

	(void)request;
	answer->type = "text/plain; version=0.0.4; charset=utf-8";
	pthread_rwlock_rdlock(&api->lock);
	of.db = api->db;
	if (!rc)
		rc = of.db ? metrics_put(&of, &answer->body, &err) :
			     err_set(&err, ERR_LOCKED, "the store is not open");
	pthread_rwlock_unlock(&api->lock);
	if (rc)
		answer_error(answer, 503, err.msg);
}

static void answer_ready(struct api *api, const struct http_request *request,
			 struct http_answer *answer)
{
	struct api_state state;
	struct err err = { 0 };

	(void)request;
	answer->type = "text/plain; charset=utf-8";
	if (api_state(api, &state, &err)) {
		answer->status = 503;
		/* Anybody may ask; where things lie is not for strangers. */
		strbuf_addf(&answer->body, "%s\n",
			    guard_is_open(api->guard) ? err.msg : "not ready");
	} else {
		strbuf_add_text(&answer->body, "ready\n");
	}
}

static void answer_alive(struct api *api, const struct http_request *request,
			 struct http_answer *answer)
{
	(void)api;
	(void)request;
	answer->type = "text/plain; charset=utf-8";
	strbuf_add_text(&answer->body, "alive\n");
}

static void answer_events(struct api *api, const struct http_request *request,
			  struct http_answer *answer)
{
	(void)api;
	(void)request;
	answer->stream = true;
}

static void answer_login(struct api *api, const struct http_request *request,
			 struct http_answer *answer)
{
	door_login(api->guard, request, answer);
}

static void answer_logout(struct api *api, const struct http_request *request,
			  struct http_answer *answer)
{
	(void)api;
	(void)request;
	door_logout(answer);
}

#define AS_OF "known-by cutoff period lang"

static const struct route routes[] = {
	{ "/api/catalogue", AS_OF, api_catalogue, NULL, false },
	{ "/api/overview", AS_OF, api_overview, NULL, false },
	{ "/api/matrix", AS_OF, api_matrix, NULL, false },
	{ "/api/targets/{id}", AS_OF, api_target, NULL, false },
	{ "/api/units/{id}", AS_OF, api_unit, NULL, false },
	{ "/api/standings", AS_OF, api_standings, NULL, false },
	{ "/api/figures/{target}/{unit}", AS_OF " skip", api_figure, NULL,
	  false },
	{ "/api/figures/{target}/{unit}/{period}", AS_OF " skip", api_figure,
	  NULL, false },
	{ "/api/statements/{receipt}", AS_OF, api_statement, NULL, false },
	{ "/api/proofs/{receipt}", AS_OF, api_proof, NULL, false, true },
	{ "/api/refused", AS_OF, api_refused, NULL, false },
	{ "/api/late", AS_OF, api_late, NULL, false },
	{ "/downloads/figures.csv", AS_OF " all target unit", api_csv, NULL,
	  false },
	{ "/downloads/figures.xlsx", AS_OF " all target unit", api_xlsx, NULL,
	  false },
	{ "/api/events", "", NULL, answer_events, false },
	{ "/api/login", "", NULL, answer_login, true },
	{ "/api/logout", "", NULL, answer_logout, true },
	{ "/healthz", "", NULL, answer_alive, true },
	{ "/readyz", "", NULL, answer_ready, true },
	{ "/metrics", "", NULL, answer_metrics, false },
};

bool api_is_prompt(const char *path)
{
	return is_listed("/healthz /readyz", ' ', path);
}

void api_answer(void *arg, const struct http_request *request,
		struct http_answer *answer)
{
	struct api *api = arg;
	char path[PATH_BYTES_MAX];
	struct err err = { 0 };
	struct api_call call = { .dir = api->dir,
				 .memo = api->memo,
				 .today = api->today,
				 .request = request,
				 .answer = answer,
				 .out = &answer->body,
				 .err = &err };

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const struct route *route = &routes[i];

		if ((size_t)snprintf(path, sizeof(path), "%s", request->path) >=
		    sizeof(path))
			break;
		if (!matches(route->address, path, &call))
			continue;
		if (!route->open && !door_admits(api->guard, request, answer))
			return;
		if (check_parameters(&call, route))
			answer_error(answer, 400, err.msg);
		else if (route->answer)
			answer_route(api, route, &call);
		else
			route->plain(api, request, answer);
		return;
	}
	answer_asset(api, request, answer);
}
