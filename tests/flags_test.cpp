// No kernel raises a floating-point exception that the mathematics does not: at every length around those of vectors
// and tiles, where unused lanes of the last vector are computed along. Programs with feenableexcept rely on it.

#include <cfenv>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/optim/optim.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

constexpr int watched = FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW;

std::string raised() {
  const int flags = std::fetestexcept(watched);
  return std::string(flags & FE_INVALID ? "invalid " : "") + (flags & FE_DIVBYZERO ? "divided by zero " : "") +
         (flags & FE_OVERFLOW ? "overflow " : "");
}

Tensor normal(const Shape& shape, DType dtype, std::uint64_t seed = 1) {
  kernels::Philox random(seed);
  const Tensor x = Raw::uninitialized(shape, float64);
  for (std::int64_t i = 0; i < x.size(); ++i) Raw::write<double>(x)[i] = random.normal();
  return x.to(dtype);
}

struct Op {
  const char* name;
  std::function<Tensor(const Tensor&, const Tensor&)> f;
};

/// x is normal, p positive.
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
  const DType dtype = GENERATE(DType::float32, DType::float64);
  for (const Op& op : ops()) {
    std::string found;
    for (std::int64_t n = 1; n <= 70; ++n)
      for (const Shape& shape : {Shape{1, n}, Shape{n, 1}, Shape{3, n}, Shape{n, 2}}) {
        const Tensor x = normal(shape, dtype).requires_grad_();
        const Tensor p = (abs(normal(shape, dtype, 2)) + 0.1).detach().requires_grad_();
        std::feclearexcept(FE_ALL_EXCEPT);
        const Tensor y = op.f(x, p);
        std::string what = raised();
        if (what.empty()) {
          y.backward(normal(y.shape(), y.dtype(), 3));
          what = raised();
          if (!what.empty()) what += "in backward ";
        }
        if (!what.empty()) found += what + to_string(shape) + "; ";
      }
    INFO(op.name << " in " << name_of(dtype));
    CHECK(found.substr(0, 300) == "");
  }
}

TEST_CASE("no optimiser and no conversion raises a floating-point exception at lengths 1 to 70", "[flags]") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  std::string found;
  for (std::int64_t n = 1; n <= 70; ++n) {
    const Tensor p = normal({n}, dtype).requires_grad_();
    p.set_grad(normal({n}, dtype, 2));
    optim::SGD sgd({p}, 0.1, optim::SGD::Options().momentum(0.9).weight_decay(0.1));
    optim::Adam adam({p}, 0.1, optim::Adam::Options().amsgrad(true));
    std::feclearexcept(FE_ALL_EXCEPT);
    for (int i = 0; i < 2; ++i) {
      sgd.step();
      adam.step();
    }
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
