#pragma once

// Lint: notes on habits of training loops and models that cost accuracy. xgrad.hpp does not include it.

#include <xgrad/autograd/inspect/lint.hpp>
