/*
 * What the tests of the wire start from: a buffer to encode into, and an arena
 * to decode into. Their suites begin with wire_setup and end with
 * wire_cleanup.
 */
#ifndef TALLY_TESTS_PROTO_WIRE_FIXTURE_H
#define TALLY_TESTS_PROTO_WIRE_FIXTURE_H

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "proto/sign.h"
#include "proto/wire.h"

static struct arena arena;
static struct strbuf buf;

static void wire_setup(void)
{
	cr_assert_eq(sign_start(NULL), 0);
	arena_init(&arena, WIRE_ARENA_BYTES);
	strbuf_init(&buf, 0);
}

static void wire_cleanup(void)
{
	arena_release(&arena);
	strbuf_release(&buf);
}

#endif
