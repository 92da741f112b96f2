#include <xgrad/autograd/ops/matmul.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

Registry product_calls() {
  return {
      {"matmul", binary(matmul)},
      {"linear", [](const Call& c) { return linear(c["input"], c["weight"], c["bias"]); }},
  };
}

}  // namespace golden
