/* Lists that are no tables of the catalog's rows (outbox, receipts, the log) in the session's format, all three from
 * one list of JSON objects. */
#pragma once

#include "client/session.h"

#include <jansson.h>

typedef enum { LISTING_TEXT, LISTING_NUMBER, LISTING_TIME, LISTING_WORD } listing_kind_t;

typedef struct {
    const char *key;
    const char *head;    /* of the table's column, in the session's language where client/messages.h has it; NULL: its
                          * value    stands on a line of its own below, where it has one */
    listing_kind_t kind; /* numbers are set right; a time is ISO 8601 in JSON and CSV, and local in a table; a word
                          * (waiting, true) is the same in JSON and CSV, and in the session's language in a table */
} listing_column_t;

/* Prints objects that hold those keys (further ones show in JSON only): JSON as {NAME: [...]}, CSV with the keys as its
 * header, or a table; one without a row says `when_empty`. STATUS_IO, STATUS_NO_MEMORY. */
status_t listing_print(const session_t *session, const char *name, json_t *objects, const listing_column_t *columns,
                       size_t count, const char *when_empty) NODISCARD;

/* One object on its own, as JSON. */
status_t listing_print_json(const session_t *session, const json_t *object) NODISCARD;

/* Owned by the objects that they are put into. */
json_t *listing_text(const char *text); /* null for NULL */
json_t *listing_number(uint64_t number);
json_t *listing_line(uint32_t line);    /* null for 0 */
json_t *listing_time(uint64_t time_ms); /* null for 0 */
json_t *listing_hex(const uint8_t *bytes, size_t size);
json_t *listing_period(period_t period);
