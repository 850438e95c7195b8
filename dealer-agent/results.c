#include "dealer-agent/results.h"

#include "client/files.h"
#include "client/queries.h"
#include "client/render_paper.h"
#include "core/scratch.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/results_files.h"
#include "dealer-agent/results_months.h"
#include "dealer-agent/results_xlsx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALL_FILE     "results.txt" /* in the home: "MS FOLDER", when that folder's months were all asked for last */
#define ALL_EVERY_MS 86400000

#define WINDOW       16 /* questions at a time: so many answers may wait for their other half */

/* The two answers that make a month; held until both are there. */
typedef struct {
    answer_t compare, consultants;
} month_answers_t;

typedef struct {
    session_t *session;
    render_t render;                              /* language and titles */
    char folder[PATH_MAX], real_folder[PATH_MAX]; /* as named; the same from wherever one stands */
    uint64_t now_ms;
    bool are_all; /* every month of every store */
    const char *peers[PEERS_MAX];
    size_t peer_count;
    const results_month_t *months;
    const results_year_t *years;
    size_t month_count, year_count;
    month_answers_t *answers; /* [month_count] */
    bool is_incomplete;       /* something was refused, or could not be written */
} results_t;

status_t results_check(session_t *session)
{
    return query_check_compare(session);
}

/* ---- Files ---- */

/* Names a file that could not be written. Only a want of memory ends it all: the other files may still be written. */
static status_t note_file(results_t *results, const char *name, status_t status)
{
    if (status == STATUS_OK || status == STATUS_NO_MEMORY)
        return status;
    results->is_incomplete = true;
    const char *reason = status == STATUS_LIMIT ? "it would be larger than a results file may be" : strerror(errno);
    faults_add(&results->session->faults, 0, 0, "%s/%s cannot be written: %s", results->folder, name, reason);
    return STATUS_OK;
}

static status_t keep_file(results_t *results, const char *name, const char *bytes, size_t size)
{
    bool is_changed = false;
    status_t status = results_replace(results->folder, name, bytes, size, &is_changed);
    if (status == STATUS_OK)
        printf("%-9s  %s/%s\n", is_changed ? "written" : "unchanged", results->folder, name);
    return note_file(results, name, status);
}

static status_t remove_file(results_t *results, const char *name)
{
    bool is_removed = false;
    status_t status = results_remove(results->folder, name, &is_removed);
    if (is_removed)
        printf("%-9s  %s/%s\n", "removed", results->folder, name);
    return note_file(results, name, status);
}

static status_t keep_csv(results_t *results, const char *name, const paper_t *paper)
{
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&bytes, &size);
    if (!file)
        return STATUS_NO_MEMORY;
    paper_write_csv(paper, file);
    bool is_whole = ferror(file) == 0;
    if (fclose(file) != 0 || !is_whole)
        return STATUS_NO_MEMORY;
    return keep_file(results, name, bytes, size);
}

static status_t keep_xlsx(results_t *results, const char *name, const paper_t *papers, size_t count)
{
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0;
    status_t status = results_xlsx_make(papers, count, papers[0].lines[0].cells[0].text, &bytes, &size);
    if (status == STATUS_OK)
        return keep_file(results, name, bytes, size);
    if (status == STATUS_NO_MEMORY)
        return status;
    results->is_incomplete = true;
    faults_add(&results->session->faults, 0, 0,
               "%s/%s cannot be made: the workbook was not stored whole; see that TMPDIR (/tmp) has room",
               results->folder, name);
    return STATUS_OK;
}

/* ---- What the hub answered ---- */

/* Whether the hub answered what was asked; names it where not. */
static bool is_answered(results_t *results, const char *what, const response_t *response, response_kind_t kind)
{
    if (response->status == STATUS_OK && response->kind == kind)
        return true;
    results->is_incomplete = true;
    if (response->status != STATUS_OK)
        session_add_refusal(results->session, what, response);
    else
        faults_add(&results->session->faults, 0, 0,
                   "%s: the hub answered with something else; its version may be another", what);
    return false;
}

static status_t write_consultants(results_t *results, const results_month_t *month, const paper_t *paper)
{
    char name[RESULTS_NAME_SIZE];
    results_month_name(month->dealer, month->period, "-consultants.csv", name);
    return paper ? keep_csv(results, name, paper) : remove_file(results, name);
}

