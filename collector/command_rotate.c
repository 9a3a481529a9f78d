/* rotate: the collector's keys go over to new ones. */
#include "collector/commands.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"
#include "base/rt/clock.h"
#include "collector/heard.h"
#include "collector/kept.h"
#include "collector/succeed.h"

struct rotating {
	struct kept kept;
	char journal_dir[PATH_MAX];
	struct fold_facts facts;
	uint64_t now_us;
	struct heard heard;  /* of the session key that waits */
	struct strbuf names; /* of offices that have not */
	size_t name_count;
};

static int code_of(int rc)
{
	switch (rc) {
	case ERR_CORRUPT:
		return EXIT_BROKEN;
	case ERR_ORDER:
		return EXIT_REFUSED;
	case ERR_INVALID:
	case ERR_NOTFOUND:
		return EXIT_USAGE;
	default:
		return EXIT_FAILED;
	}
}

/* The old key's last word is a checkpoint over all that there is. */
static int check_signed(const struct rotating *r, struct err *err)
{
	const struct checkpoint *last = &r->kept.last.checkpoint;
	struct hash root = fold_root(r->kept.fold);

	if (last->size == fold_applied(r->kept.fold) &&
	    hash_equal(&last->root, &root))
		return 0;
	return err_set(err, ERR_ORDER,
		       "of %" PRIu64 " entries only %" PRIu64
		       " are signed: start the collector and stop it again, "
		       "then rotate",
		       fold_applied(r->kept.fold), last->size);
}

static int check_state(const struct rotating *r, struct err *err)
{
	uint64_t entries[SUCCESSIONS_MAX];
	enum succeed_state state;
	int rc = succeed_state(r->kept.dir, &state, err);

	if (rc)
		return rc;
	if (state == SUCCEED_CURVE)
		return err_set(err, ERR_ORDER,
			       "the rotation before is not finished: offices "
			       "still come with the old session key; finish it "
			       "with tally-collector rotate --curve");
	if (fold_succeeded(r->kept.fold, entries) == SUCCESSIONS_MAX)
		return err_set(err, ERR_ORDER,
			       "a journal's keys can go over to others %d "
			       "times at most: found a new journal",
			       SUCCESSIONS_MAX);
	return check_signed(r, err);
}

/* One entry, a group of its own: with it on the disk the keys have changed. */
static int append(struct rotating *r, const struct succession *said,
		  struct span note, struct err *err)
{
	struct leaf leaf = leaf_succeeded(said, note);
	uint8_t bytes[LEAF_BYTES_MAX];
	struct hash hash;
	struct puts puts;
	uint64_t index;
	int rc = journal_append(r->kept.journal, &leaf, note, &index, err);

	if (!rc)
		rc = journal_commit(r->kept.journal, err);
	if (rc)
		return rc;
	puts_init(&puts);
	hash = hash_leaf(span_of(bytes, leaf_encode(&leaf, bytes)),
			 span_of(NULL, 0));
	rc = fold_apply(r->kept.fold, index, &leaf, &hash, NULL, &puts, NULL,
			err);
	puts_release(&puts); /* the next start folds it again */
	return rc;
}

static int hand_over(struct rotating *r, struct succession *said,
		     struct err *err)
{
	struct keys next = { 0 };
	struct strbuf note;
	int rc = check_state(r, err);

	if (!rc)
		rc = succeed_make(r->kept.dir, &next, err);
	if (rc)
		return rc;
	said->journal = r->facts.journal;
	said->size = fold_applied(r->kept.fold);
	said->root = fold_root(r->kept.fold);
	said->after_us = fold_recv_us(r->kept.fold);
	memcpy(said->curve, next.curve.key, CURVE_KEY_BYTES);
	strbuf_init(&note, 0);
	succession_sign(said, &r->kept.keys.sign, &next.sign, &note);
	keys_wipe(&next);
	rc = note.failed ? err_set(err, ERR_NOMEM, "no memory") :
			   append(r, said, strbuf_span(&note), err);
	strbuf_release(&note);
	if (!rc)
		rc = succeed_settle(r->kept.dir, r->journal_dir, r->kept.fold,
				    &r->kept.keys, err);
	return rc;
}

