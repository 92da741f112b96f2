#include <xgrad/train/input_contract.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::train {

std::string detail::row_text(const std::vector<std::int64_t>& sizes) {
  std::string text = "(";
  for (const std::int64_t size : sizes)
    text += (text.size() > 1 ? ", " : "") + (size == -1 ? "any" : std::to_string(size));
  return text + ")";
}

namespace {

constexpr std::size_t most_features = 65536;
constexpr std::int64_t least_rows_for_means = 64;
constexpr double most_deviations = 3, most_ratio = 4, margin_of_range = 0.5;
// A feature that is nearly constant is held to this share of the deviation of all elements.
constexpr double least_share_of_deviation = 0.1;

std::string number(double value) { return xgrad::detail::number_text(value, 6); }

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument("InputContract: " + why); }

std::vector<std::int64_t> row_of(const Shape& batch) { return {batch.begin() + 1, batch.end()}; }

bool fits(const std::vector<std::int64_t>& contract, const std::vector<std::int64_t>& row) {
  if (contract == std::vector<std::int64_t>{-1}) return true;
  return contract.size() == row.size() &&
         std::equal(contract.begin(), contract.end(), row.begin(), [](auto a, auto b) { return a == -1 || a == b; });
}

double deviation_of(double squares, std::int64_t count) {
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(squares / static_cast<double>(count));
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

}  // namespace

void InputContract::Feature::merge(const Feature& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const auto here = static_cast<double>(count), there = static_cast<double>(other.count), both = here + there;
  const double apart = other.mean - mean;
  // The difference of numbers near the greatest may be none, where their mean is one.
  mean = std::isfinite(apart) ? mean + apart * (there / both) : mean * (here / both) + other.mean * (there / both);
  squares += other.squares + apart * apart * (here * there / both);
  least = std::min(least, other.least);
  greatest = std::max(greatest, other.greatest);
  count += other.count;
}

// Sums about the mean of the rows before, or about the first row: no cancellation where the mean is large. The inner
// loops run over features, which lie side by side.
template <class T>
std::vector<InputContract::Feature> InputContract::measure(const T* from, std::int64_t rows, std::size_t features) {
  std::vector<double> centre(features), sum(features, 0), squares(features, 0);
  std::vector<T> least(from, from + features), greatest = least;
  const bool known = features_.size() == features;
  for (std::size_t f = 0; f < features; ++f)
    centre[f] = known && features_[f].count > 0 ? features_[f].mean : static_cast<double>(from[f]);
  double check = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    const T* row = from + static_cast<std::size_t>(r) * features;
    for (std::size_t f = 0; f < features; ++f) {
      const double apart = static_cast<double>(row[f]) - centre[f];
      sum[f] += apart;
      squares[f] += apart * apart;
      least[f] = std::min(least[f], row[f]);
      greatest[f] = std::max(greatest[f], row[f]);
    }
  }
  for (const double each : squares) check += each * 0;
  std::vector<Feature> result(features);
  const auto count = static_cast<double>(rows);
  if (check == 0) {
    for (std::size_t f = 0; f < features; ++f)
      result[f] = {centre[f] + sum[f] / count, std::max(0.0, squares[f] - sum[f] * (sum[f] / count)),
                   static_cast<double>(least[f]), static_cast<double>(greatest[f]), rows};
    return result;
  }
  // A NaN or an infinity among them, or a number whose square is none: one by one.
  for (std::int64_t i = 0; i < rows * static_cast<std::int64_t>(features); ++i) {
    const auto value = static_cast<double>(from[i]);
    if (std::isfinite(value))
      result[static_cast<std::size_t>(i) % features].merge({value, 0, value, value, 1});
    else
      ++non_finite_;
  }
  return result;
}

void InputContract::collapse() {
  Feature total;
  for (const Feature& each : features_) total.merge(each);
  features_ = {total};
}

InputContract::Feature InputContract::all() const {
  Feature total;
  for (const Feature& each : features_) total.merge(each);
  return total;
}

void InputContract::note_dtype(DType dtype) {
  if (rows_ > 0 && dtype != dtype_)
    refuse(std::string("the batch is ") + name_of(dtype) + ", the rows before are " + name_of(dtype_) +
           ": the inputs of a model have one dtype");
  dtype_ = dtype;
}

