#include "cli/enroll.h"

#include "cli/commands.h"
#include "cli/enroll_known.h"
#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

#define DAYS_DEFAULT  30
#define NOTES_MAX     10 /* stores of which something is said */
#define DAY_MS        UINT64_C(86400000)
/* A part stays well under REQUEST_SIZE_MAX, and what its decoding takes under REQUEST_MEMORY_MAX. */
#define PART_WEIGHT   (REQUEST_SIZE_MAX / 2)
#define TOKEN_WEIGHT  64
#define DEALER_WEIGHT 32

typedef struct {
    session_t *session;
    const char *file, *out, *endpoint;
    arena_t *arena;
    enroll_agents_t agents;
    enroll_known_t known;
    uint64_t expires_ms;
    token_entry_t *tokens; /* of all agents, in their order */
    size_t *starts;        /* [part_count + 1] */
    size_t part_count, made;
} making_t;

/* ---- what is asked for */

static unsigned days_of(const session_t *session)
{
    const char *days = invocation_value(session->invocation, "days");
    return days ? (unsigned)strtoul(days, NULL, 10) : DAYS_DEFAULT;
}

status_t check_enroll(session_t *session)
{
    const char *days = invocation_value(session->invocation, "days");
    if (days && (strspn(days, "0123456789") < strlen(days) || strlen(days) > 3 || days_of(session) < 1 ||
                 days_of(session) > TOKEN_DAYS_MAX))
        return session_misuse(session, "--days %.80s: write a number of days from 1 to %d", days, TOKEN_DAYS_MAX);
    return STATUS_OK;
}

static bool is_local(const char *endpoint)
{
    static const char *const HOSTS[] = {"tcp://127.", "tcp://localhost:", "tcp://[::1]:"};
    for (size_t i = 0; i < sizeof HOSTS / sizeof *HOSTS; i++)
        if (strncmp(endpoint, HOSTS[i], strlen(HOSTS[i])) == 0)
            return true;
    return false;
}

/* Which endpoint the tokens name. */
static void choose_endpoint(making_t *making)
{
    session_t *session = making->session;
    const char *given = invocation_value(session->invocation, "endpoint");
    const char *own = invocation_value(session->invocation, "hub");
    making->endpoint = given ? given : own ? own : session->home.endpoint;
    if (!given && is_local(making->endpoint))
        session_note(
            making->session,
            "the tokens name the hub as %s, which no other machine reaches; --endpoint tcp://HOST:PORT says how agents "
            "see it",
            making->endpoint);
}

static size_t count_stores(const enroll_agents_t *agents)
{
    size_t count = 0;
    for (size_t i = 0; i < agents->count; i++)
        count += agents->items[i].dealer_count;
    return count;
}

/* ---- what the hub says first */

static status_t ask_hub(making_t *making)
{
    session_t *session = making->session;
    TRY(enroll_know(session, making->arena, &making->known));
    if (making->known.port == 0)
        return session_fail(session, STATUS_NOT_ALLOWED,
                            "this hub takes no enrolments; set enroll_listen in its hub.yaml, and start it again");
    making->expires_ms = making->known.now_ms + days_of(session) * DAY_MS;
    return STATUS_OK;
}

/* One store against the network; NULL with a fault. */
static const dealer_t *find_store(making_t *making, const network_t *network, const char *code, uint32_t line)
{
    faults_t *faults = &making->session->faults;
    period_t now = enroll_period(making->known.now_ms);
    uint32_t index = network_find_dealer(network, code);
    if (index == INDEX_NONE) {
        faults_add(faults, line, 0, "the network has no dealer %s", code);
        return NULL;
    }
    if (network_has_left(network, index, now)) {
        faults_add(faults, line, 0, "%s is not, or no longer, a member of the network", code);
        return NULL;
    }
    return &network->dealers[index];
}

static void check_agent(making_t *making, const network_t *network, const enroll_agent_t *agent)
{
    const dealer_t *first = NULL;
    for (size_t i = 0; i < agent->dealer_count; i++) {
        const dealer_t *store = find_store(making, network, agent->dealers[i], agent->line);
        if (store && first && strcmp(first->owner, store->owner) != 0)
            faults_add(&making->session->faults, agent->line, 0,
                       "%s belongs to %s, and %s to %s; a token is for the stores of one owner", first->code,
                       first->owner, store->code, store->owner);
        first = first ? first : store;
    }
}

