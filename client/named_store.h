/* The store that a file's name says (D0003-2025.csv), of files that hold none and so are filed as their key's store. */
#pragma once

#include "client/facts_file.h"

/* Whether the code stands in the path's last part as a word of its own. */
bool named_store_holds(const char *path, const char *code);

/* False, with a fault, where the path's last part says a store that is none of the key's: a word of ASCII letters and
 * digits that looks like one of their codes (the same letters at the same places, any case, and other digits; codes of
 * at least one letter and two digits only, so that a year is none), and no word that is one of them. What
 * options->is_dealer_given says goes before the name. */
bool named_store_check(const char *path, const facts_options_t *options, faults_t *faults);
