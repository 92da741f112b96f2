#pragma once

// The header of linear algebra: namespace xgrad::linalg, which xgrad.hpp leaves out.

#include <xgrad/autograd/linalg/linalg.hpp>
