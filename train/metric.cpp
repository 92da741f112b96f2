#include <xgrad/train/metric.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <typeinfo>
#include <utility>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::train {
namespace {

constexpr std::int64_t most_count = std::int64_t{1} << 53;

/// The number i of "sum.<i>", where it is below `count`; else `count`.
std::size_t place_of_sum(const std::string& key, std::size_t count) {
  constexpr std::size_t start = 4;
  if (key.compare(0, start, "sum.") != 0 || key.size() == start || key.size() > start + 18 ||
      key.find_first_not_of("0123456789", start) != std::string::npos || (key[start] == '0' && key.size() > start + 1))
    return count;
  return std::min<std::size_t>(std::stoul(key.substr(start)), count);
}

}  // namespace

namespace detail {

Tensor as_doubles(const Tensor& x) { return xgrad::detail::converted(x, float64); }

Tensor as_classes(const std::string& op, const char* what, const Tensor& x) {
  if (x.dtype() == int64) return x;
  if (x.dtype() == boolean) return xgrad::detail::converted(x, int64);
  const Tensor wide = as_doubles(x);
  const double* numbers = Raw::data<double>(wide);
  std::vector<std::int64_t> classes(static_cast<std::size_t>(x.size()));
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (!(std::fabs(numbers[i]) <= 0x1p53) || numbers[i] != std::floor(numbers[i]))
      throw std::invalid_argument(op + ": the " + what + " holds " + xgrad::detail::number_text(numbers[i]) +
                                  ": classes are whole numbers");
    classes[i] = static_cast<std::int64_t>(numbers[i]);
  }
  return Raw::alias(Tensor(classes), x.shape());
}

std::string text_of(const Tensor& x) {
  return x.defined() ? to_string(x.shape()) + " " + name_of(x.dtype()) : "an empty tensor";
}

}  // namespace detail

Metric::Metric(std::string name, std::size_t counts, std::size_t sums, std::string settings)
    : name_(std::move(name)),
      settings_(std::move(settings)),
      varies_(sums == varying),
      counts_(counts, 0),
      sums_(varies_ ? 0 : sums) {}

std::string Metric::fault(const std::vector<std::int64_t>& /*counts*/, const std::vector<ExactSum>& /*sums*/,
                          const std::vector<double>& /*kept*/) const {
  return {};
}

void Metric::refuse(const std::string& why) const { throw std::invalid_argument(name_ + ": " + why); }

void Metric::reset() {
  std::fill(counts_.begin(), counts_.end(), 0);
  sums_.assign(varies_ ? 0 : sums_.size(), ExactSum());
  kept_.clear();
}

void Metric::require_like(const std::string& what, std::size_t counts, std::size_t sums,
                          const std::string& settings) const {
  if (settings != settings_)
    refuse(what + " has the settings \"" + settings + "\", this one \"" + settings_ + "\": they must agree");
  if (counts != counts_.size())
    refuse(what + " has " + std::to_string(counts) + " counts, this one " + std::to_string(counts_.size()) +
           ": they must agree");
  // Before the first batch it has none where their number varies.
  if (sums != sums_.size() && !(varies_ && (sums == 0 || sums_.empty())))
    refuse(what + " has " + std::to_string(sums) + " sums, this one " + std::to_string(sums_.size()) +
           ": they must agree");
}

void Metric::merge(const Metric& other) {
  if (typeid(*this) != typeid(other)) refuse("cannot merge " + other.name_ + ": only metrics of the same class add up");
  require_like("the other metric", other.counts_.size(), other.sums_.size(), other.settings_);
  if (&other == this) refuse("cannot merge a metric with itself: its rows would count twice");
  kept_.insert(kept_.end(), other.kept_.begin(), other.kept_.end());
  if (sums_.size() < other.sums_.size()) sums_.resize(other.sums_.size());
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  for (std::size_t i = 0; i < other.sums_.size(); ++i) sums_[i].merge(other.sums_[i]);
}

StateDict Metric::state_dict() const {
  StateDict result{{identity(), Raw::uninitialized({0}, boolean)}};
  if (!counts_.empty()) result.emplace_back("counts", Tensor(counts_));
  for (std::size_t i = 0; i < sums_.size(); ++i) result.emplace_back("sum." + std::to_string(i), sums_[i].state());
  if (!kept_.empty()) result.emplace_back("kept", Tensor(kept_));
  return result;
}

void Metric::load_state_dict(const StateDict& state) {
  std::vector<std::int64_t> counts(counts_.size(), 0);
  std::vector<const Tensor*> of_sums;  // in any order in the state: files sort names, sum.10 before sum.2
  std::vector<double> kept;
  if (!state.contains(identity()) || state.contains("counts") == counts_.empty())
    refuse("cannot load this state: it is not that of " + identity() + ", but of another metric or other settings");
  const auto is_sum = [](const auto& entry) { return entry.first.compare(0, 4, "sum.") == 0; };
  of_sums.resize(static_cast<std::size_t>(std::count_if(state.begin(), state.end(), is_sum)));
  for (const auto& [key, tensor] : state) {
    if (key == identity()) continue;
    const std::string what = "cannot load this state: \"" + key + "\" is " + detail::text_of(tensor);
    if (key == "counts") {
      if (!tensor.defined() || tensor.dtype() != int64 || tensor.rank() != 1 ||
          tensor.size() != static_cast<std::int64_t>(counts.size()))
        refuse(what + ": it must hold " + std::to_string(counts.size()) + " int64 counts");
      std::copy_n(Raw::data<std::int64_t>(tensor), counts.size(), counts.begin());
      if (std::any_of(counts.begin(), counts.end(), [](std::int64_t count) { return count < 0; }))
        refuse("cannot load this state: it holds a negative count");
      // Those of the rows that come are added to them.
      const std::int64_t most = *std::max_element(counts.begin(), counts.end());
      if (most > most_count)
        refuse("cannot load this state: it holds a count of " + std::to_string(most) + ": there are at most 2^53");
    } else if (key == "kept") {
      if (!tensor.defined() || tensor.dtype() != float64 || tensor.rank() != 1) refuse(what + ": it must be float64");
      kept.assign(Raw::data<double>(tensor), Raw::data<double>(tensor) + tensor.size());
    } else if (const std::size_t i = place_of_sum(key, of_sums.size()); i < of_sums.size() && of_sums[i] == nullptr) {
      of_sums[i] = &tensor;
    } else {
      refuse("cannot load this state: it has \"" + key + "\": it is the state of another metric");
    }
  }
  std::vector<ExactSum> sums;
  for (const Tensor* each : of_sums) {
    sums.emplace_back();
    sums.back().load(name_.c_str(), *each);
  }
  if (varies_ ? sums.size() != sums_.size() && !sums_.empty() && !sums.empty() : sums.size() != sums_.size())
    refuse("cannot load this state: it has " + std::to_string(sums.size()) + " sums, this one " +
           std::to_string(sums_.size()));
  if (const std::string wrong = fault(counts, sums, kept); !wrong.empty()) refuse("cannot load this state: " + wrong);
  counts_ = std::move(counts);
  sums_ = std::move(sums);
  kept_ = std::move(kept);
}

}  // namespace xgrad::train
