// Loads hostile states into a model and its optimiser: either everything is loaded, or nothing has changed.

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>

#include "memory_file.hpp"

using namespace xgrad;

namespace {

Tensor tensor_from(Bytes& bytes) {
  const unsigned how = bytes.next();
  if (how == 255) return Tensor();
  Shape shape;
  for (unsigned rank = how >> 2 & 3u; rank > 0; --rank) shape = shape.inserted(0, bytes.next() % 5);
  const DType dtype = std::vector<DType>{float32, float64, int64, boolean}[how & 3u];
  const Tensor x = Raw::uninitialized(shape, dtype);
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const auto number = static_cast<double>(bytes.next()) - 3;
    const double value = number == 252 ? std::nan("") : number == 251 ? HUGE_VAL : number == 250 ? 1e300 : number / 2;
    if (dtype == float32) Raw::write<float>(x)[i] = static_cast<float>(value);
    if (dtype == float64) Raw::write<double>(x)[i] = value;
    if (dtype == int64)
      Raw::write<std::int64_t>(x)[i] = static_cast<std::int64_t>(number) * (std::int64_t{1} << (i % 7 * 8));
    if (dtype == boolean) Raw::write<bool>(x)[i] = number > 0;
  }
  return x;
}

/// A good state of which some entries are left out, given twice, renamed or replaced.
StateDict damaged(const StateDict& good, Bytes& bytes) {
  StateDict state;
  for (const auto& [key, tensor] : good) {
    const unsigned how = bytes.next();
    if (how % 16 == 1) continue;
    if (how % 16 == 2) state.emplace_back(key, tensor);
    if (how % 16 == 3) {
      state.emplace_back(key, tensor_from(bytes));
    } else if (how % 16 == 4 && tensor.defined()) {
      state.emplace_back(key, how & 128u ? detail::converted(tensor, float64) : zeros(tensor.shape(), int64));
    } else {
      state.emplace_back(how % 16 == 5 ? key + "." + std::to_string(how) : key, tensor);
    }
  }
  if (bytes.next() % 4 == 1) state.emplace_back(bytes.rest().substr(0, 20), tensor_from(bytes));
  return state;
}

std::string bytes_of(const StateDict& state) {
  std::string all;
  for (const auto& [key, x] : state)
    all += key + std::string(static_cast<const char*>(Raw::bytes(x)),
                             static_cast<std::size_t>(x.size()) * size_of(x.dtype()));
  return all;
}

template <class Loads>
void load(Loads& target, Bytes& bytes) {
  const std::string before = bytes_of(target.state_dict());
  const StateDict state = damaged(target.state_dict(), bytes);
  try {
    target.load_state_dict(state);
  } catch (const std::invalid_argument&) {
    if (bytes_of(target.state_dict()) != before) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static nn::Sequential model{nn::Linear(2, 3), nn::BatchNorm1d(3), nn::Linear(3, 1, nn::no_bias)};
  static optim::Adam adam(model.parameters(), 0.1);
  static const bool stepped = [] {
    sum(model(ones({2, 2}))).backward();
    adam.step();
    return true;
  }();
  static_cast<void>(stepped);
  Bytes bytes(data, size);
  load(model, bytes);
  load(adam, bytes);
  return 0;
}