/* `consultants` NULL: there are none, or the hub did not say. */
static status_t write_month_files(results_t *results, const results_month_t *month, const compare_answer_t *compare,
                                  const consultants_answer_t *consultants, arena_t *arena)
{
    paper_t papers[2];
    TRY(paper_compare(&results->render, compare, arena, &papers[0]));
    if (consultants)
        TRY(paper_consultants(&results->render, consultants, arena, &papers[1]));
    char name[RESULTS_NAME_SIZE];
    results_month_name(month->dealer, month->period, ".xlsx", name);
    TRY(keep_xlsx(results, name, papers, consultants ? 2 : 1));
    results_month_name(month->dealer, month->period, ".csv", name);
    TRY(keep_csv(results, name, &papers[0]));
    return write_consultants(results, month, consultants ? &papers[1] : NULL);
}

/* Once both answers are there. */
static status_t write_month(results_t *results, size_t index)
{
    const results_month_t *month = &results->months[index];
    const response_t *compare = results->answers[index].compare.response;
    const response_t *consultants = results->answers[index].consultants.response;
    char what[CODE_LENGTH_MAX + PERIOD_TEXT_SIZE + 2], period[PERIOD_TEXT_SIZE];
    period_format(month->period, period);
    snprintf(what, sizeof what, "%s %s", month->dealer, period);
    /* Half a month would pass for a month without consultants. */
    if (!is_answered(results, what, compare, RESPONSE_COMPARE) ||
        !is_answered(results, what, consultants, RESPONSE_CONSULTANTS))
        return STATUS_OK;
    bool has_consultants = consultants->consultants->consultant_count > 0;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(RESULTS_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    return write_month_files(results, month, compare->compare, has_consultants ? consultants->consultants : NULL,
                             arena);
}

static status_t write_year(results_t *results, size_t index, const response_t *response)
{
    const results_year_t *year = &results->years[index];
    char what[CODE_LENGTH_MAX + 16], name[RESULTS_NAME_SIZE];
    snprintf(what, sizeof what, "%s %d", year->dealer, year->year);
    if (!is_answered(results, what, response, RESPONSE_TREND))
        return STATUS_OK;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(RESULTS_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    paper_t papers[2];
    TRY(paper_trend(&results->render, response->trend, arena, &papers[0]));
    TRY(paper_trend_charts(&results->render, response->trend, arena, &papers[1]));
    results_year_name(year->dealer, year->year, ".xlsx", name);
    TRY(keep_xlsx(results, name, papers, papers[1].chart_count ? 2 : 1));
    results_year_name(year->dealer, year->year, ".csv", name);
    return keep_csv(results, name, &papers[0]);
}

/* ---- The exchange: of each month the comparison and the consultants, then the years ---- */

static status_t make_request(void *context, size_t index, arena_t *arena, request_t *out)
{
    (void)arena;
    results_t *results = context;
    if (index >= 2 * results->month_count) {
        const results_year_t *year = &results->years[index - 2 * results->month_count];
        *out = (request_t){.kind = REQUEST_TREND, .trend = {year->dealer, year->year}};
        return STATUS_OK;
    }
    const results_month_t *month = &results->months[index / 2];
    if (index % 2)
        *out = (request_t){.kind = REQUEST_CONSULTANTS, .consultants = {month->dealer, month->period}};
    else
        *out = (request_t){.kind = REQUEST_COMPARE,
                           .compare = {month->dealer, month->period, results->peers, results->peer_count, ""}};
    return STATUS_OK;
}

static status_t take_answer(void *context, size_t index, const response_t *response, arena_t **arena)
{
    results_t *results = context;
    if (index >= 2 * results->month_count)
        return write_year(results, index - 2 * results->month_count, response);
    month_answers_t *answers = &results->answers[index / 2];
    *(index % 2 ? &answers->consultants : &answers->compare) = (answer_t){*arena, response};
    *arena = NULL;
    if (!answers->compare.response || !answers->consultants.response)
        return STATUS_OK;
    status_t status = write_month(results, index / 2);
    answer_fini(&answers->compare);
    answer_fini(&answers->consultants);
    return status;
}

/* ---- How far back ----
 * What is older than RESULTS_RECENT_MONTHS hardly changes any more, and a store has ever more of it. */

/* 0: never, or of another folder. */
static uint64_t read_last_all(const session_t *session, const char *folder)
{
    CLEANUP(scratch_free) char *path = NULL;
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    char *rest = NULL;
    if (asprintf(&path, "%s/" ALL_FILE, session->home.directory) < 0 ||
        files_read(path, PATH_MAX + 32, &text, &size) != STATUS_OK)
        return 0;
    unsigned long long ms = strtoull(text, &rest, 10);
    return *rest == ' ' && strcmp(rest + 1, folder) == 0 ? ms : 0;
}

/* That it cannot be kept only has them all asked for again. */
static void keep_last_all(const session_t *session, const char *folder, uint64_t now_ms)
{
    char text[PATH_MAX + 32];
    int size = snprintf(text, sizeof text, "%llu %s", (unsigned long long)now_ms, folder);
    (void)!home_write_file(session->home.directory, ALL_FILE, text, (size_t)size, false, false);
}

/* As results_delivered wants it: what was delivered since all were asked for; once a day all are. */
static uint64_t choose_since(const session_t *session, const char *folder, uint64_t now_ms)
{
    bool wants_all = invocation_value(session->invocation, "all-months");
    uint64_t last = wants_all ? 0 : read_last_all(session, folder);
    return last <= now_ms && now_ms - last < ALL_EVERY_MS ? last : 0;
}

/* ---- The command ---- */

static void results_fini(results_t *results)
{
    for (size_t i = 0; results->answers && i < results->month_count; i++) {
        answer_fini(&results->answers[i].compare);
        answer_fini(&results->answers[i].consultants);
    }
    free(results->answers);
}

static status_t open_folder(session_t *session, results_t *results)
{
    char desk[PATH_MAX];
    if (!desk_path(session->home.directory, invocation_value(session->invocation, "desk"), desk))
        return session_misuse(session, "the path of the desk is too long; name another with --desk");
    TRY(desk_make_folder(desk, DESK_RESULTS, &session->faults));
    desk_folder_path(desk, DESK_RESULTS, results->folder);
    if (!realpath(results->folder, results->real_folder))
        *results->real_folder = '\0';
    return STATUS_OK;
}

/* Opens the folder, and lists what is asked for. */
static status_t get_ready(session_t *session, results_t *results, stores_t *stores, arena_t *arena,
                          results_month_t **months)
{
    const invocation_t *invocation = session->invocation;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    results->now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    TRY(open_folder(session, results));
    uint64_t since_ms = choose_since(session, results->real_folder, results->now_ms);
    results->are_all = !since_ms && !invocation_value(invocation, "dealer") && !invocation_value(invocation, "period");
    return results_months(session, stores, since_ms, arena, months, &results->month_count);
}

static status_t ask(session_t *session, results_t *results)
{
    results->answers = calloc(results->month_count + 1, sizeof *results->answers);
    if (!results->answers)
        return STATUS_NO_MEMORY;
    exchange_t exchange = {2 * results->month_count + results->year_count, WINDOW, results, make_request, take_answer};
    TRY(connection_exchange(session->connection, &exchange, &session->faults));
    if (results->are_all)
        keep_last_all(session, results->real_folder, results->now_ms);
    return results->is_incomplete ? STATUS_INVALID : STATUS_OK;
}

status_t results_run(session_t *session)
{
    CLEANUP(results_fini) results_t results = {.session = session, .render = session_render(session)};
    CLEANUP(stores_fini) stores_t stores = {0};
    CLEANUP(arena_destroy) arena_t *arena = arena_create(RESULTS_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    results_month_t *months = NULL;
    results_year_t *years = NULL;
    TRY(get_ready(session, &results, &stores, arena, &months));
    if (results.month_count == 0)
        printf("nothing was delivered from this home yet; name a month with --period\n");
    TRY(results_years(months, results.month_count, arena, &years, &results.year_count));
    results.months = months;
    results.years = years;
    results.peer_count = invocation_list(session->invocation, "peer", results.peers, PEERS_MAX);
    return ask(session, &results);
}
