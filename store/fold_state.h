/*
 * What the fold keeps in memory, shared by the files fold*.c and nobody else.
 *
 *   fold.c            one entry after the other
 *   fold_admit.c      whether a batch takes its place
 *   fold_statement.c  the verdict of a statement
 *   fold_office.c     offices and grants
 *   fold_catalogue.c  parts and versions of the catalogue
 *   fold_texts.c      which free texts there are to be redacted
 *   fold_due.c        where state entries stand
 *   fold_load.c       the same memory again from the tables
 *   fold_files.c      reports of CSV files, without all that
 */
#ifndef TALLY_STORE_FOLD_STATE_H
#define TALLY_STORE_FOLD_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "store/figures.h"
#include "store/fold.h"
#include "store/tables.h"

#define ENROL_TAG "tally-enrol/1\n"
#define ROTATE_TAG "tally-rotate/1\n"
#define PARTS_MAX 4096
#define PARTS_BYTES_MAX (256u * 1024 * 1024)
#define ROLES_ALL                                                          \
	(1u << ROLE_REPORTER | 1u << ROLE_REVIEWER | 1u << ROLE_OFFICIAL | \
	 1u << ROLE_ADMIN | 1u << ROLE_WITNESS)

/* How a batch that was taken is told from another with its number: half of
 * its name, so that a year of batches of every office stays small. */
#define SHORT_NAME_BYTES 16
struct short_name {
	uint8_t bytes[SHORT_NAME_BYTES];
};

/* The end of a chain. */
struct chain {
	uint64_t taken; /* batches; the next has sequence number taken + 1 */
	struct hash head;
	struct span header; /* SEAL_HEADER_BYTES, or none */
	struct signature signature;
};

/* Batches taken in the group that is not applied yet. The header is the
 * batch's own, so that leaves may outlive what is pending. */
struct pending {
	struct chain chain;
	bool forked;
	struct short_name *names; /* from the number after the applied ones */
	size_t name_count, names_size;
	size_t at; /* in fold->pended */
};

enum office_flag {
	OFFICE_REVOKED = 1,
	OFFICE_ROTATED = 2, /* another key has taken over */
	OFFICE_SUSPENDED = 4,
};

/* A unit that an office speaks for. Few are told apart by more than how they
 * begin. */
struct spoken {
	uint64_t lead; /* the first bytes */
	struct span unit;
};

/* Kept in TABLE_OFFICE; docs/journal.md has the bytes. */
struct office {
	uint32_t number; /* in order of enrolment */
	struct sign_key key;
	struct hash hash; /* of key */
	uint8_t curve_key[CURVE_KEY_BYTES];
	uint32_t roles;
	struct span unit;   /* empty: none */
	struct span *units; /* further ones */
	size_t unit_count;
	struct spoken *spoken; /* unit and units in order, to be looked up */
	size_t spoken_count;
	struct chain chain;
	uint8_t header[SEAL_HEADER_BYTES]; /* what chain.header points to */
	uint32_t flags;
	uint64_t suspect_from; /* sequence number; 0: no suspicion */
	struct hash successor; /* of a rotated key, else zero */
	uint64_t until_us;
	uint64_t bytes_a_day, statements_a_day;
	uint64_t recv_us;
	struct short_name *names; /* of chain.taken batches */
	size_t names_size;
	struct pending *pending; /* NULL: none */
};

/* Kept in TABLE_GRANT. */
struct grant_state {
	struct grant grant; /* units in fold->keep */
	uint64_t entry;
	uint32_t n;
	bool used;	     /* or withdrawn */
	struct hash used_by; /* zero: withdrawn */
};

/* Kept in TABLE_PART. */
struct part {
	uint8_t set[SALT_BYTES];
	uint32_t n;
	char *file;
	uint8_t *bytes;
	size_t len;
};

/* Kept in TABLE_TEXT: the texts of a statement that nobody redacted. */
struct texts {
	uint64_t entry;
	uint32_t n;
	uint32_t names; /* 1 << wire_text_number of each */
};

struct fold {
	bool founded;
	struct hash journal;
	struct span name; /* in fold->keep */
	int32_t zone_minutes;
	bool simulated;
	uint32_t rules;	     /* in force */
	uint32_t rules_next; /* from the next entry on */
	struct frontier frontier;
	struct hash root;
	uint64_t recv_us; /* of the last entry */
	uint64_t since;	  /* entries since the last state entry, or ever */
	bool state_full;  /* that one was due for the number of entries */
	uint64_t reopened[REOPENINGS_MAX]; /* entries, the newest last */
	size_t reopened_count;
	uint64_t succeeded[SUCCESSIONS_MAX]; /* entries, in order */
	size_t succeeded_count;

	struct intern office_keys; /* key hash -> index of offices */
	struct office **offices;
	size_t offices_size;
	struct intern curve_keys; /* -> index of curve_offices */
	uint32_t *curve_offices;
	size_t curve_offices_size;

	struct intern grant_keys; /* one-time key -> index of grants */
	struct grant_state **grants;
	size_t grants_size;
	struct intern grant_curves; /* -> index of curve_grants */
	uint32_t *curve_grants;
	size_t curve_grants_size;

	struct collector_keys *collectors; /* in fold->keep */
	size_t collector_count;
	struct sign_key *recovery_keys; /* in fold->keep */
	size_t recovery_key_count;

