#include "dealer-agent/results.h"

#include "client/files.h"
#include "client/queries.h"
#include "client/times.h"
#include "core/scratch.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/results_months.h"
#include "dealer-agent/results_write.h"

#include <stdlib.h>
#include <string.h>

#define ALL_FILE     "results.txt" /* in the home: "MS PLACE", when all months were asked for last for that place */
#define PLACE_SIZE   (PATH_MAX + 32)
#define ALL_EVERY_MS 86400000

#define WINDOW       16 /* questions at a time: so many answers may wait for their other half */

/* A month: its two questions, and their answers, held until both are there. */
typedef struct {
    const results_month_t *of;
    const char *peers[PEERS_MAX]; /* those that the hub has not refused to show beside it */
    size_t peer_count;
    answer_t compare, consultants;
} asked_month_t;

typedef struct {
    session_t *session;
    results_writer_t writer;
    char folder[PATH_MAX];
    char place[PLACE_SIZE]; /* which folder it is, and the language of its files */
    uint64_t now_ms;
    bool are_all;          /* every month of every store */
    asked_month_t *months; /* [month_count] */
    const results_year_t *years;
    size_t month_count, year_count;
    asked_month_t **asked, **again; /* of this round, and of the next */
    size_t asked_count, again_count;
    bool names_peers; /* with --peer; else all that the hub knows of the store's circles */
    bool is_refused;  /* something was */
} results_t;

status_t results_check(session_t *session)
{
    return query_check_compare(session);
}

/* ---- What the hub answered ---- */

/* Whether the hub answered what was asked; names it where not. */
static bool is_answered(results_t *results, const char *what, const response_t *response, response_kind_t kind)
{
    bool is_good = session_check_response(results->session, what, response, kind) == STATUS_OK;
    results->is_refused |= !is_good;
    return is_good;
}

/* Once both answers are there. */
static status_t write_month(results_t *results, const asked_month_t *month)
{
    const response_t *compare = month->compare.response, *consultants = month->consultants.response;
    char what[CODE_LENGTH_MAX + PERIOD_TEXT_SIZE + 2], period[PERIOD_TEXT_SIZE];
    period_format(month->of->period, period);
    snprintf(what, sizeof what, "%s %s", month->of->dealer, period);
    /* Half a month would pass for a month without consultants. */
    if (!is_answered(results, what, compare, RESPONSE_COMPARE) ||
        !is_answered(results, what, consultants, RESPONSE_CONSULTANTS))
        return STATUS_OK;
    return results_write_month(&results->writer, month->of, compare->compare, consultants->consultants);
}

static status_t write_year(results_t *results, const results_year_t *year, const response_t *response)
{
    char what[CODE_LENGTH_MAX + 16];
    snprintf(what, sizeof what, "%s %d", year->dealer, year->year);
    if (!is_answered(results, what, response, RESPONSE_TREND))
        return STATUS_OK;
    return results_write_year(&results->writer, year, response->trend);
}

/* ---- Peers: a month in which one of them shared no circle with the store is shown without it ---- */

/* The peers of the command line but the store itself. */
static void set_peers(const session_t *session, asked_month_t *month)
{
    const char *peers[PEERS_MAX];
    size_t count = invocation_list(session->invocation, "peer", peers, PEERS_MAX);
    for (size_t i = 0; i < count; i++)
        if (strcmp(peers[i], month->of->dealer) != 0)
            month->peers[month->peer_count++] = peers[i];
}

/* Whether the month was refused for one of its peers, which it has no more then. */
static bool drop_refused_peer(asked_month_t *month)
{
    const response_t *response = month->compare.response;
    if (response->status == STATUS_OK || !response->where)
        return false;
    for (size_t i = 0; i < month->peer_count; i++) {
        if (strcmp(month->peers[i], response->where) != 0)
            continue;
        char period[PERIOD_TEXT_SIZE];
        period_format(month->of->period, period);
        printf("%-9s  %s in %s of %s: %s\n", "left out", month->peers[i], period, month->of->dealer, response->message);
        memmove(&month->peers[i], &month->peers[i + 1], (--month->peer_count - i) * sizeof *month->peers);
        return true;
    }
    return false;
}

/* ---- The exchange: of each month the comparison and the consultants, then the years ---- */

static status_t make_request(void *context, size_t index, arena_t *arena, request_t *out)
{
    (void)arena;
    results_t *results = context;
    if (index >= 2 * results->asked_count) {
        const results_year_t *year = &results->years[index - 2 * results->asked_count];
        *out = (request_t){.kind = REQUEST_TREND, .trend = {year->dealer, year->year}};
        return STATUS_OK;
    }
    asked_month_t *month = results->asked[index / 2];
    if (index % 2)
        *out = (request_t){.kind = REQUEST_CONSULTANTS, .consultants = {month->of->dealer, month->of->period}};
    else
        *out = (request_t){.kind = REQUEST_COMPARE,
                           .compare = {.dealer = month->of->dealer,
                                       .period = month->of->period,
                                       .peers = month->peers,
                                       .peer_count = month->peer_count,
                                       .region = "",
                                       .all_peers = !results->names_peers}};
    return STATUS_OK;
}

static status_t take_answer(void *context, size_t index, const response_t *response, arena_t **arena)
{
    results_t *results = context;
    if (index >= 2 * results->asked_count)
        return write_year(results, &results->years[index - 2 * results->asked_count], response);
    asked_month_t *month = results->asked[index / 2];
    *(index % 2 ? &month->consultants : &month->compare) = (answer_t){*arena, response};
    *arena = NULL;
    if (!month->compare.response || !month->consultants.response)
        return STATUS_OK;
    status_t status = STATUS_OK;
    if (drop_refused_peer(month))
        results->again[results->again_count++] = month;
    else
        status = write_month(results, month);
    answer_fini(&month->compare);
    answer_fini(&month->consultants);
    return status;
}

