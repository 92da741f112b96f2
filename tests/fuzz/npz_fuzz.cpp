// Reads a hostile archive of NumPy's arrays.

#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <xgrad/io/npz.hpp>

#include "memory_file.hpp"

using namespace xgrad;

namespace {

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, value = value >> 8) text += static_cast<char>(value & 0xff);
  return text;
}

std::string deflated(const std::string& bytes, int level = 6, int strategy = Z_DEFAULT_STRATEGY) {
  z_stream stream = {};
  if (deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, strategy) != Z_OK) std::abort();
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

/// An archive with the right checksums: of each member a byte says how it is made, and one how long it is.
std::string archive_of(Bytes& bytes) {
  std::string file, directory;
  int count = 0;
  for (; !bytes.empty() && count < 4; ++count) {
    const unsigned how = bytes.next(), length = bytes.next();
    std::string content = (how & 1u) != 0 ? std::string("\x93NUMPY\x01\x00", 8) : "";
    if ((how & 2u) != 0) content += number(length, 2);
    for (unsigned i = 0; i < length + (how >> 6) * 16; ++i) content += static_cast<char>(bytes.next());
    const bool packed = (how & 4u) != 0, wide = (how & 8u) != 0;
    const std::string stored = packed ? deflated(content) : content;
    const std::uint64_t announced = content.size() + (how >> 4 & 3u);  // the truth, or some bytes more
    const std::string name = (how & 16u) != 0 ? "a.npy" : std::string(1, static_cast<char>('b' + count)) + ".npy";
    const std::uint64_t crc =
        ::crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
    const std::string extra =
        wide ? number(1, 2) + number(24, 2) + number(announced, 8) + number(stored.size(), 8) + number(file.size(), 8)
             : "";
    const std::string common = number(20, 2) + number(0, 2) + number(packed ? 8 : 0, 2) + number(0, 4) +
                               number(crc, 4) + number(wide ? ~0u : stored.size(), 4) +
                               number(wide ? ~0u : announced, 4) + number(name.size(), 2);
    directory += number(0x02014b50, 4) + number(20, 2) + common + number(extra.size(), 2) + number(0, 10) +
                 number(wide ? ~0u : file.size(), 4) + name + extra;
    file += number(0x04034b50, 4) + common + number(0, 2) + name + stored;
  }
  const std::string many = number(static_cast<std::uint64_t>(count), 2);
  return file + directory + number(0x06054b50, 4) + number(0, 4) + many + many + number(directory.size(), 4) +
         number(file.size(), 4) + number(0, 2);
}

/// An archive with one array of bools, in runs of which two bytes each say how long they are, packed as the first byte
/// says; and the sum of the bools.
std::string packed_runs(Bytes& bytes, std::int64_t& sum) {
  const unsigned how = bytes.next();
  std::string values;
  sum = 0;
  for (bool value = true; !bytes.empty() && values.size() < (1 << 17); value = !value) {
    const unsigned high = bytes.next(), length = high << 8 | bytes.next();
    values.append(length, value ? '\1' : '\0');
    if (value) sum += length;
  }
  const std::string header =
      "{'descr': '|b1', 'fortran_order': False, 'shape': (" + std::to_string(values.size()) + ",), }";
  const std::string content = std::string("\x93NUMPY\x01\x00", 8) + number(header.size(), 2) + header + values;
  const std::string stored =
      deflated(content, static_cast<int>(how % 9 + 1), static_cast<int>(how >> 4) % (Z_FIXED + 1));
  const std::uint64_t crc =
      ::crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
  const std::string common = number(20, 2) + number(0, 2) + number(8, 2) + number(0, 4) + number(crc, 4) +
                             number(stored.size(), 4) + number(content.size(), 4) + number(5, 2);
  const std::string file = number(0x04034b50, 4) + common + number(0, 2) + "a.npy" + stored;
  const std::string directory = number(0x02014b50, 4) + number(20, 2) + common + number(0, 16) + "a.npy";
  return file + directory + number(0x06054b50, 4) + number(0, 4) + number(1, 2) + number(1, 2) +
         number(directory.size(), 4) + number(file.size(), 4) + number(0, 2);
}

/// What deflate packs must be read.
void check_runs(Bytes& bytes) {
  std::int64_t sum = 0;
  const MemoryFile file(packed_runs(bytes, sum));
  const Tensor x = io::load_npz(file.path()).at("a");
  const bool* values = Raw::data<bool>(x);
  if (std::count(values, values + x.size(), true) != sum) std::abort();
}

/// The first byte says whether the others are the file, or make one, of which bytes at the end may then be changed.
std::string file_of(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const unsigned how = bytes.next();
  if ((how & 1u) == 0) return bytes.rest();
  std::string file = archive_of(bytes);
  for (unsigned i = 0; i < (how >> 1 & 7u) && 3 * i + 3 < size; ++i) {
    const std::uint8_t* at = data + size - 3 * i - 3;
    file[(at[0] | std::size_t{at[1]} << 8) % file.size()] = static_cast<char>(at[2]);
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t limit = 1 << 20;
  if (size > 0 && (data[0] & 33u) == 32u) {
    Bytes rest(data + 1, size - 1);
    check_runs(rest);
    return 0;
  }
  const std::string bytes = file_of(data, size);
  const MemoryFile file(bytes);
  try {
    const io::NpzFile archive(file.path(), limit);
    for (const std::string& name : archive.names()) {
      try {
        const Tensor x = archive.tensor(name);
        if (x.size() > limit + static_cast<std::int64_t>(bytes.size())) std::abort();
      } catch (const std::runtime_error&) {
      }
    }
    if (archive.tensors().size() != archive.names().size()) std::abort();
  } catch (const std::runtime_error&) {
  }
  return 0;
}
