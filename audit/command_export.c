/* export: a journal for other programs, in a folder of its own. */
#include "audit/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/aside.h"
#include "audit/export_rows.h"
#include "audit/judge.h"
#include "audit/print.h"
#include "audit/source.h"
#include "audit/tiles.h"
#include "base/json.h"
#include "proto/checkpoint.h"
#include "store/keyfile.h"

#define FLUSH_BYTES ((size_t)1 << 20)

/* A file that is written as its rows come. */
struct sink {
	FILE *file; /* NULL: not asked for */
	struct strbuf text;
};

struct exporter {
	const struct options *options;
	struct figures_asked asked;
	struct figures_asking asking;
	bool csv, jsonl, tiled;
	char journal[PATH_MAX];
	struct aside aside;
	struct replay replay;
	struct sink rows, lines; /* statements */
	struct tiles tiles;
	char *note; /* of the checkpoint */
	size_t note_len;
	char note_path[PATH_MAX + 16];
	struct checkpoint checkpoint;
	/* what was found */
	uint64_t statements, redacted;
	bool has_figures;
};

/* ---- files ---- */

static int sink_open(struct exporter *exporter, struct sink *sink,
		     const char *name, struct err *err)
{
	strbuf_init(&sink->text, 0);
	return aside_file(&exporter->aside, name, &sink->file, err);
}

static int sink_flush(struct sink *sink, size_t least, struct err *err)
{
	if (sink->text.failed)
		return err_set(err, ERR_NOMEM, "no memory");
	if (sink->text.len < least)
		return 0;
	if (fwrite(sink->text.text, 1, sink->text.len, sink->file) !=
	    sink->text.len)
		return err_sys(err, "cannot write");
	strbuf_clear(&sink->text);
	return 0;
}

/* Also after an error; rc or why it was not written as a whole. */
static int sink_close(struct sink *sink, int rc, struct err *err)
{
	if (!sink->file)
		return rc;
	if (!rc)
		rc = sink_flush(sink, 0, err);
	if (fclose(sink->file) && !rc)
		rc = err_sys(err, "cannot write");
	strbuf_release(&sink->text);
	sink->file = NULL;
	return rc;
}

static int write_file(struct exporter *exporter, const char *name,
		      struct span bytes, struct err *err)
{
	struct sink sink;
	int rc = sink_open(exporter, &sink, name, err);

	if (rc)
		return rc;
	strbuf_add(&sink.text, bytes.data, bytes.len);
	return sink_close(&sink, 0, err);
}

/* ---- the checkpoint ---- */

static int read_note(struct exporter *exporter, const char *path,
		     struct err *err)
{
	struct checkpoint checkpoint;
	char *note = NULL;
	size_t len;
	int rc = file_read(path, NOTE_BYTES_MAX, &note, &len, err);

	if (!rc && checkpoint_read(span_of(note, len), &checkpoint, err)) {
		(void)err_context(err, "%s", path);
		rc = err->code = ERR_CORRUPT;
	}
	if (!rc &&
	    (!exporter->note || checkpoint.size > exporter->checkpoint.size)) {
		free(exporter->note);
		exporter->note = note;
		exporter->note_len = len;
		exporter->checkpoint = checkpoint;
		(void)snprintf(exporter->note_path, sizeof(exporter->note_path),
			       "%s", path);
		note = NULL;
	}
	free(note);
	return rc;
}

/* Of what witnesses have signed and what the collector has, the larger. */
static int find_note(struct exporter *exporter, struct err *err)
{
	static const char *const names[] = { "cosigned", "checkpoint" };
	const char *given = options_text(exporter->options, "checkpoint");
	const char *dir = options_argument(exporter->options, 0);
	char path[PATH_MAX + 16];

	if (given)
		return read_note(exporter, given, err);
	for (size_t i = 0; i < 2; i++) {
		int rc;

		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		rc = read_note(exporter, path, err);
		if (rc && rc != ERR_NOTFOUND)
			return rc;
	}
	if (!exporter->note)
		return err_set(err, ERR_NOTFOUND,
			       "%s holds no checkpoint, which tiles need: name "
			       "one with --checkpoint, or ask for --csv and "
			       "--jsonl alone",
			       dir);
	return 0;
}

/* Is it of this journal, by a collector that this journal names? */
static int judge_note(const struct exporter *exporter, struct err *err)
{
	const struct checkpoint *checkpoint = &exporter->checkpoint;
	const struct replay *replay = &exporter->replay;

	if (!hash_equal(&checkpoint->journal, &replay->journal))
		return err_set(err, ERR_CORRUPT,
			       "the checkpoint is of another journal");
	if (!fold_checkpoint_signed(
		    replay->fold, span_of(exporter->note, exporter->note_len)))
		return err_set(err, ERR_CORRUPT,
			       "no collector that the journal names has signed "
			       "the checkpoint");
	if (checkpoint->size > replay->entries)
		return err_set(err, ERR_CORRUPT,
			       "%" PRIu64 " entries were signed, the journal "
			       "has %" PRIu64,
			       checkpoint->size, replay->entries);
	return 0;
}

