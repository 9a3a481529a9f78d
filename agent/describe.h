/* Items of the outbox as people and programs read them. */
#ifndef TALLY_AGENT_DESCRIBE_H
#define TALLY_AGENT_DESCRIBE_H

#include <stdint.h>
#include <stdio.h>

#include "agent/messages.h"
#include "agent/office.h"
#include "base/arena.h"
#include "base/strbuf.h"
#include "proto/wire.h"
#include "store/outbox.h"

#define MOMENT_TEXT_BYTES 24

/* "report", "catalogue-part", .. */
const char *statement_kind_name(enum statement_kind kind);
/* "reporter", .. */
const char *role_name(enum role role);

/* "2024-07-01 08:00" at a place zone_minutes east of UTC. */
void moment_print(uint64_t us, int zone_minutes, char out[MOMENT_TEXT_BYTES]);

/* waiting, sealed, delivered, refused */
const char *item_state_name(const struct outbox_item *item);
const char *item_state_text(enum language language,
			    const struct outbox_item *item);

/* The cells' values: "118", or "opened=3600 closed=1350". */
void cells_text(struct strbuf *out, const struct cell_text *cells,
		size_t count);
/* What others wrote must not command a terminal, nor break the line: controls
 * become blanks. */
void text_add(struct strbuf *out, struct span text);
void text_print(FILE *out, struct span text);

/* One line for people; statement is the item's body, decoded. */
void item_print(FILE *out, const struct office *office,
		const struct outbox_item *item,
		const struct statement *statement);

/* One object on one line. */
void item_json(FILE *out, const struct office *office,
	       const struct outbox_item *item,
	       const struct statement *statement);

/* A text in quotes; bytes that are not UTF-8 become '?'. */
void json_text(FILE *out, struct span text);

#endif
