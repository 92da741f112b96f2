#include <stdexcept>

#include <xtensor/xslice.hpp>

#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/masking.hpp>
#include <xgrad/autograd/ops/scattering.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

/// An index as text: "3|1:7:2|:|...|None|@0", for x[3, 1:7:2, :, ..., None, a] with the first of the tensors as a.
std::vector<detail::Slice> slices(const std::string& text, const Tensors& tensors = {}) {
  std::vector<detail::Slice> result;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find('|', from), text.size());
    const std::string part = text.substr(from, to - from);
    from = to + 1;
    const std::size_t first = part.find(':'), second = part.find(':', first + 1);
    if (part == "...") {
      result.emplace_back(xt::ellipsis());
    } else if (part == "None") {
      result.emplace_back(xt::newaxis());
    } else if (part[0] == '@') {
      result.emplace_back(tensors.at(std::stoul(part.substr(1))));
    } else if (first == std::string::npos) {
      result.emplace_back(std::stoll(part));
    } else {
      detail::Slice range = xt::all();
      const std::string start = part.substr(0, first), stop = part.substr(first + 1, second - first - 1);
      if (!start.empty()) range.start = std::stoll(start);
      if (!stop.empty()) range.stop = std::stoll(stop);
      if (second != std::string::npos) range.step = std::stoll(part.substr(second + 1));
      result.push_back(range);
    }
  }
  return result;
}

Tensor reduced(const Call& c) {
  const std::string name = c.word("reduce");
  const ScatterReduce how = name == "prod"   ? ScatterReduce::prod
                            : name == "mean" ? ScatterReduce::mean
                            : name == "amax" ? ScatterReduce::amax
                            : name == "amin" ? ScatterReduce::amin
                                             : ScatterReduce::sum;
  return scatter_reduce(c["input"], c.integer("dim"), c["index"], c["src"], how,
                        c.flag("include_self", true) ? IncludeSelf::yes : IncludeSelf::no);
}

Tensor along(const Call& c) {
  return c.has("dim") ? take_along_dim(c["input"], c["indices"], c.integer("dim"))
                      : take_along_dim(c["input"], c["indices"]);
}

Tensor embedded(const Call& c) {
  return c.has("padding_idx") ? embedding(c["input"], c["weight"], c.integer("padding_idx"))
                              : embedding(c["input"], c["weight"]);
}

}  // namespace

Registry indexing_calls() {
  return {
      {"slice", [](const Call& c) { return c["input"].slice(slices(c.word("index"), c.list("tensors"))); }},
      {"put", [](const Call& c) { return put(c["input"], Index(slices(c.word("index"))), c["values"]); }},
      {"select", [](const Call& c) { return select(c["input"], c.integer("dim"), c.integer("index")); }},
      {"narrow",
       [](const Call& c) { return narrow(c["input"], c.integer("dim"), c.integer("start"), c.integer("length")); }},
      {"index_select", [](const Call& c) { return index_select(c["input"], c.integer("dim"), c["index"]); }},
      {"gather", [](const Call& c) { return gather(c["input"], c.integer("dim"), c["index"]); }},
      {"take_along_dim", along},
      {"scatter", [](const Call& c) { return scatter(c["input"], c.integer("dim"), c["index"], c["src"]); }},
      {"scatter_add", [](const Call& c) { return scatter_add(c["input"], c.integer("dim"), c["index"], c["src"]); }},
      {"scatter_reduce", reduced},
      {"index_add",
       [](const Call& c) {
         return index_add(c["input"], c.integer("dim"), c["index"], c["source"], c.number("alpha", 1));
       }},
      {"index_copy", [](const Call& c) { return index_copy(c["input"], c.integer("dim"), c["index"], c["source"]); }},
      {"index_fill", [](const Call& c) { return index_fill(c["input"], c.integer("dim"), c["index"], c["value"]); }},
      {"index_put",
       [](const Call& c) {
         return index_put(c["input"], c.list("indices"), c["values"],
                          c.flag("accumulate") ? Accumulate::yes : Accumulate::no);
       }},
      {"take", [](const Call& c) { return take(c["input"], c["index"]); }},
      {"masked_scatter", [](const Call& c) { return masked_scatter(c["input"], c["mask"], c["source"]); }},
      {"masked_fill", [](const Call& c) { return masked_fill(c["input"], c["mask"], c["value"]); }},
      {"masked_select", [](const Call& c) { return masked_select(c["input"], c["mask"]); }},
      {"one_hot", [](const Call& c) { return one_hot(c["input"], c.integer("num_classes", -1)); }},
      {"embedding", embedded},
  };
}

}  // namespace golden
