#include "agent/alarm.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "store/keyfile.h"

#define ALARM_NAME "alarm"
#define BREAK_NAME "break"
#define ALARM_BYTES_MAX 128
#define NOTE_MODE 0644

static int keep_note(const char *dir, const char *name, struct span note,
		     struct err *err)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    sizeof(path))
		return err_set(err, ERR_LIMIT, "path is too long: %s", dir);
	return note.len ?
		       file_replace(path, note.data, note.len, NOTE_MODE, err) :
		       0;
}

int alarm_raise(struct outbox *outbox, const char *dir,
		const struct alarm *alarm, struct span seen, struct span shown,
		struct err *err)
{
	char line[ALARM_BYTES_MAX];
	struct alarm before;
	int rc;

	if (alarm_read(outbox, &before))
		return 0;
	rc = keep_note(dir, "alarm-seen.note", seen, err);
	if (!rc)
		rc = keep_note(dir, "alarm-shown.note", shown, err);
	if (rc)
		return rc;
	(void)snprintf(line, sizeof(line),
		       "%d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
		       (int)alarm->why, alarm->raised_us, alarm->seen_size,
		       alarm->shown_size, alarm->index);
	return outbox_set(outbox, ALARM_NAME, span_of_text(line), err);
}

bool alarm_read(struct outbox *outbox, struct alarm *out)
{
	char line[ALARM_BYTES_MAX];
	struct alarm alarm;
	struct arena arena;
	struct span value;
	bool found;
	int why;

	arena_init(&arena, ALARM_BYTES_MAX + 4096);
	found = !outbox_get(outbox, ALARM_NAME, &arena, &value, NULL) &&
		value.len && value.len < sizeof(line);
	if (found) {
		memcpy(line, value.data, value.len);
		line[value.len] = '\0';
		found = sscanf(line,
			       "%d %" SCNu64 " %" SCNu64 " %" SCNu64
			       " %" SCNu64,
			       &why, &alarm.raised_us, &alarm.seen_size,
			       &alarm.shown_size, &alarm.index) == 5 &&
			why > ALARM_NONE && why < ALARM_COUNT;
	}
	arena_release(&arena);
	if (!found)
		return false;
	alarm.why = (enum alarm_why)why;
	*out = alarm;
	return true;
}

int alarm_clear(struct outbox *outbox, struct err *err)
{
	return outbox_set(outbox, ALARM_NAME, span_of(NULL, 0), err);
}

/* ---- breaks ---- */

int alarm_keep_break(struct outbox *outbox, const char *dir, uint64_t entry,
		     struct span note, struct err *err)
{
	char name[64];
	int rc;

	(void)snprintf(name, sizeof(name), "reopened-%" PRIu64 ".note", entry);
	rc = keep_note(dir, name, note, err);
	return rc ? rc : outbox_set(outbox, BREAK_NAME, note, err);
}

bool alarm_read_break(struct outbox *outbox, struct arena *arena,
		      struct span *note)
{
	return !outbox_get(outbox, BREAK_NAME, arena, note, NULL) && note->len;
}
