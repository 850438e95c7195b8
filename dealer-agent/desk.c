#include "dealer-agent/desk.h"

#include "client/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_ROOM    16 /* "/accepted" and NUL */
#define ENDING_MAX     32 /* bytes of what counts as a name's ending */
#define NUMBERS_MAX    10000
#define LOCK_STEP_MS   20
#define COPYING_NAME   ".copying.tmp"

#define FILING_LOCK    "take.lock" /* in the home */
#define FILING_WAIT_MS 10000

const char *const desk_folder_names[DESK_FOLDER_COUNT] = {"inbox", "accepted", "rejected", "results"};

bool desk_path(const char *home_directory, const char *option, char out[PATH_MAX])
{
    char path[PATH_MAX];
    int length =
        option ? snprintf(path, sizeof path, "%s", option) : snprintf(path, sizeof path, "%s/desk", home_directory);
    if (length <= 0 || length >= PATH_MAX - FOLDER_ROOM)
        return false;
    memcpy(out, path, (size_t)length + 1);
    return true;
}

status_t desk_check(session_t *session)
{
    char desk[PATH_MAX];
    if (!desk_path("", invocation_value(session->invocation, "desk"), desk))
        return session_misuse(session, "--desk: the path is too long; name a shorter one");
    return STATUS_OK;
}

status_t desk_choose(session_t *session, char out[PATH_MAX])
{
    if (!desk_path(session->home.directory, invocation_value(session->invocation, "desk"), out))
        return session_misuse(session, "the path of the desk is too long; name another with --desk");
    return STATUS_OK;
}

void desk_folder_path(const char *desk, desk_folder_t folder, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%.*s/%s", PATH_MAX - FOLDER_ROOM, desk, desk_folder_names[folder]);
}

/* ---- Making ---- */

static bool make_folder(const char *path, faults_t *faults)
{
    struct stat info;
    if (mkdir(path, 0777) == 0)
        return true;
    int reason = errno;
    if (reason == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return true;
    faults_add(faults, 0, 0, "the folder %s cannot be made: %s; make it yourself, or name another desk with --desk",
               path,
               faults_text(faults, reason == EEXIST ? TRANSLATED("something else has that name") : strerror(reason)));
    return false;
}

/* Whatever is missing above it; that one cannot be made shows below. */
static void make_parents(const char *desk)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", desk);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
}

status_t desk_make_folder(const char *desk, desk_folder_t folder, faults_t *faults)
{
    char path[PATH_MAX];
    make_parents(desk);
    desk_folder_path(desk, folder, path);
    return make_folder(desk, faults) && make_folder(path, faults) ? STATUS_OK : STATUS_IO;
}

status_t desk_make(const char *desk, faults_t *faults)
{
    for (desk_folder_t i = 0; i < DESK_FOLDER_COUNT; i++)
        TRY(desk_make_folder(desk, i, faults));
    return STATUS_OK;
}

/* ---- Names ---- */

/* Where a name's ending begins, its end where it has none: "june.csv" at 4. */
static size_t ending_of(const char *name)
{
    size_t length = strlen(name);
    const char *dot = strrchr(name, '.');
    bool has_one = dot && dot != name && length - (size_t)(dot - name) <= ENDING_MAX && !strchr(dot, ' ');
    return has_one ? (size_t)(dot - name) : length;
}

/* Not in the middle of a character, where it is UTF-8. */
static size_t cut(const char *name, size_t length, size_t room)
{
    if (length <= room)
        return length;
    while (room && ((unsigned char)name[room] & 0xC0) == 0x80)
        room--;
    return room;
}