void InputContract::note_shape(const Shape& batch) {
  const std::vector<std::int64_t> row = row_of(batch);
  if (rows_ == 0) {
    shape_ = row;
  } else if (!fits(shape_, row)) {
    if (shape_.size() != row.size()) {
      shape_ = {-1};
    } else {
      for (std::size_t i = 0; i < row.size(); ++i)
        if (shape_[i] != row[i]) shape_[i] = -1;
    }
    collapse();
  }
}

void InputContract::observe(const Tensor& batch) {
  if (!batch.defined()) refuse("the batch is an empty tensor");
  if (batch.rank() == 0) refuse("the batch has shape (): axis 0 must count the rows");
  const std::int64_t count = batch.shape()[0];
  if (count == 0) return;
  note_dtype(batch.dtype());
  note_shape(batch.shape());
  const std::size_t elements = static_cast<std::size_t>(batch.size());
  const std::size_t wide = elements / static_cast<std::size_t>(count);
  const bool varies = std::find(shape_.begin(), shape_.end(), -1) != shape_.end();
  const bool single = varies || wide > most_features || (rows_ > 0 && features_.size() == 1);
  const std::size_t features = single ? std::min<std::size_t>(1, wide) : wide;
  const std::int64_t lines = single ? static_cast<std::int64_t>(elements) : count;
  rows_ += count;
  if (features == 0) return;
  std::vector<Feature> seen;
  if (batch.dtype() == float32) {
    seen = measure(Raw::data<float>(batch), lines, features);
  } else {
    const Tensor numbers = xgrad::detail::converted(batch, float64);
    seen = measure(Raw::data<double>(numbers), lines, features);
  }
  if (features_.empty()) features_.resize(features);
  for (std::size_t f = 0; f < features; ++f) features_[f].merge(seen[f]);
}

void InputContract::merge(const InputContract& other) {
  if (&other == this) refuse("cannot merge a contract with itself: its rows would count twice");
  if (other.empty()) return;
  if (empty()) {
    auto names = std::move(transforms_);
    *this = other;
    if (!names.empty()) transforms_ = std::move(names);
    return;
  }
  note_dtype(other.dtype_);
  if (shape_ != other.shape_ || features_.size() != other.features_.size()) {
    if (shape_.size() != other.shape_.size()) {
      shape_ = {-1};
    } else {
      for (std::size_t i = 0; i < shape_.size(); ++i)
        if (shape_[i] != other.shape_[i]) shape_[i] = -1;
    }
    collapse();
    features_[0].merge(other.all());
  } else {
    for (std::size_t f = 0; f < features_.size(); ++f) features_[f].merge(other.features_[f]);
  }
  rows_ += other.rows_;
  non_finite_ += other.non_finite_;
}

double InputContract::minimum() const {
  const Feature total = all();
  return total.count == 0 ? std::numeric_limits<double>::quiet_NaN() : total.least;
}

double InputContract::maximum() const {
  const Feature total = all();
  return total.count == 0 ? std::numeric_limits<double>::quiet_NaN() : total.greatest;
}

Tensor InputContract::mean() const {
  std::vector<double> result;
  for (const Feature& each : features_)
    result.push_back(each.count == 0 ? std::numeric_limits<double>::quiet_NaN() : each.mean);
  return result;
}

Tensor InputContract::deviation() const {
  std::vector<double> result;
  for (const Feature& each : features_) result.push_back(deviation_of(each.squares, each.count));
  return result;
}

std::vector<std::string> InputContract::breaches(const Tensor& batch) const {
  InputContract seen;
  seen.transforms_ = transforms_;
  seen.observe(batch);
  return breaches(seen);
}