static int check_note(const struct exporter *exporter, struct err *err)
{
	return judge_note(exporter, err) ?
		       err_context(err, "%s", exporter->note_path) :
		       0;
}

static int finish_tiles(struct exporter *exporter, struct err *err)
{
	struct hash root = frontier_root(&exporter->tiles.frontier);
	int rc;

	if (!hash_equal(&root, &exporter->checkpoint.root))
		return err_set(err, ERR_CORRUPT,
			       "%s: the journal is not the one that this "
			       "checkpoint of %" PRIu64
			       " entries was signed over",
			       exporter->note_path, exporter->checkpoint.size);
	rc = tiles_end(&exporter->tiles, err);
	return rc ? rc :
		    write_file(exporter, "checkpoint",
			       span_of(exporter->note, exporter->note_len),
			       err);
}

/* ---- entries, statements, figures ---- */

static int take_entry(void *arg, const struct journal_entry *entry,
		      struct err *err)
{
	struct exporter *exporter = arg;

	if (!exporter->tiled || entry->index >= exporter->checkpoint.size)
		return 0;
	return tiles_add(&exporter->tiles, entry->leaf_bytes, err);
}

static int take_statement(void *arg, const struct walked *walked,
			  struct err *err)
{
	struct exporter *exporter = arg;
	int rc = 0;

	exporter->statements++;
	for (unsigned bits = walked->receipt.hidden; bits; bits &= bits - 1)
		exporter->redacted++;
	if (exporter->rows.file) {
		export_statement(walked, replay_zone(&exporter->replay),
				 &exporter->rows.text);
		rc = sink_flush(&exporter->rows, FLUSH_BYTES, err);
	}
	if (!rc && exporter->lines.file) {
		export_statement_json(walked, &exporter->lines.text);
		rc = sink_flush(&exporter->lines, FLUSH_BYTES, err);
	}
	return rc;
}

static int write_entries(struct exporter *exporter, struct err *err)
{
	const struct walk walk = { .replay = &exporter->replay,
				   .entry = take_entry,
				   .statement = take_statement,
				   .arg = exporter };
	int rc = 0;

	if (exporter->csv) {
		rc = sink_open(exporter, &exporter->rows, "statements.csv",
			       err);
		if (!rc)
			export_statements_head(&exporter->rows.text);
	}
	if (!rc && exporter->jsonl)
		rc = sink_open(exporter, &exporter->lines, "statements.jsonl",
			       err);
	if (!rc)
		rc = walk_run(&walk, exporter->journal, 0, err);
	rc = sink_close(&exporter->rows, rc, err);
	rc = sink_close(&exporter->lines, rc, err);
	return rc || !exporter->tiled ? rc : finish_tiles(exporter, err);
}

static int write_figures(struct exporter *exporter, struct err *err)
{
	struct judged judged;
	struct strbuf out;
	int rc =
		judged_init(&judged, &exporter->replay, &exporter->asking, err);

	strbuf_init(&out, 0);
	exporter->has_figures = rc == 0;
	if (rc == ERR_NOTFOUND) { /* no catalogue was handed down yet */
		judged_release(&judged);
		strbuf_release(&out);
		return 0;
	}
	if (!rc && exporter->csv) {
		rc = export_figures(&judged, &out, err);
		if (!rc)
			rc = write_file(exporter, "figures.csv",
					strbuf_span(&out), err);
		strbuf_clear(&out);
	}
	if (!rc && exporter->jsonl) {
		rc = evaluation_json(judged.evaluation, true, &out, err);
		if (!rc)
			rc = write_file(exporter, "figures.jsonl",
					strbuf_span(&out), err);
	}
	if (!rc && out.failed)
		rc = err_set(err, ERR_NOMEM, "no memory");
	judged_release(&judged);
	strbuf_release(&out);
	return rc;
}

static int run(struct exporter *exporter, struct err *err)
{
	const struct replay_until all = { .size = UINT64_MAX };
	int rc = exporter->tiled ? find_note(exporter, err) : 0;

	if (!rc)
		rc = aside_open(&exporter->aside,
				options_argument(exporter->options, 1),
				options_argument(exporter->options, 0), err);
	if (!rc)
		rc = replay_run(&exporter->replay, exporter->journal, all, err);
	if (!rc && exporter->tiled)
		rc = check_note(exporter, err);
	if (rc)
		return rc;
	tiles_init(&exporter->tiles, exporter->aside.dir);
	rc = write_entries(exporter, err);
	if (!rc && (exporter->csv || exporter->jsonl))
		rc = write_figures(exporter, err);
	if (!rc)
		rc = aside_take(&exporter->aside, err);
	tiles_release(&exporter->tiles);
	return rc;
}

