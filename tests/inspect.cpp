#include "inspect.hpp"

using namespace xgrad;

Numbers numbers(const Tensor& x) {
  if (!x.defined()) return {};
  const auto all = x.to_xarray<double>();
  return Numbers(all.begin(), all.end());
}

std::vector<std::int64_t> whole_numbers(const Tensor& x) {
  return std::vector<std::int64_t>(Raw::data<std::int64_t>(x), Raw::data<std::int64_t>(x) + x.size());
}

Tensor leaf(const std::vector<double>& elements) { return Tensor(elements).requires_grad_(); }
