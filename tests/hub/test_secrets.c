/* hub/secrets.c, linked into this program as into the hub's. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <zmq.h>

Test(secrets, libraries_take_the_programs_memory_for_secrets, .timeout = 10)
{
    int major, minor, patch;
    zmq_version(&major, &minor, &patch); /* libzmq is loaded */
    cr_assert(dlsym(RTLD_DEFAULT, "sodium_malloc") == (void *)sodium_malloc);
    Dl_info own, other;
    cr_assert(dladdr(dlsym(RTLD_DEFAULT, "sodium_malloc"), &own) && dladdr((void *)zmq_version, &other));
    cr_assert_neq(own.dli_fbase, dlsym(RTLD_DEFAULT, "sodium_init"));
    cr_assert_null(strstr(own.dli_fname, "libsodium"));
}

Test(secrets, memory_of_every_size_is_aligned_and_whole, .timeout = 10)
{
    for (size_t size = 0; size < 5000; size += 1 + size / 7) {
        uint8_t *bytes = sodium_malloc(size);
        cr_assert_not_null(bytes);
        cr_assert_eq((uintptr_t)bytes % 16, 0);
        memset(bytes, 0xa5, size);
        sodium_free(bytes);
    }
    sodium_free(NULL);
}

Test(secrets, more_than_there_is_is_refused, .timeout = 10)
{
    cr_assert_null(sodium_malloc(SIZE_MAX));
    cr_assert_null(sodium_malloc(SIZE_MAX - 15));
}
