/* DESK/README.txt (in Chinese 使用说明.txt): what the desk's folders are for, for whoever opens it for the first time.
 */
#pragma once

#include "core/text.h"

/* Writes it where none is there: people may have made it their own. That it cannot be written is no fault. */
void guide_write(const char *desk, language_t language);
