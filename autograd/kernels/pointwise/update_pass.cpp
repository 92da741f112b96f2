#include <xgrad/autograd/kernels/pointwise/update_pass.hpp>

#include <algorithm>
#include <new>

#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>

namespace xgrad::kernels {
namespace {

// Each parameter begins at a multiple of this position, so that cuts are where cache lines begin.
constexpr std::int64_t alignment = 16;

struct Bytes {
  const char *begin, *end;

  Bytes(const void* from, const UpdatePass& pass)
      : begin(static_cast<const char*>(from)), end(begin + static_cast<std::size_t>(pass.size) * pass.element) {}
};

// Whether no pass writes what another reads or writes. What is kept for a parameter belongs to no other.
bool are_independent(const UpdatePass* passes, std::size_t count) try {
  xgrad::detail::ScratchVector<Bytes> written;
  written.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    if (passes[i].size > 0) written.emplace_back(passes[i].parameter, passes[i]);
  std::sort(written.begin(), written.end(), [](const Bytes& a, const Bytes& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < written.size(); ++i)
    if (written[i].begin < written[i - 1].end) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (passes[i].size == 0 || passes[i].gradient == passes[i].parameter) continue;
    const Bytes read(passes[i].gradient, passes[i]);
    const auto after = std::lower_bound(written.begin(), written.end(), read.end,
                                        [](const Bytes& each, const char* end) { return each.begin < end; });
    if (after != written.begin() && std::prev(after)->end > read.begin) return false;
  }
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

}  // namespace

void run(UpdatePass* passes, std::size_t count) {
  std::int64_t all = 0;
  for (std::size_t i = 0; i < count; ++i) {
    passes[i].first = all;
    all += (passes[i].size + alignment - 1) / alignment * alignment;
  }
  if (count == 1 || all <= update_grain || !are_independent(passes, count)) {
    for (std::size_t i = 0; i < count; ++i) run(passes[i]);
    return;
  }
  const UpdatePass* const last = passes + count;
  parallel_ranges(all, update_grain, [&](std::int64_t begin, std::int64_t end) {
    const UpdatePass* pass = std::upper_bound(passes, passes + count, begin,
                                              [](std::int64_t at, const UpdatePass& each) { return at < each.first; }) -
                             1;
    for (; pass != last && pass->first < end; ++pass) {
      const std::int64_t from = std::max<std::int64_t>(begin - pass->first, 0);
      const std::int64_t to = std::min(end - pass->first, pass->size);
      if (from < to) pass->run(*pass, from, to);
    }
  });
}

}  // namespace xgrad::kernels
