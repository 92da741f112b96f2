#include <xgrad/autograd/ops/distance.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pointwise/broadcast.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct AsItIs {
  double operator()(double difference) const { return difference; }
};

/// Σ |x - y|^p, or the largest |x - y|, of two rows; each difference is scaled first.
template <class T, class Scale = AsItIs>
double folded(const T* x, const T* y, std::int64_t d, double p, const Scale& scale = {}) {
  double sum = 0;
  for (std::int64_t k = 0; k < d; ++k) {
    const double difference = std::abs(scale(static_cast<double>(x[k]) - static_cast<double>(y[k])));
    if (p == 2)
      sum += difference * difference;
    else if (p == 1)
      sum += difference;
    else if (p == 0)
      sum += std::isnan(difference) ? difference : difference != 0;
    else if (p == infinity)
      sum = difference <= sum ? sum : difference;
    else
      sum += std::pow(difference, p);
    if (std::isnan(sum)) return sum;
  }
  return sum;
}

/// Σ (x - y)², in four partial sums, of which none waits for another.
template <class T>
double sum_of_squares(const T* x, const T* y, std::int64_t d) {
  double sums[4] = {};
  const std::int64_t whole = d - d % 4;
  for (std::int64_t k = 0; k < whole; k += 4)
    for (std::int64_t lane = 0; lane < 4; ++lane) {
      const double difference = static_cast<double>(x[k + lane]) - static_cast<double>(y[k + lane]);
      sums[lane] += difference * difference;
    }
  for (std::int64_t k = whole; k < d; ++k) {
    const double difference = static_cast<double>(x[k]) - static_cast<double>(y[k]);
    sums[k - whole] += difference * difference;
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

template <class T>
double distance(const T* x, const T* y, std::int64_t d, double p) {
  const double sum = p == 2 ? sum_of_squares(x, y, d) : folded(x, y, d, p);
  if (p == 0 || p == 1 || p == infinity) return sum;
  const auto root = [p](double s) { return p == 2 ? std::sqrt(s) : std::pow(s, 1 / p); };
  if ((sum > 1e-280 && sum < infinity) || std::isnan(sum)) return root(sum);
  const double largest = folded(x, y, d, infinity);
  if (largest == 0 || largest == infinity) return largest;
  // Differences of 2 at most, whose largest power neither overflows nor underflows.
  const auto quotient = [largest](double difference) { return difference / largest; };
  if (p > 512) return largest * root(folded(x, y, d, p, quotient));
  const int exponent = std::ilogb(largest);
  const auto scaled = [exponent](double difference) { return std::scalbn(difference, -exponent); };
  return std::scalbn(root(folded(x, y, d, p, scaled)), exponent);
}

struct Sizes {
  std::int64_t n, m, d;
};

template <class T>
void distances(const Tensor& a, const Tensor& b, const Tensor& y, const Shape& batch, Sizes s, double p) {
  const auto lead = [](const Tensor& x) { return Shape(x.shape().data(), x.rank() - 2); };
  const Shape of_a = lead(a), of_b = lead(b);
  const kernels::Plan<2> plan(batch.data(), batch.rank(), {of_a.data(), of_b.data()}, {of_a.rank(), of_b.rank()});
  const T *const from_a = static_cast<const T*>(Raw::operand(a)), *const from_b =
                                                                      static_cast<const T*>(Raw::operand(b));
  T* const to = Raw::write<T>(y);
  const std::int64_t rows = s.m * s.d > 0 ? std::max<std::int64_t>(1, 32768 / (s.m * s.d)) : s.n;
  plan.run([&](std::int64_t first, const std::array<std::int64_t, 2>& from, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      const T* const left = from_a + (from[0] + i * plan.step[0]) * s.n * s.d;
      const T* const right = from_b + (from[1] + i * plan.step[1]) * s.m * s.d;
      T* const out = to + (first + i) * s.n * s.m;
      kernels::parallel_ranges(s.n, std::max<std::int64_t>(rows, 1), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
          for (std::int64_t column = 0; column < s.m; ++column)
            out[row * s.m + column] = static_cast<T>(distance(left + row * s.d, right + column * s.d, s.d, p));
      });
    }
  });
}

// dy/dδ = sign(δ) (|δ| / y)^(p-1), for each component δ of a difference; 0 where y is 0.
Tensor slopes(const Tensor& difference, const Tensor& y, double p) {
  const Tensor one = ones({}, y.dtype()), zero = zeros({}, y.dtype()), same = y == 0;
  const Tensor delta = where(same, zero, difference), size = where(same, one, y);
  if (p == 0) return delta * zero;
  if (p == 1) return sign(delta);
  if (p == 2) return delta / size;
  if (p == infinity) {
    const Tensor reached = (abs(delta) == size).to(y.dtype());
    return sign(delta) * reached / maximum(sum(reached, -1, keepdims), one);
  }
  const Tensor flat = delta == 0;
  return where(flat, zero, sign(delta) * pow(where(flat, one, abs(delta)) / size, p - 1));
}

