#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rt/clock.h"
#include "collector/commands.h"
#include "collector/founding.h"
#include "collector/kept.h"
#include "collector/settings.h"
#include "proto/card.h"
#include "proto/endpoint.h"
#include "store/keyfile.h"

/* What to listen on so that the card's endpoint reaches us. */
static void bind_of(const char *endpoint, char *out, size_t size)
{
	if (!strncmp(endpoint, "tcp://127.", 10) ||
	    !strncmp(endpoint, "tcp://[::1]:", 12))
		(void)snprintf(out, size, "%s", endpoint);
	else
		(void)snprintf(out, size, "tcp://*%s", strrchr(endpoint, ':'));
}

/* A name that other machines can find: a guess, --endpoint knows better. */
static void default_endpoint(char *out, size_t size)
{
	char name[128] = "localhost";

	(void)gethostname(name, sizeof(name) - 1);
	(void)snprintf(out, size, "tcp://%s:%d", name, SETTINGS_PORT);
}

static int write_text(const char *dir, const char *name,
		      const struct strbuf *text, struct err *err)
{
	char path[PATH_MAX];
	int rc = kept_path(dir, name, path, err);

	if (!rc && text->failed)
		rc = err_set(err, ERR_NOMEM, "no memory");
	return rc ? rc : file_replace(path, text->text, text->len, 0644, err);
}

static int write_card(const char *dir, const struct keys *keys,
		      const char *endpoint, struct err *err)
{
	struct card card = { .checkpoint_key = keys->sign.key };
	struct strbuf text;
	int rc;

	memcpy(card.curve_key, keys->curve.key, CURVE_KEY_BYTES);
	(void)snprintf(card.endpoint, sizeof(card.endpoint), "%s", endpoint);
	strbuf_init(&text, 0);
	card_print(&card, &text);
	rc = write_text(dir, "collector.card", &text, err);
	strbuf_release(&text);
	return rc;
}

static int write_settings(const char *dir, const char *endpoint,
			  struct err *err)
{
	char bind[ENDPOINT_BYTES_MAX + 1], path[PATH_MAX];
	struct strbuf text;
	int rc = kept_path(dir, "collector.ini", path, err);

	if (rc || !access(path, F_OK))
		return rc; /* somebody's own settings stay */
	bind_of(endpoint, bind, sizeof(bind));
	strbuf_init(&text, 0);
	settings_print(bind, &text);
	rc = write_text(dir, "collector.ini", &text, err);
	strbuf_release(&text);
	return rc;
}

/* New ones, or those of an init that ended before it had written the card. */
static int own_keys(const char *dir, struct keys *keys, struct err *err)
{
	char card[PATH_MAX];
	int rc = kept_path(dir, "collector.card", card, err);

	if (rc)
		return rc;
	rc = keys_create(dir, keys, err);
	if (rc != ERR_EXISTS)
		return rc;
	if (access(card, F_OK))
		return keys_load(dir, keys, err);
	return err_set(err, rc,
		       "%s has its keys and its card, and keys are never "
		       "written over: go on with tally-agent found --collector "
		       "%s --out founding, or begin anew in another directory",
		       dir, card);
}

static int make_keys(const char *dir, const char *endpoint, struct err *err)
{
	struct keys keys;
	int rc = dir_make(dir, err);

	if (!rc)
		rc = own_keys(dir, &keys, err);
	if (rc)
		return rc;
	rc = write_card(dir, &keys, endpoint, err);
	if (!rc)
		rc = write_settings(dir, endpoint, err);
	keys_wipe(&keys);
	return rc;
}

