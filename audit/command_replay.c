#include "audit/commands.h"

#include <inttypes.h>

#include "audit/compare.h"
#include "audit/print.h"
#include "audit/replay.h"
#include "audit/source.h"
#include "base/bytes.h"
#include "base/print.h"
#include "proto/moment.h"

struct digest {
	struct hash hash;
	uint64_t rows;
};

static int add_row(void *arg, struct span key, struct span value)
{
	struct digest *digest = arg;
	uint8_t lengths[8];
	struct span parts[4] = {
		span_of(digest->hash.bytes, HASH_BYTES),
		span_of(lengths, sizeof(lengths)),
		key,
		value,
	};

	store_u32(lengths, (uint32_t)key.len);
	store_u32(lengths + 4, (uint32_t)value.len);
	digest->hash = hash_parts(parts, 4);
	digest->rows++;
	return 0;
}

/* A running hash over the figures' rows, links included, in order of keys; of
 * a replay that keeps no rows, the root over their links. */
static int figures_digest(const struct replay *replay, struct digest *out,
			  struct err *err)
{
	struct table_reader reader;
	struct leaf state;

	*out = (struct digest){ 0 };
	if (!replay->keeps_tables) {
		state = fold_state_leaf(replay->fold);
		out->hash = state.root;
		out->rows = state.rows;
		return 0;
	}
	reader = replay_reader(replay);
	return reader.scan(reader.ctx, TABLE_FIGURE, span_of(NULL, 0), add_row,
			   out, err);
}

static void add_hash(struct strbuf *out, const char *before,
		     const struct hash *hash, const char *after)
{
	char hex[2 * HASH_BYTES + 1];

	hash_print(hash, hex);
	strbuf_addf(out, "%s%s%s", before, hex, after);
}

static uint64_t refused(const struct replay *replay)
{
	return replay->statements - replay->verdicts[VERDICT_ADMITTED];
}

static void print_json(const struct replay *replay, const struct digest *digest,
		       const struct comparing *comparing, struct strbuf *out)
{
	struct hash root = fold_root(replay->fold);
	const char *comma = "";

	add_hash(out, "{\"journal\":\"", &replay->journal, "\"");
	strbuf_addf(out,
		    ",\"entries\":%" PRIu64 ",\"statements\":%" PRIu64
		    ",\"admitted\":%" PRIu64 ",\"refused\":%" PRIu64
		    ",\"reasons\":{",
		    replay->entries, replay->statements,
		    replay->verdicts[VERDICT_ADMITTED], refused(replay));
	for (unsigned i = 1; i < VERDICT_COUNT; i++) {
		if (!replay->verdicts[i])
			continue;
		strbuf_addf(out, "%s\"%s\":%" PRIu64, comma, verdict_name(i),
			    replay->verdicts[i]);
		comma = ",";
	}
	strbuf_addf(out, "},\"forks\":%" PRIu64 ",\"rows\":%" PRIu64,
		    replay->forks, digest->rows);
	if (replay->reopenings.count)
		reopenings_print_json(&replay->reopenings, out);
	add_hash(out, ",\"root\":\"", &root, "\"");
	add_hash(out, replay->keeps_tables ? ",\"links\":\"" : ",\"state\":\"",
		 &digest->hash, "\"");
	if (comparing->result != NOT_COMPARED) {
		strbuf_addf(out,
			    ",\"compared\":{\"agrees\":%s,\"size\":%" PRIu64
			    ",\"behind\":%" PRIu64 ",\"differences\":%zu",
			    comparing->result == AGREES ? "true" : "false",
			    comparing->size, comparing->behind,
			    comparing->differences);
		if (comparing->result == DIFFERS) {
			strbuf_add_text(out, ",\"first\":");
			print_json_text(out, comparing->text.text);
		}
		strbuf_add_char(out, '}');
	}
	strbuf_add_text(out, "}\n");
}

