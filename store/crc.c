#include "store/crc.h"

#include <isa-l/crc.h>

/* The library counts in int. */
#define STEP_BYTES (1u << 30)

uint32_t crc32c(uint32_t before, struct span bytes)
{
	uint32_t crc = ~before;
	size_t done = 0;

	while (done < bytes.len) {
		size_t step = bytes.len - done;

		if (step > STEP_BYTES)
			step = STEP_BYTES;
		crc = crc32_iscsi((unsigned char *)bytes.data + done, (int)step,
				  crc);
		done += step;
	}
	return ~crc;
}
