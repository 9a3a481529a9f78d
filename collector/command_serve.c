/*
 * serve: pages and answers over HTTP, from the store and the journal, which
 * are only read. A process of its own: what visitors do to it cannot touch
 * what offices were promised.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rt/http.h"
#include "base/rt/log.h"
#include "base/rt/loop.h"
#include "collector/api.h"
#include "collector/commands.h"
#include "collector/guard.h"
#include "proto/sign.h"

#define LISTEN "127.0.0.1:5780"
#define WORKERS 2
#define QUEUE_MAX 256
#define CONNECTIONS_MAX 600
#define STREAMS_MAX 500 /* so that who asks something finds room */
#define LOOK_MS 200
#define BEATS_EVERY 50 /* looks */
#define POLICY                                                      \
	"default-src 'none'; script-src 'self'; style-src 'self'; " \
	"img-src 'self'; connect-src 'self'; base-uri 'none'; "     \
	"form-action 'none'; frame-ancestors 'none'"

struct serving {
	struct loop *loop;
	struct guard *guard;
	uint64_t tokens; /* of guard_changes */
	struct api *api;
	struct http_server *server;
	struct loop_timer timer;
	struct api_state told;
	unsigned looks;
	bool failed; /* so that it is logged once */
};

static void tell(struct serving *serving, const struct api_state *state)
{
	char data[96];

	(void)snprintf(data, sizeof(data),
		       "{\"size\": %" PRIu64 ", \"updated_us\": %" PRIu64 "}",
		       state->size, state->updated_us);
	http_publish(serving->server, state->size, "applied", data);
	serving->told = *state;
}

static void look(void *arg)
{
	struct serving *serving = arg;
	struct api_state state;
	struct err err = { 0 };
	int rc = api_state(serving->api, &state, &err);
	uint64_t tokens = guard_changes(serving->guard);

	if (tokens != serving->tokens) /* who is told may be no one any more */
		http_end_streams(serving->server);
	serving->tokens = tokens;
	if (rc && !serving->failed)
		log_err(LOG_WARN, "store-unreadable", &err);
	serving->failed = rc != 0;
	if (!rc && (state.size != serving->told.size ||
		    state.updated_us != serving->told.updated_us)) {
		api_prepare(serving->api);
		tell(serving, &state);
	}
	if (!rc && ++serving->looks % BEATS_EVERY == 0)
		http_heartbeat(serving->server);
	loop_arm(serving->loop, &serving->timer, LOOK_MS);
}

static int serve(struct serving *serving, const char *listen, struct err *err)
{
	const struct http_settings settings = {
		.listen = listen,
		.open = !guard_is_open(serving->guard),
		.policy = POLICY,
		.workers = WORKERS,
		.queue = QUEUE_MAX,
		.connections = CONNECTIONS_MAX,
		.streams = STREAMS_MAX,
		.prompt = api_is_prompt,
		.answer = api_answer,
		.arg = serving->api,
	};
	int rc = loop_open(&serving->loop, err);

	if (!rc)
		rc = loop_watch_signals(serving->loop, NULL, NULL, err);
	if (!rc)
		rc = http_open(&settings, &serving->server, err);
	if (rc)
		return rc;
	api_count(serving->api, serving->server);
	(void)printf("http://%.*s:%u/\n", (int)(strrchr(listen, ':') - listen),
		     listen, http_port(serving->server));
	(void)fflush(stdout);
	serving->tokens = guard_changes(serving->guard);
	serving->timer = (struct loop_timer){ .due = look, .arg = serving };
	look(serving);
	return loop_run(serving->loop, err);
}

int command_serve(const struct options *options)
{
	const char *listen = options_text(options, "listen");
	struct serving serving = { 0 };
	struct err err = { 0 };
	int rc = sign_start(&err);

	if (!rc)
		rc = guard_new(command_dir(options), &serving.guard, &err);
	if (!rc)
		rc = api_open(command_dir(options),
			      options_text(options, "dev-assets"),
			      serving.guard, &serving.api, &err);
	if (!rc)
		rc = serve(&serving, listen ? listen : LISTEN, &err);
	if (serving.server)
		http_close(serving.server);
	if (serving.loop)
		loop_close(serving.loop);
	if (serving.api)
		api_close(serving.api);
	guard_free(serving.guard);
	if (!rc)
		return EXIT_OK;
	return command_failed(rc == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED,
			      &err);
}
