/* How the offices of the load come in: granted and enrolled, as all are. */
#include "bench/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRANTS_A_BATCH 500
#define ENROLMENTS_AT_ONCE 64

static struct sealed grant(struct load *load, struct office *office)
{
	struct statement statement = { .kind = SAID_GRANT };
	struct grant *grant = &statement.said.grant;
	struct sign_pair code_sign;
	struct curve_pair code_curve;
	char(*names)[24] =
		arena_array(&load->arena, office->unit_count, sizeof(*names));
	struct span *units =
		arena_array(&load->arena, office->unit_count, sizeof(*units));

	if (!names || !units)
		load_die("cannot grant", "no memory");
	random_bytes(office->code_seed, sizeof(office->code_seed));
	code_keys(office->code_seed, &code_sign, &code_curve);
	for (uint64_t i = 0; i < office->unit_count; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "u%05" PRIu64,
			       office->first_unit + i);
		units[i] = span_of_text(names[i]);
	}
	grant->unit = units[0];
	grant->units = units + 1;
	grant->unit_count = office->unit_count - 1;
	grant->roles = 1u << ROLE_REPORTER;
	grant->code_key = code_sign.key;
	memcpy(grant->code_curve_key, code_curve.key, CURVE_KEY_BYTES);
	grant->expires_us = load_now_ns() / 1000 + UINT64_C(86400000000);
	grant->bytes_a_day = grant->statements_a_day = UINT64_C(1) << 40;
	return load_say(load, &statement);
}

/* The administrator's chain goes on where its agent left it. */
static void grant_all(struct load *load)
{
	static const struct hash nothing;
	struct sealed sealed[GRANTS_A_BATCH];
	void *dealer = load_connect(load, &load->admin.curve);
	struct welcome welcome = { 0 };
	enum wire_type type = 0;
	struct span body;
	struct hash head;
	uint64_t sequence;

	load_hello(load, dealer, 1, &nothing);
	while (type != WIRE_WELCOME)
		if (load_receive(load, dealer, true, &type, &body) &&
		    type == WIRE_NACK)
			load_die_of_nack(load, body);
	load_must(load, talk_decode_welcome(body, &load->arena, &welcome,
					    &load->err));
	sequence = welcome.wanted;
	head = welcome.head;
	for (uint64_t i = 0; i < load->options.offices;) {
		size_t count = 0;
		struct span batch;

		arena_reset(&load->arena);
		while (i < load->options.offices && count < GRANTS_A_BATCH)
			sealed[count++] = grant(load, &load->offices[i++]);
		batch = load_seal(load, &load->admin.sign, sequence, &head,
				  sealed, count);
		load_send(dealer, batch);
		load_await_ack(load, dealer, sequence++);
		free((void *)(uintptr_t)batch.data);
	}
	load_hang_up(dealer);
}

static void *begin_enrolment(struct load *load, struct office *office)
{
	static const struct hash nothing;
	struct statement statement = { .kind = SAID_ENROL };
	struct enrol *enrol = &statement.said.enrol;
	struct sign_pair code_sign;
	struct curve_pair code_curve;
	struct sealed sealed;
	struct span batch;
	uint8_t seed[SIGN_SEED_BYTES];
	void *dealer;

	random_bytes(seed, sizeof(seed));
	sign_pair_from_seed(seed, &office->sign);
	random_bytes(seed, sizeof(seed));
	curve_pair_from_secret(seed, &office->curve);
	code_keys(office->code_seed, &code_sign, &code_curve);
	enrol->code_key = code_sign.key;
	enrol->key = office->sign.key;
	memcpy(enrol->curve_key, office->curve.key, CURVE_KEY_BYTES);
	enrol->authorisation = wire_authorise("tally-enrol/1\n", &load->journal,
					      &enrol->key, enrol->curve_key,
					      &code_sign);
	arena_reset(&load->arena);
	sealed = load_say(load, &statement);
	batch = load_seal(load, &office->sign, 1, &office->head, &sealed, 1);
	dealer = load_connect(load, &code_curve);
	load_hello(load, dealer, 1, &nothing);
	load_send(dealer, batch);
	free((void *)(uintptr_t)batch.data);
	return dealer;
}

void load_enrol(struct load *load)
{
	void *dealers[ENROLMENTS_AT_ONCE];

	grant_all(load);
	for (uint64_t i = 0; i < load->options.offices;
	     i += ENROLMENTS_AT_ONCE) {
		uint64_t count = load->options.offices - i;

		if (count > ENROLMENTS_AT_ONCE)
			count = ENROLMENTS_AT_ONCE;
		for (uint64_t n = 0; n < count; n++)
			dealers[n] =
				begin_enrolment(load, &load->offices[i + n]);
		for (uint64_t n = 0; n < count; n++) {
			load_await_ack(load, dealers[n], 1);
			load_hang_up(dealers[n]);
		}
	}
}
