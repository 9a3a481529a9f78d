#include "collector/answers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERS_MAX 64
#define ANSWER_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define ALL_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct kept_answer {
	struct strbuf question; /* empty: the place is free */
	struct hash state;
	struct strbuf body;
	const char *type;
	char etag[HTTP_HEADER_BYTES_MAX], download[HTTP_HEADER_BYTES_MAX];
	uint64_t asked; /* when last, by a count */
};

struct answers {
	pthread_mutex_t lock;
	struct kept_answer list[ANSWERS_MAX];
	uint64_t count;
	struct answers_use use;
};

struct answers *answers_new(void)
{
	struct answers *answers = calloc(1, sizeof(*answers));

	if (!answers)
		return NULL;
	(void)pthread_mutex_init(&answers->lock, NULL);
	for (size_t i = 0; i < ANSWERS_MAX; i++) {
		strbuf_init(&answers->list[i].question, 0);
		strbuf_init(&answers->list[i].body, 0);
	}
	return answers;
}

void answers_free(struct answers *answers)
{
	if (!answers)
		return;
	for (size_t i = 0; i < ANSWERS_MAX; i++) {
		strbuf_release(&answers->list[i].question);
		strbuf_release(&answers->list[i].body);
	}
	(void)pthread_mutex_destroy(&answers->lock);
	free(answers);
}

/* As it was written, each part with its end: no two are alike by chance. */
static void put_question(const struct http_request *request, struct strbuf *out)
{
	strbuf_add(out, request->path, strlen(request->path) + 1);
	for (size_t i = 0; i < request->query_count; i++) {
		const struct http_pair *pair = &request->query[i];

		strbuf_add(out, pair->name, strlen(pair->name) + 1);
		strbuf_add(out, pair->value, strlen(pair->value) + 1);
	}
}

static struct kept_answer *find(struct answers *answers,
				const struct strbuf *question,
				const struct hash *state)
{
	for (size_t i = 0; i < ANSWERS_MAX; i++) {
		struct kept_answer *one = &answers->list[i];

		if (one->question.len &&
		    span_equal(strbuf_span(&one->question),
			       strbuf_span(question)) &&
		    hash_equal(&one->state, state))
			return one;
	}
	return NULL;
}

bool answers_find(struct answers *answers, const struct http_request *request,
		  const struct hash *state, struct http_answer *out)
{
	struct kept_answer *one;
	struct strbuf question;

	strbuf_init(&question, 0);
	put_question(request, &question);
	pthread_mutex_lock(&answers->lock);
	one = question.failed ? NULL : find(answers, &question, state);
	if (one) {
		one->asked = ++answers->count;
		out->type = one->type;
		memcpy(out->etag, one->etag, sizeof(out->etag));
		memcpy(out->download, one->download, sizeof(out->download));
		if (!request->etag || strcmp(request->etag, out->etag) != 0)
			strbuf_add(&out->body, one->body.text, one->body.len);
		else
			out->status = 304;
		answers->use.found++;
	} else {
		answers->use.missed++;
	}
	pthread_mutex_unlock(&answers->lock);
	strbuf_release(&question);
	return one != NULL;
}

static void drop(struct answers *answers, struct kept_answer *one)
{
	answers->use.bytes -= one->body.len;
	strbuf_release(&one->question);
	strbuf_release(&one->body);
	strbuf_init(&one->question, 0);
	strbuf_init(&one->body, 0);
	one->asked = 0;
}

/* A free place, made by dropping what was asked for longest ago. */
static struct kept_answer *make_room(struct answers *answers, size_t bytes)
{
	for (;;) {
		struct kept_answer *oldest = NULL, *place = NULL;

		for (size_t i = 0; i < ANSWERS_MAX; i++) {
			struct kept_answer *one = &answers->list[i];

			if (!one->question.len)
				place = one;
			else if (!oldest || one->asked < oldest->asked)
				oldest = one;
		}
		if (place && answers->use.bytes + bytes <= ALL_BYTES_MAX)
			return place;
		drop(answers, oldest);
	}
}

void answers_keep(struct answers *answers, const struct http_request *request,
		  const struct hash *state, const struct http_answer *answer)
{
	struct kept_answer *one;
	struct strbuf question;

	if (answer->body.failed || answer->body.len > ANSWER_BYTES_MAX)
		return;
	strbuf_init(&question, 0);
	put_question(request, &question);
	pthread_mutex_lock(&answers->lock);
	if (question.failed || find(answers, &question, state)) {
		strbuf_release(&question);
	} else {
		one = make_room(answers, answer->body.len);
		strbuf_release(&one->question);
		one->question = question;
		one->state = *state;
		one->type = answer->type;
		memcpy(one->etag, answer->etag, sizeof(one->etag));
		memcpy(one->download, answer->download, sizeof(one->download));
		strbuf_add(&one->body, answer->body.text, answer->body.len);
		answers->use.bytes += one->body.len;
		one->asked = ++answers->count;
		if (one->body.failed)
			drop(answers, one);
	}
	pthread_mutex_unlock(&answers->lock);
}

struct answers_use answers_use(struct answers *answers)
{
	struct answers_use use;

	pthread_mutex_lock(&answers->lock);
	use = answers->use;
	pthread_mutex_unlock(&answers->lock);
	return use;
}