std::array<Tensor, 2> pull(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& g, double p, Needs needs) {
  const Tensor delta = unsqueeze(a, -2) - unsqueeze(b, -3);
  const Tensor each = unsqueeze(g, -1) * slopes(delta, unsqueeze(y, -1), p);
  return {needs[0] ? sum(each, -2) : Tensor(), needs[1] ? -sum(each, -3) : Tensor()};
}

double sign_of(double x) { return static_cast<double>(x > 0) - static_cast<double>(x < 0); }

/// Adds g dy/dδ for each component δ of x - z, whose distance is y, to the sums, as slopes() has them.
template <class T>
void add_slopes(const T* x, const T* z, std::int64_t d, double p, double y, double g, double* sums) {
  const auto delta = [=](std::int64_t k) {
    return y == 0 ? 0.0 : static_cast<double>(x[k]) - static_cast<double>(z[k]);
  };
  const double size = y == 0 ? 1 : y, inverse = 1 / size;
  if (p == 2 && std::isnormal(inverse)) {
    for (std::int64_t k = 0; k < d; ++k) sums[k] += g * (delta(k) * inverse);
  } else if (p == 2) {
    for (std::int64_t k = 0; k < d; ++k) sums[k] += g * (delta(k) / size);
  } else if (p == 0) {
    for (std::int64_t k = 0; k < d; ++k) sums[k] += g * (delta(k) * 0);
  } else if (p == 1) {
    for (std::int64_t k = 0; k < d; ++k) sums[k] += g * sign_of(delta(k));
  } else if (p == infinity) {
    const auto reached = [&](std::int64_t k) {
      return std::abs(static_cast<double>(static_cast<T>(delta(k)))) == size;
    };
    double count = 0;
    for (std::int64_t k = 0; k < d; ++k) count += reached(k) ? 1 : 0;
    for (std::int64_t k = 0; k < d; ++k)
      sums[k] += g * (sign_of(delta(k)) * (reached(k) ? 1 : 0) / std::max(count, 1.0));
  } else if (p == 3 || p == 4) {
    for (std::int64_t k = 0; k < d; ++k) {
      const double share = delta(k) / size;
      sums[k] += g * (share * std::abs(share) * (p == 3 ? 1 : std::abs(share)));
    }
  } else {
    for (std::int64_t k = 0; k < d; ++k) {
      const double each = delta(k);
      sums[k] += g * (each == 0 ? 0.0 : sign_of(each) * std::pow(std::abs(each) / size, p - 1));
    }
  }
}

/// Whether to use pull_rows(). For powers that call pow, the tensor ops of pull() are faster, but they store all
/// differences: they are used for up to 2^22 of them.
bool by_rows(const Tensor& y, std::int64_t d, double p) {
  const bool cheap = p == 0 || p == 1 || p == 2 || p == 3 || p == 4 || p == infinity;
  return cheap || static_cast<double>(y.size()) * static_cast<double>(d) > 0x1p22;
}

