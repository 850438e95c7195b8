#include "client/home.h"

#include "client/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define HOME_FILE     "home.txt"
#define SECRET_FILE   "secret.key"
#define SIGNING_KEY   "signing_key"
#define FILE_SIZE_MAX 4096

static const char Z85[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

bool home_is_key(const char *text)
{
    uint8_t key[32];
    return strspn(text, Z85) == 40 && text[40] == '\0' && zmq_z85_decode(key, text) != NULL;
}

void home_format_key(const uint8_t key[32], char out[HOME_KEY_SIZE])
{
    zmq_z85_encode(out, key, 32); /* NULL only for a size that 4 does not divide */
}

status_t home_hub_keys(const home_t *home, uint8_t out_hub_key[32], uint8_t out_signing_key[32])
{
    if (!*home->signing_key)
        return STATUS_NOT_FOUND;
    return zmq_z85_decode(out_hub_key, home->hub_key) && zmq_z85_decode(out_signing_key, home->signing_key)
               ? STATUS_OK
               : STATUS_INVALID;
}

status_t home_make_keys(home_t *keys)
{
    return zmq_curve_keypair(keys->public_key, keys->secret_key) == 0 ? STATUS_OK : STATUS_INTERNAL;
}

bool home_default_path(const char *option, char out[PATH_MAX])
{
    const char *base = option, *below = "";
    if (!base)
        base = getenv("YARDSTICK_HOME");
    if (!base || !*base) {
        base = getenv("XDG_CONFIG_HOME");
        below = "/yardstick";
    }
    if (!base || !*base) {
        base = getenv("HOME");
        below = "/.config/yardstick";
    }
    if (!base || !*base)
        return false;
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s%s", base, below);
    if (length < 0 || length >= PATH_MAX)
        return false;
    memcpy(out, path, (size_t)length + 1);
    return true;
}

static bool make_path(const char *directory, const char *name, char out[PATH_MAX])
{
    int length = snprintf(out, PATH_MAX, "%s/%s", directory, name);
    return length > 0 && length < PATH_MAX;
}

/* `mkdir -p`; only the last one is private. */
static bool make_directory(const char *directory)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s", directory);
    if (length <= 0 || length >= PATH_MAX)
        return false;
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    struct stat info;
    return mkdir(path, 0700) == 0 || (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode));
}

static bool sync_directory(const char *directory)
{
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool is_synced = fsync(file) == 0;
    close(file);
    return is_synced;
}

/* Moves `beside` to `path`; with `is_new` only where nothing is there (link refuses, rename would replace). */
static status_t move_into_place(const char *beside, const char *path, bool is_new)
{
    if (!is_new)
        return rename(beside, path) == 0 ? STATUS_OK : STATUS_IO;
    if (link(beside, path) == 0)
        return unlink(beside) == 0 ? STATUS_OK : STATUS_IO;
    return errno == EEXIST ? STATUS_CONFLICT : STATUS_IO;
}

status_t home_write_file(const char *directory, const char *name, const void *bytes, size_t size, bool is_private,
                         bool is_new)
{
    char path[PATH_MAX], beside[PATH_MAX];
    if (!make_path(directory, name, path) || !make_path(directory, ".new-XXXXXX", beside))
        return STATUS_IO;
    int file = mkostemp(beside, O_CLOEXEC); /* 0600 */
    if (file < 0)
        return STATUS_IO;
    bool is_written = (is_private || fchmod(file, 0644) == 0) && files_write_all(file, bytes, size);
    is_written = close(file) == 0 && is_written;
    status_t status = is_written ? move_into_place(beside, path, is_new) : STATUS_IO;
    if (status != STATUS_OK) {
        int reason = errno;
        unlink(beside);
        errno = reason;
        return status;
    }
    return sync_directory(directory) ? STATUS_OK : STATUS_IO;
}

static bool has_keys(const home_t *known)
{
    return known && (*known->public_key || *known->secret_key);
}

