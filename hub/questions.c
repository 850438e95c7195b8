#include "hub/questions.h"

#define LOOKED_AT 4096 /* for the one that is next; more than a few keys may have waiting */

void questions_add(questions_t *questions, job_t *job)
{
    job_list_add(&questions->jobs, job);
    questions->count++;
}

/* Takes out the one behind `before`, NULL for the first. */
static job_t *take_behind(job_list_t *list, job_t *before)
{
    if (!before)
        return job_list_take(list);
    job_t *job = before->next;
    before->next = job->next;
    if (!job->next)
        list->last = before;
    job->next = NULL;
    return job;
}

job_t *questions_take(questions_t *questions)
{
    job_t *first = questions->jobs.first, *before = NULL, *next = first;
    if (!first)
        return NULL;
    size_t left = LOOKED_AT - 1;
    for (job_t *job = first; job->next && left; job = job->next, left--)
        if (job->next->principal->served < next->principal->served) {
            before = job;
            next = job->next;
        }
    job_t *job = take_behind(&questions->jobs, before);
    questions->count--;
    job->principal->served = ++questions->turn;
    return job;
}
