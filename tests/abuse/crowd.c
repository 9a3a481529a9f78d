/*
 * Hostile peers, many at once:
 *
 *   abuse-crowd DIR ENDPOINT ATTACK COUNT SECONDS [FILE]
 *
 * COUNT connections with the true keys of the enrolled office in DIR, or with
 * keys that nobody knows, go on with one attack for SECONDS; whoever is thrown
 * out comes again at once. Prints one JSON line: what was sent and heard.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "abuse/link.h"
#include "e2e/hostile_session.h"
#include "proto/evidence.h"
#include "proto/raw.h"
#include "proto/wire.h"

#define BURST 64
#define PART_BYTES ((size_t)64 * 1024)
#define ENDLESS_PARTS 512 /* libzmq's sender keeps what has no end itself */
#define PATIENCE_NS (60 * 1000000000ull)
#define HEARD_MIN 8 /* messages; WELCOME and what follows it are fewer */
#define LEAVES_NS (50 * 1000000ull)

struct crowd;

enum habit {
	SAYS_HELLO = 1,
	READS = 2,
	NAMES_ITSELF = 4, /* chooses its route */
	STRANGER = 8,	  /* a key of its own for each connection */
	DECEIVED = 16,	  /* believes in another collector's key */
	LEAVES = 32,	  /* ends each connection itself, once all is said */
};

struct attack {
	const char *name;
	unsigned habits;
	void (*prepare)(struct crowd *crowd); /* crowd->words; NULL: nothing */
	unsigned burst;			      /* messages a turn; 0: none */
};

struct crowd {
	struct scene scene;
	const struct attack *attack;
	struct link *links;
	unsigned count;
	struct link_options options;
	struct strbuf hello, words;
	uint64_t opened, sent, heard, nacks, lost;
};

/* ---- what is said ---- */

static void ping(struct crowd *crowd)
{
	must(&crowd->scene,
	     talk_encode_ping(WIRE_PING, 1, &crowd->words, &crowd->scene.err));
}

static void hello(struct crowd *crowd)
{
	strbuf_add(&crowd->words, crowd->hello.text, crowd->hello.len);
}

/* As one who has seen a longer journal. */
static void alarm_people(struct crowd *crowd)
{
	struct hello hello = { .version_min = TALK_VERSION,
			       .version_max = TALK_VERSION,
			       .next = 1,
			       .seen_size = 1ull << 40 };

	must(&crowd->scene,
	     talk_encode_hello(&hello, &crowd->words, &crowd->scene.err));
}

static void prove(struct crowd *crowd)
{
	uint64_t index = 0;
	struct prove prove = {
		.seen_size = 1, .size = 2, .indexes = &index, .index_count = 1
	};

	must(&crowd->scene,
	     evidence_encode_prove(&prove, &crowd->words, &crowd->scene.err));
}

static void recall(struct crowd *crowd)
{
	struct recall recall = { .from = 1, .count = UINT32_MAX };

	must(&crowd->scene,
	     talk_encode_recall(&recall, &crowd->words, &crowd->scene.err));
}

/* Fields that no version knows, and 200,000 messages of two bytes each. */
static void amplify(struct crowd *crowd)
{
	uint8_t prefix[WIRE_PREFIX_BYTES];

	wire_write_prefix(prefix, WIRE_BATCH);
	strbuf_add(&crowd->words, prefix, sizeof(prefix));
	for (int i = 0; i < 200000; i++)
		raw_bytes(&crowd->words, 4 + (uint32_t)i % 2 * 900,
			  span_of(NULL, 0));
}

/* The greatest batch that may be, of another's or without a true signature. */
static void from_file(struct crowd *crowd)
{
	char *bytes;
	size_t len;

	must(&crowd->scene, file_read(crowd->scene.file, WIRE_BATCH_BYTES_MAX,
				      &bytes, &len, &crowd->scene.err));
	must(&crowd->scene,
	     talk_encode_batch(span_of(bytes, len), &crowd->words,
			       &crowd->scene.err));
	free(bytes);
}

