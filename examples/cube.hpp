#pragma once

// An op of one's own as a class, which the comment of func::Function shows.

#include <xgrad/func.hpp>
#include <xgrad/xgrad.hpp>

using namespace xgrad;

struct Cube : func::Function<Cube> {
  static constexpr const char* name = "cube";
  static Tensor forward(func::Context& context, const Tensor& x) {
    context.save_for_backward({x});
    return x * x * x;
  }
  static func::Tensors backward(func::Context& context, const Tensor& g) {
    const Tensor& x = context.saved()[0];
    return {3.0 * x * x * g};
  }
};
