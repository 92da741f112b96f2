#include <xgrad/train/regression.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::train {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The elements of two tensors of one shape as float64, and their differences, which whole numbers have before they
/// are rounded.
class Numbers {
 public:
  Numbers(const std::string& op, const Tensor& a, const Tensor& b, const char* first, const char* second) {
    if (!a.defined() || !b.defined() || a.shape() != b.shape() || a.dtype() == boolean || b.dtype() == boolean)
      throw std::invalid_argument(op + ": the " + first + (first[0] == 'v' ? " are " : " is ") + detail::text_of(a) +
                                  ", the " + second + " " + detail::text_of(b) +
                                  ": two tensors of numbers of one shape are needed: nothing broadcasts");
    a_ = Side(a);
    b_ = Side(b);
  }
  std::size_t size() const { return static_cast<std::size_t>(a_.numbers.size()); }
  double first(std::size_t i) const { return a_.high(i); }
  double second(std::size_t i) const { return b_.high(i); }
  /// What the second has beyond second(i): whole numbers from 2^53 on.
  double rest_of_second(std::size_t i) const { return b_.low(i); }
  double difference(std::size_t i) const {
    if (a_.whole.defined() && b_.whole.defined()) {
      const std::int64_t a = a_.exact(i), b = b_.exact(i);
      const auto apart = [](std::int64_t most, std::int64_t least) {
        return static_cast<double>(static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least));
      };
      return a >= b ? apart(a, b) : -apart(b, a);
    }
    return a_.high(i) - b_.high(i) + (a_.low(i) - b_.low(i));
  }

 private:
  struct Side {
    Side() = default;
    explicit Side(const Tensor& x) : numbers(detail::as_doubles(x)) {
      if (x.dtype() == int64) whole = x;
    }
    std::int64_t exact(std::size_t i) const { return Raw::data<std::int64_t>(whole)[i]; }
    double high(std::size_t i) const { return Raw::data<double>(numbers)[i]; }
    double low(std::size_t i) const {
      if (!whole.defined()) return 0;
      // 2^63 itself is no int64.
      const double rounded = high(i);
      if (rounded >= 0x1p63) return static_cast<double>(exact(i) - INT64_MAX) - 1;
      return static_cast<double>(exact(i) - static_cast<std::int64_t>(rounded));
    }

    Tensor numbers, whole;
  };
  Side a_, b_;
};

double mean(const ExactSum& sum, std::int64_t count) { return count == 0 ? nan : sum.over(static_cast<double>(count)); }

/// The sum in pieces of 53 bits, whose product with others is exact; all of it where 212 bits are enough, as they are
/// for int64.
std::vector<ExactSum::Scaled> pieces_of(ExactSum sum) {
  std::vector<ExactSum::Scaled> pieces;
  while (pieces.size() < 4) {
    pieces.push_back(sum.scaled());
    const auto [number, exponent] = pieces.back();
    if (number == 0 || !std::isfinite(number)) break;
    sum.add(-number, exponent);
  }
  return pieces;
}

/// n Σ t² - (Σ t)², which cancels where the mean is large.
ExactSum spread(double count, const ExactSum& of_t, const ExactSum& of_squares) {
  ExactSum result;
  for (const auto [number, exponent] : pieces_of(of_squares)) result.add_product(count, number, exponent);
  const std::vector<ExactSum::Scaled> sum = pieces_of(of_t);
  for (const auto [a, of_a] : sum)
    for (const auto [b, of_b] : sum) result.add_product(-a, b, of_a + of_b);
  return result;
}

}  // namespace

MeanAbsoluteError::MeanAbsoluteError() : Metric("MeanAbsoluteError", 1, 1) {}

void MeanAbsoluteError::update(const Tensor& prediction, const Tensor& target) {
  const Numbers rows(name(), prediction, target, "prediction", "target");
  for (std::size_t i = 0; i < rows.size(); ++i) sums()[0].add(std::fabs(rows.difference(i)));
  counts()[0] += prediction.size();
}

double MeanAbsoluteError::value() const { return mean(sums()[0], counts()[0]); }

