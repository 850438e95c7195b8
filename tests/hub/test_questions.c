#include "hub/questions.h"

#include <criterion/criterion.h>

TestSuite(questions, .timeout = 10);

static void ask(questions_t *questions, principal_t *principal, uint64_t id)
{
    job_t *job = job_create();
    cr_assert_not_null(job);
    job->principal = principal;
    job->request_id = id;
    questions_add(questions, job);
}

static uint64_t next(questions_t *questions)
{
    job_t *job = questions_take(questions);
    cr_assert_not_null(job);
    cr_assert_null(job->next);
    uint64_t id = job->request_id;
    job_destroy(&job);
    return id;
}

Test(questions, nobody_waits_behind_anothers_flood)
{
    principal_t flood = {0}, calm = {0}, last = {0};
    questions_t questions = {0};
    cr_assert_null(questions_take(&questions));
    for (uint64_t i = 0; i < 5; i++)
        ask(&questions, &flood, i);
    cr_assert_eq(next(&questions), 0);
    ask(&questions, &calm, 10);
    ask(&questions, &calm, 11);
    ask(&questions, &last, 20);
    cr_assert_eq(next(&questions), 10);
    cr_assert_eq(next(&questions), 20);
    cr_assert_eq(next(&questions), 1);
    cr_assert_eq(next(&questions), 11);
    for (uint64_t i = 2; i < 5; i++)
        cr_assert_eq(next(&questions), i);
    cr_assert(questions.count == 0 && !questions_take(&questions));
    ask(&questions, &last, 21);
    cr_assert_eq(next(&questions), 21);
}
