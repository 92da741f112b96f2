#pragma once

#include <xgrad/autograd/ops/attention.hpp>
#include <xgrad/autograd/ops/average_pooling.hpp>
#include <xgrad/autograd/ops/batch_norm.hpp>
#include <xgrad/autograd/ops/dropout.hpp>
#include <xgrad/autograd/ops/layer_norm.hpp>
#include <xgrad/autograd/ops/max_pooling.hpp>
#include <xgrad/autograd/ops/padding.hpp>
#include <xgrad/autograd/ops/rearranging.hpp>
#include <xgrad/autograd/ops/resizing.hpp>

namespace xgrad::nn {

// The ops behind layers, under the names that PyTorch has for them in torch.nn.functional.
using xgrad::adaptive_avg_pool1d;
using xgrad::adaptive_avg_pool2d;
using xgrad::adaptive_avg_pool3d;
using xgrad::adaptive_max_pool1d;
using xgrad::adaptive_max_pool1d_with_indices;
using xgrad::adaptive_max_pool2d;
using xgrad::adaptive_max_pool2d_with_indices;
using xgrad::adaptive_max_pool3d;
using xgrad::adaptive_max_pool3d_with_indices;
using xgrad::alpha_dropout;
using xgrad::avg_pool1d;
using xgrad::avg_pool2d;
using xgrad::avg_pool3d;
using xgrad::batch_norm;
using xgrad::channel_shuffle;
using xgrad::dropout;
using xgrad::dropout1d;
using xgrad::dropout2d;
using xgrad::dropout3d;
using xgrad::feature_alpha_dropout;
using xgrad::group_norm;
using xgrad::instance_norm;
using xgrad::interpolate;
using xgrad::layer_norm;
using xgrad::lp_pool1d;
using xgrad::lp_pool2d;
using xgrad::lp_pool3d;
using xgrad::max_pool1d;
using xgrad::max_pool1d_with_indices;
using xgrad::max_pool2d;
using xgrad::max_pool2d_with_indices;
using xgrad::max_pool3d;
using xgrad::max_pool3d_with_indices;
using xgrad::max_unpool1d;
using xgrad::max_unpool2d;
using xgrad::max_unpool3d;
using xgrad::packed_attention;
using xgrad::pad;
using xgrad::pixel_shuffle;
using xgrad::pixel_unshuffle;
using xgrad::rms_norm;
using xgrad::scaled_dot_product_attention;

}  // namespace xgrad::nn
