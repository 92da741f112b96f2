// Errors of checkpoints and custom functions name the line that called them.

#include <string>

#include <xgrad/func.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

struct Twice : func::Function<Twice> {
  static constexpr const char* name = "twice";
  static Tensor forward(func::Context& /*context*/, const Tensor& x) { return x * 2.0; }
  static func::Tensors backward(func::Context& /*context*/, const Tensor& g) { return {g * 2.0}; }
};

// What a second backward says, which is an error that names the node and its line.
std::string second_backward(const Tensor& y) {
  const Tensor loss = sum(y);
  loss.backward();
  try {
    y.backward(ones_like(y));
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "";
}

std::string here(int line) { return "func_lines_test.cpp:" + std::to_string(line); }

const Tensor leaf() { return Tensor(xt::xarray<double>{1.0, 2.0}).requires_grad_(); }

}  // namespace

TEST_CASE("an error of a checkpoint names the line of its call") {
  const Tensor x = leaf(), z = leaf();
  const auto add_up = [](const Tensor& a, const Tensor& b) { return a * b; };
  const Tensor one = func::checkpoint([](const Tensor& a) { return exp(a); }, x);
  const std::string at_one = here(__LINE__ - 1);
  const Tensor two = func::checkpoint(add_up, x, z);
  const std::string at_two = here(__LINE__ - 1);
  CHECK(second_backward(one).find(at_one) != std::string::npos);
  CHECK(second_backward(two).find(at_two) != std::string::npos);
}

TEST_CASE("an error of a custom function names the line of its call") {
  const Tensor x = leaf();
  const Tensor y = Twice::apply(x);
  const std::string at_y = here(__LINE__ - 1);
  const auto cube = func::custom(
      "cube", [](const func::Tensors& in) { return in[0] * in[0] * in[0]; },
      [](const func::Tensors& in, const Tensor&, const Tensor& g) { return func::Tensors{3.0 * in[0] * in[0] * g}; });
  const Tensor z = cube(x);
  const std::string at_z = here(__LINE__ - 1);
  CHECK(second_backward(y).find(at_y) != std::string::npos);
  CHECK(second_backward(z).find(at_z) != std::string::npos);
}
