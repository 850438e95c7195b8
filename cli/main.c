#include "cli/commands.h"

int main(int argc, char **argv)
{
    return program_main(&yardstick_program, argc, argv);
}