/* ---- How far back ----
 * What is older than RESULTS_RECENT_MONTHS hardly changes any more, and a store has ever more of it. */

/* 0: never, or for another place. */
static uint64_t read_last_all(const session_t *session, const char *place)
{
    CLEANUP(scratch_free) char *path = NULL;
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    char *rest = NULL;
    if (asprintf(&path, "%s/" ALL_FILE, session->home.directory) < 0 ||
        files_read(path, PLACE_SIZE + 32, &text, &size) != STATUS_OK)
        return 0;
    unsigned long long ms = strtoull(text, &rest, 10);
    return *rest == ' ' && strcmp(rest + 1, place) == 0 ? ms : 0;
}

/* That it cannot be kept only has them all asked for again. */
static void keep_last_all(const session_t *session, const char *place, uint64_t now_ms)
{
    char text[PLACE_SIZE + 32];
    int size = snprintf(text, sizeof text, "%llu %s", (unsigned long long)now_ms, place);
    (void)!home_write_file(session->home.directory, ALL_FILE, text, (size_t)size, false, false);
}

/* As results_delivered wants it: what was delivered since all were asked for; once a day all are. */
static uint64_t choose_since(const session_t *session, const char *place, uint64_t now_ms)
{
    bool wants_all = invocation_value(session->invocation, "all-months");
    uint64_t last = wants_all ? 0 : read_last_all(session, place);
    return last <= now_ms && now_ms - last < ALL_EVERY_MS ? last : 0;
}

/* ---- The command ---- */

static void results_fini(results_t *results)
{
    for (size_t i = 0; results->months && i < results->month_count; i++) {
        answer_fini(&results->months[i].compare);
        answer_fini(&results->months[i].consultants);
    }
    free(results->months);
    free(results->asked);
    free(results->again);
}

static void name_place(results_t *results)
{
    char path[PATH_MAX]; /* the same from wherever one stands */
    if (realpath(results->folder, path))
        snprintf(results->place, PLACE_SIZE, "%d %s", (int)results->writer.render.language, path);
}

static status_t open_folder(session_t *session, results_t *results)
{
    char desk[PATH_MAX];
    TRY(desk_choose(session, desk));
    status_t status = desk_make_folder(desk, DESK_RESULTS, &session->faults);
    if (status != STATUS_OK) {
        session->exit_code = RESULTS_EXIT_UNWRITTEN;
        return status;
    }
    desk_folder_path(desk, DESK_RESULTS, results->folder);
    name_place(results);
    return STATUS_OK;
}

/* Opens the folder, and lists what is asked for. */
static status_t get_ready(session_t *session, results_t *results, stores_t *stores, arena_t *arena,
                          results_month_t **months)
{
    const invocation_t *invocation = session->invocation;
    results->now_ms = times_now_ms();
    TRY(open_folder(session, results));
    uint64_t since_ms = choose_since(session, results->place, results->now_ms);
    results->are_all = !since_ms && !invocation_value(invocation, "dealer") && !invocation_value(invocation, "period");
    return results_months(session, stores, since_ms, results->folder, arena, months, &results->month_count);
}

static status_t prepare(session_t *session, results_t *results, const results_month_t *months)
{
    results->months = calloc(results->month_count + 1, sizeof *results->months);
    results->asked = calloc(results->month_count + 1, sizeof *results->asked);
    results->again = calloc(results->month_count + 1, sizeof *results->again);
    results->names_peers = invocation_value(session->invocation, "peer");
    if (!results->months || !results->asked || !results->again)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < results->month_count; i++) {
        results->months[i].of = &months[i];
        set_peers(session, &results->months[i]);
        results->again[results->again_count++] = &results->months[i];
    }
    return STATUS_OK;
}

/* Asks in rounds: a round for all, then those for months that had a peer too many. They end, for each takes one away.
 */
static status_t ask(session_t *session, results_t *results)
{
    for (size_t years = results->year_count; results->again_count || years; years = 0) {
        asked_month_t **asked = results->asked;
        results->asked = results->again;
        results->asked_count = results->again_count;
        results->again = asked;
        results->again_count = 0;
        exchange_t exchange = {2 * results->asked_count + years, WINDOW, results, make_request, take_answer};
        TRY(connection_exchange(session->connection, &exchange, &session->faults));
    }
    if (results->are_all && !results->writer.is_unwritten)
        keep_last_all(session, results->place, results->now_ms);
    if (results->writer.is_unwritten)
        session->exit_code = RESULTS_EXIT_UNWRITTEN;
    return results->is_refused || results->writer.is_unwritten ? STATUS_INVALID : STATUS_OK;
}

status_t results_run(session_t *session)
{
    CLEANUP(results_fini) results_t results = {.session = session};
    CLEANUP(stores_fini) stores_t stores = {0};
    CLEANUP(arena_destroy) arena_t *arena = arena_create(RESULTS_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    results_month_t *months = NULL;
    results_year_t *years = NULL;
    results.writer = (results_writer_t){results.folder, session_render(session), &session->faults, false};
    TRY(get_ready(session, &results, &stores, arena, &months));
    if (results.month_count == 0)
        printf("nothing was delivered from this home yet; name a month with --period\n");
    TRY(results_years(months, results.month_count, arena, &years, &results.year_count));
    results.years = years;
    TRY(prepare(session, &results, months));
    return ask(session, &results);
}
