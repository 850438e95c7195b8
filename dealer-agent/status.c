#include "dealer-agent/status.h"

#include "client/catalog_cache.h"
#include "dealer-agent/listing.h"
#include "dealer-agent/outbox.h"
#include "dealer-agent/outbox_files.h"
#include "dealer-agent/run_state.h"
#include "dealer-agent/stores.h"
#include "dealer-agent/times.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define RUN_LOCK "run.lock" /* dealer-agent/run.c holds it while a daemon serves the home */

typedef struct {
    const session_t *session;
    outbox_status_t outbox;
    stores_t stores;
    catalog_t *catalog; /* NULL: none is kept yet */
    bool runs, delivers;
    bool has_receipt;
    filing_t last;      /* whose receipt came last */
    run_state_t *inbox; /* as the daemon, or the last one, wrote it */
    arena_t *arena;
} report_t;

static void report_fini(report_t *report)
{
    stores_fini(&report->stores);
    catalog_destroy(&report->catalog);
    arena_destroy(&report->arena);
    free(report->inbox);
}

/* Whether another process holds the lock of a file. */
static bool is_held(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool is_free = flock(file, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    close(file);
    return !is_free;
}

static status_t read_outbox(session_t *session, report_t *report)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    TRY(outbox_open(session->home_path, &outbox, &session->faults));
    status_t status = outbox_read_status(outbox, &report->outbox);
    if (status == STATUS_OK && report->outbox.last_delivered)
        status = outbox_get_head(outbox, report->outbox.last_delivered, report->arena, &report->last);
    report->has_receipt = status == STATUS_OK && report->outbox.last_delivered;
    return status == STATUS_OK ? status : outbox_explain(outbox, status, &session->faults);
}

static status_t gather(session_t *session, report_t *report)
{
    char path[PATH_MAX];
    const char *why;
    report->arena = arena_create(SIZE_MAX / 4);
    report->inbox = calloc(1, sizeof *report->inbox);
    if (!report->arena || !report->inbox)
        return STATUS_NO_MEMORY;
    TRY(read_outbox(session, report));
    TRY(stores_recall(session->home_path, &report->stores));
    /* What cannot be read is not shown. */
    if (run_state_read(session->home_path, report->inbox) != STATUS_OK)
        *report->inbox = (run_state_t){0};
    report->catalog = catalog_cache_read(&session->home, &why);
    report->delivers = outbox_path(session->home_path, "deliver.lock", path) && is_held(path);
    int length = snprintf(path, sizeof path, "%s/" RUN_LOCK, session->home_path);
    report->runs = length > 0 && length < PATH_MAX && is_held(path);
    return STATUS_OK;
}

/* Of the line to the hub as it was last tried. */
static const char *line_state(const report_t *report)
{
    if (report->outbox.unreached_since_ms)
        return "unreached";
    return report->outbox.last_contact_ms ? "connected" : "never";
}

static const char *signing_key(const report_t *report)
{
    return *report->session->home.signing_key ? report->session->home.signing_key : NULL;
}

/* A name of any bytes: what is no clean text becomes '?'. Returns `out`. */
static const char *clean_name(const char *name, char out[NAME_MAX + 1])
{
    char *end = out;
    for (const char *at = name, *next = name; text_next(&next) != 0; at = next) {
        size_t width = (size_t)(next - at);
        bool is_clean = text_is_clean((span_t){(const uint8_t *)at, width});
        memcpy(end, is_clean ? at : "?", is_clean ? width : 1);
        end += is_clean ? width : 1;
    }
    *end = '\0';
    return out;
}

/* ---- JSON */

static json_t *receipt_json(const report_t *report)
{
    const filing_t *filing = &report->last;
    if (!report->has_receipt)
        return json_null();
    return json_pack("{s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "number", listing_number(filing->number), "dealer",
                     filing->dealer, "period", listing_period(filing->period), "outcome",
                     outcome_names[filing->receipt.outcome], "revision", listing_number(filing->receipt.revision),
                     "time", listing_time(filing->receipt.time_ms), "delivered", listing_time(filing->settled_ms));
}

