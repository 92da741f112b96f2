// Reads a hostile array in NumPy's format. What loads must save and load again as the same tensor.

#include <cstring>
#include <stdexcept>

#include <xgrad/io/npy.hpp>
#include <xgrad/io/npy_format.hpp>

#include "memory_file.hpp"

using namespace xgrad;

namespace {

/// An input that begins with 'h' is a header, which gets what stands before it and ends at a '|', behind which come the
/// values; any other is a whole file.
std::string file_of(const std::string& text) {
  if (text.empty() || text[0] != 'h') return text;
  const std::size_t bar = std::min(text.find('|'), text.size());
  std::string file("\x93NUMPY\x01\x00", 8);
  for (std::size_t i = 0; i < 2; ++i) file += static_cast<char>((bar - 1) >> 8 * i & 0xff);
  return file + text.substr(1, bar - 1) + (bar < text.size() ? text.substr(bar + 1) : "");
}

std::string bytes_of(const Tensor& x) {
  return std::string(static_cast<const char*>(Raw::bytes(x)),
                     static_cast<std::size_t>(x.size()) * xgrad::size_of(x.dtype()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(file_of(Bytes(data, size).rest()));
  try {
    const Tensor x = io::load_npy(file.path());
    if (static_cast<std::size_t>(x.size()) > size) std::abort();
    const io::detail::Format format = io::detail::format_of(x.dtype(), io::Floats::as_they_are);
    const MemoryFile again(io::detail::npy_header(x, format) + bytes_of(x));
    const Tensor y = io::load_npy(again.path());
    if (y.shape() != x.shape() || y.dtype() != x.dtype() || bytes_of(y) != bytes_of(x)) std::abort();
  } catch (const std::runtime_error&) {
  }
  return 0;
}
