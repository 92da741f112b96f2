#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/diagonal.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/padding.hpp>
#include <xgrad/autograd/ops/reordering.hpp>
#include <xgrad/autograd/ops/repeating.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/torch_names.hpp>
#include <xgrad/autograd/ops/windows.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

/// The number of an argument with its kind: an integer stays one.
Number number_of(const Call& c, const std::string& name) {
  const Tensor x = c[name];
  return is_floating(x.dtype()) ? Number(x.item()) : Number(x.item<std::int64_t>());
}

Tensor ranged(const Call& c) {
  const Number start = c.has("start") ? number_of(c, "start") : 0, step = c.has("step") ? number_of(c, "step") : 1;
  if (!c.has("dtype")) return arange(start, number_of(c, "end"), step);
  return arange(start, number_of(c, "end"), step, c.dtype());
}

Tensor rolled(const Call& c) {
  return c.has("dims") ? roll(c["input"], c.integers("shifts"), c.integers("dims"))
                       : roll(c["input"], c.integers("shifts").at(0));
}

Tensor interleaved(const Call& c) {
  return c.has("dim") ? repeat_interleave(c["input"], c["repeats"], c.integer("dim"))
                      : repeat_interleave(c["input"], c["repeats"]);
}

Tensor padded(const Call& c) {
  const std::string mode = c.word("mode", "constant");
  const PadMode how = mode == "reflect"     ? PadMode::reflect
                      : mode == "replicate" ? PadMode::replicate
                      : mode == "circular"  ? PadMode::circular
                                            : PadMode::constant;
  return pad(c["input"], c.integers("pad"), how, c.number("value", 0));
}

}  // namespace

Registry arranging_calls() {
  return {
      {"movedim", [](const Call& c) { return movedim(c["input"], c.integers("source"), c.integers("destination")); }},
      {"flip", [](const Call& c) { return flip(c["input"], c.integers("dims")); }},
      {"roll", rolled},
      {"tile", [](const Call& c) { return tile(c["input"], c.integers("dims")); }},
      {"repeat", [](const Call& c) { return repeat(c["input"], c.integers("repeats")); }},
      {"repeat_interleave", interleaved},
      {"unflatten", [](const Call& c) { return unflatten(c["input"], c.integer("dim"), c.integers("sizes")); }},
      {"unbind", [](const Call& c) { return unbind(c["input"], c.integer("dim")); }},
      {"hstack", [](const Call& c) { return hstack(c.list("tensors")); }},
      {"vstack", [](const Call& c) { return vstack(c.list("tensors")); }},
      {"meshgrid",
       [](const Call& c) {
         return meshgrid(c.list("tensors"), c.word("indexing", "ij") == "xy" ? Indexing::xy : Indexing::ij);
       }},
      {"diag", [](const Call& c) { return diag(c["input"], c.integer("diagonal")); }},
      {"diagonal",
       [](const Call& c) {
         return diagonal(c["input"], c.integer("offset"), c.integer("dim1", 0), c.integer("dim2", 1));
       }},
      {"tril", [](const Call& c) { return tril(c["input"], c.integer("diagonal")); }},
      {"triu", [](const Call& c) { return triu(c["input"], c.integer("diagonal")); }},
      {"trace", unary(trace)},
      {"pad", padded},
      {"fliplr", unary(fliplr)},
      {"flipud", unary(flipud)},
      {"rot90", [](const Call& c) { return rot90(c["input"], c.integer("k", 1), c.integers("dims")); }},
      {"atleast_1d", [](const Call& c) { return atleast_1d(c["input"]); }},
      {"atleast_2d", [](const Call& c) { return atleast_2d(c["input"]); }},
      {"atleast_3d", [](const Call& c) { return atleast_3d(c["input"]); }},
      {"dstack", [](const Call& c) { return dstack(c.list("tensors")); }},
      {"column_stack", [](const Call& c) { return column_stack(c.list("tensors")); }},
      {"broadcast_tensors", [](const Call& c) { return broadcast_tensors(c.list("tensors")); }},
      {"cartesian_prod", [](const Call& c) { return cartesian_prod(c.list("tensors")); }},
      {"expand_as", [](const Call& c) { return expand_as(c["input"], c["other"]); }},
      {"reshape_as", [](const Call& c) { return reshape_as(c["input"], c["other"]); }},
      {"tensor_split",
       [](const Call& c) {
         if (c.has("indices")) return tensor_split(c["input"], c.integers("indices"), c.integer("dim", 0));
         return tensor_split(c["input"], c.integer("sections"), c.integer("dim", 0));
       }},
      {"diag_embed",
       [](const Call& c) {
         return diag_embed(c["input"], c.integer("offset"), c.integer("dim1", -2), c.integer("dim2", -1));
       }},
      {"tril_indices",
       [](const Call& c) { return tril_indices(c.integer("row"), c.integer("col"), c.integer("offset")); }},
      {"triu_indices",
       [](const Call& c) { return triu_indices(c.integer("row"), c.integer("col"), c.integer("offset")); }},
      {"unfold",
       [](const Call& c) { return unfold(c["input"], c.integer("dimension"), c.integer("size"), c.integer("step")); }},
  };
}

