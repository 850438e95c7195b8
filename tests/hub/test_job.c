#include "hub/job.h"
#include "hub/worker.h"

#include <criterion/criterion.h>
#include <zmq.h>

TestSuite(job, .timeout = 10);

#define COUNT 5

static void fill(job_list_t *list)
{
    for (uint64_t i = 0; i < COUNT; i++) {
        job_t *job = job_create();
        cr_assert_not_null(job);
        job->request_id = i;
        job_list_add(list, job);
    }
}

Test(job, lists_keep_their_order)
{
    job_list_t list = {0};
    cr_assert_null(job_list_take(&list));
    for (int round = 0; round < 2; round++) {
        fill(&list);
        for (uint64_t i = 0; i < COUNT; i++) {
            job_t *job = job_list_take(&list);
            cr_assert(job && job->request_id == i && !job->next);
            job_destroy(&job);
        }
        cr_assert_null(job_list_take(&list));
    }
}

Test(job, a_list_travels_as_one_message)
{
    void *context = zmq_ctx_new();
    void *here = worker_socket(context, "inproc://jobs", true), *there = worker_socket(context, "inproc://jobs", false);
    job_list_t list = {0};
    job_t *job = NULL;
    job_send_list(here, &list);
    cr_assert(!job_receive(there, ZMQ_DONTWAIT, &job), "an empty list is no message");
    fill(&list);
    job_send_list(here, &list);
    cr_assert_null(list.first);
    cr_assert(job_receive(there, 0, &job));
    for (uint64_t i = 0; i < COUNT; i++) {
        job_t *next = job ? job->next : NULL;
        cr_assert(job && job->request_id == i);
        job_destroy(&job);
        job = next;
    }
    cr_assert_null(job);
    cr_assert(!job_receive(there, ZMQ_DONTWAIT, &job));
    zmq_close(here);
    zmq_close(there);
    zmq_ctx_term(context);
}

Test(job, is_as_new_after_a_reset)
{
    job_t *job = job_create();
    cr_assert_not_null(job);
    cr_assert_not_null(arena_alloc(job->arena, 1000));
    job->cuts = job->enrols = true;
    job->route_size = job->bytes = 7;
    job->request_id = 9;
    job_refuse(job, STATUS_BUSY, "no", NULL, NULL);
    cr_assert_gt(job->answer.size, 0);
    job_reset(job);
    cr_assert(!job->cuts && !job->enrols && !job->route_size && !job->bytes && !job->request_id && !job->answer.data);
    cr_assert(job->status == STATUS_OK && arena_used(job->arena) == 0);
    job_destroy(&job);
    cr_assert_null(job);
}
