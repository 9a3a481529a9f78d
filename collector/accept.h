/*
 * How many connections libzmq may take. It has no limit of its own: whoever
 * reaches the port, with a key or without, could take every descriptor of the
 * process, and the next file that it has to open would end it. libzmq accepts
 * by accept4 of libc; this program's function of that name stands before it,
 * and closes what would be one too many.
 */
#ifndef TALLY_COLLECTOR_ACCEPT_H
#define TALLY_COLLECTOR_ACCEPT_H

#include <stdint.h>

/* Only descriptors below it are for connections; 0: all. Of the process. */
void accept_set_max(int descriptors_max);
/* Connections that were taken, and those that were one too many. */
uint64_t accept_taken(void);
uint64_t accept_refused(void);

#endif
