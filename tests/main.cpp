// Catch2's main(), where no library of the distribution has it. Compiled without precompiled headers, one of which would be
// Catch2's own.
#include "catch2.hpp"