/* ---- the session key ---- */

#define KEY_DIGITS 12 /* of a key, where people know the unit */

static int add_name(void *arg, const struct fold_office *office)
{
	struct rotating *r = arg;
	char hex[2 * SIGN_KEY_BYTES + 1];

	if (!heard_lacks(&r->heard, office, r->now_us))
		return 0;
	bytes_to_hex(span_of(office->key.bytes, SIGN_KEY_BYTES), hex);
	strbuf_add_text(&r->names, r->name_count++ ? ", " : "");
	if (office->unit.len)
		strbuf_add(&r->names, office->unit.data, office->unit.len);
	else
		strbuf_add_text(&r->names, office->roles & 1u << ROLE_ADMIN ?
						   "administrator" :
						   "key");
	strbuf_addf(&r->names, " (%.*s)", KEY_DIGITS, hex);
	return r->names.failed ? ERR_NOMEM : 0;
}

/* Who has not heard of the new key cannot come any more, and is not told. */
static int check_heard(struct rotating *r, bool anyway, struct err *err)
{
	int rc = heard_open(&r->heard, r->kept.dir, err);

	if (!rc)
		rc = fold_offices(r->kept.fold, add_name, r);
	if (rc)
		return rc == ERR_NOMEM ? err_set(err, rc, "no memory") : rc;
	if (!r->name_count || anyway)
		return 0;
	(void)fprintf(stderr, "have not heard of the new session key: %s\n",
		      r->names.text);
	return err_set(err, ERR_ORDER,
		       "nothing was changed: %zu offices would be locked out. "
		       "Start the collector and let them come (tally-agent "
		       "sync), or give --anyway and hand each of them "
		       "%s/" SUCCESSIONS_FILE,
		       r->name_count, r->kept.dir);
}

static int finish(struct rotating *r, bool at_once, bool anyway,
		  struct err *err)
{
	/* Both keys at once: nobody can have heard, and each is handed the
	 * file. */
	int rc = at_once ? 0 : check_heard(r, anyway, err);

	if (!rc)
		rc = succeed_finish(r->kept.dir, r->kept.fold, &r->kept.keys,
				    err);
	if (rc == ERR_NOTFOUND)
		rc = err_set(err, ERR_ORDER,
			     "no new session key waits: begin with "
			     "tally-collector rotate --by NAME --why TEXT");
	return rc;
}

static int open_all(const struct options *options, const char *dir,
		    struct rotating *r, struct succession *said,
		    struct err *err)
{
	struct clock clock = { 0 };
	struct collector_settings settings;
	int code = command_settings(dir, &settings);
	int rc;

	if (code)
		return code;
	rc = kept_open(dir, settings.checkpoint, &r->kept, err);
	if (!rc)
		rc = kept_path(dir, "journal", r->journal_dir, err);
	if (rc)
		return command_failed(code_of(rc), err);
	(void)fold_facts(r->kept.fold, &r->facts);
	rc = clock_open(&clock, options_text(options, "clock"), err);
	if (!rc && r->facts.simulated != clock_simulated(&clock))
		rc = err_set(err, ERR_INVALID,
			     r->facts.simulated ?
				     "the journal was founded with a simulated "
				     "clock: give --clock FILE" :
				     "the journal was founded with the wall "
				     "clock: --clock is not for it");
	if (rc)
		return command_failed(EXIT_USAGE, err);
	said->at_us = r->now_us = clock_now_us(&clock);
	return EXIT_OK;
}

/* ---- what is said ---- */

