#include "hub/backup.h"

#include "hub/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTIAL        ".partial"
#define PATH_SPARE     64 /* bytes that names below a directory need */
#define NAME_SIZE      (PATH_MAX - PATH_SPARE)
#define WHY_SIZE       (PATH_MAX + 500)
#define KEYLESS_ADVICE "This backup holds no hub.key. Put that of the hub here (mode 0600) before it is served.\n"

static const char *const OWN_FILES[] = {DIRECTORY_KEY_FILE, DIRECTORY_SETTINGS_FILE, DIRECTORY_KEYLESS_FILE};

/* What is being made; a signal removes it. */
static struct {
    char path[PATH_MAX];
    pid_t process;
    volatile sig_atomic_t folder; /* open and locked; -1 = nothing is being made */
} making = {.folder = -1};

static void file_close(int *file)
{
    if (*file >= 0)
        close(*file);
}

static status_t fail(faults_t *faults, const char *path, const char *what, int code)
{
    bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
    faults_add(faults, 0, 0, "%s: %s: %s%s", path, what, strerror(code),
               full ? "; make room there, or name a place on another disk" : "");
    return full ? STATUS_STORE_FULL : STATUS_IO;
}

/* ---- the directory in which it is made */

/* All that a backup makes, and the directory where nothing else is in it. Fit for a signal's handler. */
static bool discard(int folder, const char *path)
{
    store_remove_at(folder);
    for (size_t i = 0; i < sizeof OWN_FILES / sizeof *OWN_FILES; i++)
        unlinkat(folder, OWN_FILES[i], 0);
    return rmdir(path) == 0;
}

static status_t check_held(const char *path, int folder, bool is_new, faults_t *faults)
{
    struct stat held, named;
    bool is_locked = flock(folder, LOCK_EX | LOCK_NB) == 0;
    if (!is_locked && errno != EWOULDBLOCK && !is_new)
        return fail(faults, path, "is another backup's, or what a killed one left (then remove it)", errno);
    if ((is_locked || errno != EWOULDBLOCK) && fstat(folder, &held) == 0 && lstat(path, &named) == 0 &&
        held.st_ino == named.st_ino && held.st_dev == named.st_dev)
        return STATUS_OK;
    faults_add(faults, 0, 0, "%s: another backup is being made there; wait for its end", path);
    return STATUS_BUSY;
}

/* Opens and locks `path`: whoever holds the lock makes a backup there, and what nobody holds a killed one left. Where
 * the file system cannot lock a directory (NFS), only what is `new` is taken. */
static status_t hold(const char *path, bool is_new, int *out_folder, faults_t *faults)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return fail(faults, path, "is where the backup is made, and cannot be opened", errno);
    status_t status = check_held(path, folder, is_new, faults);
    if (status == STATUS_OK)
        *out_folder = folder;
    else
        close(folder);
    return status;
}

static status_t remove_left(const char *path, faults_t *faults)
{
    CLEANUP(file_close) int folder = -1;
    TRY(hold(path, false, &folder, faults));
    if (discard(folder, path))
        return STATUS_OK;
    faults_add(faults, 0, 0, "%s: holds what no backup made; move it away", path);
    return STATUS_CONFLICT;
}

static status_t make_folder(const char *path, int *out_folder, faults_t *faults)
{
    bool made = mkdir(path, 0700) == 0;
    if (!made && errno == EEXIST) {
        TRY(remove_left(path, faults));
        made = mkdir(path, 0700) == 0;
    }
    if (!made)
        return fail(faults, path, "cannot be made; the directory above it must exist and be yours to write", errno);
    return hold(path, true, out_folder, faults);
}

/* ---- signals */

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNAL_COUNT = sizeof SIGNALS / sizeof *SIGNALS };

static void remove_and_end(int number)
{
    static const char WORDS[] = "yardstick-hub: ended by a signal; no backup was made\n";
    int folder = making.folder;
    raise(number);                                /* its default, once the handler is left */
    if (folder < 0 || getpid() != making.process) /* the child that verifies */
        return;
    discard(folder, making.path);
    if (write(STDERR_FILENO, WORDS, sizeof WORDS - 1) < 0)
        return; /* nobody reads it */
}

static void take_signals(struct sigaction before[SIGNAL_COUNT])
{
    struct sigaction action = {.sa_handler = remove_and_end, .sa_flags = SA_RESETHAND};
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is a failed write */
    for (int i = 0; i < SIGNAL_COUNT; i++)
        sigaction(SIGNALS[i], &action, &before[i]);
}

static void give_back_signals(const struct sigaction before[SIGNAL_COUNT])
{
    for (int i = 0; i < SIGNAL_COUNT; i++)
        sigaction(SIGNALS[i], &before[i], NULL);
}

static void block_signals(sigset_t *out_before)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&set, SIGNALS[i]);
    sigprocmask(SIG_BLOCK, &set, out_before);
}

/* ---- what is in it */

static bool write_all(int file, const char *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno != EINTR)
            return false;
        bytes += written < 0 ? 0 : written;
        size -= written < 0 ? 0 : (size_t)written;
    }
    return true;
}

static bool copy_bytes(int from, int to)
{
    char bytes[4096]; /* a private key may pass through */
    ssize_t size;
    bool good = true;
    while (good && (size = read(from, bytes, sizeof bytes)) != 0)
        good = size > 0 && write_all(to, bytes, (size_t)size);
    int reason = errno;
    explicit_bzero(bytes, sizeof bytes);
    errno = reason;
    return good && fsync(to) == 0;
}

