/* Damage of every kind to a small journal: it is named, or, where only a
 * write was cut off, cut; nothing that was committed ever goes unseen. */
#include "store/journal.h"

#include "store/journal_help.h"

#define SEGMENT_HEADER 96
#define COMMIT_FRAME 40

static int no_sync(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
	return 0;
}

static int no_sync_dir(void *ctx, const char *dir)
{
	(void)ctx;
	(void)dir;
	return 0;
}

/* Thousands of openings, and no power cut. */
static struct journal_disk quick_disk(void)
{
	struct journal_disk disk = journal_disk_real;

	disk.sync = no_sync;
	disk.sync_dir = no_sync_dir;
	return disk;
}

#define SEGMENTS_MAX 8
#define GROUPS_MAX 32

/* A journal of a few segments, and where its groups end. */
struct patient {
	struct place place;
	struct journal_disk disk;
	struct journal_options options;
	char name[SEGMENTS_MAX][32];
	uint64_t first[SEGMENTS_MAX];
	size_t segment_count;
	struct file last;
	/* groups of the last segment: offset behind, journal size then */
	uint64_t group_end[GROUPS_MAX], group_size[GROUPS_MAX];
	size_t group_count;
};

static void note_segment(struct patient *patient, uint64_t first)
{
	char *name = patient->name[patient->segment_count];

	(void)snprintf(name, sizeof(patient->name[0]), "%020llu.seg",
		       (unsigned long long)first);
	patient->first[patient->segment_count++] = first;
}

static bool is_there(const struct patient *patient, uint64_t first)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%020llu.seg", patient->place.dir,
		       (unsigned long long)first);
	return access(path, F_OK) == 0;
}

/* groups of two entries each. */
static void patient_make(struct patient *patient, unsigned groups)
{
	struct journal *journal;

	*patient =
		(struct patient){ .place = place_new(), .disk = quick_disk() };
	patient->options = (struct journal_options){ .segment_bytes = 2600,
						     .disk = &patient->disk };
	journal = new_journal(patient->place.dir, &patient->options);
	note_segment(patient, 0);
	for (uint64_t size = 2; size <= 2 * groups; size += 2) {
		uint64_t before = patient->first[patient->segment_count - 1];
		struct file file;

		grow(journal, size, 2);
		for (uint64_t i = before + 1; i < size; i++) {
			if (is_there(patient, i)) {
				note_segment(patient, i);
				patient->group_count = 0;
			}
		}
		file = file_load(patient->place.dir,
				 patient->name[patient->segment_count - 1]);
		patient->group_end[patient->group_count] = file.len;
		patient->group_size[patient->group_count++] = size;
		free(file.bytes);
	}
	journal_close(journal);
	patient->last = file_load(patient->place.dir,
				  patient->name[patient->segment_count - 1]);
}

static void patient_free(struct patient *patient)
{
	free(patient->last.bytes);
	place_remove(&patient->place);
}

/* Opens, closes; *size is the journal's. */
static int try_open(const struct patient *patient, uint64_t keep_size,
		    uint64_t *size, struct err *err)
{
	struct journal_options options = patient->options;
	struct journal *journal = NULL;
	int rc;

	options.keep_size = keep_size;
	rc = journal_open(patient->place.dir, &options, NULL, &journal, err);
	if (!rc)
		*size = journal_size(journal);
	journal_close(journal);
	return rc;
}

static const uint8_t flips[] = { 0x01, 0x80, 0xff };

Test(journal_damage, a_flip_of_any_byte_is_found)
{
	struct patient patient;
	struct err err = { 0 };
	uint64_t size;
	int rc;

	patient_make(&patient, 9);
	cr_assert_geq(patient.segment_count, 3);
	for (size_t s = 0; s < patient.segment_count; s++) {
		struct file file =
			file_load(patient.place.dir, patient.name[s]);

		for (size_t i = 0; i < file.len; i++) {
			uint8_t flip = flips[i % sizeof(flips)];

			file.bytes[i] ^= flip;
			file_save(file.path, file.bytes, file.len);
			err.msg[0] = '\0';
			cr_expect_eq(try_open(&patient, 0, &size, &err),
				     ERR_CORRUPT, "segment %zu, byte %zu: %s",
				     s, i, err.msg);
			cr_expect(strstr(err.msg, patient.name[s]) &&
					  strstr(err.msg, "offset"),
				  "segment %zu, byte %zu: %s", s, i, err.msg);
			(void)count_entries(patient.place.dir, 0, &rc, &err);
			cr_expect_eq(rc, ERR_CORRUPT, "segment %zu, byte %zu",
				     s, i);
			file.bytes[i] ^= flip;
		}
		file_save(file.path, file.bytes, file.len);
		free(file.bytes);
	}
	cr_expect_eq(try_open(&patient, 18, &size, &err), 0, "%s", err.msg);
	patient_free(&patient);
}

