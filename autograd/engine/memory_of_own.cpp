#include <xgrad/autograd/engine/memory_of_own.hpp>

#include <algorithm>
#include <functional>
#include <memory>

#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::detail {
namespace {

struct Piece {
  Storage* storage;
  std::size_t begin, bytes;
  Tensor* tensor;
  bool operator<(const Piece& other) const {
    if (storage != other.storage) return std::less<>()(storage, other.storage);
    return begin < other.begin;
  }
};

constexpr std::size_t large = std::size_t{1} << 16;  // to copy less is faster than to share it

// Whether the pieces, in order, are all that refers to their storage, do not overlap, and keep little else in memory.
bool can_keep(const Piece* begin, const Piece* end) {
  std::size_t bytes = 0;
  for (const Piece* piece = begin; piece != end; ++piece) {
    if (Raw::value(*piece->tensor)->count.load(std::memory_order_acquire) != 1) return false;
    if (piece + 1 != end && piece->begin + piece->bytes > piece[1].begin) return false;
    bytes += piece->bytes;
  }
  const auto count = static_cast<std::size_t>(end - begin);
  return count == begin->storage->use_count() && bytes >= large && bytes >= begin->storage->bytes() / 4 * 3;
}

void keep(const Piece* begin, const Piece* end) {
  const auto whole = std::make_shared<Ref<Storage>>(Raw::storage(*begin->tensor));
  char* const data = static_cast<char*>(begin->storage->data());
  for (const Piece* piece = begin; piece != end; ++piece) {
    Value& value = *Raw::value(*piece->tensor);
    value.storage = Storage::adopt(data + piece->begin, piece->bytes, whole);
    value.offset = 0;
  }
}

}  // namespace

void own_memory(const std::vector<Tensor*>& tensors) {
  std::vector<Piece> pieces;
  for (Tensor* tensor : tensors) {
    const std::size_t size = size_of(tensor->dtype());
    pieces.push_back({Raw::storage(*tensor).get(), static_cast<std::size_t>(Raw::value(*tensor)->offset) * size,
                      static_cast<std::size_t>(tensor->size()) * size, tensor});
  }
  std::sort(pieces.begin(), pieces.end());
  const Piece* const end = pieces.data() + pieces.size();
  for (const Piece* begin = pieces.data(); begin != end;) {
    const Piece* next = begin;
    while (next != end && next->storage == begin->storage) ++next;
    if (can_keep(begin, next)) {
      keep(begin, next);
    } else {
      for (; begin != next; ++begin)
        if (!alone(*begin->tensor)) *begin->tensor = clone(*begin->tensor);
    }
    begin = next;
  }
}

}  // namespace xgrad::detail
