#include <xgrad/nn/graph_memory.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_set>

#include <xgrad/autograd/engine/range.hpp>
#include <xgrad/autograd/graph/node.hpp>

namespace xgrad::nn::detail {
namespace {

std::int64_t bytes_of(const Shape& shape, DType dtype) {
  return shape.count() * static_cast<std::int64_t>(size_of(dtype));
}

// All nodes from these roots down to one, the newest first.
std::vector<const Node*> nodes_below(const std::vector<const Node*>& roots, const Node* stop) {
  std::unordered_set<const Node*> seen{nullptr, stop};
  std::vector<const Node*> open = roots, result;
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if (!seen.insert(node).second) continue;
    result.push_back(node);
    for (std::size_t i = 0; i < node->edge_count(); ++i) open.push_back(node->edges()[i].node.get());
  }
  std::sort(result.begin(), result.end(), [](const Node* a, const Node* b) { return a->number() > b->number(); });
  return result;
}

// Ranges of memory; those that overlap are one block. A block lives until every holder has let it go.
class Blocks {
 public:
  void note(const void* data, std::int64_t bytes) {
    if (data == nullptr || bytes == 0) return;
    const auto* begin = static_cast<const char*>(data);
    const char* end = begin + bytes;
    for (auto at = blocks_.lower_bound(begin); at != blocks_.end() && at->first < end; at = blocks_.erase(at))
      end = std::max(end, at->second.end);
    if (const auto next = blocks_.lower_bound(begin); next != blocks_.begin()) {
      Block& before = std::prev(next)->second;
      if (before.end > begin) {
        before.end = std::max(before.end, end);
        return;
      }
    }
    blocks_[begin] = {end, 0};
  }
  /// To be called once all ranges are noted: the bytes that this holder is the first to keep.
  std::int64_t hold(const void* data, std::int64_t bytes) {
    Block* block = find(data, bytes);
    return block != nullptr && block->holders++ == 0 ? size(*block, data) : 0;
  }
  /// The bytes that were kept by this holder alone.
  std::int64_t let_go(const void* data, std::int64_t bytes) {
    Block* block = find(data, bytes);
    return block != nullptr && --block->holders == 0 ? size(*block, data) : 0;
  }

 private:
  struct Block {
    const char* end;
    int holders;
  };
  Block* find(const void* data, std::int64_t bytes) {
    if (data == nullptr || bytes == 0) return nullptr;
    return &std::prev(blocks_.upper_bound(static_cast<const char*>(data)))->second;
  }
  std::int64_t size(const Block& block, const void* data) const {
    return block.end - std::prev(blocks_.upper_bound(static_cast<const char*>(data)))->first;
  }

  std::map<const char*, Block> blocks_;
};

// f(data, bytes) for each value that the node has saved.
template <class F>
void for_each_saved(const Node& node, const F& f) {
  const auto read = [&](const xgrad::detail::Reading& saved) {
    if (saved.data != nullptr) f(saved.data, bytes_of(*saved.shape, saved.dtype));
  };
  for (std::size_t i = 0; i < node.edge_count(); ++i) read(xgrad::detail::saved_input(node, i));
  read(xgrad::detail::saved_output(node));
}

}  // namespace

std::int64_t bytes_of_results(const Tensor& x, const Tensor& y) {
  std::int64_t total = 0;
  for (const Node* node : nodes_below({Raw::node(y)}, Raw::node(x)))
    if (!node->is_leaf()) total += bytes_of(node->shape(), node->dtype());
  return total;
}

GraphMemory graph_memory(const std::vector<Tensor>& outputs, const std::vector<Tensor>& known) {
  std::vector<const Node*> roots;
  roots.reserve(outputs.size());
  for (const Tensor& y : outputs) roots.push_back(Raw::node(y));
  const std::vector<const Node*> nodes = nodes_below(roots, nullptr);

  Blocks blocks;
  const auto of_tensor = [](const Tensor& x) { return bytes_of(x.shape(), x.dtype()); };
  for (const auto* tensors : {&outputs, &known})
    for (const Tensor& each : *tensors) blocks.note(Raw::bytes(each), of_tensor(each));
  for (const Node* node : nodes)
    for_each_saved(*node, [&](const void* data, std::int64_t bytes) { blocks.note(data, bytes); });

  std::int64_t live = 0;
  for (const Tensor& each : known) blocks.hold(Raw::bytes(each), of_tensor(each));
  for (const Tensor& each : outputs) live += blocks.hold(Raw::bytes(each), of_tensor(each));
  for (const Node* node : nodes)
    for_each_saved(*node, [&](const void* data, std::int64_t bytes) { live += blocks.hold(data, bytes); });
  GraphMemory result{live, live};

  std::unordered_set<const Node*> pending;
  const auto arrives_at = [&](const Node* node) {
    if (node != nullptr && pending.insert(node).second) live += bytes_of(node->shape(), node->dtype());
  };
  for (const Node* root : roots) arrives_at(root);
  result.peak = std::max(result.peak, live);
  for (const Node* node : nodes) {
    if (node->is_leaf() || pending.count(node) == 0) continue;
    for (std::size_t i = 0; i < node->edge_count(); ++i) arrives_at(node->edges()[i].node.get());
    result.peak = std::max(result.peak, live);
    live -= bytes_of(node->shape(), node->dtype());
    for_each_saved(*node, [&](const void* data, std::int64_t bytes) { live -= blocks.let_go(data, bytes); });
  }
  return result;
}

}  // namespace xgrad::nn::detail
