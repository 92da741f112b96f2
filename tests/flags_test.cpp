// No kernel raises a floating-point exception that the mathematics does not: at every length around those of vectors
// and tiles, where unused lanes of the last vector are computed along. Programs with feenableexcept rely on it.

#include <cfenv>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>

#include "catch2.hpp"
#include "flags.hpp"

using namespace xgrad;

namespace {

const std::vector<Op>& ops() {
  static const std::vector<Op> all = {
      {"add", [](const Tensor& x, const Tensor& p) { return x + p; }},
      {"div", [](const Tensor& x, const Tensor& p) { return x / p; }},
      {"div by a number", [](const Tensor& x, const Tensor&) { return 1.0 / x + x / 3.0; }},
      {"pow", [](const Tensor& x, const Tensor& p) { return pow(p, x); }},
      {"power", [](const Tensor& x, const Tensor& p) { return pow(x, 3) + pow(p, -2) + pow(p, 0.5) + pow(p, 1.7); }},
      {"reciprocal", [](const Tensor& x, const Tensor& p) { return reciprocal(x) * p; }},
      {"sqrt", [](const Tensor&, const Tensor& p) { return sqrt(p); }},
      {"exp", [](const Tensor& x, const Tensor&) { return exp(x) + expm1(x); }},
      {"log", [](const Tensor&, const Tensor& p) { return log(p) + log1p(p); }},
      {"sin", [](const Tensor& x, const Tensor&) { return sin(x) + cos(x); }},
      {"abs", [](const Tensor& x, const Tensor&) { return abs(x) * sign(x); }},
      {"erf", [](const Tensor& x, const Tensor&) { return erf(x); }},
      {"sigmoid", [](const Tensor& x, const Tensor&) { return sigmoid(x) + logsigmoid(x) + silu(x); }},
      {"tanh", [](const Tensor& x, const Tensor&) { return tanh(x); }},
      {"relu", [](const Tensor& x, const Tensor&) { return relu(x) + leaky_relu(x) + elu(x); }},
      {"softplus", [](const Tensor& x, const Tensor&) { return softplus(x) + softplus(x, 2, 1) + softsign(x); }},
      {"gelu", [](const Tensor& x, const Tensor&) { return gelu(x) + gelu(x, Gelu::tanh); }},
      {"maximum", [](const Tensor& x, const Tensor& p) { return maximum(x, p) + minimum(x, p) + clamp(x, -1, 1); }},
      {"where", [](const Tensor& x, const Tensor& p) { return where(x > 0.0, x, p); }},
      {"elementwise",
       [](const Tensor& x, const Tensor& p) {
         return elementwise([](auto a, auto b) { return exp(-a * a) / b + log(b) * tanh(a) + sqrt(b); }, x, p);
       }},
      {"sum",
       [](const Tensor& x, const Tensor&) { return sum(x, 0) * mean(x) * mean(x, 1, keepdims) + sum(x, 1, keepdims); }},
      {"var", [](const Tensor& x,
                 const Tensor&) { return var(x, 1, 0) + xgrad::std(x, 1, 0) + var(x, {}, 0) + xgrad::std(x, {}, 0); }},
      {"var along the first axis", [](const Tensor& x, const Tensor&) { return var(x, 0, 0) + xgrad::std(x, 0, 0); }},
      {"amax", [](const Tensor& x, const Tensor&) { return amax(x, 1) + amin(x, 1); }},
      {"max", [](const Tensor& x, const Tensor&) { return max(x) * min(x); }},
      {"softmax", [](const Tensor& x, const Tensor& p) { return softmax(x, 1) * p + log_softmax(x, 1); }},
      {"softmax along the first axis", [](const Tensor& x, const Tensor& p) { return softmax(x, 0) * p; }},
      {"log_softmax along the first axis", [](const Tensor& x, const Tensor&) { return log_softmax(x, 0); }},
      {"logsumexp", [](const Tensor& x, const Tensor&) { return logsumexp(x, 1); }},
      {"logsumexp along the first axis", [](const Tensor& x, const Tensor&) { return logsumexp(x, 0); }},
      {"logsumexp of all", [](const Tensor& x, const Tensor&) { return logsumexp(x); }},
      {"matmul", [](const Tensor& x, const Tensor& p) { return matmul(x, transpose(p)); }},
      {"transpose", [](const Tensor& x, const Tensor& p) { return transpose(x) * transpose(p); }},
      {"concat",
       [](const Tensor& x, const Tensor& p) {
         return concat({x, p}, 1);
       }},
      {"slice", [](const Tensor& x, const Tensor&) { return narrow(x, 1, 0, x.shape(1)); }},
      {"dropout", [](const Tensor& x, const Tensor&) { return dropout(x, 0.5); }},
      {"mse_loss", [](const Tensor& x, const Tensor& p) { return nn::mse_loss(x, p) + nn::l1_loss(x, p); }},
      {"smooth losses",
       [](const Tensor& x, const Tensor& p) { return nn::smooth_l1_loss(x, p) + nn::huber_loss(x, p); }},
      {"binary losses",
       [](const Tensor& x, const Tensor& p) {
         const Tensor target = (p > 1.0).to(x.dtype());
         return nn::binary_cross_entropy(sigmoid(x), target) + nn::binary_cross_entropy_with_logits(x, target);
       }},
      {"cross_entropy",
       [](const Tensor& x, const Tensor&) { return nn::cross_entropy(x, zeros({x.shape(0)}, int64)); }},
      {"batch_norm",
       [](const Tensor& x, const Tensor& p) {
         const Tensor many = concat({x, p, x * 2.0, p * x}, 0);
         return batch_norm(many, {}, {}, {}, {}, true, 0.1, 1e-5);
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("no kernel raises a floating-point exception at lengths 1 to 70", "[flags]") {
  for (const DType dtype : {float32, float64}) CHECK(exceptions_of(ops(), dtype) == "");
}

TEST_CASE("no optimiser and no conversion raises a floating-point exception at lengths 1 to 70", "[flags]") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  std::string found;
  for (std::int64_t n = 1; n <= 70; ++n) {
    const Tensor p = normal_numbers({n}, dtype).requires_grad_();
    p.set_grad(normal_numbers({n}, dtype, 2));
    std::vector<std::unique_ptr<optim::Optimizer>> all;
    const auto add = [&](auto optimizer) {
      all.push_back(std::make_unique<decltype(optimizer)>(std::move(optimizer)));
    };
    add(optim::SGD({p}, 0.1, optim::SGD::Options().momentum(0.9).weight_decay(0.1)));
    add(optim::Adam({p}, 0.1, optim::Adam::Options().amsgrad(true).eps(0)));
    add(optim::AdamW({p}, 0.1, optim::AdamW::Options().eps(0)));
    add(optim::Adamax({p}, 0.1, optim::Adamax::Options().eps(0)));
    add(optim::NAdam({p}, 0.1, optim::NAdam::Options().eps(0)));
    add(optim::RAdam({p}, 0.1, optim::RAdam::Options().eps(0)));
    add(optim::Adagrad({p}, 0.1, optim::Adagrad::Options().eps(0)));
    add(optim::Adadelta({p}, 0.1, optim::Adadelta::Options().eps(0)));
    add(optim::RMSprop({p}, 0.1, optim::RMSprop::Options().eps(0).centered(true)));
    add(optim::Rprop({p}, 0.1));
    add(optim::ASGD({p}, 0.1));
    add(optim::Lion({p}, 0.1));
    std::feclearexcept(FE_ALL_EXCEPT);
    for (int i = 0; i < 6; ++i)
      for (const auto& each : all) each->step();
    p.detach().to(int64).to(float32).to(float64).to(boolean);
    if (!raised().empty()) found += raised() + std::to_string(n) + "; ";
  }
  CHECK(found == "");
}

TEST_CASE("where the mathematics has an exception, it is raised", "[flags]") {
  std::feclearexcept(FE_ALL_EXCEPT);
  1.0 / Tensor({0.0, 1.0});
  CHECK(std::fetestexcept(FE_DIVBYZERO) != 0);
  std::feclearexcept(FE_ALL_EXCEPT);
  Tensor({0.0, 1.0}) / Tensor({0.0, 1.0});
  CHECK(std::fetestexcept(FE_INVALID) != 0);
}

TEST_CASE("no function raises a floating-point exception far out, where its value is finite", "[flags]") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  const double inf = std::numeric_limits<double>::infinity();
  const double most =
      dtype == float32 ? static_cast<double>(std::numeric_limits<float>::max()) : std::numeric_limits<double>::max();
  const double least = dtype == float32 ? static_cast<double>(std::numeric_limits<float>::denorm_min())
                                        : std::numeric_limits<double>::denorm_min();
  struct Function {
    const char* name;
    std::function<Tensor(const Tensor&)> f;
    double from, to;  // where its value is finite and it has no pole
  };
  const std::vector<Function> functions = {
      {"tanh", [](const Tensor& x) { return tanh(x); }, -inf, inf},
      {"erf", [](const Tensor& x) { return erf(x); }, -inf, inf},
      {"sigmoid", [](const Tensor& x) { return sigmoid(x); }, -inf, inf},
      {"logsigmoid", [](const Tensor& x) { return logsigmoid(x); }, -most, inf},
      {"silu", [](const Tensor& x) { return silu(x); }, -inf, most},
      {"gelu", [](const Tensor& x) { return gelu(x); }, -inf, most},
      {"tanh-gelu", [](const Tensor& x) { return gelu(x, Gelu::tanh); }, -most, most},
      {"softplus", [](const Tensor& x) { return softplus(x); }, -inf, most},
      {"mish", [](const Tensor& x) { return mish(x); }, -most, most},
      {"softsign", [](const Tensor& x) { return softsign(x); }, -most, most},
      {"elu", [](const Tensor& x) { return elu(x); }, -inf, most},
      {"relu", [](const Tensor& x) { return relu(x); }, -inf, most},
      {"exp", [](const Tensor& x) { return exp(x); }, -inf, 80},
      {"expm1", [](const Tensor& x) { return expm1(x); }, -inf, 80},
      {"log", [](const Tensor& x) { return log(x); }, 2 * least, most},
      {"log1p", [](const Tensor& x) { return log1p(x); }, -0.5, most},
      {"sin", [](const Tensor& x) { return sin(x); }, -most, most},
      {"cos", [](const Tensor& x) { return cos(x); }, -most, most},
      {"sqrt", [](const Tensor& x) { return sqrt(x); }, 2 * least, most},
      {"atan", [](const Tensor& x) { return atan(x); }, -inf, inf},
      {"asinh", [](const Tensor& x) { return asinh(x); }, -most, most},
  };
  for (const Function& each : functions) {
    std::string found;
    for (const double scale : {1.0, 3.0, 7.0, 20.0, 100.0, 1e3, 1e6, 2e6, 1e7, 1e10, 1e20, 1e30, most / 4, most, inf})
      for (const double x : {scale, -scale, 1 / scale}) {
        if (x < each.from || x > each.to) continue;
        const Tensor one = full({5}, x, dtype);
        one.put(xt::range(2, 4), 0.25);
        Tensor leaf = one.requires_grad_();
        std::feclearexcept(FE_ALL_EXCEPT);
        const Tensor y = each.f(leaf);
        if (!raised().empty()) found += raised() + xgrad::detail::number_text(x) + "; ";
      }
    INFO(each.name << " in " << name_of(dtype));
    CHECK(found.substr(0, 300) == "");
  }
}

TEST_CASE("lines of very negative numbers raise no floating-point exception in backward", "[flags]") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  const double low = dtype == float32 ? -100 : -800;
  std::string found;
  for (std::int64_t n = 1; n <= 70; ++n) {
    const Tensor x = full({2, n}, low, dtype).requires_grad_();
    const Tensor q = ones({1, 3, 4}, dtype).requires_grad_(), k = full({1, n, 4}, low, dtype).requires_grad_();
    std::feclearexcept(FE_ALL_EXCEPT);
    sum(logsumexp(x, 1)).backward();
    nn::cross_entropy(x, zeros({2}, int64)).backward();
    sum(log_softmax(x, 1)).backward();
    if (!raised().empty()) found += raised() + "in losses, " + std::to_string(n) + "; ";
    std::feclearexcept(FE_ALL_EXCEPT);
    sum(scaled_dot_product_attention(q, k, k)).backward();
    if (!raised().empty()) found += raised() + "in attention, " + std::to_string(n) + "; ";
  }
  CHECK(found.substr(0, 300) == "");
}

namespace {

using In = std::vector<Tensor>;
using F = std::function<Tensor(const In&)>;

/// Flags of the value, of the gradients by kernels, by recorded ops, and of the derivatives of these.
std::string exceptions_at(const In& inputs, const F& f, bool gradients) {
  In leaves;
  leaves.reserve(inputs.size());
  for (const Tensor& x : inputs) leaves.push_back(x.clone().requires_grad_());
  std::string found;
  const auto look = [&](const char* where) {
    if (!raised().empty()) found += raised() + where + "; ";
    std::feclearexcept(FE_ALL_EXCEPT);
  };
  std::feclearexcept(FE_ALL_EXCEPT);
  const Tensor y = f(leaves);
  look("in the value");
  if (!gradients) return found;
  const Tensor g = ones(y.shape(), y.dtype());
  static_cast<void>(grad({y}, leaves, {g}, retain_graph));
  look("in backward");
  const std::vector<Tensor> slopes = grad({y}, leaves, {g}, create_graph);
  look("in recorded backward");
  for (const Tensor& slope : slopes)
    if (slope.requires_grad())
      static_cast<void>(grad({slope}, leaves, {ones(slope.shape(), slope.dtype())}, retain_graph, allow_unused));
  look("in the second derivative");
  return found;
}

/// Whether the compiler drops the choice of a harmless argument: see docs/decisions.md.
bool drops_guards() {
#if defined(__clang__)
  return std::string(instruction_set()) == "AVX-512";
#else
  return false;
#endif
}

}  // namespace

TEST_CASE("no floating-point exception where an edge has a finite value, slope or both", "[flags]") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  const double inf = std::numeric_limits<double>::infinity();
  struct Edge {
    const char* name;
    F f;
    std::vector<std::vector<double>> numbers;
    bool gradients;
  };
  const F entropy = [](const In& in) { return nn::binary_cross_entropy(in[0], in[1]); };
  const F of_logits = [](const In& in) {
    return nn::binary_cross_entropy_with_logits(in[0], in[1], nn::Reduction::none);
  };
  const F weighted = [](const In& in) {
    return nn::binary_cross_entropy_with_logits(in[0], in[1], {}, full({1}, 2.0, in[0].dtype()), nn::Reduction::none);
  };
  const F divergence = [](const In& in) { return nn::kl_div(in[0], in[1], nn::Reduction::none); };
  const F log_divergence = [](const In& in) { return nn::kl_div(in[0], in[1], nn::Reduction::none, nn::log_target); };
  const F in_lambda = [](const In& in) {
    return elementwise([](auto a, auto b) { return xlogy(a, b); }, in[0], in[1]);
  };
  const std::vector<Edge> edges = {
      {"binary_cross_entropy", entropy, {{0, 1, 0, 1, 0, 1, 1e-310}, {0, 0, 1, 1, 0.5, 0.5, 0}}, true},
      {"logit", [](const In& in) { return logit(in[0], 1e-6); }, {{0, 1, 1e-30, 1e-310, 0.5}}, true},
      {"xlogy", [](const In& in) { return xlogy(in[0], in[1]); }, {{0, 0, 1}, {0, 0.5, 1}}, true},
      {"xlogy in a lambda", in_lambda, {{0, 0, 1}, {1, 0.5, 1}}, true},
      {"xlogy of 0 and infinity", [](const In& in) { return xlogy(in[0], in[1]); }, {{0, 0}, {inf, 0}}, false},
      {"logits", of_logits, {{inf, -inf, 1e3, -1e3}, {1, 0, 0, 1}}, false},
      {"weighted logits", weighted, {{inf, -inf, 1e3, -1e3}, {1, 0, 0, 1}}, false},
      {"kl_div", divergence, {{-inf, -1}, {0, 0.5}}, false},
      {"kl_div of logarithms", log_divergence, {{-1, -inf, -inf, -1}, {-inf, -inf, -1e3, -0.5}}, true},
      {"logaddexp", [](const In& in) { return logaddexp(in[0], in[1]); }, {{-inf, inf, 0}, {-inf, inf, 0}}, false},
      {"logaddexp2", [](const In& in) { return logaddexp2(in[0], in[1]); }, {{-inf, inf, 0}, {-inf, inf, 0}}, false},
  };
  const std::set<std::string> guarded{"binary_cross_entropy", "xlogy", "logaddexp", "logaddexp2"};
  for (const Edge& edge : edges)
    for (const std::int64_t times : {1, 7}) {
      if (drops_guards() && guarded.count(edge.name) == 1) continue;
      In in;
      for (const std::vector<double>& numbers : edge.numbers) in.push_back(repeat(Tensor(numbers), {times}).to(dtype));
      INFO(edge.name << " in " << name_of(dtype));
      CHECK(exceptions_at(in, edge.f, edge.gradients) == "");
    }
}

TEST_CASE("questions about infinities and NaN raise no floating-point exception", "[flags]") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = Tensor({inf, -inf, nan, 0.0, -2.0}).to(dtype);
  const Tensor u = Tensor({inf, -inf, 0.0, 1.0}).to(dtype), v = Tensor({inf, inf, inf, 1.5}).to(dtype);
  std::feclearexcept(FE_ALL_EXCEPT);
  const Tensor finite = isfinite(x), infinite = isinf(x), above = isposinf(x), below = isneginf(x);
  CHECK(raised() == "");
  const Tensor close = isclose(u, v), near = isclose(u, v, 0, 1);
  if (!drops_guards()) CHECK(raised() == "");
  const auto holds = [](const Tensor& mask, std::vector<bool> expected) {
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (Raw::data<bool>(mask)[i] != expected[i]) return false;
    return true;
  };
  CHECK(holds(finite, {false, false, false, true, true}));
  CHECK(holds(infinite, {true, true, false, false, false}));
  CHECK(holds(above, {true, false, false, false, false}));
  CHECK(holds(below, {false, true, false, false, false}));
  CHECK(holds(close, {true, false, false, false}));
  CHECK(holds(near, {true, false, false, true}));
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(holds(isfinite(Tensor({most, -most - 1, std::int64_t(0)})), {true, true, true}));
  CHECK(holds(isinf(Tensor({most, -most - 1, std::int64_t(0)})), {false, false, false}));
}

