#include "dealer-agent/status.h"

#include "client/catalog_cache.h"
#include "client/csv.h"
#include "client/listing.h"
#include "client/times.h"
#include "dealer-agent/outbox.h"
#include "dealer-agent/outbox_files.h"
#include "dealer-agent/run_state.h"
#include "dealer-agent/stores.h"
#include "dealer-agent/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define CLEAN_SIZE (3 * PATH_MAX) /* of a path's text */

typedef struct {
    const session_t *session;
    outbox_status_t outbox;
    outbox_witness_t witness;
    stores_t stores;
    catalog_t *catalog; /* NULL: none is kept yet */
    run_state_t daemon; /* and what it said last of its desk */
    bool delivers;
    bool has_receipt;
    filing_t last; /* whose receipt came last */
    arena_t *arena;
} report_t;

static void report_fini(report_t *report)
{
    stores_fini(&report->stores);
    catalog_destroy(&report->catalog);
    arena_destroy(&report->arena);
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
    if (status == STATUS_OK)
        status = outbox_read_witness(outbox, report->arena, &report->witness);
    report->has_receipt = status == STATUS_OK && report->outbox.last_delivered;
    return status == STATUS_OK ? status : outbox_explain(outbox, status, &session->faults);
}

static status_t gather(session_t *session, report_t *report)
{
    char path[PATH_MAX];
    const char *why;
    report->arena = arena_create(SIZE_MAX / 4);
    if (!report->arena)
        return STATUS_NO_MEMORY;
    TRY(read_outbox(session, report));
    TRY(stores_recall(session->home_path, &report->stores));
    report->catalog = catalog_cache_read(&session->home, &why);
    report->delivers = outbox_path(session->home_path, "deliver.lock", path) && is_held(path);
    status_t status = run_state_read(session->home_path, &report->daemon);
    if (status == STATUS_IO)
        return session_fail(session, status, "%s/" RUN_STATE_FILE " cannot be read: %s", session->home_path,
                            strerror(errno));
    return status;
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

/* ---- the desk, of a daemon that runs */

/* A name or path may be any bytes: what is no text becomes U+FFFD. Returns `out`. */
static const char *clean_text(const char *name, char out[CLEAN_SIZE])
{
    size_t size = 0;
    for (const char *at = name, *from = name; *at; from = at) {
        uint32_t point = text_next(&at);
        bool is_text = point != 0xFFFD && point >= ' ' && point != 127;
        size_t length = is_text ? (size_t)(at - from) : 3;
        memcpy(out + size, is_text ? from : "\xEF\xBF\xBD", length);
        size += length;
    }
    out[size] = '\0';
    return out;
}

static json_t *entries_json(const session_t *session, const run_state_file_t *entries, size_t count)
{
    char name[CLEAN_SIZE];
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_pack("{s:s, s:s}", "name", clean_text(entries[i].name, name), "why",
                                               session_text(session, entries[i].why)));
    return array;
}

static json_t *inbox_json(const session_t *session, const run_state_t *daemon)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "waiting", listing_number(daemon->waiting), "files",
                     entries_json(session, daemon->files, daemon->file_count), "ignored",
                     listing_number(daemon->ignored), "entries",
                     entries_json(session, daemon->ignored_files, daemon->ignored_count));
}

static json_t *last_file_json(const session_t *session, const run_state_t *daemon)
{
    char name[CLEAN_SIZE];
    if (!*daemon->last_name)
        return json_null();
    return json_pack("{s:s, s:s, s:o}", "name", clean_text(daemon->last_name, name), "outcome",
                     session_text(session, daemon->last_outcome), "time", listing_time(daemon->last_ms));
}

static json_t *desk_json(const session_t *session, const run_state_t *daemon)
{
    char desk[CLEAN_SIZE];
    if (!daemon->is_running)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "path", listing_text(clean_text(daemon->desk, desk)), "process",
                     listing_number((uint64_t)daemon->pid), "started", listing_time(daemon->started_ms), "inbox",
                     inbox_json(session, daemon), "last_file", last_file_json(session, daemon));
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

static json_t *hub_log_json(const report_t *report)
{
    const outbox_witness_t *witness = &report->witness;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "entry", listing_number(witness->event), "hash",
                     witness->event ? listing_hex(witness->hash, DIGEST_SIZE) : json_null(), "heard",
                     listing_time(witness->heard_ms), "broken", listing_time(witness->broken_ms), "filed_again",
                     listing_number(witness->again), "filed_again_time", listing_time(witness->again_ms), "refused",
                     listing_number(witness->refused));
}

