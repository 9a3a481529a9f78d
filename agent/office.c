#include "agent/office.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent/follow.h"
#include "agent/rotation.h"
#include "base/rt/config.h"
#include "base/rt/log.h"
#include "proto/day.h"
#include "store/witnesses.h"

#define CODE_FILE "keys/code"
#define CODE_TEXT_BYTES_MAX 4096

static int check_level(const char *value, struct err *err)
{
	enum log_level level;

	if (log_level_parse(value, &level))
		return err_set(err, ERR_INVALID,
			       "say debug, info, warn or error");
	return 0;
}

static int check_language(const char *value, struct err *err)
{
	if (value[0] && strcmp(value, "en") != 0 && strcmp(value, "zh") != 0)
		return err_set(err, ERR_INVALID, "%s is neither en nor zh",
			       value);
	return 0;
}

/* The next of a list with commas, without the blanks around it; *list is NULL
 * behind the last. */
static struct span next_endpoint(const char **list)
{
	const char *from = *list + strspn(*list, " ");
	size_t len = strcspn(from, ",");

	*list = from[len] ? from + len + 1 : NULL;
	while (len && from[len - 1] == ' ')
		len--;
	return span_of(from, len);
}

static int check_endpoints(const char *value, struct err *err)
{
	int ret = 0;

	if (!value[0])
		return 0;
	do
		ret = endpoint_check(next_endpoint(&value), err);
	while (!ret && value);
	return ret;
}

static const struct config_key keys_of_ini[] = {
	{ .section = "collector",
	  .name = "endpoint",
	  .type = CONFIG_TEXT,
	  .offset = offsetof(struct office_settings, endpoint),
	  .size = sizeof(((struct office_settings *)0)->endpoint),
	  .fallback = "",
	  .help = "addresses, by commas, instead of the card's",
	  .check = check_endpoints },
	{ .section = "agent",
	  .name = "language",
	  .type = CONFIG_TEXT,
	  .offset = offsetof(struct office_settings, language),
	  .size = sizeof(((struct office_settings *)0)->language),
	  .fallback = "",
	  .help = "en or zh; empty: the locale's",
	  .check = check_language },
	{ .section = "outbox",
	  .name = "keep",
	  .type = CONFIG_BYTES,
	  .offset = offsetof(struct office_settings, keep_bytes),
	  .max = 1ull << 50,
	  .fallback = "256M",
	  .help = "of what is delivered, should the collector lose it" },
	{ .section = "witness",
	  .name = "need",
	  .type = CONFIG_NUMBER,
	  .offset = offsetof(struct office_settings, witnesses),
	  .max = WITNESSES_MAX,
	  .fallback = "0",
	  .help = "of those in the file witnesses, so many must have signed a "
		  "checkpoint" },
	{ .section = "log",
	  .name = "level",
	  .type = CONFIG_TEXT,
	  .offset = offsetof(struct office_settings, log_level),
	  .size = sizeof(((struct office_settings *)0)->log_level),
	  .fallback = "info",
	  .help = "debug, info, warn or error",
	  .check = check_level },
};

static const struct config_table ini = {
	.keys = keys_of_ini,
	.count = sizeof(keys_of_ini) / sizeof(keys_of_ini[0]),
};

int office_fail(const struct err *err)
{
	(void)fprintf(stderr, "tally-agent: %s\n", err->msg);
	switch (err->code) {
	case ERR_OFFLINE:
		return EXIT_OFFLINE;
	case ERR_CLOCK:
		return EXIT_USAGE;
	case ERR_CORRUPT:
		return EXIT_BROKEN;
	default:
		return EXIT_FAILED;
	}
}

static int path_in(const struct office *office, const char *name,
		   char out[PATH_MAX], struct err *err)
{
	int len = snprintf(out, PATH_MAX, "%s/%s", office->dir, name);

	if (len < 0 || len >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path is too long: %s",
			       office->dir);
	return 0;
}

/* Precedence: flag, environment, agent.ini. */
static int choose_endpoint(struct office *office, const struct options *options)
{
	const char *given = options_text(options, "endpoint");
	const char *list = given ? given : getenv("TALLY_ENDPOINT");
	struct err err;

	if (list && check_endpoints(list, &err))
		return options_usage(options, "%s: %s",
				     given ? "--endpoint" : "TALLY_ENDPOINT",
				     err.msg);
	office->endpoint_option = list;
	return 0;
}

/* Precedence: flag, environment, agent.ini, built in. */
static int read_settings(struct office *office, const struct options *options)
{
	const char *language = options_text(options, "lang");
	struct strbuf problems;
	struct err err;
	char path[PATH_MAX];
	enum log_level level;
	int ret;

	if (path_in(office, "agent.ini", path, &err))
		return office_fail(&err);
	strbuf_init(&problems, 0);
	config_defaults(&ini, &office->settings);
	ret = config_read(&ini, path, &office->settings, &problems, &err);
	if (ret && ret != ERR_NOTFOUND)
		(void)fputs(problems.len ? problems.text : err.msg, stderr);
	strbuf_release(&problems);
	if (ret && ret != ERR_NOTFOUND)
		return EXIT_USAGE;
	if (language && strcmp(language, "en") != 0 &&
	    strcmp(language, "zh") != 0)
		return options_usage(options, "--lang is en or zh");
	if (!language && office->settings.language[0])
		language = office->settings.language;
	office->language = language_of(language);
	if (!log_level_parse(office->settings.log_level, &level))
		log_set_level(level);
	return choose_endpoint(office, options);
}

