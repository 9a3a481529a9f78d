#include "audit/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/catalogue_folder.h"
#include "store/keyfile.h"

void folder_tell(const struct problems *problems, enum lang lang)
{
	struct strbuf told;

	strbuf_init(&told, 0);
	problems_write(problems, lang == LANG_ZH, &told);
	(void)fputs(told.text, stderr);
	strbuf_release(&told);
}

/* ---- the catalogue ---- */

int folder_try(const char *dir, const struct catalogue *in_force, int32_t today,
	       enum lang lang, struct folder_tried *out, struct err *err)
{
	struct catalogue_trial trial;
	int rc = catalogue_folder_try(dir, in_force, today, &trial, err);

	folder_tell(&trial.problems, lang);
	if (!rc) {
		out->catalogue = trial.catalogue;
		out->broken = trial.broken;
		trial.catalogue = NULL;
	}
	catalogue_trial_release(&trial);
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
