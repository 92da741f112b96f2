#pragma once

// Includes all that a program needs to build, differentiate and train models.

#include <xgrad/autograd/engine/anomaly.hpp>
#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/data.hpp>
#include <xgrad/extend.hpp>
#include <xgrad/io/io.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>
#include <xgrad/version.hpp>
