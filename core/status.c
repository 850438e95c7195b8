#include "core/status.h"

const char *status_name(status_t status)
{
    switch (status) {
#define STATUS_CASE(name, number, id, text)                                                                            \
    case STATUS_##name:                                                                                                \
        return id;
        STATUS_LIST(STATUS_CASE)
#undef STATUS_CASE
    }
    return "internal";
}

const char *status_text(status_t status)
{
    switch (status) {
#define STATUS_CASE(name, number, id, text)                                                                            \
    case STATUS_##name:                                                                                                \
        return text;
        STATUS_LIST(STATUS_CASE)
#undef STATUS_CASE
    }
    return "an outcome that this version does not know";
}
