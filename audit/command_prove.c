#include "audit/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/ledger.h"
#include "audit/print.h"
#include "proto/checkpoint.h"
#include "proto/period.h"
#include "proto/succession.h"
#include "store/figures.h"
#include "store/keyfile.h"
#include "store/proof_file.h"

#define FILE_MODE 0644

/* ---- which statement ---- */

/* The newest version of one cell. */
struct wanted {
	struct span item;
	bool found;
	uint64_t index;
	uint32_t n;
};

static int take_version(void *arg, const struct figure_change *change)
{
	struct wanted *wanted = arg;

	if (wanted->found || change->flags & VERSION_MARKS ||
	    !span_equal(change->item, wanted->item))
		return 0;
	wanted->found = true;
	wanted->index = change->entry;
	wanted->n = change->n;
	return 0;
}

static int find_figure(struct ledger *ledger, const struct options *options,
		       struct wanted *wanted, struct err *err)
{
	const char *item = options_text(options, "item");
	const char *target = options_argument(options, 1);
	const char *unit = options_argument(options, 2);
	const char *text = options_argument(options, 3);
	struct period period;
	int rc = period_parse(span_of_text(text), &period, err);

	if (rc)
		return rc;
	wanted->item = span_of_text(item ? item : "");
	rc = ledger_tables(ledger, 0, err);
	if (!rc)
		rc = figures_where(&ledger->tables, span_of_text(target),
				   span_of_text(unit), &period, take_version,
				   wanted, err);
	if (!rc && !wanted->found)
		rc = err_set(err, ERR_NOTFOUND,
			     "%s has no admitted figure of %s for %s%s%s", unit,
			     target, text, item ? ", item " : "",
			     item ? item : "");
	return rc;
}

/* ---- under which checkpoint ---- */

/* What witnesses have signed too, if that covers the entry. */
static int read_note(const struct ledger *ledger, const char *given,
		     uint64_t index, char **note, size_t *len,
		     struct checkpoint *out, struct err *err)
{
	static const char *const names[] = { "cosigned", "checkpoint" };
	char path[PATH_MAX + 16];
	int rc = 0;

	for (size_t i = given ? 1 : 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", ledger->dir,
			       names[i]);
		free(*note);
		*note = NULL;
		rc = file_read(given ? given : path, NOTE_BYTES_MAX, note, len,
			       err);
		if (!rc)
			rc = checkpoint_read(span_of(*note, *len), out, err);
		if (!rc && out->size > index)
			return 0;
	}
	if (rc == ERR_NOTFOUND && !given)
		return err_set(err, rc,
			       "%s holds no checkpoint: name one with "
			       "--checkpoint",
			       ledger->dir);
	return rc;
}

/* ---- the proof ---- */

/* How the collector's keys followed one another, if they ever did. */
static int read_successions(const struct ledger *ledger, char **notes,
			    size_t *len, struct err *err)
{
	char path[PATH_MAX + 32];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/" SUCCESSIONS_FILE, ledger->dir);
	rc = file_read(path, SUCCESSIONS_BYTES_MAX, notes, len, err);
	return rc == ERR_NOTFOUND ? 0 : rc;
}

static int make(struct ledger *ledger, const struct options *options,
		uint64_t index, uint32_t n, struct strbuf *out, struct err *err)
{
	struct ledger_statement found;
	struct checkpoint checkpoint;
	struct proof_said said;
	struct proof_file proof = { .index = index, .n = n };
	struct hash leaf;
	char *note = NULL, *notes = NULL;
	size_t len = 0, notes_len = 0;
	int rc = ledger_statement(ledger, index, n, &found, err);

	if (!rc)
		rc = read_note(ledger, options_text(options, "checkpoint"),
			       index, &note, &len, &checkpoint, err);
	if (!rc)
		rc = read_successions(ledger, &notes, &notes_len, err);
	if (rc)
		goto out;
	proof.successions = span_of(notes, notes_len);
	leaf = hash_leaf(found.entry.leaf_bytes, span_of(NULL, 0));
	proof.leaf = found.entry.leaf_bytes;
	proof.key = found.batch.key;
	memcpy(proof.salt, found.batch.sealed[n].salt, SALT_BYTES);
	proof.body = found.batch.sealed[n].body;
	proof.note = span_of(note, len);
	rc = ledger_in_batch(&found.batch, n, &proof.in_batch, err);
	if (!rc)
		rc = ledger_inclusion(ledger, index, checkpoint.size, &leaf,
				      &checkpoint.root, &proof.in_journal, err);
	if (!rc && proof_file_check(&proof, NULL, &said, err))
		rc = ERR_CORRUPT;
	if (!rc)
		rc = proof_file_write(&proof, out, err);
out:
	free(note);
	free(notes);
	return rc;
}

static int write_proof(const struct options *options, const struct strbuf *out)
{
	const char *path = options_text(options, "out");
	struct err err = { 0 };

	if (!path)
		return print_out(out);
	if (out->failed)
		return print_failure(EXIT_FAILED, "no memory");
	if (file_replace(path, out->text, out->len, FILE_MODE, &err))
		return print_failure(EXIT_FAILED, "%s", err.msg);
	return EXIT_OK;
}

int command_prove(const struct options *options)
{
	size_t arguments = options_arguments(options);
	struct wanted wanted = { 0 };
	struct ledger ledger;
	struct strbuf out;
	struct err err = { 0 };
	int rc, code;

	if (arguments == 2 && !ledger_receipt(options_argument(options, 1),
					      &wanted.index, &wanted.n))
		return options_usage(options,
				     "%s is no receipt (7.0: entry and place "
				     "in its batch)",
				     options_argument(options, 1));
	if (arguments == 3)
		return options_usage(options, "needs a receipt, or TARGET UNIT "
					      "PERIOD");
	strbuf_init(&out, 0);
	rc = ledger_open(&ledger, options_argument(options, 0), &err);
	if (!rc && arguments == 4)
		rc = find_figure(&ledger, options, &wanted, &err);
	if (!rc)
		rc = make(&ledger, options, wanted.index, wanted.n, &out, &err);
	rc = ledger_close(&ledger, rc, &err);
	code = rc ? print_failure(rc == ERR_CORRUPT ? EXIT_BROKEN : EXIT_FAILED,
				  "%s", err.msg) :
		    write_proof(options, &out);
	strbuf_release(&out);
	return code;
}
