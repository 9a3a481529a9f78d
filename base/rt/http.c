#include "base/rt/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/rt/http_parts.h"
#include "base/rt/log.h"

#define IDLE_SECONDS 30
#define REQUEST_BYTES_MAX (16 * 1024)
#define QUERY_ARENA_BYTES (32 * 1024)
#define STREAM_BLOCK_BYTES 1024
#define EVENT_BYTES_MAX 512
#define REFUSAL_BYTES_MAX 1024
#define PROMPT_MAX 16
#define SLACK 16 /* connections that are on their way out */

enum job_state { JOB_NEW, JOB_WAITS, JOB_DONE };

struct job {
	struct http_server *server;
	struct MHD_Connection *connection;
	struct http_request request;
	struct http_answer answer;
	uint64_t seen; /* Last-Event-ID */
	enum job_state state;
	struct job *next;
};

struct stream {
	struct http_server *server;
	struct MHD_Connection *connection;
	uint64_t serial; /* of the newest event that it was told */
	bool begun, asleep, beat, over;
	struct stream *next, **link;
};

/* Requests that wait for one of their workers. */
struct line {
	struct http_server *server;
	pthread_cond_t wake;
	struct job *first, **last;
	unsigned waiting, max;
};

enum { LINE_PLAIN, LINE_PROMPT, LINES };

/* Whether something is full, so that a log line says when it begins and when
 * it is over, not each time. */
struct fullness {
	const char *what;
	uint64_t refused; /* since it is; 0: it is not */
};

struct http_server {
	struct http_settings settings;
	struct MHD_Daemon *daemon;
	struct listener *listener;
	char refusal[REFUSAL_BYTES_MAX];

	pthread_mutex_t lock;
	struct line lines[LINES];
	bool stopping;
	pthread_t *threads;
	unsigned thread_count;
	struct fullness connections, streams_full;

	struct stream *streams;
	uint64_t event_id, serial;   /* serial counts events */
	char event[EVENT_BYTES_MAX]; /* as it goes out; empty: none yet */
	struct http_use use;
};

const char *http_query(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->query_count; i++)
		if (!strcmp(request->query[i].name, name))
			return request->query[i].value;
	return NULL;
}

/* With the lock held. */
static void tell_fullness(struct http_server *server, struct fullness *full,
			  bool room, unsigned max)
{
	if (!room) {
		server->use.refused++;
		if (!full->refused++)
			log_line(LOG_WARN, "full", "what=%s max=%u", full->what,
				 max);
	} else if (full->refused) {
		log_line(LOG_INFO, "room-again", "what=%s refused=%llu",
			 full->what, (unsigned long long)full->refused);
		full->refused = 0;
	}
}

/* ---- answers ---- */

static void add_headers(const struct http_server *server,
			struct MHD_Response *response)
{
	static const char *const always[][2] = {
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Cache-Control", "no-cache" },
	};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		(void)MHD_add_response_header(response, always[i][0],
					      always[i][1]);
	(void)MHD_add_response_header(response, "Content-Security-Policy",
				      server->settings.policy);
}

static enum MHD_Result send_text(const struct http_server *server,
				 struct MHD_Connection *connection,
				 unsigned status, const char *text)
{
	/* The text is static: MHD never writes to what is persistent. */
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	add_headers(server, response);
	(void)MHD_add_response_header(response, "Content-Type",
				      "text/plain; charset=utf-8");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, "Allow", "GET, HEAD");
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		(void)MHD_add_response_header(response, "Retry-After", "2");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static struct MHD_Response *response_of(struct http_answer *answer)
{
	char *text;
	size_t len = answer->body.len;

	if (answer->fixed.data)
		return MHD_create_response_from_buffer(
			answer->fixed.len,
			(void *)(uintptr_t)answer->fixed.data,
			MHD_RESPMEM_PERSISTENT);
	if (!len)
		return MHD_create_response_from_buffer(0, NULL,
						       MHD_RESPMEM_PERSISTENT);
	text = answer->body.text; /* from malloc: MHD frees it */
	strbuf_init(&answer->body, 0);
	return MHD_create_response_from_buffer(len, text,
					       MHD_RESPMEM_MUST_FREE);
}

static void add_doorkeeping(const struct http_answer *answer,
			    struct MHD_Response *response)
{
	if (answer->cookie[0])
		(void)MHD_add_response_header(response, "Set-Cookie",
					      answer->cookie);
	if (answer->status == MHD_HTTP_UNAUTHORIZED)
		(void)MHD_add_response_header(response, "WWW-Authenticate",
					      "Bearer realm=\"tally\"");
	if (answer->status == MHD_HTTP_TOO_MANY_REQUESTS)
		(void)MHD_add_response_header(response, "Retry-After", "2");
}

