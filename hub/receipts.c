#include "hub/receipts.h"

#include "proto/receipt_group.h"

static signed_receipt_t whole_receipt(const hub_t *hub, const request_t *request, const receipt_t *receipt)
{
    const submission_t *submission = &request->submission;
    const withdrawal_t *withdrawal = &request->withdrawal;
    return request->kind == REQUEST_SUBMIT
               ? signed_receipt_of(hub->public_key, receipt, submission->dealer, submission->period, submission->id)
               : signed_receipt_of(hub->public_key, receipt, withdrawal->dealer, withdrawal->period, withdrawal->id);
}

static bool takes_group(const request_t *request)
{
    return request->kind == REQUEST_SUBMIT ? request->submission.group_receipt : request->withdrawal.group_receipt;
}

static status_t sign_alone(const hub_t *hub, const request_t *request, receipt_t *receipt)
{
    signed_receipt_t whole = whole_receipt(hub, request, receipt);
    TRY(signed_receipt_sign(&whole, &hub->signing, receipt->signature));
    receipt->is_signed = true;
    return STATUS_OK;
}

/* ---- those that share one */

typedef struct {
    const hub_t *hub;
    job_t *const *jobs;
    submission_result_t *results;
    size_t count;
} receipts_t;

static bool is_member(const receipts_t *receipts, size_t i)
{
    return receipts->results[i].status == STATUS_OK && takes_group(receipts->jobs[i]->request);
}

static status_t add_members(const receipts_t *receipts, receipt_group_t *group)
{
    for (size_t i = 0; i < receipts->count; i++) {
        if (!is_member(receipts, i))
            continue;
        signed_receipt_t whole =
            whole_receipt(receipts->hub, receipts->jobs[i]->request, &receipts->results[i].receipt);
        TRY(receipt_group_add(group, &whole));
    }
    return STATUS_OK;
}

static status_t prove_members(const receipts_t *receipts, const receipt_group_t *group)
{
    uint32_t index = 0;
    for (size_t i = 0; i < receipts->count; i++)
        if (is_member(receipts, i))
            TRY(receipt_group_prove(group, index++, &receipts->results[i].receipt));
    return STATUS_OK;
}

static status_t sign_members(const receipts_t *receipts, arena_t *arena)
{
    size_t members = 0;
    receipt_group_t group;
    for (size_t i = 0; i < receipts->count; i++)
        members += is_member(receipts, i);
    if (members == 0)
        return STATUS_OK;
    TRY(receipt_group_init(arena, members, &group));
    TRY(add_members(receipts, &group));
    receipt_group_sign(&group, receipts->hub->public_key, &receipts->hub->signing);
    return prove_members(receipts, &group);
}

void receipts_sign(const hub_t *hub, job_t *const *jobs, submission_result_t *results, size_t count, arena_t *arena)
{
    receipts_t receipts = {hub, jobs, results, count};
    status_t status = sign_members(&receipts, arena);
    for (size_t i = 0; i < count; i++) {
        if (status != STATUS_OK && is_member(&receipts, i))
            results[i].status = status;
        else if (results[i].status == STATUS_OK && !results[i].receipt.is_signed)
            results[i].status = sign_alone(hub, jobs[i]->request, &results[i].receipt);
    }
}
