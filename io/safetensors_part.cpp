#include <xgrad/io/safetensors_part.hpp>

#include <algorithm>
#include <array>
#include <string_view>

#include <xgrad/io/name_text.hpp>
#include <xgrad/io/safetensors_checksum.hpp>
#include <xgrad/io/torch_file.hpp>

namespace xgrad::io::detail {
namespace {

constexpr std::size_t length_bytes = 8;

/// What a file that is not a safetensors file is, by its first bytes, and the way out; empty if that is not known.
std::string other_kind(std::string_view start) {
  const auto begins = [&](std::string_view magic) { return start.substr(0, magic.size()) == magic; };
  const bool zip = begins("PK\x03\x04") || begins("PK\x05\x06");
  // The first bytes may be those of a header's length too, if zeros follow.
  const bool pickle = start.size() > 8 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5 &&
                      start.substr(4, 4) != std::string_view("\0\0\0\0", 4);
  if (pickle || (zip && is_torch_start(start)))
    return "is a PyTorch file (a pickle" + std::string(zip ? " in a zip archive" : "") +
           "), no safetensors file: " + torch_way_out;
  if (zip) return "is a zip archive, no safetensors file: load_npz reads NumPy's .npz";
  if (begins("\x93NUMPY")) return "is a NumPy file, no safetensors file: load_npy reads it";
  if (begins("version https://git-lfs"))
    return "is a pointer of Git LFS, which stands for the file: `git lfs pull` fetches the file itself";
  return "";
}

}  // namespace

SafetensorsPart::SafetensorsPart(const std::string& op, const std::string& path, Reading reading) : file_(op, path) {
  read_header();
  take_checksums();
  if (reading == Reading::mapped) mapping_ = file_.map();
}

void SafetensorsPart::read_header() {
  if (file_.size() < length_bytes)
    file_.fail("holds " + std::to_string(file_.size()) + " bytes: a safetensors file has at least 8");
  std::array<unsigned char, length_bytes> prefix;
  FileReader reader(file_, 0);
  reader.read(prefix.data(), prefix.size());
  std::uint64_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | prefix[i];
  const std::uint64_t rest = file_.size() - length_bytes;
  if (length > max_header || length > rest) refuse_other_kinds();
  if (length > max_header)
    file_.fail("announces a header of " + std::to_string(length) + " bytes: the limit is " +
               std::to_string(max_header) + " (is this a safetensors file?)");
  if (length > rest)
    file_.fail("announces a header of " + std::to_string(length) + " bytes, but only " + std::to_string(rest) +
               " follow");
  std::string text(static_cast<std::size_t>(length), '\0');
  reader.read(text.data(), text.size());
  header_ = parse_header(text, rest - length, file_.origin());
  values_ = length_bytes + length;
}

/// Called where the file is none of safetensors, to say what it is instead.
void SafetensorsPart::refuse_other_kinds() const {
  std::array<char, 256> start;
  const std::size_t got = file_.read(0, start.data(), start.size());
  if (const std::string kind = other_kind({start.data(), got}); !kind.empty()) file_.fail(kind);
}

void SafetensorsPart::take_checksums() {
  const auto found = header_.metadata.find(checksum_key);
  if (found == header_.metadata.end()) return;
  const std::size_t count = header_.entries.size();
  std::vector<std::uint32_t> listed;
  if (!read_checksums(found->second, listed) || listed.size() != count + 1)
    file_.fail(std::string("__metadata__: '") + checksum_key + "' must list " + std::to_string(count + 1) +
               " checksums of eight hexadecimal digits: of the header, and of the tensors in the order of their names");
  header_.metadata.erase(found);
  HeaderChecksum sum;
  checksums_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = header_.by_name[i];
    const Entry& entry = header_.entries[at];
    const bool other = entry.format == Format::other;
    sum.add_tensor(entry.name, other ? header_.other_formats.at(at) : format_name(entry.format),
                   sizes_text(header_.shape(entry)));
    checksums_[at] = listed[i + 1];
  }
  sum.add_metadata(header_.metadata);
  if (sum.value() != listed[0])
    file_.fail("the header has the checksum " + hex_text(sum.value()) + ", its metadata says " + hex_text(listed[0]) +
               ": the file is damaged, or another program has put its metadata beside other tensors");
  if (count == 0) checksums_.push_back(0);  // so that the file counts as one with checksums
}

void SafetensorsPart::check(const Entry& entry, std::uint32_t found) const {
  const std::uint32_t expected = checksums_[index_of(entry)];
  if (found != expected)
    file_.fail("tensor " + name_text(entry.name) + ": its bytes have the checksum " + hex_text(found) +
               ", the metadata says " + hex_text(expected) +
               ": the file is damaged, or another program has put its metadata beside other tensors");
}

bool SafetensorsPart::can_be_mapped(const Entry& entry) const {
  const bool same = entry.format == Format::f32 || entry.format == Format::f64 || entry.format == Format::i64;
  return mapping_ && same && (values_ + entry.begin) % size_of(entry.format) == 0;
}

Tensor SafetensorsPart::tensor(const Entry& entry) const {
  if (entry.format == Format::other)
    file_.fail("tensor " + name_text(entry.name) + ": dtype " + name_text(header_.other_formats.at(index_of(entry))) +
               " cannot be read: it must be one of " + format_names() +
               ": the other tensors can be read by name from a SafetensorsFile");
  if (can_be_mapped(entry)) {
    file_.check_size();
    return xgrad::detail::adopt(mapping_.get() + values_ + entry.begin, header_.shape(entry), dtype_of(entry.format),
                                mapping_);
  }
  FileReader values(file_, values_ + entry.begin);
  CheckedReader checked(values);
  ByteReader& reader = has_checksums() ? static_cast<ByteReader&>(checked) : values;
  Tensor result = read_elements(reader, entry.format, ByteOrder::little, header_.shape(entry),
                                "tensor " + name_text(entry.name) + ": ");
  if (has_checksums()) check(entry, checked.checksum());
  return result;
}

void SafetensorsPart::verify() const {
  if (!has_checksums())
    file_.fail("has no checksums to verify: save_safetensors writes them with SafetensorsOptions().checksum()");
  std::vector<char> buffer(std::size_t{1} << 18);
  for (const std::size_t i : header_.by_offset) {
    const Entry& entry = header_.entries[i];
    FileReader values(file_, values_ + entry.begin);
    CheckedReader reader(values);
    for (std::uint64_t left = entry.end - entry.begin; left > 0;) {
      const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()));
      reader.read(buffer.data(), bytes);
      left -= bytes;
    }
    check(entry, reader.checksum());
  }
}

}  // namespace xgrad::io::detail
