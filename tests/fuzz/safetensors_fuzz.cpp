// Reads a hostile safetensors file. What loads must save and load again as the same tensors.

#include <cstring>
#include <stdexcept>
#include <vector>

#include <xgrad/io/safetensors.hpp>

#include "memory_file.hpp"

using namespace xgrad;

namespace {

/// An input that begins with 'h' is a header, which gets its length before it and ends at a '|', behind which come the
/// values; any other is a whole file.
std::string file_of(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  if (text.empty() || text[0] != 'h') return text;
  const std::size_t bar = std::min(text.find('|'), text.size());
  std::string file;
  for (std::size_t i = 0; i < 8; ++i) file += static_cast<char>((bar - 1) >> 8 * i & 0xff);
  return file + text.substr(1, bar - 1) + (bar < text.size() ? text.substr(bar + 1) : "");
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(file_of(data, size));
  try {
    const io::SafetensorsFile opened(file.path());
    for (const std::string& name : opened.names()) {
      require(opened.contains(name));
      try {
        const Tensor tensor = opened.tensor(name);
        require(static_cast<std::size_t>(tensor.size()) <= size);
      } catch (const std::runtime_error&) {
      }
    }
    require(opened.tensors().size() == opened.names().size());
    const io::SafetensorsFile shared(file.path(), io::mapped);
    for (const auto& [name, tensor] : shared.tensors()) {
      const auto bytes = static_cast<std::size_t>(tensor.size()) * xgrad::size_of(tensor.dtype());
      require(bytes == 0 || std::memcmp(Raw::bytes(tensor), Raw::bytes(opened.tensor(name)), bytes) == 0);
    }
  } catch (const std::runtime_error&) {
  }
  return 0;
}
