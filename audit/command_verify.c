#include "audit/commands.h"

#include <inttypes.h>
#include <string.h>

#include "audit/policy.h"
#include "audit/print.h"
#include "audit/redactions.h"
#include "audit/source.h"
#include "audit/verify.h"
#include "base/print.h"
#include "proto/day.h"
#include "store/say.h"

static void print_hash(struct strbuf *out, const char *name,
		       const struct hash *hash)
{
	char hex[2 * HASH_BYTES + 1];

	hash_print(hash, hex);
	strbuf_addf(out, ",\"%s\":\"%s\"", name, hex);
}

static void add_json_text(struct strbuf *out, const char *name,
			  const char *text)
{
	strbuf_addf(out, ",\"%s\":", name);
	print_json_text(out, text);
}

/* "2024-07-05 09:00", where the journal is. */
static void add_moment(struct strbuf *out, uint64_t us, int zone_minutes)
{
	int32_t day = day_of_us(us, zone_minutes);
	uint64_t minutes = (us - day_start_us(day, zone_minutes)) / 60000000u;
	char text[DAY_TEXT_BYTES];

	day_print(day, text);
	strbuf_addf(out, "%s %02u:%02u", text, (unsigned)(minutes / 60),
		    (unsigned)(minutes % 60));
}

static void print_json_redacted(const struct redactions *redactions,
				struct strbuf *out)
{
	strbuf_add_text(out, ",\"redacted\":[");
	for (size_t i = 0; i < redactions->count; i++) {
		const struct redacted *one = &redactions->list[i];
		const struct redaction *by = &one->redaction;

		strbuf_addf(out,
			    "%s{\"statement\":\"%" PRIu64
			    ".%u\",\"text\":\"%s\",\"by\":\"%" PRIu64 ".%u\"",
			    i ? "," : "", by->entry, by->n,
			    wire_text_name(by->text), by->by_entry, by->by_n);
		print_hash(out, "key", &by->key);
		add_json_text(out, "unit", one->unit);
		strbuf_add_text(out, ",\"received\":\"");
		add_moment(out, by->recv_us, redactions->zone_minutes);
		strbuf_add_char(out, '"');
		add_json_text(out, "reason", one->reason);
		strbuf_add_char(out, '}');
	}
	strbuf_add_char(out, ']');
}

/* A text of a note, which ends nowhere. */
static void add_json_span(struct strbuf *out, const char *name,
			  struct span text)
{
	char copy[REOPENING_TEXT_BYTES_MAX + 1] = "";

	memcpy(copy, text.data, text.len);
	add_json_text(out, name, copy);
}

static void add_json_key(struct strbuf *out, const char *name,
			 const struct sign_key *key)
{
	char hex[2 * SIGN_KEY_BYTES + 1];

	bytes_to_hex(span_of(key->bytes, SIGN_KEY_BYTES), hex);
	add_json_text(out, name, hex);
}

static void print_json_successions(const struct verification *v,
				   struct strbuf *out)
{
	struct span rest = strbuf_span(&v->successions), note;
	struct succession said;

	strbuf_add_text(out, ",\"successions\":[");
	for (bool any = false; succession_next(&rest, &note) &&
			       !succession_open(note, &said, NULL);
	     any = true) {
		strbuf_addf(out, "%s{\"size\":%" PRIu64 ",\"at_us\":%" PRIu64,
			    any ? "," : "", said.size, said.at_us);
		add_json_key(out, "from", &said.from);
		add_json_key(out, "to", &said.to);
		add_json_span(out, "by", said.by);
		add_json_span(out, "why", said.why);
		strbuf_add_char(out, '}');
	}
	strbuf_add_char(out, ']');
}

/* How the collector's keys followed each other. */
static void print_successions(const struct verification *v, enum lang lang,
			      struct strbuf *out)
{
	struct span rest = strbuf_span(&v->successions), note;
	struct succession said;

	while (succession_next(&rest, &note) &&
	       !succession_open(note, &said, NULL)) {
		char from[2 * SIGN_KEY_BYTES + 1], to[2 * SIGN_KEY_BYTES + 1];

		bytes_to_hex(span_of(said.from.bytes, SIGN_KEY_BYTES), from);
		bytes_to_hex(span_of(said.to.bytes, SIGN_KEY_BYTES), to);
		strbuf_addf(out,
			    say_in(lang,
				   "KEYS        after %" PRIu64 " entries, on ",
				   "更换密钥    第 %" PRIu64 " 条之后，"),
			    said.size);
		add_moment(out, said.at_us, v->zone_minutes);
		strbuf_addf(out,
			    say_in(lang,
				   ", the collector's key went over\n"
				   "  from      %s\n  to        %s\n"
				   "  by        ",
				   "，汇总中心密钥更换\n"
				   "  原密钥    %s\n  新密钥    %s\n"
				   "  经手      "),
			    from, to);
		strbuf_add(out, said.by.data, said.by.len);
		strbuf_add_text(
			out, say_in(lang, "\n  why       ", "\n  事由      "));
		strbuf_add(out, said.why.data, said.why.len);
		strbuf_add_char(out, '\n');
	}
}

