#include "hub/writer.h"

#include "hub/administration.h"
#include "hub/log.h"
#include "hub/receipts.h"
#include "hub/release_deeds.h"
#include "hub/submissions.h"
#include "hub/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <zmq.h>

#define DEAD_READERS_MS 60000 /* between two looks for processes that were killed while they read */

typedef struct {
    hub_t *hub;
    void *socket;
    administration_t *administration;
    arena_t *scratch;
    job_t **group; /* settings.commit_group jobs */
    submission_result_t *results;
    month_delta_t *deltas;
    job_list_t waiting; /* arrived behind a group that they cannot join */
    job_list_t answered;
    monotonic_time_t readers_checked;
    uint32_t release_tried; /* the last day for which a release was tried: YYYYMMDD */
    bool stopping;
} writer_t;

static bool is_submission(const job_t *job)
{
    return job->request->kind == REQUEST_SUBMIT || job->request->kind == REQUEST_WITHDRAW;
}

/* ---- a group of submissions */

static void free_results(writer_t *writer, size_t count)
{
    for (size_t i = 0; i < count; i++)
        faults_fini(&writer->results[i].faults);
}

/* Everything up to and with the commit. Where it fails nothing of the group is stored. */
static status_t commit_group(writer_t *writer, size_t count, world_t *world, arena_t *arena)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    TRY(store_begin_write(writer->hub->store, &txn));
    submission_context_t context = {
        .txn = txn,
        .world = world,
        .settings = writer->hub->settings,
        .closings = writer->hub->closings,
        .now = clock_wall(),
        .hub_key = writer->hub->public_key,
        .signing_key = writer->hub->signing.public_key,
        .arena = arena,
        .scratch = writer->scratch,
    };
    store_actor_t hub = {.time_ms = context.now.ms, .is_hub = true}; /* each revision tells itself whose it is */
    store_set_actor(txn, &hub);
    for (size_t i = 0; i < count; i++)
        TRY(submission_process(&context, writer->group[i]->principal, writer->group[i]->request, &writer->results[i]));
    return store_commit(&txn);
}

static void publish(writer_t *writer, size_t count)
{
    size_t changed = 0;
    for (size_t i = 0; i < count; i++)
        if (writer->results[i].changes)
            writer->deltas[changed++] = writer->results[i].delta;
    months_apply(writer->hub->months, writer->deltas, changed);
}

static void answer(job_t *job, const submission_result_t *result)
{
    response_t response = {.status = STATUS_OK, .kind = RESPONSE_RECEIPT, .receipt = result->receipt};
    if (result->status == STATUS_OK)
        job_answer(job, &response);
    else
        job_refuse(job, result->status, result->refusal.message, result->refusal.where, &result->faults);
}

/* The store failed under a change that was not made. A full one may get space again, memory too; the rest does not
 * heal. */
static void note_failure(writer_t *writer, status_t status)
{
    log_event(LOG_ERROR, "commit", "status=%s", status_name(status));
    if (status == STATUS_IO || status == STATUS_DAMAGED || status == STATUS_INTERNAL)
        atomic_store(&writer->hub->failed, true);
}

static void process_group(writer_t *writer, size_t count)
{
    CLEANUP(world_release) world_t *world = months_world(writer->hub->months);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(count * SUBMISSION_RESULT_BYTES);
    for (size_t i = 0; i < count; i++)
        writer->results[i] = (submission_result_t){0};
    status_t status = arena ? commit_group(writer, count, world, arena) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        publish(writer, count); /* before any acknowledgement: who asks after one must see it */
        receipts_sign(writer->hub, writer->group, writer->results, count, arena);
    } else {
        note_failure(writer, status);
    }
    for (size_t i = 0; i < count; i++) {
        if (status == STATUS_OK)
            answer(writer->group[i], &writer->results[i]);
        else
            job_refuse(writer->group[i], status, NULL, NULL, NULL);
        job_list_add(&writer->answered, writer->group[i]);
    }
    job_send_list(writer->socket, &writer->answered);
    free_results(writer, count);
}

/* ---- everything else */

static void process_administration(writer_t *writer, job_t *job)
{
    status_t status = administration_process(writer->administration, job);
    if (status != STATUS_OK) {
        note_failure(writer, status);
        job_refuse(job, status, NULL, NULL, NULL);
    }
    job_send(writer->socket, &job);
}