static bool is_free(int folder, const char *name)
{
    struct stat info;
    return fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

bool desk_free_name(int folder, const char *name, const char *suffix, char out[NAME_MAX + 1])
{
    size_t stem = ending_of(name), ending = strlen(name) - stem, more = strlen(suffix);
    for (int i = 1; i <= NUMBERS_MAX; i++) {
        char number[16] = "", with[2 * NAME_MAX];
        if (i > 1)
            snprintf(number, sizeof number, " (%d)", i);
        size_t room = NAME_MAX - more - ending - strlen(number);
        int length = snprintf(out, NAME_MAX + 1, "%.*s%s%s", (int)cut(name, stem, room), name, number, name + stem);
        snprintf(with, sizeof with, "%.*s%s", length, out, suffix);
        if (is_free(folder, out) && is_free(folder, with))
            return true;
    }
    return false;
}

/* ---- Moving ---- */

status_t desk_status_of(int reason)
{
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG ? STATUS_STORE_FULL : STATUS_IO;
}

void desk_close(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

static bool copy_bytes(int from, int to)
{
    char block[65536];
    for (ssize_t size; (size = read(from, block, sizeof block)) != 0;) {
        for (ssize_t done = 0, step; done < size; done += step)
            if ((step = write(to, block + done, (size_t)(size - done))) <= 0)
                return false;
        if (size < 0)
            return false;
    }
    return fsync(to) == 0;
}

static bool copy_file(int from, const char *name, int to)
{
    CLEANUP(desk_close) int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (source < 0)
        return false;
    CLEANUP(desk_close)
    int target = openat(to, COPYING_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    return target >= 0 && copy_bytes(source, target);
}

/* rename() that never replaces, also on file systems that do not know how to promise that. */
static bool rename_to_free(int from, const char *name, int to, const char *new_name)
{
    if (renameat2(from, name, to, new_name, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (!is_free(to, new_name)) {
        errno = EEXIST;
        return false;
    }
    return renameat(from, name, to, new_name) == 0;
}

static bool move_by_copy(int from, const char *name, int to, const char *new_name)
{
    const char *made = COPYING_NAME;
    if (copy_file(from, name, to) && rename_to_free(to, COPYING_NAME, to, new_name)) {
        made = new_name;
        if (fsync(to) == 0 && unlinkat(from, name, 0) == 0)
            return true;
    }
    int reason = errno;
    unlinkat(to, made, 0);
    errno = reason;
    return false;
}

status_t desk_move(int from, const char *name, int to, const char *new_name)
{
    bool is_moved = rename_to_free(from, name, to, new_name);
    if (!is_moved && errno == EXDEV)
        is_moved = move_by_copy(from, name, to, new_name);
    if (!is_moved)
        return errno == EEXIST ? STATUS_CONFLICT : desk_status_of(errno);
    /* That a folder cannot be synced does not undo the move. */
    (void)!fsync(to);
    (void)!fsync(from);
    return STATUS_OK;
}

/* ---- Writing ---- */

status_t desk_write(int folder, const char *name, const void *bytes, size_t size)
{
    return files_write(folder, name, bytes, size) ? STATUS_OK : desk_status_of(errno);
}

status_t desk_replace(int folder, const char *name, const void *bytes, size_t size)
{
    char beside[NAME_MAX + 1];
    int length = snprintf(beside, sizeof beside, ".%s.tmp", name);
    if (length < 0 || (size_t)length >= sizeof beside) {
        errno = ENAMETOOLONG;
        return STATUS_IO;
    }
    TRY(desk_write(folder, beside, bytes, size));
    if (renameat(folder, beside, folder, name) == 0) {
        (void)!fsync(folder);
        return STATUS_OK;
    }
    int reason = errno;
    unlinkat(folder, beside, 0);
    errno = reason;
    return desk_status_of(reason);
}

/* ---- One at a time ---- */

static status_t wait_for_lock(int file, int wait_ms)
{
    for (int waited = 0; flock(file, LOCK_EX | LOCK_NB) != 0; waited += LOCK_STEP_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return STATUS_IO;
        if (waited >= wait_ms)
            return STATUS_BUSY;
        (void)poll(NULL, 0, LOCK_STEP_MS);
    }
    return STATUS_OK;
}

status_t desk_lock(const char *home_directory, const char *name, int wait_ms, int *out)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", home_directory, name);
    if (length < 0 || length >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return STATUS_IO;
    }
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);
    if (file < 0)
        return STATUS_IO;
    status_t status = wait_for_lock(file, wait_ms);
    if (status == STATUS_OK)
        *out = file;
    else
        close(file);
    return status;
}

status_t desk_lock_filing(const char *home_directory, int *out, faults_t *faults)
{
    status_t status = desk_lock(home_directory, FILING_LOCK, FILING_WAIT_MS, out);
    if (status == STATUS_BUSY)
        faults_add(
            faults, 0, 0,
            "another `take`, `submit` or `withdraw` is filing with the home %s and did not end in %d s; try again "
            "when it has ended",
            home_directory, FILING_WAIT_MS / 1000);
    else if (status != STATUS_OK)
        faults_add(faults, 0, 0, "%s/%s cannot be locked: %s; see that this user may write there", home_directory,
                   FILING_LOCK, faults_text(faults, strerror(errno)));
    return status;
}