/* All faults at once, and by the file's lines, before anything is made. The hub has the last word. */
static status_t check_agents(making_t *making)
{
    session_t *session = making->session;
    CLEANUP(answer_fini) answer_t answer = {0};
    CLEANUP(network_destroy) network_t *network = NULL;
    request_t request = {.kind = REQUEST_SHOW_NETWORK};
    TRY(session_ask(session, "enroll", &request, RESPONSE_NETWORK, &answer));
    TRY(network_build(&answer.response->network, &network, &session->faults));
    session->faults.source = making->file;
    for (size_t i = 0; i < making->agents.count; i++)
        check_agent(making, network, &making->agents.items[i]);
    session->faults.source = NULL;
    return faults_empty(&session->faults) ? STATUS_OK : STATUS_INVALID;
}

/* ---- what was before */

/* A store whose computer was replaced: what the old one holds is still good. */
static void note_key(const making_t *making, const char *dealer, const key_entry_t *key)
{
    char since[ENROLL_TIME_SIZE], text[HOME_KEY_SIZE];
    enroll_time_text(key->admitted_ms, since);
    home_format_key(key->public_key, text);
    session_note(
        making->session,
        "%s is served by a key already, since %s; where that is of a computer that is gone, shut it out: yardstick "
        "keys revoke '%s'",
        dealer, since, text);
}

static void note_served(const making_t *making)
{
    size_t count = 0;
    for (size_t i = 0; i < making->agents.count; i++)
        for (size_t j = 0; j < making->agents.items[i].dealer_count; j++) {
            const char *dealer = making->agents.items[i].dealers[j];
            const key_entry_t *key = enroll_key_of(&making->known, dealer);
            if (key && ++count <= NOTES_MAX)
                note_key(making, dealer, key);
        }
    if (count > NOTES_MAX)
        session_note(making->session, "and %zu more of the stores; `yardstick keys list` names their keys",
                     count - NOTES_MAX);
}

static int compare_codes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Whether each store of the token gets a new one. */
static bool is_replaced(const token_entry_t *token, const char **codes, size_t code_count)
{
    for (size_t i = 0; i < token->dealer_count; i++)
        if (!bsearch(&token->dealers[i], codes, code_count, sizeof *codes, compare_codes))
            return false;
    return true;
}

/* The digests of earlier tokens that are good yet, and whose stores all get new ones. */
static status_t find_replaced(const making_t *making, uint8_t (**out)[DIGEST_SIZE], size_t *out_count)
{
    size_t code_count = 0;
    const char **codes = arena_array(making->arena, count_stores(&making->agents), sizeof *codes);
    *out = arena_array(making->arena, making->known.tokens.count, sizeof **out);
    if (!codes || !*out)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < making->agents.count; i++)
        for (size_t j = 0; j < making->agents.items[i].dealer_count; j++)
            codes[code_count++] = making->agents.items[i].dealers[j];
    qsort(codes, code_count, sizeof *codes, compare_codes);
    *out_count = 0;
    for (size_t i = 0; i < making->known.tokens.count; i++) {
        const token_entry_t *token = &making->known.tokens.items[i];
        if (token_state(token, making->known.now_ms) == TOKEN_UNUSED && is_replaced(token, codes, code_count))
            memcpy((*out)[(*out_count)++], token->digest, DIGEST_SIZE);
    }
    return STATUS_OK;
}

/* Once the new ones are made. */
static status_t replace(making_t *making)
{
    session_t *session = making->session;
    uint8_t(*digests)[DIGEST_SIZE];
    size_t count;
    TRY(find_replaced(making, &digests, &count));
    if (count == 0)
        return STATUS_OK;
    if (!invocation_value(session->invocation, "replace")) {
        session_note(making->session,
                     "%zu earlier token%s of these stores %s good yet; with --replace %s made worthless", count,
                     count == 1 ? "" : "s", count == 1 ? "is" : "are", count == 1 ? "it is" : "they are");
        return STATUS_OK;
    }
    TRY(enroll_revoke_all(session, (const uint8_t(*)[DIGEST_SIZE])digests, count));
    printf("revoked %zu earlier token%s of these stores\n", count, count == 1 ? "" : "s");
    return STATUS_OK;
}

/* ---- making */

static status_t make_secrets(making_t *making)
{
    CLEANUP(token_fini) token_t token = {.port = (uint16_t)making->known.port};
    snprintf(token.hub_key, sizeof token.hub_key, "%s", making->session->home.hub_key);
    snprintf(token.endpoint, sizeof token.endpoint, "%s", making->endpoint);
    making->tokens = arena_array(making->arena, making->agents.count, sizeof *making->tokens);
    if (!making->tokens)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < making->agents.count; i++) {
        enroll_agent_t *agent = &making->agents.items[i];
        arc4random_buf(token.secret, sizeof token.secret);
        token_write(&token, agent->text);
        making->tokens[i] = (token_entry_t){
            .dealers = agent->dealers, .dealer_count = agent->dealer_count, .expires_ms = making->expires_ms};
        token_digest(token.secret, making->tokens[i].digest);
    }
    return STATUS_OK;
}

