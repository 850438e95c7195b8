#include "dealer-agent/run_state.h"

#include "client/files.h"
#include "core/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names of three bytes an octet, and whys, for each file; the desk likewise. */
#define TEXT_SIZE_MAX                                                                                                  \
    (4096 + 3 * PATH_MAX + (RUN_STATE_FILES + RUN_STATE_IGNORED + 1) * (3 * NAME_MAX + RUN_STATE_WHY_SIZE + 16))
#define BLOCK 4096 /* the file is filled up to whole ones, so that it can be written over on a full disk */

static bool make_path(const char *home, const char *name, char out[PATH_MAX])
{
    int length = snprintf(out, PATH_MAX, "%s/%s", home, name);
    if (length > 0 && length < PATH_MAX)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

/* ---- The lock ---- */

/* Somebody who only looks (is_held) holds it for an instant: tried a few times. */
static bool take_lock(int file)
{
    for (int i = 0; i < 20; i++) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        (void)poll(NULL, 0, 10);
    }
    errno = EWOULDBLOCK;
    return false;
}

static int64_t read_pid(int file)
{
    char text[32] = "";
    ssize_t size = pread(file, text, sizeof text - 1, 0);
    return size > 0 ? strtoll(text, NULL, 10) : 0;
}

status_t run_state_lock(const char *home_directory, int *out, int64_t *out_pid)
{
    char path[PATH_MAX], text[32];
    if (!make_path(home_directory, RUN_LOCK_FILE, path))
        return STATUS_IO;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);
    if (file < 0)
        return STATUS_IO;
    if (!take_lock(file)) {
        status_t status = errno == EWOULDBLOCK ? STATUS_CONFLICT : STATUS_IO;
        int reason = errno;
        *out_pid = read_pid(file);
        close(file);
        errno = reason;
        return status;
    }
    int size = snprintf(text, sizeof text, "%lld\n", (long long)getpid());
    /* Who it is helps the person who starts a second one; that it cannot be written is no reason to stop. */
    if (ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)size, 0) != size)
        errno = 0;
    *out = file;
    return STATUS_OK;
}

static bool is_held(const char *home)
{
    char path[PATH_MAX];
    int file = make_path(home, RUN_LOCK_FILE, path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY) : -1;
    if (file < 0)
        return false;
    bool held = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(file);
    return held;
}

/* ---- Writing ---- */

static bool are_equal(const run_state_file_t *a, size_t a_count, const run_state_file_t *b, size_t b_count)
{
    for (size_t i = 0; i < a_count && i < b_count; i++)
        if (strcmp(a[i].name, b[i].name) != 0 || strcmp(a[i].why, b[i].why) != 0)
            return false;
    return a_count == b_count;
}

bool run_state_equal(const run_state_t *a, const run_state_t *b)
{
    return are_equal(a->files, a->file_count, b->files, b->file_count) &&
           are_equal(a->ignored_files, a->ignored_count, b->ignored_files, b->ignored_count) &&
           a->waiting == b->waiting && a->ignored == b->ignored && a->pid == b->pid && a->started_ms == b->started_ms &&
           a->last_ms == b->last_ms && strcmp(a->desk, b->desk) == 0 && strcmp(a->last_name, b->last_name) == 0 &&
           strcmp(a->last_outcome, b->last_outcome) == 0;
}

typedef struct {
    char text[TEXT_SIZE_MAX];
    size_t size;
} writer_t;

static void PRINTF(2, 3) put(writer_t *writer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(writer->text + writer->size, TEXT_SIZE_MAX - writer->size, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < TEXT_SIZE_MAX - writer->size)
        writer->size += (size_t)length;
}

/* A name as one word of a line: what would end it or be taken for a mark stands as %XX. */
static void put_name(writer_t *writer, const char *name)
{
    for (; *name; name++) {
        unsigned char byte = (unsigned char)*name;
        if (byte <= ' ' || byte == '%' || byte == 127)
            put(writer, "%%%02X", byte);
        else
            put(writer, "%c", byte);
    }
}

static void put_file(writer_t *writer, const char *key, const char *name, const char *why)
{
    put(writer, "%s: ", key);
    put_name(writer, name);
    put(writer, " %s\n", why);
}

static void put_state(writer_t *writer, const run_state_t *state)
{
    put(writer, "# written by yardstick-agent run; see yardstick-agent status\ndesk: ");
    put_name(writer, state->desk);
    put(writer, "\npid: %lld\nstarted: %llu\n", (long long)state->pid, (unsigned long long)state->started_ms);
    if (*state->last_name) {
        put_file(writer, "last", state->last_name, state->last_outcome);
        put(writer, "last_time: %llu\n", (unsigned long long)state->last_ms);
    }
    put(writer, "waiting: %zu\n", state->waiting);
    for (size_t i = 0; i < state->file_count; i++)
        put_file(writer, "file", state->files[i].name, state->files[i].why);
    put(writer, "ignored: %zu\n", state->ignored);
    for (size_t i = 0; i < state->ignored_count; i++)
        put_file(writer, "entry", state->ignored_files[i].name, state->ignored_files[i].why);
    size_t over = writer->size % BLOCK, room = TEXT_SIZE_MAX - writer->size, fill = over ? BLOCK - over : 0;
    if (fill && fill <= room) {
        memset(writer->text + writer->size, ' ', fill); /* a last line of blanks */
        writer->size += fill;
        writer->text[writer->size - 1] = '\n';
    }
}

