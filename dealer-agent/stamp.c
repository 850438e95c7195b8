#include "dealer-agent/stamp.h"

#include <fcntl.h>
#include <stdio.h>

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

stamp_t stamp_of(const struct stat *info)
{
    return (stamp_t){info->st_dev, info->st_ino, info->st_size, nanoseconds(info->st_mtim), nanoseconds(info->st_ctim)};
}

bool stamp_read(int folder, const char *name, stamp_t *out)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode))
        return false;
    *out = stamp_of(&info);
    return true;
}

bool stamp_is_same(const stamp_t *a, const stamp_t *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns &&
           a->ctime_ns == b->ctime_ns;
}

const char *stamp_format(const stamp_t *stamp, char out[STAMP_TEXT_SIZE])
{
    snprintf(out, STAMP_TEXT_SIZE, "%llu.%lld.%lld.%lld", (unsigned long long)stamp->inode, (long long)stamp->size,
             (long long)stamp->mtime_ns, (long long)stamp->ctime_ns);
    return out;
}