/* ---- the answer ---- */

static void answer_json(const struct exporter *exporter, struct strbuf *out)
{
	char root[2 * HASH_BYTES + 1];

	json_open(out);
	json_put_text(out, "folder", exporter->aside.out);
	say_hash_json(out, "journal", &exporter->replay.journal);
	say_u64_json(out, "entries", exporter->replay.entries);
	say_u64_json(out, "statements", exporter->statements);
	say_u64_json(out, "redacted", exporter->redacted);
	json_put_flag(out, "figures", exporter->has_figures);
	if (exporter->tiled) {
		hash_print(&exporter->checkpoint.root, root);
		say_u64_json(out, "size", exporter->checkpoint.size);
		json_put_text(out, "root", root);
		say_u64_json(out, "tiles", exporter->tiles.written);
	}
	json_end_line(out);
}

static void answer_people(const struct exporter *exporter, struct strbuf *out)
{
	enum lang lang = exporter->asking.lang;
	uint64_t entries = exporter->replay.entries;

	strbuf_addf(out,
		    say_in(lang,
			   "%s: %" PRIu64 " entries, %" PRIu64 " statements\n",
			   "%s：%" PRIu64 " 条日志，%" PRIu64 " 条记录\n"),
		    exporter->aside.out, entries, exporter->statements);
	if (exporter->redacted)
		strbuf_addf(out,
			    say_in(lang,
				   "%" PRIu64 " texts were redacted and are "
				   "left out\n",
				   "%" PRIu64 " 处文字已涂去，未导出\n"),
			    exporter->redacted);
	if (!exporter->has_figures && (exporter->csv || exporter->jsonl))
		strbuf_add_text(out,
				say_in(lang,
				       "no catalogue was handed down: there "
				       "are no figures\n",
				       "尚未下达目录：没有数据\n"));
	if (!exporter->tiled)
		return;
	strbuf_addf(out,
		    say_in(lang,
			   "tiles: %" PRIu64 " files over the %" PRIu64
			   " entries that the checkpoint signs\n",
			   "瓦片：%" PRIu64 " 个文件，覆盖检查点已签名的 "
			   "%" PRIu64 " 条日志\n"),
		    exporter->tiles.written, exporter->checkpoint.size);
	if (entries > exporter->checkpoint.size)
		strbuf_addf(out,
			    say_in(lang,
				   "%" PRIu64 " entries came after it and are "
				   "in no tile\n",
				   "其后另有 %" PRIu64 " 条日志，不在瓦片中\n"),
			    entries - exporter->checkpoint.size);
}

static int answer(const struct exporter *exporter)
{
	struct strbuf out;
	int code;

	strbuf_init(&out, 0);
	if (options_given(exporter->options, "json"))
		answer_json(exporter, &out);
	else
		answer_people(exporter, &out);
	code = print_out(&out);
	strbuf_release(&out);
	return code;
}

static int read_options(struct exporter *exporter, struct err *err)
{
	const struct options *options = exporter->options;

	exporter->asked = (struct figures_asked){
		.cutoff = options_text(options, "cutoff"),
		.period = options_text(options, "period"),
		.lang = options_text(options, "lang"),
	};
	exporter->csv = options_given(options, "csv");
	exporter->jsonl = options_given(options, "jsonl");
	exporter->tiled = options_given(options, "tiles");
	if (!exporter->csv && !exporter->jsonl && !exporter->tiled)
		exporter->csv = exporter->jsonl = exporter->tiled = true;
	if (options_given(options, "checkpoint") && !exporter->tiled)
		return err_set(err, ERR_INVALID,
			       "--checkpoint goes with --tiles");
	return figures_ask(&exporter->asked, &exporter->asking, err);
}

static int exit_code_of(int rc)
{
	return rc == ERR_CORRUPT		     ? EXIT_BROKEN :
	       rc == ERR_EXISTS || rc == ERR_INVALID ? EXIT_USAGE :
						       EXIT_FAILED;
}

int command_export(const struct options *options)
{
	struct exporter exporter = { .options = options };
	struct err err = { 0 };
	int rc, code;

	if (read_options(&exporter, &err))
		return options_usage(options, "%s", err.msg);
	if (source_journal(options_argument(options, 0), exporter.journal,
			   &err) ||
	    replay_init(&exporter.replay, true, &err))
		return print_failure(EXIT_FAILED, "%s", err.msg);
	rc = run(&exporter, &err);
	if (rc) {
		aside_drop(&exporter.aside);
		code = print_failure(exit_code_of(rc), "%s", err.msg);
	} else {
		code = answer(&exporter);
	}
	free(exporter.note);
	replay_release(&exporter.replay);
	return code;
}
