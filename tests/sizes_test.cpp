// Sizes that overflow, memory that is missing, and numbers that an integer cannot hold.

#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(),
                       least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t beyond_doubles = (std::int64_t{1} << 53) + 1;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class F>
std::string out_of_memory(F&& f) {
  return thrown_by<OutOfMemory>(f);
}
template <class F>
std::string refusal(F&& f) {
  return thrown_by<std::invalid_argument>(f);
}

}  // namespace

TEST_CASE("memory that cannot exist is a bad_alloc that names op, shape, bytes and line") {
  const int line = __LINE__ + 1;
  const std::string text = out_of_memory([] { zeros({std::int64_t{1} << 31, std::int64_t{1} << 31}); });
  CHECK(text == "zeros: out of memory at sizes_test.cpp:" + std::to_string(line) +
                    ": (2147483648, 2147483648) float32 takes 18446744073709551616 bytes");
  CHECK_THROWS_AS(zeros({most, most}), std::bad_alloc);
  CHECK_THAT(out_of_memory([] { zeros({(std::int64_t{1} << 61) + 4}, float64); }), StartsWith("zeros: out of memory"));
  CHECK_THAT(out_of_memory([] { arange(most); }), StartsWith("arange: out of memory") && Contains("int64 takes"));
  CHECK_THAT(out_of_memory([] { arange(0, 1e300, .5); }), StartsWith("arange: out of memory"));
}

TEST_CASE("a result that broadcasting makes too large names its operands") {
  const Tensor column = zeros({0, 1, 1}), rows = zeros({std::int64_t{1} << 31, 0});
  CHECK_THAT(out_of_memory([&] { matmul(rows, rows.transpose()); }),
             StartsWith("matmul: out of memory at sizes_test.cpp:") &&
                 Contains("(2147483648, 0) and (0, 2147483648) give (2147483648, 2147483648) float32"));
  if (sanitized) return;  // a sanitizer ends the process where the system has no memory
  const Tensor x = zeros({1'000'000, 1}), y = zeros({1'000'000});
  CHECK_THAT(out_of_memory([&] { x - y; }),
             StartsWith("sub: out of memory at sizes_test.cpp:") &&
                 Contains("(1000000, 1) and (1000000) give (1000000, 1000000) float32, which "
                          "takes 4000000000000 bytes"));
}

TEST_CASE("modules and generators of data name themselves where sizes are too large") {
  constexpr std::int64_t n = std::int64_t{1} << 31;
  CHECK_THAT(out_of_memory([] { nn::Linear(n, n); }), StartsWith("Linear: out of memory"));
  CHECK_THAT(out_of_memory([] { nn::BatchNorm1d(std::int64_t{1} << 62); }), StartsWith("BatchNorm1d: out of memory"));
  CHECK_THAT(out_of_memory([] { data::two_spirals(std::int64_t{1} << 60); }), StartsWith("two_spirals: out of memory"));
  class Widening : public nn::Module {
   public:
    Tensor forward(const Tensor& x) override { return matmul(x, x.transpose()); }
  };
  const nn::Sequential model{Widening(), nn::ReLU()};
  CHECK_THAT(out_of_memory([&] { model(zeros({n, 0})); }), StartsWith("0 (Widening): matmul: out of memory"));
}

TEST_CASE("a random generator has not moved where memory is missing") {
  Generator own(7);
  CHECK_THROWS_AS(rand({most, 2}, own), OutOfMemory);
  CHECK_THROWS_AS(randn({most, 2}, own), OutOfMemory);
  CHECK(own.draws() == 0);
}

