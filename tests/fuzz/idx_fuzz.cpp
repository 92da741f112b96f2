// Reads a hostile IDX file, plain or compressed.

#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <xgrad/data/idx.hpp>

#include "memory_file.hpp"

using namespace xgrad;

namespace {

std::string gzipped(const std::string& bytes) {
  z_stream stream = {};
  if (deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

constexpr std::int64_t limit = 1 << 20;

/// Refuses to go on unless as many elements were read as the sizes say.
void check(const std::vector<std::int64_t>& sizes, std::size_t held) {
  std::int64_t product = std::count(sizes.begin(), sizes.end(), 0) > 0 ? 0 : 1;
  for (const std::int64_t each : sizes)
    if (product != 0) product *= each;
  if (static_cast<std::int64_t>(held) != product || product > limit) std::abort();
}

/// The first byte says how the others are to be read: as they are, behind the beginning of an IDX file, or compressed,
/// as one member or two, and with something behind; and as integers or as bytes.
std::string file_of(unsigned how, const std::string& bytes) {
  const std::string begun =
      (how & 1u) != 0 ? std::string((how & 16u) != 0 ? "\0\0\x0c" : "\0\0\x08", 3) + bytes : bytes;
  if ((how & 2u) == 0) return begun;
  if ((how & 4u) == 0) return gzipped(begun);
  const std::size_t half = begun.size() / 2;
  return gzipped(begun.substr(0, half)) + gzipped(begun.substr(half)) +
         ((how & 8u) != 0 ? std::string(9, '\0') : bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const unsigned how = bytes.next();
  const MemoryFile file(file_of(how, bytes.rest()));
  try {
    if ((how & 16u) != 0) {
      const data::IdxInts idx = data::read_idx_ints(file.path(), limit);
      check(idx.sizes, idx.numbers.size());
    } else {
      const data::Idx idx = data::read_idx(file.path(), limit);
      check(idx.sizes, idx.bytes.size());
    }
  } catch (const std::runtime_error&) {
  }
  return 0;
}
