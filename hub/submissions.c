#include "hub/submissions.h"

#include "hub/access.h"

#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

/* One submission or withdrawal while it is decided. */
typedef struct {
    const submission_context_t *context;
    const principal_t *principal;
    const submission_t *submission; /* NULL: a withdrawal */
    const uint8_t *id;
    const char *dealer;
    uint32_t place; /* of the dealer in the network; of a submission, once its month was checked */
    period_t period;
    const char *why;
    const receipt_t *earlier; /* sent again: its first receipt, as the client says; NULL = not so */
    uint64_t filed_ms;        /* of that, never after now; 0 = none */
    arena_t *scratch;
    int64_t *facts;        /* of a submission, then those of the month before */
    int64_t **consultants; /* facts of each */
    bool has_current;
    stored_revision_t current;
    submission_result_t *out;
} deed_t;

static const char *month_text(const deed_t *deed, char out[PERIOD_TEXT_SIZE])
{
    period_format(deed->period, out);
    return out;
}

/* A refusal of this deed: the result says so, and the caller goes no further. */
#define REFUSE(deed, refused_status, where, ...)                                                                       \
    ((deed)->out->status = refuse(&(deed)->out->refusal, (refused_status), (where), __VA_ARGS__), STATUS_OK)

/* Goes on only while nothing failed and nothing was refused. */
#define STEP(deed, expr)                                                                                               \
    do {                                                                                                               \
        TRY(expr);                                                                                                     \
        if ((deed)->out->status != STATUS_OK)                                                                          \
            return STATUS_OK;                                                                                          \
    } while (0)

/* ---- answers */

/* Digest of what a revision holds, by the names of the catalog that it was packed for. */
static status_t digest_revision(const deed_t *deed, const stored_revision_t *revision, uint8_t out[DIGEST_SIZE])
{
    const catalog_t *catalog = NULL;
    named_facts_t facts = {0};
    if (revision->withdrawn)
        return signed_facts_digest(NULL, out);
    TRY(world_find_catalog(deed->context->world, deed->context->txn, revision->catalog_digest, &catalog));
    status_t status = signed_name_facts(catalog, &revision->facts, revision->consultants, revision->consultant_count,
                                        deed->scratch, &facts);
    if (status == STATUS_OK)
        status = signed_facts_digest(&facts, out);
    return status == STATUS_INVALID || status == STATUS_LIMIT ? STATUS_DAMAGED : status; /* it was checked once */
}

/* The receipt of a stored answer, not signed yet: warnings with the titles of the catalog whose checks they are, and
 * the digest of the revision that the answer names. */
static status_t fill_receipt(const deed_t *deed, const stored_answer_t *answer, const stored_revision_t *revision)
{
    const submission_context_t *context = deed->context;
    const catalog_t *catalog = NULL;
    check_warning_t *warnings = arena_array(context->arena, answer->warning_count, sizeof *warnings);
    if (!warnings)
        return STATUS_NO_MEMORY;
    if (answer->warning_count)
        TRY(world_find_catalog(context->world, context->txn, answer->catalog_digest, &catalog));
    for (size_t i = 0; i < answer->warning_count; i++) {
        warnings[i].check = arena_strdup(context->arena, answer->warnings[i]);
        if (!warnings[i].check)
            return STATUS_NO_MEMORY;
        for (size_t j = 0; j < catalog->check_count; j++)
            if (strcmp(catalog->checks[j].id, warnings[i].check) == 0)
                memcpy(warnings[i].title, catalog->checks[j].title, sizeof warnings[i].title);
    }
    deed->out->receipt = (receipt_t){
        .outcome = answer->outcome,
        .revision = answer->revision,
        .sequence = answer->sequence,
        .time_ms = answer->time_ms,
        .late = answer->late,
        .facts_dropped = answer->facts_dropped,
        .consultants_dropped = answer->consultants_dropped,
        .warnings = warnings,
        .warning_count = answer->warning_count,
    };
    return digest_revision(deed, revision, deed->out->receipt.facts_digest);
}

