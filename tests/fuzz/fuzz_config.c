/* Files that people edit by hand beside a collector: its settings, and those
 * who may look at the dashboard. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rt/http_parts.h"
#include "collector/settings.h"
#include "collector/tokens.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_dir.h"
#include "proto/endpoint.h"
#include "store/witnesses.h"

/* One file under three names. */
static void put(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char path[PATH_MAX], name[PATH_MAX];

	if (fuzz_dir_begin()) {
		fuzz_dir_path(path, "collector.ini");
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		fuzz_dir_path(name, "tokens");
		assert(fd >= 0 && !link(path, name));
		fuzz_dir_path(name, "witnesses");
		assert(!link(path, name));
	}
	assert(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
}

/* What was read can be relied on. */
static void read_settings(void)
{
	struct collector_settings settings;
	struct strbuf problems;
	struct err err = { 0 };

	strbuf_init(&problems, 0);
	if (settings_read(fuzz_dir, &settings, &problems, &err))
		assert(err.msg[0]);
	else
		assert(!endpoint_check_bind(span_of_text(settings.bind),
					    &err) &&
		       settings.sessions_max && settings.ping_ms);
	strbuf_release(&problems);
}

static void read_tokens(void)
{
	struct tokens tokens = { 0 };
	struct err err = { 0 };

	if (tokens_read(fuzz_dir, &tokens, &err))
		assert(err.msg[0]);
	for (size_t i = 0; i < tokens.count; i++)
		assert(tokens_find(&tokens, span_of_text(tokens.list[i].name)));
	tokens_release(&tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct witnesses witnesses;
	struct http_address address;
	char *text = malloc(size + 1);
	struct err err;

	assert(text);
	put(data, size);
	read_settings();
	read_tokens();
	(void)witnesses_read(fuzz_dir, 0, &witnesses, &err);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	(void)endpoint_check(span_of(data, size), &err);
	(void)http_address_read(text, true, &address, &err);
	free(text);
	return 0;
}
