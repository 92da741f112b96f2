#pragma once

// Transforms of functions (gradients, forward mode, Jacobians, Hessians), checkpoints, and functions with a gradient of
// one's own: namespace xgrad::func. docs/transforms.md tells of them.

#include <xgrad/autograd/func/checkpoint.hpp>
#include <xgrad/autograd/func/custom.hpp>
#include <xgrad/autograd/func/jacobian.hpp>
#include <xgrad/autograd/func/per_sample.hpp>
#include <xgrad/autograd/func/transforms.hpp>
#include <xgrad/nn/checkpoint_plan.hpp>
#include <xgrad/nn/functional_call.hpp>
