#include <xgrad/autograd/graph/storage.hpp>

#include <new>

namespace xgrad {

Ref<Storage> Storage::allocate(std::size_t bytes) {
  const std::size_t alignment = bytes >= 256 ? 64 : alignof(Storage) > 16 ? alignof(Storage) : 16;
  const std::size_t header = (sizeof(Storage) + alignment - 1) / alignment * alignment;
  if (bytes > SIZE_MAX - header) throw std::bad_alloc();
  auto* block = static_cast<char*>(::operator new(header + bytes, std::align_val_t{alignment}));
  auto* storage = new (block) Storage;
  storage->data_ = block + header;
  storage->bytes_ = bytes;
  storage->alignment_ = alignment;
  return Ref<Storage>::adopt(storage);
}

Ref<Storage> Storage::adopt(void* data, std::size_t bytes, std::shared_ptr<void> owner) {
  Ref<Storage> storage = allocate(0);
  storage->data_ = data;
  storage->bytes_ = bytes;
  storage->owner_ = std::move(owner);
  return storage;
}

void retain(const Storage* storage) noexcept { storage->count_.fetch_add(1, std::memory_order_relaxed); }

void release(const Storage* storage) noexcept {
  if (storage->count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  auto* dead = const_cast<Storage*>(storage);
  const std::size_t alignment = dead->alignment_;
  dead->~Storage();
  ::operator delete(static_cast<void*>(dead), std::align_val_t{alignment});
}

}  // namespace xgrad
