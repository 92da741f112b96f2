// Reads a hostile index of a model in several files. What is read must be read again from what is written.

#include <algorithm>
#include <stdexcept>

#include <xgrad/io/safetensors_index.hpp>

#include "memory_file.hpp"

using namespace xgrad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(Bytes(data, size).rest());
  try {
    const io::detail::ShardIndex index = io::detail::read_index("fuzz", file.path());
    for (const std::string& name : index.files)
      if (name.empty() || name == ".." || name.find('/') != std::string::npos) std::abort();
    for (const auto& tensor : index.tensors)
      if (tensor.second >= index.files.size()) std::abort();
    const MemoryFile again(io::detail::write_index(index, size));
    auto sorted = index.tensors;
    std::sort(sorted.begin(), sorted.end());
    const io::detail::ShardIndex second = io::detail::read_index("fuzz", again.path());
    if (second.tensors.size() != sorted.size()) std::abort();
    for (std::size_t i = 0; i < sorted.size(); ++i)
      if (second.tensors[i].first != sorted[i].first ||
          second.files[second.tensors[i].second] != index.files[sorted[i].second])
        std::abort();
  } catch (const std::runtime_error&) {
  }
  return 0;
}
