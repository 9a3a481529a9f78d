/* Who may ask: the token that somebody shows, and a browser's cookie of it. */
#include <stdio.h>

#include "base/json.h"
#include "base/rt/clock.h"
#include "collector/api_parts.h"
#include "collector/tokens.h"

#define COOKIE_RULES "; Path=/; HttpOnly; SameSite=Strict"

static bool admit(enum guard_word word, struct http_answer *answer)
{
	switch (word) {
	case GUARD_OPEN:
	case GUARD_KNOWN:
		return true;
	case GUARD_STRANGER:
		answer_error(answer, 401,
			     "a token is needed that is known here: "
			     "tally-collector token add NAME makes one");
		break;
	case GUARD_WAIT:
		answer_error(answer, 429,
			     "too many wrong tokens came from there: try "
			     "again in some seconds");
		break;
	}
	return false;
}

bool door_admits(struct guard *guard, const struct http_request *request,
		 struct http_answer *answer)
{
	return admit(guard_ask(guard, request->token, request->from,
			       clock_monotonic_us()),
		     answer);
}

static void put_name(struct http_answer *answer, const char *name)
{
	answer->type = "application/json";
	json_open(&answer->body);
	json_put_text(&answer->body, "name", name);
	json_end_line(&answer->body);
}

void door_login(struct guard *guard, const struct http_request *request,
		struct http_answer *answer)
{
	enum guard_word word = guard_ask(guard, request->token, request->from,
					 clock_monotonic_us());
	char name[TOKEN_NAME_BYTES];
	struct span of;

	if (!admit(word, answer))
		return;
	if (word == GUARD_OPEN) {
		put_name(answer, NULL);
		return;
	}
	of = token_name(request->token);
	(void)snprintf(name, sizeof(name), "%.*s", (int)of.len,
		       (const char *)of.data);
	(void)snprintf(answer->cookie, sizeof(answer->cookie),
		       HTTP_COOKIE "=%s" COOKIE_RULES "%s", request->token,
		       request->secure ? "; Secure" : "");
	put_name(answer, name);
}

void door_logout(struct http_answer *answer)
{
	(void)snprintf(answer->cookie, sizeof(answer->cookie),
		       HTTP_COOKIE "=; Max-Age=0" COOKIE_RULES);
	put_name(answer, NULL);
}
