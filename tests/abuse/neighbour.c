/*
 * An honest office that reports, one statement a batch, and measures how long
 * each takes until it is acknowledged, for as long as it is told to:
 *
 *   abuse-neighbour DIR ENDPOINT UNIT NAME SECONDS GAP_MS [STATEMENTS]
 *
 * STATEMENTS: so many in a batch, each with as long a reason as there may be.
 * Each statement is an item of its own, NAME-1 on. Whatever happens to the
 * connection, it comes again and sends what was not acknowledged; the time
 * that takes counts. Prints one JSON line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "abuse/link.h"
#include "e2e/hostile_session.h"
#include "proto/wire.h"

#define WAITED_MAX 100000
#define STATEMENTS_MAX 7 /* long ones in a batch */
#define SILENCE_MS 5000	 /* then it connects anew */
#define AGAIN_MS 20
#define FINISH_NS                                                  \
	(120 * 1000000000ull) /* for what is on its way at the end \
			       */

struct neighbour {
	struct scene scene;
	struct link link;
	struct link_options options;
	const char *name;
	uint64_t end_ns, gap_ns;
	size_t statements; /* in a batch; 0: one without a reason */
	struct text reasons[STATEMENTS_MAX];
	char reason[WIRE_TEXT_BYTES_MAX];
	struct strbuf batch; /* the message that is not acknowledged yet */
	uint64_t sequence, began_ns;
	uint64_t items, acked, refused, reconnects;
	double waited_ms[WAITED_MAX];
};

static void pause_ms(int ms)
{
	(void)zmq_poll(NULL, 0, ms);
}

static struct span report(struct neighbour *n, const struct text *reason)
{
	struct scene *scene = &n->scene;
	char item[64];
	struct cell_text cells[] = {
		{ span_of_text("date"), span_of_text("2024-06-03") },
		{ span_of_text("stage"), span_of_text("signed") },
	};
	struct statement statement = {
		.kind = SAID_REPORT,
		.said.report = { .target = span_of_text("open.projects"),
				 .unit = span_of_text(scene->unit),
				 .period = span_of_text("2024M06"),
				 .cells = cells,
				 .cell_count = 2 },
	};
	struct text_hash hash = { .name = span_of_text("reason") };
	struct strbuf body;
	struct span span;

	if (reason) {
		hash.hash = hash_text(reason->salt, reason->text);
		statement.texts = &hash;
		statement.text_count = 1;
	}
	(void)snprintf(item, sizeof(item), "%s-%" PRIu64, n->name, ++n->items);
	statement.said.report.item = span_of_text(item);
	strbuf_init(&body, 0);
	must(scene, wire_encode_statement(&statement, &body, &scene->err));
	span = span_of(arena_copy(&scene->arena, body.text, body.len),
		       body.len);
	strbuf_release(&body);
	return span;
}

static struct sealed say(struct neighbour *n, struct text *reason)
{
	struct sealed sealed = { 0 };

	if (reason) {
		reason->text = span_of(n->reason, sizeof(n->reason));
		salt_draw(reason->salt);
		sealed.texts = reason;
		sealed.text_count = 1;
	}
	sealed.body = report(n, reason);
	salt_draw(sealed.salt);
	return sealed;
}

static void seal_next(struct neighbour *n)
{
	struct scene *scene = &n->scene;
	struct seal_header header = { .journal = scene->journal,
				      .sequence = scene->welcome.wanted,
				      .prev = scene->welcome.head,
				      .sent_us = scene->welcome.now_us,
				      .count = 1 };
	struct sealed sealed[STATEMENTS_MAX];
	struct strbuf batch;

	arena_reset(&scene->arena);
	strbuf_init(&batch, 0);
	if (n->statements)
		header.count = (uint32_t)n->statements;
	for (size_t i = 0; i < header.count; i++)
		sealed[i] = say(n, n->statements ? &n->reasons[i] : NULL);
	must(scene, wire_seal_batch(&header, sealed, &scene->keys.sign, &batch,
				    &scene->welcome.head, &scene->err));
	strbuf_clear(&n->batch);
	must(scene,
	     talk_encode_batch(strbuf_span(&batch), &n->batch, &scene->err));
	strbuf_release(&batch);
	n->sequence = header.sequence;
	scene->welcome.wanted++;
	n->began_ns = link_now_ns();
}

/* ---- what comes ---- */

static void acknowledged(struct neighbour *n)
{
	if (n->acked < WAITED_MAX)
		n->waited_ms[n->acked] =
			(double)(link_now_ns() - n->began_ns) / 1e6;
	n->acked++;
	n->sequence = 0;
}

static void hear_ack(struct neighbour *n, struct span body)
{
	struct scene *scene = &n->scene;
	struct ack ack;

	must(scene, talk_decode_ack(body, &scene->arena, &ack, &scene->err));
	for (size_t i = 0; i < ack.receipt_count; i++)
		for (size_t v = 0; v < ack.receipts[i].verdict_count; v++)
			n->refused += ack.receipts[i].verdicts[v] != 0;
	if (n->sequence && ack.durable > n->sequence)
		acknowledged(n);
}

static void say_pong(struct neighbour *n)
{
	struct scene *scene = &n->scene;

	strbuf_clear(&scene->out);
	must(scene, talk_encode_ping(WIRE_PONG, 1, &scene->out, &scene->err));
	(void)link_send(&n->link, strbuf_span(&scene->out), false);
	strbuf_clear(&scene->out);
}

