/*
 * What libFuzzer calls, and what the driver of the normal tests calls with
 * the corpus. Whatever the input, the target returns; a crash, a leak or a
 * failed assert is the finding.
 */
#ifndef TALLY_TESTS_FUZZ_H
#define TALLY_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
