/* The commands of tally-audit, one file each. They give exit codes. */
#ifndef TALLY_AUDIT_COMMANDS_H
#define TALLY_AUDIT_COMMANDS_H

#include "base/rt/options.h"

int command_verify(const struct options *options);
int command_replay(const struct options *options);
int command_figures(const struct options *options);
int command_receipt(const struct options *options);
int command_explain(const struct options *options);
int command_prove(const struct options *options);
int command_check(const struct options *options);
int command_late(const struct options *options);
int command_export(const struct options *options);
int command_diff(const struct options *options);

#endif