static json_t *stores_json(const report_t *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->stores.count; i++)
        json_array_append_new(array, json_string(report->stores.codes[i]));
    return array;
}

static json_t *catalog_json(const report_t *report)
{
    const catalog_t *catalog = report->catalog;
    if (!catalog)
        return json_null();
    return json_pack("{s:s, s:i}", "id", catalog->id, "version", (int)catalog->version);
}

/* Names of any bytes, as JSON takes them. */
static json_t *entries_json(const run_state_file_t *files, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        char name[sizeof files->name];
        json_array_append_new(array,
                              json_pack("{s:s, s:s}", "name", clean_name(files[i].name, name), "why", files[i].why));
    }
    return array;
}

/* Of a daemon that runs: what another left behind may be long gone. */
static json_t *inbox_json(const report_t *report)
{
    const run_state_t *inbox = report->inbox;
    if (!inbox->is_running)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o}", "waiting", listing_number(inbox->waiting), "files",
                     entries_json(inbox->files, inbox->file_count), "ignored", listing_number(inbox->ignored),
                     "entries", entries_json(inbox->ignored_files, inbox->ignored_count));
}

static json_t *report_json(const report_t *report)
{
    const outbox_status_t *outbox = &report->outbox;
    const home_t *home = &report->session->home;
    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o}",
                     "hub", home->endpoint, "hub_key", home->hub_key, "signing_key", listing_text(signing_key(report)),
                     "public_key", home->public_key, "line", line_state(report), "last_contact",
                     listing_time(outbox->last_contact_ms), "unreached_since", listing_time(outbox->unreached_since_ms),
                     "last_error", listing_text(*outbox->last_error ? outbox->last_error : NULL), "last_error_time",
                     listing_time(outbox->last_error_ms), "waiting", listing_number(outbox->waiting), "oldest_waiting",
                     listing_time(outbox->oldest_waiting_ms), "aside", listing_number(outbox->aside), "delivered",
                     listing_number(outbox->delivered), "last_receipt", receipt_json(report), "catalog",
                     catalog_json(report), "stores", stores_json(report), "daemon", report->runs, "delivering",
                     report->delivers, "inbox", inbox_json(report));
}

static status_t print_json(const report_t *report)
{
    json_t *object = report_json(report);
    if (!object)
        return STATUS_NO_MEMORY;
    status_t status = listing_print_json(report->session, object);
    json_decref(object);
    return status;
}

/* ---- text: a name and a value each */

typedef struct {
    bool is_csv;
} printer_t;

static void print_pair(const printer_t *printer, const char *key, const char *name, const char *value)
{
    if (!printer->is_csv) {
        printf("%-16s %s\n", name, value);
        return;
    }
    printf("%s,", key);
    listing_print_field(stdout, value);
    putchar('\n');
}

static void print_line_to_hub(const printer_t *printer, const report_t *report)
{
    const outbox_status_t *outbox = &report->outbox;
    const home_t *home = &report->session->home;
    char times[2][TIMES_SIZE], text[700];
    print_pair(printer, "hub", "hub", home->endpoint);
    times_local(outbox->last_contact_ms, times[0]);
    times_local(outbox->unreached_since_ms, times[1]);
    if (outbox->unreached_since_ms)
        snprintf(text, sizeof text, "not reached since %s (last reached: %s)", times[1], times[0]);
    else if (outbox->last_contact_ms)
        snprintf(text, sizeof text, "reached, last at %s", times[0]);
    else
        snprintf(text, sizeof text, "not tried yet");
    print_pair(printer, "line", "line", text);
    snprintf(text, sizeof text, "%s%s%s", outbox->last_error, *outbox->last_error ? " — " : "none",
             *outbox->last_error ? times_local(outbox->last_error_ms, times[0]) : "");
    print_pair(printer, "last_error", "last error", text);
    print_pair(printer, "signing_key", "signing key", signing_key(report) ? signing_key(report) : "not pinned yet");
}