static status_t conclude(const deed_t *deed, const stored_answer_t *answer, const stored_revision_t *revision)
{
    TRY(fill_receipt(deed, answer, revision));
    return store_put_answer(deed->context->txn, deed->dealer, deed->id, answer);
}

/* ---- rules */

static status_t check_right(deed_t *deed)
{
    if (atomic_load(&deed->principal->revoked))
        return REFUSE(deed, STATUS_NOT_ALLOWED, "", "this key is revoked");
    if (!access_may_submit(deed->principal, deed->dealer))
        return REFUSE(deed, STATUS_NOT_ALLOWED, deed->dealer,
                      "%s is not a store of this key; it files only for its own stores", deed->dealer);
    return STATUS_OK;
}

/* A submission id that was answered before is answered the same, whatever has changed since: the digest too, which is
 * not stored but follows from the revision that the answer names. */
static status_t repeat(deed_t *deed, bool *out_repeated)
{
    stored_answer_t answer = {0};
    stored_revision_t revision = {0};
    status_t status = store_get_answer(deed->context->txn, deed->dealer, deed->id, deed->scratch, &answer);
    *out_repeated = status == STATUS_OK;
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    bool was_withdrawal = answer.outcome == OUTCOME_WITHDRAWN;
    if (answer.period != deed->period || was_withdrawal != !deed->submission)
        return REFUSE(deed, STATUS_CONFLICT, deed->dealer,
                      "this submission id was already used for something else of %s; make a new id", deed->dealer);
    status =
        store_get_revision(deed->context->txn, deed->dealer, deed->period, answer.revision, deed->scratch, &revision);
    TRY(status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status);
    return fill_receipt(deed, &answer, &revision);
}

static status_t check_month(deed_t *deed)
{
    char month[PERIOD_TEXT_SIZE];
    const network_t *network = deed->context->world->network;
    uint32_t dealer = deed->place = network_find_dealer(network, deed->dealer);
    if (dealer == INDEX_NONE)
        return REFUSE(deed, STATUS_UNKNOWN, deed->dealer, "the network has no dealer %s", deed->dealer);
    if (network_region_of(network, dealer, deed->period) == INDEX_NONE)
        return REFUSE(deed, STATUS_INVALID, deed->dealer, "%s is no member of the network in %s", deed->dealer,
                      month_text(deed, month));
    if (deed->period > clock_period(deed->context->now))
        return REFUSE(deed, STATUS_INVALID, "period", "%s has not begun", month_text(deed, month));
    if (deed->submission->catalog_digest != deed->context->world->catalog->digest)
        return REFUSE(deed, STATUS_CATALOG_CHANGED, "catalog_digest", "%s", status_text(STATUS_CATALOG_CHANGED));
    return STATUS_OK;
}

/* What is sent again, in case it was lost, comes into the order in which it was filed at first: it does not replace
 * what was filed after it, by headquarters or another agent of the store. */
static status_t check_order(deed_t *deed)
{
    const stored_revision_t *current = &deed->current;
    char month[PERIOD_TEXT_SIZE];
    if (!deed->filed_ms || !deed->has_current ||
        (current->filed_ms ? current->filed_ms : current->time_ms) <= deed->filed_ms)
        return STATUS_OK;
    return REFUSE(
        deed, STATUS_CONFLICT, deed->dealer,
        "%s %s was filed since then by %s (revision %u), and that stands; file the month anew where it should "
        "not",
        deed->dealer, month_text(deed, month), role_names[current->role], current->revision);
}

/* A closed month takes only what headquarters granted an exception for (SPEC 5). */
static status_t check_open(deed_t *deed)
{
    const closings_t *closings = deed->context->closings;
    char month[PERIOD_TEXT_SIZE], since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
    uint64_t closed_ms = closings_closed_ms(closings, deed->period);
    uint64_t until_ms = closed_ms ? closings_allowed_until(closings, deed->dealer, deed->period) : 0;
    if (!closed_ms || until_ms >= deed->context->now.ms)
        return STATUS_OK;
    month_text(deed, month);
    clock_format(closed_ms, since);
    if (until_ms)
        return REFUSE(deed, STATUS_MONTH_CLOSED, deed->dealer,
                      "%s is closed since %s, and the exception for %s ended at %s; ask headquarters for another one "
                      "(`yardstick month allow %s %s --until … --why …`)",
                      month, since, deed->dealer, clock_format(until_ms, until), deed->dealer, month);
    return REFUSE(deed, STATUS_MONTH_CLOSED, deed->dealer,
                  "%s is closed since %s; ask headquarters for an exception (`yardstick month allow %s %s --until … "
                  "--why …`)",
                  month, since, deed->dealer, month);
}

