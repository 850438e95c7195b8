/* One list of outcomes for the whole project. Numbers are stable: they travel on the wire (proto/README.md) and are
 * never reused. 0..63 may be sent to a peer; 64 and above stay inside a process. */
#pragma once

#define STATUS_LIST(X)                                                                                                 \
    X(OK, 0, "ok", "done")                                                                                             \
    X(INVALID, 1, "invalid", "the input breaks a rule; each fault is named")                                           \
    X(NOT_ALLOWED, 2, "not_allowed", "this key has no right to that")                                                  \
    X(UNKNOWN, 3, "unknown", "there is no such dealer, scope, row or key")                                             \
    X(BUSY, 4, "busy", "the hub's queue is full; send it again a little later")                                        \
    X(STORE_FULL, 5, "store_full", "the hub has no space left; send it again later")                                   \
    X(MONTH_CLOSED, 6, "month_closed", "headquarters has closed that month")                                           \
    X(MALFORMED, 7, "malformed", "the message cannot be read or breaks a size limit")                                  \
    X(UNSUPPORTED, 8, "unsupported", "this hub does not know that request")                                            \
    X(CATALOG_CHANGED, 9, "catalog_changed", "facts are packed for another catalog; fetch it anew")                    \
    X(CONFLICT, 10, "conflict", "that contradicts what the hub already holds")                                         \
    X(INTERNAL, 11, "internal", "the hub failed; its log says why")                                                    \
    X(STOPPING, 12, "stopping", "the hub is shutting down; send it again later")                                       \
    X(NO_MEMORY, 64, "no_memory", "out of memory, or over the memory budget")                                          \
    X(IO, 65, "io", "a file or socket operation failed")                                                               \
    X(DAMAGED, 66, "damaged", "stored data is damaged")                                                                \
    X(NEWER_FORMAT, 67, "newer_format", "the data was written by a newer version")                                     \
    X(TIMED_OUT, 68, "timed_out", "no answer in time")                                                                 \
    X(REFUSED_KEY, 69, "refused_key", "the hub closed the handshake")                                                  \
    X(NOT_FOUND, 70, "not_found", "no such record")                                                                    \
    X(LIMIT, 71, "limit", "a written limit was exceeded")

typedef enum {
#define STATUS_ENUM(name, number, id, text) STATUS_##name = (number),
    STATUS_LIST(STATUS_ENUM)
#undef STATUS_ENUM
} status_t;

/* "not_allowed"; "internal" for a number that is not in the list. Static storage. */
const char *status_name(status_t status);

/* One clause for a person. Static storage. */
const char *status_text(status_t status);

#define NODISCARD                       __attribute__((warn_unused_result))
#define PRINTF(format_at, arguments_at) __attribute__((format(printf, format_at, arguments_at)))
#define CLEANUP(destroyer)              __attribute__((cleanup(destroyer)))

#define TRY(expr)                                                                                                      \
    do {                                                                                                               \
        status_t try_status_ = (expr);                                                                                 \
        if (try_status_ != STATUS_OK)                                                                                  \
            return try_status_;                                                                                        \
    } while (0)
