/* What is noted of backups: "<entries> <at_us> <journal> <root> <path>". */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "collector/backup_parts.h"
#include "collector/kept.h"
#include "proto/proof.h"
#include "store/keyfile.h"

#define MARK_BYTES_MAX 8192
#define HEX_BYTES (2 * HASH_BYTES + 1)
/* Reads a hash of HEX_BYTES. */
#define SCAN_HEX "%64[0-9a-f]"

int backup_mark_of(const struct checkpoint *checkpoint, const char *path,
		   uint64_t at_us, struct backup_mark *out, struct err *err)
{
	struct backup_mark mark = { .journal = checkpoint->journal,
				    .root = checkpoint->root,
				    .entries = checkpoint->size,
				    .at_us = at_us };

	if (!realpath(path, mark.path))
		return err_sys(err, "cannot find %s", path);
	*out = mark;
	return 0;
}

int backup_write_mark(const char *dir, const char *name,
		      const struct backup_mark *mark, struct err *err)
{
	char path[PATH_MAX], text[MARK_BYTES_MAX];
	char journal[HEX_BYTES], root[HEX_BYTES];
	int len, rc = kept_path(dir, name, path, err);

	hash_print(&mark->journal, journal);
	hash_print(&mark->root, root);
	len = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %s %s %s\n",
		       mark->entries, mark->at_us, journal, root, mark->path);
	return rc ? rc : file_replace(path, text, (size_t)len, 0644, err);
}

static bool parse(char *text, size_t len, struct backup_mark *out)
{
	char journal[HEX_BYTES] = "", root[HEX_BYTES] = "";
	int at = 0;

	if (!len || text[len - 1] != '\n')
		return false;
	text[len - 1] = '\0';
	if (sscanf(text, "%" SCNu64 " %" SCNu64 " " SCAN_HEX " " SCAN_HEX " %n",
		   &out->entries, &out->at_us, journal, root, &at) != 4 ||
	    !at || strlen(text + at) >= sizeof(out->path))
		return false;
	(void)snprintf(out->path, sizeof(out->path), "%s", text + at);
	return out->entries &&
	       !hex_to_bytes(journal, out->journal.bytes, HASH_BYTES) &&
	       !hex_to_bytes(root, out->root.bytes, HASH_BYTES);
}

bool backup_read_mark(const char *dir, const char *name,
		      struct backup_mark *out)
{
	char path[PATH_MAX], *text = NULL;
	size_t len = 0;
	bool good;

	if (kept_path(dir, name, path, NULL) ||
	    file_read(path, MARK_BYTES_MAX, &text, &len, NULL))
		return false;
	good = parse(text, len, out);
	free(text);
	return good;
}

bool backup_marked(const char *dir, struct backup_mark *out)
{
	return backup_read_mark(dir, BACKUP_MARK, out);
}

bool backup_is_of(const struct backup_mark *mark, struct tree_reader *tree)
{
	struct proof_nodes nodes = tree_read_nodes(tree);
	uint64_t size = 0;
	struct hash root;

	return hash_equal(tree_read_journal(tree), &mark->journal) &&
	       !tree_read_size(tree, &size, NULL) && size >= mark->entries &&
	       !proof_root(&nodes, mark->entries, &root, NULL) &&
	       hash_equal(&root, &mark->root);
}

int backup_check_restored(const char *dir, struct err *err)
{
	struct backup_mark mark = { .path = "a backup" };

	if (!kept_has(dir, RESTORED_MARK))
		return 0;
	(void)backup_read_mark(dir, RESTORED_MARK, &mark);
	return err_set(err, ERR_ORDER,
		       "%s was put back from %s with %" PRIu64
		       " entries: ask the offices for tally-agent hand-over "
		       "FILE --entries %" PRIu64
		       ", then run tally-collector recover with all files (or "
		       "without one, if nobody has heard of more)",
		       dir, mark.path, mark.entries, mark.entries);
}

int backup_end_restored(const char *dir, struct err *err)
{
	char path[PATH_MAX];
	int rc = kept_path(dir, RESTORED_MARK, path, err);

	if (!rc && unlink(path) && errno != ENOENT)
		rc = err_sys(err, "cannot remove %s", path);
	return rc;
}
