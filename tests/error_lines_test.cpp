// Errors of arguments end with the line of the call.

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

std::string at(int line) { return " (error_lines_test.cpp:" + std::to_string(line) + ")"; }

template <class F>
std::string refused(F&& f) {
  return thrown_by<std::invalid_argument>(f);
}

}  // namespace

TEST_CASE("a shape error ends with the line of the op") {
  const Tensor a = ones({2, 3}), b = ones({4, 5});
  CHECK(refused([&] { a + b; }) == "add: cannot broadcast (2, 3) with (4, 5): axis -1 is 3 against 5" + at(__LINE__));
  CHECK_THAT(refused([&] { matmul(a, b); }), StartsWith("matmul: cannot multiply") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { a.reshape({7}); }), StartsWith("reshape: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { sum(a, 5); }), StartsWith("sum: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { concat({a, b}, 0); }), StartsWith("concat: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { argmax(zeros({0})); }), StartsWith("argmax: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { argmin(a, 5); }), StartsWith("argmin: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { select(a, 0, 9); }), StartsWith("select: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { nn::mse_loss(a, b); }), StartsWith("mse_loss: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { nn::cross_entropy(a, b); }), StartsWith("cross_entropy: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { exp(Tensor()); }), StartsWith("exp: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { dropout(a, 2); }), StartsWith("dropout: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { a.detach().copy_(b); }), StartsWith("copy_: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { rand({2}, int64); }), StartsWith("rand: ") && EndsWith(at(__LINE__)));
}

TEST_CASE("an error inside a model ends with the line in the user's own code, once") {
  nn::Sequential model{nn::Linear(3, 2), [](const Tensor& x) { return x + ones({7}); }};
  const int inside = __LINE__ - 1;
  CHECK_THAT(refused([&] { model(ones({1, 5})); }), StartsWith("0 (Linear): ") && EndsWith(at(__LINE__)));
  const std::string text = refused([&] { model(ones({1, 3})); });
  CHECK_THAT(text, EndsWith("against 7" + at(inside)));
}

TEST_CASE("an index in brackets or parentheses knows its line, and so does backward") {
  Tensor w = ones({2, 3}).requires_grad_();
  const Tensor rows{0, 5};
  CHECK_THAT(refused([&] { w[7]; }), StartsWith("select: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { w(7); }), StartsWith("slice: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { w(xt::all(), xt::range(0, 2, 0)); }), StartsWith("slice: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { w[rows]; }), StartsWith("index_select: ") && EndsWith(at(__LINE__)));
  CHECK_THAT(refused([&] { ones({2})[5]; }), StartsWith("select: ") && EndsWith(at(__LINE__)));
  const Tensor parts[] = {w[0], w(0), w(xt::all(), 1), w[Tensor{0}], w[Tensor({{0, 1}})]};
  const int line = __LINE__ - 1;
  for (const Tensor& part : parts) {
    sum(part).backward();
    CHECK_THAT(thrown_by<std::logic_error>([&] { sum(part).backward(); }),
               Catch::Matchers::Contains("error_lines_test.cpp:" + std::to_string(line)));
  }
}

TEST_CASE("initialisers and loading a state name the line of the write") {
  nn::Linear layer(3, 2);
  const Tensor x = ones({1, 3}).requires_grad_();
  const auto stale = [&](auto write) {
    const Tensor y = sum(layer(x));
    write();
    return thrown_by<std::logic_error>([&] { y.backward(); });
  };
  const StateDict state = layer.state_dict();
  const auto at_line = [](int line) {
    return Catch::Matchers::Contains("written in place at error_lines_test.cpp:" + std::to_string(line));
  };
  const std::string loaded = stale([&] { layer.load_state_dict(state); });
  CHECK_THAT(loaded, at_line(__LINE__ - 1));
  const std::string drawn = stale([&] { nn::init::normal_(layer.weight); });
  CHECK_THAT(drawn, at_line(__LINE__ - 1));
  const std::string zeroed = stale([&] { nn::init::zeros_(layer.weight); });
  CHECK_THAT(zeroed, at_line(__LINE__ - 1));
  CHECK_THAT(refused([&] { layer.load_state_dict({}); }), StartsWith("Linear: ") && EndsWith(at(__LINE__)));
}

TEST_CASE("where the line is not known, nothing is put in its place") {
  const Tensor a = ones({2, 3});
  const xt::xarray<float> b = {1, 2};
  CHECK(refused([&] { a + b; }) == "add: cannot broadcast (2, 3) with (2): axis -1 is 3 against 2");
}
