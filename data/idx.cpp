#include <xgrad/data/idx.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/io/input_file.hpp>

namespace xgrad::data {
namespace {

constexpr std::size_t chunk = std::size_t{1} << 16;
constexpr std::int64_t most_elements = std::int64_t{1} << 60;  // whose bytes can be counted

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(xgrad::detail::caller_or("read_idx") + (": " + io::path_text(path)) + ": " + what);
}

/// The bytes of a file, decompressed if it is gzip. zlib's gzread silently ignores bytes after the gzip stream, so this
/// calls inflate itself.
class Input {
 public:
  explicit Input(const std::string& path)
      : path_(path), file_(xgrad::detail::caller_or("read_idx"), path), buffer_(chunk) {
    refill();
    packed_ = at_gzip_magic();
    if (packed_ && inflateInit2(&stream_, MAX_WBITS + 16) != Z_OK) fail(path_, "zlib cannot be started");
  }
  ~Input() {
    if (packed_) inflateEnd(&stream_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// Reads `bytes` bytes, or fewer where the file ends before.
  std::size_t read(std::uint8_t* to, std::size_t bytes) {
    std::size_t done = 0;
    while (done < bytes) {
      const std::size_t got = packed_ ? unpack(to + done, bytes - done) : copy(to + done, bytes - done);
      if (got == 0) break;
      done += got;
    }
    return done;
  }

 private:
  void refill() {
    begin_ = 0;
    end_ = file_.read(at_, buffer_.data(), buffer_.size());
    at_ += end_;
  }

  /// Whether any byte is left in the file.
  bool has_more() {
    if (begin_ == end_) refill();
    return begin_ != end_;
  }

  bool at_gzip_magic() const { return end_ - begin_ >= 2 && buffer_[begin_] == 0x1f && buffer_[begin_ + 1] == 0x8b; }

  std::size_t copy(std::uint8_t* to, std::size_t bytes) {
    if (!has_more()) return 0;
    const std::size_t got = std::min(bytes, end_ - begin_);
    std::memcpy(to, buffer_.data() + begin_, got);
    begin_ += got;
    return got;
  }

  std::size_t unpack(std::uint8_t* to, std::size_t bytes) {
    const auto room = static_cast<uInt>(std::min(bytes, chunk));
    stream_.next_out = to;
    stream_.avail_out = room;
    while (stream_.avail_out == room) {
      if (ended_ && !next_stream()) return 0;
      if (!has_more()) fail(path_, "the gzip stream is cut off");
      step();
    }
    return room - stream_.avail_out;
  }

  /// A gzip file may hold several streams in a row, and then zero bytes, which fill the blocks of some media.
  bool next_stream() {
    if (!has_more()) return false;
    if (buffer_[begin_] == 0) {
      require_zeros();
      return false;
    }
    if (buffer_[begin_] != 0x1f) fail(path_, "bytes that are not gzip follow the gzip stream");
    inflateReset(&stream_);
    ended_ = false;
    return true;
  }

  void require_zeros() {
    for (; has_more(); begin_ = end_)
      if (std::any_of(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                      buffer_.begin() + static_cast<std::ptrdiff_t>(end_), [](std::uint8_t byte) { return byte != 0; }))
        fail(path_, "bytes that are not gzip follow the gzip stream");
  }

  void step() {
    stream_.next_in = buffer_.data() + begin_;
    stream_.avail_in = static_cast<uInt>(end_ - begin_);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    begin_ = end_ - stream_.avail_in;
    ended_ = status == Z_STREAM_END;
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END)
      fail(path_, std::string("the gzip stream is damaged: ") + (stream_.msg ? stream_.msg : "unexpected data"));
  }

  const std::string& path_;
  const io::InputFile file_;
  std::uint64_t at_ = 0;  // where the next bytes are read
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  z_stream stream_ = {};
  bool packed_ = false;
  bool ended_ = false;
};

constexpr std::uint8_t of_bytes = 0x08, of_ints = 0x0C;

const char* element_name(std::uint8_t code) {
  switch (code) {
    case of_bytes:
      return "unsigned bytes";
    case 0x09:
      return "signed bytes";
    case 0x0B:
      return "16-bit integers";
    case of_ints:
      return "32-bit integers";
    case 0x0D:
      return "32-bit floats";
    case 0x0E:
      return "64-bit floats";
    default:
      return nullptr;
  }
}

std::string hex(std::uint8_t byte) {
  const char* digits = "0123456789abcdef";
  return std::string("0x") + digits[byte >> 4] + digits[byte & 0xf];
}

std::string product_text(const std::vector<std::int64_t>& sizes) {
  std::string text;
  for (std::int64_t size : sizes) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

std::vector<std::int64_t> read_header(const std::string& path, Input& input, std::uint8_t type) {
  std::uint8_t magic[4];
  const std::size_t got = input.read(magic, 4);
  if (got >= 2 && (magic[0] != 0 || magic[1] != 0))
    fail(path,
         "is not an IDX file: it begins with " + hex(magic[0]) + " " + hex(magic[1]) + ", not with two zero bytes");
  if (got < 4) fail(path, "is cut off after " + std::to_string(got) + " bytes, inside the header");
  if (magic[2] != type) {
    const char* name = element_name(magic[2]);
    fail(path, name ? std::string("holds ") + name + ": only " + element_name(type) + " can be read"
                    : "is not an IDX file: there is no element type " + hex(magic[2]));
  }
  const std::size_t rank = magic[3];
  if (rank < 1 || rank > 8) fail(path, "has rank " + std::to_string(rank) + ": it must be 1 to 8");

  std::uint8_t text[8 * 4];
  const std::size_t held = input.read(text, 4 * rank);
  if (held < 4 * rank) fail(path, "is cut off after " + std::to_string(4 + held) + " bytes, inside the header");
  std::vector<std::int64_t> sizes;
  for (const std::uint8_t* at = text; at != text + 4 * rank; at += 4)
    sizes.push_back(std::int64_t{at[0]} << 24 | std::int64_t{at[1]} << 16 | std::int64_t{at[2]} << 8 |
                    std::int64_t{at[3]});
  return sizes;
}

std::size_t checked_product(const std::string& path, const std::vector<std::int64_t>& sizes, std::int64_t limit) {
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return 0;
  std::int64_t product = 1;
  for (std::int64_t size : sizes) {
    if (product > limit / size)
      fail(path, "announces " + product_text(sizes) + " elements: more than the limit of " + std::to_string(limit));
    product *= size;
  }
  return static_cast<std::size_t>(product);
}

/// The elements of a file as bytes.
std::vector<std::uint8_t> read_elements(const std::string& path, std::int64_t limit, std::uint8_t type,
                                        std::size_t element, std::vector<std::int64_t>& sizes) {
  if (limit < 0)
    throw std::invalid_argument(xgrad::detail::caller_or("read_idx") +
                                (": the limit must not be negative, got " + std::to_string(limit)));
  Input input(path);
  sizes = read_header(path, input, type);
  const std::size_t total = checked_product(path, sizes, std::min(limit, most_elements)) * element;

  std::vector<std::uint8_t> bytes;
  std::size_t held = 0;
  while (held < total) {
    const std::size_t next = std::min(total, std::max(chunk, 2 * held));
    bytes.reserve(next);
    bytes.resize(next);
    const std::size_t wanted = next - held;
    const std::size_t got = input.read(bytes.data() + held, wanted);
    held += got;
    if (got < wanted)
      fail(path, "is cut off: its header announces " + product_text(sizes) + " elements, but only " +
                     std::to_string(held / element) + " follow");
  }
  std::uint8_t extra;
  if (input.read(&extra, 1) != 0)
    fail(path, "goes on after the " + product_text(sizes) + " elements that its header announces");
  return bytes;
}

}  // namespace

Idx read_idx(const std::string& path, std::int64_t limit) {
  const xgrad::detail::Calling calling("read_idx");
  Idx result;
  result.bytes = read_elements(path, limit, of_bytes, 1, result.sizes);
  return result;
}

IdxInts read_idx_ints(const std::string& path, std::int64_t limit) {
  const xgrad::detail::Calling calling("read_idx_ints");
  IdxInts result;
  const std::vector<std::uint8_t> bytes = read_elements(path, limit, of_ints, 4, result.sizes);
  result.numbers.reserve(bytes.size() / 4);
  for (std::size_t i = 0; i < bytes.size(); i += 4)
    result.numbers.push_back(static_cast<std::int32_t>(std::uint32_t{bytes[i]} << 24 |
                                                       std::uint32_t{bytes[i + 1]} << 16 |
                                                       std::uint32_t{bytes[i + 2]} << 8 | std::uint32_t{bytes[i + 3]}));
  return result;
}

}  // namespace xgrad::data
