/* The commands of tally-collector; each gives the program's exit code. */
#ifndef TALLY_COLLECTOR_COMMANDS_H
#define TALLY_COLLECTOR_COMMANDS_H

#include <stdio.h>

#include "base/err.h"
#include "base/rt/options.h"
#include "base/strbuf.h"
#include "collector/settings.h"

#define COLLECTOR_DIR "/var/lib/tally/collector"

int command_init(const struct options *options);
int command_run(const struct options *options);
int command_recover(const struct options *options);
int command_reopen(const struct options *options);
int command_rotate(const struct options *options);
int command_figures(const struct options *options);
int command_offices(const struct options *options);
int command_serve(const struct options *options);
int command_token(const struct options *options);
int command_check_config(const struct options *options);

/* The data directory: the argument, --dir, TALLY_DIR, or COLLECTOR_DIR. */
const char *command_dir(const struct options *options);

/* Reads collector.ini; what is wrong in it is said. EXIT_OK: they are there. */
int command_settings(const char *dir, struct collector_settings *out);

/* "tally-collector: message" on stderr; gives code. */
int command_failed(int code, const struct err *err);

/* ---- of recover and reopen ---- */

struct recovery; /* collector/recovery.h */

/* Adds the files of --from; *bad of them cannot be used, which is said. */
int command_hear(const struct options *options, struct recovery *recovery,
		 size_t *bad);
/* What was handed over, and what nobody has; once it is planned. */
void command_tell_heard(const struct recovery *recovery);
void command_tell_missing(FILE *out, const struct recovery *recovery);
int command_recovery_code(int rc);
/* The same to programs: begins an object with what is there and what is
 * missing, as it was before anything was written; command_recovery_told ends it
 * with what was done, and prints it. */
struct recovery_facts;
void command_recovery_json(const struct recovery *recovery,
			   const struct recovery_facts *facts,
			   struct strbuf *out);
int command_recovery_told(struct strbuf *out, const char *result);

/* out on stdout; gives EXIT_OK, or EXIT_FAILED with a word on stderr. */
int command_print(const struct strbuf *out);

#endif
