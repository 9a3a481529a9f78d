#include "store/catalogue_folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "proto/catalogue/catalogue_fixed.h"
#include "store/keyfile.h"

static bool is_catalogue_file(const char *name)
{
	for (size_t i = 0; i < CATALOGUE_FILE_COUNT; i++)
		if (!strcmp(name, catalogue_file_names[i]))
			return true;
	return false;
}

static bool is_csv(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && !strcasecmp(name + len - 4, ".csv");
}

/* A workbook of a catalogue file's name, where that file is missing: it was
 * saved as Excel and WPS do unless they are told. */
static bool is_workbook(const char *dir, const char *name)
{
	static const char *const ends[] = { ".xlsx", ".xls", ".et", ".ods" };
	const char *end = strrchr(name, '.');
	char csv[CATALOGUE_FOLDER_NAME_BYTES], path[PATH_MAX];
	bool workbook = false;

	for (size_t i = 0; end && i < sizeof(ends) / sizeof(ends[0]); i++)
		workbook |= !strcasecmp(end, ends[i]);
	if (!workbook)
		return false;
	(void)snprintf(csv, sizeof(csv), "%.*s.csv", (int)(end - name), name);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, csv);
	return is_catalogue_file(csv) && access(path, F_OK) != 0;
}

/* Reports may lie beside the catalogue; ~$ and . are what Excel and WPS leave
 * there while they have a file open. */
static bool is_stray(const char *dir, const char *name)
{
	if (name[0] == '.' || name[0] == '~')
		return false;
	if (is_csv(name))
		return strncmp(name, "reports", 7) != 0 &&
		       !is_catalogue_file(name);
	return is_workbook(dir, name);
}

static int name_order(const void *left, const void *right)
{
	return strcmp(left, right);
}

static int find_strays(const char *dir, struct catalogue_folder *out,
		       struct err *err)
{
	const struct dirent *entry;
	DIR *listing = opendir(dir);

	if (!listing && (errno == ENOENT || errno == ENOTDIR))
		return err_set(err, ERR_NOTFOUND, "%s is not a folder", dir);
	if (!listing)
		return err_sys(err, "cannot read %s", dir);
	while (out->stray_count < CATALOGUE_FOLDER_STRAYS_MAX &&
	       (entry = readdir(listing)))
		if (is_stray(dir, entry->d_name))
			(void)snprintf(out->strays[out->stray_count++],
				       CATALOGUE_FOLDER_NAME_BYTES, "%s",
				       entry->d_name);
	(void)closedir(listing);
	qsort(out->strays, out->stray_count, CATALOGUE_FOLDER_NAME_BYTES,
	      name_order);
	return 0;
}

static int read_one(const char *dir, const char *name,
		    struct catalogue_folder *out, struct err *err)
{
	char path[PATH_MAX];
	size_t len;
	int rc = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (rc < 0 || (size_t)rc >= sizeof(path))
		return err_set(err, ERR_LIMIT, "%s: the path is too long", dir);
	if (access(path, F_OK))
		return 0;
	rc = file_read(path, CATALOGUE_FILE_BYTES_MAX, &out->texts[out->count],
		       &len, err);
	if (rc)
		return rc;
	out->files[out->count] = (struct catalogue_file){
		.name = name,
		.bytes = span_of(out->texts[out->count], len),
	};
	out->count++;
	return 0;
}

int catalogue_folder_read(const char *dir, struct catalogue_folder *out,
			  struct err *err)
{
	int rc;

	*out = (struct catalogue_folder){ 0 };
	rc = find_strays(dir, out, err);
	for (size_t i = 0; i < CATALOGUE_FILE_COUNT && !rc; i++)
		rc = read_one(dir, catalogue_file_names[i], out, err);
	return rc;
}

int catalogue_folder_load(const struct catalogue_folder *folder,
			  struct catalogue **out, struct problems *problems)
{
	struct problem strays[CATALOGUE_FOLDER_STRAYS_MAX];
	struct catalogue *catalogue = NULL;
	int rc = catalogue_load(folder->files, folder->count, &catalogue,
				problems);

	if (rc == ERR_NOMEM)
		return rc;
	for (size_t i = 0; i < folder->stray_count; i++)
		strays[i] = (struct problem){
			.file = problems_text(problems,
					      span_of_text(folder->strays[i])),
			.column = "",
			.text = is_csv(folder->strays[i]) ?
					"a catalogue has no file of this name; "
					"it is not read" :
					"this is no CSV file and is not read; "
					"save it in Excel or WPS as 'CSV "
					"UTF-8'",
			.warning = true,
		};
	if (problems_add(problems, strays, folder->stray_count))
		rc = ERR_NOMEM;
	if (rc)
		catalogue_free(catalogue);
	else
		*out = catalogue;
	return rc;
}

void catalogue_folder_release(struct catalogue_folder *folder)
{
	for (size_t i = 0; i < folder->count; i++)
		free(folder->texts[i]);
	folder->count = 0;
}

/* ---- in one go ---- */

static int load_trial(const struct catalogue_folder *folder,
		      const struct catalogue *in_force, int32_t today,
		      struct catalogue_trial *out)
{
	struct catalogue_side side = { folder->files, folder->count, NULL };
	int rc = catalogue_folder_load(folder, &out->catalogue, &out->problems);

	if (rc || !in_force)
		return rc;
	side.catalogue = out->catalogue;
	return catalogue_check_fixed(in_force, &side, today, &out->problems,
				     &out->broken);
}

int catalogue_folder_try(const char *dir, const struct catalogue *in_force,
			 int32_t today, struct catalogue_trial *out,
			 struct err *err)
{
	struct catalogue_folder folder;
	int rc;

	*out = (struct catalogue_trial){ 0 };
	problems_init(&out->problems);
	rc = catalogue_folder_read(dir, &folder, err);
	if (!rc) {
		rc = load_trial(&folder, in_force, today, out);
		if (rc == ERR_INVALID)
			(void)err_set(err, rc,
				      "%s has errors (%zu), nothing is "
				      "evaluated",
				      dir, out->problems.errors);
		else if (rc)
			(void)err_set(err, rc, "%s: no memory", dir);
	}
	catalogue_folder_release(&folder);
	return rc;
}

void catalogue_trial_release(struct catalogue_trial *trial)
{
	catalogue_free(trial->catalogue);
	problems_release(&trial->problems);
	trial->catalogue = NULL;
}