/* The type, or 0: the session is of no use any more. */
static int hear_message(struct neighbour *n, struct span message)
{
	struct scene *scene = &n->scene;
	struct welcome welcome;
	enum wire_type type;
	struct span body;

	arena_reset(&scene->arena);
	must(scene, wire_read_prefix(message, &type, &body, &scene->err));
	if (type == WIRE_ACK)
		hear_ack(n, body);
	if (type == WIRE_PING)
		say_pong(n);
	if (type == WIRE_WELCOME) {
		must(scene, talk_decode_welcome(body, &scene->arena, &welcome,
						&scene->err));
		/* What was taken without our being told. */
		if (n->sequence && welcome.wanted > n->sequence)
			acknowledged(n);
		if (!scene->welcome.wanted)
			scene->welcome = welcome;
	}
	return type == WIRE_NACK ? 0 : (int)type;
}

/* The type of the next message; 0: the session ended; -1: nothing came. */
static int hear(struct neighbour *n, int ms)
{
	zmq_pollitem_t items[] = { { n->link.dealer, 0, ZMQ_POLLIN, 0 },
				   { n->link.monitor, 0, ZMQ_POLLIN, 0 } };
	zmq_msg_t message;
	int type;

	if (zmq_poll(items, 2, ms) <= 0)
		return -1;
	if (!items[0].revents)
		return 0;
	(void)zmq_msg_init(&message);
	type = zmq_msg_recv(&message, n->link.dealer, ZMQ_DONTWAIT) < 0 ?
		       -1 :
		       hear_message(n, span_of(zmq_msg_data(&message),
					       zmq_msg_size(&message)));
	(void)zmq_msg_close(&message);
	return type;
}

/* ---- the session ---- */

static bool begin(struct neighbour *n)
{
	struct scene *scene = &n->scene;
	struct hello hello = { .version_min = TALK_VERSION,
			       .version_max = TALK_VERSION,
			       .next = 1,
			       .program = span_of_text("neighbour") };
	int type;

	link_open(&n->link, &n->options);
	strbuf_clear(&scene->out);
	must(scene, talk_encode_hello(&hello, &scene->out, &scene->err));
	if (zmq_send(n->link.dealer, scene->out.text, scene->out.len, 0) < 0)
		return false;
	strbuf_clear(&scene->out);
	do
		type = hear(n, SILENCE_MS);
	while (type > 0 && type != WIRE_WELCOME);
	if (type == WIRE_WELCOME && n->sequence)
		(void)link_send(&n->link, strbuf_span(&n->batch), false);
	return type == WIRE_WELCOME;
}

static void begin_again(struct neighbour *n)
{
	do {
		link_close(&n->link);
		pause_ms(AGAIN_MS);
		n->reconnects++;
		if (link_now_ns() > n->end_ns + FINISH_NS)
			give_up("nobody lets it in");
	} while (!begin(n));
}

static void report_on(struct neighbour *n)
{
	seal_next(n);
	if (!link_send(&n->link, strbuf_span(&n->batch), false))
		begin_again(n);
	while (n->sequence) {
		int type = hear(n, SILENCE_MS);

		if (type <= 0)
			begin_again(n);
	}
}

/* Until it is time for the next: what comes meanwhile is heard. */
static void rest(struct neighbour *n)
{
	uint64_t until_ns = link_now_ns() + n->gap_ns, now_ns;

	while ((now_ns = link_now_ns()) < until_ns)
		if (hear(n, (int)((until_ns - now_ns) / 1000000 + 1)) == 0)
			begin_again(n);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double part(const struct neighbour *n, double q)
{
	uint64_t count = n->acked < WAITED_MAX ? n->acked : WAITED_MAX;

	return count ? n->waited_ms[(size_t)(q * (double)(count - 1))] : -1;
}

int main(int argc, char **argv)
{
	static struct neighbour n;

	if (argc < 7)
		give_up("DIR ENDPOINT UNIT NAME SECONDS GAP_MS [STATEMENTS]");
	if (argc > 7)
		n.statements = strtoull(argv[7], NULL, 10);
	if (n.statements > STATEMENTS_MAX)
		give_up("that many statements do not fit");
	memset(n.reason, 'x', sizeof(n.reason));
	must(&n.scene, sign_start(&n.scene.err));
	arena_init(&n.scene.arena, 8 * (size_t)WIRE_ARENA_BYTES);
	strbuf_init(&n.scene.out, 0);
	strbuf_init(&n.batch, 0);
	read_office(&n.scene, argv[1]);
	n.scene.unit = argv[3];
	n.name = argv[4];
	n.end_ns = link_now_ns() + strtoull(argv[5], NULL, 10) * 1000000000;
	n.gap_ns = strtoull(argv[6], NULL, 10) * 1000000;
	n.options = (struct link_options){ .context = zmq_ctx_new(),
					   .endpoint = argv[2],
					   .server = n.scene.card.curve_key,
					   .curve = &n.scene.keys.curve,
					   .receive_max = 1000 };
	if (!begin(&n))
		begin_again(&n);
	n.reconnects = 0;
	(void)puts("open");
	(void)fflush(stdout);
	do {
		report_on(&n);
		rest(&n);
	} while (link_now_ns() < n.end_ns);
	qsort(n.waited_ms, n.acked < WAITED_MAX ? n.acked : WAITED_MAX,
	      sizeof(double), compare);
	(void)printf("{\"acked\": %" PRIu64 ", \"refused\": %" PRIu64
		     ", \"reconnects\": %" PRIu64
		     ", \"p50\": %.2f, \"p99\": %.2f, \"max\": %.2f}\n",
		     n.acked, n.refused, n.reconnects, part(&n, 0.5),
		     part(&n, 0.99), part(&n, 1));
	link_close(&n.link);
	(void)zmq_ctx_term(n.options.context);
	keys_wipe(&n.scene.keys);
	strbuf_release(&n.batch);
	strbuf_release(&n.scene.out);
	arena_release(&n.scene.arena);
	return 0;
}
