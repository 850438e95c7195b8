/* A client's home: the directory that says where its hub is and who it is (SPEC 6).
 *   home.txt    hub: ENDPOINT, hub_key: Z85, public_key: Z85 (its own), one a line; then signing_key: Z85, the hub's,
 *               once it is known: the home is pinned to it, and takes no other (proto/README.md, section 3)
 *   secret.key  the private key, Z85, mode 0600
 * Other files in it belong to others (catalog.yaml: client/catalog_cache.h). */
#pragma once

#include "client/endpoint.h"
#include "core/faults.h"

#include <stdint.h>

#include <limits.h>

#define HOME_KEY_SIZE 41 /* 40 characters of Z85 and NUL */

typedef struct {
    char directory[PATH_MAX];
    char endpoint[ENDPOINT_SIZE]; /* tcp://HOST:PORT */
    char hub_key[HOME_KEY_SIZE];
    char signing_key[HOME_KEY_SIZE]; /* the hub's Ed25519 public key; "" = not pinned yet */
    char public_key[HOME_KEY_SIZE];
    char secret_key[HOME_KEY_SIZE];
} home_t;

/* Whether `text` is a key as people write it: 40 characters of Z85. */
bool home_is_key(const char *text);

/* 32 bytes as people write them. */
void home_format_key(const uint8_t key[32], char out[HOME_KEY_SIZE]);

/* The hub's keys as bytes, for what it signs (proto/signed.h). STATUS_NOT_FOUND where the home is not pinned yet. */
status_t home_hub_keys(const home_t *home, uint8_t out_hub_key[32], uint8_t out_signing_key[32]) NODISCARD;

/* A new key pair into keys->public_key and keys->secret_key. STATUS_INTERNAL where libzmq was built without CURVE. */
status_t home_make_keys(home_t *keys) NODISCARD;

/* Makes a home in `directory` (made with its parents where missing, mode 0700). `known` (NULL = nothing) holds what is
 * known of it already: a key pair, else ("") a new one is made; the hub's signing key, else it is not pinned. Each file
 * is written beside its place, synced, then moved there, the private key last; an existing private key is never
 * replaced. Faults: STATUS_CONFLICT where a home is there already, STATUS_INVALID for an endpoint or key that is none,
 * STATUS_IO where the disk refuses. *out only on success. */
status_t home_create(const char *directory, const char *endpoint, const char *hub_key, const home_t *known, home_t *out,
                     faults_t *faults) NODISCARD;

/* Pins a home that is not pinned yet to the hub's signing key: home->signing_key, and a line more in home.txt, the rest
 * of which stays as it is. STATUS_CONFLICT where another process has pinned it to another key meanwhile, which then
 * stands in home->signing_key. STATUS_IO with errno where it cannot be written. */
status_t home_pin(home_t *home, const char *signing_key) NODISCARD;

/* Says that the hub is at `endpoint` (tcp://HOST:PORT) from now on: home->endpoint, and that line of home.txt, the
 * rest of which stays as it is. STATUS_IO with errno where it cannot be written; nothing is changed then. */
status_t home_move(home_t *home, const char *endpoint) NODISCARD;

/* Reads a home. Faults: STATUS_NOT_FOUND where there is none, STATUS_INVALID where a file is not as it should be, or
 * where the private key may be read by others than its owner, STATUS_IO. *out only on success; the caller ends it with
 * home_fini. */
status_t home_open(const char *directory, home_t *out, faults_t *faults) NODISCARD;

/* Where the home is: `option` where given (not NULL), else YARDSTICK_HOME, else $XDG_CONFIG_HOME/yardstick, else
 * $HOME/.config/yardstick. False where none of them is set, or the path is too long. */
bool home_default_path(const char *option, char out[PATH_MAX]);

/* Writes `size` bytes to `directory`/`name`: beside it, synced, then moved into its place; the directory is synced.
 * Mode 0600 where `is_private`, else 0644. `is_new`: refuse (STATUS_CONFLICT) where the name is taken. STATUS_IO leaves
 * what was there. */
status_t home_write_file(const char *directory, const char *name, const void *bytes, size_t size, bool is_private,
                         bool is_new) NODISCARD;

/* Wipes the private key; fit for CLEANUP. */
void home_fini(home_t *home);