Registry shape_calls() {
  return {
      {"reshape", [](const Call& c) { return reshape(c["input"], c.integers("shape")); }},
      {"flatten",
       [](const Call& c) { return flatten(c["input"], c.integer("start_dim", 0), c.integer("end_dim", -1)); }},
      {"transpose", [](const Call& c) { return transpose(c["input"], c.integers("dims")); }},
      {"swapaxes", [](const Call& c) { return swapaxes(c["input"], c.integer("dim0"), c.integer("dim1")); }},
      {"t", unary(t)},
      {"squeeze",
       [](const Call& c) { return c.has("dim") ? squeeze(c["input"], c.integer("dim")) : squeeze(c["input"]); }},
      {"unsqueeze", [](const Call& c) { return unsqueeze(c["input"], c.integer("dim")); }},
      {"broadcast_to", [](const Call& c) { return broadcast_to(c["input"], Shape(c.integers("size"))); }},
      {"expand", [](const Call& c) { return expand(c["input"], c.integers("size")); }},
      {"clone", unary(clone)},
      {"concat", [](const Call& c) { return concat(c.list("tensors"), c.integer("dim")); }},
      {"stack", [](const Call& c) { return stack(c.list("tensors"), c.integer("dim")); }},
      {"split", [](const Call& c) { return split(c["input"], c.integer("split_size"), c.integer("dim")); }},
      {"split_with_sizes",
       [](const Call& c) { return split(c["input"], c.integers("split_sizes"), c.integer("dim")); }},
      {"chunk", [](const Call& c) { return chunk(c["input"], c.integer("chunks"), c.integer("dim")); }},
      {"arange", ranged},
      {"linspace",
       [](const Call& c) {
         return linspace(number_of(c, "start"), number_of(c, "end"), c.integer("steps"), c.dtype());
       }},
      {"eye", [](const Call& c) { return eye(c.integer("n"), c.integer("m", c.integer("n")), c.dtype()); }},
      {"full", [](const Call& c) { return full(Shape(c.integers("size")), c["fill_value"], c.dtype()); }},
      {"zeros", [](const Call& c) { return zeros(Shape(c.integers("size")), c.dtype()); }},
      {"ones", [](const Call& c) { return ones(Shape(c.integers("size")), c.dtype()); }},
      {"full_like", [](const Call& c) { return full_like(c["input"], c["fill_value"]); }},
      {"zeros_like", [](const Call& c) { return zeros_like(c["input"]); }},
      {"ones_like", [](const Call& c) { return ones_like(c["input"]); }},
      {"fill", [](const Call& c) { return c["input"].clone().fill_(number_of(c, "value")); }},
      {"zero_", [](const Call& c) { return c["input"].clone().zero_(); }},
  };
}

}  // namespace golden
