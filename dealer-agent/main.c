#include "dealer-agent/commands.h"

#include <signal.h>

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is then a full disk, which is said and survived */
    return program_main(&agent_program, argc, argv);
}