Test(journal_damage, a_flip_in_a_group_that_was_not_committed_is_cut)
{
	struct patient patient;
	struct err err = { 0 };
	uint64_t size, committed, begin;
	size_t len;

	patient_make(&patient, 9);
	cr_assert_geq(patient.group_count, 2);
	begin = patient.group_end[patient.group_count - 2];
	committed = patient.group_size[patient.group_count - 2];
	len = patient.last.len - COMMIT_FRAME;
	for (size_t i = begin; i < len; i++) {
		uint8_t flip = flips[i % sizeof(flips)];

		patient.last.bytes[i] ^= flip;
		file_save(patient.last.path, patient.last.bytes, len);
		cr_expect_eq(try_open(&patient, committed, &size, &err), 0,
			     "byte %zu: %s", i, err.msg);
		cr_expect_eq(size, committed, "byte %zu", i);
		patient.last.bytes[i] ^= flip;
	}
	patient_free(&patient);
}

Test(journal_damage, cut_anywhere_it_opens_at_a_commit)
{
	struct patient patient;
	struct err err = { 0 };
	int rc;

	patient_make(&patient, 10);
	for (size_t len = 0; len <= patient.last.len; len++) {
		uint64_t size = 0,
			 wanted = patient.first[patient.segment_count - 1];

		for (size_t g = 0; g < patient.group_count; g++)
			if (patient.group_end[g] <= len)
				wanted = patient.group_size[g];
		file_save(patient.last.path, patient.last.bytes, len);
		if (len < SEGMENT_HEADER) {
			/* A segment gets its name with its first group. */
			cr_expect_eq(try_open(&patient, 0, &size, &err),
				     ERR_CORRUPT, "%zu bytes", len);
			continue;
		}
		cr_expect_eq(count_entries(patient.place.dir, 0, &rc, &err),
			     wanted, "%zu bytes: %s", len, err.msg);
		cr_expect_eq(rc, 0, "%zu bytes: %s", len, err.msg);
		cr_expect_eq(try_open(&patient, wanted + 1, &size, &err),
			     ERR_CORRUPT, "%zu bytes", len);
		cr_expect(strstr(err.msg, "nothing was cut"), "%s", err.msg);
		cr_expect_eq(try_open(&patient, wanted, &size, &err), 0,
			     "%zu bytes: %s", len, err.msg);
		cr_expect_eq(size, wanted, "%zu bytes", len);
	}
	patient_free(&patient);
}

Test(journal_damage, a_closed_segment_is_never_cut)
{
	struct patient patient;
	struct err err = { 0 };
	struct file file;
	uint64_t size;

	patient_make(&patient, 9);
	file = file_load(patient.place.dir, patient.name[0]);
	for (size_t len = 0; len < file.len; len++) {
		file_save(file.path, file.bytes, len);
		cr_expect_eq(try_open(&patient, 0, &size, &err), ERR_CORRUPT,
			     "%zu bytes", len);
		cr_expect(strstr(err.msg, patient.name[0]), "%s", err.msg);
	}
	/* Bytes behind the last commit frame, too. */
	file.bytes[file.len] = 0;
	file_save(file.path, file.bytes, file.len + 1);
	cr_expect_eq(try_open(&patient, 0, &size, &err), ERR_CORRUPT);
	free(file.bytes);
	patient_free(&patient);
}

Test(journal_damage, opens_again_and_goes_on_after_a_cut)
{
	struct patient patient;
	struct err err = { 0 };
	uint64_t committed;
	struct journal *journal;
	int rc;

	patient_make(&patient, 10);
	committed = patient.group_size[patient.group_count - 2];
	file_save(patient.last.path, patient.last.bytes, patient.last.len - 1);
	journal = open_journal(patient.place.dir, &patient.options);
	cr_expect_eq(journal_size(journal), committed);
	cr_expect_eq(journal_cut_bytes(journal),
		     patient.last.len - 1 -
			     patient.group_end[patient.group_count - 2]);
	grow(journal, 50, 3);
	journal_close(journal);
	cr_expect_eq(count_entries(patient.place.dir, 0, &rc, &err), 50, "%s",
		     err.msg);
	patient_free(&patient);
}

/* What a power cut leaves of a write that was never synced: some sectors of
 * it, zeros for the others, and a file as long as the write, or shorter. */
