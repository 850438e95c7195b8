#include "dealer-agent/report_receipts.h"

#include "client/csv.h"
#include "client/files.h"
#include "core/scratch.h"
#include "dealer-agent/desk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAGE      256 /* receipts read at a time */
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

static void put_receipt(FILE *out, const filing_t *filing)
{
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
}

static status_t put_page(outbox_t *outbox, FILE *out, uint64_t *after, size_t *out_count, faults_t *faults)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    filing_t *filings = NULL;
    if (!arena)
        return STATUS_NO_MEMORY;
    status_t status = outbox_list(outbox, FILING_DELIVERED, *after, PAGE, arena, &filings, out_count);
    if (status != STATUS_OK)
        return outbox_explain(outbox, status, faults);
    for (size_t i = 0; i < *out_count; i++) {
        put_receipt(out, &filings[i]);
        *after = filings[i].number;
    }
    return STATUS_OK;
}

static status_t put_all(outbox_t *outbox, FILE *out, faults_t *faults)
{
    uint64_t after = 0;
    size_t count = PAGE;
    fputs("\xEF\xBB\xBFnumber,dealer,period,outcome,revision,late,time,facts_dropped,consultants_dropped,digest\r\n",
          out);
    while (count == PAGE)
        TRY(put_page(outbox, out, &after, &count, faults));
    return STATUS_OK;
}

status_t report_receipts_write(outbox_t *outbox, int folder, faults_t *faults)
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return STATUS_NO_MEMORY;
    status_t status = put_all(outbox, out, faults);
    bool is_bad = ferror(out);
    if (fclose(out) != 0 || is_bad)
        return STATUS_NO_MEMORY;
    TRY(status);
    return files_hold(folder, RECEIPTS_FILE, text, size) ? STATUS_OK : desk_replace(folder, RECEIPTS_FILE, text, size);
}
