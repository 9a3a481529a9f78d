/* Runs a target on files, and on each of them with one byte changed: what
 * the fuzzer once found stays found without the fuzzer. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

#define INPUT_BYTES_MAX (1024 * 1024)
#define CHANGES 300

static void run_changed(uint8_t *bytes, size_t size, unsigned i)
{
	size_t at = (size_t)(i * 2654435761u) % size;
	uint8_t before = bytes[at];

	bytes[at] = (uint8_t)(before ^ (1 + i * 37 % 255));
	(void)LLVMFuzzerTestOneInput(bytes, size);
	bytes[at] = before;
	(void)LLVMFuzzerTestOneInput(bytes, at); /* cut off there */
}

static int run_file(const char *path)
{
	uint8_t *bytes = malloc(INPUT_BYTES_MAX);
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!bytes || !file) {
		perror(path);
		exit(1);
	}
	size = fread(bytes, 1, INPUT_BYTES_MAX, file);
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(bytes, size);
	for (unsigned i = 0; size && i < CHANGES; i++)
		run_changed(bytes, size, i);
	free(bytes);
	return 0;
}

int main(int argc, char **argv)
{
	assert(argc > 1);
	for (int i = 1; i < argc; i++)
		(void)run_file(argv[i]);
	(void)printf("%d files\n", argc - 1);
	return 0;
}
