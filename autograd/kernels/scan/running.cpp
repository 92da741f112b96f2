#include <xgrad/autograd/kernels/scan/running.hpp>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <type_traits>

#include <xgrad/autograd/kernels/indexing/all_finite.hpp>
#include <xgrad/autograd/kernels/scan/scaled_product.hpp>
#include <xgrad/autograd/kernels/scan/scan_lines.hpp>

namespace xgrad::kernels {
namespace {

// int64 is accumulated as unsigned, where overflow is defined.
template <class T>
using Accumulator = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;

template <class T>
struct Extreme {
  T value;
  std::int64_t index;
};

// ln Σ e^x_j = shift + ln sum, with the largest x_j as the shift.
struct LogSum {
  double shift = -std::numeric_limits<double>::infinity(), sum = 0;

  void add(double x) {
    if (x > shift) {
      sum = sum * std::exp(shift - x) + 1;
      shift = x;
    } else if (x == shift) {
      sum += 1;
    } else if (x < shift) {
      sum += std::exp(x - shift);
    } else {  // one of them is NaN
      shift = std::numeric_limits<double>::quiet_NaN();
      sum = 1;
    }
  }
  double value() const { return std::isinf(shift) ? shift : shift + std::log(sum); }
};

// Calls f(at, j) for the elements of one line in the given direction, as scan_lines() does.
template <class F>
void over_line(Along axis, Direction direction, std::int64_t line, const F& f) {
  const std::int64_t n = axis.n, inner = axis.inner, start = line / inner * n * inner + line % inner;
  for (std::int64_t j = 0; j < n; ++j) f(start + (direction == Direction::forward ? j : n - 1 - j) * inner, j);
}

// Whether a line has no NaN and no infinity, without its first element (1) or its last (-1).
template <class T>
bool is_finite_line(const T* x, Along axis, std::int64_t line, int without) {
  const std::int64_t inner = axis.inner, start = line / inner * axis.n * inner + line % inner;
  return all_finite(x + start + (without > 0 ? inner : 0), axis.n - std::abs(without), inner);
}

// Whether the running product of a line leaves the range of normal numbers before it meets a factor of 0.
template <class T>
bool leaves_range(const T* x, Along axis, Direction direction, std::int64_t line) {
  double product = 1;
  bool leaves = false, zero = false;
  over_line(axis, direction, line, [&](std::int64_t at, std::int64_t) {
    zero |= x[at] == 0;
    product *= static_cast<double>(x[at]);
    leaves |= !zero && !std::isnormal(product);
  });
  return leaves;
}

// A recurrence that overflows, from numbers that are finite, before it meets a factor of 0.
struct Overflowing {
  double last = 0;
  bool overflowed = false;

  void advance(double factor, double term) {
    const double next = overflowed && factor == 0 ? term : term + factor * last;
    overflowed =
        std::isinf(next) && std::isfinite(factor) && std::isfinite(term) && (overflowed || std::isfinite(last));
    last = next;
  }
};

}  // namespace

template <class T>
void running_sum(const T* x, T* y, Along axis, Direction direction) {
  using A = Accumulator<T>;
  scan_lines(axis, direction, A(0), [=](A& sum, std::int64_t at, std::int64_t) {
    sum += static_cast<A>(x[at]);
    y[at] = static_cast<T>(sum);
  });
}

template <class T>
void running_product(const T* x, T* y, Along axis, Direction direction) {
  using A = Accumulator<T>;
  const auto again = [=](const A& product, std::int64_t line) {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnormal(product) || !is_finite_line(x, axis, line, 0)) return;
      if (!leaves_range(x, axis, direction, line)) return;
      ScaledProduct scaled;
      over_line(axis, direction, line, [&](std::int64_t at, std::int64_t) {
        scaled.multiply(static_cast<double>(x[at]));
        y[at] = static_cast<T>(scaled.value());
      });
    }
  };
  scan_lines(
      axis, direction, A(1),
      [=](A& product, std::int64_t at, std::int64_t) {
        product *= static_cast<A>(x[at]);
        y[at] = static_cast<T>(product);
      },
      again);
}

template <class T>
void running_extreme(const T* x, std::int64_t* index, Along axis, bool largest) {
  scan_lines(axis, Direction::forward, Extreme<T>{}, [=](Extreme<T>& best, std::int64_t at, std::int64_t j) {
    const T value = x[at];
    const bool wins = largest ? value >= best.value : value <= best.value;
    if (j == 0 || value != value || (wins && best.value == best.value)) best = {value, j};
    index[at] = best.index;
  });
}

template <class T>
void running_logsumexp(const T* x, T* y, Along axis) {
  scan_lines(axis, Direction::forward, LogSum{}, [=](LogSum& all, std::int64_t at, std::int64_t) {
    all.add(static_cast<double>(x[at]));
    y[at] = static_cast<T>(all.value());
  });
}

template <class T>
void running_logsumexp_parts(const T* x, double* shift, double* logs, Along axis) {
  scan_lines(axis, Direction::forward, LogSum{}, [=](LogSum& all, std::int64_t at, std::int64_t) {
    all.add(static_cast<double>(x[at]));
    shift[at] = all.shift;
    logs[at] = std::log(all.sum);
  });
}

template <class T>
void linear_recurrence(const T* a, const T* b, T* r, Along axis, Direction direction) {
  const auto again = [=](double result, std::int64_t line) {
    if (!std::isnan(result) || !is_finite_line(b, axis, line, 0)) return;
    if (!is_finite_line(a, axis, line, direction == Direction::forward ? 1 : -1)) return;
    Overflowing state;
    over_line(axis, direction, line, [&](std::int64_t at, std::int64_t j) {
      state.advance(j == 0 ? 0 : static_cast<double>(a[at]), static_cast<double>(b[at]));
      r[at] = static_cast<T>(state.last);
    });
  };
  scan_lines(
      axis, direction, 0.0,
      [=](double& last, std::int64_t at, std::int64_t j) {
        const auto own = static_cast<double>(b[at]);
        last = j == 0 ? own : own + static_cast<double>(a[at]) * last;
        r[at] = static_cast<T>(last);
      },
      again);
}

#define XGRAD_RUNNING(T)                                         \
  template void running_sum(const T*, T*, Along, Direction);     \
  template void running_product(const T*, T*, Along, Direction); \
  template void running_extreme(const T*, std::int64_t*, Along, bool);
XGRAD_RUNNING(std::int64_t)
XGRAD_RUNNING(float)
XGRAD_RUNNING(double)
#undef XGRAD_RUNNING
template void running_logsumexp(const float*, float*, Along);
template void running_logsumexp(const double*, double*, Along);
template void running_logsumexp_parts(const float*, double*, double*, Along);
template void running_logsumexp_parts(const double*, double*, double*, Along);
template void linear_recurrence(const float*, const float*, float*, Along, Direction);
template void linear_recurrence(const double*, const double*, double*, Along, Direction);

}  // namespace xgrad::kernels
