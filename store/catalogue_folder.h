/*
 * A folder of catalogue files on disk, as an administrator keeps it. Only
 * reads: what the files say is proto/catalogue's business.
 */
#ifndef TALLY_STORE_CATALOGUE_FOLDER_H
#define TALLY_STORE_CATALOGUE_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/catalogue/catalogue.h"

#define CATALOGUE_FOLDER_STRAYS_MAX 8
#define CATALOGUE_FOLDER_NAME_BYTES 256

struct catalogue_folder {
	struct catalogue_file files[CATALOGUE_FILE_COUNT];
	char *texts[CATALOGUE_FILE_COUNT]; /* owned, behind files */
	size_t count;
	/* Further .csv files that are not reports: a name that is misspelt
	 * would be missed in silence. And workbooks of a missing file's name.
	 * The first few, in order. */
	char strays[CATALOGUE_FOLDER_STRAYS_MAX][CATALOGUE_FOLDER_NAME_BYTES];
	size_t stray_count;
};

/* The files that are there, in the order of docs/figures.md. ERR_NOTFOUND:
 * no such folder. To be released also after an error. */
int catalogue_folder_read(const char *dir, struct catalogue_folder *out,
			  struct err *err);
/* As catalogue_load, with a warning for each stray file. */
int catalogue_folder_load(const struct catalogue_folder *folder,
			  struct catalogue **out, struct problems *problems);
void catalogue_folder_release(struct catalogue_folder *folder);

/* A folder read and loaded, in one go. */
struct catalogue_trial {
	struct catalogue *catalogue;
	struct problems problems; /* all that is wrong or told */
	size_t broken;		  /* goals of before that have begun */
};

/*
 * Loads a folder, to be evaluated. in_force (may be NULL): the catalogue that
 * it would replace; goals of that which have begun by today and are changed or
 * removed are in problems, but no error of this call. ERR_INVALID: the files
 * have errors, problems lists them; ERR_NOTFOUND. To be released in any case;
 * who keeps the catalogue sets it to NULL before.
 */
int catalogue_folder_try(const char *dir, const struct catalogue *in_force,
			 int32_t today, struct catalogue_trial *out,
			 struct err *err);
void catalogue_trial_release(struct catalogue_trial *trial);

#endif