static void part(struct crowd *crowd)
{
	raw_fill(&crowd->words, 1, PART_BYTES, 'x');
}

static void oversize(struct crowd *crowd)
{
	raw_fill(&crowd->words, 1, 2 * (size_t)WIRE_MESSAGE_BYTES_MAX, 'x');
}

static const struct attack attacks[] = {
	{ "pings", SAYS_HELLO | READS, ping, BURST },
	{ "hellos", SAYS_HELLO | READS, hello, BURST },
	{ "alarms", SAYS_HELLO | READS, alarm_people, BURST },
	{ "proves", SAYS_HELLO | READS, prove, BURST },
	{ "recalls", SAYS_HELLO | READS, recall, 4 },
	{ "unread-pings", SAYS_HELLO, ping, BURST },
	{ "unread-hellos", SAYS_HELLO, hello, BURST },
	{ "unread-recalls", SAYS_HELLO | LEAVES, recall, 4 },
	{ "amplify", SAYS_HELLO | READS, amplify, 1 },
	{ "file", SAYS_HELLO | READS, from_file, 1 },
	{ "endless", SAYS_HELLO | READS, part, ENDLESS_PARTS },
	{ "oversize", SAYS_HELLO | READS, oversize, 1 },
	{ "clones", SAYS_HELLO | READS, NULL, 0 },
	{ "comers", SAYS_HELLO | LEAVES, NULL, 0 },
	{ "spoof", NAMES_ITSELF, ping, BURST },
	{ "silent", 0, NULL, 0 },
	{ "no-hello", READS, ping, 1 },
	{ "strangers", STRANGER, NULL, 0 },
	{ "deceived", STRANGER | DECEIVED, NULL, 0 },
};

/* ---- many ---- */

static void open_link(struct crowd *crowd, struct link *link)
{
	struct link_options options = crowd->options;
	uint8_t secret[CURVE_KEY_BYTES];
	struct curve_pair pair;
	struct curve_pair other;

	if (crowd->attack->habits & STRANGER) {
		random_bytes(secret, sizeof(secret));
		curve_pair_from_secret(secret, &pair);
		options.curve = &pair;
	}
	if (crowd->attack->habits & DECEIVED) {
		random_bytes(secret, sizeof(secret));
		curve_pair_from_secret(secret, &other);
		options.server = other.key;
	}
	link_open(link, &options);
	link->until_ns = link_now_ns() + LEAVES_NS;
	crowd->opened++;
	if (crowd->attack->habits & SAYS_HELLO)
		(void)link_send(link, strbuf_span(&crowd->hello), false);
}

/* False: it was told to go. */
static bool hear(struct crowd *crowd, struct link *link)
{
	bool nack = false;
	zmq_msg_t message;

	(void)zmq_msg_init(&message);
	while (!nack &&
	       zmq_msg_recv(&message, link->dealer, ZMQ_DONTWAIT) >= 0) {
		const uint8_t *bytes = zmq_msg_data(&message);

		crowd->heard++;
		nack = zmq_msg_size(&message) > 5 && bytes[5] == WIRE_NACK;
	}
	(void)zmq_msg_close(&message);
	crowd->nacks += nack;
	return !nack;
}

static void say(struct crowd *crowd, struct link *link)
{
	const struct attack *attack = crowd->attack;
	bool parts = attack->burst == ENDLESS_PARTS;

	for (unsigned i = 0; i < attack->burst; i++) {
		if (!link_send(link, strbuf_span(&crowd->words),
			       parts && i + 1 < attack->burst))
			return;
		crowd->sent++;
	}
}

static void turn(struct crowd *crowd, struct link *link)
{
	bool over = link_lost(link);

	crowd->lost += over;
	if (!over)
		say(crowd, link);
	if (!over && crowd->attack->habits & READS)
		over = !hear(crowd, link);
	if (!over && crowd->attack->habits & LEAVES)
		over = link_now_ns() > link->until_ns;
	if (!over)
		return;
	link_close(link);
	open_link(crowd, link);
}

