// Ops may write their result into the memory of an operand that is a temporary. Their derivatives are those of the same
// call with named operands, whose memory nobody else may write to.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/kernels/pointwise/functions.hpp>
#include <xgrad/autograd/ops/elementwise.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

/// A function that hands its operands on as temporaries.
struct Call {
  std::string name;
  std::function<Tensor(Tensor, Tensor)> f;
};

/// What the operands are: leaves times 1, or constants.
enum class Kind { recorded, constant };

Tensor operand(const Tensor& of, Kind kind) { return kind == Kind::recorded ? of * 1 : of.detach().clone(); }

/// The value, the gradients by kernels and by recorded rules, and the gradients of these.
std::vector<Tensor> derivatives(const Tensor& y, const std::vector<Tensor>& leaves) {
  std::vector<Tensor> all = {y.detach().clone()};
  if (!y.requires_grad()) return all;
  const Tensor seed = reshape(arange(1., static_cast<double>(y.size()) + 1), y.shape());
  for (const Graph graph : {Graph::retain, Graph::create}) {
    const std::vector<Tensor> first = grad({y}, leaves, {seed}, graph, allow_unused);
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!first[i].defined()) continue;
      all.push_back(first[i].detach().clone());
      if (graph != Graph::create || !first[i].requires_grad()) continue;
      for (const Tensor& second : grad({sum(first[i] * first[i])}, leaves, {}, Graph::retain, allow_unused))
        if (second.defined()) all.push_back(second.detach().clone());
    }
  }
  return all;
}

/// Compares a call whose operands are temporaries with the same call of named ones.
void check(const Call& call) {
  const Tensor a = leaf({0.3, 0.9, 1.3, 0.6}), b = leaf({0.5, 0.9, 0.4, 1.1});
  const std::pair<Kind, Kind> kinds[] = {
      {Kind::constant, Kind::recorded}, {Kind::recorded, Kind::constant}, {Kind::recorded, Kind::recorded}};
  for (const auto& [of_a, of_b] : kinds) {
    const Tensor named_a = operand(a, of_a), named_b = operand(b, of_b);
    const std::vector<Tensor> expected = derivatives(call.f(named_a, named_b), {a, b});
    const std::vector<Tensor> got = derivatives(call.f(operand(a, of_a), operand(b, of_b)), {a, b});
    INFO(call.name << ", constants: " << (of_a == Kind::constant ? "the first" : "")
                   << (of_b == Kind::constant ? "the second" : ""));
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(difference(got[i], expected[i]) == "");
  }
}

