#include <xgrad/nn/flatten.hpp>

#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::nn {

Flatten::Flatten(Dim start_dim, Dim end_dim) : start_dim_(start_dim), end_dim_(end_dim) {
  describe("start_dim=" + std::to_string(start_dim) + ", end_dim=" + std::to_string(end_dim));
}

Tensor Flatten::forward(const Tensor& x) { return flatten(x, start_dim_, end_dim_, call_site()); }

Unflatten::Unflatten(Dim dim, const NewShape& unflattened_size) : dim_(dim), sizes_(unflattened_size) {
  std::string sizes;
  for (const std::int64_t size : sizes_.sizes()) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
  if (sizes_.sizes().size() == 1) sizes += ",";
  describe("dim=" + std::to_string(dim) + ", unflattened_size=(" + sizes + ")");
}

Tensor Unflatten::forward(const Tensor& x) { return unflatten(x, dim_, sizes_, call_site()); }

}  // namespace xgrad::nn
