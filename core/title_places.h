/* The columns of files that say whose month a line is (SPEC 6). No row of a catalog is called like one. */
#pragma once

typedef enum { PLACE_NONE, PLACE_PERIOD, PLACE_DEALER, PLACE_CONSULTANT } title_place_t;

/* Of a head in the form that text_fold or text_fold_title gives it. */
title_place_t title_place_of(const char *folded);