static bool holds_any(const int64_t *facts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (facts[i] != FACT_ABSENT)
            return true;
    return false;
}

/* Unpacks one set of facts; `consultant` is "" for the store's own. */
static status_t read_facts(deed_t *deed, const packed_facts_t *packed, const char *consultant, int64_t *out)
{
    const catalog_t *catalog = deed->context->world->catalog;
    char month[PERIOD_TEXT_SIZE];
    size_t fact = ROW_NONE;
    const char *why = "";
    status_t status = packed_facts_unpack(packed, catalog, out, &fact, &why);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK) {
        const char *id = fact < catalog->fact_count ? catalog->rows[fact].id : "facts";
        return REFUSE(deed, STATUS_INVALID, id, "%s %s%s%s: %s: %s", deed->dealer, month_text(deed, month),
                      *consultant ? " " : "", consultant, id, why);
    }
    if (!holds_any(out, catalog->fact_count))
        return REFUSE(deed, STATUS_INVALID, *consultant ? consultant : deed->dealer,
                      "%s %s%s%s: no fact at all; where nothing was sold, send zeros", deed->dealer,
                      month_text(deed, month), *consultant ? " " : "", consultant);
    return STATUS_OK;
}

static int compare_consultants(const void *left, const void *right)
{
    const packed_consultant_t *const *a = left, *const *b = right;
    return strcmp((*a)->consultant, (*b)->consultant);
}

/* The consultants by code; the array comes from the scratch arena. */
static const packed_consultant_t **sort_consultants(const deed_t *deed, const packed_consultant_t *consultants,
                                                    size_t count)
{
    const packed_consultant_t **sorted = arena_array(deed->scratch, count, sizeof(packed_consultant_t *));
    for (size_t i = 0; sorted && i < count; i++)
        sorted[i] = &consultants[i];
    if (sorted && count)
        qsort(sorted, count, sizeof(packed_consultant_t *), compare_consultants);
    return sorted;
}

static status_t check_consultants(deed_t *deed)
{
    const submission_t *submission = deed->submission;
    size_t fact_count = deed->context->world->catalog->fact_count;
    if (submission->consultant_count > CONSULTANTS_MAX)
        return REFUSE(deed, STATUS_INVALID, "consultants", "more than %d consultants", CONSULTANTS_MAX);
    const packed_consultant_t **sorted = sort_consultants(deed, submission->consultants, submission->consultant_count);
    deed->consultants = arena_array(deed->scratch, submission->consultant_count, sizeof(int64_t *));
    if (!sorted || !deed->consultants)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < submission->consultant_count; i++) {
        const char *code = sorted[i]->consultant;
        if (!text_is_code(code))
            return REFUSE(deed, STATUS_INVALID, "consultants", "\"%s\" is no consultant's code", code);
        if (i && strcmp(code, sorted[i - 1]->consultant) == 0)
            return REFUSE(deed, STATUS_INVALID, code, "consultant %s stands twice", code);
        deed->consultants[i] = arena_array(deed->scratch, fact_count, sizeof(int64_t));
        if (!deed->consultants[i])
            return STATUS_NO_MEMORY;
        STEP(deed, read_facts(deed, &sorted[i]->facts, code, deed->consultants[i]));
    }
    return STATUS_OK;
}

