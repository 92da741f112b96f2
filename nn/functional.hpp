#pragma once

#include <xgrad/autograd/ops/attention.hpp>
#include <xgrad/autograd/ops/batch_norm.hpp>
#include <xgrad/autograd/ops/dropout.hpp>
#include <xgrad/autograd/ops/layer_norm.hpp>

namespace xgrad::nn {

// The ops behind layers, under the names that PyTorch has for them in torch.nn.functional.
using xgrad::alpha_dropout;
using xgrad::batch_norm;
using xgrad::dropout;
using xgrad::dropout1d;
using xgrad::dropout2d;
using xgrad::dropout3d;
using xgrad::feature_alpha_dropout;
using xgrad::group_norm;
using xgrad::instance_norm;
using xgrad::layer_norm;
using xgrad::packed_attention;
using xgrad::rms_norm;
using xgrad::scaled_dot_product_attention;

}  // namespace xgrad::nn
