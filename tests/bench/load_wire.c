/* Sockets and messages of the load generator. */
#include "bench/load.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

#include "proto/verdict.h"

#define ANSWER_MS 120000

static void set_key(void *dealer, int option, const uint8_t *key)
{
	if (zmq_setsockopt(dealer, option, key, CURVE_KEY_BYTES))
		load_die("cannot set a key", zmq_strerror(errno));
}

void *load_connect(struct load *load, const struct curve_pair *keys)
{
	void *dealer = zmq_socket(load->context, ZMQ_DEALER);
	int none = 0, never = -1;

	if (!dealer ||
	    zmq_setsockopt(dealer, ZMQ_LINGER, &none, sizeof(none)) ||
	    zmq_setsockopt(dealer, ZMQ_SNDHWM, &none, sizeof(none)) ||
	    zmq_setsockopt(dealer, ZMQ_RECONNECT_IVL, &never, sizeof(never)))
		load_die("cannot make a socket", zmq_strerror(errno));
	set_key(dealer, ZMQ_CURVE_SERVERKEY, load->card.curve_key);
	set_key(dealer, ZMQ_CURVE_PUBLICKEY, keys->key);
	set_key(dealer, ZMQ_CURVE_SECRETKEY, keys->secret);
	if (zmq_connect(dealer, load->options.endpoint))
		load_die("cannot connect", zmq_strerror(errno));
	return dealer;
}

void load_hang_up(void *dealer)
{
	(void)zmq_close(dealer);
}

void load_send(void *dealer, struct span message)
{
	if (zmq_send(dealer, message.data, message.len, ZMQ_DONTWAIT) < 0)
		load_die("cannot send", zmq_strerror(errno));
}

void load_send_out(struct load *load, void *dealer)
{
	if (load->out.failed)
		load_die("cannot send", "no memory");
	load_send(dealer, strbuf_span(&load->out));
	strbuf_clear(&load->out);
}

void load_hello(struct load *load, void *dealer, uint64_t next,
		const struct hash *head)
{
	struct hello hello = {
		.version_min = TALK_VERSION,
		.version_max = TALK_VERSION,
		.next = next,
		.head = *head,
		.program = span_of_text("bench"),
		.catalogue = load->catalogue,
	};

	load_must(load, talk_encode_hello(&hello, &load->out, &load->err));
	load_send_out(load, dealer);
}

bool load_receive(struct load *load, void *dealer, bool waits,
		  enum wire_type *type, struct span *body)
{
	zmq_msg_t message;
	struct span bytes;
	void *copy;

	arena_reset(&load->arena);
	(void)zmq_msg_init(&message);
	if (waits) {
		zmq_pollitem_t item = { dealer, 0, ZMQ_POLLIN, 0 };

		if (zmq_poll(&item, 1, ANSWER_MS) <= 0)
			load_die("no answer", "the collector is silent");
	}
	if (zmq_msg_recv(&message, dealer, ZMQ_DONTWAIT) < 0) {
		(void)zmq_msg_close(&message);
		return false;
	}
	copy = arena_copy(&load->arena, zmq_msg_data(&message),
			  zmq_msg_size(&message));
	if (!copy)
		load_die("cannot receive", "no memory");
	bytes = span_of(copy, zmq_msg_size(&message));
	(void)zmq_msg_close(&message);
	load_must(load, wire_read_prefix(bytes, type, body, &load->err));
	return true;
}

void load_die_of_nack(struct load *load, struct span body)
{
	struct nack nack;

	load_must(load,
		  talk_decode_nack(body, &load->arena, &nack, &load->err));
	strbuf_clear(&load->out);
	strbuf_add(&load->out, nack.text.data, nack.text.len);
	load_die("the collector refuses", load->out.text);
}

void load_await_ack(struct load *load, void *dealer, uint64_t sequence)
{
	enum wire_type type;
	struct span body;
	struct ack ack = { 0 };

	while (ack.durable <= sequence) {
		if (!load_receive(load, dealer, true, &type, &body))
			continue;
		if (type == WIRE_NACK)
			load_die_of_nack(load, body);
		if (type != WIRE_ACK)
			continue;
		load_must(load, talk_decode_ack(body, &load->arena, &ack,
						&load->err));
		for (size_t i = 0; i < ack.receipt_count; i++)
			for (size_t n = 0; n < ack.receipts[i].verdict_count;
			     n++)
				if (ack.receipts[i].verdicts[n])
					load_die("refused",
						 verdict_name(
							 ack.receipts[i]
								 .verdicts[n]));
	}
}