/* The store's facts of the month before, behind those of the month; absent where nothing stands. */
static status_t read_previous(deed_t *deed)
{
    const submission_context_t *context = deed->context;
    size_t fact_count = context->world->catalog->fact_count;
    stored_revision_t previous = {0};
    for (size_t i = 0; i < fact_count; i++)
        deed->facts[fact_count + i] = FACT_ABSENT;
    status_t status = store_get_current(context->txn, deed->dealer, deed->period - 1, false, deed->scratch, &previous);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && previous.withdrawn))
        return STATUS_OK;
    TRY(status);
    return world_unpack(context->world, context->txn, previous.catalog_digest, &previous.facts,
                        deed->facts + fact_count);
}

/* Runs the catalog's checks: errors refuse, each named; the ids of the warnings go to `answer`. */
static status_t run_checks(deed_t *deed, stored_answer_t *answer)
{
    const catalog_t *catalog = deed->context->world->catalog;
    size_t *failed = arena_array(deed->scratch, catalog->check_count, sizeof *failed);
    const char **warnings = arena_array(deed->scratch, catalog->check_count, sizeof *warnings);
    char month[PERIOD_TEXT_SIZE];
    if (!failed || !warnings)
        return STATUS_NO_MEMORY;
    size_t count = catalog_run_checks(catalog, deed->facts, failed);
    for (size_t i = 0; i < count; i++) {
        const check_t *check = &catalog->checks[failed[i]];
        if (check->level == LEVEL_ERROR)
            faults_add(&deed->out->faults, 0, 0, "%s: %s (%s)", check->id, check->title[LANGUAGE_EN],
                       check->title[LANGUAGE_ZH]);
        else
            warnings[answer->warning_count++] = check->id;
    }
    answer->warnings = warnings;
    if (!faults_empty(&deed->out->faults))
        return REFUSE(deed, STATUS_INVALID, deed->dealer, "%s %s fails %zu of the catalog's checks", deed->dealer,
                      month_text(deed, month), deed->out->faults.count);
    return STATUS_OK;
}

/* ---- the current revision */

static status_t read_current(deed_t *deed)
{
    status_t status =
        store_get_current(deed->context->txn, deed->dealer, deed->period, true, deed->scratch, &deed->current);
    deed->has_current = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static status_t equals_current_consultants(const deed_t *deed, int64_t *facts, bool *out)
{
    const submission_context_t *context = deed->context;
    const stored_revision_t *current = &deed->current;
    size_t count = deed->submission->consultant_count;
    *out = false;
    if (current->consultant_count != count)
        return STATUS_OK;
    const packed_consultant_t **ours = sort_consultants(deed, deed->submission->consultants, count);
    const packed_consultant_t **theirs = sort_consultants(deed, current->consultants, count);
    if (!ours || !theirs)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ours[i]->consultant, theirs[i]->consultant) != 0)
            return STATUS_OK;
        TRY(world_unpack(context->world, context->txn, current->catalog_digest, &theirs[i]->facts, facts));
        if (memcmp(facts, deed->consultants[i], context->world->catalog->fact_count * sizeof *facts) != 0)
            return STATUS_OK;
    }
    *out = true;
    return STATUS_OK;
}

/* Facts and consultants, whatever their order, and whatever catalog they were packed for. */
static status_t equals_current(const deed_t *deed, bool *out)
{
    const submission_context_t *context = deed->context;
    size_t fact_count = context->world->catalog->fact_count;
    int64_t facts[CATALOG_FACTS_MAX];
    *out = false;
    if (!deed->has_current || deed->current.withdrawn)
        return STATUS_OK;
    TRY(world_unpack(context->world, context->txn, deed->current.catalog_digest, &deed->current.facts, facts));
    if (memcmp(facts, deed->facts, fact_count * sizeof *facts) != 0)
        return STATUS_OK;
    return equals_current_consultants(deed, facts, out);
}

/* Nothing new: no revision, but the id keeps its answer, with the warnings of the revision that stands. */
static status_t conclude_unchanged(const deed_t *deed, stored_answer_t *answer)
{
    stored_answer_t first = {0};
    status_t status =
        store_get_answer(deed->context->txn, deed->dealer, deed->current.submission_id, deed->scratch, &first);
    if (status != STATUS_NOT_FOUND)
        TRY(status);
    answer->outcome = OUTCOME_UNCHANGED;
    answer->revision = deed->current.revision;
    answer->sequence = first.sequence;
    answer->late = deed->current.late;
    answer->warnings = deed->current.warnings;
    answer->warning_count = deed->current.warning_count;
    answer->catalog_digest = deed->current.catalog_digest;
    return conclude(deed, answer, &deed->current);
}