Test(journal_damage, a_write_that_lost_sectors_to_a_power_cut_is_cut)
{
	struct place place = place_new();
	struct journal_disk disk = quick_disk();
	struct journal_options options = { .disk = &disk };
	struct journal *journal = new_journal(place.dir, &options);
	struct file before, after;
	struct err err = { 0 };
	uint64_t dice = 7;
	uint8_t *bytes;

	grow(journal, 5, 5);
	before = file_load(place.dir, "00000000000000000000.seg");
	grow(journal, 25, 20);
	after = file_load(place.dir, "00000000000000000000.seg");
	journal_close(journal);
	bytes = malloc(after.len);
	cr_assert(bytes);
	for (unsigned round = 0; round < 1000; round++) {
		size_t lost = 0, len = after.len;
		int rc;

		memcpy(bytes, after.bytes, after.len);
		for (size_t at = 0; at < after.len; at += 512) {
			size_t from = at < before.len ? before.len : at;
			size_t to = at + 512 < after.len ? at + 512 : after.len;

			dice = dice * 6364136223846793005u +
			       1442695040888963407u;
			if (from >= to || (dice >> 33) % 4)
				continue;
			memset(bytes + from, 0, to - from);
			lost += to - from;
		}
		if (round % 4 == 0) {
			len = before.len +
			      (dice >> 20) % (after.len - before.len);
			lost = 1;
		}
		file_save(after.path, bytes, len);
		rc = journal_open(place.dir, &options, NULL, &journal, &err);
		cr_expect_eq(rc, 0, "round %u: %s", round, err.msg);
		if (rc)
			continue;
		cr_expect_eq(journal_size(journal), lost ? 5 : 25, "round %u",
			     round);
		journal_close(journal);
	}
	free(bytes);
	free(before.bytes);
	free(after.bytes);
	place_remove(&place);
}

Test(journal_damage, rubbish_behind_the_last_commit_is_cut)
{
	struct patient patient;
	struct err err = { 0 };
	uint64_t dice = 3, size;
	uint8_t *bytes;

	patient_make(&patient, 10);
	bytes = malloc(patient.last.len + 5000);
	cr_assert(bytes);
	memcpy(bytes, patient.last.bytes, patient.last.len);
	for (unsigned round = 0; round < 300; round++) {
		size_t more;

		dice = dice * 6364136223846793005u + 1442695040888963407u;
		more = (dice >> 33) % 5000;
		for (size_t i = 0; i < more; i++) {
			dice = dice * 6364136223846793005u +
			       1442695040888963407u;
			bytes[patient.last.len + i] = (uint8_t)(dice >> 40);
		}
		file_save(patient.last.path, bytes, patient.last.len + more);
		cr_expect_eq(try_open(&patient, 20, &size, &err), 0, "%s",
			     err.msg);
		cr_expect_eq(size, 20);
	}
	free(bytes);
	patient_free(&patient);
}

Test(journal_damage, swapped_and_repeated_groups_are_found)
{
	struct patient patient;
	struct err err = { 0 };
	uint64_t size;
	size_t begin, middle, end;
	uint8_t *bytes;

	patient_make(&patient, 10);
	cr_assert_geq(patient.group_count, 2);
	begin = patient.group_count > 2 ? patient.group_end[0] : SEGMENT_HEADER;
	middle = patient.group_end[patient.group_count - 2];
	end = patient.last.len;
	bytes = malloc(2 * end);
	cr_assert(bytes);
	/* The last group before the others. */
	memcpy(bytes, patient.last.bytes, begin);
	memcpy(bytes + begin, patient.last.bytes + middle, end - middle);
	memcpy(bytes + begin + end - middle, patient.last.bytes + begin,
	       middle - begin);
	file_save(patient.last.path, bytes, end);
	cr_expect_eq(try_open(&patient, 0, &size, &err), ERR_CORRUPT);
	/* The last group twice. */
	memcpy(bytes, patient.last.bytes, end);
	memcpy(bytes + end, patient.last.bytes + middle, end - middle);
	file_save(patient.last.path, bytes, 2 * end - middle);
	cr_expect_eq(try_open(&patient, 0, &size, &err), ERR_CORRUPT);
	/* One taken out. */
	memcpy(bytes, patient.last.bytes, begin);
	memcpy(bytes + begin, patient.last.bytes + middle, end - middle);
	file_save(patient.last.path, bytes, begin + end - middle);
	if (begin != middle)
		cr_expect_eq(try_open(&patient, 0, &size, &err), ERR_CORRUPT);
	free(bytes);
	patient_free(&patient);
}
