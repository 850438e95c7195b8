#include "client/as_of.h"

#include "client/moments.h"

#include <string.h>

#define DATE_LENGTH 10 /* of YYYY-MM-DD */

status_t as_of_check(session_t *session)
{
    const char *text = invocation_value(session->invocation, "as-of");
    log_place_t place;
    if (text && !log_place_parse(text, false, &place))
        return session_misuse(session, "--as-of %.80s is no moment; write %s", text, log_place_forms);
    return STATUS_OK;
}

/* In the network's time zone, which the hub tells. */
static status_t take_local(session_t *session, const char *text, log_place_t *out)
{
    request_t request = {.kind = REQUEST_DESCRIBE};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "as-of", &request, RESPONSE_DESCRIPTION, &answer));
    const description_t *description = &answer.response->description;
    TRY(session_pin(session, description->has_signing_key ? description->signing_key : NULL));
    bool ends = strlen(text) == DATE_LENGTH; /* a day is meant with all that was done in it */
    return log_place_parse_in(text, ends, description->time_zone, out)
               ? STATUS_OK
               : session_fail(session, STATUS_INVALID, "--as-of %.80s is no time of %s", text, description->time_zone);
}

status_t as_of_take(session_t *session, as_of_t *out)
{
    const char *text = invocation_value(session->invocation, "as-of");
    log_place_t place = {0};
    if (text && log_place_is_local(text))
        TRY(take_local(session, text, &place));
    else if (text && !log_place_parse(text, false, &place))
        return session_fail(session, STATUS_INVALID, "--as-of %.80s is no moment", text);
    *out = (as_of_t){.time_ms = place.time_ms,
                     .event = place.event,
                     .restated = invocation_value(session->invocation, "restated") != NULL};
    return STATUS_OK;
}