TEST_CASE("lines with -inf raise no floating-point exception", "[flags]") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  const double inf = std::numeric_limits<double>::infinity();
  for (const std::int64_t n : {1, 2, 3, 8, 9, 16, 17, 40, 100})
    for (const std::int64_t lines : {1, 3, 20}) {
      const Tensor none = full({lines, n}, -inf, dtype), some = concat({none, zeros({lines, 1}, dtype)}, 1);
      const Tensor label = full({lines}, n, int64);
      INFO(lines << " lines of " << n << " in " << name_of(dtype));
      for (const std::int64_t axis : {0, 1}) {
        const F sums = [=](const In& in) { return logsumexp(in[0], axis); };
        const In only(1, axis == 1 ? none : transpose(none)), partly(1, axis == 1 ? some : transpose(some));
        CHECK(exceptions_at(only, sums, false) == "");  // its gradient is NaN
        CHECK(exceptions_at(partly, sums, true) == "");
        CHECK(exceptions_at(
                  partly, [=](const In& in) { return softmax(in[0], axis); }, true) == "");
        CHECK(exceptions_at(
                  partly, [=](const In& in) { return log_softmax(in[0], axis); }, true) == "");
        CHECK(exceptions_at(
                  only, [=](const In& in) { return logcumsumexp(in[0], axis); }, false) == "");
      }
      const In logits(1, some), likelihoods(1, log_softmax(some, 1)), masked(1, none);
      CHECK(exceptions_at(
                logits, [&](const In& in) { return nn::cross_entropy(in[0], label); }, true) == "");
      CHECK(exceptions_at(
                likelihoods, [&](const In& in) { return nn::nll_loss(in[0], label); }, true) == "");
      CHECK(exceptions_at(
                masked, [](const In& in) { return masked_softmax(in[0], isfinite(in[0]), 1); }, true) == "");
    }
}
