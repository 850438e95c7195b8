#include "proto/codec_internals.h"

/* Rules of codes, names and references are network_build's, which names each fault with its file and line; here only
 * form. */

static status_t read_memberships(reader_t *reader, const Yardstick__V1__Network *message, network_lines_t *out)
{
    network_membership_line_t *lines;
    READ_ARRAY(reader->arena, message->n_memberships, lines);
    for (size_t i = 0; i < message->n_memberships; i++) {
        const Yardstick__V1__MembershipLine *line = message->memberships[i];
        lines[i] = (network_membership_line_t){.dealer = line->dealer, .region = line->region, .line = line->line};
        TRY(reader_period(reader, "MembershipLine.from", line->from, &lines[i].from));
    }
    out->memberships = lines;
    out->membership_count = message->n_memberships;
    return STATUS_OK;
}

static status_t read_circles(reader_t *reader, const Yardstick__V1__Network *message, network_lines_t *out)
{
    network_circle_line_t *lines;
    READ_ARRAY(reader->arena, message->n_circles, lines);
    for (size_t i = 0; i < message->n_circles; i++) {
        const Yardstick__V1__CircleLine *line = message->circles[i];
        lines[i] = (network_circle_line_t){.circle = line->circle, .dealer = line->dealer, .line = line->line};
        TRY(reader_optional_period(reader, "CircleLine.from", line->from, &lines[i].from));
        TRY(reader_optional_period(reader, "CircleLine.until", line->until, &lines[i].until));
    }
    out->circles = lines;
    out->circle_count = message->n_circles;
    return STATUS_OK;
}

status_t network_read(reader_t *reader, const Yardstick__V1__Network *message, network_lines_t *out)
{
    network_lines_t lines = {.region_count = message->n_regions, .dealer_count = message->n_dealers};
    network_region_line_t *regions;
    READ_ARRAY(reader->arena, message->n_regions, regions);
    for (size_t i = 0; i < message->n_regions; i++) {
        const Yardstick__V1__RegionLine *line = message->regions[i];
        regions[i] = (network_region_line_t){line->code, line->parent, line->name, line->line};
    }
    lines.regions = regions;
    network_dealer_line_t *dealers;
    READ_ARRAY(reader->arena, message->n_dealers, dealers);
    for (size_t i = 0; i < message->n_dealers; i++) {
        const Yardstick__V1__DealerLine *line = message->dealers[i];
        dealers[i] = (network_dealer_line_t){line->code, line->name, line->owner, line->line};
    }
    lines.dealers = dealers;
    TRY(read_memberships(reader, message, &lines));
    TRY(read_circles(reader, message, &lines));
    *out = lines;
    return STATUS_OK;
}

static uint32_t period_or_zero(period_t period)
{
    return period == PERIOD_NONE ? 0 : period_to_number(period);
}

static status_t write_regions(arena_t *arena, const network_lines_t *lines, Yardstick__V1__Network *out)
{
    Yardstick__V1__RegionLine *items, initial = YARDSTICK__V1__REGION_LINE__INIT;
    WRITE_LIST(arena, lines->region_count, initial, items, out->regions);
    out->n_regions = lines->region_count;
    for (size_t i = 0; i < lines->region_count; i++) {
        items[i].code = lend(lines->regions[i].code);
        items[i].parent = lend(lines->regions[i].parent);
        items[i].name = lend(lines->regions[i].name);
        items[i].line = lines->regions[i].line;
    }
    return STATUS_OK;
}

static status_t write_dealers(arena_t *arena, const network_lines_t *lines, Yardstick__V1__Network *out)
{
    Yardstick__V1__DealerLine *items, initial = YARDSTICK__V1__DEALER_LINE__INIT;
    WRITE_LIST(arena, lines->dealer_count, initial, items, out->dealers);
    out->n_dealers = lines->dealer_count;
    for (size_t i = 0; i < lines->dealer_count; i++) {
        items[i].code = lend(lines->dealers[i].code);
        items[i].name = lend(lines->dealers[i].name);
        items[i].owner = lend(lines->dealers[i].owner);
        items[i].line = lines->dealers[i].line;
    }
    return STATUS_OK;
}

static status_t write_memberships(arena_t *arena, const network_lines_t *lines, Yardstick__V1__Network *out)
{
    Yardstick__V1__MembershipLine *items, initial = YARDSTICK__V1__MEMBERSHIP_LINE__INIT;
    WRITE_LIST(arena, lines->membership_count, initial, items, out->memberships);
    out->n_memberships = lines->membership_count;
    for (size_t i = 0; i < lines->membership_count; i++) {
        items[i].dealer = lend(lines->memberships[i].dealer);
        items[i].region = lend(lines->memberships[i].region);
        items[i].from = period_or_zero(lines->memberships[i].from);
        items[i].line = lines->memberships[i].line;
    }
    return STATUS_OK;
}

static status_t write_circles(arena_t *arena, const network_lines_t *lines, Yardstick__V1__Network *out)
{
    Yardstick__V1__CircleLine *items, initial = YARDSTICK__V1__CIRCLE_LINE__INIT;
    WRITE_LIST(arena, lines->circle_count, initial, items, out->circles);
    out->n_circles = lines->circle_count;
    for (size_t i = 0; i < lines->circle_count; i++) {
        items[i].circle = lend(lines->circles[i].circle);
        items[i].dealer = lend(lines->circles[i].dealer);
        items[i].from = period_or_zero(lines->circles[i].from);
        items[i].until = period_or_zero(lines->circles[i].until);
        items[i].line = lines->circles[i].line;
    }
    return STATUS_OK;
}

status_t network_write(arena_t *arena, const network_lines_t *lines, Yardstick__V1__Network *out)
{
    TRY(write_regions(arena, lines, out));
    TRY(write_dealers(arena, lines, out));
    TRY(write_memberships(arena, lines, out));
    return write_circles(arena, lines, out);
}
