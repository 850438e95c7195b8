/* `yardstick-hub run`: serves a data directory until SIGTERM or SIGINT. */
#pragma once

/* `config` and `listen` may be NULL. Prints `ready ENDPOINT` on standard output when it serves, errors as one line each
 * on standard error. Returns the process's exit status: 0 after a clean end, 1 where it could not begin or go on, 2 for
 * options that cannot be. Main thread, once in a process. */
int run_hub(const char *directory, const char *config, const char *listen);
