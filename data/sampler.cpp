#include <xgrad/data/sampler.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <queue>
#include <stdexcept>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/out_of_memory.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::data {
namespace {

// The streams of samplers differ from all other streams of the same seed.
constexpr std::uint64_t of_orders = std::uint64_t{0x10ade4} << 40, of_weights = std::uint64_t{0x3e164} << 44,
                        of_classes = std::uint64_t{0xc1a55} << 44;

std::int64_t checked(const char* op, const char* what, Dim number) {
  if (number.value(op) < 0)
    throw std::invalid_argument(std::string(op) + ": the number of " + what + " must not be negative, got " +
                                std::to_string(number.value()));
  return number;
}

[[noreturn]] void refuse_rows(const char* op, const char* what, std::int64_t own, std::int64_t rows) {
  throw std::invalid_argument(std::string(op) + ": there are " + std::to_string(own) + " " + what + ", and " +
                              std::to_string(rows) + " rows in the dataset: there must be one for each row");
}

std::vector<std::int64_t> room_for(std::int64_t count) {
  try {
    return std::vector<std::int64_t>(static_cast<std::size_t>(count));
  } catch (const std::exception&) {  // bad_alloc, or length_error
    throw OutOfMemory(xgrad::detail::caller_or("Sampler") + (": out of memory: the order of " + std::to_string(count)) +
                      " rows takes 8 bytes for each");
  }
}

std::vector<std::int64_t> in_order(std::int64_t count) {
  std::vector<std::int64_t> rows = room_for(count);
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

void shuffle(std::int64_t* rows, std::size_t count, kernels::Philox& random) {
  for (std::size_t left = count; left > 1; --left) std::swap(rows[left - 1], rows[random.below(left)]);
}

std::vector<std::int64_t> labels_of(const char* op, const Tensor& labels) {
  if (!labels.defined()) throw std::invalid_argument(std::string(op) + ": the labels are an undefined tensor");
  if (labels.dtype() != int64 || labels.rank() != 1)
    throw std::invalid_argument(std::string(op) + ": the labels are " + std::string(name_of(labels.dtype())) +
                                " of shape " + to_string(labels.shape()) + ": they must be int64 of one axis");
  const auto* from = Raw::data<std::int64_t>(labels);
  return {from, from + labels.size()};
}

std::vector<double> weights_of(const Tensor& weights) {
  if (!weights.defined() || weights.rank() != 1)
    throw std::invalid_argument("WeightedRandomSampler: the weights " +
                                (weights.defined() ? "have shape " + to_string(weights.shape()) +
                                                         ": a weight for each "
                                                         "row has one axis"
                                                   : std::string("are an undefined tensor")));
  const NoGrad off;
  const Tensor doubles = weights.to(float64);
  const auto* from = Raw::data<double>(doubles);
  return {from, from + doubles.size()};
}

}  // namespace

SequentialSampler::SequentialSampler(Dim rows) : rows_(checked("SequentialSampler", "rows", rows)) {}

std::vector<std::int64_t> SequentialSampler::order(const Pass& pass) const {
  const xgrad::detail::Calling calling("SequentialSampler");
  static_cast<void>(pass);
  return in_order(rows_);
}

RandomSampler::RandomSampler(Dim rows) : RandomSampler(rows, Replacement::no, rows) {}

RandomSampler::RandomSampler(Dim rows, Replacement replacement, Dim samples)
    : rows_(checked("RandomSampler", "rows", rows)),
      samples_(checked("RandomSampler", "samples", samples)),
      replacement_(replacement) {
  if (rows_ == 0 && samples_ > 0)
    throw std::invalid_argument("RandomSampler: cannot draw " + std::to_string(samples_) + " samples from 0 rows");
}

std::vector<std::int64_t> RandomSampler::order(const Pass& pass) const {
  const xgrad::detail::Calling calling("RandomSampler");
  kernels::Philox random(pass.seed, of_orders + pass.epoch);
  if (replacement_ == Replacement::yes) {
    std::vector<std::int64_t> result = room_for(samples_);
    for (std::int64_t& row : result) row = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(rows_)));
    return result;
  }
  std::vector<std::int64_t> result = in_order(std::max(rows_, samples_));
  for (std::int64_t begin = 0; begin < samples_; begin += rows_) {
    // The last of several orders is a whole one too, of which the beginning is taken.
    std::vector<std::int64_t> rest;
    if (samples_ - begin < rows_ && begin > 0) {
      rest = in_order(rows_);
      shuffle(rest.data(), rest.size(), random);
      std::copy(rest.begin(), rest.begin() + (samples_ - begin), result.begin() + begin);
      break;
    }
    std::iota(result.begin() + begin, result.begin() + begin + rows_, std::int64_t{0});
    shuffle(result.data() + begin, static_cast<std::size_t>(rows_), random);
  }
  result.resize(static_cast<std::size_t>(samples_));
  return result;
}

