#include <xgrad/autograd/graph/storage.hpp>

#include <new>

#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace xgrad {

Ref<Storage> Storage::allocate(std::size_t bytes) {
  static_assert(sizeof(Storage) % 64 == 0, "memory behind a Storage is aligned as the Storage is");
  if (bytes > SIZE_MAX - sizeof(Storage)) throw std::bad_alloc();
  detail::count_bytes(bytes);
  void* block = detail::take_memory(sizeof(Storage) + bytes);
  auto* storage = new (block) Storage;
  storage->data_ = static_cast<char*>(block) + sizeof(Storage);
  storage->bytes_ = bytes;
  storage->taken_ = sizeof(Storage) + bytes;
  return Ref<Storage>::adopt(storage);
}

Ref<Storage> Storage::adopt(void* data, std::size_t bytes, std::shared_ptr<void> owner) {
  Ref<Storage> storage = allocate(0);
  storage->data_ = data;
  storage->bytes_ = bytes;
  storage->owner_ = std::move(owner);
  return storage;
}

void Storage::destroy(const Storage* storage) noexcept {
  auto* dead = const_cast<Storage*>(storage);
  const std::size_t bytes = dead->taken_;
  dead->~Storage();
  detail::give_memory(dead, bytes);
}

}  // namespace xgrad
