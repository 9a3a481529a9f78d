/* rotate: an office makes itself a new key, for which the old one signs. */
#include "agent/commands.h"

#include <stdio.h>

#include "agent/deliver.h"
#include "agent/office.h"
#include "agent/rotation.h"
#include "agent/wake.h"

static int tell(struct office *office, const struct delivery *delivery)
{
	enum session_trouble trouble = delivery->trouble == TROUBLE_NONE ?
					       TROUBLE_OFFLINE :
					       delivery->trouble;
	struct outbox_chain chain;

	if (delivery->trouble == TROUBLE_NONE &&
	    !outbox_chain(office->outbox, &chain, NULL) &&
	    chain.unreceipted == chain.next && !chain.proved) {
		message_print(stderr, office->language,
			      MESSAGE_ROTATE_UNSIGNED);
		return EXIT_OFFLINE;
	}
	message_print(
		stderr, office->language,
		delivery->needs_person ? MESSAGE_ROTATE_REFUSED :
					 MESSAGE_ROTATE_LATER,
		trouble_text(office->language, trouble, delivery->nack_code));
	return delivery->needs_person ? EXIT_REFUSED : EXIT_OFFLINE;
}

static int rotate(struct office *office, uint64_t timeout_ms)
{
	char key[2 * SIGN_KEY_BYTES + 1];
	struct delivery delivery;
	struct err err;
	int ret = rotation_begin(office, &err);

	if (ret)
		return office_fail(&err);
	wake_sender(office->dir, WAKE_SAVED);
	ret = deliver(office, timeout_ms, NULL, &delivery, &err);
	if (ret == ERR_OFFLINE)
		return tell(office, &delivery);
	/* Maybe another process did it. */
	if (!ret)
		ret = rotation_read(office, &err);
	if (!ret)
		ret = keys_load(office->dir, &office->keys, &err);
	if (ret)
		return office_fail(&err);
	bytes_to_hex(span_of(office->keys.sign.key.bytes, SIGN_KEY_BYTES), key);
	(void)printf("%s\n", key);
	message_print(stderr, office->language, MESSAGE_ROTATED, key,
		      office->dir);
	return EXIT_OK;
}

int command_rotate(const struct options *options)
{
	struct office office;
	struct err err;
	uint64_t timeout_ms;
	int code;

	if (deliver_timeout(options, &timeout_ms, &err))
		return options_usage(options, "%s", err.msg);
	code = office_open(&office, options, OFFICE_EXISTING);
	if (!code && office.enrolling) {
		message_print(stderr, office.language, MESSAGE_NOT_ENROLLED);
		code = EXIT_USAGE;
	}
	if (!code)
		code = rotate(&office, timeout_ms);
	office_close(&office);
	return code;
}