	struct part *parts;
	size_t part_count, parts_size;
	size_t parts_bytes;
	struct catalogue *catalogue; /* NULL: none yet */
	uint32_t catalogue_version;
	uint8_t catalogue_base[BASE_BYTES];

	struct texts *texts; /* by entry and n */
	size_t text_count, texts_size;

	struct figures *figures;
	uint32_t *pended; /* offices with pending batches */
	size_t pended_count, pended_size;

	struct arena keep;    /* what lives as long as the fold */
	struct arena scratch; /* one statement */
	struct strbuf bytes;  /* a value that is being built */
};

/* The array with room for one more than count, or NULL: no memory, it is as
 * before. */
void *fold_grown(void *array, size_t *size, size_t count, size_t item_bytes);

/* ---- offices and grants (fold_office.c) ---- */

struct office *office_find(const struct fold *fold, const struct hash *key);
/* Not revoked, rotated or expired. Suspended keys are in force: their words
 * up to the fork count. */
bool office_in_force(const struct office *office, uint64_t recv_us);
bool office_speaks(const struct office *office, struct span unit);
/* To be called when its unit and units are set. ERR_NOMEM. */
int office_sort_units(struct fold *fold, struct office *office);
bool office_has_role(const struct office *office, enum role role);

/* A new office, known from now on; its fields are the caller's to fill.
 * ERR_NOMEM. curve_key is how its sessions are known. */
int office_add(struct fold *fold, const struct sign_key *key,
	       const uint8_t curve_key[CURVE_KEY_BYTES], struct office **out);
int office_put(struct fold *fold, const struct office *office,
	       struct puts *puts);
/* From a value of TABLE_OFFICE. */
int office_load(struct fold *fold, struct span value, struct err *err);
int office_add_name(struct office *office, const struct hash *name);

struct grant_state *grant_find(const struct fold *fold,
			       const struct sign_key *code_key);
int grant_add(struct fold *fold, const struct grant_state *grant,
	      struct grant_state **out);
int grant_put(struct fold *fold, const struct grant_state *grant,
	      struct puts *puts);
int grant_load(struct fold *fold, struct span value, struct err *err);
bool fold_is_recovery_key(const struct fold *fold, const struct sign_key *key);

/* ---- admission (fold_admit.c) ---- */

/* As fold_admit, without what is pending; ends_group is not asked. */
enum admission fold_readmit(const struct fold *fold, const struct batch *batch,
			    uint64_t recv_us);
/* Forgets what is pending of an office once all of it is applied. */
void fold_settle_pending(struct fold *fold, struct office *office);

/* ---- statements (fold_statement.c, fold_catalogue.c) ---- */

/* The statement being decided. */
struct saying {
	struct fold *fold;
	struct office *office;
	const struct statement *statement;
	struct origin origin;
	bool has_reason, has_text;
	struct puts *puts;
	struct err *err;
};

/* *verdict for statement n of a batch taken as the entry. */
int fold_statement(struct fold *fold, struct office *office,
		   const struct batch *batch, struct origin *origin,
		   struct puts *puts, enum verdict *verdict, struct err *err);

/* The first statement of an unknown key: makes its office. */
int fold_found(struct fold *fold, const struct batch *batch,
	       const struct found *found, struct puts *puts, struct err *err);
int fold_enrol(struct fold *fold, const struct statement *statement,
	       struct puts *puts, struct err *err);
int fold_put_collectors(struct fold *fold, struct puts *puts);

int fold_part(const struct saying *saying, enum verdict *verdict);
int fold_commit(const struct saying *saying, enum verdict *verdict);
/* Parts are kept in memory until their set is committed. */
int part_keep(struct fold *fold, const struct catalogue_part *said,
	      struct err *err);
void parts_forget(struct fold *fold, const uint8_t *set /* NULL: all */);

/* ---- texts (fold_texts.c) ---- */

/* Notes which texts the statements of an entry have, whatever becomes of them.
 * ERR_NOMEM. */
int fold_note_texts(struct fold *fold, uint64_t entry,
		    const struct batch *batch, struct puts *puts);
/* Is there such a text (wire_text_number) that nobody redacted? */
bool fold_has_text(const struct fold *fold, uint64_t entry, uint32_t n,
		   unsigned text);
/* Of one that there is: it is redacted now. ERR_NOMEM. */
int fold_drop_text(struct fold *fold, uint64_t entry, uint32_t n, unsigned text,
		   struct puts *puts);
/* From a pair of TABLE_TEXT, in order. */
int fold_load_texts(struct fold *fold, struct span key, struct span value,
		    struct err *err);

/* ---- META (fold_load.c) ---- */

int fold_put_meta(struct fold *fold, struct puts *puts);
int fold_put_founding(struct fold *fold, struct puts *puts);
int fold_put_rules(struct fold *fold, struct puts *puts);

/* ---- state entries (fold_due.c) ---- */

/* May this entry follow the last one, as for state entries? ERR_INVALID. */
int fold_check_place(const struct fold *fold, uint64_t index,
		     const struct leaf *leaf, struct err *err);

/* Value of TABLE_TAKEN: u64 entry, u64 recv_us, u32 count, name[32]. */
#define TAKEN_KEY_BYTES (HASH_BYTES + 8)
#define TAKEN_VALUE_BYTES (8 + 8 + 4 + HASH_BYTES)

#endif