SubsetRandomSampler::SubsetRandomSampler(std::vector<std::int64_t> rows) : rows_(std::move(rows)) {
  const auto bad = std::find_if(rows_.begin(), rows_.end(), [](std::int64_t row) { return row < 0; });
  if (bad != rows_.end())
    throw std::invalid_argument("SubsetRandomSampler: row " + std::to_string(*bad) + " is negative");
}

std::vector<std::int64_t> SubsetRandomSampler::order(const Pass& pass) const {
  const xgrad::detail::Calling calling("SubsetRandomSampler");
  std::vector<std::int64_t> rows = rows_;
  kernels::Philox random(pass.seed, of_orders + pass.epoch);
  shuffle(rows.data(), rows.size(), random);
  return rows;
}

WeightedRandomSampler::WeightedRandomSampler(std::initializer_list<double> weights, Dim samples,
                                             Replacement replacement)
    : WeightedRandomSampler(std::vector<double>(weights), samples, replacement) {}

WeightedRandomSampler::WeightedRandomSampler(const Tensor& weights, Dim samples, Replacement replacement)
    : WeightedRandomSampler(weights_of(weights), samples, replacement) {}

WeightedRandomSampler::WeightedRandomSampler(std::vector<double> weights, Dim samples, Replacement replacement)
    : weights_(std::move(weights)),
      samples_(checked("WeightedRandomSampler", "samples", samples)),
      replacement_(replacement) {
  double sum = 0;
  std::int64_t positive = 0;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (!(weights_[i] >= 0) || !std::isfinite(weights_[i]))
      throw std::invalid_argument("WeightedRandomSampler: weight " + std::to_string(i) + " is " +
                                  xgrad::detail::number_text(weights_[i]) + ": it must be finite and not negative");
    sum += weights_[i];
    positive += weights_[i] > 0;
    if (replacement_ == Replacement::yes) sums_.push_back(sum);
  }
  if (!std::isfinite(sum)) throw std::invalid_argument("WeightedRandomSampler: the sum of the weights is infinite");
  if (positive == 0 && samples_ > 0)
    throw std::invalid_argument("WeightedRandomSampler: cannot draw " + std::to_string(samples_) + " samples from " +
                                std::to_string(weights_.size()) + " weights: none of them is positive");
  if (replacement_ == Replacement::no && samples_ > positive)
    throw std::invalid_argument("WeightedRandomSampler: cannot draw " + std::to_string(samples_) +
                                " samples without replacement: only " + std::to_string(positive) +
                                " weights are positive");
}

std::vector<std::int64_t> WeightedRandomSampler::order(const Pass& pass) const {
  const xgrad::detail::Calling calling("WeightedRandomSampler");
  kernels::Philox random(pass.seed, of_weights + pass.epoch);
  std::vector<std::int64_t> rows = room_for(samples_);
  if (replacement_ == Replacement::yes) {
    for (std::int64_t& row : rows) {
      // The sum times a number below 1 may round to the sum itself: the last positive weight is meant.
      const double at = random.uniform() * sums_.back();
      auto found = std::upper_bound(sums_.begin(), sums_.end(), at);
      if (found == sums_.end()) found = std::lower_bound(sums_.begin(), sums_.end(), sums_.back());
      row = found - sums_.begin();
    }
    return rows;
  }
  std::vector<std::pair<double, std::int64_t>> keys;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const double u = random.uniform();
    if (weights_[i] > 0) keys.emplace_back(-std::log1p(-u) / weights_[i], static_cast<std::int64_t>(i));
  }
  std::partial_sort(keys.begin(), keys.begin() + samples_, keys.end());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = keys[i].second;
  return rows;
}

