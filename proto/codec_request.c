#include "core/limits.h"
#include "proto/codec_internals.h"

#include <assert.h>

/* A kind is its oneof's field number less one, so that no table can be out of step. */
static_assert((int)REQUEST_DESCRIBE + 1 == (int)YARDSTICK__V1__REQUEST__BODY_DESCRIBE,
              "kinds follow the field numbers");
static_assert((int)REQUEST_BENCHMARK + 1 == (int)YARDSTICK__V1__REQUEST__BODY_BENCHMARK,
              "kinds follow the field numbers");
static_assert((int)REQUEST_GET_HEALTH + 1 == (int)YARDSTICK__V1__REQUEST__BODY_GET_HEALTH,
              "kinds follow the field numbers");
static_assert((int)REQUEST_MONTH_STATUS + 1 == (int)YARDSTICK__V1__REQUEST__BODY_MONTH_STATUS,
              "kinds follow the field numbers");
static_assert((int)REQUEST_MONTH_DRIFT + 1 == (int)YARDSTICK__V1__REQUEST__BODY_MONTH_DRIFT,
              "kinds follow the field numbers");
static_assert((int)REQUEST_LIST_EVENTS + 1 == (int)YARDSTICK__V1__REQUEST__BODY_LIST_EVENTS,
              "kinds follow the field numbers");
static_assert((int)REQUEST_VERIFY_EVENTS + 1 == (int)YARDSTICK__V1__REQUEST__BODY_VERIFY_EVENTS,
              "kinds follow the field numbers");
static_assert((int)REQUEST_COVERAGE_YEAR + 1 == (int)YARDSTICK__V1__REQUEST__BODY_COVERAGE_YEAR,
              "kinds follow the field numbers");
static_assert((int)REQUEST_ENROLL + 1 == (int)YARDSTICK__V1__REQUEST__BODY_ENROLL, "kinds follow the field numbers");
static_assert((int)REQUEST_WITNESS + 1 == (int)YARDSTICK__V1__REQUEST__BODY_WITNESS, "kinds follow the field numbers");
static_assert((int)REQUEST_COMMENT + 1 == (int)YARDSTICK__V1__REQUEST__BODY_COMMENT, "kinds follow the field numbers");

static const wire_cap_t CAPS[] = {
    {&yardstick__v1__submission__descriptor, 6, CATALOG_FACTS_MAX},
    {&yardstick__v1__submission__descriptor, 7, CONSULTANTS_MAX},
    {&yardstick__v1__consultant_facts__descriptor, 3, CATALOG_FACTS_MAX},
    {&yardstick__v1__receipt__descriptor, 6, CATALOG_CHECKS_MAX},
    {&yardstick__v1__compare_query__descriptor, 3, PEERS_MAX},
    {&yardstick__v1__benchmark_query__descriptor, 2, SCOPES_MAX},
    {&yardstick__v1__coverage_query__descriptor, 2, SCOPES_MAX},
    {&yardstick__v1__checks_query__descriptor, 2, SCOPES_MAX},
    {&yardstick__v1__coverage_year_query__descriptor, 2, SCOPES_MAX},
    {&yardstick__v1__admit_key__descriptor, 3, KEY_DEALERS_MAX},
    {&yardstick__v1__network__descriptor, 1, NETWORK_PART_LINES_MAX},
    {&yardstick__v1__network__descriptor, 2, NETWORK_PART_LINES_MAX},
    {&yardstick__v1__network__descriptor, 3, NETWORK_PART_LINES_MAX},
    {&yardstick__v1__network__descriptor, 4, NETWORK_PART_LINES_MAX},
    {&yardstick__v1__make_tokens__descriptor, 1, TOKENS_MAX},
    {&yardstick__v1__new_token__descriptor, 2, KEY_DEALERS_MAX},
    {&yardstick__v1__revoke_tokens__descriptor, 1, TOKENS_MAX},
};
const wire_caps_t request_caps = {CAPS, sizeof CAPS / sizeof *CAPS};