static json_t *report_json(const report_t *report)
{
    const outbox_status_t *outbox = &report->outbox;
    const home_t *home = &report->session->home;
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:b, s:o}", "hub",
        home->endpoint, "hub_key", home->hub_key, "signing_key", listing_text(signing_key(report)), "public_key",
        home->public_key, "line", line_state(report), "last_contact", listing_time(outbox->last_contact_ms),
        "unreached_since", listing_time(outbox->unreached_since_ms), "last_error",
        listing_text(*outbox->last_error ? outbox->last_error : NULL), "last_error_time",
        listing_time(outbox->last_error_ms), "waiting", listing_number(outbox->waiting), "oldest_waiting",
        listing_time(outbox->oldest_waiting_ms), "aside", listing_number(outbox->aside), "delivered",
        listing_number(outbox->delivered), "last_receipt", receipt_json(report), "catalog", catalog_json(report),
        "stores", stores_json(report), "daemon", report->daemon.is_running, "desk",
        desk_json(report->session, &report->daemon), "delivering", report->delivers, "hub_log", hub_log_json(report));
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

#define NAME_WIDTH 16

typedef struct {
    const session_t *session;
    bool is_csv;
} printer_t;

static void print_pair(const printer_t *printer, const char *key, const char *name, const char *value)
{
    if (!printer->is_csv) {
        const char *head = session_text(printer->session, name);
        int blanks = NAME_WIDTH - (int)text_width(head);
        printf("%s%*s %s\n", head, blanks > 0 ? blanks : 0, "", value);
        return;
    }
    printf("%s,", key);
    csv_write_text(stdout, value);
    putchar('\n');
}

static void print_line_to_hub(const printer_t *printer, const report_t *report)
{
    const session_t *session = report->session;
    const outbox_status_t *outbox = &report->outbox;
    char times[2][TIMES_SIZE], text[OUTBOX_ERROR_SIZE + 100];
    print_pair(printer, "hub", TRANSLATED("hub"), session->home.endpoint);
    times_local(outbox->last_contact_ms, times[0]);
    times_local(outbox->unreached_since_ms, times[1]);
    if (outbox->unreached_since_ms)
        snprintf(text, sizeof text, session_text(session, "not reached since %s (last reached: %s)"), times[1],
                 times[0]);
    else if (outbox->last_contact_ms)
        snprintf(text, sizeof text, session_text(session, "reached, last at %s"), times[0]);
    else
        snprintf(text, sizeof text, "%s", session_text(session, "not tried yet"));
    print_pair(printer, "line", TRANSLATED("line"), text);
    snprintf(text, sizeof text, "%s", session_text(session, "none"));
    if (*outbox->last_error)
        snprintf(text, sizeof text, "%s — %s", outbox->last_error, times_local(outbox->last_error_ms, times[0]));
    print_pair(printer, "last_error", TRANSLATED("last error"), text);
    print_pair(printer, "signing_key", TRANSLATED("signing key"),
               signing_key(report) ? signing_key(report) : session_text(session, "not pinned yet"));
}

static void print_outbox(const printer_t *printer, const report_t *report)
{
    const session_t *session = report->session;
    const outbox_status_t *outbox = &report->outbox;
    char time[TIMES_SIZE], text[400], period[PERIOD_TEXT_SIZE];
    if (outbox->waiting)
        snprintf(text, sizeof text, session_text(session, "%llu, the oldest since %s"),
                 (unsigned long long)outbox->waiting, times_local(outbox->oldest_waiting_ms, time));
    print_pair(printer, "waiting", TRANSLATED("waiting"), outbox->waiting ? text : "0");
    if (outbox->aside)
        snprintf(text, sizeof text, session_text(session, "%llu; `yardstick-agent outbox list` says what to do"),
                 (unsigned long long)outbox->aside);
    print_pair(printer, "aside", TRANSLATED("set aside"), outbox->aside ? text : "0");
    snprintf(text, sizeof text, "%llu", (unsigned long long)outbox->delivered);
    print_pair(printer, "delivered", TRANSLATED("delivered"), text);
    period_format(report->last.period, period);
    if (report->has_receipt)
        snprintf(text, sizeof text, session_text(session, "number %llu, %s %s, %s, revision %u, at %s"),
                 (unsigned long long)report->last.number, report->last.dealer, period,
                 session_text(session, outcome_names[report->last.receipt.outcome]), report->last.receipt.revision,
                 times_local(report->last.settled_ms, time));
    print_pair(printer, "last_receipt", TRANSLATED("last receipt"),
               report->has_receipt ? text : session_text(session, "none yet"));
}

