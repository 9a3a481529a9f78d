#include "audit/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/source.h"
#include "base/print.h"
#include "proto/succession.h"
#include "store/keyfile.h"

bool policy_demands(const struct policy *policy)
{
	return policy->card || policy->witnesses;
}

/* Signed by the card's key, or one that the journal says follows? */
static int check_card(const struct policy *policy, const struct verification *v,
		      struct span note, struct err *err)
{
	struct checkpoint checkpoint;
	struct key_chain chain;
	struct sign_key key;

	if (source_card(policy->card, &key, err))
		return err->code = ERR_INVALID;
	key_chain_begin(&chain, &key);
	if (key_chain_add_all(&chain, strbuf_span(&v->successions), err) ||
	    key_chain_open(&chain, note, &checkpoint, err))
		return err->code = ERR_CORRUPT;
	return 0;
}

static int check_witnesses(struct policy *policy, struct span note,
			   struct err *err)
{
	unsigned signers;

	if (witnesses_read(policy->witnesses, policy->quorum, &policy->known,
			   err))
		return err->code = ERR_INVALID;
	policy->signers = witnesses_of(&policy->known, note);
	signers = (unsigned)__builtin_popcount(policy->signers);
	if (signers >= policy->quorum)
		return 0;
	return err_set(err, ERR_CORRUPT,
		       "%u of the witnesses in %s have signed it, %u must",
		       signers, policy->witnesses, policy->quorum);
}

/* It must be a checkpoint of what was verified. */
static int check_journal(const struct policy *policy,
			 const struct verification *v, struct err *err)
{
	const struct checkpoint *is = &policy->signed_one;

	if (!hash_equal(&is->journal, &v->journal))
		return err_set(err, ERR_CORRUPT, "it is of another journal");
	if (is->size > v->entries)
		return err_set(err, ERR_CORRUPT,
			       "%" PRIu64 " entries were signed, the journal "
			       "has %" PRIu64,
			       is->size, v->entries);
	if (!hash_equal(&is->root, &v->roots[is->size]))
		return err_set(err, ERR_CORRUPT,
			       "the journal that was signed had another root "
			       "at %" PRIu64 " entries",
			       is->size);
	return 0;
}

static int check_note(struct policy *policy, const struct verification *v,
		      const char *path, struct err *err)
{
	char *text = NULL;
	size_t len = 0;
	int rc = file_read(path, NOTE_BYTES_MAX, &text, &len, err);
	struct span note = span_of(text, len);

	if (rc)
		return rc;
	rc = checkpoint_read(note, &policy->signed_one, err);
	if (rc)
		rc = err->code = ERR_CORRUPT;
	if (!rc)
		rc = check_journal(policy, v, err);
	if (!rc && policy->card)
		rc = check_card(policy, v, note, err);
	if (!rc && policy->witnesses)
		rc = check_witnesses(policy, note, err);
	free(text);
	return rc && rc != ERR_INVALID ? err_context(err, "%s", path) : rc;
}

/* What witnesses have signed stands apart from the collector's last word. */
int policy_check(struct policy *policy, const struct verification *v,
		 struct err *err)
{
	char path[PATH_MAX];
	int rc;

	if (policy->checkpoint)
		return check_note(policy, v, policy->checkpoint, err);
	(void)snprintf(path, sizeof(path), "%s/%s", policy->dir,
		       policy->witnesses ? "cosigned" : "checkpoint");
	rc = check_note(policy, v, path, err);
	if (rc == ERR_NOTFOUND)
		return err_set(err, ERR_CORRUPT,
			       "there is no %s: nobody has signed this "
			       "journal, or it was taken away; name one that "
			       "lies elsewhere with --checkpoint",
			       path);
	return rc;
}

void policy_print(const struct policy *policy, const struct verification *v,
		  struct strbuf *out)
{
	strbuf_addf(out, "signed      %" PRIu64 " of %" PRIu64 " entries",
		    policy->signed_one.size, v->entries);
	if (policy->card)
		strbuf_add_text(out, ", by the collector of the card");
	if (policy->witnesses)
		strbuf_addf(out, ", by %d of %zu witnesses",
			    __builtin_popcount(policy->signers),
			    policy->known.count);
	strbuf_add_char(out, '\n');
}

void policy_print_json(const struct policy *policy, struct strbuf *out)
{
	bool any = false;

	strbuf_addf(out, ",\"signed\":{\"size\":%" PRIu64 ",\"card\":%s",
		    policy->signed_one.size, policy->card ? "true" : "false");
	strbuf_add_text(out, ",\"cosigned\":[");
	for (size_t i = 0; i < policy->known.count; i++) {
		if (!(policy->signers & 1u << i))
			continue;
		strbuf_add_text(out, any ? "," : "");
		print_json_text(out, policy->known.keys[i].name);
		any = true;
	}
	strbuf_add_text(out, "]}");
}
