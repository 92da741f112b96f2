#include <xgrad/autograd/ops/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/kernels/sorting/histogram.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw detail::argument_error(sentence); }

// The length of the result of bincount.
std::int64_t number_of_bins(const Tensor& x, std::int64_t minlength) {
  if (x.dtype() != int64) refuse(std::string("bincount: x must be int64, got ") + name_of(x.dtype()));
  if (x.rank() != 1) refuse("bincount: x must have one axis, got shape " + to_string(x.shape()));
  if (minlength < 0) refuse("bincount: minlength cannot be negative, got " + std::to_string(minlength));
  if (x.size() == 0) return minlength;
  const auto* from = Raw::data<std::int64_t>(x);
  const auto [least, most] = std::minmax_element(from, from + x.size());
  if (*least < 0) refuse("bincount: x holds " + std::to_string(*least) + ": its elements cannot be negative");
  if (*most == std::numeric_limits<std::int64_t>::max()) detail::refuse_memory(0x1p63, int64);
  return std::max(*most + 1, minlength);
}

template <class T>
Tensor histogram(const Tensor& x, std::int64_t bins, T low, T high) {
  const T* from = Raw::data<T>(x);
  const std::int64_t n = x.size();
  if (low == high && n > 0) {
    low = high = from[0];
    for (std::int64_t i = 0; i < n; ++i) {
      low = from[i] < low || from[i] != from[i] ? from[i] : low;
      high = from[i] > high || from[i] != from[i] ? from[i] : high;
    }
  }
  if (low == high && std::isfinite(low)) {
    // Beyond 2^24, or 2^53, one less is the same number. nextafter() does not go beyond its second argument.
    constexpr T most = std::numeric_limits<T>::max();
    low = std::min(low - 1, std::nextafter(low, -most));
    high = std::max(high + 1, std::nextafter(high, most));
  }
  const auto text = [](T number) { return detail::number_text(static_cast<double>(number)); };
  if (!std::isfinite(low) || !std::isfinite(high))
    refuse("histc: the range from " + text(low) + " to " + text(high) +
           " is not finite: pass the ends of a finite one");
  if (low > high) refuse("histc: low must not exceed high, got " + text(low) + " and " + text(high));
  Tensor counts = Raw::uninitialized({bins}, x.dtype());
  kernels::count_bins(from, n, Raw::write<T>(counts), bins, low, high);
  return counts;
}

void require_lines(const char* op, const Shape& sorted, const Shape& values) {
  bool fits = sorted.rank() == 1 || sorted.rank() == values.rank();
  for (std::size_t k = 0; fits && k + 1 < sorted.rank(); ++k) fits = sorted[k] == values[k];
  if (sorted.rank() == 0 || !fits)
    refuse(std::string(op) + ": cannot search for values of shape " + to_string(values) +
           " in sorted numbers of shape " + to_string(sorted) + ": these must have one axis, or the same leading axes");
}

Tensor search(const char* op, Tensor sorted, Tensor values, Side side) {
  require_lines(op, sorted.shape(), values.shape());
  const Tensor both[] = {sorted, values};
  DType dtype = detail::promote(both, 2, false);
  if (dtype == boolean) dtype = int64;
  sorted = detail::converted(sorted, dtype);
  values = detail::converted(values, dtype);
  Tensor places = Raw::uninitialized(values.shape(), int64);
  if (places.size() == 0) return places;
  const bool one_line = sorted.rank() == 1;
  const std::int64_t n = sorted.shape().back(), count = one_line ? values.size() : values.shape().back();
  detail::visit(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, bool>)
      kernels::search_sorted(Raw::data<T>(sorted), n, one_line, Raw::data<T>(values), values.size() / count, count,
                             Raw::write<std::int64_t>(places), side == Side::right);
  });
  return places;
}

}  // namespace

Tensor bincount(Tensor x, Tensor weights, Dim minlength, Source at) {
  const detail::Timed timed("bincount", at);
  detail::require_defined("bincount", &x, 1);
  const std::int64_t size = number_of_bins(x, minlength);
  const auto* bins = Raw::data<std::int64_t>(x);
  if (!weights.defined()) {
    Tensor counts = Raw::uninitialized({size}, int64);
    kernels::count_values(bins, x.size(), Raw::write<std::int64_t>(counts), size);
    return counts;
  }
  if (weights.shape() != x.shape())
    refuse("bincount: weights of shape " + to_string(weights.shape()) + " for x of shape " + to_string(x.shape()) +
           ": the shapes must agree");
  if (!is_floating(weights.dtype())) weights = to(std::move(weights), float64, at);
  Tensor sums = Raw::uninitialized({size}, weights.dtype());
  detail::visit_floating(weights.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::sum_weights(bins, Raw::data<T>(weights), x.size(), Raw::write<T>(sums), size);
  });
  return record("bincount", at, std::move(sums), {x.detach(), std::move(weights)},
                attributes("minlength", minlength.value()), no_gradient,
                from<0>([](const Tensor& places, const Tensor& g) { return index_select(g, 0, places); }));
}

Tensor histc(Tensor x, Dim bins, double low, double high, Source at) {
  const detail::Timed timed("histc", at);
  detail::require_defined("histc", &x, 1);
  if (!is_floating(x.dtype()))
    refuse(std::string("histc: x must be float32 or float64, got ") + name_of(x.dtype()) + ": convert it with to()");
  if (bins <= 0) refuse("histc: there must be a bin, got " + std::to_string(bins.value()));
  return detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    return histogram<T>(x, bins, static_cast<T>(low), static_cast<T>(high));
  });
}

Tensor searchsorted(Tensor sorted, Tensor values, Side side, Source at) {
  const detail::Timed timed("searchsorted", at);
  const Tensor both[] = {sorted, values};
  detail::require_defined("searchsorted", both, 2);
  return search("searchsorted", std::move(sorted), std::move(values), side);
}

Tensor bucketize(Tensor values, Tensor boundaries, Side side, Source at) {
  const detail::Timed timed("bucketize", at);
  const Tensor both[] = {values, boundaries};
  detail::require_defined("bucketize", both, 2);
  if (boundaries.rank() != 1)
    refuse("bucketize: the boundaries must have one axis, got shape " + to_string(boundaries.shape()));
  return search("bucketize", std::move(boundaries), std::move(values), side);
}

}  // namespace xgrad
