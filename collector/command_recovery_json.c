/* What recover and reopen say to programs: one object. */
#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/json.h"
#include "collector/commands.h"
#include "collector/recovery.h"

struct writing {
	struct strbuf *out;
	const struct recovery *recovery;
};

static void put_u64(struct strbuf *out, const char *key, uint64_t number)
{
	json_put_number(out, key, (int64_t)number);
}

/* "unit": null for who has none: an administrator, or who enrolled in what is
 * lost. */
static void put_office(struct strbuf *out, const struct fold *fold,
		       const struct sign_key *key)
{
	struct hash hash = sign_key_hash(key);
	char hex[2 * SIGN_KEY_BYTES + 1], unit[WIRE_NAME_BYTES_MAX + 1] = "";
	struct fold_office office;

	bytes_to_hex(span_of(key->bytes, SIGN_KEY_BYTES), hex);
	if (fold_office(fold, &hash, &office))
		(void)snprintf(unit, sizeof(unit), "%.*s", (int)office.unit.len,
			       (const char *)office.unit.data);
	json_put_text(out, "key", hex);
	json_put_text(out, "unit", unit);
}

static void put_files(const struct writing *writing)
{
	struct strbuf *out = writing->out;
	size_t count = recovery_file_count(writing->recovery);

	json_put_list(out, "files");
	for (size_t i = 0; i < count; i++) {
		const struct recovery_file *file =
			recovery_file(writing->recovery, i);
		struct hash hash = sign_key_hash(&file->key);
		uint64_t first, last;

		json_add_object(out);
		json_put_text(out, "file", file->path);
		put_office(out, recovery_fold(writing->recovery), &file->key);
		put_u64(out, "batches", file->batches);
		if (file->batches) {
			put_u64(out, "first", file->first);
			put_u64(out, "last", file->last);
		}
		if (recovery_lacks(writing->recovery, &hash, &first, &last)) {
			put_u64(out, "lacks_first", first);
			put_u64(out, "lacks_last", last);
		}
		json_close(out);
	}
	json_close_list(out);
}

static int add_range(void *arg, uint64_t first, uint64_t last)
{
	struct strbuf *out = arg;

	json_add_object(out);
	put_u64(out, "first", first);
	put_u64(out, "last", last);
	json_close(out);
	return 0;
}

static int add_unheard(void *arg, const struct fold_office *office)
{
	const struct writing *writing = arg;

	if (office->revoked || recovery_heard(writing->recovery, &office->key))
		return 0;
	json_add_object(writing->out);
	put_office(writing->out, recovery_fold(writing->recovery),
		   &office->key);
	json_close(writing->out);
	return 0;
}

void command_recovery_json(const struct recovery *recovery,
			   const struct recovery_facts *facts,
			   struct strbuf *out)
{
	struct writing writing = { out, recovery };

	json_open(out);
	put_u64(out, "entries", facts->size);
	put_u64(out, "signed", facts->goal.size);
	json_put_text(out, "checkpoint", facts->goal_source);
	put_u64(out, "whole", facts->whole);
	put_files(&writing);
	json_put_list(out, "missing");
	(void)recovery_missing(recovery, add_range, out);
	json_close_list(out);
	json_put_list(out, "not_heard");
	(void)fold_offices(recovery_fold(recovery), add_unheard, &writing);
	json_close_list(out);
}

int command_recovery_told(struct strbuf *out, const char *result)
{
	json_put_text(out, "result", result);
	json_end_line(out);
	return command_print(out);
}
