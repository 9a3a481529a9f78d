#include "proto/endpoint.h"

#include <criterion/criterion.h>
#include <string.h>

/* What an office can connect to, what a collector can listen on, and the
 * words of the answer where one of them is refused. */
static const struct {
	const char *text;
	bool connect, bind, ipv6;
	const char *words;
} rows[] = {
	{ "tcp://10.1.2.3:5724", true, true, false, "" },
	{ "tcp://0.1.2.3:1", true, true, false, "" },
	{ "tcp://tally.shizhong.gov.cn:65535", true, true, false, "" },
	{ "tcp://tj_zx-01:5724", true, true, false, "" },
	{ "tcp://3com.cn:5724", true, true, false, "" },
	{ "tcp://[::1]:5724", true, true, true, "" },
	{ "tcp://[fd00::1:2]:5724", true, true, true, "" },
	{ "tcp://[fe80::1%eth0]:5724", true, true, true, "" },
	{ "tcp://[::ffff:10.1.2.3]:5724", true, true, true, "" },
	{ "tcp://*:5724", false, true, true, "listen" },
	{ "tcp://0.0.0.0:5724", false, true, false, "listen" },
	{ "tcp://[::]:5724", false, true, true, "listen" },
	{ "tcp://10.1.2.3:*", false, true, false, "port" },
	{ "tcp://*:*", false, true, true, "listen" },
	{ "", false, false, false, "tcp://HOST:PORT" },
	{ "foo", false, false, false, "tcp://HOST:PORT" },
	{ "10.1.2.3:5724", false, false, false, "tcp://HOST:PORT" },
	{ "ipc:///run/tally", false, false, false, "tcp://HOST:PORT" },
	{ "tcp://", false, false, false, "port is missing" },
	{ "tcp://10.1.2.3", false, false, false, "port is missing" },
	{ "tcp://[::1]", false, false, false, "port is missing" },
	{ "tcp://[::1", false, false, false, "port is missing" },
	{ "tcp://[::1]5724", false, false, false, "port is missing" },
	{ "tcp://:5724", false, false, false, "host is missing" },
	{ "tcp://[]:5724", false, false, false, "IPv6" },
	{ "tcp://[10.1.2.3]:5724", false, false, false, "IPv6" },
	{ "tcp://[fd00::1::2]:5724", false, false, false, "IPv6" },
	{ "tcp://::1:5724", false, false, false, "brackets" },
	{ "tcp://fd00::1", false, false, false, "brackets" },
	{ "tcp://10.1.2.3:", false, false, false, "port" },
	{ "tcp://10.1.2.3:0", false, false, false, "65535" },
	{ "tcp://10.1.2.3:65536", false, false, false, "65535" },
	{ "tcp://10.1.2.3:99999", false, false, false, "65535" },
	{ "tcp://10.1.2.3:4294967297", false, false, false, "65535" },
	{ "tcp://10.1.2.3:57a", false, false, false, "65535" },
	{ "tcp://10.1.2.3:-1", false, false, false, "65535" },
	{ "tcp://10.1.2.3:5724/", false, false, false, "65535" },
	{ "tcp://10.1.2:5724", false, false, false, "IPv4" },
	{ "tcp://10.1.2.256:5724", false, false, false, "IPv4" },
	{ "tcp://10.1.2.3.4:5724", false, false, false, "IPv4" },
	{ "tcp://7:5724", false, false, false, "IPv4" },
	{ "tcp://10.1.2.3;10.1.2.4:5724", false, false, false, "neither" },
	{ "tcp://a/b:5724", false, false, false, "neither" },
	{ "tcp://10.1.2.3 :5724", false, false, false, "blank" },
	{ "tcp://\xe5\xb8\x82:5724", false, false, false, "no address has" },
};

static void expect(size_t row, bool good, int rc, const struct err *err)
{
	cr_expect_eq(rc, good ? 0 : ERR_INVALID, "row %zu: %s", row,
		     rows[row].text);
	if (!good)
		cr_expect(strstr(err->msg, rows[row].words), "row %zu: %s", row,
			  err->msg);
}

Test(endpoint, says_what_can_be_reached_and_what_can_be_listened_on)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span text = span_of_text(rows[i].text);
		struct err err = { 0 };

		expect(i, rows[i].connect, endpoint_check(text, &err), &err);
		err = (struct err){ 0 };
		if (rows[i].bind || !rows[i].connect)
			expect(i, rows[i].bind, endpoint_check_bind(text, &err),
			       &err);
		if (rows[i].bind)
			cr_expect_eq(endpoint_ipv6(rows[i].text), rows[i].ipv6,
				     "row %zu", i);
	}
}

Test(endpoint, is_bounded)
{
	char text[ENDPOINT_BYTES_MAX + 2];

	memset(text, 'h', sizeof(text));
	memcpy(text, "tcp://", 6);
	memcpy(text + ENDPOINT_BYTES_MAX - 5, ":5724", 5);
	cr_expect_eq(endpoint_check(span_of(text, ENDPOINT_BYTES_MAX), NULL),
		     0);
	memcpy(text + ENDPOINT_BYTES_MAX - 5, "h:5724", 6);
	cr_expect_eq(
		endpoint_check(span_of(text, ENDPOINT_BYTES_MAX + 1), NULL),
		ERR_INVALID);
	/* No NUL: it is a span. */
	memset(text, 'x', sizeof(text));
	memcpy(text, "tcp://a:17", 10);
	cr_expect_eq(endpoint_check(span_of(text, 9), NULL), 0);
	cr_expect_eq(endpoint_check(span_of("tcp://a:1\0001", 11), NULL),
		     ERR_INVALID);
}