static status_t check_arguments(const char *endpoint, const char *hub_key, const home_t *known, faults_t *faults)
{
    bool is_valid = true;
    if (!endpoint_is_valid(endpoint)) {
        faults_add(faults, 0, 0, "the hub's endpoint %.80s is none; write tcp://HOST:PORT", endpoint);
        is_valid = false;
    }
    if (!home_is_key(hub_key)) {
        faults_add(faults, 0, 0,
                   "the hub's key %.80s is none; it has 40 characters, and `yardstick-hub key DIR` prints it", hub_key);
        is_valid = false;
    }
    if (has_keys(known) && (!home_is_key(known->public_key) || !home_is_key(known->secret_key))) {
        faults_add(faults, 0, 0, "the key pair is none");
        is_valid = false;
    }
    if (known && *known->signing_key && !home_is_key(known->signing_key)) {
        faults_add(faults, 0, 0,
                   "the hub's signing key %.80s is none; it has 40 characters, and `yardstick-hub key DIR --signing` "
                   "prints it",
                   known->signing_key);
        is_valid = false;
    }
    return is_valid ? STATUS_OK : STATUS_INVALID;
}

static status_t write_home(const home_t *home)
{
    char text[FILE_SIZE_MAX];
    bool is_pinned = *home->signing_key;
    int size =
        snprintf(text, sizeof text, "hub: %s\nhub_key: %s\npublic_key: %s\n%s%s%s", home->endpoint, home->hub_key,
                 home->public_key, is_pinned ? SIGNING_KEY ": " : "", home->signing_key, is_pinned ? "\n" : "");
    TRY(home_write_file(home->directory, HOME_FILE, text, (size_t)size, false, false));
    size = snprintf(text, sizeof text, "%s\n", home->secret_key);
    status_t status = home_write_file(home->directory, SECRET_FILE, text, (size_t)size, true, true);
    explicit_bzero(text, sizeof text);
    return status;
}

static bool holds_secret(const char *directory)
{
    char path[PATH_MAX];
    struct stat info;
    return make_path(directory, SECRET_FILE, path) && lstat(path, &info) == 0;
}

static status_t add_conflict(const char *directory, faults_t *faults)
{
    faults_add(faults, 0, 0,
               "%s already is a home, and its key is never replaced; name another directory, or move this one away",
               directory);
    return STATUS_CONFLICT;
}

status_t home_create(const char *directory, const char *endpoint, const char *hub_key, const home_t *known, home_t *out,
                     faults_t *faults)
{
    TRY(check_arguments(endpoint, hub_key, known, faults));
    CLEANUP(home_fini) home_t home = {0};
    int length = snprintf(home.directory, sizeof home.directory, "%s", directory);
    if (length <= 0 || (size_t)length >= sizeof home.directory) {
        faults_add(faults, 0, 0, "the home's path is empty or too long");
        return STATUS_INVALID;
    }
    snprintf(home.endpoint, sizeof home.endpoint, "%s", endpoint);
    snprintf(home.hub_key, sizeof home.hub_key, "%s", hub_key);
    if (known)
        memcpy(home.signing_key, known->signing_key, HOME_KEY_SIZE);
    if (has_keys(known)) {
        memcpy(home.public_key, known->public_key, HOME_KEY_SIZE);
        memcpy(home.secret_key, known->secret_key, HOME_KEY_SIZE);
    } else {
        TRY(home_make_keys(&home));
    }
    /* Looked at first, so that a refused init leaves home.txt as it is; the link() in write_home decides a race. */
    if (holds_secret(directory))
        return add_conflict(directory, faults);
    errno = 0;
    status_t status = make_directory(directory) ? write_home(&home) : STATUS_IO;
    if (status == STATUS_CONFLICT)
        return add_conflict(directory, faults);
    if (status != STATUS_OK) {
        faults_add(faults, 0, 0, "the home %s cannot be written: %s", directory, faults_text(faults, strerror(errno)));
        return status;
    }
    *out = home;
    return STATUS_OK;
}

