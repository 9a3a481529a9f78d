/* token: who may look at what serve answers. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/rt/clock.h"
#include "collector/commands.h"
#include "collector/tokens.h"

static int code_of(int rc)
{
	return rc == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

static int print(const struct options *options, const struct tokens *tokens,
		 const char *made)
{
	bool json = options_given(options, "json");
	struct strbuf out;
	int code;

	strbuf_init(&out, 0);
	for (size_t i = 0; i < tokens->count; i++) {
		const struct token *token = &tokens->list[i];

		if (!json) {
			strbuf_addf(&out, "%s  %s\n", token->since,
				    token->name);
			continue;
		}
		json_open(&out);
		json_put_text(&out, "name", token->name);
		json_put_text(&out, "since", token->since);
		json_end_line(&out);
	}
	if (made && json) {
		json_open(&out);
		json_put_text(&out, "token", made);
		json_end_line(&out);
	} else if (made) {
		strbuf_addf(&out, "%s\n", made);
	}
	code = command_print(&out);
	strbuf_release(&out);
	return code;
}

static int add(const struct options *options, const char *dir, const char *name)
{
	const struct tokens none = { 0 };
	char token[TOKEN_BYTES];
	struct clock clock;
	struct err err = { 0 };
	int code, rc = clock_open(&clock, NULL, &err);

	if (!rc)
		rc = tokens_add(dir, name, day_of_us(clock_now_us(&clock), 0),
				token, &err);
	if (rc)
		return command_failed(code_of(rc), &err);
	code = print(options, &none, token);
	sign_wipe(token, sizeof(token));
	(void)fprintf(stderr, "Hand it over in secret: it is written nowhere "
			      "and not shown again.\n");
	return code;
}

static int list(const struct options *options, const char *dir)
{
	struct tokens tokens;
	struct err err = { 0 };
	int code, rc = tokens_read(dir, &tokens, &err);

	if (rc)
		return command_failed(code_of(rc), &err);
	code = print(options, &tokens, NULL);
	tokens_release(&tokens);
	return code;
}

static int remove_one(const char *dir, const char *name)
{
	struct err err = { 0 };
	int rc = tokens_remove(dir, name, &err);

	return rc ? command_failed(code_of(rc), &err) : EXIT_OK;
}

int command_token(const struct options *options)
{
	const char *action = options_argument(options, 0);
	const char *dir = options_dir(options, COLLECTOR_DIR);
	const char *name = options_arguments(options) > 1 ?
				   options_argument(options, 1) :
				   NULL;
	struct err err = { 0 };

	if (!strcmp(action, "list") && !name)
		return list(options, dir);
	if ((strcmp(action, "add") != 0 && strcmp(action, "remove") != 0) ||
	    !name)
		return options_usage(options,
				     "say add NAME, list, or remove NAME");
	if (sign_start(&err))
		return command_failed(EXIT_FAILED, &err);
	return !strcmp(action, "add") ? add(options, dir, name) :
					remove_one(dir, name);
}
