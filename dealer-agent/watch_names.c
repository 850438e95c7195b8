#include "dealer-agent/watch.h"

#include "core/faults.h"

#include <string.h>
#include <strings.h>

const char *wait_text(wait_t wait)
{
    static const char *const TEXTS[] = {
        [WAIT_TURN] = TRANSLATED("waits for its turn"),
        [WAIT_ARRIVING] = TRANSLATED("is still arriving"),
        [WAIT_OPEN] = TRANSLATED("is open for writing in another program"),
        [WAIT_EMPTY] = TRANSLATED("is empty yet"),
        [WAIT_UNREADABLE] = TRANSLATED("may not be read yet"),
        [WAIT_MONTH] = TRANSLATED("waits for the month of its consultants to be filed"),
        [WAIT_STORE] = TRANSLATED("waits until the hub has said which store it is of"),
        [WAIT_RETRY] = TRANSLATED("could not be taken yet; the log says why"),
        [WAIT_OUTBOX] = TRANSLATED("could not be taken yet: the outbox or the desk cannot be used"),
        [WAIT_ROOM] = TRANSLATED("could not be taken yet: there is no room on the disk"),
    };
    return TEXTS[wait];
}

const char *ignored_text(ignored_kind_t kind)
{
    static const char *const TEXTS[] = {[IGNORED_FOLDER] = TRANSLATED("a folder"),
                                        [IGNORED_LINK] = TRANSLATED("a link"),
                                        [IGNORED_OTHER] = TRANSLATED("a device or pipe")};
    return TEXTS[kind];
}

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name), size = strlen(ending);
    return length >= size && strcasecmp(name + length - size, ending) == 0;
}

bool watch_is_temporary(const char *name)
{
    static const char *const ENDINGS[] = {".tmp",        ".temp",     ".part",  ".partial", ".crdownload", ".download",
                                          ".opdownload", ".filepart", ".swp",   ".lock",    ".lock#",      "~",
                                          ".lnk",        ".!ut",      ".aria2", ".xltd",    ".downloading"};
    static const char *const LEFT_BEHIND[] = {"desktop.ini", "thumbs.db", WATCH_WAITING_FILE};
    if (name[0] == '.' || name[0] == '~' || (name[0] == '#' && ends_with(name, "#")))
        return true;
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++)
        if (ends_with(name, ENDINGS[i]))
            return true;
    for (size_t i = 0; i < sizeof LEFT_BEHIND / sizeof *LEFT_BEHIND; i++)
        if (strcasecmp(name, LEFT_BEHIND[i]) == 0)
            return true;
    return false;
}