static enum MHD_Result send_answer(struct job *job)
{
	struct http_answer *answer = &job->answer;
	struct MHD_Response *response;
	char header[HTTP_HEADER_BYTES_MAX + 32];
	enum MHD_Result result;

	if (answer->body.failed)
		return send_text(job->server, job->connection,
				 MHD_HTTP_INTERNAL_SERVER_ERROR,
				 "no memory for the answer\n");
	response = response_of(answer);
	if (!response)
		return MHD_NO;
	add_headers(job->server, response);
	if (answer->type)
		(void)MHD_add_response_header(response, "Content-Type",
					      answer->type);
	if (answer->gzipped)
		(void)MHD_add_response_header(response, "Content-Encoding",
					      "gzip");
	add_doorkeeping(answer, response);
	if (answer->etag[0]) {
		(void)MHD_add_response_header(response, "ETag", answer->etag);
		(void)MHD_add_response_header(response, "Vary",
					      "Accept-Encoding");
	}
	if (answer->download[0]) {
		(void)snprintf(header, sizeof(header),
			       "attachment; filename=\"%s\"", answer->download);
		(void)MHD_add_response_header(response, "Content-Disposition",
					      header);
	}
	result = MHD_queue_response(
		job->connection, answer->status ? answer->status : MHD_HTTP_OK,
		response);
	MHD_destroy_response(response);
	return result;
}

/* ---- streams ---- */

/* The next bytes of a stream, or its connection put to sleep. */
static ssize_t stream_read(void *arg, uint64_t pos, char *out, size_t max)
{
	struct stream *stream = arg;
	struct http_server *server = stream->server;
	const char *text = NULL;
	size_t len;

	(void)pos;
	pthread_mutex_lock(&server->lock);
	if (server->stopping || stream->over) {
		pthread_mutex_unlock(&server->lock);
		return MHD_CONTENT_READER_END_OF_STREAM;
	}
	if (!stream->begun) {
		stream->begun = true;
		text = "retry: 2000\n\n";
	} else if (server->event[0] && server->serial != stream->serial) {
		stream->serial = server->serial;
		text = server->event;
	} else if (stream->beat) {
		stream->beat = false;
		text = ":\n\n";
	}
	if (!text) {
		stream->asleep = true;
		MHD_suspend_connection(stream->connection);
		pthread_mutex_unlock(&server->lock);
		return 0;
	}
	len = strlen(text);
	len = len < max ? len : max;
	memcpy(out, text, len);
	pthread_mutex_unlock(&server->lock);
	return (ssize_t)len;
}

static void stream_free(void *arg)
{
	struct stream *stream = arg;
	struct http_server *server = stream->server;

	pthread_mutex_lock(&server->lock);
	*stream->link = stream->next;
	if (stream->next)
		stream->next->link = stream->link;
	server->use.streams--;
	pthread_mutex_unlock(&server->lock);
	free(stream);
}

/* False: there are as many as there may be. */
static bool add_stream(struct http_server *server, struct stream *stream,
		       uint64_t seen)
{
	bool room;

	pthread_mutex_lock(&server->lock);
	room = server->use.streams < server->settings.streams;
	tell_fullness(server, &server->streams_full, room,
		      server->settings.streams);
	if (!room) {
		pthread_mutex_unlock(&server->lock);
		return false;
	}
	/* Who has seen the newest event waits for the next. */
	stream->serial = server->serial - (seen != server->event_id);
	stream->next = server->streams;
	stream->link = &server->streams;
	if (stream->next)
		stream->next->link = &stream->next;
	server->streams = stream;
	server->use.streams++;
	pthread_mutex_unlock(&server->lock);
	return true;
}

static enum MHD_Result send_stream(struct job *job)
{
	struct http_server *server = job->server;
	struct stream *stream = calloc(1, sizeof(*stream));
	struct MHD_Response *response;
	enum MHD_Result result;

