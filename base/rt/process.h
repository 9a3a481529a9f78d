/*
 * What a program that holds keys does first: no core dump of it is written,
 * and no other process of its user may look into its memory (prctl(2),
 * PR_SET_DUMPABLE; not in builds with sanitizers, whose leak check does so).
 */
#ifndef TALLY_BASE_RT_PROCESS_H
#define TALLY_BASE_RT_PROCESS_H

void process_seclude(void);

#endif