std::vector<Call> pointwise() {
  std::vector<Call> all;
#define XGRAD_CALL(name, F)                                                    \
  all.push_back({#name, [](Tensor a, Tensor) { return name(std::move(a)); }}); \
  all.push_back({#name, [](Tensor, Tensor b) { return name(std::move(b)); }});
  XGRAD_PLAIN_UNARY(XGRAD_CALL)
#undef XGRAD_CALL
#define XGRAD_CALL(name, F) all.push_back({#name, [](Tensor a, Tensor b) { return name(std::move(a), std::move(b)); }});
  XGRAD_ARITHMETIC_BINARY(XGRAD_CALL)
  XGRAD_SELECTION_BINARY(XGRAD_CALL)
  XGRAD_TRIGONOMETRIC_BINARY(XGRAD_CALL)
  XGRAD_EXPONENTIAL_BINARY(XGRAD_CALL)
  XGRAD_ROUNDING_BINARY(XGRAD_CALL)
#undef XGRAD_CALL
  return all;
}

Tensor third() { return Tensor{0.7, 0.2, 0.8, 0.1}; }
Tensor mask() { return Tensor{true, false, true, false}; }
Tensor places() { return Tensor{0, 1, 1, 3}; }

std::vector<Call> of_three() {
  return {
      {"lerp", [](Tensor a, Tensor b) { return lerp(std::move(a), std::move(b), third()); }},
      {"lerp by a weight", [](Tensor a, Tensor b) { return lerp(third(), std::move(a), std::move(b)); }},
      {"addcmul", [](Tensor a, Tensor b) { return addcmul(std::move(a), std::move(b), third(), 2.5); }},
      {"addcmul to a constant", [](Tensor a, Tensor b) { return addcmul(third(), std::move(a), std::move(b), 2.5); }},
      {"addcdiv", [](Tensor a, Tensor b) { return addcdiv(std::move(a), third(), std::move(b), 2.5); }},
      {"addcdiv to a constant", [](Tensor a, Tensor b) { return addcdiv(third(), std::move(a), std::move(b), 2.5); }},
      {"where", [](Tensor a, Tensor b) { return where(mask(), std::move(a), std::move(b)); }},
      {"clamp", [](Tensor a, Tensor b) { return clamp(std::move(a), third(), std::move(b)); }},
      {"prelu",
       [](Tensor a, Tensor b) {
         return prelu(reshape(std::move(a), {1, 4}), std::move(b));
       }},
      {"elementwise",
       [](Tensor a, Tensor b) {
         return elementwise([](auto u, auto v) { return u * exp(v); }, std::move(a), std::move(b));
       }},
  };
}

std::vector<Call> scattering() {
  using xt::placeholders::_;
  std::vector<Call> all = {
      {"scatter", [](Tensor a, Tensor b) { return scatter(std::move(a), 0, places(), std::move(b)); }},
      {"scatter_add", [](Tensor a, Tensor b) { return scatter_add(std::move(a), 0, places(), std::move(b)); }},
      {"index_add", [](Tensor a, Tensor b) { return index_add(std::move(a), 0, places(), std::move(b)); }},
      {"index_add, scaled", [](Tensor a, Tensor b) { return index_add(std::move(a), 0, places(), std::move(b), 2.5); }},
      {"index_copy", [](Tensor a, Tensor b) { return index_copy(std::move(a), 0, places(), std::move(b)); }},
      {"index_fill", [](Tensor a, Tensor b) { return index_fill(std::move(a), 0, places(), sum(std::move(b))); }},
      {"put", [](Tensor a, Tensor b) { return put(std::move(a), {xt::range(_, _, -1)}, std::move(b)); }},
      {"put at indices", [](Tensor a, Tensor b) { return put(std::move(a), {places()}, std::move(b)); }},
      {"put, added", [](Tensor a, Tensor b) { return put(std::move(a), {places()}, std::move(b), Accumulate::yes); }},
      {"put by a mask", [](Tensor a, Tensor b) { return put(std::move(a), {mask()}, sum(std::move(b))); }},
      {"masked_fill", [](Tensor a, Tensor b) { return masked_fill(std::move(a), mask(), sum(std::move(b))); }},
      {"masked_scatter", [](Tensor a, Tensor b) { return masked_scatter(std::move(a), mask(), std::move(b)); }},
  };
  const std::pair<const char*, ScatterReduce> reductions[] = {{"sum", ScatterReduce::sum},
                                                              {"prod", ScatterReduce::prod},
                                                              {"mean", ScatterReduce::mean},
                                                              {"amax", ScatterReduce::amax},
                                                              {"amin", ScatterReduce::amin}};
  for (const auto& [name, how] : reductions)
    for (const IncludeSelf self : {IncludeSelf::yes, IncludeSelf::no})
      all.push_back({std::string("scatter_reduce by ") + name, [how = how, self](Tensor a, Tensor b) {
                       return scatter_reduce(std::move(a), 0, places(), std::move(b), how, self);
                     }});
  return all;
}

}  // namespace

TEST_CASE("pointwise ops of temporaries have the derivatives of those of named operands", "[temporaries]") {
  for (const Call& call : pointwise()) check(call);
  for (const Call& call : of_three()) check(call);
}

TEST_CASE("ops that write by index into temporaries have the derivatives of those of named ones", "[temporaries]") {
  for (const Call& call : scattering()) check(call);
}

TEST_CASE("the largest of what goes to a place takes the gradient, over a temporary too", "[temporaries]") {
  for (const auto how : {ScatterReduce::amax, ScatterReduce::amin}) {
    const Tensor s = leaf({1, 2, 3}), x = full({3}, how == ScatterReduce::amax ? 0. : 9., float64);
    CHECK(numbers(grad(sum(scatter_reduce(x.clone(), 0, Tensor{0, 1, 2}, s, how)), s)) == Numbers{1, 1, 1});
    // Indices that are smaller than x outside of the axis.
    const Tensor t = leaf({1, 2, 3}).reshape({1, 3});
    const Tensor y = scatter_reduce(reshape(x, {1, 3}) * ones({2, 1}, float64), 1, Tensor{{0, 1, 2}}, t, how);
    CHECK(numbers(grad(sum(y), t)) == Numbers{1, 1, 1});
  }
}

TEST_CASE("an op that no rule reads takes over the memory of a temporary", "[temporaries]") {
  const Tensor s = leaf({1, 2, 3});
  Tensor x = zeros({3}, float64);
  const void* const memory = Raw::bytes(x);
  const Tensor y = scatter_reduce(std::move(x), 0, Tensor{0, 1, 2}, s, ScatterReduce::amax, IncludeSelf::no);
  CHECK(Raw::bytes(y) == memory);
  CHECK(numbers(grad(sum(y), s)) == Numbers{1, 1, 1});
}