static void refuse_after_failure(writer_t *writer, job_t *job)
{
    job_refuse(job, STATUS_STOPPING, NULL, NULL, NULL);
    job_send(writer->socket, &job);
}

/* Takes the jobs that have arrived behind those that wait; waits for one only with `wait`. */
static void receive_jobs(writer_t *writer, bool wait)
{
    job_t *job = NULL;
    if (writer->stopping)
        return;
    if (!job_receive(writer->socket, wait ? 0 : ZMQ_DONTWAIT, &job)) {
        writer->stopping = wait && zmq_errno() != EAGAIN; /* EAGAIN: the time to look at uploads */
        return;
    }
    writer->stopping = !job;
    for (job_t *next; job; job = next) {
        next = job->next;
        job_list_add(&writer->waiting, job);
    }
}

/* The next job; waits for it only with `wait`. */
static job_t *next_job(writer_t *writer, bool wait)
{
    if (!writer->waiting.first)
        receive_jobs(writer, wait);
    return job_list_take(&writer->waiting);
}

/* Submissions that have arrived, beginning with `first`. */
static size_t gather(writer_t *writer, job_t *first)
{
    size_t count = 0, most = writer->hub->settings->commit_group;
    writer->group[count++] = first;
    while (count < most) {
        if (!writer->waiting.first)
            receive_jobs(writer, false);
        if (!writer->waiting.first || !is_submission(writer->waiting.first))
            break;
        writer->group[count++] = job_list_take(&writer->waiting);
    }
    return count;
}

/* What a killed backup read stays pinned until its slot is freed. */
static void forget_dead_readers(writer_t *writer)
{
    int dead = 0;
    monotonic_time_t now = clock_monotonic();
    if (now.ms - writer->readers_checked.ms < DEAD_READERS_MS)
        return;
    writer->readers_checked = now;
    status_t status = store_forget_dead_readers(writer->hub->store, &dead);
    if (dead || status != STATUS_OK)
        log_event(LOG_INFO, "dead_readers", "freed=%d status=%s", dead, status_name(status));
}

/* Nothing is lost where it fails: it is tried again at the next look at the clock. */
static void make_due_releases(writer_t *writer)
{
    status_t status = release_tick(writer->hub, &writer->release_tried);
    if (status != STATUS_OK)
        note_failure(writer, status);
}

static void serve(writer_t *writer)
{
    while (!writer->stopping || writer->waiting.first) {
        job_t *job = next_job(writer, true);
        administration_tick(writer->administration);
        forget_dead_readers(writer);
        make_due_releases(writer);
        if (!job)
            continue;
        if (atomic_load(&writer->hub->failed))
            refuse_after_failure(writer, job);
        else if (is_submission(job))
            process_group(writer, gather(writer, job));
        else
            process_administration(writer, job);
    }
}

static bool prepare(writer_t *writer)
{
    int tick_ms = UPLOAD_IDLE_MS / 4;
    size_t most = writer->hub->settings->commit_group;
    writer->socket = worker_socket(writer->hub->zmq, WRITER_ENDPOINT, false);
    writer->administration = administration_create(writer->hub);
    writer->scratch = arena_create(SUBMISSION_SCRATCH_BYTES);
    writer->group = calloc(most, sizeof *writer->group);
    writer->results = calloc(most, sizeof *writer->results);
    writer->deltas = calloc(most, sizeof *writer->deltas);
    return writer->socket && writer->administration && writer->scratch && writer->group && writer->results &&
           writer->deltas && zmq_setsockopt(writer->socket, ZMQ_RCVTIMEO, &tick_ms, sizeof tick_ms) == 0;
}

void *writer_run(void *hub)
{
    writer_t writer = {.hub = hub, .readers_checked = clock_monotonic()};
    job_t *ready = NULL;
    pthread_setname_np(pthread_self(), "writer");
    if (prepare(&writer)) {
        job_send(writer.socket, &ready);
        serve(&writer);
    } else {
        log_event(LOG_ERROR, "writer", "reason=\"no memory or no socket\"");
    }
    administration_destroy(&writer.administration);
    arena_destroy(&writer.scratch);
    free(writer.group);
    free(writer.results);
    free(writer.deltas);
    if (writer.socket)
        zmq_close(writer.socket);
    return NULL;
}
