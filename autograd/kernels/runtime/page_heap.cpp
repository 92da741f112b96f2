#include <xgrad/autograd/kernels/runtime/page_heap.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>

#include <xgrad/autograd/kernels/runtime/ending.hpp>

namespace xgrad::detail::page_heap {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

// A free range of pages, written into its own first bytes: no other memory is needed to free a block. The ranges form a
// treap: a search tree by address in which no range has a smaller rank than its parent, with ranks as good as random.
struct Range {
  std::size_t bytes;
  std::size_t largest;  // of the ranges in this subtree
  Range* left;
  Range* right;

  char* begin() { return reinterpret_cast<char*>(this); }
  char* end() { return begin() + bytes; }
  std::uint64_t rank() const { return (reinterpret_cast<std::uintptr_t>(this) / page) * 0x9e3779b97f4a7c15u; }
  void update() {
    largest = bytes;
    if (left != nullptr) largest = std::max(largest, left->largest);
    if (right != nullptr) largest = std::max(largest, right->largest);
  }
};

std::mutex mutex;  // of all that follows
Range* root = nullptr;
std::atomic<std::size_t> free_total{0}, held_now{0}, held_peak{0};
// Both since the last time that all free ranges were returned to the system: the most bytes in use at once, and the
// bytes that were returned because no free range was large enough.
std::size_t used_peak = 0, exchanged = 0;
// Address space is taken from the system from high addresses to low ones, in steps. Below `low` and down to
// `mapped_low` it has never been used.
char* low = nullptr;
char* mapped_low = nullptr;

const bool registered = (hold_across_fork(mutex), true);

// The ranges below `at`, and those from it on.
std::pair<Range*, Range*> split(Range* tree, const char* at) {
  if (tree == nullptr) return {nullptr, nullptr};
  if (tree->begin() < at) {
    auto [middle, right] = split(tree->right, at);
    tree->right = middle;
    tree->update();
    return {tree, right};
  }
  auto [left, middle] = split(tree->left, at);
  tree->left = middle;
  tree->update();
  return {left, tree};
}

Range* merge(Range* left, Range* right) {
  if (left == nullptr || right == nullptr) return left != nullptr ? left : right;
  if (left->rank() < right->rank()) {
    left->right = merge(left->right, right);
    left->update();
    return left;
  }
  right->left = merge(left, right->left);
  right->update();
  return right;
}

void insert(char* begin, std::size_t bytes) {
  auto [left, right] = split(root, begin);
  Range* const made = ::new (begin) Range{bytes, bytes, nullptr, nullptr};
  root = merge(merge(left, made), right);
  free_total += bytes;
}

void remove(Range* range) {
  auto [left, rest] = split(root, range->begin());
  auto [self, right] = split(rest, range->begin() + 1);
  root = merge(left, right);
  free_total -= self->bytes;
}

// Adds a free range, joined with its neighbours.
void add_free(char* begin, std::size_t bytes) {
  Range* before = nullptr;
  Range* after = nullptr;
  for (Range* at = root; at != nullptr;) {
    if (at->begin() < begin) {
      before = at;
      at = at->right;
    } else {
      after = at;
      at = at->left;
    }
  }
  if (before != nullptr && before->end() == begin) {
    begin = before->begin();
    bytes += before->bytes;
    remove(before);
  }
  if (after != nullptr && begin + bytes == after->begin()) {
    bytes += after->bytes;
    remove(after);
  }
  insert(begin, bytes);
}

// The highest range that is large enough, or null.
Range* find(std::size_t bytes) {
  if (root == nullptr || root->largest < bytes) return nullptr;
  for (Range* at = root;;) {
    if (at->right != nullptr && at->right->largest >= bytes)
      at = at->right;
    else if (at->bytes >= bytes)
      return at;
    else
      at = at->left;
  }
}

Range* largest_range() { return root == nullptr ? nullptr : find(root->largest); }

// Takes the upper end of a range.
char* cut(Range* range, std::size_t bytes) {
  char* const begin = range->begin();
  const std::size_t rest = range->bytes - bytes;
  remove(range);
  if (rest > 0) insert(begin, rest);
  return begin + rest;
}

void hold(std::size_t more) {
  const std::size_t now = held_now += more;
  if (now > held_peak) held_peak = now;
}

std::size_t pages(std::size_t bytes) { return (bytes + page - 1) / page * page; }

// Returns up to `bytes` of free ranges to the system, the largest first.
void evict(std::size_t bytes) {
  bytes = pages(bytes);
  while (bytes > 0) {
    Range* const range = largest_range();
    if (range == nullptr) return;
    const std::size_t part = std::min(bytes, range->bytes);
    char* const at = cut(range, part);
    if (munmap(at, part) != 0) {  // the process has too many mappings
      madvise(at, part, MADV_DONTNEED);
      return add_free(at, part);
    }
    held_now -= part;
    bytes -= part;
  }
}

// The most that is held: an eighth more than was in use at once, and up to another eighth the more has been exchanged.
// Where blocks leave gaps that nothing fits, a loop would otherwise give pages back and take new ones in every round.
std::size_t most_held() { return used_peak + used_peak / 8 + std::min(used_peak / 8, exchanged / 16); }

// Extends the address space that has never been used to at least `bytes`; false if the system refuses. Large blocks
// ask for huge pages, which mean fewer TLB misses, above all where rows of a matrix are crossed.
bool extend(std::size_t bytes) {
  const bool huge = bytes >= 2 * huge_page;
  const std::size_t step = huge ? huge_page : huge_page / 2;
  if (mapped_low != nullptr) {
    const std::size_t more = (bytes - static_cast<std::size_t>(low - mapped_low) + step - 1) / step * step;
    void* const wanted = mapped_low - more;
    void* const got = mmap(wanted, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == wanted) {
      if (huge) madvise(got, more, MADV_HUGEPAGE);
      mapped_low = static_cast<char*>(got);
      return true;
    }
    if (got != MAP_FAILED) munmap(got, more);
  }
  // A new region, which ends at a boundary of huge pages.
  const std::size_t size = (bytes + step - 1) / step * step;
  void* const got = mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) return false;
  const auto address = reinterpret_cast<std::uintptr_t>(got);
  const std::size_t above = (address + size + huge_page) % huge_page;
  char* const begin = static_cast<char*>(got) + (huge_page - above);
  munmap(got, huge_page - above);
  if (above > 0) munmap(begin + size, above);
  if (huge) madvise(begin, size, MADV_HUGEPAGE);
  if (low != mapped_low) munmap(mapped_low, static_cast<std::size_t>(low - mapped_low));
  mapped_low = begin;
  low = begin + size;
  return true;
}

