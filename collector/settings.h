/* collector.ini: the collector's settings and the table of its keys. */
#ifndef TALLY_COLLECTOR_SETTINGS_H
#define TALLY_COLLECTOR_SETTINGS_H

#include <stdint.h>

#include "base/err.h"
#include "base/rt/config.h"
#include "base/strbuf.h"
#include "proto/endpoint.h"

#define SETTINGS_PORT 5724
#define SETTINGS_SESSIONS_MAX 25000

struct collector_settings {
	char bind[ENDPOINT_BYTES_MAX + 1];
	uint64_t sessions_max;
	uint64_t credit_bytes; /* over all sessions */
	uint64_t ping_ms;
	uint64_t reserve_bytes; /* of the disk, for administrators */
	char checkpoint[1024];	/* path; empty: in the directory */
	char safe[16];		/* backup or durable */
	uint64_t witnesses;	/* that must sign before offices see it */
	char log_level[16];
};

extern const struct config_table settings_table;

/* Reads dir/collector.ini; without one the defaults hold. Each problem is a
 * line in problems. */
int settings_read(const char *dir, struct collector_settings *out,
		  struct strbuf *problems, struct err *err);

/* The file that `init` writes. */
void settings_print(const char *bind, struct strbuf *out);

#endif
