#include <xgrad/train/ranking.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::train {
namespace {

using xgrad::detail::number_text;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The scores and targets of a batch, one after the other.
std::vector<double> pairs(const std::string& op, const Tensor& prediction, const Tensor& target) {
  const auto refuse = [&](const std::string& why) { throw std::invalid_argument(op + ": " + why); };
  if (!prediction.defined() || !target.defined() || prediction.shape() != target.shape() ||
      !is_floating(prediction.dtype()))
    refuse("the prediction is " + detail::text_of(prediction) + ", the target " + detail::text_of(target) +
           ": floating scores of the target's shape are needed");
  const Tensor scores = detail::as_doubles(prediction), classes = detail::as_classes(op, "target", target);
  const double* score = Raw::data<double>(scores);
  const std::int64_t* label = Raw::data<std::int64_t>(classes);
  std::vector<double> result(2 * static_cast<std::size_t>(scores.size()));
  for (std::size_t i = 0; i < result.size() / 2; ++i) {
    if (std::isnan(score[i])) refuse("score " + std::to_string(i) + " is nan: it has no place in an order");
    if (label[i] != 0 && label[i] != 1)
      refuse("the target holds class " + std::to_string(label[i]) + ": it must be 0 or 1");
    result[2 * i] = score[i];
    result[2 * i + 1] = static_cast<double>(label[i]);
  }
  return result;
}

/// What is wrong with such numbers, or nothing: they are sorted, which only numbers with an order can be.
std::string fault_of(const std::vector<double>& kept) {
  if (kept.size() % 2 != 0)
    return "\"kept\" has " + std::to_string(kept.size()) + " numbers: it must have two for each row, score and target";
  for (std::size_t i = 0; i < kept.size(); i += 2) {
    if (std::isnan(kept[i])) return "score " + std::to_string(i / 2) + " is nan: it has no place in an order";
    if (kept[i + 1] != 0 && kept[i + 1] != 1)
      return "target " + std::to_string(i / 2) + " is " + number_text(kept[i + 1]) + ": it must be 0 or 1";
  }
  return {};
}

/// How many rows of both classes have a score, from the highest score down.
struct Step {
  double score;
  std::int64_t positives, negatives;
};
std::vector<Step> steps(const std::vector<double>& kept) {
  std::vector<std::pair<double, bool>> rows(kept.size() / 2);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = {kept[2 * i], kept[2 * i + 1] != 0};
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Step> result;
  for (const auto& [score, positive] : rows) {
    if (result.empty() || result.back().score != score) result.push_back({score, 0, 0});
    ++(positive ? result.back().positives : result.back().negatives);
  }
  return result;
}

}  // namespace

AUROC::AUROC() : Metric("AUROC") {}

void AUROC::update(const Tensor& prediction, const Tensor& target) {
  const std::vector<double> batch = pairs(name(), prediction, target);
  kept().insert(kept().end(), batch.begin(), batch.end());
}

std::string AUROC::fault(const std::vector<std::int64_t>& /*counts*/, const std::vector<ExactSum>& /*sums*/,
                         const std::vector<double>& kept) const {
  return fault_of(kept);
}

double AUROC::value() const {
  double pairs_won = 0, positives = 0, negatives = 0;  // whole and half numbers, exact below 2^52
  for (const Step& step : steps(kept())) {
    const auto here = static_cast<double>(step.negatives);
    pairs_won += here * positives + here * static_cast<double>(step.positives) / 2;
    positives += static_cast<double>(step.positives);
    negatives += here;
  }
  return positives == 0 || negatives == 0 ? nan : pairs_won / (positives * negatives);
}

AveragePrecision::AveragePrecision() : Metric("AveragePrecision") {}

void AveragePrecision::update(const Tensor& prediction, const Tensor& target) {
  const std::vector<double> batch = pairs(name(), prediction, target);
  kept().insert(kept().end(), batch.begin(), batch.end());
}

std::string AveragePrecision::fault(const std::vector<std::int64_t>& /*counts*/, const std::vector<ExactSum>& /*sums*/,
                                    const std::vector<double>& kept) const {
  return fault_of(kept);
}

double AveragePrecision::value() const {
  double sum = 0, positives = 0, rows = 0;
  for (const Step& step : steps(kept())) {
    const auto gained = static_cast<double>(step.positives);
    positives += gained;
    rows += gained + static_cast<double>(step.negatives);
    sum += gained * (positives / rows);
  }
  return positives == 0 ? nan : sum / positives;
}

}  // namespace xgrad::train