// Takes a block from below `low`, and from the free range that begins there.
char* take_new(std::size_t bytes) {
  Range* lowest = root;
  while (lowest != nullptr && lowest->left != nullptr) lowest = lowest->left;
  if (lowest != nullptr && lowest->begin() != low) lowest = nullptr;
  const std::size_t there = lowest != nullptr ? lowest->bytes : 0, more = bytes - there;
  if (static_cast<std::size_t>(low - mapped_low) < more) {
    char* const before = low;
    if (!extend(more)) return nullptr;
    if (low != before) return take_new(bytes);
  }
  if (lowest != nullptr) remove(lowest);
  low -= more;
  hold(more);
  return low;
}

}  // namespace

void* take(std::size_t bytes) {
  if (bytes > SIZE_MAX / 4) throw std::bad_alloc();
  bytes = pages(bytes);
  const std::lock_guard<std::mutex> lock(mutex);
  const std::size_t used = held_now - free_total + bytes, former_peak = used_peak;
  used_peak = std::max(used_peak, used);
  if (Range* const range = find(bytes)) return cut(range, bytes);
  const std::size_t most = most_held(), wanted = held_now + bytes;
  if (wanted > most) {
    exchanged += std::min(wanted - most, free_bytes());
    evict(wanted - most);
  }
  char* made = take_new(bytes);
  if (made == nullptr) {
    evict(free_total);
    made = take_new(bytes);
  }
  if (made == nullptr) {
    used_peak = former_peak;
    throw std::bad_alloc();
  }
  return made;
}

void give(void* block, std::size_t bytes) noexcept {
  const std::lock_guard<std::mutex> lock(mutex);
  add_free(static_cast<char*>(block), pages(bytes));
}

std::size_t free_bytes() noexcept { return free_total.load(std::memory_order_relaxed); }

void shrink(std::size_t most) noexcept {
  const std::lock_guard<std::mutex> lock(mutex);
  const std::size_t kept = free_bytes();
  if (kept > most) evict(kept - most);
  if (most > 0) return;
  used_peak = held_now - free_total;
  exchanged = 0;
}

Held held() noexcept { return {held_now.load(std::memory_order_relaxed), held_peak.load(std::memory_order_relaxed)}; }
void reset_peak() noexcept { held_peak.store(held_now.load()); }

}  // namespace xgrad::detail::page_heap