static size_t weight_of(const enroll_agent_t *agent)
{
    size_t weight = TOKEN_WEIGHT;
    for (size_t i = 0; i < agent->dealer_count; i++)
        weight += DEALER_WEIGHT + strlen(agent->dealers[i]);
    return weight;
}

/* Where each part begins. */
static status_t cut_parts(making_t *making)
{
    size_t weight = 0;
    making->starts = arena_array(making->arena, making->agents.count + 1, sizeof *making->starts);
    if (!making->starts)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < making->agents.count; i++) {
        size_t start = making->starts[making->part_count ? making->part_count - 1 : 0];
        weight += weight_of(&making->agents.items[i]);
        if (i == 0 || i - start == TOKENS_MAX || weight > PART_WEIGHT) {
            making->starts[making->part_count++] = i;
            weight = weight_of(&making->agents.items[i]);
        }
    }
    making->starts[making->part_count] = making->agents.count;
    return STATUS_OK;
}

static status_t make_part(void *context, size_t index, arena_t *arena, request_t *out)
{
    (void)arena;
    const making_t *making = context;
    size_t start = making->starts[index];
    *out = (request_t){.kind = REQUEST_MAKE_TOKENS,
                       .make_tokens = {making->tokens + start, making->starts[index + 1] - start}};
    return STATUS_OK;
}

/* The hub names a token by its number in the part; people know it by its line. */
static void add_faults(making_t *making, size_t start, const response_t *response)
{
    faults_t *faults = &making->session->faults;
    session_add_refusal(making->session, "enroll",
                        &(response_t){.status = response->status, .message = response->message});
    faults->source = making->file;
    for (size_t i = 0; i < response->fault_count; i++) {
        size_t at = start + response->faults[i].line - 1;
        faults_add(faults, response->faults[i].line && at < making->agents.count ? making->agents.items[at].line : 0, 0,
                   "%s", response->faults[i].message);
    }
    faults->source = NULL;
}

static status_t take_part(void *context, size_t index, const response_t *response, arena_t **arena)
{
    (void)arena;
    making_t *making = context;
    if (response->status != STATUS_OK)
        add_faults(making, making->starts[index], response);
    else
        making->made += making->starts[index + 1] - making->starts[index];
    return response->status;
}

/* The secrets are on the disk before the hub knows their digests, and get their name once it knows all. */
static status_t send_parts(making_t *making)
{
    session_t *session = making->session;
    TRY(enroll_write_beside(making->out, &making->agents, making->expires_ms, &session->faults));
    exchange_t exchange = {making->part_count, 1, making, make_part, take_part};
    status_t status = connection_exchange(session->connection, &exchange, &session->faults);
    if (status == STATUS_OK)
        return enroll_move_into_place(making->out, &session->faults);
    bool may_be_made = making->made || status == STATUS_TIMED_OUT; /* an answer may have been lost */
    if (!may_be_made)
        enroll_remove_beside(making->out);
    else
        faults_add(&session->faults, 0, 0,
                   "%zu of %zu tokens were made before that; revoke them: yardstick enroll revoke --file %s.partial, "
                   "then remove that file and begin again",
                   making->made, making->agents.count, making->out);
    return status;
}

static status_t make_all(making_t *making)
{
    session_t *session = making->session;
    TRY(enroll_read_agents(making->file, making->arena, &making->agents, &session->faults));
    TRY(ask_hub(making));
    TRY(check_agents(making));
    choose_endpoint(making);
    note_served(making);
    TRY(make_secrets(making));
    TRY(cut_parts(making));
    return send_parts(making);
}

status_t run_enroll(session_t *session)
{
    making_t making = {.session = session,
                       .file = invocation_value(session->invocation, "dealers"),
                       .out = invocation_value(session->invocation, "out"),
                       .arena = arena_create(SIZE_MAX / 4)};
    char expires[ENROLL_TIME_SIZE];
    if (!making.arena)
        return STATUS_NO_MEMORY;
    status_t status = make_all(&making);
    enroll_time_text(making.expires_ms, expires);
    if (status == STATUS_OK)
        printf("made %zu token%s for %zu store%s, good until %s; they are in %s, one an agent: yardstick-agent enroll "
               "--token …\n",
               making.agents.count, making.agents.count == 1 ? "" : "s", count_stores(&making.agents),
               count_stores(&making.agents) == 1 ? "" : "s", expires, making.out);
    if (status == STATUS_OK)
        status = replace(&making);
    enroll_known_fini(&making.known);
    arena_destroy(&making.arena);
    return status;
}