/* ---- reading */

static status_t read_consultants(reader_t *reader, const Yardstick__V1__Submission *message, submission_t *out)
{
    packed_consultant_t *consultants;
    READ_ARRAY(reader->arena, message->n_consultants, consultants);
    for (size_t i = 0; i < message->n_consultants; i++) {
        const Yardstick__V1__ConsultantFacts *one = message->consultants[i];
        TRY(reader_code(reader, "submit.consultants.consultant", one->consultant));
        consultants[i].consultant = one->consultant;
        TRY(reader_facts(reader, one->presence, one->facts, one->n_facts, &consultants[i].facts));
    }
    out->consultants = consultants;
    out->consultant_count = message->n_consultants;
    return STATUS_OK;
}

static status_t read_earlier(reader_t *reader, const Yardstick__V1__Receipt *message, const receipt_t **out)
{
    receipt_t *receipt;
    if (!message)
        return STATUS_OK;
    READ_ARRAY(reader->arena, 1, receipt);
    TRY(receipt_read(reader, message, receipt));
    *out = receipt;
    return STATUS_OK;
}

static status_t read_submission(reader_t *reader, const Yardstick__V1__Submission *message, submission_t *out)
{
    TRY(reader_bytes(reader, "submit.id", message->id, SUBMISSION_ID_SIZE, out->id));
    TRY(reader_code(reader, "submit.dealer", message->dealer));
    TRY(reader_period(reader, "submit.period", message->period, &out->period));
    TRY(reader_facts(reader, message->presence, message->facts, message->n_facts, &out->facts));
    out->dealer = message->dealer;
    out->catalog_digest = message->catalog_digest;
    out->group_receipt = message->group_receipt;
    TRY(read_earlier(reader, message->earlier, &out->earlier));
    return read_consultants(reader, message, out);
}

static status_t read_withdrawal(reader_t *reader, const Yardstick__V1__Withdrawal *message, withdrawal_t *out)
{
    TRY(reader_bytes(reader, "withdraw.id", message->id, SUBMISSION_ID_SIZE, out->id));
    TRY(reader_code(reader, "withdraw.dealer", message->dealer));
    TRY(reader_period(reader, "withdraw.period", message->period, &out->period));
    TRY(reader_text(reader, "withdraw.why", message->why, 0, TEXT_LENGTH_MAX));
    out->dealer = message->dealer;
    out->why = message->why;
    out->group_receipt = message->group_receipt;
    TRY(read_earlier(reader, message->earlier, &out->earlier));
    return STATUS_OK;
}

/* Which figures: of any query's message. */
#define READ_AS_OF(message, out)                                                                                       \
    ((out)->as_of = (as_of_t){(message)->as_of_ms, (message)->as_of_event, (message)->restated})
#define WRITE_AS_OF(query, message)                                                                                    \
    ((message)->as_of_ms = (query)->as_of.time_ms, (message)->as_of_event = (query)->as_of.event,                      \
     (message)->restated = (query)->as_of.restated)

static status_t read_compare(reader_t *reader, const Yardstick__V1__CompareQuery *message, compare_query_t *out)
{
    TRY(reader_code(reader, "compare.dealer", message->dealer));
    TRY(reader_period(reader, "compare.period", message->period, &out->period));
    TRY(reader_codes(reader, "compare.peers", message->peers, message->n_peers));
    TRY(reader_optional_code(reader, "compare.region", message->region));
    out->dealer = message->dealer;
    out->peers = (const char **)message->peers;
    out->peer_count = message->n_peers;
    out->region = message->region;
    READ_AS_OF(message, out);
    out->regions_today = message->regions_today;
    out->all_peers = message->all_peers;
    return STATUS_OK;
}