/* Reads a small text file; its size, or -1 with errno. */
static ssize_t read_small(const char *path, char text[FILE_SIZE_MAX], struct stat *out_info)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        return -1;
    ssize_t size = -1;
    if (fstat(file, out_info) == 0 && S_ISREG(out_info->st_mode))
        size = read(file, text, FILE_SIZE_MAX - 1);
    else
        errno = EINVAL;
    int reason = errno;
    close(file);
    errno = reason;
    if (size >= 0)
        text[size] = '\0';
    return size;
}

static status_t add_unreadable(const char *path, faults_t *faults)
{
    if (errno == ENOENT || errno == ENOTDIR) {
        faults_add(faults, 0, 0, "no home here (%s is missing); make one with init, or name it with --home", path);
        return STATUS_NOT_FOUND;
    }
    faults_add(faults, 0, 0, "%s cannot be read: %s", path, faults_text(faults, strerror(errno)));
    return STATUS_IO;
}

/* Takes "name: value" into `out` where `line` is one of that name. */
static bool take_field(const char *line, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || line[length] != ':')
        return false;
    const char *value = line + length + 1;
    value += strspn(value, " \t");
    size_t used = strcspn(value, " \t\r");
    snprintf(out, size, "%.*s", used < size ? (int)used : 0, value); /* never a cut one, which might pass for another */
    return true;
}

/* Takes one line of home.txt; false where it is of no known name. *is_pinned: it names a signing key, whatever its
 * value: one that is none must not pass for a home that is not pinned. */
static bool take_line(const char *line, home_t *home, bool *is_pinned)
{
    if (take_field(line, SIGNING_KEY, home->signing_key, sizeof home->signing_key))
        return *is_pinned = true;
    return !line[strspn(line, " \t\r")] || *line == '#' ||
           take_field(line, "hub", home->endpoint, sizeof home->endpoint) ||
           take_field(line, "hub_key", home->hub_key, sizeof home->hub_key) ||
           take_field(line, "public_key", home->public_key, sizeof home->public_key);
}

static status_t take_lines(const char *path, char *text, home_t *home, faults_t *faults)
{
    bool is_valid = true, is_pinned = false;
    uint32_t number = 0;
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        number++;
        if (take_line(line, home, &is_pinned))
            continue;
        faults->source = path;
        faults_add(faults, number, 1, "no such setting; it holds hub, hub_key, public_key and signing_key");
        faults->source = NULL;
        is_valid = false;
    }
    if (!endpoint_is_valid(home->endpoint) || !home_is_key(home->hub_key) || !home_is_key(home->public_key)) {
        faults_add(faults, 0, 0, "%s needs hub: tcp://HOST:PORT, hub_key: and public_key: of 40 characters each", path);
        is_valid = false;
    }
    if (is_pinned && !home_is_key(home->signing_key)) {
        faults_add(faults, 0, 0,
                   "%s: signing_key: is none; it has 40 characters, and `yardstick-hub key DIR --signing` prints it",
                   path);
        is_valid = false;
    }
    return is_valid ? STATUS_OK : STATUS_INVALID;
}

static status_t read_home_file(const char *directory, home_t *home, faults_t *faults)
{
    char path[PATH_MAX], text[FILE_SIZE_MAX];
    struct stat info;
    if (!make_path(directory, HOME_FILE, path))
        errno = ENAMETOOLONG;
    else if (read_small(path, text, &info) >= 0)
        errno = 0;
    return errno ? add_unreadable(path, faults) : take_lines(path, text, home, faults);
}

static status_t read_secret(const char *directory, home_t *home, faults_t *faults)
{
    char path[PATH_MAX], text[FILE_SIZE_MAX];
    struct stat info;
    ssize_t size = -1;
    if (!make_path(directory, SECRET_FILE, path))
        errno = ENAMETOOLONG;
    else
        size = read_small(path, text, &info);
    if (size < 0)
        return add_unreadable(path, faults);
    status_t status = STATUS_OK;
    text[strcspn(text, "\r\n")] = '\0';
    char public_key[HOME_KEY_SIZE];
    if (info.st_mode & 077) {
        faults_add(faults, 0, 0, "the private key may be read by others than its owner; run: chmod 600 '%s'", path);
        status = STATUS_INVALID;
    } else if (!home_is_key(text) || zmq_curve_public(public_key, text) != 0 ||
               strcmp(public_key, home->public_key) != 0) {
        faults_add(faults, 0, 0, "%s holds no private key that belongs to the public_key of %s; make a new home", path,
                   HOME_FILE);
        status = STATUS_INVALID;
    } else {
        memcpy(home->secret_key, text, HOME_KEY_SIZE);
    }
    explicit_bzero(text, sizeof text);
    return status;
}