/* On a slow machine the first answer may come after the end: an attack that
 * was not heard is none. */
static bool was_heard(const struct crowd *crowd)
{
	return !(crowd->attack->habits & (READS | STRANGER)) || crowd->nacks ||
	       crowd->lost || crowd->heard >= HEARD_MIN;
}

static void go_on(struct crowd *crowd, uint64_t end_ns)
{
	uint64_t now_ns = link_now_ns();

	for (unsigned i = 0; i < crowd->count; i++)
		open_link(crowd, &crowd->links[i]);
	(void)puts("open");
	(void)fflush(stdout);
	while (now_ns < end_ns ||
	       (!was_heard(crowd) && now_ns < end_ns + PATIENCE_NS)) {
		for (unsigned i = 0; i < crowd->count; i++)
			turn(crowd, &crowd->links[i]);
		(void)zmq_poll(NULL, 0, 1);
		now_ns = link_now_ns();
	}
	for (unsigned i = 0; i < crowd->count; i++)
		link_close(&crowd->links[i]);
}

static const struct attack *find_attack(const char *name)
{
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (!strcmp(attacks[i].name, name))
			return &attacks[i];
	give_up("no such attack");
}

static void prepare(struct crowd *crowd, char **argv)
{
	struct hello hello = { .version_min = TALK_VERSION,
			       .version_max = TALK_VERSION,
			       .next = 1,
			       .program = span_of_text("crowd") };
	struct scene *scene = &crowd->scene;

	must(scene, sign_start(&scene->err));
	arena_init(&scene->arena, 8 * (size_t)WIRE_ARENA_BYTES);
	strbuf_init(&crowd->hello, 0);
	strbuf_init(&crowd->words, 0);
	read_office(scene, argv[1]);
	scene->file = argv[6];
	crowd->attack = find_attack(argv[3]);
	crowd->count = (unsigned)strtoul(argv[4], NULL, 10);
	crowd->links = calloc(crowd->count + 1, sizeof(struct link));
	crowd->options = (struct link_options){ .context = zmq_ctx_new(),
						.endpoint = argv[2],
						.server = scene->card.curve_key,
						.curve = &scene->keys.curve,
						.receive_max = 1 };
	if (crowd->attack->habits & READS)
		crowd->options.receive_max = 1000;
	if (!crowd->links || !crowd->options.context ||
	    zmq_ctx_set(crowd->options.context, ZMQ_MAX_SOCKETS, 65000))
		give_up("cannot begin");
	for (unsigned i = 0; i < crowd->count; i++)
		if (crowd->attack->habits & NAMES_ITSELF)
			(void)snprintf(crowd->links[i].name,
				       sizeof(crowd->links[i].name), "route-%u",
				       i);
	must(scene, talk_encode_hello(&hello, &crowd->hello, &scene->err));
	if (crowd->attack->prepare)
		crowd->attack->prepare(crowd);
}

int main(int argc, char **argv)
{
	static struct crowd crowd;

	if (argc < 6)
		give_up("DIR ENDPOINT ATTACK COUNT SECONDS [FILE]");
	prepare(&crowd, argv);
	go_on(&crowd, link_now_ns() + strtoull(argv[5], NULL, 10) * 1000000000);
	(void)printf("{\"opened\": %" PRIu64 ", \"sent\": %" PRIu64
		     ", \"heard\": %" PRIu64 ", \"nacks\": %" PRIu64
		     ", \"lost\": %" PRIu64 "}\n",
		     crowd.opened, crowd.sent, crowd.heard, crowd.nacks,
		     crowd.lost);
	(void)zmq_ctx_term(crowd.options.context);
	free(crowd.links);
	keys_wipe(&crowd.scene.keys);
	strbuf_release(&crowd.hello);
	strbuf_release(&crowd.words);
	arena_release(&crowd.scene.arena);
	return 0;
}