const char *office_get_text(struct office *office, const char *name)
{
	struct span value;
	char *text;

	if (outbox_get(office->outbox, name, &office->arena, &value, NULL))
		return "";
	text = arena_text(&office->arena, (const char *)value.data, value.len);
	return text ? text : "";
}

int office_set_text(struct office *office, const char *name, const char *text,
		    struct err *err)
{
	return outbox_set(office->outbox, name, span_of_text(text), err);
}

static int read_card(struct office *office, struct err *err)
{
	const char *card = office_get_text(office, "card");
	const char *zone = office_get_text(office, "zone");
	struct span journal;
	int ret;

	office->zone_minutes = zone[0] ? atoi(zone) : OFFICE_ZONE_MINUTES;
	if (!card[0])
		return 0;
	ret = card_parse(span_of_text(card), &office->card, err);
	if (!ret)
		ret = outbox_get(office->outbox, "journal", &office->arena,
				 &journal, err);
	if (!ret && journal.len != HASH_BYTES)
		ret = err_set(err, ERR_CORRUPT,
			      "the journal id in %s/outbox is damaged",
			      office->dir);
	if (ret)
		return ret;
	memcpy(office->journal.bytes, journal.data, HASH_BYTES);
	office->has_card = true;
	return follow_read(office, err);
}

static int read_code(struct office *office, struct err *err)
{
	char path[PATH_MAX];
	char *text;
	size_t len;
	int ret = path_in(office, CODE_FILE, path, err);

	if (ret)
		return ret;
	if (access(path, F_OK))
		return 0;
	ret = file_read(path, CODE_TEXT_BYTES_MAX, &text, &len, err);
	if (ret)
		return ret;
	ret = code_parse(span_of(text, len), &office->code, err);
	sign_wipe(text, len);
	free(text);
	office->enrolling = !ret;
	return ret;
}

/* The key file that is not there, in path; false: both are. */
static bool key_missing(const struct office *office, char path[PATH_MAX])
{
	return (!path_in(office, "keys/sign", path, NULL) &&
		access(path, F_OK)) ||
	       (!path_in(office, "keys/curve", path, NULL) &&
		access(path, F_OK));
}

/* A directory that has a card had keys: without them it is not a new one. */
static int open_keys(struct office *office)
{
	char path[PATH_MAX], sign[PATH_MAX];
	struct err err;
	int code;

	if (path_in(office, "keys/sign", sign, &err))
		return office_fail(&err);
	if (!office->has_card && access(sign, F_OK))
		return 0;
	if (rotation_read(office, &err))
		return office_fail(&err);
	if (key_missing(office, path)) {
		message_print(stderr, office->language, MESSAGE_KEY_LOST, path);
		return EXIT_USAGE;
	}
	office->has_keys = !keys_load(office->dir, &office->keys, &err);
	if (office->has_keys)
		return 0;
	code = office_fail(&err);
	return err.code == ERR_DENIED || err.code == ERR_INVALID ? EXIT_USAGE :
								   code;
}

int office_check_clock(struct office *office)
{
	const char *simulated = office_get_text(office, "simulated");
	bool is = clock_simulated(&office->clock);

	if (!strcmp(simulated, "yes") && !is) {
		message_print(stderr, office->language, MESSAGE_NEEDS_CLOCK);
		return EXIT_USAGE;
	}
	if (!strcmp(simulated, "no") && is) {
		message_print(stderr, office->language, MESSAGE_TAKES_NO_CLOCK);
		return EXIT_USAGE;
	}
	return 0;
}

static int open_parts(struct office *office, enum office_need need,
		      struct err *err)
{
	int ret = 0;

	if (need == OFFICE_NEW)
		ret = dir_make(office->dir, err);
	if (!ret)
		ret = outbox_open(office->dir, &office->outbox, err);
	if (!ret)
		ret = read_card(office, err);
	if (!ret)
		ret = read_code(office, err);
	return ret;
}

int office_open(struct office *office, const struct options *options,
		enum office_need need)
{
	const char *dir = options_dir(options, OFFICE_DIR_DEFAULT);
	struct alarm alarm;
	struct err err;
	int code;

