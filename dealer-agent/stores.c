#include "dealer-agent/stores.h"

#include "client/files.h"
#include "core/scratch.h"
#include "core/text.h"

#include <string.h>

#define STORES_FILE     "stores.txt"
#define STORES_SIZE_MAX (KEY_DEALERS_MAX * (CODE_LENGTH_MAX + 1))

void stores_fini(stores_t *stores)
{
    arena_destroy(&stores->arena);
    stores->count = 0;
}

static status_t add_store(stores_t *stores, const char *code)
{
    if (stores->count == KEY_DEALERS_MAX || !text_is_code(code))
        return STATUS_OK;
    const char *copy = arena_strdup(stores->arena, code);
    if (!copy)
        return STATUS_NO_MEMORY;
    stores->codes[stores->count++] = copy;
    return STATUS_OK;
}

static bool is_kept(const char *home_directory, const char *text, size_t size)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", home_directory, STORES_FILE);
    CLEANUP(scratch_free) char *kept = NULL;
    size_t kept_size = 0;
    return length > 0 && length < PATH_MAX && files_read(path, STORES_SIZE_MAX, &kept, &kept_size) == STATUS_OK &&
           kept_size == size && memcmp(kept, text, size) == 0;
}

void stores_keep(const char *home_directory, const char *const *codes, size_t count)
{
    char text[STORES_SIZE_MAX + 1] = "";
    size_t size = 0;
    for (size_t i = 0; i < count && size < sizeof text; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s\n", codes[i]);
    if (size < sizeof text && !is_kept(home_directory, text, size))
        (void)!home_write_file(home_directory, STORES_FILE, text, size, false, false);
}

status_t stores_ask(session_t *session, stores_t *out)
{
    request_t request = {.kind = REQUEST_DESCRIBE};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "whoami", &request, RESPONSE_DESCRIPTION, &answer));
    const description_t *description = &answer.response->description;
    TRY(session_pin(session, description->has_signing_key ? description->signing_key : NULL));
    out->arena = arena_create(1u << 20);
    if (!out->arena)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < description->dealer_count; i++)
        TRY(add_store(out, description->dealers[i]));
    stores_keep(session->home.directory, out->codes, out->count);
    return STATUS_OK;
}

status_t stores_recall(const char *home_directory, stores_t *out)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", home_directory, STORES_FILE);
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    if (length < 0 || length >= PATH_MAX || files_read(path, STORES_SIZE_MAX, &text, &size) != STATUS_OK)
        return STATUS_OK;
    out->arena = arena_create(1u << 20);
    if (!out->arena)
        return STATUS_NO_MEMORY;
    char *rest = text;
    for (char *code; (code = strsep(&rest, "\n")) != NULL;)
        TRY(add_store(out, code));
    return STATUS_OK;
}

bool stores_hold(const stores_t *stores, const char *code)
{
    for (size_t i = 0; i < stores->count; i++)
        if (strcmp(stores->codes[i], code) == 0)
            return true;
    return false;
}

status_t stores_pick(session_t *session, const stores_t *stores, const char **out)
{
    *out = invocation_value(session->invocation, "dealer");
    if (*out)
        return STATUS_OK;
    if (stores->count > 1)
        return session_misuse(session, "this key holds %zu stores; name one with --dealer CODE", stores->count);
    if (stores->count == 0 && session->connection)
        return session_misuse(session, "this key is no dealer's; name the store with --dealer CODE");
    if (stores->count == 0)
        return session_misuse(session, "this home has not met its hub yet, so that it does not know its store; name it "
                                       "with --dealer CODE");
    *out = stores->codes[0];
    return STATUS_OK;
}

status_t stores_choose(session_t *session, stores_t *stores, const char **out)
{
    if (!invocation_value(session->invocation, "dealer"))
        TRY(stores_ask(session, stores));
    return stores_pick(session, stores, out);
}
