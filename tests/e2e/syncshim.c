/* Loaded into the hub or the agent with LD_PRELOAD by tests: writes down, in one order, each sync of a file and each
 * send to a TCP peer, and holds or fails syncs on request. It lives in the directory $SYNCSHIM_DIRECTORY.
 *   log       one line an event: "MICROSECONDS KIND FD BYTES RESULT", begun ("sync-begin", "meta-begin") and done
 *             ("sync-end", "meta-end", "send"). sync = fdatasync, fsync or msync; meta = a write to a file that was
 *             opened with O_DSYNC (LMDB's meta page, after which a commit holds).
 *   hold      while this file is there, syncs wait after "sync-begin", meta writes after "meta-begin"
 *   hold-end  while this file is there, meta writes wait after "meta-end"
 *   fail      if this file is there, the next sync removes it and fails with EIO
 *   full      while this file is there, writes to files opened for the store fail with ENOSPC
 * Only calls through the dynamic linker are seen, which is how libzmq and liblmdb make them. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void path_of(char *out, size_t size, const char *name)
{
    const char *directory = getenv("SYNCSHIM_DIRECTORY");
    snprintf(out, size, "%s/%s", directory != NULL ? directory : "/nonexistent", name);
}

static bool present(const char *name)
{
    char path[4096];
    path_of(path, sizeof path, name);
    return access(path, F_OK) == 0;
}

/* One write(2) system call on an O_APPEND file, so that lines of several threads are whole and in order. */
static void note(const char *kind, int fd, ssize_t bytes, long result)
{
    static int log_fd = -1;
    if (log_fd < 0) {
        char path[4096];
        path_of(path, sizeof path, "log");
        log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char line[128];
    int length = snprintf(line, sizeof line, "%lld %s %d %zd %ld\n",
                          (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000, kind, fd, bytes, result);
    syscall(SYS_write, log_fd, line, (size_t)length);
}

static void wait_while(const char *name)
{
    while (present(name))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static bool fails_now(void)
{
    char path[4096];
    path_of(path, sizeof path, "fail");
    return unlink(path) == 0;
}

static bool is_tcp(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && address.ss_family == AF_INET;
}

static bool is_file(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

static bool is_synced_file(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_DSYNC) != 0 && is_file(fd);
}

/* Everything that is done around a sync; `result` is the real call's. */
#define SYNC(fd, call)                                                                                                 \
    do {                                                                                                               \
        note("sync-begin", fd, 0, 0);                                                                                  \
        wait_while("hold");                                                                                            \
        int result = -1;                                                                                               \
        if (fails_now())                                                                                               \
            errno = EIO;                                                                                               \
        else                                                                                                           \
            result = (call);                                                                                           \
        int error = errno;                                                                                             \
        note("sync-end", fd, 0, result);                                                                               \
        errno = error;                                                                                                 \
        return result;                                                                                                 \
    } while (0)

int fdatasync(int fd)
{
    SYNC(fd, NEXT(fdatasync)(fd));
}

int fsync(int fd)
{
    SYNC(fd, NEXT(fsync)(fd));
}

int msync(void *address, size_t size, int flags)
{
    SYNC(-1, NEXT(msync)(address, size, flags));
}

/* Everything that is done around a write to a file. */
#define WRITE(fd, bytes, call)                                                                                         \
    do {                                                                                                               \
        bool synced = is_synced_file(fd);                                                                              \
        if (is_file(fd) && fd > 2 && present("full")) {                                                                \
            errno = ENOSPC;                                                                                            \
            return -1;                                                                                                 \
        }                                                                                                              \
        if (synced) {                                                                                                  \
            note("meta-begin", fd, (ssize_t)(bytes), 0);                                                               \
            wait_while("hold");                                                                                        \
        }                                                                                                              \
        ssize_t result = (call);                                                                                       \
        int error = errno;                                                                                             \
        if (synced) {                                                                                                  \
            note("meta-end", fd, (ssize_t)(bytes), result);                                                            \
            wait_while("hold-end");                                                                                    \
        }                                                                                                              \
        errno = error;                                                                                                 \
        return result;                                                                                                 \
    } while (0)

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    WRITE(fd, size, NEXT(pwrite)(fd, data, size, offset));
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    WRITE(fd, size, NEXT(pwrite64)(fd, data, size, offset));
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    WRITE(fd, count, NEXT(pwritev)(fd, parts, count, offset));
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    WRITE(fd, count, NEXT(writev)(fd, parts, count));
}

ssize_t write(int fd, const void *data, size_t size)
{
    WRITE(fd, size, NEXT(write)(fd, data, size));
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    if (is_tcp(fd))
        note("send", fd, (ssize_t)size, 0); /* before it leaves: nothing that the peer has can be earlier */
    return NEXT(send)(fd, data, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (is_tcp(fd))
        note("send", fd, 0, 0);
    return NEXT(sendmsg)(fd, message, flags);
}
