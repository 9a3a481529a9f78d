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
#include "proto/figure/words.h"
#include "store/fold.h"

/*
 * Loads the catalogue in dir; see catalogue_folder_try. Errors and notes go to
 * stderr. ERR_INVALID: it has errors, all told.
 */
struct folder_tried {
	struct catalogue *catalogue;
	size_t broken;
};
int folder_try(const char *dir, const struct catalogue *in_force, int32_t today,
	       enum lang lang, struct folder_tried *out, struct err *err);

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
void folder_tell(const struct problems *problems, enum lang lang);

#endif