std::vector<std::string> InputContract::breaches(const InputContract& seen) const {
  std::vector<std::string> result;
  if (empty() || seen.empty()) return result;
  if (seen.dtype_ != dtype_)
    result.push_back(std::string("the inputs are ") + name_of(seen.dtype_) + ", in training " + name_of(dtype_));
  if (!fits(shape_, seen.shape_))
    result.push_back("the inputs have rows of shape " + detail::row_text(seen.shape_) + ", in training " +
                     detail::row_text(shape_));
  if (seen.transforms_ != transforms_ && !seen.transforms_.empty())
    result.push_back("the transforms are " + joined(seen.transforms_) + ", in training " + joined(transforms_));
  if (seen.has_non_finite() && !has_non_finite())
    result.push_back("the inputs hold NaN or infinities, in training none (" + std::to_string(seen.non_finite_) +
                     " of them)");
  const Feature here = all(), there = seen.all();
  if (here.count == 0 || there.count == 0) return result;
  const double margin = margin_of_range * (here.greatest - here.least);
  if (there.least < here.least - margin || there.greatest > here.greatest + margin)
    result.push_back("the inputs reach from " + number(there.least) + " to " + number(there.greatest) +
                     ", in training from " + number(here.least) + " to " + number(here.greatest));
  if (seen.rows_ < least_rows_for_means) return result;
  const double before = deviation_of(here.squares, here.count), now = deviation_of(there.squares, there.count);
  if (before > 0 && (now > most_ratio * before || now * most_ratio < before))
    result.push_back("the inputs have a deviation of " + number(now) + ", in training of " + number(before));
  if (features_.size() != seen.features_.size()) {
    // Where one of them knows all elements only, those are compared; other widths are told of above.
    const double width = most_deviations * before;
    if (fits(shape_, seen.shape_) && std::fabs(there.mean - here.mean) > width)
      result.push_back("the mean of all elements is off by more than " + number(most_deviations) +
                       " deviations: it is " + number(there.mean) + ", in training " + number(here.mean));
    return result;
  }
  std::size_t off = 0, first = 0;
  for (std::size_t f = features_.size(); f-- > 0;) {
    const Feature &old = features_[f], &now_of = seen.features_[f];
    const double width = std::max(deviation_of(old.squares, old.count), least_share_of_deviation * before);
    if (old.count == 0 || now_of.count == 0 || std::fabs(now_of.mean - old.mean) <= most_deviations * width) continue;
    ++off;
    first = f;
  }
  if (off > 0)
    result.push_back("the means of " + std::to_string(off) + " of " + std::to_string(features_.size()) +
                     " features are off by more than " + number(most_deviations) + " deviations: that of feature " +
                     std::to_string(first) + " is " + number(seen.features_[first].mean) + ", in training " +
                     number(features_[first].mean));
  return result;
}

StateDict InputContract::state_dict() const {
  StateDict result;
  for (std::size_t i = 0; i < transforms_.size(); ++i)
    result.emplace_back("transform." + std::to_string(i) + "." + transforms_[i], Raw::uninitialized({0}, boolean));
  if (empty()) return result;
  std::vector<double> least, greatest, squares;
  std::vector<std::int64_t> counts;
  for (const Feature& each : features_) {
    least.push_back(each.least);
    greatest.push_back(each.greatest);
    squares.push_back(each.squares);
    counts.push_back(each.count);
  }
  std::vector<double> means;
  for (const Feature& each : features_) means.push_back(each.mean);
  result.emplace_back("dtype", Raw::uninitialized({0}, dtype_));  // that of an empty tensor
  result.emplace_back("row_shape", Tensor(shape_));
  result.emplace_back("rows", Tensor(std::vector<std::int64_t>{rows_, non_finite_}));
  result.emplace_back("mean", Tensor(means));
  result.emplace_back("squares", Tensor(squares));
  result.emplace_back("minimum", Tensor(least));
  result.emplace_back("maximum", Tensor(greatest));
  result.emplace_back("count", Tensor(counts));
  return result;
}

namespace {

/// "transform.3.flip" is { 3, "flip" }.
std::map<std::size_t, std::string> transforms_of(const StateDict& state) {
  const std::string start = "transform.";
  std::map<std::size_t, std::string> names;
  for (const auto& entry : state) {
    const std::string& key = entry.first;
    if (key.compare(0, start.size(), start) != 0) continue;
    const std::size_t dot = key.find('.', start.size());
    const std::string place = key.substr(start.size(), dot == std::string::npos ? dot : dot - start.size());
    if (dot == std::string::npos || place.empty() || place.size() > 6 ||
        place.find_first_not_of("0123456789") != std::string::npos)
      refuse("cannot load this state: it has \"" + key + "\": transforms are named as transform.0.flip");
    names[std::stoul(place)] = key.substr(dot + 1);
  }
  return names;
}

/// The tensor of a state, of one axis; a negative size stands for any.
Tensor part(const StateDict& state, const std::string& key, DType dtype, std::int64_t size = -1) {
  const auto found = state.find(key);
  if (found == state.end()) refuse("cannot load this state: \"" + key + "\" is missing");
  const Tensor& tensor = found->second;
  if (!tensor.defined() || tensor.dtype() != dtype || tensor.rank() != 1 || (size >= 0 && tensor.size() != size))
    refuse("cannot load this state: \"" + key + "\" is of another kind than a contract gives");
  return tensor;
}

/// Beyond it sums of counts would not be whole numbers of float64.
constexpr std::int64_t most_rows = std::int64_t{1} << 53;

/// Whether rows of this shape may have so many features. observe() and breaches() rely on it.
bool can_have(const std::vector<std::int64_t>& row, std::int64_t features) {
  if (std::find(row.begin(), row.end(), 0) != row.end()) return features <= 1;
  if (features == 1) return true;
  std::int64_t elements = 1;
  for (const std::int64_t size : row) {
    if (size < 0 || size > static_cast<std::int64_t>(most_features) / elements) return false;
    elements *= size;
  }
  return features == elements;
}

}  // namespace

