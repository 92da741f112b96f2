#include <xgrad/nn/flatten.hpp>

#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::nn {

Flatten::Flatten(Dim start_dim, Dim end_dim) : start_dim_(start_dim), end_dim_(end_dim) {
  describe("start_dim=" + std::to_string(start_dim) + ", end_dim=" + std::to_string(end_dim));
}

Tensor Flatten::forward(const Tensor& x) { return flatten(x, start_dim_, end_dim_, call_site()); }

}  // namespace xgrad::nn
