#include "client/named_store.h"

#include "core/limits.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Of the key's stores, in the message. */
#define STORES_SHOWN 5

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether two bytes side by side are of one word: letters and digits, or Chinese. */
static bool are_joined(char a, char b)
{
    return (a & b & 0x80) || (is_alphanumeric(a) && is_alphanumeric(b));
}

bool named_store_holds(const char *path, const char *code)
{
    const char *name = name_of(path);
    size_t size = strlen(code);
    for (const char *at = strcasestr(name, code); at; at = strcasestr(at + 1, code))
        if ((at == name || !are_joined(at[-1], *at)) && !are_joined(at[size - 1], at[size]))
            return true;
    return false;
}

/* Whether a word could be the code of another store, by the code of one. */
static bool is_alike(const char *word, size_t size, const char *code)
{
    size_t letters = 0, digits = 0;
    if (strlen(code) != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool fits =
            is_digit(code[i]) ? is_digit(word[i]) : tolower((unsigned char)code[i]) == tolower((unsigned char)word[i]);
        if (!fits)
            return false;
        digits += is_digit(code[i]);
        letters += !is_digit(code[i]);
    }
    return letters >= 1 && digits >= 2;
}

/* The first word of the name that could be a code, "" where there is none. */
static void find_alike(const char *path, const facts_options_t *options, char out[CODE_LENGTH_MAX + 1])
{
    *out = '\0';
    for (const char *word = name_of(path); *word;) {
        size_t size = 0;
        while (is_alphanumeric(word[size]))
            size++;
        for (size_t i = 0; size && i < options->dealer_count; i++)
            if (is_alike(word, size, options->dealers[i])) {
                snprintf(out, CODE_LENGTH_MAX + 1, "%.*s", (int)size, word);
                return;
            }
        word += size ? size : 1;
    }
}

static void list_stores(const facts_options_t *options, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < options->dealer_count && i < STORES_SHOWN; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", options->dealers[i]);
    if (options->dealer_count > STORES_SHOWN)
        snprintf(out + used, size - used, ", ...");
}

bool named_store_check(const char *path, const facts_options_t *options, faults_t *faults)
{
    char word[CODE_LENGTH_MAX + 1], stores[STORES_SHOWN * (CODE_LENGTH_MAX + 2) + sizeof ", ..."];
    for (size_t i = 0; i < options->dealer_count; i++)
        if (named_store_holds(path, options->dealers[i]))
            return true;
    find_alike(path, options, word);
    if (options->is_dealer_given || !*word)
        return true;
    list_stores(options, stores, sizeof stores);
    faults_add(
        faults, 0, 0,
        "the file's name says store %s, and this key files for %s; rename the file where that is wrong, or name the "
        "store with --dealer",
        word, stores);
    return false;
}
