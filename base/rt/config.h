/*
 * Configuration: INI files over a typed table of keys. What is not in the
 * table, given twice, malformed or out of bounds is an error that names
 * file:line; all of them are listed, not only the first.
 */
#ifndef TALLY_RT_CONFIG_H
#define TALLY_RT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

#define CONFIG_FILE_BYTES_MAX (64 * 1024)
#define CONFIG_TEXT_BYTES_MAX 160

enum config_type {
	CONFIG_TEXT,   /* char[size] */
	CONFIG_NUMBER, /* uint64_t, decimal, min..max */
	CONFIG_BYTES,  /* uint64_t, as number or with K, M, G (of 1024) */
	CONFIG_TIME,   /* uint64_t milliseconds: 500ms, 30s, 5m, 24h */
	CONFIG_BOOL,   /* bool: yes, no, true, false, on, off */
};

struct config_key {
	const char *section; /* "" before the first section */
	const char *name;
	enum config_type type;
	size_t offset; /* of the field in the settings */
	size_t size;   /* of a text field, its NUL included */
	uint64_t min, max;
	const char *fallback; /* as in a file; never NULL */
	const char *help;     /* one line, for config_print */
	/* A further check of the text, or NULL. */
	int (*check)(const char *value, struct err *err);
};

struct config_table {
	const struct config_key *keys;
	size_t count;
};

/* Fills settings with the fallbacks, which must be good. */
void config_defaults(const struct config_table *table, void *settings);

/*
 * Reads a file over the defaults. Each problem is a line "file:line: text\n"
 * in problems, and the result ERR_INVALID with the first of them in err.
 * ERR_NOTFOUND if there is no file (settings are then the defaults), ERR_IO.
 */
int config_read(const struct config_table *table, const char *path,
		void *settings, struct strbuf *problems, struct err *err);

/* The table as a file with every key commented out, and what each means. */
void config_print(const struct config_table *table, struct strbuf *out);

#endif
