#include "hub/uploads.h"

#include "core/limits.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t ID[UPLOAD_ID_SIZE] = {1}, OTHER_ID[UPLOAD_ID_SIZE] = {2};
static const uint8_t KEY[KEY_SIZE] = {3}, OTHER_KEY[KEY_SIZE] = {4};

Test(uploads, parts_join_in_order_and_keep_their_own_texts)
{
    CLEANUP(upload_destroy) upload_t *upload = upload_create(ID, KEY, false);
    char code[] = "r1";
    network_region_line_t region = {code, "", "R", 2};
    network_dealer_line_t dealers[] = {{"D1", "One", "", 2}, {"D2", "Two", "", 3}};
    cr_assert_eq(upload_add(upload, &(network_lines_t){.regions = &region, .region_count = 1}), STATUS_OK);
    strcpy(code, "xx");
    cr_assert_eq(upload_add(upload, &(network_lines_t){.dealers = dealers, .dealer_count = 1}), STATUS_OK);
    cr_assert_eq(upload_add(upload, &(network_lines_t){.dealers = dealers + 1, .dealer_count = 1}), STATUS_OK);
    network_lines_t lines = upload_lines(upload);
    cr_assert(lines.region_count == 1 && lines.dealer_count == 2);
    cr_assert_str_eq(lines.regions[0].code, "r1");
    cr_assert_str_eq(lines.dealers[1].code, "D2");
}

Test(uploads, only_the_next_part_of_the_same_import_by_the_same_key_is_expected)
{
    CLEANUP(upload_destroy) upload_t *upload = upload_create(ID, KEY, false);
    cr_assert(upload_expects(upload, ID, KEY, 0, false));
    cr_assert(!upload_expects(upload, ID, KEY, 1, false));
    cr_assert_eq(upload_add(upload, &(network_lines_t){0}), STATUS_OK);
    cr_assert(upload_expects(upload, ID, KEY, 1, false));
    cr_assert(!upload_expects(upload, ID, KEY, 0, false));
    cr_assert(!upload_expects(upload, OTHER_ID, KEY, 1, false));
    cr_assert(!upload_expects(upload, ID, OTHER_KEY, 1, false));
    cr_assert(!upload_expects(upload, ID, KEY, 1, true), "a dry run does not turn into an import, nor back");
}

Test(uploads, all_parts_together_have_a_limit)
{
    CLEANUP(upload_destroy) upload_t *upload = upload_create(ID, KEY, false);
    const size_t size = 1u << 20;
    char *name = malloc(size);
    memset(name, 'x', size);
    name[size - 1] = '\0';
    network_region_line_t region = {"r", "", name, 2};
    const network_lines_t part = {.regions = &region, .region_count = 1};
    status_t status = STATUS_OK;
    size_t parts = 0;
    for (; status == STATUS_OK && parts < 300; parts++)
        status = upload_add(upload, &part);
    free(name);
    cr_assert_eq(status, STATUS_LIMIT);
    cr_assert(parts > UPLOAD_SIZE_MAX / size - 2 && parts <= UPLOAD_SIZE_MAX / size + 1, "%zu parts", parts);
}