static bool names_consultant(const packed_consultant_t **sorted, size_t count, const packed_consultant_t *consultant)
{
    return count && bsearch(&consultant, sorted, count, sizeof(packed_consultant_t *), compare_consultants);
}

/* What the current revision holds and this submission does not: replaced as it must be, but not without a word. */
static status_t count_dropped(const deed_t *deed, stored_answer_t *answer)
{
    const submission_context_t *context = deed->context;
    const submission_t *submission = deed->submission;
    int64_t facts[CATALOG_FACTS_MAX];
    if (!submission || !deed->has_current || deed->current.withdrawn)
        return STATUS_OK;
    TRY(world_unpack(context->world, context->txn, deed->current.catalog_digest, &deed->current.facts, facts));
    for (size_t i = 0; i < context->world->catalog->fact_count; i++)
        answer->facts_dropped += facts[i] != FACT_ABSENT && deed->facts[i] == FACT_ABSENT;
    const packed_consultant_t **sorted = sort_consultants(deed, submission->consultants, submission->consultant_count);
    if (!sorted)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < deed->current.consultant_count; i++)
        answer->consultants_dropped +=
            !names_consultant(sorted, submission->consultant_count, &deed->current.consultants[i]);
    return STATUS_OK;
}

/* Whether what the revision replaces was filed in time: a correction does not make a dealer late that was not. */
static bool corrects_in_time(const deed_t *deed)
{
    const stored_revision_t *current = &deed->current;
    return deed->submission && deed->has_current && !current->withdrawn && (!current->late || current->filed_in_time);
}

/* A revision, its answer, and what the months must be told. */
static status_t conclude_revision(const deed_t *deed, stored_answer_t *answer)
{
    TRY(count_dropped(deed, answer));
    const submission_context_t *context = deed->context;
    const submission_t *submission = deed->submission;
    stored_revision_t revision = {
        .dealer = deed->dealer,
        .period = deed->period,
        .revision = deed->has_current ? deed->current.revision + 1 : 1,
        .time_ms = context->now.ms,
        .role = deed->principal->role,
        .late = answer->late,
        .filed_in_time = answer->late && corrects_in_time(deed),
        .withdrawn = !submission,
        .why = deed->why,
        .catalog_digest = context->world->catalog->digest,
        .warnings = answer->warnings,
        .warning_count = answer->warning_count,
        .filed_ms = deed->filed_ms,
    };
    memcpy(revision.submission_id, deed->id, SUBMISSION_ID_SIZE);
    memcpy(revision.public_key, deed->principal->key, KEY_SIZE);
    if (submission) {
        revision.facts = submission->facts;
        revision.consultants = submission->consultants;
        revision.consultant_count = submission->consultant_count;
    }
    month_delta_t delta = {
        .period = deed->period,
        .dealer = submission ? deed->place : network_find_dealer(context->world->network, deed->dealer),
        .late = answer->late && !revision.filed_in_time,
    };
    size_t facts_size = context->world->catalog->fact_count * sizeof(int64_t);
    if (submission && !(delta.facts = (int64_t *)(void *)arena_memdup(context->arena, deed->facts, facts_size)))
        return STATUS_NO_MEMORY;
    TRY(store_put_revision(context->txn, &revision, &delta.sequence));
    answer->revision = revision.revision;
    answer->sequence = delta.sequence;
    TRY(conclude(deed, answer, &revision));
    deed->out->changes = true;
    deed->out->delta = delta;
    return STATUS_OK;
}