MeanSquaredError::MeanSquaredError(const char* name) : Metric(name, 1, 1) {}

void MeanSquaredError::update(const Tensor& prediction, const Tensor& target) {
  const Numbers rows(name(), prediction, target, "prediction", "target");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double error = rows.difference(i);
    sums()[0].add_product(error, error);
  }
  counts()[0] += prediction.size();
}

double MeanSquaredError::value() const { return mean(sums()[0], counts()[0]); }
// The root may be representable where the mean is not.
double RootMeanSquaredError::value() const {
  if (counts()[0] == 0) return nan;
  const ExactSum::Scaled sum = sums()[0].scaled();
  const int odd = sum.exponent % 2 == 0 ? 0 : 1;
  return std::ldexp(std::sqrt(std::ldexp(sum.number, odd) / static_cast<double>(counts()[0])),
                    (sum.exponent - odd) / 2);
}

R2Score::R2Score() : Metric("R2Score", 1, varying) {}

// Of each column: Σ (t - p)², Σ t and Σ t².
void R2Score::update(const Tensor& prediction, const Tensor& target) {
  const Numbers rows(name(), prediction, target, "prediction", "target");
  if (target.rank() == 0) refuse("the target has shape (): axis 0 must count the rows");
  const std::int64_t count = target.shape()[0];
  if (count == 0) return;
  const std::size_t columns = rows.size() / static_cast<std::size_t>(count);
  if (columns == 0) refuse("the target is " + detail::text_of(target) + ": there must be at least one column");
  if (!sums().empty() && sums().size() != 3 * columns)
    refuse("the target has " + std::to_string(columns) + " columns, that of the first batch " +
           std::to_string(sums().size() / 3) + ": they must agree");
  sums().resize(3 * columns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ExactSum* column = &sums()[3 * (i % columns)];
    const double t = rows.second(i), rest = rows.rest_of_second(i), error = rows.difference(i);
    column[0].add_product(error, error);
    column[1].add(t);
    column[2].add_product(t, t);
    if (rest == 0) continue;
    column[1].add(rest);
    column[2].add_product(2 * t, rest);
    column[2].add_product(rest, rest);
  }
  counts()[0] += count;
}

std::string R2Score::fault(const std::vector<std::int64_t>& counts, const std::vector<ExactSum>& sums,
                           const std::vector<double>& /*kept*/) const {
  if (sums.size() % 3 == 0 && (counts[0] == 0 || !sums.empty())) return {};
  return "it has " + std::to_string(sums.size()) + " sums of " + std::to_string(counts[0]) +
         " rows: there must be three for each column";
}

double R2Score::value() const {
  const auto count = static_cast<double>(counts()[0]);
  if (count < 2 || sums().empty()) return nan;
  double total = 0;
  for (std::size_t i = 0; i < sums().size(); i += 3) {
    const ExactSum::Scaled above = sums()[i].scaled(), below = spread(count, sums()[i + 1], sums()[i + 2]).scaled();
    const double variance = below.number / count;
    if (variance > 0)
      total += 1 - std::ldexp(above.number / variance, above.exponent - below.exponent);
    else
      total += std::isnan(variance) ? variance : std::isnan(above.number) ? above.number : above.number != 0 ? 0 : 1;
  }
  return total / (static_cast<double>(sums().size()) / 3);
}

Mean::Mean() : Metric("Mean", 0, 2) {}

void Mean::add(double number, double weight) {
  if (!(weight >= 0) || !std::isfinite(weight))
    refuse("a weight is " + xgrad::detail::number_text(weight) + ": it must be finite and not negative");
  sums()[0].add_product(number, weight);
  sums()[1].add(weight);
}

void Mean::update(const Tensor& values, const Tensor& weights) {
  const Numbers rows(name(), values, weights, "values", "weights");
  Mean batch;
  for (std::size_t i = 0; i < rows.size(); ++i) batch.add(rows.first(i), rows.second(i));
  merge(batch);
}

double Mean::value() const {
  const double weight = sums()[1].value();
  return weight == 0 ? nan : sums()[0].over(weight);
}

}  // namespace xgrad::train
