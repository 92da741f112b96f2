#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/piecewise_activation.hpp>
#include <xgrad/autograd/ops/rrelu.hpp>
#include <xgrad/autograd/ops/softmax.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

Registry activation_calls() {
  return {
      {"step", unary(step)},
      {"sigmoid", unary(sigmoid)},
      {"logsigmoid", unary(logsigmoid)},
      {"tanh", unary(tanh)},
      {"relu", unary(relu)},
      {"silu", unary(silu)},
      {"softsign", unary(softsign)},
      {"leaky_relu", [](const Call& c) { return leaky_relu(c["input"], c.number("negative_slope", 0.01)); }},
      {"elu", [](const Call& c) { return elu(c["input"], c.number("alpha", 1)); }},
      {"gelu",
       [](const Call& c) {
         return gelu(c["input"], c.word("approximate", "none") == "tanh" ? Gelu::tanh : Gelu::exact);
       }},
      {"softplus", [](const Call& c) { return softplus(c["input"], c.number("beta", 1), c.number("threshold", 20)); }},
      {"selu", unary(selu)},
      {"celu", [](const Call& c) { return celu(c["input"], c.number("alpha", 1)); }},
      {"mish", unary(mish)},
      {"tanhshrink", unary(tanhshrink)},
      {"glu", [](const Call& c) { return glu(c["input"], c.integer("dim", -1)); }},
      {"hardtanh", [](const Call& c) { return hardtanh(c["input"], c.number("min_val", -1), c.number("max_val", 1)); }},
      {"relu6", unary(relu6)},
      {"hardsigmoid", unary(hardsigmoid)},
      {"hardswish", unary(hardswish)},
      {"hardshrink", [](const Call& c) { return hardshrink(c["input"], c.number("lambd", 0.5)); }},
      {"softshrink", [](const Call& c) { return softshrink(c["input"], c.number("lambd", 0.5)); }},
      {"threshold", [](const Call& c) { return threshold(c["input"], c.number("threshold"), c.number("value")); }},
      {"prelu", [](const Call& c) { return prelu(c["input"], c["weight"]); }},
      {"rrelu", [](const Call& c) { return rrelu(c["input"], c.number("lower", 0.125), c.number("upper", 1.0 / 3)); }},
      {"masked_softmax", [](const Call& c) { return masked_softmax(c["input"], c["mask"], c.integer("dim")); }},
      {"softmin", [](const Call& c) { return softmin(c["input"], c.integer("dim")); }},
      {"softmax", [](const Call& c) { return softmax(c["input"], c.integer("dim")); }},
      {"log_softmax", [](const Call& c) { return log_softmax(c["input"], c.integer("dim")); }},
      {"logsumexp", reducing(logsumexp)},
  };
}

}  // namespace golden
