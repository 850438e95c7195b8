#include "dealer-agent/commands.h"

int main(int argc, char **argv)
{
    return program_main(&agent_program, argc, argv);
}
