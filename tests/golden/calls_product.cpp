#include <xgrad/autograd/ops/distance.hpp>
#include <xgrad/autograd/ops/einsum.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/products.hpp>
#include <xgrad/autograd/ops/tensordot.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

AddOptions factors(const Call& c) { return AddOptions().beta(c.number("beta", 1)).alpha(c.number("alpha", 1)); }

}  // namespace

Registry product_calls() {
  return {
      {"matmul", binary(matmul)},
      {"linear", [](const Call& c) { return linear(c["input"], c["weight"], c["bias"]); }},
      {"dot", binary(dot)},
      {"vdot", binary(vdot)},
      {"mv", [](const Call& c) { return mv(c["input"], c["vec"]); }},
      {"mm", [](const Call& c) { return mm(c["input"], c["mat2"]); }},
      {"bmm", [](const Call& c) { return bmm(c["input"], c["mat2"]); }},
      {"addmm", [](const Call& c) { return addmm(c["input"], c["mat1"], c["mat2"], factors(c)); }},
      {"addmv", [](const Call& c) { return addmv(c["input"], c["mat"], c["vec"], factors(c)); }},
      {"baddbmm", [](const Call& c) { return baddbmm(c["input"], c["batch1"], c["batch2"], factors(c)); }},
      {"inner", binary(inner)},
      {"outer", [](const Call& c) { return outer(c["input"], c["vec2"]); }},
      {"tensordot",
       [](const Call& c) {
         if (c.has("dims_self"))
           return tensordot(c["input"], c["other"], c.integers("dims_self"), c.integers("dims_other"));
         return tensordot(c["input"], c["other"], c.integer("dims", 2));
       }},
      {"kron", binary(kron)},
      {"cross", [](const Call& c) { return cross(c["input"], c["other"], c.integer("dim", -1)); }},
      {"einsum", [](const Call& c) { return einsum(c.word("equation"), c.list("tensors")); }},
      {"cdist", [](const Call& c) { return cdist(c["x1"], c["x2"], c.number("p", 2)); }},
  };
}

}  // namespace golden
