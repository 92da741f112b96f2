#include <xgrad/train/early_stopping.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::train {

EarlyStopping::EarlyStopping(const Options& options)
    : options_(options), best_(std::numeric_limits<double>::quiet_NaN()) {
  if (options_.patience_ < 1)
    throw std::invalid_argument("EarlyStopping: the patience is " + std::to_string(options_.patience_) +
                                ": it must be at least 1");
  if (!(options_.min_delta_ >= 0) || !std::isfinite(options_.min_delta_))
    throw std::invalid_argument("EarlyStopping: min_delta is " + xgrad::detail::number_text(options_.min_delta_) +
                                ": it must be finite and not negative");
}

bool EarlyStopping::update(double value) {
  const double gain = mode() == Mode::min ? best_ - value : value - best_;
  // The difference of equal infinities is NaN.
  const bool better = !std::isnan(value) && (std::isnan(best_) || gain > options_.min_delta_);
  if (better) {
    best_ = value;
    best_index_ = count_;
  }
  ++count_;
  return better;
}

StateDict EarlyStopping::state_dict() const {
  return {{"best", Tensor(best_)}, {"counts", Tensor(std::vector<std::int64_t>{best_index_, count_})}};
}

void EarlyStopping::load_state_dict(const StateDict& state) {
  const auto refuse = [] {
    throw std::invalid_argument(
        "EarlyStopping: cannot load this state: it must be \"best\", a float64 number, and \"counts\", two int64, the "
        "place of the best value and how many there were");
  };
  const auto best = state.find("best"), counts = state.find("counts");
  if (state.size() != 2 || best == state.end() || counts == state.end()) return refuse();
  const Tensor &number = best->second, &both = counts->second;
  if (!number.defined() || number.size() != 1 || number.dtype() != float64 || !both.defined() || both.size() != 2 ||
      both.dtype() != int64)
    return refuse();
  const std::int64_t* from = Raw::data<std::int64_t>(both);
  if (std::isnan(number.item()) != (from[0] == -1)) return refuse();
  if (from[0] < -1 || from[1] < 0 || from[0] >= from[1] + (from[0] == -1 ? 1 : 0)) return refuse();
  if (from[1] > std::int64_t{1} << 53) return refuse();  // more are counted from there on
  best_ = number.item();
  best_index_ = from[0];
  count_ = from[1];
}

}  // namespace xgrad::train
