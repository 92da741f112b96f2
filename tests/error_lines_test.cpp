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

TEST_CASE("where the line is not known, nothing is put in its place") {
  const Tensor a = ones({2, 3});
  const xt::xarray<float> b = {1, 2};
  CHECK(refused([&] { a + b; }) == "add: cannot broadcast (2, 3) with (2): axis -1 is 3 against 2");
}
