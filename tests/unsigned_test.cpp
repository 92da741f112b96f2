// Unsigned indices and sizes: i - 1 where i is 0 is 2^64 - 1, which is no -1.

#include <cstdint>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::size_t zero = 0;
const std::string number = "18446744073709551615 does not fit";

/// What f refuses, where it refuses the number by an error that begins with one of these names.
template <class F>
std::string refusal(const std::string& name, F&& f) {
  const std::string text = thrown_by<std::invalid_argument>(f);
  if (text.rfind(name + ": ", 0) == 0 && text.find(number) != std::string::npos) return "";
  return text;
}

}  // namespace

TEST_CASE("an unsigned index that has wrapped around is refused, by the name of the op") {
  const std::size_t i = zero;
  Tensor x = Tensor({{1., 2., 3.}, {4., 5., 6.}});
  CHECK(refusal("slice", [&] { x(i - 1); }) == "");
  CHECK(refusal("slice", [&] { x(0, i - 1); }) == "");
  CHECK(refusal("slice", [&] { x(xt::keep(std::vector<std::size_t>{i - 1})); }) == "");
  CHECK(refusal("slice", [&] { x(xt::all(), xt::drop(std::vector<std::size_t>{i - 1})); }) == "");
  CHECK(refusal("select", [&] { x[i - 1]; }) == "");
  CHECK(refusal("select", [&] { select(x, 0, i - 1); }) == "");
  CHECK(refusal("narrow", [&] { narrow(x, 0, i - 1, 1); }) == "");
  CHECK(refusal("index", [&] { x.put(i - 1, 7); }) == "");
  CHECK(refusal("index", [&] { x.put({0, i - 1}, 7); }) == "");
  CHECK(numbers(x) == Numbers{1, 2, 3, 4, 5, 6});
}

TEST_CASE("an unsigned axis that has wrapped around is refused") {
  const std::size_t i = zero;
  const Tensor x = ones({2, 3});
  CHECK(refusal("transpose", [&] { x.permute({i - 1, i}); }) == "");
  CHECK(refusal("transpose", [&] { permute(x, {i, i - 1}); }) == "");
  CHECK(refusal("transpose", [&] { transpose(x, {0, i - 1}); }) == "");
  CHECK(refusal("sum", [&] { sum(x, {i - 1, i}); }) == "");
  CHECK(refusal("axes", [&] { sum(x, {0, i - 1}); }) == "");
  CHECK(refusal("axes", [&] { sum(x, i - 1); }) == "");
  CHECK(refusal("tensordot", [&] { tensordot(x, x, {i - 1}, {1}); }) == "");
  CHECK(refusal("softmax", [&] { softmax(x, i - 1); }) == "");
  CHECK(refusal("squeeze", [&] { squeeze(x, i - 1); }) == "");
  CHECK(refusal("concat", [&] { concat({x, x}, i - 1); }) == "");
}

TEST_CASE("an unsigned size or label that has wrapped around is refused") {
  const std::size_t i = zero;
  const Tensor x = ones({2, 3});
  CHECK(refusal("shape", [&] { zeros({i - 1}); }) == "");
  CHECK(refusal("shape", [&] { x.reshape({2, i - 1}); }) == "");
  CHECK(refusal("split", [&] { split(x, {i - 1, 3}); }) == "");
  CHECK(refusal("split", [&] { split(x, i - 1); }) == "");
  CHECK(refusal("ignore_index", [&] { nn::CrossEntropyOptions().ignore_index(i - 1); }) == "");
  CHECK(refusal("two_spirals", [&] { data::two_spirals(i - 1); }) == "");
  CHECK(refusal("arange", [&] { arange(i - 1); }) == "");
  CHECK(refusal("fill_", [&] { zeros({2}, int64).fill_(i - 1); }) == "");
}

TEST_CASE("unsigned indices and lists of other integer types mean what signed ones do") {
  const std::size_t one = 1;
  const Tensor x = Tensor({{1., 2., 3.}, {4., 5., 6.}});
  CHECK(numbers(x(one)) == Numbers{4, 5, 6});
  CHECK(numbers(x[one]) == Numbers{4, 5, 6});
  CHECK(numbers(x(one, xt::range(one, one + 2))) == Numbers{5, 6});
  CHECK(numbers(x(xt::all(), xt::keep(std::vector<unsigned short>{2, 0}))) == Numbers{3, 1, 6, 4});
  CHECK(numbers(x.permute({one, 0})) == Numbers{1, 4, 2, 5, 3, 6});
  CHECK(numbers(permute(x, {one, 0})) == Numbers{1, 4, 2, 5, 3, 6});
  CHECK(split(x, {one, 1}).size() == 2);
  CHECK(tensordot(x, x, {one}, {1}).shape() == Shape{2, 2});
  CHECK(x().shape() == Shape{2, 3});
}

TEST_CASE("numbers from 2^63 on go into a uint64 and out of a floating-point tensor") {
  const Tensor x = {1.8e19, 0x1p63, 3.};
  const xt::xarray<std::uint64_t> y = x.to_xarray<std::uint64_t>();
  CHECK(y(0) == 18000000000000000000u);
  CHECK(y(1) == std::uint64_t{1} << 63);
  CHECK(y(2) == 3);
  CHECK(x[0].item<std::uint64_t>() == y(0));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { Tensor{-1.}.to_xarray<std::uint64_t>(); }),
             StartsWith("to_xarray: -1"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { Tensor{1e20}.to_xarray<std::uint64_t>(); }),
             StartsWith("to_xarray: 1e+20"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { Tensor y_(std::uint64_t{1} << 63); }), StartsWith("tensor: "));
}