void InputContract::load_state_dict(const StateDict& state) {
  InputContract loaded;
  for (auto& name : transforms_of(state)) loaded.transforms_.push_back(name.second);
  if (state.size() > loaded.transforms_.size()) {
    const auto kind = state.find("dtype");
    if (kind == state.end() || !kind->second.defined()) refuse("cannot load this state: \"dtype\" is missing");
    loaded.dtype_ = kind->second.dtype();
    const Tensor rows = part(state, "rows", int64, 2), shape = part(state, "row_shape", int64);
    loaded.rows_ = Raw::data<std::int64_t>(rows)[0];
    loaded.non_finite_ = Raw::data<std::int64_t>(rows)[1];
    if (loaded.rows_ < 1 || loaded.non_finite_ < 0) refuse("cannot load this state: it has no rows");
    if (loaded.rows_ > most_rows || loaded.non_finite_ > most_rows)
      refuse("cannot load this state: it has " + std::to_string(loaded.rows_) + " rows and " +
             std::to_string(loaded.non_finite_) + " numbers that are not finite: there are at most 2^53");
    loaded.shape_.assign(Raw::data<std::int64_t>(shape), Raw::data<std::int64_t>(shape) + shape.size());
    for (const std::int64_t size : loaded.shape_)
      if (size < -1)
        refuse("cannot load this state: rows have an axis of size " + std::to_string(size) +
               ": it must not be negative, or -1 where it varies");
    const Tensor mean = part(state, "mean", float64), squares = part(state, "squares", float64, mean.size());
    const Tensor least = part(state, "minimum", float64, mean.size());
    const Tensor greatest = part(state, "maximum", float64, mean.size());
    const Tensor count = part(state, "count", int64, mean.size());
    if (!can_have(loaded.shape_, mean.size()))
      refuse("cannot load this state: it has " + std::to_string(mean.size()) + " features, and rows of shape " +
             detail::row_text(loaded.shape_) + ": there must be one for each element of a row, or one for all");
    for (std::int64_t f = 0; f < mean.size(); ++f) {
      const double spread = Raw::data<double>(squares)[f];
      const std::int64_t numbers = Raw::data<std::int64_t>(count)[f];
      if (numbers < 0 || numbers > most_rows || !(spread >= 0) || std::isnan(Raw::data<double>(mean)[f]))
        refuse("cannot load this state: feature " + std::to_string(f) + " has a mean of " +
               number(Raw::data<double>(mean)[f]) + ", squares of " + number(spread) + " and " +
               std::to_string(Raw::data<std::int64_t>(count)[f]) + " numbers: no data have these");
      loaded.features_.push_back({Raw::data<double>(mean)[f], Raw::data<double>(squares)[f],
                                  Raw::data<double>(least)[f], Raw::data<double>(greatest)[f],
                                  Raw::data<std::int64_t>(count)[f]});
    }
  }
  // Exchanged, since nothing may fail any more.
  std::swap(rows_, loaded.rows_);
  std::swap(non_finite_, loaded.non_finite_);
  std::swap(dtype_, loaded.dtype_);
  shape_.swap(loaded.shape_);
  features_.swap(loaded.features_);
  transforms_.swap(loaded.transforms_);
}

bool check_inputs(const InputContract& contract, const Tensor& batch,
                  const std::function<void(const std::string&)>& warn) {
  const std::vector<std::string> all = contract.breaches(batch);
  for (const std::string& breach : all) {
    if (warn)
      warn(breach);
    else
      std::fprintf(stderr, "warning: %s\n", breach.c_str());
  }
  return all.empty();
}

}  // namespace xgrad::train