static void print_inbox(const printer_t *printer, const run_state_t *daemon)
{
    char name[CLEAN_SIZE], text[CLEAN_SIZE + 200];
    snprintf(text, sizeof text, session_text(printer->session, "%zu waiting, %zu never taken"), daemon->waiting,
             daemon->ignored);
    print_pair(printer, "inbox", TRANSLATED("inbox"), text);
    for (size_t i = 0; i < daemon->file_count; i++) {
        snprintf(text, sizeof text, session_text(printer->session, "%s %s"), clean_text(daemon->files[i].name, name),
                 session_text(printer->session, daemon->files[i].why));
        print_pair(printer, "inbox_file", "", text);
    }
    for (size_t i = 0; i < daemon->ignored_count; i++) {
        snprintf(text, sizeof text, session_text(printer->session, "%s: %s"),
                 clean_text(daemon->ignored_files[i].name, name),
                 session_text(printer->session, daemon->ignored_files[i].why));
        print_pair(printer, "inbox_ignored", "", text);
    }
}

/* The newest entry of the hub's log, as `audit verify --expect` takes it, and what happened to it. */
static void print_hub_log(const printer_t *printer, const report_t *report)
{
    const outbox_witness_t *witness = &report->witness;
    char text[WITNESS_WORDS_SIZE], time[TIMES_SIZE], hash[2 * DIGEST_SIZE + 1];
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        sprintf(hash + 2 * i, "%02x", witness->hash[i]);
    if (witness->event)
        snprintf(text, sizeof text, session_text(report->session, "entry %llu:%s, heard at %s"),
                 (unsigned long long)witness->event, hash, times_local(witness->heard_ms, time));
    print_pair(printer, "hub_log", TRANSLATED("hub's log"),
               witness->event ? text : session_text(report->session, "not known yet"));
    witness_words(witness, report->session->language, text);
    if (*text)
        print_pair(printer, "hub_log_broken", "", text);
}

static void print_desk(const printer_t *printer, const run_state_t *daemon)
{
    const session_t *session = printer->session;
    char time[TIMES_SIZE], name[CLEAN_SIZE], text[CLEAN_SIZE + 200];
    if (!daemon->is_running) {
        print_pair(printer, "daemon", TRANSLATED("daemon"),
                   session_text(session, "does not run; nothing is taken from a desk or delivered by itself until "
                                         "somebody starts `yardstick-agent run`"));
        return;
    }
    snprintf(text, sizeof text, session_text(session, "runs (process %lld) since %s"), (long long)daemon->pid,
             times_local(daemon->started_ms, time));
    print_pair(printer, "daemon", TRANSLATED("daemon"), text);
    print_pair(printer, "desk", TRANSLATED("desk"), clean_text(daemon->desk, name));
    print_inbox(printer, daemon);
    if (*daemon->last_name)
        snprintf(text, sizeof text, session_text(session, "%s, %s, at %s"), clean_text(daemon->last_name, name),
                 session_text(session, daemon->last_outcome), times_local(daemon->last_ms, time));
    print_pair(printer, "last_file", TRANSLATED("last file"),
               *daemon->last_name ? text : session_text(session, "none yet"));
}

static void print_rest(const printer_t *printer, const report_t *report)
{
    const session_t *session = report->session;
    const catalog_t *catalog = report->catalog;
    char text[KEY_DEALERS_MAX * (CODE_LENGTH_MAX + 1) + 1] = "";
    size_t used = 0;
    for (size_t i = 0; i < report->stores.count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", report->stores.codes[i]);
    print_pair(printer, "stores", TRANSLATED("stores"), used ? text : session_text(session, "not known yet"));
    if (catalog)
        snprintf(text, sizeof text, session_text(session, "%s, version %u"), catalog->id, catalog->version);
    print_pair(printer, "catalog", TRANSLATED("catalog"), catalog ? text : session_text(session, "not known yet"));
    print_desk(printer, &report->daemon);
    print_pair(printer, "delivering", TRANSLATED("delivery"),
               report->delivers ? session_text(session, "under way") : session_text(session, "not under way"));
}

status_t status_command(session_t *session)
{
    CLEANUP(report_fini) report_t report = {.session = session};
    TRY(gather(session, &report));
    if (session->format == FORMAT_JSON)
        return print_json(&report);
    printer_t printer = {session, session->format == FORMAT_CSV};
    if (printer.is_csv)
        puts("name,value");
    print_line_to_hub(&printer, &report);
    print_outbox(&printer, &report);
    print_hub_log(&printer, &report);
    print_rest(&printer, &report);
    return STATUS_OK;
}
