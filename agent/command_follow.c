/* follow: the collector's new keys, from a file that a person brings. */
#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/follow.h"
#include "agent/office.h"
#include "agent/wake.h"
#include "store/keyfile.h"

/* What was verified so far; size 0: nothing. */
static void read_seen(struct office *office, struct checkpoint *out)
{
	struct span note;

	*out = (struct checkpoint){ 0 };
	if (!outbox_seen(office->outbox, &office->arena, &note, NULL))
		(void)checkpoint_read(note, out, NULL);
}

/* 0, and *count of them were new; ERR_DENIED. */
static int follow(struct office *office, struct span notes, unsigned *count,
		  struct err *err)
{
	struct succession said;
	struct checkpoint seen;
	struct span note;
	bool any = false;
	int rc = 0;

	read_seen(office, &seen);
	while (rc >= 0 && succession_next(&notes, &note)) {
		any = true;
		rc = follow_check(office, note, &seen, &said, err);
		if (rc > 0) {
			rc = follow_keep(office, note, err);
			++*count;
		}
	}
	if (!any)
		rc = err_set(err, ERR_DENIED,
			     "it does not say that a collector's keys went "
			     "over to others");
	return rc < 0 ? rc : 0;
}

static int run(struct office *office, const char *path)
{
	char *text = NULL, key[2 * SIGN_KEY_BYTES + 1];
	unsigned count = 0;
	struct err err = { 0 };
	size_t len = 0;
	int code = EXIT_OK;
	int rc = file_read(path, SUCCESSIONS_BYTES_MAX, &text, &len, &err);

	if (rc) {
		code = office_fail(&err);
		return rc == ERR_NOTFOUND ? EXIT_USAGE : code;
	}
	rc = follow(office, span_of(text, len), &count, &err);
	free(text);
	if (rc == ERR_DENIED) {
		message_print(stderr, office->language, MESSAGE_FOLLOW_REFUSED,
			      path, err.msg);
		return EXIT_REFUSED;
	}
	if (rc)
		return office_fail(&err);
	bytes_to_hex(span_of(key_chain_last(&office->collector)->bytes,
			     SIGN_KEY_BYTES),
		     key);
	(void)printf("%s\n", key);
	message_print(stderr, office->language,
		      count ? MESSAGE_FOLLOWED : MESSAGE_FOLLOWED_ALREADY);
	wake_sender(office->dir, WAKE_HURRY);
	return code;
}

int command_follow(const struct options *options)
{
	struct office office;
	int code = office_open(&office, options, OFFICE_EXISTING);

	if (!code)
		code = run(&office, options_argument(options, 0));
	office_close(&office);
	return code;
}
