#include "agent/rotation.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/statement.h"

#define ROTATION_DIR "rotation"
#define ROTATION_TAKEN "taken"
#define ROTATION_ARENA_BYTES 65536
#define ROTATE_TAG "tally-rotate/1\n"

static void rotation_dir(const struct office *office, const char *name,
			 char out[PATH_MAX])
{
	/* office_open has left room for a name. */
	(void)snprintf(out, PATH_MAX, "%.*s/" ROTATION_DIR "%s",
		       PATH_MAX - NAME_MAX, office->dir, name);
}

enum mark {
	MARK_NONE,
	MARK_SEALED,
	MARK_TAKEN,
};

static enum mark read_mark(const struct office *office)
{
	enum mark mark = MARK_NONE;
	struct arena arena;
	struct span value;

	arena_init(&arena, ROTATION_ARENA_BYTES);
	if (!outbox_get(office->outbox, OUTBOX_ROTATION, &arena, &value, NULL))
		mark = span_equal(value, span_of_text(ROTATION_TAKEN)) ?
			       MARK_TAKEN :
		       value.len ? MARK_SEALED :
				   MARK_NONE;
	arena_release(&arena);
	return mark;
}

static int set_mark(struct office *office, const char *text, struct err *err)
{
	return outbox_set(office->outbox, OUTBOX_ROTATION, span_of_text(text),
			  err);
}

static int move_keys(struct office *office, struct err *err)
{
	char dir[PATH_MAX];
	int rc;

	rotation_dir(office, "", dir);
	rc = keys_replace(office->dir, dir, err);
	if (!rc)
		rc = set_mark(office, "", err);
	if (!rc)
		office->rotation = ROTATION_NONE;
	return rc;
}

int rotation_read(struct office *office, struct err *err)
{
	char dir[PATH_MAX];
	enum mark mark = read_mark(office);
	int rc;

	office->rotation = ROTATION_NONE;
	if (mark == MARK_TAKEN)
		return move_keys(office, err);
	rotation_dir(office, "", dir);
	if (mark == MARK_NONE && !rotation_begun(office))
		return 0;
	rc = keys_load(dir, &office->next_keys, err);
	/* The sender may have finished it just now. */
	if (rc == ERR_NOTFOUND && read_mark(office) != mark)
		return rotation_read(office, err);
	if (rc == ERR_NOTFOUND && mark == MARK_NONE)
		return 0;
	if (!rc)
		office->rotation = mark == MARK_NONE ? ROTATION_MADE :
						       ROTATION_SEALED;
	return rc;
}

bool rotation_begun(const struct office *office)
{
	char keys[PATH_MAX];

	rotation_dir(office, "/keys", keys);
	return !access(keys, F_OK);
}

int rotation_begin(struct office *office, struct err *err)
{
	char dir[PATH_MAX];
	int rc;

	if (office->rotation)
		return 0;
	rotation_dir(office, "", dir);
	rc = dir_make(dir, err);
	if (!rc)
		rc = keys_create(dir, &office->next_keys, err);
	if (rc && rc != ERR_EXISTS)
		return rc;
	return rotation_read(office, err);
}

int rotation_seal(struct office *office, const struct seal_header *header,
		  struct err *err)
{
	struct statement statement = { .kind = SAID_ROTATE };
	struct enrol *rotate = &statement.said.rotate;
	struct sealed sealed;
	int rc;

	rotate->code_key = office->keys.sign.key;
	rotate->key = office->next_keys.sign.key;
	memcpy(rotate->curve_key, office->next_keys.curve.key, CURVE_KEY_BYTES);
	rotate->authorisation = wire_authorise(ROTATE_TAG, &office->journal,
					       &rotate->key, rotate->curve_key,
					       &office->keys.sign);
	rc = statement_make(&statement, NULL, 0, &office->arena, &sealed, err);
	if (!rc)
		rc = outbox_succeed(office->outbox, header,
				    &office->next_keys.sign, &sealed,
				    header->sent_us, err);
	if (!rc)
		office->rotation = ROTATION_SEALED;
	return rc;
}

int rotation_finish(struct office *office, struct err *err)
{
	int rc = set_mark(office, ROTATION_TAKEN, err);

	if (!rc)
		rc = move_keys(office, err);
	if (rc)
		return rc;
	keys_wipe(&office->keys);
	office->keys = office->next_keys;
	keys_wipe(&office->next_keys);
	return 0;
}
