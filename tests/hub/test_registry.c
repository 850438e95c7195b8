#include "hub/registry.h"

#include <criterion/criterion.h>
#include <string.h>

static key_entry_t entry_of(unsigned number, role_t role)
{
    static const char *DEALERS[] = {"D1", "D2"};
    key_entry_t entry = {.role = role, .region = role == ROLE_MANAGER ? "east" : ""};
    memset(entry.public_key, 7, KEY_SIZE); /* the first bytes are alike: every key is looked for behind others */
    memcpy(entry.public_key + KEY_SIZE - sizeof number, &number, sizeof number);
    if (role == ROLE_DEALER) {
        entry.dealers = DEALERS;
        entry.dealer_count = 2;
    }
    return entry;
}

Test(registry, a_key_is_found_with_its_rights_among_many)
{
    CLEANUP(registry_destroy) registry_t *registry = registry_create();
    for (unsigned i = 0; i < 500; i++) {
        key_entry_t entry = entry_of(i, i % 2 ? ROLE_DEALER : ROLE_MANAGER);
        cr_assert_eq(registry_admit(registry, &entry), STATUS_OK);
    }
    key_entry_t dealer = entry_of(499, ROLE_DEALER), stranger = entry_of(500, ROLE_DEALER);
    const principal_t *found = registry_find(registry, dealer.public_key);
    cr_assert(found && found->role == ROLE_DEALER && found->dealer_count == 2);
    cr_assert_str_eq(found->dealers[1], "D2");
    cr_assert_str_eq(registry_find(registry, entry_of(0, ROLE_MANAGER).public_key)->region, "east");
    cr_assert_null(registry_find(registry, stranger.public_key));
    cr_assert(!registry_accepts(registry, stranger.public_key));
}

Test(registry, a_revoked_key_stays_known_and_is_not_accepted)
{
    CLEANUP(registry_destroy) registry_t *registry = registry_create();
    key_entry_t one = entry_of(1, ROLE_DEALER), two = entry_of(2, ROLE_HEADQUARTERS);
    cr_assert_eq(registry_admit(registry, &one), STATUS_OK);
    cr_assert_eq(registry_admit(registry, &two), STATUS_OK);
    registry_revoke(registry, one.public_key);
    cr_assert(registry_find(registry, one.public_key));
    cr_assert(!registry_accepts(registry, one.public_key));
    cr_assert(registry_accepts(registry, two.public_key));
    cr_assert_eq(registry_count(registry, ROLE_NONE), 1);
    cr_assert_eq(registry_count(registry, ROLE_DEALER), 0);
    cr_assert_eq(registry_admit(registry, &one), STATUS_OK);
    cr_assert(!registry_accepts(registry, one.public_key), "admitting it again does not bring it back");
}

Test(registry, a_key_may_get_other_rights_and_what_holds_the_ones_of_before_goes_on)
{
    CLEANUP(registry_destroy) registry_t *registry = registry_create();
    static const char *MORE[] = {"D1", "D2", "D3"};
    key_entry_t entry = entry_of(1, ROLE_DEALER);
    cr_assert_eq(registry_admit(registry, &entry), STATUS_OK);
    const principal_t *before = registry_find(registry, entry.public_key);
    entry.dealers = MORE;
    entry.dealer_count = 3;
    cr_assert_eq(registry_admit(registry, &entry), STATUS_OK);
    const principal_t *after = registry_find(registry, entry.public_key);
    cr_assert_eq(after->dealer_count, 3);
    cr_assert_str_eq(after->dealers[2], "D3");
    cr_assert_eq(before->dealer_count, 2);
    cr_assert_str_eq(before->dealers[1], "D2");
    cr_assert_eq(registry_count(registry, ROLE_NONE), 1);
    registry_revoke(registry, entry.public_key);
    cr_assert(atomic_load(&before->revoked) && atomic_load(&after->revoked));
    cr_assert_eq(registry_count(registry, ROLE_NONE), 0);
    cr_assert_eq(registry_admit(registry, &entry), STATUS_OK);
    cr_assert(!registry_accepts(registry, entry.public_key));
}
