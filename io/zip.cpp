#include <xgrad/io/zip.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

#include <xgrad/io/name_text.hpp>

namespace xgrad::io::detail {
namespace {

constexpr std::uint32_t end_signature = 0x06054b50, end64_signature = 0x06064b50, locator_signature = 0x07064b50,
                        entry_signature = 0x02014b50, local_signature = 0x04034b50;
constexpr std::size_t end_bytes = 22, end64_bytes = 56, locator_bytes = 20, entry_bytes = 46, local_bytes = 30,
                      longest_comment = 0xffff;
constexpr std::uint64_t longest_directory = 100'000'000;
constexpr std::uint64_t most_by_deflate = 1032;  // its largest ratio
constexpr std::uint16_t stored = 0, deflated = 8, encrypted_flags = 0x2041, patched_flag = 0x20;
constexpr std::size_t chunk = std::size_t{1} << 16;

/// Little-endian numbers of a record.
class Fields {
 public:
  explicit Fields(const char* at) : at_(reinterpret_cast<const unsigned char*>(at)) {}
  std::uint16_t two(std::size_t i) const { return static_cast<std::uint16_t>(at_[i] | at_[i + 1] << 8); }
  std::uint32_t four(std::size_t i) const { return two(i) | std::uint32_t{two(i + 2)} << 16; }
  std::uint64_t eight(std::size_t i) const { return four(i) | std::uint64_t{four(i + 4)} << 32; }

 private:
  const unsigned char* at_;
};

std::string read_text(const InputFile& file, std::uint64_t at, std::size_t bytes) {
  std::string text(bytes, '\0');
  if (file.read(at, text.data(), bytes) != bytes) file.fail("became shorter while it was read");
  return text;
}

class StoredReader final : public MemberReader {
 public:
  StoredReader(const InputFile& file, std::uint64_t at, const ZipEntry& entry)
      : MemberReader(file), entry_(entry), at_(at), left_(entry.packed) {}

  void read(void* to, std::size_t bytes) override {
    if (bytes > left_ || file().read(at_, to, bytes) != bytes) fail(name_text(entry_.name) + " is cut off");
    at_ += bytes;
    left_ -= bytes;
    checksum_ = crc32_of(to, bytes, checksum_);
  }
  void finish() override {
    if (left_ != 0) fail(name_text(entry_.name) + " holds more bytes than were expected");
    if (checksum_ != entry_.checksum) fail(name_text(entry_.name) + " is damaged: its checksum does not agree");
  }

 private:
  const ZipEntry& entry_;
  std::uint64_t at_, left_;
  std::uint32_t checksum_ = 0;
};

class DeflatedReader final : public MemberReader {
 public:
  DeflatedReader(const InputFile& file, std::uint64_t at, const ZipEntry& entry)
      : MemberReader(file), entry_(entry), at_(at), left_(entry.packed), buffer_(chunk) {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~DeflatedReader() override { inflateEnd(&stream_); }

  void read(void* to, std::size_t bytes) override {
    auto* next = static_cast<unsigned char*>(to);
    for (std::size_t left = bytes; left > 0;) {
      const std::size_t got = unpack(next, std::min(left, chunk));
      if (got == 0) fail(name_text(entry_.name) + " is cut off");
      checksum_ = crc32_of(next, got, checksum_);
      next += got;
      left -= got;
    }
  }
  void finish() override {
    unsigned char extra = 0;
    if (unpack(&extra, 1) != 0 || left_ != 0 || stream_.avail_in != 0)
      fail(name_text(entry_.name) + " holds more bytes than were expected");
    if (checksum_ != entry_.checksum) fail(name_text(entry_.name) + " is damaged: its checksum does not agree");
  }

 private:
  /// Decompresses up to `room` bytes; 0 at the end of the stream.
  std::size_t unpack(unsigned char* to, std::size_t room) {
    stream_.next_out = to;
    stream_.avail_out = static_cast<uInt>(room);
    while (!ended_ && stream_.avail_out == room) {
      // Also without input: inflate may still owe bytes of a match, and hold the end of the stream in its bits.
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_BUF_ERROR && stream_.avail_in == 0) {
        refill();
        continue;
      }
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      ended_ = status == Z_STREAM_END;
      if (status != Z_OK && !ended_)
        fail(name_text(entry_.name) + " is damaged: " + (stream_.msg != nullptr ? stream_.msg : "unexpected data"));
    }
    return room - stream_.avail_out;
  }

