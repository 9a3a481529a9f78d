/* What happens in a run. */
#ifndef TALLY_TESTS_SIM_PLAN_H
#define TALLY_TESTS_SIM_PLAN_H

/* In the working directory: a collector, an administrator and three offices,
 * enrolled, with a catalogue. */
void plan_world(void);
/* From there: reports and faults, then everything is mended and must drain;
 * all promises are checked. */
void plan_run(void);

#endif
