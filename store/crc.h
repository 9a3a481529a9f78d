/*
 * CRC-32C (Castagnoli), as in iSCSI and RFC 3720: of "123456789" it is
 * 0xe3069283. The door to isa-l, which uses the processor's instruction.
 */
#ifndef TALLY_STORE_CRC_H
#define TALLY_STORE_CRC_H

#include <stdint.h>

#include "base/span.h"

/* Of bytes, or continued: crc32c(crc32c(0, a), b) is that of a || b. */
uint32_t crc32c(uint32_t before, struct span bytes);

#endif
