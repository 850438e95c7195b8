#include "dealer-agent/report_receipts.h"

#include "client/csv.h"
#include "client/files.h"
#include "core/scratch.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/outbox_each.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIME_SIZE 32

/* 2025-07-03T10:15:02+08:00 */
static void format_time(uint64_t ms, char out[TIME_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm local = {0};
    localtime_r(&seconds, &local);
    size_t length = strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%S%z", &local);
    if (length < 5)
        return;
    memmove(out + length - 1, out + length - 2, 3); /* a colon into +0800 */
    out[length - 2] = ':';
}

static status_t put_receipt(void *context, const filing_t *filing)
{
    FILE *out = context;
    const receipt_t *receipt = &filing->receipt;
    char period[PERIOD_TEXT_SIZE], time[TIME_SIZE];
    period_format(filing->period, period);
    format_time(receipt->time_ms, time);
    fprintf(out, "%llu,", (unsigned long long)filing->number);
    csv_write_text(out, filing->dealer);
    fprintf(out, ",%s,%s,%u,%s,%s,%u,%u,", period, outcome_names[receipt->outcome], receipt->revision,
            receipt->late ? "yes" : "no", time, receipt->facts_dropped, receipt->consultants_dropped);
    for (size_t i = 0; receipt->is_signed && i < DIGEST_SIZE; i++)
        fprintf(out, "%02x", receipt->facts_digest[i]);
    fputs("\r\n", out);
    return STATUS_OK;
}

status_t report_receipts_write(outbox_t *outbox, int folder, faults_t *faults)
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return STATUS_NO_MEMORY;
    fputs("\xEF\xBB\xBFnumber,dealer,period,outcome,revision,late,time,facts_dropped,consultants_dropped,digest\r\n",
          out);
    status_t status = outbox_each(outbox, FILING_DELIVERED, put_receipt, out);
    TRY(scratch_close(out));
    if (status != STATUS_OK)
        return outbox_explain(outbox, status, faults);
    return files_hold(folder, RECEIPTS_FILE, text, size) ? STATUS_OK : desk_replace(folder, RECEIPTS_FILE, text, size);
}
