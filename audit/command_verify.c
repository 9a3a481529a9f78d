#include "audit/commands.h"

#include <inttypes.h>

#include "audit/print.h"
#include "audit/source.h"
#include "audit/verify.h"
#include "base/print.h"

static void print_hash(struct strbuf *out, const char *name,
		       const struct hash *hash)
{
	char hex[2 * HASH_BYTES + 1];

	hash_print(hash, hex);
	strbuf_addf(out, ",\"%s\":\"%s\"", name, hex);
}

static void print_json(const struct verification *v, bool good,
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
	print_hash(out, "root", &v->root);
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

static void print_people(const struct verification *v, struct strbuf *out)
{
	char id[2 * HASH_BYTES + 1], root[2 * HASH_BYTES + 1];

	hash_print(&v->journal, id);
	hash_print(&v->root, root);
	strbuf_addf(out,
		    "journal     %s\n"
		    "entries     %" PRIu64 "\n"
		    "batches     %" PRIu64 " of %" PRIu32 " keys\n"
		    "statements  %" PRIu64 "\n"
		    "forks       %" PRIu64 "\n"
		    "seen roots  %" PRIu64 ", all as they were\n"
		    "root        %s\n",
		    id, v->entries, v->batches, v->chains.keys.count,
		    v->statements, v->forks, v->seen, root);
	if (v->unknown)
		strbuf_addf(out,
			    "            %" PRIu64
			    " more are of entries that were lost\n",
			    v->unknown);
	reopenings_print(&v->reopenings, v->zone_minutes, out);
	if (v->torn_bytes)
		strbuf_addf(out, "torn tail   %" PRIu64 " bytes\n",
			    v->torn_bytes);
	strbuf_add_text(out, v->reopenings.count ?
				     "all that was kept is well\n" :
				     "all is well\n");
}

static void say_bad(const struct verification *v)
{
	if (v->file[0])
		(void)print_failure(EXIT_BROKEN,
				    "first bad record: %s, offset %" PRIu64
				    ", entry %" PRIu64 ": %s",
				    v->file, v->offset, v->index, v->what);
	else
		(void)print_failure(EXIT_BROKEN,
				    "first bad record: entry %" PRIu64 ": %s",
				    v->index, v->what);
}

int command_verify(const struct options *options)
{
	struct verification v;
	struct strbuf out;
	struct err err = { 0 };
	char dir[PATH_MAX];
	bool good;
	int rc, code;

	if (source_journal(options_argument(options, 0), dir, &err))
		return print_failure(EXIT_FAILED, "%s", err.msg);
	verification_init(&v);
	strbuf_init(&out, 0);
	rc = verification_run(&v, dir, options_given(options, "torn-tail"),
			      &err);
	good = rc == 0;
	code = good ? EXIT_OK : EXIT_BROKEN;
	if (!good && !v.what[0]) {
		code = print_failure(rc == ERR_CORRUPT ? EXIT_BROKEN :
							 EXIT_FAILED,
				     "%s", err.msg);
		goto out;
	}
	if (!good)
		say_bad(&v);
	if (options_given(options, "json"))
		print_json(&v, good, &out);
	else if (good)
		print_people(&v, &out);
	if (print_out(&out))
		code = code ? code : EXIT_FAILED;
out:
	strbuf_release(&out);
	verification_release(&v);
	return code;
}
