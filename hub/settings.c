#include "hub/settings_table.h"

#include "client/home.h"
#include "core/number.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const setting_t setting_table[SETTING_COUNT] = {
#define SETTING_ROW(kind, name, member, least, most, initial, unit, help)                                              \
    {SETTING_##kind, #name, offsetof(settings_t, member), least, most, initial, unit, help},
    SETTING_LIST(SETTING_ROW)
#undef SETTING_ROW
};

size_t setting_find(const char *name)
{
    size_t i = 0;
    while (i < SETTING_COUNT && strcmp(setting_table[i].name, name) != 0)
        i++;
    return i;
}

/* Plain digits: no sign, no leading zero (some readers take 010 for 8), no fraction. */
static bool parse_digits(const char *text, size_t length, uint64_t *out)
{
    if (length == 0 || length > 18 || strspn(text, "0123456789") < length || (length > 1 && text[0] == '0'))
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    *out = value;
    return true;
}

/* Digits, then optionally KiB, MiB, GiB or TiB. */
static bool parse_bytes(const char *text, uint64_t *out)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    size_t length = strspn(text, "0123456789");
    const char *unit = text + length + strspn(text + length, " ");
    uint64_t value, factor = 1;
    if (!parse_digits(text, length, &value))
        return false;
    if (*unit) {
        size_t i = 0;
        while (i < 4 && strcmp(units[i], unit) != 0)
            i++;
        if (i == 4)
            return false;
        factor = UINT64_C(1) << (10 * (i + 1));
    }
    return !__builtin_mul_overflow(value, factor, out);
}

static bool parse_share(const char *text, benchmark_rule_t *out)
{
    int64_t units, scale = 1;
    unsigned decimals;
    if (number_parse_decimal(text, &units, &decimals) != STATUS_OK || decimals > 6)
        return false;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    if (units > scale)
        return false;
    out->share_numerator = (uint32_t)units;
    out->share_denominator = (uint32_t)scale;
    return true;
}

/* "11,16,21" or "". */
static bool parse_days(const char *text, const setting_t *setting, release_days_t *out)
{
    release_days_t days = {.count = 0};
    while (*text) {
        uint64_t day;
        size_t length = strcspn(text, ",");
        if (days.count == SETTINGS_RELEASE_DAYS_MAX || !parse_digits(text, length, &day) || day < setting->least ||
            day > setting->most || (days.count && day <= days.days[days.count - 1]))
            return false;
        days.days[days.count++] = (uint32_t)day;
        text += length;
        if (*text == ',' && !*++text)
            return false;
    }
    *out = days;
    return true;
}

/* A file of the time zone database: the C library silently takes an unknown name for UTC. */
static bool zone_exists(const char *name)
{
    const char *directory = getenv("TZDIR");
    char path[512], magic[4];
    size_t plain = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");
    if (!*name || *name == '/' || name[plain])
        return false;
    snprintf(path, sizeof path, "%s/%s", directory && *directory ? directory : "/usr/share/zoneinfo", name);
    FILE *file = fopen(path, "rbe");
    bool is_zone = file && fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "TZif", 4) == 0;
    if (file)
        fclose(file);
    return is_zone;
}

/* "FIRST or SECOND". */
static bool parse_choice(const setting_t *setting, const char *text, bool *out)
{
    const char *between = strstr(setting->unit, " or "), *second = between + strlen(" or ");
    size_t length = (size_t)(between - setting->unit);
    bool is_second = strcmp(text, second) == 0;
    if (!is_second && (strlen(text) != length || strncmp(text, setting->unit, length) != 0))
        return false;
    *out = is_second;
    return true;
}

static status_t refuse(faults_t *faults, setting_place_t place, const setting_t *setting, const char *text,
                       const char *expected)
{
    faults_add(faults, place.line, place.column, "%s: '%.100s' is not %s", setting->name, text, expected);
    return STATUS_INVALID;
}

static status_t apply_number(const setting_t *setting, const char *text, setting_place_t place, void *member,
                             faults_t *faults)
{
    uint64_t value;
    bool is_bytes = setting->kind == SETTING_BYTES;
    if (!(is_bytes ? parse_bytes(text, &value) : parse_digits(text, strlen(text), &value)))
        return refuse(faults, place, setting, text,
                      is_bytes ? "a size: write digits, and KiB, MiB, GiB or TiB behind them or nothing"
                               : "a whole number: write plain digits without a leading zero");
    if (value < setting->least || value > setting->most) {
        faults_add(faults, place.line, place.column, "%s: '%.100s' is out of range: %" PRIu64 " to %" PRIu64 " %s",
                   setting->name, text, setting->least, setting->most, setting->unit);
        return STATUS_INVALID;
    }
    if (is_bytes)
        *(uint64_t *)member = value;
    else
        *(uint32_t *)member = (uint32_t)value;
    return STATUS_OK;
}