void WeightedRandomSampler::check(std::int64_t rows) const {
  if (rows != static_cast<std::int64_t>(weights_.size()))
    refuse_rows("WeightedRandomSampler", "weights", static_cast<std::int64_t>(weights_.size()), rows);
}

std::vector<double> balancing_weights(const Tensor& labels) {
  const std::vector<std::int64_t> all = labels_of("balancing_weights", labels);
  std::map<std::int64_t, std::int64_t> counts;
  for (std::int64_t label : all) ++counts[label];
  std::vector<double> weights;
  weights.reserve(all.size());
  for (std::int64_t label : all) weights.push_back(1 / static_cast<double>(counts[label]));
  return weights;
}

StratifiedSampler::StratifiedSampler(const Tensor& labels) {
  const std::vector<std::int64_t> all = labels_of("StratifiedSampler", labels);
  rows_ = static_cast<std::int64_t>(all.size());
  std::map<std::int64_t, std::vector<std::int64_t>> classes;
  for (std::size_t i = 0; i < all.size(); ++i) classes[all[i]].push_back(static_cast<std::int64_t>(i));
  for (auto& [label, rows] : classes) classes_.push_back(std::move(rows));
}

void StratifiedSampler::check(std::int64_t rows) const {
  if (rows != rows_) refuse_rows("StratifiedSampler", "labels", rows_, rows);
}

std::vector<std::int64_t> StratifiedSampler::order(const Pass& pass) const {
  const xgrad::detail::Calling calling("StratifiedSampler");
  kernels::Philox random(pass.seed, of_classes + pass.epoch);
  std::vector<std::vector<std::int64_t>> classes = classes_;
  for (std::vector<std::int64_t>& rows : classes) shuffle(rows.data(), rows.size(), random);
  std::vector<std::int64_t> tie_breaks = in_order(static_cast<std::int64_t>(classes.size()));
  shuffle(tie_breaks.data(), tie_breaks.size(), random);

  // With share s of a class and k classes, d = 1 - 1 / (2 k - 2): its row x may come at position m only if x + 1 - d <
  // (m + 1) s, and must come before m s exceeds x + d. Of the rows that may come, the one that must come first does.
  const auto n = static_cast<double>(rows_);
  const double d = classes.size() < 2 ? 1 : 1 - 0.5 / static_cast<double>(classes.size() - 1);
  struct Next {
    double by;  // when it may come, or must
    std::int64_t tie;
    std::size_t of_class, row;
    bool operator<(const Next& other) const { return by != other.by ? by > other.by : tie > other.tie; }
  };
  const auto position = [&](std::size_t c, double count) { return count * n / static_cast<double>(classes[c].size()); };
  std::priority_queue<Next> later, open;
  for (std::size_t c = 0; c < classes.size(); ++c) later.push({position(c, 1 - d) - 1, tie_breaks[c], c, 0});
  std::vector<std::int64_t> result;
  result.reserve(static_cast<std::size_t>(rows_));
  for (std::int64_t m = 0; m < rows_; ++m) {
    for (; !later.empty() && (open.empty() || later.top().by <= static_cast<double>(m)); later.pop()) {
      Next next = later.top();
      next.by = position(next.of_class, static_cast<double>(next.row) + d);
      open.push(next);
    }
    Next next = open.top();
    open.pop();
    result.push_back(classes[next.of_class][next.row]);
    if (++next.row == classes[next.of_class].size()) continue;
    next.by = position(next.of_class, static_cast<double>(next.row) + 1 - d) - 1;
    later.push(next);
  }
  return result;
}

}  // namespace xgrad::data