	if (!stream)
		return MHD_NO;
	stream->server = server;
	stream->connection = job->connection;
	if (!add_stream(server, stream, job->seen)) {
		free(stream);
		return send_text(server, job->connection,
				 MHD_HTTP_SERVICE_UNAVAILABLE,
				 "too many pages are told of changes\n");
	}
	response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, stream_read, stream,
		stream_free);
	if (!response) {
		stream_free(stream);
		return MHD_NO;
	}
	add_headers(server, response);
	(void)MHD_add_response_header(response, "Content-Type",
				      "text/event-stream; charset=utf-8");
	result = MHD_queue_response(job->connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static void wake_streams(struct http_server *server)
{
	for (struct stream *stream = server->streams; stream;
	     stream = stream->next)
		if (stream->asleep) {
			stream->asleep = false;
			MHD_resume_connection(stream->connection);
		}
}

void http_publish(struct http_server *server, uint64_t id, const char *event,
		  const char *data)
{
	pthread_mutex_lock(&server->lock);
	server->event_id = id;
	server->serial++;
	(void)snprintf(server->event, sizeof(server->event),
		       "id: %llu\nevent: %s\ndata: %s\n\n",
		       (unsigned long long)id, event, data);
	wake_streams(server);
	pthread_mutex_unlock(&server->lock);
}

void http_heartbeat(struct http_server *server)
{
	pthread_mutex_lock(&server->lock);
	for (struct stream *stream = server->streams; stream;
	     stream = stream->next)
		stream->beat = true;
	wake_streams(server);
	pthread_mutex_unlock(&server->lock);
}

void http_end_streams(struct http_server *server)
{
	pthread_mutex_lock(&server->lock);
	for (struct stream *stream = server->streams; stream;
	     stream = stream->next)
		stream->over = true;
	wake_streams(server);
	pthread_mutex_unlock(&server->lock);
}

struct http_use http_use(struct http_server *server)
{
	struct http_use use;

	pthread_mutex_lock(&server->lock);
	use = server->use;
	pthread_mutex_unlock(&server->lock);
	return use;
}

/* ---- workers ---- */

static void *work(void *arg)
{
	struct line *line = arg;
	struct http_server *server = line->server;

	pthread_mutex_lock(&server->lock);
	for (;;) {
		struct job *job = line->first;

		if (!job && server->stopping)
			break;
		if (!job) {
			pthread_cond_wait(&line->wake, &server->lock);
			continue;
		}
		line->first = job->next;
		if (!line->first)
			line->last = &line->first;
		line->waiting--;
		pthread_mutex_unlock(&server->lock);
		server->settings.answer(server->settings.arg, &job->request,
					&job->answer);
		pthread_mutex_lock(&server->lock);
		job->state = JOB_DONE;
		MHD_resume_connection(job->connection);
	}
	pthread_mutex_unlock(&server->lock);
	return NULL;
}

/* False: its line is full. */
static bool queue(struct http_server *server, struct job *job)
{
	bool prompt = server->settings.prompt &&
		      server->settings.prompt(job->request.path);
	struct line *line = &server->lines[prompt ? LINE_PROMPT : LINE_PLAIN];
	bool room;

	pthread_mutex_lock(&server->lock);
	room = line->waiting < line->max && !server->stopping;
	if (room) {
		job->state = JOB_WAITS;
		job->next = NULL;
		*line->last = job;
		line->last = &job->next;
		line->waiting++;
		server->use.requests++;
		MHD_suspend_connection(job->connection);
		pthread_cond_signal(&line->wake);
	} else {
		server->use.refused++;
	}
	pthread_mutex_unlock(&server->lock);
	return room;
}

/* ---- requests ---- */

static char *kept(struct arena *arena, const char *text)
{
	return text ? arena_copy(arena, text, strlen(text) + 1) : NULL;
}

static enum MHD_Result keep_pair(void *arg, enum MHD_ValueKind kind,
				 const char *name, const char *value)
{
	struct http_request *request = arg;
	struct http_pair *pair = &request->query[request->query_count];

	(void)kind;
	if (request->query_count == HTTP_QUERY_MAX) {
		request->overflow = true;
		return MHD_NO;
	}
	pair->name = kept(&request->arena, name);
	pair->value = kept(&request->arena, value ? value : "");
	if (!pair->name || !pair->value) {
		request->overflow = true;
		return MHD_NO;
	}
	request->query_count++;
	return MHD_YES;
}

static const char *header_of(struct MHD_Connection *connection,
			     const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* What somebody shows to be let in: a program in a header, a browser in the
 * cookie that it was given. */
static const char *token_of(struct MHD_Connection *connection)
{
	const char *said = header_of(connection, "Authorization");

	if (said && !strncasecmp(said, "Bearer ", strlen("Bearer ")))
		return said + strlen("Bearer ") +
		       strspn(said + strlen("Bearer "), " ");
	return MHD_lookup_connection_value(connection, MHD_COOKIE_KIND,
					   HTTP_COOKIE);
}

static void describe_visitor(struct MHD_Connection *connection,
			     struct http_request *request)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const char *scheme = header_of(connection, "X-Forwarded-Proto");

	request->token = kept(&request->arena, token_of(connection));
	request->secure = scheme && !strcasecmp(scheme, "https");
	http_address_print(info ? info->client_addr : NULL, request->from,
			   sizeof(request->from));
}

static struct job *job_of(struct http_server *server,
			  struct MHD_Connection *connection, const char *path)
{
	struct job *job = calloc(1, sizeof(*job));
	const char *accepted = header_of(connection, "Accept-Encoding");
	const char *etag = header_of(connection, "If-None-Match");
	const char *seen = header_of(connection, "Last-Event-ID");
	struct http_request *request;

	if (!job)
		return NULL;
	request = &job->request;
	job->server = server;
	job->connection = connection;
	job->seen = seen ? strtoull(seen, NULL, 10) : 0;
	strbuf_init(&job->answer.body, 0);
	arena_init(&request->arena, QUERY_ARENA_BYTES);
	request->path = kept(&request->arena, path);
	request->etag = kept(&request->arena, etag);
	request->gzip = accepted && strstr(accepted, "gzip");
	describe_visitor(connection, request);
	(void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND,
					keep_pair, request);
	return job;
}

static void job_free(struct job *job)
{
	strbuf_release(&job->answer.body);
	arena_release(&job->request.arena);
	free(job);
}

static enum MHD_Result refuse(struct http_server *server,
			      struct MHD_Connection *connection,
			      unsigned status, const char *text)
{
	pthread_mutex_lock(&server->lock);
	server->use.refused++;
	pthread_mutex_unlock(&server->lock);
	return send_text(server, connection, status, text);
}

static enum MHD_Result begin(struct http_server *server,
			     struct MHD_Connection *connection,
			     const char *path, const char *method, void **own)
{
	struct job *job;

	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(server, connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			      "only reading is possible here\n");
	if (!server->settings.open &&
	    !http_host_is_own(header_of(connection, "Host"),
			      server->settings.listen))
		return refuse(server, connection, MHD_HTTP_FORBIDDEN,
			      "this server answers to 127.0.0.1 and localhost "
			      "only\n");
	job = job_of(server, connection, path);
	if (!job)
		return MHD_NO;
	*own = job;
	if (job->request.overflow)
		return refuse(server, connection, MHD_HTTP_BAD_REQUEST,
			      "too many parameters\n");
	return MHD_YES;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection,
			      const char *path, const char *method,
			      const char *version, const char *upload,
			      size_t *upload_len, void **own)
{
	struct http_server *server = arg;
	struct job *job = *own;

	(void)version;
	(void)upload;
	if (!job)
		return begin(server, connection, path, method, own);
	if (*upload_len) { /* a GET that brings something: not looked at */
		*upload_len = 0;
		return MHD_YES;
	}
	if (job->state == JOB_DONE)
		return job->answer.stream ? send_stream(job) : send_answer(job);
	if (!job->request.path || !queue(server, job))
		return send_text(server, connection,
				 MHD_HTTP_SERVICE_UNAVAILABLE,
				 "too many requests at once\n");
	return MHD_YES;
}

static void completed(void *arg, struct MHD_Connection *connection, void **own,
		      enum MHD_RequestTerminationCode code)
{
	(void)arg;
	(void)connection;
	(void)code;
	if (*own)
		job_free(*own);
	*own = NULL;
}

/* ---- connections ---- */

/* On the listener's thread. */
static bool take_link(void *arg, int link, const struct sockaddr *from,
		      socklen_t len)
{
	struct http_server *server = arg;
	bool room;

	pthread_mutex_lock(&server->lock);
	room = server->use.connections < server->settings.connections;
	tell_fullness(server, &server->connections, room,
		      server->settings.connections);
	server->use.connections += room;
	pthread_mutex_unlock(&server->lock);
	/* It closes what it does not take. */
	if (room &&
	    MHD_add_connection(server->daemon, link, from, len) != MHD_YES) {
		pthread_mutex_lock(&server->lock);
		server->use.connections--;
		pthread_mutex_unlock(&server->lock);
	}
	return room;
}

static void notice(void *arg, struct MHD_Connection *connection, void **own,
		   enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = arg;

	(void)connection;
	(void)own;
	if (code != MHD_CONNECTION_NOTIFY_CLOSED)
		return;
	pthread_mutex_lock(&server->lock);
	server->use.connections--;
	pthread_mutex_unlock(&server->lock);
}

static void write_refusal(struct http_server *server)
{
	static const char text[] = "too many connections at once\n";

	(void)snprintf(server->refusal, sizeof(server->refusal),
		       "HTTP/1.1 503 Service Unavailable\r\n"
		       "Content-Type: text/plain; charset=utf-8\r\n"
		       "Content-Security-Policy: %s\r\n"
		       "Cache-Control: no-cache\r\n"
		       "Retry-After: 2\r\n"
		       "Connection: close\r\n"
		       "Content-Length: %zu\r\n\r\n%s",
		       server->settings.policy, strlen(text), text);
}

/* ---- the server ---- */

static int start_thread(struct http_server *server, struct line *line,
			struct err *err)
{
	int failed = pthread_create(&server->threads[server->thread_count],
				    NULL, work, line);

	if (failed) {
		errno = failed;
		return err_sys(err, "cannot start a thread");
	}
	server->thread_count++;
	return 0;
}

static int start_threads(struct http_server *server, struct err *err)
{
	unsigned wanted = server->settings.workers;
	int rc = 0;

	server->threads = calloc((size_t)wanted + 1, sizeof(*server->threads));
	if (!server->threads)
		return err_set(err, ERR_NOMEM, "no memory for threads");
	for (unsigned i = 0; i < wanted && !rc; i++)
		rc = start_thread(server, &server->lines[LINE_PLAIN], err);
	return rc ? rc : start_thread(server, &server->lines[LINE_PROMPT], err);
}

static int start_daemon(struct http_server *server, struct err *err)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD |
			 MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;

	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, handle, server,
		MHD_OPTION_CONNECTION_LIMIT,
		server->settings.connections + SLACK,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES_MAX,
		MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, notice, server, MHD_OPTION_END);
	return server->daemon ? 0 : err_set(err, ERR_IO, "cannot speak HTTP");
}

