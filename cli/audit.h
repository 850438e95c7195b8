/* What `yardstick audit` shows of the log. */
#pragma once

#include "client/session.h"

/* What an entry tells, in the session's language; with `revision` that one of an entry that tells of revisions (else
 * NULL). The caller frees it; NULL when out of memory. */
char *audit_words(const session_t *session, const logged_event_t *event, const logged_revision_t *revision);

/* The subject that is meant by --about: a key by its 40 characters, a month as YYYY-MM. `out` has SUBJECT_LENGTH_MAX +
 * 1 bytes. False where it is too long. */
bool audit_subject(const char *about, char *out);

#define AUDIT_HASH_SIZE (2 * DIGEST_SIZE + 1)
void audit_hash_text(const uint8_t hash[DIGEST_SIZE], char out[AUDIT_HASH_SIZE]);
/* NUMBER:HASH, as `audit verify` prints it. False where the text is none. */
bool audit_mark_parse(const char *text, uint64_t *out_event, uint8_t out_hash[DIGEST_SIZE]);