static void print_json(const struct verification *v,
		       const struct redactions *redactions,
		       const struct policy *policy, bool good,
		       struct strbuf *out)
{
	strbuf_addf(out, "{\"ok\":%s", good ? "true" : "false");
	print_hash(out, "journal", &v->journal);
	strbuf_addf(out,
		    ",\"entries\":%" PRIu64 ",\"batches\":%" PRIu64
		    ",\"statements\":%" PRIu64 ",\"forks\":%" PRIu64
		    ",\"keys\":%" PRIu32 ",\"seen\":%" PRIu64
		    ",\"torn_bytes\":%" PRIu64,
		    v->entries, v->batches, v->statements, v->forks,
		    v->chains.keys.count, v->seen, v->torn_bytes);
	if (v->reopenings.count) {
		strbuf_addf(out, ",\"seen_lost\":%" PRIu64, v->unknown);
		reopenings_print_json(&v->reopenings, out);
	}
	if (v->successions.len)
		print_json_successions(v, out);
	print_hash(out, "root", &v->root);
	print_json_redacted(redactions, out);
	if (good && policy_demands(policy))
		policy_print_json(policy, out);
	if (!good) {
		strbuf_addf(out, ",\"bad\":{\"index\":%" PRIu64, v->index);
		if (v->file[0]) {
			strbuf_add_text(out, ",\"file\":");
			print_json_text(out, v->file);
			strbuf_addf(out, ",\"offset\":%" PRIu64, v->offset);
		}
		strbuf_add_text(out, ",\"what\":");
		print_json_text(out, v->what);
		strbuf_add_char(out, '}');
	}
	strbuf_add_text(out, "}\n");
}

/* By whom, when, why: a line each. */
static void print_redacted(const struct redactions *redactions, enum lang lang,
			   struct strbuf *out)
{
	char key[2 * HASH_BYTES + 1];

	for (size_t i = 0; i < redactions->count; i++) {
		const struct redacted *one = &redactions->list[i];
		const struct redaction *by = &one->redaction;

		hash_print(&by->key, key);
		strbuf_addf(out,
			    say_in(lang,
				   "redacted    the %s of %" PRIu64
				   ".%u, by %s (key %.16s, statement %" PRIu64
				   ".%u), ",
				   "已涂去      %s（第 %" PRIu64
				   ".%u 条），由 %s（密钥 %.16s，依第 %" PRIu64
				   ".%u 条），"),
			    wire_text_name(by->text), by->entry, by->n,
			    one->unit, key, by->by_entry, by->by_n);
		add_moment(out, by->recv_us, redactions->zone_minutes);
		strbuf_add_text(out, say_in(lang, ": ", "："));
		print_json_text(out, one->reason);
		strbuf_add_char(out, '\n');
	}
}

static void print_people(const struct verification *v,
			 const struct redactions *redactions,
			 const struct policy *policy, enum lang lang,
			 struct strbuf *out)
{
	char id[2 * HASH_BYTES + 1], root[2 * HASH_BYTES + 1];

	hash_print(&v->journal, id);
	hash_print(&v->root, root);
	strbuf_addf(out,
		    say_in(lang,
			   "journal     %s\n"
			   "entries     %" PRIu64 "\n"
			   "batches     %" PRIu64 " of %" PRIu32 " keys\n"
			   "statements  %" PRIu64 "\n"
			   "forks       %" PRIu64 "\n"
			   "seen roots  %" PRIu64 ", all as they were\n"
			   "root        %s\n",
			   "日志        %s\n"
			   "条目        %" PRIu64 "\n"
			   "批次        %" PRIu64 "（%" PRIu32 " 个密钥）\n"
			   "记录        %" PRIu64 "\n"
			   "分叉        %" PRIu64 "\n"
			   "已见根      %" PRIu64 "，均与当时一致\n"
			   "根          %s\n"),
		    id, v->entries, v->batches, v->chains.keys.count,
		    v->statements, v->forks, v->seen, root);
	if (v->unknown)
		strbuf_addf(out,
			    say_in(lang,
				   "            %" PRIu64
				   " more are of entries that were lost\n",
				   "            另有 %" PRIu64
				   " 个属于已丢失的条目\n"),
			    v->unknown);
	reopenings_print(&v->reopenings, v->zone_minutes, lang, out);
	print_successions(v, lang, out);
	if (v->torn_bytes)
		strbuf_addf(out,
			    say_in(lang, "torn tail   %" PRIu64 " bytes\n",
				   "残尾        %" PRIu64 " 字节\n"),
			    v->torn_bytes);
	print_redacted(redactions, lang, out);
	if (policy_demands(policy))
		policy_print(policy, v, lang, out);
	strbuf_add_text(out,
			v->reopenings.count ?
				say_in(lang, "all that was kept is well\n",
				       "保住的部分全部完好\n") :
				say_in(lang, "all is well\n", "全部完好\n"));
}