  void refill() {
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(left_, chunk));
    if (bytes == 0 || file().read(at_, buffer_.data(), bytes) != bytes) fail(name_text(entry_.name) + " is cut off");
    at_ += bytes;
    left_ -= bytes;
    stream_.next_in = buffer_.data();
    stream_.avail_in = static_cast<uInt>(bytes);
  }

  const ZipEntry& entry_;
  std::uint64_t at_, left_;
  std::vector<unsigned char> buffer_;
  z_stream stream_ = {};
  std::uint32_t checksum_ = 0;
  bool ended_ = false;
};

/// Takes the numbers that do not fit the record from the extra field of zip64; false where they are missing.
bool take_wide(std::string_view extra, std::uint64_t* const* wanted, std::size_t count) {
  if (count == 0) return true;
  while (extra.size() >= 4) {
    const Fields head(extra.data());
    const std::size_t bytes = head.two(2);
    if (bytes > extra.size() - 4) return false;
    if (head.two(0) == 1) {
      if (bytes < 8 * count) return false;
      for (std::size_t i = 0; i < count; ++i) *wanted[i] = Fields(extra.data() + 4).eight(8 * i);
      return true;
    }
    extra.remove_prefix(4 + bytes);
  }
  return false;
}

}  // namespace

struct ZipFile::Directory {
  std::uint64_t begin = 0, bytes = 0, count = 0;
};

ZipFile::ZipFile(const std::string& op, const std::string& path, std::uint64_t limit) : file_(op, path) {
  const Directory directory = find_directory();
  read_directory(directory);
  check_places(directory);
  check_sizes(limit);
}

// The archive ends with a record, after which a comment may come; the one of zip64, if any, stands before it.
ZipFile::Directory ZipFile::find_directory() const {
  const auto tail_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(file_.size(), end_bytes + longest_comment));
  const std::uint64_t tail_begin = file_.size() - tail_bytes;
  const std::string tail = read_text(file_, tail_begin, tail_bytes);
  std::size_t at = tail_bytes < end_bytes ? 0 : tail_bytes - end_bytes + 1;
  do {
    if (at == 0) file_.fail("is not a zip archive: it has no end record");
    --at;
  } while (Fields(&tail[at]).four(0) != end_signature || Fields(&tail[at]).two(20) != tail_bytes - at - end_bytes);
  const Fields end(&tail[at]);
  std::uint64_t end_at = tail_begin + at;
  Directory result{end.four(16), end.four(12), end.two(10)};
  bool split = end.two(4) != 0 || end.two(6) != 0 || end.two(8) != end.two(10);
  if (end_at >= locator_bytes) {
    const std::string locator = read_text(file_, end_at - locator_bytes, locator_bytes);
    if (Fields(locator.data()).four(0) == locator_signature) {
      const std::uint64_t wide_at = Fields(locator.data()).eight(8);
      if (end_at - locator_bytes < end64_bytes || wide_at > end_at - locator_bytes - end64_bytes)
        file_.fail("is damaged: the end record of zip64 lies outside the archive");
      const std::string record = read_text(file_, wide_at, end64_bytes);
      const Fields wide(record.data());
      if (wide.four(0) != end64_signature || wide.eight(4) != end_at - locator_bytes - wide_at - 12)
        file_.fail("is damaged: the end record of zip64 is not where it should be");
      result = {wide.eight(48), wide.eight(40), wide.eight(32)};
      split = wide.four(16) != 0 || wide.four(20) != 0 || wide.eight(24) != wide.eight(32);
      end_at = wide_at;
    }
  }
  if (split) file_.fail("is one part of an archive in several: only whole ones can be read");
  if (result.begin > end_at || result.bytes != end_at - result.begin)
    file_.fail("is damaged: its directory of " + std::to_string(result.bytes) + " bytes at " +
               std::to_string(result.begin) + " does not end where the end record begins, at " +
               std::to_string(end_at));
  if (result.bytes > longest_directory)
    file_.fail("has a directory of " + std::to_string(result.bytes) + " bytes: the limit is " +
               std::to_string(longest_directory));
  return result;
}

