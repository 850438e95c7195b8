#include "dealer-agent/deliver_lock.h"

#include "dealer-agent/outbox_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

status_t deliver_lock(const char *home_directory, int *out_lock)
{
    char path[PATH_MAX];
    if (!outbox_path(home_directory, "deliver.lock", path))
        return STATUS_IO;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return STATUS_IO;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        *out_lock = file;
        return STATUS_OK;
    }
    status_t status = errno == EWOULDBLOCK ? STATUS_BUSY : STATUS_IO;
    close(file);
    return status;
}

void deliver_unlock(int *lock)
{
    if (*lock >= 0)
        close(*lock);
    *lock = -1;
}
