#include <xgrad/autograd/ops/activation.hpp>
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
      {"softmax", [](const Call& c) { return softmax(c["input"], c.integer("dim")); }},
      {"log_softmax", [](const Call& c) { return log_softmax(c["input"], c.integer("dim")); }},
      {"logsumexp", reducing(logsumexp)},
  };
}

}  // namespace golden