static void say_bad(const struct verification *v, enum lang lang)
{
	if (v->file[0])
		(void)print_failure(
			EXIT_BROKEN,
			say_in(lang,
			       "first bad record: %s, offset %" PRIu64
			       ", entry %" PRIu64 ": %s",
			       "首条损坏的记录：%s，偏移 %" PRIu64
			       "，第 %" PRIu64 " 条：%s"),
			v->file, v->offset, v->index, v->what);
	else
		(void)print_failure(
			EXIT_BROKEN,
			say_in(lang, "first bad record: entry %" PRIu64 ": %s",
			       "首条损坏的记录：第 %" PRIu64 " 条：%s"),
			v->index, v->what);
}

static int read_policy(const struct options *options, struct policy *out)
{
	const char *quorum = options_text(options, "quorum");
	uint64_t count = 1;

	*out = (struct policy){
		.card = options_text(options, "card"),
		.witnesses = options_text(options, "witnesses"),
		.checkpoint = options_text(options, "checkpoint"),
		.dir = options_argument(options, 0),
	};
	if (quorum && !out->witnesses)
		return options_usage(options, "--quorum goes with --witnesses");
	if (out->checkpoint && !policy_demands(out))
		return options_usage(options, "--checkpoint goes with --card "
					      "or --witnesses");
	if (quorum &&
	    (!source_size(quorum, &count) || !count || count > WITNESSES_MAX))
		return options_usage(options, "--quorum is 1 to %d",
				     WITNESSES_MAX);
	out->quorum = (unsigned)count;
	return EXIT_OK;
}

/* What is wrong with signatures is no bad record: the journal was verified. */
static int unsigned_code(int rc, const struct err *err)
{
	return print_failure(rc == ERR_CORRUPT ? EXIT_BROKEN :
			     rc == ERR_INVALID || rc == ERR_NOTFOUND ?
						 EXIT_USAGE :
						 EXIT_FAILED,
			     "%s", err->msg);
}

int command_verify(const struct options *options)
{
	struct policy policy;
	struct redactions redactions = { 0 };
	struct verification v;
	struct strbuf out;
	struct err err = { 0 };
	char dir[PATH_MAX];
	enum lang lang;
	bool good;
	int rc, code;

	code = read_policy(options, &policy);
	if (code)
		return code;
	if (lang_choose(options_text(options, "lang"), &lang, &err))
		return options_usage(options, "%s", err.msg);
	if (source_journal(options_argument(options, 0), dir, &err))
		return print_failure(EXIT_FAILED, "%s", err.msg);
	verification_init(&v);
	strbuf_init(&out, 0);
	rc = verification_run(&v, dir, options_given(options, "torn-tail"),
			      &err);
	if (!rc)
		rc = redactions_find(&v, dir, &redactions, &err);
	if (!rc && policy_demands(&policy)) {
		rc = policy_check(&policy, &v, &err);
		if (rc) {
			code = unsigned_code(rc, &err);
			goto out;
		}
	}
	good = rc == 0;
	code = good ? EXIT_OK : EXIT_BROKEN;
	if (!good && !v.what[0]) {
		code = print_failure(rc == ERR_CORRUPT ? EXIT_BROKEN :
							 EXIT_FAILED,
				     "%s", err.msg);
		goto out;
	}
	if (!good)
		say_bad(&v, lang);
	if (options_given(options, "json"))
		print_json(&v, &redactions, &policy, good, &out);
	else if (good)
		print_people(&v, &redactions, &policy, lang, &out);
	if (print_out(&out))
		code = code ? code : EXIT_FAILED;
out:
	redactions_release(&redactions);
	strbuf_release(&out);
	verification_release(&v);
	return code;
}