static status_t read_year(reader_t *reader, const char *what, uint32_t year, int *out)
{
    if (year < PERIOD_YEAR_MIN || year > PERIOD_YEAR_MAX)
        return reader_refuse(reader, "%s %u is no year from %d to %d", what, (unsigned)year, PERIOD_YEAR_MIN,
                             PERIOD_YEAR_MAX);
    *out = (int)year;
    return STATUS_OK;
}

static status_t read_trend(reader_t *reader, const Yardstick__V1__TrendQuery *message, trend_query_t *out)
{
    TRY(reader_code(reader, "trend.dealer", message->dealer));
    out->dealer = message->dealer;
    READ_AS_OF(message, out);
    return read_year(reader, "trend.year", message->year, &out->year);
}

static status_t read_consultants_query(reader_t *reader, const Yardstick__V1__ConsultantsQuery *message,
                                       consultants_query_t *out)
{
    TRY(reader_code(reader, "consultants.dealer", message->dealer));
    TRY(reader_period(reader, "consultants.period", message->period, &out->period));
    out->dealer = message->dealer;
    READ_AS_OF(message, out);
    return STATUS_OK;
}

static status_t read_rank(reader_t *reader, const Yardstick__V1__RankQuery *message, rank_query_t *out)
{
    TRY(reader_text(reader, "rank.row", message->row, 1, CODE_LENGTH_MAX));
    TRY(reader_text(reader, "rank.scope", message->scope, 1, SCOPE_LENGTH_MAX));
    TRY(reader_period(reader, "rank.period", message->period, &out->period));
    out->row = message->row;
    out->scope = message->scope;
    READ_AS_OF(message, out);
    out->regions_today = message->regions_today;
    return STATUS_OK;
}

status_t reader_scopes(reader_t *reader, const char *what, char **scopes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(reader_text(reader, what, scopes[i], 1, SCOPE_LENGTH_MAX));
    return STATUS_OK;
}

static status_t read_benchmark(reader_t *reader, const Yardstick__V1__BenchmarkQuery *message, benchmark_query_t *out)
{
    TRY(reader_period(reader, "benchmark.period", message->period, &out->period));
    TRY(reader_scopes(reader, "benchmark.scopes", message->scopes, message->n_scopes));
    TRY(reader_text(reader, "benchmark.table", message->table, 0, CODE_LENGTH_MAX));
    out->scopes = (const char **)message->scopes;
    out->scope_count = message->n_scopes;
    out->table = message->table;
    READ_AS_OF(message, out);
    out->regions_today = message->regions_today;
    return STATUS_OK;
}

static status_t read_coverage(reader_t *reader, const Yardstick__V1__CoverageQuery *message, coverage_query_t *out)
{
    TRY(reader_period(reader, "coverage.period", message->period, &out->period));
    TRY(reader_scopes(reader, "coverage.scopes", message->scopes, message->n_scopes));
    out->scopes = (const char **)message->scopes;
    out->scope_count = message->n_scopes;
    READ_AS_OF(message, out);
    out->regions_today = message->regions_today;
    return STATUS_OK;
}

static status_t read_coverage_year(reader_t *reader, const Yardstick__V1__CoverageYearQuery *message,
                                   coverage_year_query_t *out)
{
    TRY(read_year(reader, "coverage_year.year", message->year, &out->year));
    TRY(reader_scopes(reader, "coverage_year.scopes", message->scopes, message->n_scopes));
    out->scopes = (const char **)message->scopes;
    out->scope_count = message->n_scopes;
    out->never_only = message->never_only;
    out->regions_today = message->regions_today;
    return STATUS_OK;
}

static status_t read_admission(reader_t *reader, const Yardstick__V1__AdmitKey *message, key_entry_t *out)
{
    TRY(reader_bytes(reader, "admit_key.public_key", message->public_key, KEY_SIZE, out->public_key));
    TRY(reader_choice(reader, "admit_key.role", (uint32_t)message->role, ROLE_COUNT));
    TRY(reader_codes(reader, "admit_key.dealers", message->dealers, message->n_dealers));
    TRY(reader_optional_code(reader, "admit_key.region", message->region));
    out->role = (role_t)message->role;
    out->dealers = (const char **)message->dealers;
    out->dealer_count = message->n_dealers;
    out->region = message->region;
    return STATUS_OK;
}

