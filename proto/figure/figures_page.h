/*
 * A page of figures for people: a title, a table whose columns line up, and
 * the lines behind it. What stands in it is the views' business
 * (figures_table.h, figures_standings.h, ..); programs read JSON instead.
 */
#ifndef TALLY_PROTO_FIGURES_PAGE_H
#define TALLY_PROTO_FIGURES_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/print.h"
#include "base/strbuf.h"
#include "proto/figure/measure.h"
#include "proto/figure/words.h"

/* What is looked at, and how: the same for every view. */
struct figures_head {
	const struct catalogue *catalogue;
	enum lang lang;
	bool all; /* also parts, targets without goal, units */
	int32_t cutoff;
	const char *known_by; /* NULL: everything */
	bool simulated;
	const char *tried; /* folder of a catalogue not in force, or NULL */
};

/* Title of the catalogue, cut-off and what else must be known. */
void figures_title(const struct figures_head *head, struct strbuf *out);

struct figures_page {
	const struct figures_head *head;
	struct print_table rows;
	struct arena texts;
};

void page_init(struct figures_page *page, const struct figures_head *head,
	       size_t columns, unsigned right);
void page_release(struct figures_page *page);

/* The next cell of a row: as it is, or copied. */
void page_add(struct figures_page *page, const char *text);
void page_addf(struct figures_page *page, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void page_add_words(struct figures_page *page, const enum word *words,
		    size_t count);

/* In the page's language, the Chinese one where there is no other. */
const char *page_name(const struct figures_page *page, const char *zh,
		      const char *en);
void page_add_unit(struct figures_page *page, uint32_t unit);

/* A goal, or the value of a grade, with the names of steps in the page's
 * language; what is no step as it is. catalogue: of the target. In the page's
 * arena, or text itself. */
const char *page_steps(struct figures_page *page,
		       const struct catalogue *catalogue,
		       const struct target *target, const char *text);
/* A figure's cells; the target is one of the page's catalogue. */
void page_add_value(struct figures_page *page, const struct target *target,
		    const struct figure *figure);
void page_add_goal(struct figures_page *page, const struct target *target,
		   const struct figure *figure);
void page_add_light(struct figures_page *page, const struct figure *figure);
void page_add_why(struct figures_page *page, const struct figure *figure);

/* Title and rows. ERR_NOMEM. */
int page_write(const struct figures_page *page, struct strbuf *out,
	       struct err *err);

#endif
