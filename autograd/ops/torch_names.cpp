#include <xgrad/autograd/ops/torch_names.hpp>

#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {

Tensor t(Tensor x, Source at) {
  const detail::Timed timed("t", at);
  detail::require_defined("t", &x, 1);
  if (x.rank() > 2)
    throw detail::argument_error("t: shape " + to_string(x.shape()) +
                                 " has more than two axes: name two in transpose(x, a, b), or all in permute");
  if (x.rank() >= 2) x = transpose(std::move(x), at);
  return x;
}

Tensor Tensor::t(Source at) const& { return xgrad::t(*this, at); }
Tensor Tensor::t(Source at) && { return xgrad::t(std::move(*this), at); }
Tensor Tensor::transpose(Dim a, Dim b, Source at) const& { return swapaxes(*this, a, b, at); }
Tensor Tensor::transpose(Dim a, Dim b, Source at) && { return swapaxes(std::move(*this), a, b, at); }
Tensor Tensor::permute(const std::vector<std::int64_t>& order, Source at) const& {
  return xgrad::transpose(*this, order, at);
}
Tensor Tensor::permute(const std::vector<std::int64_t>& order, Source at) && {
  return xgrad::transpose(std::move(*this), order, at);
}
Tensor Tensor::permute(std::initializer_list<Dim> order, Source at) const& {
  return xgrad::transpose(*this, order, at);
}
Tensor Tensor::permute(std::initializer_list<Dim> order, Source at) && {
  return xgrad::transpose(std::move(*this), order, at);
}
Tensor Tensor::expand(const NewShape& shape, Source at) const { return xgrad::expand(*this, shape, at); }
Tensor Tensor::squeeze(Dim axis, Source at) const& { return xgrad::squeeze(*this, axis, at); }
Tensor Tensor::squeeze(Dim axis, Source at) && { return xgrad::squeeze(std::move(*this), axis, at); }
Tensor Tensor::unsqueeze(Dim axis, Source at) const& { return xgrad::unsqueeze(*this, axis, at); }
Tensor Tensor::unsqueeze(Dim axis, Source at) && { return xgrad::unsqueeze(std::move(*this), axis, at); }

}  // namespace xgrad
