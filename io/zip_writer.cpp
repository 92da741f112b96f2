#include <xgrad/io/zip_writer.hpp>

#include <zlib.h>

#include <algorithm>
#include <new>

namespace xgrad::io::detail {
namespace {

constexpr std::uint16_t version = 20, version_of_zip64 = 45, made_on_unix = 3 << 8;
constexpr std::uint16_t utf8_flag = 0x800, descriptor_flag = 0x8;  // sizes and checksum follow the bytes
constexpr std::uint16_t first_date = 1 << 5 | 1;                   // 1980-01-01
constexpr std::uint32_t regular_file = std::uint32_t{0100644} << 16, filled = 0xffffffff;
constexpr std::uint64_t most_members = 0xffff;
constexpr std::size_t chunk = std::size_t{1} << 16;

template <std::size_t bytes>
std::string number(std::uint64_t value) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xff);
  return text;
}
const auto two = number<2>;
const auto four = number<4>;
const auto eight = number<8>;

/// Raw deflate.
class Deflater {
 public:
  explicit Deflater(const std::function<void(const char*, std::size_t)>& out) : out_(out), buffer_(chunk, '\0') {
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void add(const void* data, std::size_t bytes) {
    const auto* from = static_cast<const Bytef*>(data);
    while (bytes > 0) {
      const std::size_t part = std::min(bytes, chunk);
      stream_.next_in = const_cast<Bytef*>(from);
      stream_.avail_in = static_cast<uInt>(part);
      run(Z_NO_FLUSH);
      from += part;
      bytes -= part;
    }
  }
  void finish() { run(Z_FINISH); }

 private:
  void run(int flush) {
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      deflate(&stream_, flush);
      out_(buffer_.data(), buffer_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  const std::function<void(const char*, std::size_t)>& out_;
  std::string buffer_;
  z_stream stream_ = {};
};

}  // namespace

void ZipWriter::write(const std::string& bytes) {
  file_.write(bytes);
  at_ += bytes.size();
}

/// What a local header and an entry of the directory have in common, up to the checksum.
std::string ZipWriter::common_fields(const Member& member) const {
  const bool ascii = std::all_of(member.name.begin(), member.name.end(), [](char c) { return (c & 0x80) == 0; });
  const std::uint16_t flags =
      static_cast<std::uint16_t>((ascii ? 0 : utf8_flag) | (member.compressed ? descriptor_flag : 0));
  return two(member.wide ? version_of_zip64 : version) + two(flags) + two(member.compressed ? Z_DEFLATED : 0) + two(0) +
         two(first_date);
}

void ZipWriter::write_local(const Member& member) {
  const std::uint64_t checksum = member.compressed ? 0 : member.checksum;
  const std::uint64_t packed = member.compressed ? 0 : member.packed,
                      unpacked = member.compressed ? 0 : member.unpacked;
  const std::string extra = member.wide ? two(1) + two(16) + eight(unpacked) + eight(packed) : "";
  write(four(0x04034b50) + common_fields(member) + four(checksum) + four(member.wide ? filled : packed) +
        four(member.wide ? filled : unpacked) + two(member.name.size()) + two(extra.size()) + member.name + extra);
}

void ZipWriter::write_compressed(Member& member, const Produce& produce) {
  const std::uint64_t begin = at_;
  const std::function<void(const char*, std::size_t)> out = [&](const char* data, std::size_t bytes) {
    file_.write(data, bytes);
    at_ += bytes;
  };
  Deflater deflater(out);
  produce([&](const void* data, std::size_t bytes) {
    member.checksum = crc32_of(data, bytes, member.checksum);
    deflater.add(data, bytes);
  });
  deflater.finish();
  member.packed = at_ - begin;
  write(four(0x08074b50) + four(member.checksum) + (member.wide ? eight(member.packed) : four(member.packed)) +
        (member.wide ? eight(member.unpacked) : four(member.unpacked)));
}

void ZipWriter::add(const std::string& name, std::uint64_t bytes, bool compressed, const Produce& produce) {
  // Compressed bytes may be a few more than the others.
  Member member{name, at_, bytes, bytes, 0, compressed, is_wide(bytes + (compressed ? bytes / 16 + 1024 : 0))};
  if (compressed) {
    write_local(member);
    write_compressed(member, produce);
  } else {
    produce([&](const void* data, std::size_t count) { member.checksum = crc32_of(data, count, member.checksum); });
    write_local(member);
    produce([&](const void* data, std::size_t count) {
      file_.write(data, count);
      at_ += count;
    });
  }
  members_.push_back(std::move(member));
}

std::string ZipWriter::directory_entry(const Member& member) const {
  std::string extra;
  const auto narrow = [&](std::uint64_t value) {
    if (!member.wide && !is_wide(value)) return four(value);
    extra += eight(value);
    return four(filled);
  };
  const std::string unpacked = narrow(member.unpacked), packed = narrow(member.packed);
  // Fields of the record go from the packed size on, those of the extension from the unpacked.
  const std::string offset = narrow(member.offset);
  if (!extra.empty()) extra = two(1) + two(extra.size()) + extra;
  const std::uint16_t made = static_cast<std::uint16_t>(made_on_unix | (extra.empty() ? version : version_of_zip64));
  return four(0x02014b50) + two(made) + common_fields(member) + four(member.checksum) + packed + unpacked +
         two(member.name.size()) + two(extra.size()) + two(0) + two(0) + two(0) + four(regular_file) + offset +
         member.name + extra;
}

void ZipWriter::finish() {
  const std::uint64_t begin = at_, count = members_.size();
  for (const Member& member : members_) write(directory_entry(member));
  const std::uint64_t bytes = at_ - begin;
  const bool wide = count >= most_members || is_wide(begin) || is_wide(bytes);
  if (wide) {
    const std::uint64_t end64 = at_;
    write(four(0x06064b50) + eight(44) + two(made_on_unix | version_of_zip64) + two(version_of_zip64) + four(0) +
          four(0) + eight(count) + eight(count) + eight(bytes) + eight(begin));
    write(four(0x07064b50) + four(0) + eight(end64) + four(1));
  }
  const std::string members = two(wide ? most_members : count);
  write(four(0x06054b50) + two(0) + two(0) + members + members + four(wide ? filled : bytes) +
        four(wide ? filled : begin) + two(0));
}

}  // namespace xgrad::io::detail