TEST_CASE("products and counts of more rows than can be counted are empty, or out of memory") {
  const std::int64_t n = std::int64_t{1} << 40;
  const Tensor x = zeros({n, n, 0}), empty = zeros({0, 0}), flat = zeros({0, 3});
  CHECK(matmul(x, empty).shape() == Shape{n, n, 0});
  CHECK(linear(x, empty, zeros({0})).shape() == Shape{n, n, 0});
  CHECK_THAT(out_of_memory([&] { matmul(x, flat); }), StartsWith("matmul: out of memory"));
  CHECK_THAT(out_of_memory([&] { linear(x, zeros({3, 0})); }), StartsWith("linear: out of memory"));
  for (const auto& [name, op] :
       {std::pair<const char*, Tensor (*)(const Tensor&)>("any", [](const Tensor& y) { return any(y, 0); }),
        {"all", [](const Tensor& y) { return all(y, 0); }},
        {"count_nonzero", [](const Tensor& y) { return count_nonzero(y, 0); }}})
    CHECK_THAT(out_of_memory([&, op = op] {
                 op(zeros({0, n, n}));
               }),
               StartsWith(name + std::string(": out of memory")));
  CHECK(any(zeros({n, 0, n}), 0).shape() == Shape{0, n});
}

TEST_CASE("a triangle of more places than can be counted is out of memory") {
  CHECK_THAT(out_of_memory([] { tril_indices(1, most, most); }), StartsWith("tril_indices: "));
  CHECK_THAT(out_of_memory([] {
               tril_indices(most, most, least);
               tril_indices(most, most, most);
             }),
             StartsWith("tril_indices: "));
  CHECK_THAT(out_of_memory([] { triu_indices(1, most, least); }), StartsWith("triu_indices: "));
  CHECK(triu_indices(most, most, most).shape() == Shape{2, 0});
}

TEST_CASE("shapes without elements may have any other sizes, in every op that computes shapes") {
  const Tensor wide = zeros({0, most}), deep = zeros({most, 0, most});
  CHECK((wide + 1).shape() == Shape{0, most});
  CHECK(sum(deep, Axes{0, 1, 2}).item() == 0);
  CHECK(softmax(deep, 0).shape() == deep.shape());
  CHECK(swapaxes(deep, 0, 1).shape() == Shape{0, most, most});
  CHECK(reshape(deep, {0, most, most, most}).size() == 0);
  CHECK_THAT(out_of_memory([&] { sum(deep, 1); }), StartsWith("sum: out of memory"));
  CHECK_THAT(out_of_memory([&] { var(zeros({0, std::int64_t{1} << 61}), 0); }), StartsWith("var: out of memory"));
  CHECK_THAT(out_of_memory([&] { logsumexp(wide, 0); }), StartsWith("logsumexp: out of memory"));
  CHECK_THAT(refusal([&] { flatten(deep, 0, 2), flatten(zeros({0, most, most}), 1); }), StartsWith("flatten: "));
  CHECK_THAT(refusal([&] { concat({deep, deep}); }), StartsWith("concat: ") && Contains("beyond 2^63 - 1"));
}

TEST_CASE("parts of shapes without elements may have any other sizes, and have gradients") {
  const Tensor wide = zeros({0, most, most}).requires_grad_(), deep = zeros({most, 0, most}).requires_grad_();
  const auto holds = [](const Tensor& y, const Tensor& x, const Shape& shape) {
    CHECK(y.shape() == shape);
    CHECK(grad(sum(y), x).shape() == x.shape());
  };
  holds(wide(xt::all(), 0), wide, {0, most});
  holds(wide(xt::all(), -1, xt::range(2, most, 3)), wide, {0, most / 3});
  holds(wide(xt::all(), xt::range(1, most), xt::newaxis(), 5), wide, {0, most - 1, 1});
  holds(deep(most - 1), deep, {0, most});
  holds(deep(xt::all(), xt::all(), xt::keep(most - 1, 0)), deep, {most, 0, 2});
  holds(select(deep, 2, most - 1), deep, {most, 0});
  holds(narrow(deep, 2, most - 2, 2), deep, {most, 0, 2});
  holds(put(wide, {xt::all(), 3}, 1), wide, {0, most, most});
  holds(put(deep, {7}, 1), deep, {most, 0, most});
  const Tensor two = zeros({0, 2, most}).requires_grad_();
  holds(amax(two, 1), two, {0, most});
}

