#include <xgrad/nn/distance.hpp>

#include <cmath>
#include <utility>

#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/norm.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/nn/argument_checks.hpp>

namespace xgrad::nn {
namespace {

void check_cosine(const char* op, double eps) {
  if (!(eps >= 0) || std::isinf(eps))
    throw xgrad::detail::argument_error(std::string(op) + ": eps must be finite and not negative, got " +
                                        xgrad::detail::number_text(eps));
}

void check_pairwise(const char* op, double p, double eps) {
  xgrad::detail::require_number(op, "p", p);
  xgrad::detail::require_finite(op, "eps", eps);
}

// Both in one floating dtype; the shape to which they broadcast.
Shape prepare(const char* op, Tensor& a, Tensor& b, Source at) {
  detail::require_given(op, {{a, "x1"}, {b, "x2"}});
  detail::to_one_dtype(op, {{&a, "x1"}, {&b, "x2"}}, at);
  return broadcast_shapes(op, a.shape(), b.shape());
}

}  // namespace

Tensor cosine_similarity(Tensor x1, Tensor x2, Dim dim, double eps, Source at) {
  constexpr const char* op = "cosine_similarity";
  const xgrad::detail::Timed timed(op, at);
  check_cosine(op, eps);
  const Shape shape = prepare(op, x1, x2, at);
  const auto axis = static_cast<std::int64_t>(resolve_axis_of_any_rank(op, dim, shape.rank()));
  const auto unit = [&](Tensor x) {
    x = broadcast_to(std::move(x), shape, at);
    const Tensor length = norm(x, 2, axis, keepdims, at);
    return div(x, clamp_min(length, eps, at), at);
  };
  return sum(mul(unit(std::move(x1)), unit(std::move(x2)), at), axis, KeepDims::no, at);
}

Tensor pairwise_distance(Tensor x1, Tensor x2, double p, double eps, KeepDims keep, Source at) {
  constexpr const char* op = "pairwise_distance";
  const xgrad::detail::Timed timed(op, at);
  check_pairwise(op, p, eps);
  prepare(op, x1, x2, at);
  return norm(add(sub(std::move(x1), std::move(x2), at), eps, at), p, -1, keep, at);
}

CosineSimilarity::CosineSimilarity(Dim dim, double eps) : dim_(dim), eps_(eps) {
  check_cosine("CosineSimilarity", eps);
}
Tensor CosineSimilarity::forward(const Tensor& x1, const Tensor& x2) {
  return cosine_similarity(x1, x2, dim_, eps_, call_site());
}

PairwiseDistance::PairwiseDistance(double p, double eps, KeepDims keep) : p_(p), eps_(eps), keep_(keep) {
  check_pairwise("PairwiseDistance", p, eps);
}
Tensor PairwiseDistance::forward(const Tensor& x1, const Tensor& x2) {
  return pairwise_distance(x1, x2, p_, eps_, keep_, call_site());
}

}  // namespace xgrad::nn
