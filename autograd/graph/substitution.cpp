#include <xgrad/autograd/graph/substitution.hpp>

#include <utility>

#include <xgrad/autograd/graph/node.hpp>

namespace xgrad::detail {
namespace {

void swap_state(Value& a, Value& b) noexcept {
  a.drop_twin();
  b.drop_twin();
  std::swap(a.dtype, b.dtype);
  std::swap(a.weak, b.weak);
  std::swap(a.keeps_grad, b.keeps_grad);
  std::swap(a.had_leaf, b.had_leaf);
  std::swap(a.copied, b.copied);
  std::swap(a.shape, b.shape);
  std::swap(a.storage, b.storage);
  std::swap(a.offset, b.offset);
  std::swap(a.node, b.node);  // not the gradient: backward leaves it in the value that owns it, whatever its node
}

}  // namespace

void Substitution::add(const Tensor& tensor, const Tensor& other) {
  Value* value = Raw::value(tensor);
  const Value* from = Raw::value(other);
  if (value == from) return;
  for (const Entry& entry : entries_)
    if (Raw::value(entry.tensor) == value) return;
  for (const Entry& entry : entries_)
    if (Raw::value(entry.tensor) == from) {  // `from` is substituted itself: its state before that is used
      from = entry.before.get();
      break;
    }
  auto state = Ref<Value>::adopt(new Value(from->shape, from->dtype, from->storage, from->offset));
  state->weak = from->weak;
  state->node = from->node;
  entries_.push_back({tensor, other, state});
  swap_state(*value, *state);
}

Tensor Substitution::outliving(const Tensor& y) const {
  for (const Entry& entry : entries_)
    if (Raw::value(entry.tensor) == Raw::value(y)) return entry.other;
  return y;
}

Substitution::~Substitution() {
  for (std::size_t i = entries_.size(); i-- > 0;) {
    Value &value = *Raw::value(entries_[i].tensor), &borrowed = *entries_[i].before;
    swap_state(value, borrowed);
    borrowed.end_borrowing(value, *Raw::value(entries_[i].other));
    borrowed.had_leaf = false;
  }
}

}  // namespace xgrad::detail
