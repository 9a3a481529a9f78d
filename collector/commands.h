/* The commands of tally-collector; each gives the program's exit code. */
#ifndef TALLY_COLLECTOR_COMMANDS_H
#define TALLY_COLLECTOR_COMMANDS_H

#include "base/err.h"
#include "base/rt/options.h"
#include "base/strbuf.h"

#define COLLECTOR_DIR "/var/lib/tally/collector"

int command_init(const struct options *options);
int command_run(const struct options *options);
int command_figures(const struct options *options);
int command_offices(const struct options *options);
int command_check_config(const struct options *options);

/* The data directory: the argument, --dir, TALLY_DIR, or COLLECTOR_DIR. */
const char *command_dir(const struct options *options);

/* "tally-collector: message" on stderr; gives code. */
int command_failed(int code, const struct err *err);

/* out on stdout; gives EXIT_OK, or EXIT_FAILED with a word on stderr. */
int command_print(const struct strbuf *out);

#endif
