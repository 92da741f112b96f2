#include <xgrad/train/regression.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::train {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The elements of two tensors of one shape as float64.
struct Numbers {
  Numbers(const std::string& op, const Tensor& a, const Tensor& b, const char* first, const char* second) {
    if (!a.defined() || !b.defined() || a.shape() != b.shape() || a.dtype() == boolean || b.dtype() == boolean)
      throw std::invalid_argument(op + ": the " + first + (first[0] == 'v' ? " are " : " is ") + detail::text_of(a) +
                                  ", the " + second + " " + detail::text_of(b) +
                                  ": two tensors of numbers of one shape are needed: nothing broadcasts");
    a_ = detail::as_doubles(a);
    b_ = detail::as_doubles(b);
  }
  std::size_t size() const { return static_cast<std::size_t>(a_.size()); }
  const double* first() const { return Raw::data<double>(a_); }
  const double* second() const { return Raw::data<double>(b_); }

 private:
  Tensor a_, b_;
};

double mean(const ExactSum& sum, std::int64_t count) {
  return count == 0 ? nan : sum.value() / static_cast<double>(count);
}

/// a b as the sum of two numbers.
ExactSum product(double a, const ExactSum::Parts& b) {
  ExactSum result;
  result.add_product(a, b.high);
  result.add_product(a, b.low);
  return result;
}

}  // namespace

MeanAbsoluteError::MeanAbsoluteError() : Metric("MeanAbsoluteError", 1, 1) {}

void MeanAbsoluteError::update(const Tensor& prediction, const Tensor& target) {
  const Numbers rows(name(), prediction, target, "prediction", "target");
  for (std::size_t i = 0; i < rows.size(); ++i) sums()[0].add(std::fabs(rows.first()[i] - rows.second()[i]));
  counts()[0] += prediction.size();
}

double MeanAbsoluteError::value() const { return mean(sums()[0], counts()[0]); }

MeanSquaredError::MeanSquaredError(const char* name) : Metric(name, 1, 1) {}

void MeanSquaredError::update(const Tensor& prediction, const Tensor& target) {
  const Numbers rows(name(), prediction, target, "prediction", "target");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double error = rows.first()[i] - rows.second()[i];
    sums()[0].add(error * error);
  }
  counts()[0] += prediction.size();
}

double MeanSquaredError::value() const { return mean(sums()[0], counts()[0]); }
double RootMeanSquaredError::value() const { return std::sqrt(MeanSquaredError::value()); }

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
    const double t = rows.second()[i], error = t - rows.first()[i];
    column[0].add(error * error);
    column[1].add(t);
    column[2].add_product(t, t);
  }
  counts()[0] += count;
}

double R2Score::value() const {
  const auto count = static_cast<double>(counts()[0]);
  if (count < 2 || sums().empty()) return nan;
  double total = 0;
  for (std::size_t i = 0; i < sums().size(); i += 3) {
    // n Σ t² - (Σ t)² cancels where the mean is large: in about 106 bits.
    const ExactSum::Parts sum = sums()[i + 1].parts();
    ExactSum spread = product(count, sums()[i + 2].parts());
    spread.add_product(-sum.high, sum.high);
    spread.add_product(-2 * sum.high, sum.low);
    spread.add_product(-sum.low, sum.low);
    const double variance = spread.value() / count, residual = sums()[i].value();
    total += variance > 0 ? 1 - residual / variance : std::isnan(variance) || residual != 0 ? variance : 1;
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
  for (std::size_t i = 0; i < rows.size(); ++i) batch.add(rows.first()[i], rows.second()[i]);
  merge(batch);
}

double Mean::value() const {
  const double weight = sums()[1].value();
  return weight == 0 ? nan : sums()[0].value() / weight;
}

}  // namespace xgrad::train
