/* witness: the key by which this office's line under checkpoints is known. */
#include "agent/commands.h"

#include <stdio.h>

#include "agent/cosigner.h"
#include "agent/messages.h"
#include "agent/office.h"
#include "agent/slice.h"

/* Nothing is said of roles that are not known here yet. */
static bool is_no_witness(struct office *office)
{
	struct slice_kept kept;

	return !slice_read(office->outbox, &office->arena, &kept, NULL) &&
	       kept.roles && !(kept.roles & 1u << ROLE_WITNESS);
}

int command_witness(const struct options *options)
{
	struct office office;
	struct note_key key;
	char text[NOTE_KEY_TEXT_BYTES];
	int code = office_open(&office, options, OFFICE_LOOKING);

	if (!code) {
		cosigner_key(&office.keys.sign.key, &key);
		note_key_print(&key, text);
		(void)printf("%s\n", text);
		if (is_no_witness(&office))
			message_print(stderr, office.language,
				      MESSAGE_NOT_A_WITNESS);
	}
	office_close(&office);
	return code;
}