void ZipFile::read_directory(const Directory& directory) {
  const std::string text = read_text(file_, directory.begin, static_cast<std::size_t>(directory.bytes));
  const auto damaged = [&] {
    file_.fail("is damaged: entry " + std::to_string(entries_.size()) + " of its directory is no entry");
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text.size() - at < entry_bytes) damaged();
    const Fields fields(&text[at]);
    const std::size_t name = fields.two(28), extra = fields.two(30), comment = fields.two(32);
    if (fields.four(0) != entry_signature || text.size() - at - entry_bytes < name + extra + comment) damaged();
    ZipEntry entry;
    entry.name = text.substr(at + entry_bytes, name);
    entry.method = fields.two(10);
    entry.checksum = fields.four(16);
    entry.packed = fields.four(20);
    entry.unpacked = fields.four(24);
    entry.offset = fields.four(42);
    std::array<std::uint64_t*, 3> wide = {};
    std::size_t wanted = 0;
    for (std::uint64_t* number : {&entry.unpacked, &entry.packed, &entry.offset})
      if (*number == 0xffffffff) wide[wanted++] = number;
    if (!take_wide(std::string_view(text).substr(at + entry_bytes + name, extra), wide.data(), wanted)) damaged();
    if (fields.two(34) != 0) file_.fail("is one part of an archive in several: only whole ones can be read");
    if ((fields.two(8) & encrypted_flags) != 0) file_.fail(name_text(entry.name) + " is encrypted");
    if ((fields.two(8) & patched_flag) != 0) file_.fail(name_text(entry.name) + " is a patch: it cannot be read");
    if (entry.name.find('\0') != std::string::npos) file_.fail(name_text(entry.name) + ": the name holds a zero byte");
    entries_.push_back(std::move(entry));
    at += entry_bytes + name + extra + comment;
  }
  if (entries_.size() != directory.count)
    file_.fail("is damaged: its end record announces " + std::to_string(directory.count) +
               " members, its directory holds " + std::to_string(entries_.size()));
}

// Members that share bytes are how small archives announce endless ones.
void ZipFile::check_places(const Directory& directory) {
  std::vector<ZipEntry*> order;
  for (ZipEntry& entry : entries_) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const ZipEntry* a, const ZipEntry* b) { return a->offset < b->offset; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    ZipEntry& entry = *order[i];
    entry.end = i + 1 < order.size() ? order[i + 1]->offset : directory.begin;
    const std::uint64_t least = local_bytes + entry.name.size();
    if (entry.offset > entry.end || entry.end - entry.offset < least || entry.packed > entry.end - entry.offset - least)
      file_.fail(name_text(entry.name) + " overlaps another member or the directory, or lies outside the archive");
  }
  const std::uint64_t first = order.empty() ? directory.begin : order[0]->offset;
  if (first != 0)
    file_.fail("holds " + std::to_string(first) + " bytes before its first member: an archive begins with it");
  std::sort(order.begin(), order.end(), [](const ZipEntry* a, const ZipEntry* b) { return a->name < b->name; });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (order[i - 1]->name == order[i]->name) file_.fail("holds " + name_text(order[i]->name) + " twice");
}

void ZipFile::check_sizes(std::uint64_t limit) const {
  std::uint64_t total = 0;
  for (const ZipEntry& entry : entries_) {
    if (entry.method == stored && entry.packed != entry.unpacked)
      file_.fail(name_text(entry.name) + " is stored, but its two sizes, " + std::to_string(entry.packed) + " and " +
                 std::to_string(entry.unpacked) + ", differ");
    if (entry.method != deflated) continue;
    if (entry.unpacked / most_by_deflate > entry.packed)
      file_.fail(name_text(entry.name) + " announces " + std::to_string(entry.unpacked) + " bytes compressed into " +
                 std::to_string(entry.packed) + ": more than deflate can do");
    if (entry.unpacked > limit - total)
      file_.fail("announces more bytes after decompression than the limit of " + std::to_string(limit) +
                 ": if that is meant, pass a larger limit");
    total += entry.unpacked;
  }
}

std::unique_ptr<MemberReader> ZipFile::open(const ZipEntry& entry) const {
  if (entry.method != stored && entry.method != deflated)
    file_.fail(name_text(entry.name) + " is compressed by method " + std::to_string(entry.method) +
               ": only stored and deflated members can be read");
  const std::string head = read_text(file_, entry.offset, local_bytes + entry.name.size());
  const Fields local(head.data());
  const std::uint64_t begin = local_bytes + std::uint64_t{local.two(26)} + local.two(28);
  if (local.four(0) != local_signature || local.two(8) != entry.method || (local.two(6) & encrypted_flags) != 0 ||
      local.two(26) != entry.name.size() || head.compare(local_bytes, std::string::npos, entry.name) != 0)
    file_.fail(name_text(entry.name) + " is damaged: its own header and the directory's differ");
  if (begin > entry.end - entry.offset || entry.packed > entry.end - entry.offset - begin)
    file_.fail(name_text(entry.name) + " overlaps another member or the directory, or lies outside the archive");
  if (entry.method == stored) return std::make_unique<StoredReader>(file_, entry.offset + begin, entry);
  return std::make_unique<DeflatedReader>(file_, entry.offset + begin, entry);
}

}  // namespace xgrad::io::detail