status_t home_open(const char *directory, home_t *out, faults_t *faults)
{
    CLEANUP(home_fini) home_t home = {0};
    snprintf(home.directory, sizeof home.directory, "%s", directory);
    TRY(read_home_file(directory, &home, faults));
    TRY(read_secret(directory, &home, faults));
    *out = home;
    return STATUS_OK;
}

/* Appends the line to what home.txt holds now, unless another process has pinned it meanwhile: *out_pin is the key that
 * stands there then. */
static status_t append_pin(const char *path, const home_t *home, char out_pin[HOME_KEY_SIZE])
{
    CLEANUP(faults_fini) faults_t faults = {0};
    home_t now = {0};
    char text[FILE_SIZE_MAX], lines[FILE_SIZE_MAX];
    struct stat info;
    ssize_t size = read_small(path, text, &info);
    if (size < 0)
        return STATUS_IO;
    memcpy(lines, text, (size_t)size + 1);
    if (take_lines(path, lines, &now, &faults) == STATUS_OK && *now.signing_key) {
        memcpy(out_pin, now.signing_key, HOME_KEY_SIZE);
        return STATUS_OK;
    }
    const char *end = size && text[size - 1] != '\n' ? "\n" : "";
    int more = snprintf(text + size, sizeof text - (size_t)size, "%s" SIGNING_KEY ": %s\n", end, home->signing_key);
    errno = EFBIG;
    return (size_t)(size + more) < sizeof text
               ? home_write_file(home->directory, HOME_FILE, text, (size_t)(size + more), false, false)
               : STATUS_IO;
}

status_t home_pin(home_t *home, const char *signing_key)
{
    char path[PATH_MAX], pin[HOME_KEY_SIZE];
    snprintf(home->signing_key, sizeof home->signing_key, "%s", signing_key);
    memcpy(pin, home->signing_key, sizeof pin);
    errno = ENAMETOOLONG;
    TRY(make_path(home->directory, HOME_FILE, path) ? append_pin(path, home, pin) : STATUS_IO);
    bool is_same = strcmp(pin, home->signing_key) == 0;
    memcpy(home->signing_key, pin, sizeof pin);
    return is_same ? STATUS_OK : STATUS_CONFLICT;
}

/* The line of home.txt that says where the hub is (the last one counts); NULL where there is none. */
static const char *find_hub_line(const char *text)
{
    const char *found = NULL;
    for (const char *line = text, *end; line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (strncmp(line, "hub:", 4) == 0)
            found = line;
    }
    return found;
}

status_t home_move(home_t *home, const char *endpoint)
{
    char path[PATH_MAX], text[FILE_SIZE_MAX], moved[FILE_SIZE_MAX + ENDPOINT_SIZE];
    struct stat info;
    errno = ENAMETOOLONG;
    if (!make_path(home->directory, HOME_FILE, path) || read_small(path, text, &info) < 0)
        return STATUS_IO;
    const char *line = find_hub_line(text);
    errno = EINVAL;
    if (!line)
        return STATUS_IO;
    int size =
        snprintf(moved, sizeof moved, "%.*shub: %s%s", (int)(line - text), text, endpoint, line + strcspn(line, "\n"));
    errno = EFBIG;
    TRY(size < FILE_SIZE_MAX ? home_write_file(home->directory, HOME_FILE, moved, (size_t)size, false, false)
                             : STATUS_IO);
    snprintf(home->endpoint, sizeof home->endpoint, "%s", endpoint);
    return STATUS_OK;
}

void home_fini(home_t *home)
{
    explicit_bzero(home->secret_key, sizeof home->secret_key);
}
