/* rotate: the collector's keys go over to new ones. */
#include "collector/commands.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/rt/clock.h"
#include "collector/kept.h"
#include "collector/succeed.h"
#include "store/say.h"

struct rotating {
	struct kept kept;
	char journal_dir[PATH_MAX];
	struct fold_facts facts;
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
	said->at_us = clock_now_us(&clock);
	return EXIT_OK;
}

static void tell(const struct rotating *r, bool curve, enum lang lang)
{
	const char *dir = r->kept.dir;
	char key[2 * SIGN_KEY_BYTES + 1];

	bytes_to_hex(span_of(r->kept.keys.sign.key.bytes, SIGN_KEY_BYTES), key);
	(void)printf("%s\n", key);
	(void)fprintf(stderr,
		      say_in(lang,
			     "the collector signs with this key from now on; "
			     "start it with: tally-collector run --dir %s\n"
			     "give %s/collector.card to auditors again: the "
			     "old one knows nothing of the new key\n",
			     "汇总中心今后用此密钥签名；启动："
			     "tally-collector run --dir %s\n"
			     "请将 %s/collector.card "
			     "再交审计方：旧名片不知道新密钥\n"),
		      dir, dir);
	if (curve)
		(void)fprintf(stderr,
			      say_in(lang,
				     "its sessions have a new key, too: an "
				     "office that cannot reach it any more "
				     "needs %s/" SUCCESSIONS_FILE
				     " (tally-agent follow FILE); codes that "
				     "were not used yet are of no use\n",
				     "会话密钥也已更换：连接不上的单位需要 "
				     "%s/" SUCCESSIONS_FILE
				     "（tally-agent follow 文件）；"
				     "尚未使用的登记码作废\n"),
			      dir);
	else
		(void)fprintf(
			stderr,
			say_in(lang,
			       "offices hear of it in their next "
			       "session, which still has the old key; "
			       "once all were there (tally-collector "
			       "offices) finish it with: "
			       "tally-collector rotate --dir %s --curve\n",
			       "各单位下次连接时得知，此时仍用旧会话密钥；"
			       "全部来过之后（tally-collector offices），"
			       "以此完成：tally-collector rotate --dir %s "
			       "--curve\n"),
			dir);
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
	enum lang lang;
	int code, rc = 0;

	if (lang_choose(options_text(options, "lang"), &lang, &err))
		return options_usage(options, "%s", err.msg);
	if (!by != !why || (!by && !curve) ||
	    (by && (!reopening_text_fits(span_of_text(by)) ||
		    !reopening_text_fits(span_of_text(why)))))
		return options_usage(options,
				     "needs --by and --why, a line of at most "
				     "%d bytes each: they stand in the journal "
				     "for ever; or --curve alone, to finish a "
				     "rotation",
				     REOPENING_TEXT_BYTES_MAX);
	code = open_all(options, dir, &r, &said, &err);
	if (!code && by) {
		said.by = span_of_text(by);
		said.why = span_of_text(why);
		rc = hand_over(&r, &said, &err);
	}
	if (!code && !rc && curve) {
		rc = succeed_finish(dir, r.kept.fold, &r.kept.keys, &err);
		if (rc == ERR_NOTFOUND)
			rc = err_set(&err, ERR_ORDER,
				     "no new session key waits: begin with "
				     "tally-collector rotate --by NAME --why "
				     "TEXT");
	}
	if (!code)
		code = rc ? command_failed(code_of(rc), &err) : EXIT_OK;
	if (!code)
		tell(&r, curve, lang);
	kept_close(&r.kept);
	return code;
}