/* Where things are now, and what comes next. */
static void say_made(const char *dir, bool dir_named, const char *endpoint,
		     bool endpoint_given)
{
	(void)fprintf(stderr, "keys, card and settings are in %s%s\n", dir,
		      dir_named ? "" :
				  ", the default (for another directory: "
				  "tally-collector init DIR)");
	(void)fprintf(stderr, "offices are told to reach it at %s%s\n",
		      endpoint,
		      endpoint_given ? "" :
				       " (a guess; if they cannot, begin again "
				       "in another directory with --endpoint "
				       "tcp://HOST:PORT)");
	(void)fprintf(stderr,
		      "give %s/collector.card to the first administrator, who "
		      "founds the journal with it:\n"
		      "  tally-agent found --collector collector.card --out "
		      "founding\n"
		      "then: tally-collector init %s --founding founding\n",
		      dir, dir);
}

static int init_keys(const struct options *options, const char *dir)
{
	const char *given = options_text(options, "endpoint");
	char endpoint[ENDPOINT_BYTES_MAX + 1];
	struct err err = { 0 };
	int rc;

	if (given)
		(void)snprintf(endpoint, sizeof(endpoint), "%s", given);
	else
		default_endpoint(endpoint, sizeof(endpoint));
	if (endpoint_check(span_of_text(given ? given : endpoint), &err))
		return options_usage(options, "--endpoint: %s", err.msg);
	rc = make_keys(dir, endpoint, &err);
	if (rc)
		return command_failed(
			rc == ERR_EXISTS ? EXIT_USAGE : EXIT_FAILED, &err);
	say_made(dir, strcmp(dir, COLLECTOR_DIR) != 0, endpoint, given);
	return EXIT_OK;
}

static int init_journal(const char *dir, const char *file)
{
	struct founding founding;
	struct clock clock = { 0 };
	struct err err = { 0 };
	char *bytes = NULL, hex[2 * HASH_BYTES + 1];
	struct keys keys = { 0 };
	size_t len = 0;
	int lock_fd = -1;
	int rc = keys_load(dir, &keys, &err);

	if (rc == ERR_NOTFOUND)
		(void)err_set(&err, rc,
			      "%s has no keys: run tally-collector init %s "
			      "first, and found with its collector.card",
			      dir, dir);
	if (rc == ERR_NOTFOUND || rc == ERR_DENIED || rc == ERR_INVALID)
		return command_failed(EXIT_USAGE, &err);
	if (!rc)
		rc = lock_take(dir, "lock", &lock_fd, &err);
	if (!rc)
		rc = file_read(file, WIRE_BATCH_BYTES_MAX, &bytes, &len, &err);
	if (!rc) {
		rc = founding_install(dir, &keys, span_of(bytes, len),
				      clock_now_us(&clock), &founding, &err);
		if (rc == ERR_INVALID || rc == ERR_DENIED)
			rc = err_context(&err, "%s", file);
	}
	free(bytes);
	keys_wipe(&keys);
	if (lock_fd >= 0)
		(void)close(lock_fd);
	if (rc)
		return command_failed(rc == ERR_INVALID || rc == ERR_DENIED ?
					      EXIT_REFUSED :
				      rc == ERR_NOTFOUND ? EXIT_USAGE :
							   EXIT_FAILED,
				      &err);
	hash_print(&founding.journal, hex);
	(void)printf("%s\n", hex);
	(void)fprintf(stderr,
		      "founded%s; start it with: tally-collector run "
		      "--dir %s%s\n",
		      founding.simulated ? ", with a simulated clock" : "", dir,
		      founding.simulated ? " --clock FILE" : "");
	if (founding.administrators < 2 || !founding.recovery_keys)
		(void)fprintf(stderr,
			      "warning: %s: whoever loses it loses the say "
			      "over this journal\n",
			      founding.administrators < 2 ?
				      "there is only one administrator's key" :
				      "there is no recovery key");
	return EXIT_OK;
}

int command_init(const struct options *options)
{
	const char *founding = options_text(options, "founding");
	const char *dir = command_dir(options);

	if (!dir[0])
		return options_usage(options, "the directory has no name");
	if (founding && options_given(options, "endpoint"))
		return options_usage(options, "--endpoint belongs to the "
					      "first init, which writes the "
					      "card");
	return founding ? init_journal(dir, founding) : init_keys(options, dir);
}
