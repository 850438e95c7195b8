/* Runs a fuzz target over each file of its corpus, without libFuzzer: replay_NAME DIRECTORY. A target aborts where its
 * property does not hold. Exit status 1 where the corpus is empty or a file cannot be read. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly as many bytes on the heap as the file has, so that ASan sees a read behind them. */
static bool run_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(size ? size : 1);
    bool is_read = file && bytes && fread(bytes, 1, size, file) == size;
    if (file)
        fclose(file);
    if (is_read)
        LLVMFuzzerTestOneInput(bytes, size);
    else
        fprintf(stderr, "%s cannot be read\n", path);
    free(bytes);
    return is_read;
}

int main(int argument_count, char **arguments)
{
    DIR *directory = argument_count == 2 ? opendir(arguments[1]) : NULL;
    if (!directory) {
        fprintf(stderr, "usage: %s DIRECTORY\n", arguments[0]);
        return 2;
    }
    size_t passed = 0, failed = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[4096];
        struct stat found;
        snprintf(path, sizeof path, "%s/%s", arguments[1], entry->d_name);
        if (stat(path, &found) != 0 || !S_ISREG(found.st_mode))
            continue;
        printf("%s\n", entry->d_name); /* the last one named is the one that aborted */
        fflush(stdout);
        *(run_file(path, (size_t)found.st_size) ? &passed : &failed) += 1;
    }
    closedir(directory);
    printf("%zu passed, %zu failed\n", passed, failed);
    return passed && !failed ? 0 : 1;
}