static bool write_to(const char *path, int flags, const writer_t *writer)
{
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | flags, 0644);
    if (file < 0)
        return false;
    ssize_t written = write(file, writer->text, writer->size);
    bool is_cut = written == (ssize_t)writer->size && ftruncate(file, written) == 0;
    if (written >= 0 && written < (ssize_t)writer->size)
        errno = ENOSPC;
    int reason = errno;
    close(file);
    errno = reason;
    return is_cut;
}

status_t run_state_write(const char *home_directory, const run_state_t *state)
{
    char path[PATH_MAX], beside[PATH_MAX];
    if (!make_path(home_directory, RUN_STATE_FILE, path) || !make_path(home_directory, "." RUN_STATE_FILE, beside))
        return STATUS_IO;
    CLEANUP(scratch_free) writer_t *writer = calloc(1, sizeof *writer);
    if (!writer)
        return STATUS_NO_MEMORY;
    put_state(writer, state);
    if (write_to(beside, O_TRUNC, writer) && rename(beside, path) == 0)
        return STATUS_OK;
    int reason = errno;
    unlink(beside);
    errno = reason;
    return reason == ENOSPC && write_to(path, 0, writer) ? STATUS_OK : STATUS_IO;
}

/* ---- Reading ---- */

static int hex_digit(char c)
{
    const char *const DIGITS = "0123456789ABCDEF";
    const char *at = c ? strchr(DIGITS, c) : NULL;
    return at ? (int)(at - DIGITS) : -1;
}

/* The word at *cursor, which is moved behind the blank that ends it; cut to fit. */
static void take_name(const char **cursor, char *out, size_t size)
{
    const char *at = *cursor;
    size_t length = 0;
    for (; *at && *at != ' '; at++) {
        char byte = *at;
        if (byte == '%' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
            byte = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
            at += 2;
        }
        if (byte && length + 1 < size)
            out[length++] = byte;
    }
    out[length] = '\0';
    *cursor = *at ? at + 1 : at;
}

static const char *value_of(const char *line, const char *key)
{
    size_t length = strlen(key);
    return strncmp(line, key, length) == 0 && strncmp(line + length, ": ", 2) == 0 ? line + length + 2 : NULL;
}

static void take_file(const char *value, char name[NAME_MAX + 1], char why[RUN_STATE_WHY_SIZE])
{
    take_name(&value, name, NAME_MAX + 1);
    snprintf(why, RUN_STATE_WHY_SIZE, "%s", value);
}

static void add_file(const char *value, run_state_file_t files[], size_t *count, size_t most)
{
    if (*count == most)
        return;
    take_file(value, files[*count].name, files[*count].why);
    ++*count;
}

static void take_line(const char *line, run_state_t *out)
{
    const char *value;
    if ((value = value_of(line, "desk")) != NULL)
        take_name(&value, out->desk, sizeof out->desk);
    else if ((value = value_of(line, "pid")) != NULL)
        out->pid = strtoll(value, NULL, 10);
    else if ((value = value_of(line, "started")) != NULL)
        out->started_ms = strtoull(value, NULL, 10);
    else if ((value = value_of(line, "last")) != NULL)
        take_file(value, out->last_name, out->last_outcome);
    else if ((value = value_of(line, "last_time")) != NULL)
        out->last_ms = strtoull(value, NULL, 10);
    else if ((value = value_of(line, "waiting")) != NULL)
        out->waiting = strtoull(value, NULL, 10);
    else if ((value = value_of(line, "ignored")) != NULL)
        out->ignored = strtoull(value, NULL, 10);
    else if ((value = value_of(line, "file")) != NULL)
        add_file(value, out->files, &out->file_count, RUN_STATE_FILES);
    else if ((value = value_of(line, "entry")) != NULL)
        add_file(value, out->ignored_files, &out->ignored_count, RUN_STATE_IGNORED);
}

status_t run_state_read(const char *home_directory, run_state_t *out)
{
    memset(out, 0, sizeof *out);
    char path[PATH_MAX];
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    if (!make_path(home_directory, RUN_STATE_FILE, path))
        return STATUS_IO;
    out->is_running = is_held(home_directory);
    status_t status = files_read(path, TEXT_SIZE_MAX + BLOCK, &text, &size);
    if (status != STATUS_OK)
        return status == STATUS_IO && errno == ENOENT ? STATUS_OK : status;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        take_line(line, out);
    return STATUS_OK;
}
