#pragma once

// Questions that one asks of a graph and its gradients. xgrad.hpp does not include it.

#include <xgrad/autograd/inspect/explain.hpp>
#include <xgrad/autograd/inspect/keep_values.hpp>
#include <xgrad/autograd/inspect/lint.hpp>
#include <xgrad/autograd/inspect/paths.hpp>