static void print_outbox(const printer_t *printer, const report_t *report)
{
    const outbox_status_t *outbox = &report->outbox;
    char time[TIMES_SIZE], text[400], period[PERIOD_TEXT_SIZE];
    snprintf(text, sizeof text, "%llu%s%s", (unsigned long long)outbox->waiting,
             outbox->waiting ? ", the oldest since " : "",
             outbox->waiting ? times_local(outbox->oldest_waiting_ms, time) : "");
    print_pair(printer, "waiting", "waiting", text);
    snprintf(text, sizeof text, "%llu%s", (unsigned long long)outbox->aside,
             outbox->aside ? "; `yardstick-agent outbox list` says what to do" : "");
    print_pair(printer, "aside", "set aside", text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)outbox->delivered);
    print_pair(printer, "delivered", "delivered", text);
    snprintf(text, sizeof text, "none yet");
    if (report->has_receipt) {
        period_format(report->last.period, period);
        snprintf(text, sizeof text, "number %llu, %s %s, %s, revision %u, at %s",
                 (unsigned long long)report->last.number, report->last.dealer, period,
                 outcome_names[report->last.receipt.outcome], report->last.receipt.revision,
                 times_local(report->last.settled_ms, time));
    }
    print_pair(printer, "last_receipt", "last receipt", text);
}

static void print_inbox(const printer_t *printer, const report_t *report)
{
    const run_state_t *inbox = report->inbox;
    char text[NAME_MAX + RUN_STATE_WHY_SIZE + 40], name[NAME_MAX + 1];
    if (!inbox->is_running)
        return;
    snprintf(text, sizeof text, "%zu waiting, %zu never taken", inbox->waiting, inbox->ignored);
    print_pair(printer, "inbox", "inbox", text);
    for (size_t i = 0; i < inbox->file_count; i++) {
        snprintf(text, sizeof text, "%s: %s", clean_name(inbox->files[i].name, name), inbox->files[i].why);
        print_pair(printer, "inbox_file", "  waits", text);
    }
    for (size_t i = 0; i < inbox->ignored_count; i++) {
        snprintf(text, sizeof text, "%s: %s", clean_name(inbox->ignored_files[i].name, name),
                 inbox->ignored_files[i].why);
        print_pair(printer, "inbox_ignored", "  never taken", text);
    }
}

static void print_rest(const printer_t *printer, const report_t *report)
{
    char text[KEY_DEALERS_MAX * (CODE_LENGTH_MAX + 1) + 1] = "";
    size_t used = 0;
    for (size_t i = 0; i < report->stores.count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", report->stores.codes[i]);
    print_pair(printer, "stores", "stores", used ? text : "not known yet");
    if (report->catalog)
        snprintf(text, sizeof text, "%s, version %u", report->catalog->id, report->catalog->version);
    print_pair(printer, "catalog", "catalog", report->catalog ? text : "not known yet");
    print_pair(printer, "daemon", "daemon", report->runs ? "runs" : "does not run");
    print_pair(printer, "delivering", "delivery", report->delivers ? "under way" : "not under way");
}

status_t status_command(session_t *session)
{
    CLEANUP(report_fini) report_t report = {.session = session};
    TRY(gather(session, &report));
    if (session->format == FORMAT_JSON)
        return print_json(&report);
    printer_t printer = {session->format == FORMAT_CSV};
    if (printer.is_csv)
        puts("name,value");
    print_line_to_hub(&printer, &report);
    print_outbox(&printer, &report);
    print_inbox(&printer, &report);
    print_rest(&printer, &report);
    return STATUS_OK;
}
