/*
 * A connection of a test's peer to a collector: a DEALER with its monitor,
 * never made again by libzmq itself.
 */
#ifndef TALLY_TESTS_ABUSE_LINK_H
#define TALLY_TESTS_ABUSE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "proto/sign.h"

struct link {
	void *dealer, *monitor; /* NULL: closed */
	char name[24];		/* routing id; empty: the collector's to give */
	uint64_t until_ns;	/* when one that leaves by itself does so */
};

struct link_options {
	void *context;
	const char *endpoint;
	const uint8_t *server; /* CURVE key */
	const struct curve_pair *curve;
	int receive_max; /* messages that are kept unread */
};

uint64_t link_now_ns(void);

void link_open(struct link *link, const struct link_options *options);
void link_close(struct link *link);
/* Has it ended? Never waits. */
bool link_lost(struct link *link);
/* Never waits; false: there is no room, or no connection. */
bool link_send(struct link *link, struct span message, bool more);

#endif