static status_t read_network_part(reader_t *reader, const Yardstick__V1__NetworkPart *message, network_part_t *out)
{
    TRY(reader_bytes(reader, "import_network.upload_id", message->upload_id, UPLOAD_ID_SIZE, out->upload_id));
    out->part = message->part;
    out->last = message->last;
    out->dry_run = message->dry_run;
    return message->lines ? network_read(reader, message->lines, &out->lines) : STATUS_OK;
}

static status_t read_catalog(reader_t *reader, const Yardstick__V1__InstallCatalog *message, span_t *out)
{
    if (message->yaml.len > CATALOG_SIZE_MAX)
        return reader_refuse(reader, "install_catalog.yaml has %zu bytes: at most %d are allowed", message->yaml.len,
                             CATALOG_SIZE_MAX);
    *out = (span_t){message->yaml.data, message->yaml.len};
    return STATUS_OK;
}

status_t request_body_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out)
{
    out->kind = (request_kind_t)((int)message->body_case - 1);
    switch (out->kind) {
    case REQUEST_GET_CATALOG:
        out->known_digest = message->get_catalog->known_digest;
        return STATUS_OK;
    case REQUEST_SUBMIT:
        return read_submission(reader, message->submit, &out->submission);
    case REQUEST_WITHDRAW:
        return read_withdrawal(reader, message->withdraw, &out->withdrawal);
    case REQUEST_COMPARE:
        return read_compare(reader, message->compare, &out->compare);
    case REQUEST_TREND:
        return read_trend(reader, message->trend, &out->trend);
    case REQUEST_CONSULTANTS:
        return read_consultants_query(reader, message->consultants, &out->consultants);
    case REQUEST_RANK:
        return read_rank(reader, message->rank, &out->rank);
    case REQUEST_BENCHMARK:
        return read_benchmark(reader, message->benchmark, &out->benchmark);
    case REQUEST_COVERAGE:
        return read_coverage(reader, message->coverage, &out->coverage);
    case REQUEST_COVERAGE_YEAR:
        return read_coverage_year(reader, message->coverage_year, &out->coverage_year);
    case REQUEST_ADMIT_KEY:
        return read_admission(reader, message->admit_key, &out->admit);
    case REQUEST_REVOKE_KEY:
        return reader_bytes(reader, "revoke_key.public_key", message->revoke_key->public_key, KEY_SIZE, out->revoke);
    case REQUEST_IMPORT_NETWORK:
        return read_network_part(reader, message->import_network, &out->network_part);
    case REQUEST_INSTALL_CATALOG:
        return read_catalog(reader, message->install_catalog, &out->catalog_yaml);
    case REQUEST_MAKE_TOKENS:
    case REQUEST_LIST_TOKENS:
    case REQUEST_REVOKE_TOKENS:
    case REQUEST_ENROLL:
        return token_request_read(reader, message, out);
    case REQUEST_MONTH_STATUS:
    case REQUEST_CLOSE_MONTH:
    case REQUEST_REOPEN_MONTH:
    case REQUEST_ALLOW_CORRECTION:
    case REQUEST_MONTH_DRIFT:
        return month_request_read(reader, message, out);
    case REQUEST_LIST_EVENTS:
    case REQUEST_HISTORY:
    case REQUEST_VERIFY_EVENTS:
        return audit_request_read(reader, message, out);
    case REQUEST_WITNESS:
        return witness_request_read(reader, message->witness, &out->witness);
    case REQUEST_RELEASE_MONTH:
    case REQUEST_DESIGNATE_EXEMPLAR:
    case REQUEST_LIST_EXEMPLARS:
    case REQUEST_EXPLAIN_DISCLOSURE:
        return release_request_read(reader, message, out);
    case REQUEST_CHECKS:
    case REQUEST_COMMENT:
        return checks_request_read(reader, message, out);
    default:
        return STATUS_OK; /* bodies without fields */
    }
}

