#include "base/bytes.h"

#include <criterion/criterion.h>
#include <string.h>

Test(bytes, what_is_written_reads_back_big_endian)
{
	static const uint8_t want[] = { 0x12, 0x12, 0x34, 0x01, 0x02,
					0x03, 0x04, 0xff, 0xee, 0xdd,
					0xcc, 0xbb, 0xaa, 0x99, 0x88,
					'h',  'i',  0,	  0 };
	uint8_t data[19];
	struct writer writer;
	struct reader reader;
	char text[2];

	writer_init(&writer, data, sizeof(data));
	write_u8(&writer, 0x12);
	write_u16(&writer, 0x1234);
	write_u32(&writer, 0x01020304);
	write_u64(&writer, 0xffeeddccbbaa9988u);
	write_bytes(&writer, "hi", 2);
	write_zeros(&writer, 2);
	cr_expect(!writer.failed && writer.len == sizeof(want));
	cr_expect(memcmp(data, want, sizeof(want)) == 0);

	reader_init(&reader, span_of(data, sizeof(data)));
	cr_expect(read_u8(&reader) == 0x12);
	cr_expect(read_u16(&reader) == 0x1234);
	cr_expect(read_u32(&reader) == 0x01020304);
	cr_expect(read_u64(&reader) == 0xffeeddccbbaa9988u);
	read_copy(&reader, text, 2);
	cr_expect(memcmp(text, "hi", 2) == 0);
	cr_expect(reader_left(&reader) == 2);
	cr_expect(read_span(&reader, 2).data == data + 17);
	cr_expect(!reader.failed && reader_left(&reader) == 0);
}

Test(bytes, a_reader_that_ran_out_stays_so)
{
	static const uint8_t data[] = { 1, 2, 3, 4, 5 };
	struct reader reader;
	uint8_t copy[2] = { 7, 7 };

	reader_init(&reader, span_of(data, sizeof(data)));
	cr_expect(read_u32(&reader) == 0x01020304);
	cr_expect(read_u32(&reader) == 0 && reader.failed);
	cr_expect(read_u8(&reader) == 0);
	cr_expect(reader_left(&reader) == 0);
	cr_expect(read_span(&reader, 1).len == 0);
	read_copy(&reader, copy, 2);
	cr_expect(copy[0] == 0 && copy[1] == 0);
}

Test(bytes, a_length_beyond_everything_does_not_wrap)
{
	static const uint8_t data[] = { 1 };
	struct reader reader;
	struct writer writer;
	uint8_t out[1];

	reader_init(&reader, span_of(data, 1));
	cr_expect(read_span(&reader, SIZE_MAX).len == 0 && reader.failed);
	writer_init(&writer, out, 1);
	write_zeros(&writer, SIZE_MAX);
	cr_expect(writer.failed && writer.len == 0);
}

Test(bytes, a_writer_that_is_full_stays_so)
{
	uint8_t data[6];
	struct writer writer;

	writer_init(&writer, data, sizeof(data));
	write_u32(&writer, 1);
	write_u32(&writer, 2);
	cr_expect(writer.failed && writer.len == 4);
	write_u8(&writer, 3);
	cr_expect(writer.len == 4);
}

Test(bytes, integers_in_place)
{
	uint8_t data[12];

	store_u32(data, 0xdeadbeef);
	store_u64(data + 4, 0x0102030405060708u);
	cr_expect(data[0] == 0xde && data[4] == 1 && data[11] == 8);
	cr_expect(load_u32(data) == 0xdeadbeef);
	cr_expect(load_u64(data + 4) == 0x0102030405060708u);
}