	memset(office, 0, sizeof(*office));
	sign_lock(&office->keys, sizeof(office->keys));
	sign_lock(&office->next_keys, sizeof(office->next_keys));
	arena_init(&office->arena, OFFICE_ARENA_BYTES);
	if (strlen(dir) >= sizeof(office->dir) - NAME_MAX || !dir[0])
		return options_usage(options, "--dir is empty or too long");
	(void)snprintf(office->dir, sizeof(office->dir), "%s", dir);
	code = read_settings(office, options);
	if (code)
		return code;
	if (clock_open(&office->clock, options_text(options, "clock"), &err)) {
		(void)office_fail(&err);
		return EXIT_USAGE;
	}
	if (need != OFFICE_NEW && access(office->dir, F_OK)) {
		message_print(stderr, office->language, MESSAGE_NOT_ENROLLED);
		return EXIT_USAGE;
	}
	if (open_parts(office, need, &err))
		return office_fail(&err);
	code = open_keys(office);
	if (!code && need != OFFICE_LOOKING)
		code = office_check_clock(office);
	if (code)
		return code;
	if (need != OFFICE_NEW && (!office->has_card || !office->has_keys)) {
		message_print(stderr, office->language, MESSAGE_NOT_ENROLLED);
		return EXIT_USAGE;
	}
	/* Before anything else is said, whatever the command. */
	if (alarm_read(office->outbox, &alarm))
		message_print(stderr, office->language, MESSAGE_ALARM,
			      alarm_text(office->language, alarm.why));
	return 0;
}

void office_close(struct office *office)
{
	outbox_close(office->outbox);
	office->outbox = NULL;
	keys_wipe(&office->keys);
	keys_wipe(&office->next_keys);
	sign_wipe(&office->code, sizeof(office->code));
	arena_release(&office->arena);
}

int office_adopt(struct office *office, const struct card *card,
		 const struct hash *journal, struct err *err)
{
	struct strbuf text;
	int ret;

	strbuf_init(&text, 0);
	card_print(card, &text);
	ret = outbox_set(office->outbox, "journal",
			 span_of(journal->bytes, HASH_BYTES), err);
	/* The card last: with it the directory counts as founded or enrolled.
	 */
	if (!ret)
		ret = office_set_text(office, "card", text.text, err);
	strbuf_release(&text);
	if (ret)
		return ret;
	office->card = *card;
	office->journal = *journal;
	office->has_card = true;
	return follow_read(office, err);
}

uint64_t office_key_until(struct office *office)
{
	return strtoull(office_get_text(office, OFFICE_UNTIL), NULL, 10);
}

void office_key_word(struct office *office, FILE *out, bool always)
{
	uint64_t until_us = office_key_until(office);
	uint64_t now_us = clock_now_us(&office->clock);
	int32_t last = day_of_us(until_us, office->zone_minutes);
	int32_t left = last - day_of_us(now_us, office->zone_minutes);
	char day[DAY_TEXT_BYTES];

	if (!until_us)
		return;
	day_print(last, day);
	if (now_us > until_us)
		message_print(out, office->language, MESSAGE_KEY_ENDED, day);
	else if (left <= OFFICE_KEY_WARN_DAYS)
		message_print(out, office->language, MESSAGE_KEY_ENDS, day,
			      (int)left);
	else if (always)
		message_print(out, office->language, MESSAGE_KEY_UNTIL, day);
}

int office_keep_code(struct office *office, const char *text, struct err *err)
{
	char path[PATH_MAX];
	int ret = path_in(office, CODE_FILE, path, err);

	if (!ret)
		ret = code_parse(span_of_text(text), &office->code, err);
	if (!ret)
		ret = file_replace(path, text, strlen(text), 0600, err);
	if (!ret)
		office->enrolling = true;
	return ret;
}

int office_drop_code(struct office *office, struct err *err)
{
	char path[PATH_MAX];
	int ret = path_in(office, CODE_FILE, path, err);

	if (!ret && unlink(path) && errno != ENOENT)
		ret = err_sys(err, "cannot remove %s", path);
	if (!ret)
		office->enrolling = false;
	return ret;
}

unsigned office_endpoint(const struct office *office, unsigned i,
			 char out[ENDPOINT_BYTES_MAX + 1])
{
	const char *list = office->endpoint_option;
	struct span endpoint;
	unsigned count = 1;

	if (!list || !list[0])
		list = office->settings.endpoint;
	if (!list[0])
		list = office->card.endpoint;
	for (const char *at = list; *at; at++)
		count += *at == ',';
	i %= count;
	do
		endpoint = next_endpoint(&list);
	while (i-- > 0 && list);
	/* Each was checked, where it was set or read. */
	memcpy(out, endpoint.data, endpoint.len);
	out[endpoint.len] = '\0';
	return count;
}

int office_lock_saving(struct office *office, int *fd, struct err *err)
{
	char path[PATH_MAX];
	int lock, ret = path_in(office, "saving", path, err);

	if (ret)
		return ret;
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return err_sys(err, "cannot open %s", path);
	while (flock(lock, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		ret = err_sys(err, "cannot lock %s", path);
		(void)close(lock);
		return ret;
	}
	*fd = lock;
	return 0;
}

void office_unlock_saving(int fd)
{
	(void)close(fd);
}