/* ---- writing */

static status_t write_consultants(arena_t *arena, const submission_t *submission, Yardstick__V1__Submission *out)
{
    Yardstick__V1__ConsultantFacts *items, initial = YARDSTICK__V1__CONSULTANT_FACTS__INIT;
    WRITE_LIST(arena, submission->consultant_count, initial, items, out->consultants);
    out->n_consultants = submission->consultant_count;
    for (size_t i = 0; i < submission->consultant_count; i++) {
        const packed_facts_t *facts = &submission->consultants[i].facts;
        items[i].consultant = lend(submission->consultants[i].consultant);
        items[i].presence = lend_bytes(facts->presence.data, facts->presence.size);
        items[i].facts = (int64_t *)facts->values;
        items[i].n_facts = facts->count;
    }
    return STATUS_OK;
}

static status_t write_submission(arena_t *arena, const submission_t *submission, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Submission)YARDSTICK__V1__SUBMISSION__INIT, out->submit);
    out->submit->id = lend_bytes(submission->id, SUBMISSION_ID_SIZE);
    out->submit->dealer = lend(submission->dealer);
    out->submit->period = period_to_number(submission->period);
    out->submit->catalog_digest = submission->catalog_digest;
    out->submit->group_receipt = submission->group_receipt;
    if (submission->earlier)
        TRY(receipt_write(arena, submission->earlier, &out->submit->earlier));
    out->submit->presence = lend_bytes(submission->facts.presence.data, submission->facts.presence.size);
    out->submit->facts = (int64_t *)submission->facts.values;
    out->submit->n_facts = submission->facts.count;
    return write_consultants(arena, submission, out->submit);
}

static status_t write_withdrawal(arena_t *arena, const withdrawal_t *withdrawal, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Withdrawal)YARDSTICK__V1__WITHDRAWAL__INIT, out->withdraw);
    out->withdraw->id = lend_bytes(withdrawal->id, SUBMISSION_ID_SIZE);
    out->withdraw->dealer = lend(withdrawal->dealer);
    out->withdraw->period = period_to_number(withdrawal->period);
    out->withdraw->why = lend(withdrawal->why);
    out->withdraw->group_receipt = withdrawal->group_receipt;
    return withdrawal->earlier ? receipt_write(arena, withdrawal->earlier, &out->withdraw->earlier) : STATUS_OK;
}

static status_t write_compare(arena_t *arena, const compare_query_t *query, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__CompareQuery)YARDSTICK__V1__COMPARE_QUERY__INIT, out->compare);
    out->compare->dealer = lend(query->dealer);
    out->compare->period = period_to_number(query->period);
    out->compare->peers = (char **)query->peers;
    out->compare->n_peers = query->peer_count;
    out->compare->region = lend(query->region);
    WRITE_AS_OF(query, out->compare);
    out->compare->regions_today = query->regions_today;
    out->compare->all_peers = query->all_peers;
    return STATUS_OK;
}

static status_t write_trend(arena_t *arena, const trend_query_t *query, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__TrendQuery)YARDSTICK__V1__TREND_QUERY__INIT, out->trend);
    out->trend->dealer = lend(query->dealer);
    out->trend->year = (uint32_t)query->year;
    WRITE_AS_OF(query, out->trend);
    return STATUS_OK;
}

static status_t write_consultants_query(arena_t *arena, const consultants_query_t *query, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__ConsultantsQuery)YARDSTICK__V1__CONSULTANTS_QUERY__INIT, out->consultants);
    out->consultants->dealer = lend(query->dealer);
    out->consultants->period = period_to_number(query->period);
    WRITE_AS_OF(query, out->consultants);
    return STATUS_OK;
}

