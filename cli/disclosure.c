/* `yardstick month release`, `exemplar` and `disclosure explain`: what dealers are shown of others. */
#include "cli/commands.h"
#include "client/listing.h"

/* ---- month release */

status_t run_month_release(session_t *session)
{
    const char *month = session->invocation->arguments[0];
    request_t request = {.kind = REQUEST_RELEASE_MONTH};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(take_period(session, month, &request.release_month));
    TRY(session_ask(session, "month release", &request, RESPONSE_RELEASED, &answer));
    const released_t *released = &answer.response->released;
    if (released->release)
        printf("%s: release %u; %u stores' figures are new in it\n", month, (unsigned)released->release,
               (unsigned)released->taken);
    else
        printf("%s: no new release; nothing that has changed since the last one can be shown yet\n", month);
    for (size_t i = 0; i < released->waiting_count; i++)
        printf("%s%s", i ? " " : "waiting for the next release: ", released->waiting[i]);
    if (released->waiting_count)
        printf("\n`yardstick disclosure explain DEALER %s` says why\n", month);
    return STATUS_OK;
}

/* ---- exemplar */

static status_t make_designation(session_t *session, request_t *out)
{
    const invocation_t *invocation = session->invocation;
    const char *why = invocation_value(invocation, "why");
    const char *dealer = invocation->argument_count > 1 ? invocation->arguments[1] : "";
    request_t request = {.kind = REQUEST_DESIGNATE_EXEMPLAR};
    request.designate = (exemplar_entry_t){
        .scope = invocation->arguments[0],
        .dealer = dealer,
        .consented = invocation_value(invocation, "consented") != NULL,
        .why = why ? why : "",
    };
    if (*dealer && !text_is_code(dealer))
        return session_misuse(session, "%s: %.80s is no dealer's code", invocation->command->name, dealer);
    TRY(take_period(session, invocation_value(invocation, "from"), &request.designate.from));
    *out = request;
    return STATUS_OK;
}

status_t check_exemplar(session_t *session)
{
    request_t request;
    return make_designation(session, &request);
}

status_t run_exemplar(session_t *session)
{
    const char *from = invocation_value(session->invocation, "from");
    request_t request = {.designate.dealer = ""};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(make_designation(session, &request));
    TRY(session_ask(session, session->invocation->command->name, &request, RESPONSE_NONE, &answer));
    const exemplar_entry_t *made = &request.designate;
    if (!*made->dealer)
        printf("%s has its computed benchmark again from %s on\n", made->scope, from);
    else
        printf("%s is the benchmark of %s from %s on; dealers are %s\n", made->dealer, made->scope, from,
               made->consented ? "shown it, with its owner's consent"
                               : "not shown it, since its owner has not consented (--consented)");
    return STATUS_OK;
}

static json_t *json_of_exemplars(const response_t *response)
{
    json_t *objects = json_array();
    for (size_t i = 0; i < response->exemplars.count; i++) {
        const exemplar_entry_t *one = &response->exemplars.items[i];
        json_array_append_new(objects, json_pack("{s:s, s:o, s:o, s:s, s:o, s:s}", "scope", one->scope, "dealer",
                                                 listing_text(*one->dealer ? one->dealer : NULL), "from",
                                                 listing_period(one->from), "consented", one->consented ? "yes" : "no",
                                                 "time", listing_time(one->time_ms), "why", one->why));
    }
    return objects;
}

static void decref(json_t **json)
{
    json_decref(*json);
}

status_t run_exemplar_list(session_t *session)
{
    static const listing_column_t COLUMNS[] = {
        {"scope", TRANSLATED("Scope"), LISTING_TEXT},     {"dealer", TRANSLATED("Dealer"), LISTING_TEXT},
        {"from", TRANSLATED("Since"), LISTING_TEXT},      {"consented", TRANSLATED("Shown to dealers"), LISTING_WORD},
        {"time", TRANSLATED("Designated"), LISTING_TIME}, {"why", TRANSLATED("Why"), LISTING_TEXT},
    };
    request_t request = {.kind = REQUEST_LIST_EXEMPLARS};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "exemplar list", &request, RESPONSE_EXEMPLARS, &answer));
    CLEANUP(decref) json_t *objects = json_of_exemplars(answer.response);
    return listing_print(session, "exemplars", objects, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS,
                         "no scope has an exemplar");
}

/* ---- disclosure explain */

status_t check_explain(session_t *session)
{
    period_t period;
    if (!text_is_code(session->invocation->arguments[0]))
        return session_misuse(session, "disclosure explain: %.80s is no dealer's code",
                              session->invocation->arguments[0]);
    return take_period(session, session->invocation->arguments[1], &period);
}

static json_t *json_of_hidden(const disclosure_answer_t *answer)
{
    json_t *objects = json_array();
    for (size_t i = 0; i < answer->hidden_count; i++)
        json_array_append_new(objects, json_pack("{s:s, s:s, s:s}", "what", answer->hidden[i].row, "where",
                                                 answer->hidden[i].column, "why", answer->hidden[i].text));
    for (size_t i = 0; i < answer->waiting_count; i++)
        json_array_append_new(objects, json_pack("{s:s, s:s, s:s}", "what", answer->waiting[i].dealer, "where",
                                                 "next_release", "why", answer->waiting[i].text));
    return objects;
}

status_t run_explain(session_t *session)
{
    static const listing_column_t COLUMNS[] = {{"what", TRANSLATED("Row or dealer"), LISTING_TEXT},
                                               {"where", TRANSLATED("Hidden in"), LISTING_TEXT},
                                               {"why", TRANSLATED("Why"), LISTING_TEXT}};
    request_t request = {.kind = REQUEST_EXPLAIN_DISCLOSURE, .explain.dealer = session->invocation->arguments[0]};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(take_period(session, session->invocation->arguments[1], &request.explain.period));
    TRY(session_ask(session, "disclosure explain", &request, RESPONSE_DISCLOSURE, &answer));
    const disclosure_answer_t *told = answer.response->disclosure;
    CLEANUP(decref) json_t *objects = json_of_hidden(told);
    return listing_print(session, "hidden", objects, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS,
                         told->release
                             ? "nothing is hidden from this dealer, and nothing waits"
                             : "the month has no release yet, so dealers see no figures of nation and regions; "
                               "`yardstick month release` makes one");
}
