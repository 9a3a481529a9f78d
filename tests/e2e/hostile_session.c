#include "e2e/hostile_session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "proto/verdict.h"
#include "proto/wire.h"
#include "store/outbox.h"

#define ANSWER_MS 30000

_Noreturn void give_up(const char *what)
{
	(void)fprintf(stderr, "hostile-office: %s\n", what);
	exit(1);
}

void must(struct scene *scene, int ret)
{
	if (ret)
		give_up(scene->err.msg);
}

/* ---- keys and connection ---- */

static struct span kept(struct scene *scene, struct outbox *outbox,
			const char *name)
{
	struct span value = { 0 };

	must(scene,
	     outbox_get(outbox, name, &scene->arena, &value, &scene->err));
	return value;
}

void read_office(struct scene *scene, const char *dir)
{
	struct outbox *outbox;
	struct span journal;

	must(scene, keys_load(dir, &scene->keys, &scene->err));
	must(scene, outbox_open(dir, &outbox, &scene->err));
	must(scene, card_parse(kept(scene, outbox, "card"), &scene->card,
			       &scene->err));
	journal = kept(scene, outbox, "journal");
	if (journal.len != HASH_BYTES)
		give_up("no journal id");
	memcpy(scene->journal.bytes, journal.data, HASH_BYTES);
	outbox_close(outbox);
}

static void set_key(void *dealer, int option, const uint8_t *key)
{
	if (zmq_setsockopt(dealer, option, key, CURVE_KEY_BYTES))
		give_up("cannot set a key");
}

void connect_to(struct scene *scene, const char *endpoint)
{
	int linger = 0;

	scene->context = zmq_ctx_new();
	scene->dealer = zmq_socket(scene->context, ZMQ_DEALER);
	scene->monitor = zmq_socket(scene->context, ZMQ_PAIR);
	if (!scene->dealer || !scene->monitor)
		give_up("cannot make sockets");
	(void)zmq_setsockopt(scene->dealer, ZMQ_LINGER, &linger,
			     sizeof(linger));
	set_key(scene->dealer, ZMQ_CURVE_SERVERKEY, scene->card.curve_key);
	set_key(scene->dealer, ZMQ_CURVE_PUBLICKEY, scene->keys.curve.key);
	set_key(scene->dealer, ZMQ_CURVE_SECRETKEY, scene->keys.curve.secret);
	if (zmq_socket_monitor(scene->dealer, "inproc://events",
			       ZMQ_EVENT_DISCONNECTED |
				       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) ||
	    zmq_connect(scene->monitor, "inproc://events") ||
	    zmq_connect(scene->dealer, endpoint))
		give_up("cannot connect");
}

void hang_up(struct scene *scene)
{
	(void)zmq_socket_monitor(scene->dealer, NULL, 0);
	(void)zmq_close(scene->dealer);
	(void)zmq_close(scene->monitor);
	(void)zmq_ctx_term(scene->context);
}

/* ---- saying and hearing ---- */

void send_part(struct scene *scene, struct span part, int flags)
{
	if (zmq_send(scene->dealer, part.data, part.len, flags) < 0)
		give_up("cannot send");
}

static void send_frame(struct scene *scene, struct span frame)
{
	send_part(scene, frame, 0);
}

void send_out(struct scene *scene)
{
	if (scene->out.failed)
		give_up("no memory");
	send_frame(scene, strbuf_span(&scene->out));
	strbuf_clear(&scene->out);
}

/* False: the connection is lost, or nothing came. */
static bool hear(struct scene *scene, zmq_msg_t *message)
{
	zmq_pollitem_t items[] = { { scene->dealer, 0, ZMQ_POLLIN, 0 },
				   { scene->monitor, 0, ZMQ_POLLIN, 0 } };
	int ready;

	do
		ready = zmq_poll(items, 2, ANSWER_MS);
	while (ready < 0 && errno == EINTR);
	(void)zmq_msg_init(message);
	if (items[0].revents && zmq_msg_recv(message, scene->dealer, 0) >= 0)
		return true;
	(void)puts(items[1].revents ? "lost" : "silence");
	return false;
}

