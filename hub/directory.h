/* A hub's data directory, as `yardstick-hub` makes and reads it (SPEC 6). Beside the store's files (hub/store.h):
 *   hub.key       mode 0600, two lines of Z85: the hub's private CURVE key, and the seed of the key pair with which it
 *                 signs (proto/signed.h); the public keys follow from them. An older file has the first line only
 *   hub.yaml      its settings (hub/settings.h)
 *   headquarters  the home of headquarters (client/home.h), unless another place was named
 *   WITHOUT-KEYS  in a backup that was made without hub.key (hub/backup.h) */
#pragma once

#include "client/home.h"
#include "hub/settings.h"
#include "hub/store.h"
#include "proto/signed.h"

#define DIRECTORY_KEY_FILE      "hub.key"
#define DIRECTORY_SETTINGS_FILE "hub.yaml"
#define DIRECTORY_KEYLESS_FILE  "WITHOUT-KEYS"

typedef struct {
    const char *directory;         /* must be empty or not exist */
    const char *listen;            /* tcp://ADDRESS:PORT */
    const char *headquarters_home; /* NULL = `directory`/headquarters */
} directory_plan_t;

/* Makes all of it: the store with the builtin catalog, the hub's key pair, the settings, and a home for headquarters,
 * whose key is admitted. Synced when it returns. On failure (STATUS_CONFLICT where something is there already,
 * STATUS_INVALID, STATUS_IO …) what was made is removed and a fault says what is wrong. */
status_t directory_init(const directory_plan_t *plan, faults_t *faults) NODISCARD;

/* The hub's CURVE key pair. STATUS_INVALID where `hub.key` is missing, damaged in either line, or not private. */
status_t directory_read_keys(const char *directory, char out_public[HOME_KEY_SIZE], char out_secret[HOME_KEY_SIZE],
                             faults_t *faults) NODISCARD;

/* The key pair with which it signs. STATUS_NOT_FOUND, without a fault, where `hub.key` is an older one; or as above. */
status_t directory_read_signing_keys(const char *directory, signing_keys_t *out, faults_t *faults) NODISCARD;

/* The same, for the hub that serves the directory (it holds the store's lock): an older `hub.key` gets its second line,
 * written beside it, synced, then moved there, and *out_made is true. A damaged one is refused, never replaced.
 * STATUS_IO where it cannot be written. */
status_t directory_make_signing_keys(const char *directory, signing_keys_t *out, bool *out_made,
                                     faults_t *faults) NODISCARD;

/* The defaults, over them `hub.yaml` where there is one, over that `config` (NULL = none). */
status_t directory_read_settings(const char *directory, const char *config, settings_t *out,
                                 faults_t *faults) NODISCARD;

/* Whether hub.key was left out of it on purpose, and nobody has put it back: sound, but no hub can serve it. */
bool directory_is_keyless(const char *directory);

/* Everything in it: store_verify, the key pair (unless it is keyless) and the settings. A fault for each part that is
 * not sound; the first one's status. */
status_t directory_verify(const char *directory, store_counts_t *out_counts, faults_t *faults) NODISCARD;
