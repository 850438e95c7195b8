#include "hub/uploads.h"

#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

/* The arrays are on the heap; the texts are the arena's. */
struct upload {
    uint8_t id[UPLOAD_ID_SIZE];
    uint8_t key[KEY_SIZE];
    uint32_t next_part;
    bool dry_run;
    monotonic_time_t touched;
    arena_t *texts;
    size_t line_bytes;
    network_region_line_t *regions;
    network_dealer_line_t *dealers;
    network_membership_line_t *memberships;
    network_circle_line_t *circles;
    size_t region_count, dealer_count, membership_count, circle_count;
};

upload_t *upload_create(const uint8_t id[UPLOAD_ID_SIZE], const uint8_t key[KEY_SIZE], bool dry_run)
{
    upload_t *upload = calloc(1, sizeof *upload);
    if (!upload || !(upload->texts = arena_create(UPLOAD_SIZE_MAX))) {
        free(upload);
        return NULL;
    }
    memcpy(upload->id, id, UPLOAD_ID_SIZE);
    memcpy(upload->key, key, KEY_SIZE);
    upload->dry_run = dry_run;
    upload->touched = clock_monotonic();
    return upload;
}

void upload_destroy(upload_t **upload)
{
    if (!upload || !*upload)
        return;
    free((*upload)->regions);
    free((*upload)->dealers);
    free((*upload)->memberships);
    free((*upload)->circles);
    arena_destroy(&(*upload)->texts);
    free(*upload);
    *upload = NULL;
}

bool upload_expects(const upload_t *upload, const uint8_t id[UPLOAD_ID_SIZE], const uint8_t key[KEY_SIZE],
                    uint32_t part, bool dry_run)
{
    return memcmp(upload->id, id, UPLOAD_ID_SIZE) == 0 && memcmp(upload->key, key, KEY_SIZE) == 0 &&
           upload->next_part == part && upload->dry_run == dry_run;
}

uint64_t upload_age_ms(const upload_t *upload)
{
    return clock_monotonic().ms - upload->touched.ms;
}

/* Room for `more` behind `count` lines of `size` bytes, and the lines put there. */
static status_t append(upload_t *upload, void **lines, size_t *count, const void *more, size_t more_count, size_t size)
{
    if (more_count == 0)
        return STATUS_OK;
    upload->line_bytes += more_count * size;
    if (upload->line_bytes > UPLOAD_SIZE_MAX)
        return STATUS_LIMIT;
    char *grown = realloc(*lines, (*count + more_count) * size);
    if (!grown)
        return STATUS_NO_MEMORY;
    memcpy(grown + *count * size, more, more_count * size);
    *lines = grown;
    *count += more_count;
    return STATUS_OK;
}

/* Replaces a borrowed text by a copy. */
static status_t keep(upload_t *upload, const char **text)
{
    *text = arena_strdup(upload->texts, *text ? *text : "");
    return *text ? STATUS_OK : STATUS_LIMIT;
}

static status_t add_regions(upload_t *upload, const network_lines_t *lines)
{
    size_t at = upload->region_count;
    TRY(append(upload, (void **)&upload->regions, &upload->region_count, lines->regions, lines->region_count,
               sizeof *lines->regions));
    for (; at < upload->region_count; at++) {
        TRY(keep(upload, &upload->regions[at].code));
        TRY(keep(upload, &upload->regions[at].parent));
        TRY(keep(upload, &upload->regions[at].name));
    }
    return STATUS_OK;
}

static status_t add_dealers(upload_t *upload, const network_lines_t *lines)
{
    size_t at = upload->dealer_count;
    TRY(append(upload, (void **)&upload->dealers, &upload->dealer_count, lines->dealers, lines->dealer_count,
               sizeof *lines->dealers));
    for (; at < upload->dealer_count; at++) {
        TRY(keep(upload, &upload->dealers[at].code));
        TRY(keep(upload, &upload->dealers[at].name));
        TRY(keep(upload, &upload->dealers[at].owner));
    }
    return STATUS_OK;
}

static status_t add_memberships(upload_t *upload, const network_lines_t *lines)
{
    size_t at = upload->membership_count;
    TRY(append(upload, (void **)&upload->memberships, &upload->membership_count, lines->memberships,
               lines->membership_count, sizeof *lines->memberships));
    for (; at < upload->membership_count; at++) {
        TRY(keep(upload, &upload->memberships[at].dealer));
        TRY(keep(upload, &upload->memberships[at].region));
    }
    return STATUS_OK;
}

static status_t add_circles(upload_t *upload, const network_lines_t *lines)
{
    size_t at = upload->circle_count;
    TRY(append(upload, (void **)&upload->circles, &upload->circle_count, lines->circles, lines->circle_count,
               sizeof *lines->circles));
    for (; at < upload->circle_count; at++) {
        TRY(keep(upload, &upload->circles[at].circle));
        TRY(keep(upload, &upload->circles[at].dealer));
    }
    return STATUS_OK;
}

status_t upload_add(upload_t *upload, const network_lines_t *lines)
{
    TRY(add_regions(upload, lines));
    TRY(add_dealers(upload, lines));
    TRY(add_memberships(upload, lines));
    TRY(add_circles(upload, lines));
    upload->next_part++;
    upload->touched = clock_monotonic();
    return STATUS_OK;
}

network_lines_t upload_lines(const upload_t *upload)
{
    return (network_lines_t){
        .regions = upload->regions,
        .region_count = upload->region_count,
        .dealers = upload->dealers,
        .dealer_count = upload->dealer_count,
        .memberships = upload->memberships,
        .membership_count = upload->membership_count,
        .circles = upload->circles,
        .circle_count = upload->circle_count,
    };
}
