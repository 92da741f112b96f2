#include <stdexcept>

#include <xtensor/xslice.hpp>

#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

/// An index as text: "3|1:7:2|:|...|None", for x[3, 1:7:2, :, ..., None].
std::vector<detail::Slice> slices(const std::string& text) {
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

}  // namespace

Registry indexing_calls() {
  return {
      {"slice", [](const Call& c) { return c["input"].slice(slices(c.word("index"))); }},
      {"put", [](const Call& c) { return put(c["input"], Index(slices(c.word("index"))), c["values"]); }},
      {"select", [](const Call& c) { return select(c["input"], c.integer("dim"), c.integer("index")); }},
      {"narrow",
       [](const Call& c) { return narrow(c["input"], c.integer("dim"), c.integer("start"), c.integer("length")); }},
      {"index_select", [](const Call& c) { return index_select(c["input"], c.integer("dim"), c["index"]); }},
      {"gather", [](const Call& c) { return gather(c["input"], c.integer("dim"), c["index"]); }},
  };
}

}  // namespace golden
