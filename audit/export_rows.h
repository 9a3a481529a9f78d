/*
 * Statements and figures as rows of CSV, for spreadsheets (guarded against
 * formulas) and as UTF-8 with a BOM.
 */
#ifndef TALLY_AUDIT_EXPORT_ROWS_H
#define TALLY_AUDIT_EXPORT_ROWS_H

#include "audit/judge.h"
#include "audit/walk.h"
#include "base/strbuf.h"

/* The first line of a file, BOM and all. */
void export_statements_head(struct strbuf *out);
void export_statement(const struct walked *walked, int zone_minutes,
		      struct strbuf *out);
/* The same as a line of JSON. */
void export_statement_json(const struct walked *walked, struct strbuf *out);

/* Every target and its units, first line and all. */
int export_figures(const struct judged *judged, struct strbuf *out,
		   struct err *err);

#endif
