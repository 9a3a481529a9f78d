/*
 * What a visitor of the dashboard says: the input's lines are a host, a token,
 * an entity tag, a path and its parameters, NAME=VALUE. The interface itself
 * answers, of a store where nothing is yet, and every value is read as
 * what it might be.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/rt/http.h"
#include "base/rt/http_parts.h"
#include "collector/api.h"
#include "collector/guard.h"
#include "collector/tokens.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_dir.h"
#include "proto/day.h"
#include "proto/moment.h"
#include "proto/period.h"
#include "store/db.h"

static struct guard *guard;
static struct api *api;

static void tidy(void)
{
	api_close(api);
	guard_free(guard);
}

static void begin(void)
{
	struct err err = { 0 };
	char path[PATH_MAX];
	struct db *db;

	if (!fuzz_dir_begin())
		return;
	fuzz_dir_path(path, "store");
	assert(!store_open(path, false, &db, &err));
	db_close(db);
	assert(!guard_new(fuzz_dir, &guard, &err));
	assert(!api_open(fuzz_dir, NULL, guard, &api, &err));
	assert(!atexit(tidy));
}

static void ask(const struct http_request *request)
{
	struct http_answer answer = { 0 };

	strbuf_init(&answer.body, 0);
	api_answer(api, request, &answer);
	assert(answer.status || answer.type || answer.stream);
	/* Nothing breaks out of a header. */
	assert(!strpbrk(answer.download, "\"\r\n") &&
	       !strpbrk(answer.cookie, "\r\n") &&
	       !strpbrk(answer.etag, "\r\n"));
	strbuf_release(&answer.body);
}

static void parse_value(const char *value)
{
	uint64_t us;
	int32_t day;
	struct period period;
	struct err err;

	(void)moment_parse(value, 480, &us, &err);
	(void)day_parse(span_of_text(value), &day);
	(void)period_parse(span_of_text(value), &period, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_request request = { .from = "127.0.0.1" };
	char *text = malloc(size + 1), *at;
	const char *host;

	assert(text);
	begin();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	at = text;
	host = strsep(&at, "\n");
	request.token = at ? strsep(&at, "\n") : "";
	request.etag = at ? strsep(&at, "\n") : NULL;
	request.path = at ? strsep(&at, "\n") : "/";
	(void)http_host_is_own(host, "127.0.0.1:5780");
	(void)http_host_is_own(host, "[::1]:5780");
	assert(token_name(request.token).len <= strlen(request.token));
	(void)http_unchanged(&request, "\"a-tag\"");
	while (at) {
		char *value = strsep(&at, "\n");
		const char *name = strsep(&value, "=");

		value = value ? value : "";
		parse_value(value);
		if (request.query_count < HTTP_QUERY_MAX)
			request.query[request.query_count++] =
				(struct http_pair){ name, value };
	}
	ask(&request);
	free(text);
	return 0;
}
