#include "audit/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/catalogue_folder.h"
#include "store/keyfile.h"

void folder_tell(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		(void)fprintf(stderr, "%s%s:%u:%s: %s\n",
			      problem->warning ? "note: " : "", problem->file,
			      problem->row, problem->column, problem->text);
	}
}

/* ---- the catalogue ---- */

int folder_failed(const char *dir, int rc, const struct problems *problems,
		  struct err *err)
{
	if (rc == ERR_INVALID)
		return err_set(err, rc,
			       "%s has errors (%zu), nothing is evaluated", dir,
			       problems->errors);
	return rc ? err_set(err, rc, "%s: no memory", dir) : 0;
}

int folder_catalogue(const char *dir, struct catalogue **out, struct err *err)
{
	struct catalogue_folder folder;
	struct problems problems;
	int rc = catalogue_folder_read(dir, &folder, err);

	problems_init(&problems);
	if (!rc) {
		rc = catalogue_folder_load(&folder, out, &problems);
		folder_tell(&problems);
		rc = folder_failed(dir, rc, &problems, err);
	}
	problems_release(&problems);
	catalogue_folder_release(&folder);
	return rc;
}

/* ---- reports ---- */

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *name_in_messages(const char *const *paths, size_t count,
				    size_t i)
{
	const char *name = last_name(paths[i]);

	for (size_t j = 0; j < count; j++)
		if (j != i && !strcmp(last_name(paths[j]), name))
			return paths[i];
	return name;
}

void folder_reports_release(struct folder_reports *reports)
{
	for (size_t i = 0; i < reports->count; i++)
		free(reports->texts[i]);
	free(reports->texts);
	free(reports->files);
	*reports = (struct folder_reports){ 0 };
}

static int read_report(const char *const *paths, size_t count, size_t i,
		       struct folder_reports *out, struct err *err)
{
	size_t len;
	int rc = file_read(paths[i], CATALOGUE_FILE_BYTES_MAX, &out->texts[i],
			   &len, err);

	if (rc)
		return rc;
	out->files[i] = (struct fold_file){
		.name = name_in_messages(paths, count, i),
		.bytes = span_of(out->texts[i], len),
	};
	out->count++;
	return 0;
}

int folder_reports(const char *const *paths, size_t count,
		   struct folder_reports *out, struct err *err)
{
	struct folder_reports reports = { 0 };
	int rc = 0;

	reports.files = calloc(count + 1, sizeof(*reports.files));
	reports.texts = calloc(count + 1, sizeof(*reports.texts));
	if (!reports.files || !reports.texts) {
		folder_reports_release(&reports);
		return err_set(err, ERR_NOMEM, "no memory");
	}
	for (size_t i = 0; i < count && !rc; i++)
		rc = read_report(paths, count, i, &reports, err);
	if (rc) {
		folder_reports_release(&reports);
		return rc;
	}
	*out = reports;
	return 0;
}
