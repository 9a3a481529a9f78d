#include "store/scratch.h"

#include "base/strbuf.h"

int scratch_init(struct scratch *scratch, bool keeps, struct err *err)
{
	*scratch = (struct scratch){ .bytes_max = SCRATCH_BYTES_MAX };
	puts_init(&scratch->puts);
	scratch->puts.drops = keeps ? 1u << TABLE_FIGURE : ~0u;
	scratch->memory = memory_tables_new();
	return scratch->memory ? 0 : err_set(err, ERR_NOMEM, "no memory");
}

void scratch_release(struct scratch *scratch)
{
	puts_release(&scratch->puts);
	memory_tables_free(scratch->memory);
	if (scratch->txn)
		db_abort(scratch->txn);
	if (scratch->db)
		db_close(scratch->db);
	*scratch = (struct scratch){ 0 };
}

/* ---- putting ---- */

static int flush(struct scratch *scratch, struct err *err)
{
	int rc;

	if (!scratch->db) {
		rc = memory_tables_apply(scratch->memory, &scratch->puts);
		return rc ? err_set(err, rc, "no memory for tables") : 0;
	}
	rc = store_commit(scratch->db, &scratch->puts, err);
	puts_clear(&scratch->puts);
	if (rc == ERR_FULL)
		(void)err_context(err, "the tables of the replay (TMPDIR names "
				       "a folder with more room)");
	return rc;
}

int scratch_settle(struct scratch *scratch, struct err *err)
{
	int rc = 0;

	if (scratch->puts.bytes.len < scratch->bytes_max)
		return 0;
	if (!scratch->db) {
		rc = store_open_scratch(&scratch->db, err);
		if (!rc)
			db_spare(scratch->db);
	}
	return rc ? rc : flush(scratch, err);
}

/* ---- each row's newest ---- */

struct finishing {
	struct scratch *scratch;
	struct strbuf value;
	struct err *err;
};

static int begin_reading(struct scratch *scratch, struct err *err)
{
	return scratch->db ? db_begin(scratch->db, false, &scratch->txn, err) :
			     0;
}

static int end_reading(struct scratch *scratch, struct err *err)
{
	int rc = scratch->txn ? db_finish(scratch->txn, 0, err) : 0;

	scratch->txn = NULL;
	return rc;
}

static int put_newest(void *arg, const struct figure_newest *newest)
{
	struct finishing *finishing = arg;
	struct scratch *scratch = finishing->scratch;
	struct table_reader reader = scratch_reader(scratch);
	struct strbuf *value = &finishing->value;
	struct span change;
	int rc = reader.get(reader.ctx, TABLE_CHANGE, newest->change, &change,
			    finishing->err);

	if (rc)
		return rc;
	strbuf_clear(value);
	strbuf_add(value, change.data, change.len);
	strbuf_add(value, newest->link->bytes, HASH_BYTES);
	if (value->failed || puts_add(&scratch->puts, TABLE_FIGURE, newest->key,
				      strbuf_span(value)))
		return err_set(finishing->err, ERR_NOMEM,
			       "no memory for tables");
	if (scratch->puts.bytes.len < scratch->bytes_max)
		return 0;
	rc = end_reading(scratch, finishing->err);
	if (!rc)
		rc = flush(scratch, finishing->err);
	return rc ? rc : begin_reading(scratch, finishing->err);
}

int scratch_finish(struct scratch *scratch, const struct fold *fold,
		   struct err *err)
{
	struct finishing finishing = { .scratch = scratch, .err = err };
	int rc = flush(scratch, err);

	scratch->puts.drops = 0;
	strbuf_init(&finishing.value, 0);
	if (!rc)
		rc = begin_reading(scratch, err);
	if (!rc) {
		rc = fold_newest(fold, put_newest, &finishing);
		if (rc == ERR_NOMEM)
			(void)err_set(err, rc, "no memory for tables");
	}
	if (!rc)
		rc = end_reading(scratch, err);
	if (!rc)
		rc = flush(scratch, err);
	strbuf_release(&finishing.value);
	return rc ? rc : begin_reading(scratch, err);
}

struct table_reader scratch_reader(const struct scratch *scratch)
{
	return scratch->db ? store_reader(scratch->txn) :
			     memory_tables_reader(scratch->memory);
}
