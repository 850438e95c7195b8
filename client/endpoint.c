#include "client/endpoint.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The port of "HOST:PORT" behind its last colon, -1 where it is none; *out_host_size = bytes before that colon. */
static long endpoint_port(const char *rest, size_t *out_host_size)
{
    const char *colon = strrchr(rest, ':');
    if (!colon || colon == rest)
        return -1;
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits == 0 || digits > 5 || colon[1 + digits])
        return -1;
    *out_host_size = (size_t)(colon - rest);
    long port = strtol(colon + 1, NULL, 10);
    return port <= 65535 ? port : -1;
}

static bool is_host(const char *host, size_t size)
{
    if (host[0] == '[')
        return size > 2 && host[size - 1] == ']' && strspn(host + 1, "0123456789abcdefABCDEF:.%") == size - 2;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)host[i]) && !strchr(".-_", host[i]))
            return false;
    return size > 0;
}

static bool is_wildcard(const char *host, size_t size)
{
    static const char *const WILDCARDS[] = {"*", "0.0.0.0", "[::]"};
    for (size_t i = 0; i < sizeof WILDCARDS / sizeof *WILDCARDS; i++)
        if (strlen(WILDCARDS[i]) == size && !memcmp(host, WILDCARDS[i], size))
            return true;
    return false;
}

/* What follows "tcp://", NULL where the text does not begin with it or is too long. */
static const char *behind_scheme(const char *text)
{
    if (strnlen(text, ENDPOINT_SIZE) >= ENDPOINT_SIZE || strncmp(text, "tcp://", 6) != 0)
        return NULL;
    return text + 6;
}

bool endpoint_is_valid(const char *text)
{
    const char *rest = behind_scheme(text);
    size_t host_size;
    return rest && endpoint_port(rest, &host_size) >= 0 && is_host(rest, host_size) && !is_wildcard(rest, host_size);
}

bool endpoint_of_listener(const char *listen, char out[ENDPOINT_SIZE])
{
    const char *rest = behind_scheme(listen);
    size_t host_size = 0;
    long port = rest ? endpoint_port(rest, &host_size) : -1;
    if (port < 0)
        return false;
    if (is_wildcard(rest, host_size))
        snprintf(out, ENDPOINT_SIZE, "tcp://127.0.0.1:%ld", port);
    else if (is_host(rest, host_size))
        snprintf(out, ENDPOINT_SIZE, "%s", listen);
    else
        return false;
    return true;
}
