/* The pages as they are built into the program; made from collector/www. */
#ifndef TALLY_COLLECTOR_ASSETS_H
#define TALLY_COLLECTOR_ASSETS_H

#include <stddef.h>
#include <stdint.h>

struct asset {
	const char *path; /* "/app.js" */
	const char *type; /* of the content */
	const char *etag; /* quoted hash of the bytes */
	const uint8_t *bytes, *gzipped;
	size_t len, gzipped_len;
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
