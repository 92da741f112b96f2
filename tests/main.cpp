// Catch2's main(), where no library of the distribution has it. It needs Catch2's header not to be precompiled.
#include "catch2.hpp"
