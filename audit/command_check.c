#include "audit/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/print.h"
#include "audit/source.h"
#include "base/json.h"
#include "proto/wire.h"
#include "store/keyfile.h"
#include "store/proof_file.h"
#include "store/say.h"
#include "store/witnesses.h"

struct checking {
	struct proof_file proof;
	struct proof_said said;
	struct statement statement;
	bool malformed;
	struct witnesses witnesses;
	uint32_t cosigned; /* by which of them */
};

/* ---- whose signature counts ---- */

/* 64 hex digits, or a verifier key as other programs print it. */
static int parse_key(const char *text, struct sign_key *out, struct err *err)
{
	struct note_key key;

	if (!hex_to_bytes(text, out->bytes, SIGN_KEY_BYTES))
		return 0;
	if (note_key_parse(span_of_text(text), &key, NULL) ||
	    key.kind != NOTE_SIGNATURE)
		return err_set(err, ERR_INVALID,
			       "--key %s: not a key (64 hex digits, or "
			       "name+id+base64)",
			       text);
	*out = key.key;
	return 0;
}

/* ---- what it says ---- */

static void print_json(const struct checking *checking, struct strbuf *out)
{
	const struct proof_said *said = &checking->said;
	char receipt[40];

	(void)snprintf(receipt, sizeof(receipt), "%" PRIu64 ".%u",
		       checking->proof.index, checking->proof.n);
	json_open(out);
	json_put_flag(out, "ok", 1);
	json_put_text(out, "receipt", receipt);
	say_hash_json(out, "journal", &said->checkpoint.journal);
	say_u64_json(out, "size", said->checkpoint.size);
	say_hash_json(out, "root", &said->checkpoint.root);
	say_u64_json(out, "received_us", said->leaf.recv_us);
	say_u64_json(out, "sent_us", said->header.sent_us);
	say_hash_json(out, "office", &said->header.key);
	say_u64_json(out, "sequence", said->header.sequence);
	say_statement_json(&checking->statement, out);
	json_put_list(out, "cosigned");
	for (size_t i = 0; i < checking->witnesses.count; i++)
		if (checking->cosigned & 1u << i)
			json_add_text(out, checking->witnesses.keys[i].name);
	json_close_list(out);
	json_end_line(out);
}

static void print_proved(const struct checking *checking, enum lang lang,
			 struct strbuf *out)
{
	const struct proof_said *said = &checking->said;
	char journal[2 * HASH_BYTES + 1], office[2 * HASH_BYTES + 1];
	char received[SAY_MOMENT_BYTES], sent[SAY_MOMENT_BYTES];

	hash_print(&said->checkpoint.journal, journal);
	hash_print(&said->header.key, office);
	say_moment(said->leaf.recv_us, 0, received);
	say_moment(said->header.sent_us, 0, sent);
	strbuf_addf(out, "%s\n  ", say_in(lang, "Proved:", "已证明："));
	say_statement(&checking->statement, lang, out);
	strbuf_addf(out,
		    say_in(lang,
			   "\n  - an office signed this with the key whose "
			   "hash is %s,\n    as its batch %" PRIu64
			   ", by its clock at %s\n",
			   "\n  - 由密钥哈希为 %s 的单位签名，\n    是其第 "
			   "%" PRIu64 " 批，该单位时钟为 %s\n"),
		    office, said->header.sequence, sent);
	strbuf_addf(out,
		    say_in(lang,
			   "  - it stands in journal %s\n    as statement "
			   "%" PRIu64 ".%u, received at %s by the collector's "
			   "clock\n",
			   "  - 在日志 %s 中\n    回执为 %" PRIu64
			   ".%u，汇总中心时钟收到于 %s\n"),
		    journal, checking->proof.index, checking->proof.n,
		    received);
	strbuf_addf(out,
		    say_in(lang,
			   "  - the collector signed that journal's first "
			   "%" PRIu64 " entries: it cannot\n    take this out "
			   "or alter it without being found out\n",
			   "  - 汇总中心已对该日志前 %" PRIu64
			   " 条签名：撤下或改动此条必被发现\n"),
		    said->checkpoint.size);
	for (size_t i = 0; i < checking->witnesses.count; i++)
		if (checking->cosigned & 1u << i)
			strbuf_addf(out,
				    say_in(lang,
					   "  - witness %s signed the "
					   "same journal\n",
					   "  - 见证方 %s 也对同一日志签名\n"),
				    checking->witnesses.keys[i].name);
}