/* What was filed in time is not late because this hub lost it: its own signature says so. */
static status_t honour_earlier(const deed_t *deed, stored_answer_t *answer)
{
    const submission_context_t *context = deed->context;
    const submission_t *submission = deed->submission;
    named_facts_t facts = {0};
    status_t status = STATUS_OK;
    if (!answer->late || !deed->earlier || deed->earlier->late)
        return STATUS_OK;
    if (submission)
        status = signed_name_facts(context->world->catalog, &submission->facts, submission->consultants,
                                   submission->consultant_count, deed->scratch, &facts);
    if (status == STATUS_OK)
        status = signed_receipt_check(context->hub_key, context->signing_key, deed->earlier, deed->dealer, deed->period,
                                      deed->id, submission ? &facts : NULL);
    answer->late = status != STATUS_OK;
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

/* ---- the two deeds */

static stored_answer_t new_answer(const deed_t *deed, outcome_t outcome)
{
    return (stored_answer_t){
        .period = deed->period,
        .outcome = outcome,
        .time_ms = deed->context->now.ms,
        .late = clock_is_late(deed->period, deed->context->settings->due_day, deed->context->now),
        .catalog_digest = deed->context->world->catalog->digest,
    };
}

static status_t submit(deed_t *deed)
{
    bool unchanged = false;
    stored_answer_t answer = new_answer(deed, OUTCOME_ACCEPTED);
    STEP(deed, check_month(deed));
    deed->facts = arena_array(deed->scratch, 2 * deed->context->world->catalog->fact_count, sizeof(int64_t));
    if (!deed->facts)
        return STATUS_NO_MEMORY;
    STEP(deed, read_facts(deed, &deed->submission->facts, "", deed->facts));
    STEP(deed, check_consultants(deed));
    TRY(read_current(deed));
    TRY(equals_current(deed, &unchanged));
    if (unchanged) /* before the checks: what stands was accepted, whatever the month before says since */
        return conclude_unchanged(deed, &answer);
    STEP(deed, check_order(deed));
    STEP(deed, check_open(deed));
    TRY(read_previous(deed));
    STEP(deed, run_checks(deed, &answer));
    TRY(honour_earlier(deed, &answer));
    return conclude_revision(deed, &answer);
}

static status_t withdraw(deed_t *deed)
{
    char month[PERIOD_TEXT_SIZE];
    stored_answer_t answer = new_answer(deed, OUTCOME_WITHDRAWN);
    TRY(read_current(deed));
    STEP(deed, check_order(deed));
    if (!deed->has_current || deed->current.withdrawn) /* sent again: then nothing was lost */
        return REFUSE(deed, deed->filed_ms ? STATUS_CONFLICT : STATUS_INVALID, deed->dealer,
                      "%s has nothing filed for %s to withdraw", deed->dealer, month_text(deed, month));
    STEP(deed, check_open(deed));
    TRY(honour_earlier(deed, &answer));
    return conclude_revision(deed, &answer);
}

static status_t decide(deed_t *deed)
{
    bool repeated = false;
    STEP(deed, check_right(deed));
    STEP(deed, repeat(deed, &repeated));
    if (repeated)
        return STATUS_OK;
    return deed->submission ? submit(deed) : withdraw(deed);
}

status_t submission_process(const submission_context_t *context, const principal_t *principal, const request_t *request,
                            submission_result_t *out)
{
    bool is_submission = request->kind == REQUEST_SUBMIT;
    deed_t deed = {
        .context = context,
        .principal = principal,
        .submission = is_submission ? &request->submission : NULL,
        .id = is_submission ? request->submission.id : request->withdrawal.id,
        .dealer = is_submission ? request->submission.dealer : request->withdrawal.dealer,
        .period = is_submission ? request->submission.period : request->withdrawal.period,
        .why = is_submission ? "" : request->withdrawal.why,
        .earlier = is_submission ? request->submission.earlier : request->withdrawal.earlier,
        .scratch = context->scratch,
        .out = out,
    };
    if (deed.earlier)
        deed.filed_ms = deed.earlier->time_ms < context->now.ms ? deed.earlier->time_ms : context->now.ms;
    *out = (submission_result_t){0};
    status_t status = decide(&deed);
    arena_reset(context->scratch);
    return status;
}