/// What pull() computes, row by row: the differences of all pairs of rows are never in memory at once.
template <class T>
std::array<Tensor, 2> pull_rows(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& g, double p,
                                Needs needs) {
  const auto lead = [](const Tensor& x) { return Shape(x.shape().data(), x.rank() - 2); };
  const Shape batch = lead(y), of_a = lead(a), of_b = lead(b);
  const Sizes s{a.shape().at(-2), b.shape().at(-2), a.shape().back()};
  const auto room = [&](std::int64_t rows) {
    return Raw::uninitialized(batch.inserted(batch.rank(), rows).inserted(batch.rank() + 1, s.d), a.dtype());
  };
  std::array<Tensor, 2> result{needs[0] ? room(s.n) : Tensor(), needs[1] ? room(s.m) : Tensor()};
  const T *const from_a = Raw::data<T>(a), *const from_b = Raw::data<T>(b);
  const T *const distances = Raw::data<T>(y), *const up = Raw::data<T>(g);
  // The sums of one row: over the m or n rows of the other operand.
  const auto rows_of = [&](T* to, std::int64_t rows, std::int64_t others, const auto& add) {
    const std::int64_t grain = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, others * s.d));
    kernels::parallel_ranges(rows, grain, [&](std::int64_t begin, std::int64_t end) {
      const detail::Scratch<double> sums(s.d);
      for (std::int64_t row = begin; row < end; ++row) {
        std::fill_n(sums.data(), s.d, 0.0);
        for (std::int64_t other = 0; other < others; ++other) add(row, other, sums.data());
        std::transform(sums.data(), sums.data() + s.d, to + row * s.d, [](double sum) { return static_cast<T>(sum); });
      }
    });
  };
  const kernels::Plan<2> plan(batch.data(), batch.rank(), {of_a.data(), of_b.data()}, {of_a.rank(), of_b.rank()});
  plan.run([&](std::int64_t first, const std::array<std::int64_t, 2>& from, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      const T* const left = from_a + (from[0] + i * plan.step[0]) * s.n * s.d;
      const T* const right = from_b + (from[1] + i * plan.step[1]) * s.m * s.d;
      const auto add = [&, at = (first + i) * s.n * s.m](std::int64_t row, std::int64_t column, double way,
                                                         double* sums) {
        const std::int64_t pair = at + row * s.m + column;
        add_slopes(left + row * s.d, right + column * s.d, s.d, p, static_cast<double>(distances[pair]),
                   way * static_cast<double>(up[pair]), sums);
      };
      if (needs[0])
        rows_of(Raw::write<T>(result[0]) + (first + i) * s.n * s.d, s.n, s.m,
                [&](std::int64_t row, std::int64_t column, double* sums) { add(row, column, 1, sums); });
      if (needs[1])
        rows_of(Raw::write<T>(result[1]) + (first + i) * s.m * s.d, s.m, s.n,
                [&](std::int64_t column, std::int64_t row, double* sums) { add(row, column, -1, sums); });
    }
  });
  return result;
}

/// pull() for distances of as many axes as a shape can have: it needs one more, so the leading ones are made one.
std::array<Tensor, 2> pull_of_full_rank(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& g, double p,
                                        Needs needs) {
  const Shape batch(y.shape().data(), y.rank() - 2);
  const auto spread = [&](const Tensor& x) {
    return batch.inserted(batch.rank(), x.shape().at(-2)).inserted(batch.rank() + 1, x.shape().back());
  };
  const auto folded = [&](const Tensor& x) {
    return reshape(broadcast_to(x, spread(x)), {batch.count(), x.shape().at(-2), x.shape().back()});
  };
  std::array<Tensor, 2> slopes = pull(folded(a), folded(b), folded(y), folded(g), p, needs);
  if (needs[0]) slopes[0] = reshape(slopes[0], spread(a));
  if (needs[1]) slopes[1] = reshape(slopes[1], spread(b));
  return slopes;
}

void check(const Tensor& a, const Tensor& b, double p) {
  const Tensor both[] = {a, b};
  detail::require_defined("cdist", both, 2);
  detail::require_same_floating("cdist", a, "the left operand", b, "the right operand");
  const auto text = [&] {
    return "cdist: the operands have shapes " + to_string(a.shape()) + " and " + to_string(b.shape());
  };
  if (a.rank() < 2 || b.rank() < 2)
    throw detail::argument_error(text() + ": both must hold rows, in at least two axes");
  if (a.shape().back() != b.shape().back())
    throw detail::argument_error(text() + ": the rows must have the same number of elements");
  if (!(p >= 0)) throw detail::argument_error("cdist: p is " + detail::number_text(p) + ": it must be at least 0");
}

}  // namespace

Tensor cdist(Tensor a, Tensor b, double p, Source at) {
  const detail::Timed timed("cdist", at);
  check(a, b, p);
  const auto lead = [](const Tensor& x) { return Shape(x.shape().data(), x.rank() - 2); };
  const Sizes s{a.shape().at(-2), b.shape().at(-2), a.shape().back()};
  const Shape batch = broadcast_shapes("cdist", lead(a), lead(b));
  Tensor y = detail::result_room(a, b, batch.inserted(batch.rank(), s.n).inserted(batch.rank() + 1, s.m), a.dtype());
  if (y.size() > 0)
    detail::visit_floating(a.dtype(),
                           [&](auto type) { distances<typename decltype(type)::type>(a, b, y, batch, s, p); });
  return record(
      "cdist", at, std::move(y), {std::move(a), std::move(b)}, attributes("p", p),
      detail::joint_with_y<0, 1>([p](Tensor x, Tensor z, Tensor distance, Tensor g, Needs needs) {
        if (!grad_enabled() && g.dtype() == x.dtype() && distance.size() > 0 && by_rows(distance, x.shape().back(), p))
          return g.dtype() == float32 ? pull_rows<float>(x, z, distance, g, p, needs)
                                      : pull_rows<double>(x, z, distance, g, p, needs);
        return distance.rank() == Shape::max_rank ? pull_of_full_rank(x, z, distance, g, p, needs)
                                                  : pull(x, z, distance, g, p, needs);
      }));
}

}  // namespace xgrad