static void print_people(const struct replay *replay,
			 const struct digest *digest,
			 const struct comparing *comparing, struct strbuf *out)
{
	struct hash root = fold_root(replay->fold);
	struct fold_facts facts;

	add_hash(out, "journal     ", &replay->journal, "\n");
	if (fold_facts(replay->fold, &facts) && facts.simulated)
		strbuf_add_text(out, "clock       simulated\n");
	strbuf_addf(out,
		    "entries     %" PRIu64 "\nstatements  %" PRIu64
		    "\nadmitted    %" PRIu64 "\nrefused     %" PRIu64 "\n",
		    replay->entries, replay->statements,
		    replay->verdicts[VERDICT_ADMITTED], refused(replay));
	for (unsigned i = 1; i < VERDICT_COUNT; i++)
		if (replay->verdicts[i])
			strbuf_addf(out, "  %-24s %" PRIu64 "\n",
				    verdict_name(i), replay->verdicts[i]);
	strbuf_addf(out, "forks       %" PRIu64 "\nrows        %" PRIu64 "\n",
		    replay->forks, digest->rows);
	reopenings_print(&replay->reopenings, replay_zone(replay), out);
	add_hash(out, "root        ", &root, "\n");
	add_hash(out, replay->keeps_tables ? "links       " : "state       ",
		 &digest->hash, "\n");
	if (comparing->result == AGREES)
		strbuf_addf(out,
			    "the store agrees, byte for byte, at size %" PRIu64
			    "\n",
			    comparing->size);
	if (comparing->behind)
		strbuf_addf(out,
			    "the store is behind the journal by %" PRIu64
			    " entries that a collector has yet to apply\n",
			    comparing->behind);
}

static int report(const struct options *options, const struct replay *replay,
		  const struct comparing *comparing, struct strbuf *out)
{
	struct digest digest;
	struct err err = { 0 };
	int code;

	if (figures_digest(replay, &digest, &err))
		return print_failure(EXIT_FAILED, "%s", err.msg);
	if (options_given(options, "json"))
		print_json(replay, &digest, comparing, out);
	else
		print_people(replay, &digest, comparing, out);
	code = print_out(out);
	if (comparing->result == DIFFERS)
		code = print_failure(EXIT_BROKEN,
				     "the store differs at size "
				     "%" PRIu64 ": %s",
				     comparing->size, comparing->text.text);
	return code;
}

static int run(const struct options *options, const char *dir,
	       struct replay *replay, struct comparing *comparing,
	       struct err *err)
{
	const char *store = options_text(options, "compare");
	const char *text = options_text(options, "until");
	struct replay_until until = { .size = UINT64_MAX };

	if (store)
		return compare_store(replay, dir, store, comparing, err);
	if (text && !source_size(text, &until.size))
		until.time = text;
	return replay_run(replay, dir, until, err);
}

int command_replay(const struct options *options)
{
	const char *until = options_text(options, "until");
	struct comparing comparing = { 0 };
	struct replay replay;
	struct strbuf out;
	struct err err = { 0 };
	char dir[PATH_MAX];
	uint64_t number;
	int rc, code;

	if (until && options_given(options, "compare"))
		return options_usage(options, "--compare goes to the store's "
					      "own size, without --until");
	if (until && !source_size(until, &number) &&
	    moment_parse(until, 0, &number, &err))
		return options_usage(options, "%s", err.msg);
	if (options_given(options, "compare") &&
	    options_given(options, "state"))
		return options_usage(options, "--compare needs the rows that "
					      "--state does without");
	if (source_journal(options_argument(options, 0), dir, &err) ||
	    replay_init(&replay, !options_given(options, "state"), &err))
		return print_failure(EXIT_FAILED, "%s", err.msg);
	strbuf_init(&out, 0);
	strbuf_init(&comparing.text, 0);
	rc = run(options, dir, &replay, &comparing, &err);
	if (rc)
		code = print_failure(rc == ERR_CORRUPT ? EXIT_BROKEN :
							 EXIT_FAILED,
				     "%s", err.msg);
	else
		code = report(options, &replay, &comparing, &out);
	strbuf_release(&comparing.text);
	strbuf_release(&out);
	replay_release(&replay);
	return code;
}
