// Catch2 2's main(), where no library of the distribution has it.
#define CATCH_CONFIG_MAIN
#include "catch2.hpp"