TEST_CASE("sizes whose product overflows beside a size of 0 are no obstacle to ops that lay elements out") {
  const std::int64_t L = std::int64_t{1} << 40;
  const Tensor last = zeros({L, L, 0}), middle = zeros({L, 0, L}), first = zeros({0, L, L});
  CHECK(concat({last, last}, 0).shape() == Shape{2 * L, L, 0});
  CHECK(concat({first, zeros({0, 1, L})}, 1).shape() == Shape{0, L + 1, L});
  CHECK(stack({first, first}, 1).shape() == Shape{0, 2, L, L});
  const Tensor twice = zeros({0, L, L}).requires_grad_();
  CHECK(grad(sum(concat({twice, twice}, 1)), twice).shape() == twice.shape());
  CHECK(elementwise([](auto x) { return exp(x); }, last).shape() == last.shape());
  CHECK(nn::batch_norm(middle, {}, {}, {}, {}, true).shape() == middle.shape());
  CHECK(repeat_interleave(first, 2, 1).shape() == Shape{0, 2 * L, L});
  CHECK(unfold(first, 1, 2, L / 2).shape() == Shape{0, 2, L, 2});
}

TEST_CASE("an index that is out of range by any amount is refused") {
  const Tensor x = zeros({3}), rows = zeros({3, 2});
  for (const std::int64_t bad :
       {least, least + 1, least + 3, -most, std::int64_t{-4}, std::int64_t{3}, most - 3, most}) {
    const std::string says = "index " + std::to_string(bad) + " is out of range for axis 0";
    const Tensor at{bad}, each = full({1, 2}, bad, int64);
    CHECK_THAT(refusal([&] { index_select(x, 0, at); }), StartsWith("index_select: " + says));
    CHECK_THAT(refusal([&] { gather(x, 0, at); }), StartsWith("gather: " + says));
    CHECK_THAT(refusal([&] { gather(rows, 0, each); }), StartsWith("gather: " + says));
    CHECK_THAT(refusal([&] { scatter_add(x, 0, at, ones({1})); }), StartsWith("scatter_add: " + says));
    CHECK_THAT(refusal([&] { index_fill(x, 0, at, 1); }), StartsWith("index_fill: " + says));
    CHECK_THAT(refusal([&] { x(at); }), StartsWith("slice: " + says));
    CHECK_THAT(refusal([&] { x(bad); }), StartsWith("slice: " + says));
    CHECK_THAT(refusal([&] { embedding(at, rows); }), StartsWith("embedding: index " + std::to_string(bad)));
    CHECK_THAT(refusal([&] { take(x, at); }), StartsWith("take: index " + std::to_string(bad)));
  }
}

TEST_CASE("a range takes steps of any size") {
  const Tensor x = arange(5);
  CHECK(whole_numbers(x(xt::range(0, 5, most))) == std::vector<std::int64_t>{0});
  CHECK(whole_numbers(x(xt::range(1, 5, most - 1))) == std::vector<std::int64_t>{1});
  CHECK(whole_numbers(x(xt::range(4, 0, least))) == std::vector<std::int64_t>{4});
  CHECK(x(xt::range(3, 3, most)).size() == 0);
}

TEST_CASE("item refuses what the integer type cannot hold, and gives everything that it can") {
  CHECK(refusal([] { Tensor(not_a_number).item<int>(); }) ==
        "item: nan does not fit: the integer must lie in -2147483648 .. 2147483647");
  CHECK_THAT(refusal([] { Tensor(3e9).item<int>(); }), StartsWith("item: 3e+09 does not fit"));
  CHECK_THAT(refusal([] { Tensor(1e300).item<std::int64_t>(); }), StartsWith("item: 1e+300 does not fit"));
  CHECK_THAT(refusal([] { Tensor(-1).item<unsigned>(); }), StartsWith("item: -1 does not fit"));
  CHECK_THAT(refusal([] { Tensor(256).item<std::uint8_t>(); }), Contains("0 .. 255"));
  CHECK_THROWS_AS(Tensor(0x1p63).item<std::int64_t>(), std::invalid_argument);
  CHECK(Tensor(-0x1p63).item<std::int64_t>() == least);
  CHECK(Tensor(0x1p63).item<std::uint64_t>() == std::uint64_t{1} << 63);
  CHECK(Tensor(127.9).item<std::int8_t>() == 127);
  CHECK(Tensor(-128.9).item<std::int8_t>() == -128);
  CHECK_THROWS_AS(Tensor(128).item<std::int8_t>(), std::invalid_argument);
  CHECK_THROWS_AS(Tensor(-.9 - 1).item<std::uint8_t>(), std::invalid_argument);
  CHECK(Tensor(-.9).item<std::uint8_t>() == 0);
  CHECK(Tensor(most).item<std::int64_t>() == most);
  CHECK(Tensor(.5).item<bool>());
}