static bool is_listener(const char *text)
{
    char endpoint[ENDPOINT_SIZE];
    return strlen(text) < SETTINGS_LISTEN_SIZE && endpoint_of_listener(text, endpoint);
}

status_t setting_apply(const setting_t *setting, const char *text, setting_place_t place, settings_t *settings,
                       faults_t *faults)
{
    void *member = (char *)settings + setting->offset;
    switch (setting->kind) {
    case SETTING_DOOR:
    case SETTING_LISTEN:
        if (!(setting->kind == SETTING_DOOR && !*text) && !is_listener(text))
            return refuse(faults, place, setting, text, "tcp://ADDRESS:PORT (ADDRESS may be *, PORT 0 to 65535)");
        strcpy(member, text);
        return STATUS_OK;
    case SETTING_ZONE:
        if (strlen(text) >= setting->most || !zone_exists(text))
            return refuse(faults, place, setting, text,
                          "a time zone of this machine: use a name such as Asia/Shanghai (package tzdata holds them)");
        strcpy(member, text);
        return STATUS_OK;
    case SETTING_SHARE:
        if (!parse_share(text, member))
            return refuse(faults, place, setting, text, "a share: write a decimal from 0 to 1, such as 0.10");
        return STATUS_OK;
    case SETTING_SWITCH:
        if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
            return refuse(faults, place, setting, text, "on or off");
        *(bool *)member = text[1] == 'n';
        return STATUS_OK;
    case SETTING_CHOICE:
        return parse_choice(setting, text, member) ? STATUS_OK : refuse(faults, place, setting, text, setting->unit);
    case SETTING_DAYS:
        if (!parse_days(text, setting, member))
            return refuse(faults, place, setting, text,
                          "a list of at most 5 days from 1 to 28, ascending, with commas between, such as 11,16,21");
        return STATUS_OK;
    case SETTING_NUMBER:
    case SETTING_BYTES:
        break;
    }
    return apply_number(setting, text, place, member, faults);
}

/* The defaults are texts of the table. That of the time zone is taken unchecked: where the machine has no time zones,
 * main says so by settings_check. */
void settings_defaults(settings_t *out)
{
    settings_t settings = {0};
    CLEANUP(faults_fini) faults_t faults = {0};
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const setting_t *setting = &setting_table[i];
        if (setting->kind == SETTING_ZONE) {
            strcpy((char *)&settings + setting->offset, setting->initial);
            continue;
        }
        status_t status = setting_apply(setting, setting->initial, (setting_place_t){0, 0}, &settings, &faults);
        assert(status == STATUS_OK);
        (void)status;
    }
    *out = settings;
}

status_t settings_set(settings_t *settings, const char *name, const char *text, faults_t *faults)
{
    size_t index = setting_find(name);
    assert(index < SETTING_COUNT);
    return setting_apply(&setting_table[index], text, (setting_place_t){0, 0}, settings, faults);
}

static void print_range(FILE *file, const setting_t *setting)
{
    switch (setting->kind) {
    case SETTING_NUMBER:
    case SETTING_BYTES:
        fprintf(file, "%" PRIu64 " to %" PRIu64 " %s", setting->least, setting->most, setting->unit);
        break;
    case SETTING_SHARE:
        fputs("0 to 1", file);
        break;
    case SETTING_SWITCH:
        fputs("on or off", file);
        break;
    case SETTING_CHOICE:
        fputs(setting->unit, file);
        break;
    case SETTING_DAYS:
        fprintf(file, "at most %d days, %" PRIu64 " to %" PRIu64, SETTINGS_RELEASE_DAYS_MAX, setting->least,
                setting->most);
        break;
    case SETTING_LISTEN:
    case SETTING_DOOR:
    case SETTING_ZONE:
        fputs("text", file);
        break;
    }
}

void settings_print_help(void *file)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const setting_t *setting = &setting_table[i];
        fprintf(file, "  %s (", setting->name);
        print_range(file, setting);
        fprintf(file, "; default %s)\n      %s\n", *setting->initial ? setting->initial : "none", setting->help);
    }
}

void settings_print_sample(void *file, const char *listen, bool only_listen)
{
    fputs("# Settings of yardstick-hub. What is left out has its default.\n", file);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const setting_t *setting = &setting_table[i];
        bool is_listen = setting->kind == SETTING_LISTEN;
        const char *initial = *setting->initial ? setting->initial : "\"\"";
        fprintf(file, "\n# %s (", setting->help);
        print_range(file, setting);
        fprintf(file, ")\n%s%s: %s\n", only_listen && !is_listen ? "# " : "", setting->name,
                is_listen && listen ? listen : initial);
    }
}
