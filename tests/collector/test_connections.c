/* Connections, with real ones: who is shut, and who is not. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/connections.h"

#define WAIT_MS 10000
#define BEGAN_MS 5000

struct pair {
	int near, far;
};

static struct pair connect_pair(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct pair pair;

	cr_assert_eq(bind(listener, (struct sockaddr *)&address, len), 0);
	cr_assert_eq(listen(listener, 1), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &len),
		     0);
	pair.far = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(connect(pair.far, (struct sockaddr *)&address, len), 0);
	pair.near = accept(listener, NULL, NULL);
	cr_assert_geq(pair.near, 0);
	(void)close(listener);
	return pair;
}

static void hang_up(struct pair pair)
{
	(void)close(pair.near);
	(void)close(pair.far);
}

/* So many bytes have come, and were read. */
static void hear(struct pair pair, size_t bytes)
{
	char chunk[4096] = "";

	while (bytes) {
		size_t len = bytes < sizeof(chunk) ? bytes : sizeof(chunk);
		ssize_t got;

		cr_assert_eq(send(pair.far, chunk, len, 0), (ssize_t)len);
		for (; len; len -= (size_t)got, bytes -= (size_t)got) {
			got = recv(pair.near, chunk, len, 0);
			cr_assert_gt(got, 0);
		}
	}
}

static bool is_shut(struct pair pair)
{
	struct pollfd poll_far = { .fd = pair.far, .events = POLLIN };

	return poll(&poll_far, 1, 0) > 0;
}

static struct connections_found look(struct connections *all, uint64_t after_ms,
				     bool crowded)
{
	return connections_watch(all, BEGAN_MS + after_ms, crowded);
}

Test(connections, who_says_nothing_has_a_minute)
{
	struct connections all = { 0 };
	struct pair pair = connect_pair();

	connections_accepted(&all, pair.near, BEGAN_MS);
	cr_expect_eq(look(&all, CONNECTIONS_STRANGE_MS, false).strange, 0);
	cr_expect_not(is_shut(pair));
	cr_expect_eq(look(&all, CONNECTIONS_STRANGE_MS + 1, false).strange, 1);
	cr_expect(is_shut(pair));
	cr_expect_eq(look(&all, CONNECTIONS_STRANGE_MS + 2, false).strange, 0,
		     "once");
	hang_up(pair);
	connections_release(&all);
}

Test(connections, where_there_is_no_room_who_says_nothing_goes_soon)
{
	struct connections all = { 0 };
	struct pair strange = connect_pair(), named = connect_pair();

	connections_accepted(&all, strange.near, BEGAN_MS);
	connections_accepted(&all, named.near, BEGAN_MS);
	connections_delivered(&all, named.near, 7, 100);
	cr_expect_eq(look(&all, CONNECTIONS_CROWDED_MS, true).strange, 0);
	cr_expect_eq(look(&all, CONNECTIONS_CROWDED_MS + 1, true).strange, 1);
	cr_expect(is_shut(strange));
	(void)look(&all, 2 * CONNECTIONS_STRANGE_MS, true);
	cr_expect_not(is_shut(named), "something was delivered from it");
	hang_up(strange);
	hang_up(named);
	connections_release(&all);
}

Test(connections, a_handshake_is_short)
{
	struct connections all = { 0 };
	struct pair strange = connect_pair(), named = connect_pair();

	connections_accepted(&all, strange.near, BEGAN_MS);
	connections_accepted(&all, named.near, BEGAN_MS);
	connections_delivered(&all, named.near, 7, 100);
	hear(strange, CONNECTIONS_STRANGE_BYTES_MAX);
	hear(named, CONNECTIONS_STRANGE_BYTES_MAX + 4096);
	cr_expect_eq(look(&all, 1, false).endless, 0);
	hear(strange, 1);
	cr_expect_eq(look(&all, 2, false).endless, 1);
	cr_expect(is_shut(strange));
	cr_expect_not(is_shut(named), "a message may be longer");
	hang_up(strange);
	hang_up(named);
	connections_release(&all);
}

Test(connections, a_descriptor_that_is_anothers_by_now_is_left_alone)
{
	struct connections all = { 0 };
	struct pair gone = connect_pair(), other;
	int fd = gone.near;

	connections_accepted(&all, fd, BEGAN_MS);
	hang_up(gone);
	other = connect_pair();
	cr_assert_neq(dup2(other.near, fd), -1);
	cr_expect_eq(look(&all, CONNECTIONS_STRANGE_MS + 1, false).strange, 0);
	cr_expect_not(is_shut(other));
	(void)close(fd);
	hang_up(other);
	connections_release(&all);
}