TEST_CASE("a conversion to int64 refuses what it cannot hold, names the element, and changes nothing") {
  for (const double bad : {not_a_number, 0x1p63, -1e30, std::numeric_limits<double>::infinity()})
    for (const DType dtype : {float32, float64})
      for (const std::int64_t place : {0, 1, 1023, 1024, 2999}) {
        Tensor x = zeros({3000}, dtype);
        x[place].fill_(bad);
        const Tensor target = ones({3000}, int64);
        INFO(bad << " at " << place);
        CHECK_THAT(refusal([&] { x.to(int64); }), StartsWith("to: element " + std::to_string(place) + " is "));
        CHECK_THAT(refusal([&] { target.copy_(x); }), StartsWith("copy_: element " + std::to_string(place) + " is "));
        CHECK(sum(target != 1).item() == 0);
      }
  CHECK(whole_numbers(Tensor({-0x1p63, -2.9, 2.9, 0x1p62}).to(int64)) ==
        std::vector<std::int64_t>{least, -2, 2, std::int64_t{1} << 62});
}

TEST_CASE("numbers that no int64 holds are refused wherever a tensor is made or filled") {
  constexpr std::uint64_t large = std::uint64_t{1} << 63;
  CHECK_THAT(refusal([] { Tensor x(large); }), Contains("9223372036854775808 does not fit"));
  CHECK_THAT(refusal([] { Tensor x{large, std::uint64_t{1}}; }), Contains("9223372036854775808 does not fit"));
  CHECK_THAT(refusal([] { Tensor x(std::vector<std::uint64_t>{large}); }), Contains("does not fit"));
  CHECK_THAT(refusal([] { Tensor x(xt::xarray<std::uint64_t>{large}); }), Contains("does not fit"));
  CHECK_THAT(refusal([] { Tensor({1.0, not_a_number}, int64); }), StartsWith("tensor: nan does not fit"));
  CHECK_THAT(refusal([] { zeros({large}); }), Contains("does not fit"));
  CHECK_THAT(refusal([] { full({2}, not_a_number, int64); }), StartsWith("full: nan does not fit"));
  CHECK_THAT(refusal([] { full_like(Tensor{1}, 1e300); }), StartsWith("full_like: 1e+300 does not fit"));
  CHECK_THAT(refusal([] { linspace(0., 1e300, 3, int64); }), StartsWith("linspace: "));
  CHECK_THAT(refusal([] { Tensor{-1}.to_xarray<unsigned>(); }), StartsWith("to_xarray: -1 does not fit"));
  const Tensor x = {1, 2};
  CHECK_THAT(refusal([&] { x.fill_(not_a_number); }), StartsWith("fill_: nan does not fit"));
  CHECK(whole_numbers(x) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("numbers that float32 cannot hold are refused wherever one fills a tensor") {
  const Tensor x = {1.0f, 2.0f}, mask = {true, false};
  CHECK_THAT(refusal([] { full({3}, 1e300, float32); }),
             StartsWith("full: 1e+300 does not fit: float32 holds numbers up to 3.4028235e+38"));
  CHECK_THAT(refusal([&] { full_like(x, -1e300); }), StartsWith("full_like: -1e+300 does not fit"));
  CHECK_THAT(refusal([&] { masked_fill(x, mask, 1e39); }), StartsWith("masked_fill: 1e+39 does not fit"));
  CHECK_THAT(refusal([&] { pad(x, {1, 1}, PadMode::constant, 1e39); }), StartsWith("pad: 1e+39 does not fit"));
  CHECK_THAT(refusal([&] { x.fill_(1e39); }), StartsWith("fill_: 1e+39 does not fit"));
  CHECK_THAT(refusal([] { uniform(-1e300, 1e300, {3}); }), StartsWith("uniform: -1e+300 does not fit"));
  CHECK_THAT(refusal([] { uniform(0, 1e300, {3}); }), StartsWith("uniform: 1e+300 does not fit"));
  CHECK(x(0).item() == 1);
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK(full({3}, infinite, float32)(0).item() == infinite);
  CHECK(masked_fill(x, mask, -infinite)(0).item() == -infinite);
  CHECK(full({1}, 3.4028235e38, float32)(0).item() == std::numeric_limits<float>::max());
  CHECK(full({1}, 1e300, float64)(0).item() == 1e300);
  CHECK(full_like(Tensor{1.0}, 1e300)(0).item() == 1e300);
}

TEST_CASE("whole numbers that are drawn in a floating dtype stay below their bound") {
  CHECK_THAT(refusal([] { randint_like(zeros({2}), 0, (1 << 24) + 2); }),
             StartsWith("randint_like: low and high are 0 and 16777218: float32 holds each whole number only from"));
  CHECK_THAT(refusal([] { randint_like(zeros({2}, float64), -beyond_doubles, 0); }), Contains("-2^53 to 2^53"));
  const Tensor y = randint_like(zeros({1000}), (1 << 24) - 1, (1 << 24) + 1);
  CHECK(amax(y).item() == 0x1p24);
  CHECK(amin(y).item() == 0x1p24 - 1);
  CHECK(randint_like(zeros({2}, int64), beyond_doubles, beyond_doubles + 1)(0).item<std::int64_t>() == beyond_doubles);
}

TEST_CASE("integers beyond 2^53 stay exact on every way into an int64 tensor") {
  constexpr std::int64_t b = beyond_doubles, far = std::int64_t{1} << 62;
  CHECK(whole_numbers(arange(b, b + 3)) == std::vector<std::int64_t>{b, b + 1, b + 2});
  CHECK(whole_numbers(arange(far, far + 2)) == std::vector<std::int64_t>{far, far + 1});
  CHECK(whole_numbers(arange(b, b + 3, 2, int64)) == std::vector<std::int64_t>{b, b + 2});
  CHECK(whole_numbers(arange(most, least, -most)) == std::vector<std::int64_t>{most, 0, -most});
  CHECK(whole_numbers(arange(least, most, most)) == std::vector<std::int64_t>{least, -1, most - 1});
  CHECK(whole_numbers(arange(2, 0, least)) == std::vector<std::int64_t>{2});
  CHECK(whole_numbers(linspace(least, most, 2, int64)) == std::vector<std::int64_t>{least, most});
  CHECK(whole_numbers(linspace(b, b + 4, 5, int64)) == std::vector<std::int64_t>{b, b + 1, b + 2, b + 3, b + 4});
  CHECK(whole_numbers(linspace(-5, 5, 4, int64)) == std::vector<std::int64_t>{-5, -1, 1, 5});
  CHECK(whole_numbers(full_like(Tensor{1}, b)) == std::vector<std::int64_t>{b});
  CHECK(whole_numbers(Tensor({1, 2}).fill_(b)) == std::vector<std::int64_t>{b, b});
  CHECK(whole_numbers(Tensor({b}).add_(Tensor{b}, 2)) == std::vector<std::int64_t>{3 * b});
  CHECK(whole_numbers(clamp(Tensor{least, b, most}, -b, most)) == std::vector<std::int64_t>{-b, b, most});
}

TEST_CASE("integers beyond 2^53 are compared and raised exactly") {
  constexpr std::int64_t b = beyond_doubles;
  const auto truths = [](const Tensor& x) { return whole_numbers(x.to(int64)); };
  CHECK(truths(isclose(Tensor{b, b, most}, Tensor{b - 1, b, least}, 0, 0)) == std::vector<std::int64_t>{0, 1, 0});
  CHECK(truths(isclose(Tensor{b}, Tensor({{b - 1}, {b + 2}}), 0, 1)) == std::vector<std::int64_t>{1, 0});
  CHECK_FALSE(allclose(Tensor{b}, Tensor{b - 1}, 0, 0));
  CHECK(allclose(Tensor{b}, Tensor{b - 1}));
  CHECK(truths(isclose(Tensor{100000, 100002}, 100000)) == std::vector<std::int64_t>{1, 0});
  CHECK(truths(isclose(Tensor{true, false}, Tensor{1, 1})) == std::vector<std::int64_t>{1, 0});
  CHECK(whole_numbers(pow(Tensor{-1, 3}, b)) ==
        std::vector<std::int64_t>{-1, pow(Tensor{3}, Tensor{b}).item<std::int64_t>()});
  CHECK(whole_numbers(pow(Tensor{true}, b)) == std::vector<std::int64_t>{1});
}

TEST_CASE("an integer tensor in place refuses a result that is not of integers") {
  Tensor x = {1, 2}, mask = {true, false};
  CHECK_THAT(refusal([&] { x *= 2.5; }), StartsWith("mul: the result is float32, which cannot be written into int64"));
  CHECK_THAT(refusal([&] { x /= 1; }), StartsWith("div: the result is float32"));
  CHECK_THAT(refusal([&] { x += .1; }), StartsWith("add: "));
  CHECK_THAT(refusal([&] { x -= Tensor{.5, .5}; }), StartsWith("sub: the result is float64"));
  CHECK_THAT(refusal([&] { x.mul_(2.5); }), StartsWith("mul_: "));
  CHECK_THAT(refusal([&] { x.add_(x, .5); }), StartsWith("add_: "));
  CHECK_THAT(refusal([&] { mask += 1; }), StartsWith("add: the result is int64, which cannot be written into bool"));
  CHECK(whole_numbers(x) == std::vector<std::int64_t>{1, 2});
  x *= 3;
  x += mask;
  CHECK(whole_numbers(x) == std::vector<std::int64_t>{4, 6});
  Tensor narrow = ones({2});
  narrow += Tensor{.5, .5};
  CHECK(narrow.dtype() == float32);
}

TEST_CASE("whole numbers that are added to floating ones are scaled as such") {
  CHECK(numbers(zeros({2}).add_(Tensor(most), 2)) == Numbers{0x1p64, 0x1p64});
  CHECK(numbers(zeros({2}, float64).add_(Tensor{most, 1}, -4)) == Numbers{-0x1p65, -4});
  CHECK(numbers(zeros({2}, float64).add_(Tensor{1, 3}, .1)) == Numbers{.1, .1 * 3});
  CHECK(whole_numbers(zeros({1}, int64).add_(Tensor{3}, 2)) == std::vector<std::int64_t>{6});
}

TEST_CASE("a memory budget cannot be negative") {
  const std::size_t before = memory_budget();
  CHECK(refusal([] { set_memory_budget(-1); }) ==
        "set_memory_budget: the budget is -1 bytes: it cannot be negative: 0 keeps nothing");
  CHECK(memory_budget() == before);
  set_memory_budget(1 << 20);
  CHECK(memory_budget() == 1 << 20);
  set_memory_budget(before);
}

TEST_CASE("a number in a message keeps all of its digits") {
  const Tensor x = ones({2});
  CHECK_THAT(refusal([&] { nn::smooth_l1_loss(x, x, nn::Reduction::mean, -1e-9); }), Contains("got -1e-09"));
  CHECK_THAT(refusal([&] { clamp(x, 1e-9, not_a_number); }), Contains("got 1e-09 and nan"));
  CHECK_THAT(refusal([&] { dropout(x, 1 + 1e-12); }), Contains("got 1.000000000001"));
  CHECK_THAT(refusal([&] { optim::Adam({x.detach().requires_grad_()}, .1, optim::Adam::Options().betas(-1e-9, 0)); }),
             Contains("got -1e-09"));
}
