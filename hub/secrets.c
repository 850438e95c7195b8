/* libzmq keeps what it deciphers in a handshake in memory of libsodium's guarded kind: pages of their own, between two
 * that nobody may touch, locked. Each such box costs four or five calls of the system and a message to every core, a
 * sixth of all that a new connection costs (docs/performance.md). It holds nothing that the hub does not keep in plain
 * memory elsewhere: the transient keys stand in libzmq's own objects, and what is deciphered goes on as messages. So
 * the hub's program answers for libsodium here: plain memory, wiped when it is freed.
 *
 * Linked into the program itself, whose symbols come before those of libraries. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#define HEAD_SIZE 16 /* before what is given out: its size, and the alignment of malloc */

void *sodium_malloc(const size_t size)
{
    char *block = size <= SIZE_MAX - HEAD_SIZE ? malloc(HEAD_SIZE + size) : NULL;
    if (!block) {
        errno = ENOMEM;
        return NULL;
    }
    *(size_t *)(void *)block = size;
    return block + HEAD_SIZE;
}

void sodium_free(void *bytes)
{
    if (!bytes)
        return;
    char *block = (char *)bytes - HEAD_SIZE;
    sodium_memzero(bytes, *(const size_t *)(const void *)block);
    free(block);
}
