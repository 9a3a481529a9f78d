/*
 * Catalogues and reports as files on disk: reads them, checks them, and says
 * on stderr what is wrong with them.
 */
#ifndef TALLY_AUDIT_FOLDER_H
#define TALLY_AUDIT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "proto/catalogue/catalogue.h"
#include "store/fold.h"

/*
 * Loads the catalogue in dir. Errors and warnings go to stderr as
 * "file:row:column: text". ERR_INVALID: it has errors, all told.
 */
int folder_catalogue(const char *dir, struct catalogue **out, struct err *err);

/* What catalogue_load's code means to people; gives it back. */
int folder_failed(const char *dir, int rc, const struct problems *problems,
		  struct err *err);

struct folder_reports {
	struct fold_file *files; /* names as in messages */
	char **texts;
	size_t count;
};

void folder_reports_release(struct folder_reports *reports);

/* Reads files of reports. In messages a file is called by its last name, or
 * as given where two share it. */
int folder_reports(const char *const *paths, size_t count,
		   struct folder_reports *out, struct err *err);

/* Writes every problem to stderr. */
void folder_tell(const struct problems *problems);

#endif
