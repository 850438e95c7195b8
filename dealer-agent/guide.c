#include "dealer-agent/guide.h"

#include "core/scratch.h"
#include "dealer-agent/desk.h"
#include "dealer-agent/report.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char *const NAMES[LANGUAGE_COUNT] = {"使用说明.txt", "README.txt"};

static void put_guide(FILE *out, language_t language)
{
    static const report_word_t FOLDERS[DESK_FOLDER_COUNT] = {[DESK_INBOX] = WORD_GUIDE_INBOX,
                                                             [DESK_ACCEPTED] = WORD_GUIDE_ACCEPTED,
                                                             [DESK_REJECTED] = WORD_GUIDE_REJECTED,
                                                             [DESK_RESULTS] = WORD_GUIDE_RESULTS};
    report_words_say(out, language, WORD_GUIDE);
    for (desk_folder_t i = 0; i < DESK_FOLDER_COUNT; i++) {
        fprintf(out, "\n%s\n", desk_folder_names[i]);
        report_words_say(out, language, FOLDERS[i]);
    }
}

void guide_write(const char *desk, language_t language)
{
    struct stat info;
    CLEANUP(scratch_free) char *text = NULL;
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t text_size = 0, size = 0;
    CLEANUP(desk_close) int folder = open(desk, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fstatat(folder, NAMES[language], &info, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
        return;
    FILE *out = open_memstream(&text, &text_size);
    if (!out)
        return;
    put_guide(out, language);
    if (scratch_close(out) == STATUS_OK && report_for_notepad(text, text_size, &bytes, &size) == STATUS_OK)
        (void)!desk_replace(folder, NAMES[language], bytes, size);
}