static int start(struct http_server *server, struct err *err)
{
	const struct listener_settings settings = {
		.name = server->settings.listen,
		.refusal = server->refusal,
		.take = take_link,
		.arg = server,
	};
	struct http_address address;
	int rc = http_address_read(server->settings.listen,
				   server->settings.open, &address, err);

	write_refusal(server);
	if (!rc)
		rc = listener_open(&settings, &address, &server->listener, err);
	if (!rc)
		rc = start_threads(server, err);
	if (!rc)
		rc = start_daemon(server, err);
	return rc ? rc : listener_start(server->listener, err);
}

static void init_line(struct http_server *server, unsigned which, unsigned max)
{
	struct line *line = &server->lines[which];

	line->server = server;
	line->last = &line->first;
	line->max = max;
	(void)pthread_cond_init(&line->wake, NULL);
}

int http_open(const struct http_settings *settings, struct http_server **out,
	      struct err *err)
{
	struct http_server *server = calloc(1, sizeof(*server));
	int rc;

	if (!server)
		return err_set(err, ERR_NOMEM, "no memory for a server");
	server->settings = *settings;
	server->connections.what = "connections";
	server->streams_full.what = "streams";
	(void)pthread_mutex_init(&server->lock, NULL);
	init_line(server, LINE_PLAIN, settings->queue);
	init_line(server, LINE_PROMPT, PROMPT_MAX);
	rc = start(server, err);
	if (rc)
		http_close(server);
	else
		*out = server;
	return rc;
}

uint16_t http_port(const struct http_server *server)
{
	return listener_port(server->listener);
}

void http_close(struct http_server *server)
{
	if (server->listener)
		listener_stop(server->listener);
	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	wake_streams(server);
	for (unsigned i = 0; i < LINES; i++)
		pthread_cond_broadcast(&server->lines[i].wake);
	pthread_mutex_unlock(&server->lock);
	/* Nobody's connection may sleep when the daemon is stopped. */
	for (unsigned i = 0; i < server->thread_count; i++)
		(void)pthread_join(server->threads[i], NULL);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	listener_close(server->listener);
	free(server->threads);
	for (unsigned i = 0; i < LINES; i++)
		(void)pthread_cond_destroy(&server->lines[i].wake);
	(void)pthread_mutex_destroy(&server->lock);
	free(server);
}