static void print_not_proved(const struct checking *checking, enum lang lang,
			     struct strbuf *out)
{
	strbuf_add_text(
		out,
		say_in(lang,
		       "Not proved by this file:\n"
		       "  - that it was admitted, and still stands: later "
		       "entries may correct or return it\n    (tally-audit "
		       "receipt and explain, on the journal)\n"
		       "  - which unit the key speaks for, and that the value "
		       "is true\n"
		       "  - free texts (reasons, notes): they are not in it\n",
		       "本文件未证明：\n"
		       "  - 此条已被采纳且至今有效：其后条目可能更正或退回\n"
		       "    （在日志上用 tally-audit receipt 和 explain 查）\n"
		       "  - 该密钥代表哪个单位，以及数值是否属实\n"
		       "  - 文字（理由、说明）：不在本文件中\n"));
	if (!checking->cosigned)
		strbuf_add_text(
			out,
			say_in(lang,
			       "  - that the collector shows everybody this "
			       "journal: no witness's signature\n    was "
			       "checked (--witnesses)\n",
			       "  - 汇总中心对所有人出示的是同一日志：未核对"
			       "见证方签名（--witnesses）\n"));
}

/* ---- the command ---- */

static int check(const struct options *options, const struct sign_key *key,
		 struct arena *arena, struct span bytes,
		 struct checking *checking, struct err *err)
{
	const char *witnesses = options_text(options, "witnesses");
	int rc = proof_file_read(bytes, arena, &checking->proof, err);

	if (!rc)
		rc = proof_file_check(&checking->proof, key, &checking->said,
				      err);
	if (rc)
		return rc == ERR_NOMEM ? rc : ERR_CORRUPT;
	checking->malformed = wire_decode_statement(checking->proof.body, arena,
						    &checking->statement, NULL);
	if (checking->malformed)
		checking->statement.kind = SAID_UNKNOWN;
	if (!witnesses)
		return 0;
	rc = witnesses_read(witnesses, 1, &checking->witnesses, err);
	if (rc)
		return rc;
	checking->cosigned =
		witnesses_of(&checking->witnesses, checking->proof.note);
	if (!checking->cosigned)
		return err_set(err, ERR_CORRUPT,
			       "none of the witnesses in %s has signed the "
			       "checkpoint",
			       witnesses);
	return 0;
}

static int run(const struct options *options, const struct sign_key *key,
	       enum lang lang)
{
	const char *path = options_argument(options, 0);
	struct checking checking = { 0 };
	struct arena arena;
	struct strbuf out;
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;
	int code, rc = file_read(path, PROOF_FILE_BYTES_MAX, &text, &len, &err);

	if (rc)
		return print_failure(EXIT_FAILED, "%s", err.msg);
	arena_init(&arena, WIRE_ARENA_BYTES);
	strbuf_init(&out, 0);
	rc = check(options, key, &arena, span_of(text, len), &checking, &err);
	if (rc) {
		code = print_failure(
			rc == ERR_CORRUPT ? EXIT_BROKEN : EXIT_FAILED,
			"%s: %s: %s", path,
			say_in(lang, "this proves nothing", "证明不成立"),
			err.msg);
	} else if (options_given(options, "json")) {
		print_json(&checking, &out);
		code = print_out(&out);
	} else {
		print_proved(&checking, lang, &out);
		print_not_proved(&checking, lang, &out);
		code = print_out(&out);
	}
	strbuf_release(&out);
	arena_release(&arena);
	free(text);
	return code;
}

int command_check(const struct options *options)
{
	const char *card = options_text(options, "card");
	const char *text = options_text(options, "key");
	struct sign_key key;
	enum lang lang;
	struct err err = { 0 };

	if (!card == !text)
		return options_usage(options,
				     "needs the collector's public key, as "
				     "--card FILE or --key KEY");
	if (lang_choose(options_text(options, "lang"), &lang, &err) ||
	    (text && parse_key(text, &key, &err)))
		return options_usage(options, "%s", err.msg);
	if (card && source_card(card, &key, &err))
		return print_failure(EXIT_USAGE, "%s", err.msg);
	return run(options, &key, lang);
}