static void print_ack(struct scene *scene, struct span body)
{
	struct ack ack;

	must(scene, talk_decode_ack(body, &scene->arena, &ack, &scene->err));
	for (size_t i = 0; i < ack.receipt_count; i++) {
		const struct receipt *receipt = &ack.receipts[i];

		(void)printf("ack %" PRIu64 " %" PRIu64, receipt->sequence,
			     receipt->index);
		for (size_t n = 0; n < receipt->verdict_count; n++)
			(void)printf(" %s", verdict_name(receipt->verdicts[n]));
		(void)putchar('\n');
	}
}

/* Whether the session goes on. */
static bool print_nack(struct scene *scene, struct span body)
{
	struct nack nack;

	must(scene, talk_decode_nack(body, &scene->arena, &nack, &scene->err));
	(void)printf("nack %" PRIu64 " %d %" PRIu64 " %.*s\n", nack.sequence,
		     (int)nack.code, nack.wanted, (int)nack.text.len,
		     (const char *)nack.text.data);
	return nack.code == NACK_GAP;
}

static void print_recalled(struct scene *scene, struct span body)
{
	struct recalled recalled;

	must(scene,
	     talk_decode_recalled(body, &scene->arena, &recalled, &scene->err));
	scene->recalled++;
	(void)printf("recalled %" PRIu64 "\n", recalled.receipt.sequence);
}

static void print_slice(struct scene *scene, struct span body)
{
	struct slice slice;

	must(scene,
	     talk_decode_slice(body, &scene->arena, &slice, &scene->err));
	(void)printf("slice %" PRIu64 " %d", slice.catalogue, slice.same_files);
	for (size_t i = 0; i < slice.file_count; i++)
		(void)printf(" %.*s", (int)slice.files[i].name.len,
			     (const char *)slice.files[i].name.data);
	(void)putchar('\n');
}

/* Whether more is to come. */
static bool print_message(struct scene *scene, struct span message)
{
	enum wire_type type;
	struct span body;

	must(scene, wire_read_prefix(message, &type, &body, &scene->err));
	if (type == WIRE_WELCOME) /* keeps pointing into the message */
		must(scene, talk_decode_welcome(body, &scene->arena,
						&scene->welcome, &scene->err));
	else if (type == WIRE_ACK)
		print_ack(scene, body);
	else if (type == WIRE_NACK)
		return print_nack(scene, body);
	else if (type == WIRE_RECALLED)
		print_recalled(scene, body);
	else if (type == WIRE_SLICE && scene->tells_slices)
		print_slice(scene, body);
	else if (type == WIRE_PONG)
		(void)puts("pong");
	return type != WIRE_PONG && type != WIRE_WELCOME;
}

bool hear_one(struct scene *scene)
{
	zmq_msg_t message;
	bool more = hear(scene, &message);
	void *copy;

	if (more) {
		copy = arena_copy(&scene->arena, zmq_msg_data(&message),
				  zmq_msg_size(&message));
		if (!copy)
			give_up("no memory for an answer");
		more = print_message(scene,
				     span_of(copy, zmq_msg_size(&message)));
	}
	(void)zmq_msg_close(&message);
	return more;
}

void greet(struct scene *scene)
{
	struct hello hello = {
		.version_min = TALK_VERSION,
		.version_max = TALK_VERSION,
		.next = 1,
		.program = span_of_text("hostile"),
	};

	must(scene, talk_encode_hello(&hello, &scene->out, &scene->err));
	send_out(scene);
	while (hear_one(scene))
		;
	if (!scene->welcome.wanted)
		give_up("not welcome");
}

void hear_out(struct scene *scene)
{
	must(scene, talk_encode_ping(WIRE_PING, 1, &scene->out, &scene->err));
	send_out(scene);
	while (hear_one(scene))
		;
}