static status_t write_rank(arena_t *arena, const rank_query_t *query, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__RankQuery)YARDSTICK__V1__RANK_QUERY__INIT, out->rank);
    out->rank->row = lend(query->row);
    out->rank->scope = lend(query->scope);
    out->rank->period = period_to_number(query->period);
    WRITE_AS_OF(query, out->rank);
    out->rank->regions_today = query->regions_today;
    return STATUS_OK;
}

static status_t write_benchmark(arena_t *arena, const benchmark_query_t *query, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__BenchmarkQuery)YARDSTICK__V1__BENCHMARK_QUERY__INIT, out->benchmark);
    out->benchmark->period = period_to_number(query->period);
    out->benchmark->scopes = (char **)query->scopes;
    out->benchmark->n_scopes = query->scope_count;
    out->benchmark->table = lend(query->table);
    WRITE_AS_OF(query, out->benchmark);
    out->benchmark->regions_today = query->regions_today;
    return STATUS_OK;
}

static status_t write_coverage(arena_t *arena, const coverage_query_t *query, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__CoverageQuery)YARDSTICK__V1__COVERAGE_QUERY__INIT, out->coverage);
    out->coverage->period = period_to_number(query->period);
    out->coverage->scopes = (char **)query->scopes;
    out->coverage->n_scopes = query->scope_count;
    WRITE_AS_OF(query, out->coverage);
    out->coverage->regions_today = query->regions_today;
    return STATUS_OK;
}

static status_t write_coverage_year(arena_t *arena, const coverage_year_query_t *query, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__CoverageYearQuery)YARDSTICK__V1__COVERAGE_YEAR_QUERY__INIT, out->coverage_year);
    out->coverage_year->year = (uint32_t)query->year;
    out->coverage_year->scopes = (char **)query->scopes;
    out->coverage_year->n_scopes = query->scope_count;
    out->coverage_year->never_only = query->never_only;
    out->coverage_year->regions_today = query->regions_today;
    return STATUS_OK;
}

static status_t write_admission(arena_t *arena, const key_entry_t *key, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__AdmitKey)YARDSTICK__V1__ADMIT_KEY__INIT, out->admit_key);
    out->admit_key->public_key = lend_bytes(key->public_key, KEY_SIZE);
    out->admit_key->role = (Yardstick__V1__Role)key->role;
    out->admit_key->dealers = (char **)key->dealers;
    out->admit_key->n_dealers = key->dealer_count;
    out->admit_key->region = lend(key->region);
    return STATUS_OK;
}

static status_t write_network_part(arena_t *arena, const network_part_t *part, Yardstick__V1__Request *out)
{
    WRITE_ONE(arena, (Yardstick__V1__NetworkPart)YARDSTICK__V1__NETWORK_PART__INIT, out->import_network);
    out->import_network->upload_id = lend_bytes(part->upload_id, UPLOAD_ID_SIZE);
    out->import_network->part = part->part;
    out->import_network->last = part->last;
    out->import_network->dry_run = part->dry_run;
    WRITE_ONE(arena, (Yardstick__V1__Network)YARDSTICK__V1__NETWORK__INIT, out->import_network->lines);
    return network_write(arena, &part->lines, out->import_network->lines);
}

