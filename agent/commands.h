/* The commands of tally-agent; each gives the exit code. main.c has the table
 * of what they take. */
#ifndef TALLY_AGENT_COMMANDS_H
#define TALLY_AGENT_COMMANDS_H

#include "base/rt/options.h"

struct office; /* agent/office.h */

/* On stdout, if the collector declared a break that was accepted here. */
void alarm_print_break(struct office *office);

int command_found(const struct options *options);
int command_enrol(const struct options *options);
int command_run(const struct options *options);
int command_sync(const struct options *options);
int command_report(const struct options *options);
int command_import(const struct options *options);
int command_alarm(const struct options *options);
int command_status(const struct options *options);
int command_history(const struct options *options);
int command_apply(const struct options *options);
int command_grant(const struct options *options);
int command_rotate(const struct options *options);
int command_revoke(const struct options *options);
int command_review(const struct options *options);
int command_adjust(const struct options *options);
int command_redact(const struct options *options);
int command_follow(const struct options *options);
int command_hand_over(const struct options *options);
int command_witness(const struct options *options);

#endif