static void tell_json(const struct rotating *r, bool waits, struct strbuf *out)
{
	char key[2 * SIGN_KEY_BYTES + 1];

	json_open(out);
	bytes_to_hex(span_of(r->kept.keys.sign.key.bytes, SIGN_KEY_BYTES), key);
	json_put_text(out, "checkpoint", key);
	bytes_to_hex(span_of(r->kept.keys.curve.key, CURVE_KEY_BYTES), key);
	json_put_text(out, "curve", key);
	json_put_flag(out, "curve_waits", waits);
	json_end_line(out);
}

static void tell_sign(const char *dir)
{
	(void)fprintf(stderr,
		      "the collector signs with this key from now on; start it "
		      "with: tally-collector run --dir %s\n"
		      "give %s/collector.card to auditors again: the old one "
		      "knows nothing of the new key\n",
		      dir, dir);
}

static void tell_curve(const struct rotating *r, bool sign)
{
	const char *dir = r->kept.dir;

	if (!sign)
		(void)fprintf(stderr,
			      "offices meet the collector with this session "
			      "key from now on; start it with: tally-collector "
			      "run --dir %s\n",
			      dir);
	(void)fprintf(stderr,
		      "%san office that cannot reach it any more needs "
		      "%s/" SUCCESSIONS_FILE
		      " (tally-agent follow FILE); codes that were not used "
		      "yet are of no use\n",
		      sign ? "its sessions have a new key, too: " : "", dir);
	if (r->name_count)
		(void)fprintf(stderr, "needed by: %s\n", r->names.text);
}

static int tell(const struct options *options, const struct rotating *r)
{
	bool sign = options_given(options, "by");
	bool curve = options_given(options, "curve");
	const char *dir = r->kept.dir;
	const uint8_t *new = sign ? r->kept.keys.sign.key.bytes :
				    r->kept.keys.curve.key;
	char key[2 * SIGN_KEY_BYTES + 1];
	struct strbuf out;
	int code;

	strbuf_init(&out, 0);
	bytes_to_hex(span_of(new, SIGN_KEY_BYTES), key);
	if (options_given(options, "json"))
		tell_json(r, !curve, &out);
	else
		strbuf_addf(&out, "%s\n", key);
	code = command_print(&out);
	strbuf_release(&out);
	if (sign)
		tell_sign(dir);
	if (curve)
		tell_curve(r, sign);
	else
		(void)fprintf(stderr,
			      "offices hear of it in their next session, which "
			      "still has the old key; once all have "
			      "(tally-collector offices says who) finish it "
			      "with: tally-collector rotate --dir %s --curve\n",
			      dir);
	return code;
}

int command_rotate(const struct options *options)
{
	const char *dir = command_dir(options);
	const char *by = options_text(options, "by");
	const char *why = options_text(options, "why");
	bool curve = options_given(options, "curve");
	struct rotating r = { .kept.lock_fd = -1 };
	struct succession said = { 0 };
	struct err err = { 0 };
	int code, rc = 0;

	if (!by != !why || (!by && !curve) ||
	    (by && (!reopening_text_fits(span_of_text(by)) ||
		    !reopening_text_fits(span_of_text(why)))))
		return options_usage(options,
				     "needs --by and --why, a line of at most "
				     "%d bytes each: they stand in the journal "
				     "for ever; or --curve alone, to finish a "
				     "rotation",
				     REOPENING_TEXT_BYTES_MAX);
	if (options_given(options, "anyway") && (!curve || by))
		return options_usage(options, "--anyway goes with --curve "
					      "alone");
	intern_init(&r.heard.keys);
	strbuf_init(&r.names, 0);
	code = open_all(options, dir, &r, &said, &err);
	if (!code && by) {
		said.by = span_of_text(by);
		said.why = span_of_text(why);
		rc = hand_over(&r, &said, &err);
	}
	if (!code && !rc && curve)
		rc = finish(&r, by != NULL, options_given(options, "anyway"),
			    &err);
	if (!code)
		code = rc ? command_failed(code_of(rc), &err) :
			    tell(options, &r);
	kept_close(&r.kept);
	heard_release(&r.heard);
	strbuf_release(&r.names);
	return code;
}
