#include "hub/connections.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void connections_note(connections_t *connections, int fd, const principal_t *principal)
{
    if (fd < 0)
        return;
    size_t at = (size_t)fd;
    if (at >= connections->count) {
        size_t count = (at + 1) * 2;
        const principal_t **speakers = realloc(connections->speakers, count * sizeof *speakers);
        if (!speakers)
            return;
        memset(speakers + connections->count, 0, (count - connections->count) * sizeof *speakers);
        connections->speakers = speakers;
        connections->count = count;
    }
    connections->speakers[at] = principal;
}

void connections_cut_one(int fd)
{
    /* What is no socket any more says ENOTSOCK. */
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
}

size_t connections_cut(connections_t *connections, const uint8_t key[KEY_SIZE])
{
    size_t cut = 0;
    for (size_t fd = 0; fd < connections->count; fd++) {
        const principal_t *speaker = connections->speakers[fd];
        if (!speaker || memcmp(speaker->key, key, KEY_SIZE) != 0)
            continue;
        connections->speakers[fd] = NULL;
        connections_cut_one((int)fd);
        cut++;
    }
    return cut;
}

void connections_fini(connections_t *connections)
{
    free(connections->speakers);
    *connections = (connections_t){0};
}