/* Bodies of a field or none. */
static status_t write_small(arena_t *arena, const request_t *request, Yardstick__V1__Request *out)
{
    switch (request->kind) {
    case REQUEST_DESCRIBE:
        WRITE_ONE(arena, (Yardstick__V1__Describe)YARDSTICK__V1__DESCRIBE__INIT, out->describe);
        return STATUS_OK;
    case REQUEST_GET_CATALOG:
        WRITE_ONE(arena, (Yardstick__V1__GetCatalog)YARDSTICK__V1__GET_CATALOG__INIT, out->get_catalog);
        out->get_catalog->known_digest = request->known_digest;
        return STATUS_OK;
    case REQUEST_REVOKE_KEY:
        WRITE_ONE(arena, (Yardstick__V1__RevokeKey)YARDSTICK__V1__REVOKE_KEY__INIT, out->revoke_key);
        out->revoke_key->public_key = lend_bytes(request->revoke, KEY_SIZE);
        return STATUS_OK;
    case REQUEST_LIST_KEYS:
        WRITE_ONE(arena, (Yardstick__V1__ListKeys)YARDSTICK__V1__LIST_KEYS__INIT, out->list_keys);
        return STATUS_OK;
    case REQUEST_SHOW_NETWORK:
        WRITE_ONE(arena, (Yardstick__V1__ShowNetwork)YARDSTICK__V1__SHOW_NETWORK__INIT, out->show_network);
        return STATUS_OK;
    case REQUEST_INSTALL_CATALOG:
        WRITE_ONE(arena, (Yardstick__V1__InstallCatalog)YARDSTICK__V1__INSTALL_CATALOG__INIT, out->install_catalog);
        out->install_catalog->yaml = lend_bytes(request->catalog_yaml.data, request->catalog_yaml.size);
        return STATUS_OK;
    case REQUEST_GET_HEALTH:
        WRITE_ONE(arena, (Yardstick__V1__GetHealth)YARDSTICK__V1__GET_HEALTH__INIT, out->get_health);
        return STATUS_OK;
    default:
        return STATUS_UNSUPPORTED;
    }
}

status_t request_body_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out)
{
    out->body_case = (Yardstick__V1__Request__BodyCase)((int)request->kind + 1);
    switch (request->kind) {
    case REQUEST_SUBMIT:
        return write_submission(arena, &request->submission, out);
    case REQUEST_WITHDRAW:
        return write_withdrawal(arena, &request->withdrawal, out);
    case REQUEST_COMPARE:
        return write_compare(arena, &request->compare, out);
    case REQUEST_TREND:
        return write_trend(arena, &request->trend, out);
    case REQUEST_CONSULTANTS:
        return write_consultants_query(arena, &request->consultants, out);
    case REQUEST_RANK:
        return write_rank(arena, &request->rank, out);
    case REQUEST_BENCHMARK:
        return write_benchmark(arena, &request->benchmark, out);
    case REQUEST_COVERAGE:
        return write_coverage(arena, &request->coverage, out);
    case REQUEST_COVERAGE_YEAR:
        return write_coverage_year(arena, &request->coverage_year, out);
    case REQUEST_ADMIT_KEY:
        return write_admission(arena, &request->admit, out);
    case REQUEST_IMPORT_NETWORK:
        return write_network_part(arena, &request->network_part, out);
    case REQUEST_MAKE_TOKENS:
    case REQUEST_LIST_TOKENS:
    case REQUEST_REVOKE_TOKENS:
    case REQUEST_ENROLL:
        return token_request_write(arena, request, out);
    case REQUEST_MONTH_STATUS:
    case REQUEST_CLOSE_MONTH:
    case REQUEST_REOPEN_MONTH:
    case REQUEST_ALLOW_CORRECTION:
    case REQUEST_MONTH_DRIFT:
        return month_request_write(arena, request, out);
    case REQUEST_LIST_EVENTS:
    case REQUEST_HISTORY:
    case REQUEST_VERIFY_EVENTS:
        return audit_request_write(arena, request, out);
    case REQUEST_WITNESS:
        return witness_request_write(arena, &request->witness, out);
    case REQUEST_RELEASE_MONTH:
    case REQUEST_DESIGNATE_EXEMPLAR:
    case REQUEST_LIST_EXEMPLARS:
    case REQUEST_EXPLAIN_DISCLOSURE:
        return release_request_write(arena, request, out);
    case REQUEST_CHECKS:
    case REQUEST_COMMENT:
        return checks_request_write(arena, request, out);
    default:
        return write_small(arena, request, out);
    }
}