static int create(const char *name)
{
    return openat(making.folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static status_t copy_file(const char *directory, const char *name, faults_t *faults)
{
    char path[PATH_MAX + PATH_SPARE];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    CLEANUP(file_close) int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return fail(faults, path, "cannot be read", errno);
    CLEANUP(file_close) int to = create(name);
    snprintf(path, sizeof path, "%s/%s", making.path, name);
    return to >= 0 && copy_bytes(from, to) ? STATUS_OK : fail(faults, path, "cannot be written", errno);
}

/* The settings, after they were read as `run` reads them: a backup on which no hub starts is none. */
static status_t copy_settings(const char *directory, faults_t *faults)
{
    settings_t settings;
    char path[PATH_MAX + PATH_SPARE];
    TRY(directory_read_settings(directory, NULL, &settings, faults));
    snprintf(path, sizeof path, "%s/" DIRECTORY_SETTINGS_FILE, directory);
    return access(path, F_OK) == 0 ? copy_file(directory, DIRECTORY_SETTINGS_FILE, faults) : STATUS_OK;
}

static status_t copy_keys(const char *directory, faults_t *faults)
{
    char public_key[HOME_KEY_SIZE], secret_key[HOME_KEY_SIZE];
    status_t status = directory_read_keys(directory, public_key, secret_key, faults);
    explicit_bzero(secret_key, sizeof secret_key);
    return status == STATUS_OK ? copy_file(directory, DIRECTORY_KEY_FILE, faults) : status;
}

static status_t note_keyless(faults_t *faults)
{
    CLEANUP(file_close) int file = create(DIRECTORY_KEYLESS_FILE);
    bool good = file >= 0 && write_all(file, KEYLESS_ADVICE, strlen(KEYLESS_ADVICE)) && fsync(file) == 0;
    return good ? STATUS_OK : fail(faults, making.path, DIRECTORY_KEYLESS_FILE " cannot be written", errno);
}

static status_t verify(const char *directory, store_counts_t *out_counts, faults_t *faults)
{
    char why[WHY_SIZE] = "";
    status_t status = store_verify(making.path, out_counts, why, sizeof why);
    size_t place = strlen(making.path) + 2; /* "PATH: " */
    if (status != STATUS_OK)
        faults_add(faults, 0, 0, "%s: the copy that was made of it is not sound, and was removed: %s", directory,
                   strlen(why) > place ? why + place : status_text(status));
    return status;
}

static status_t fill(const backup_plan_t *plan, store_counts_t *out_counts, faults_t *faults)
{
    char why[WHY_SIZE] = "";
    status_t status = store_copy(plan->directory, making.path, why, sizeof why);
    if (status != STATUS_OK) {
        faults_add(faults, 0, 0, "%s", why);
        return status;
    }
    TRY(copy_settings(plan->directory, faults));
    TRY(plan->without_keys ? note_keyless(faults) : copy_keys(plan->directory, faults));
    if (fsync(making.folder) != 0)
        return fail(faults, making.path, "cannot be synced", errno);
    return verify(plan->directory, out_counts, faults);
}

/* ---- its name */

static status_t refuse_taken(const char *destination, faults_t *faults)
{
    faults_add(faults, 0, 0, "%s: exists already; name a directory that does not", destination);
    return STATUS_CONFLICT;
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

/* rename() alone would put it in the place of an empty directory. */
static bool rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS) /* else a file system that cannot do this */
        return false;
    errno = EEXIST;
    return !exists(to) && rename(from, to) == 0;
}

static status_t give_name(const char *destination, faults_t *faults)
{
    sigset_t before;
    block_signals(&before);
    bool is_named = rename_new(making.path, destination);
    int reason = errno;
    if (!is_named) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return reason == EEXIST ? refuse_taken(destination, faults)
                                : fail(faults, destination, "cannot be given its name", reason);
    }
    close(making.folder);
    making.folder = -1;
    if (store_sync_parent(destination) != STATUS_OK)
        return fail(faults, destination, "is made, but the directory above it cannot be synced", errno);
    return STATUS_OK;
}

/* `given` without slashes at its end. */
static status_t plain_name(const char *given, char out[NAME_SIZE], faults_t *faults)
{
    size_t size = strlen(given);
    while (size > 1 && given[size - 1] == '/')
        size--;
    if (size == 0 || size >= NAME_SIZE) {
        faults_add(faults, 0, 0, "the name of the backup is empty or too long");
        return STATUS_INVALID;
    }
    memcpy(out, given, size);
    out[size] = '\0';
    return STATUS_OK;
}

static status_t make(const backup_plan_t *plan, const char *destination, store_counts_t *out_counts, faults_t *faults)
{
    int folder = -1;
    sigset_t before;
    block_signals(&before); /* what is there is known to the handler */
    status_t status = make_folder(making.path, &folder, faults);
    making.folder = folder;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (status == STATUS_OK)
        status = fill(plan, out_counts, faults);
    if (status == STATUS_OK)
        status = give_name(destination, faults);
    if (making.folder >= 0) {
        discard(folder, making.path);
        making.folder = -1;
        close(folder);
    }
    return status;
}

status_t backup_make(const backup_plan_t *plan, store_counts_t *out_counts, faults_t *faults)
{
    char destination[NAME_SIZE];
    struct sigaction before[SIGNAL_COUNT];
    TRY(plain_name(plan->destination, destination, faults));
    if (exists(destination))
        return refuse_taken(destination, faults);
    snprintf(making.path, sizeof making.path, "%s" PARTIAL, destination);
    making.process = getpid();
    take_signals(before);
    status_t status = make(plan, destination, out_counts, faults);
    give_back_signals(before);
    return status;
}
