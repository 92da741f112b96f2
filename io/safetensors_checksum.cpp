#include <xgrad/io/safetensors_checksum.hpp>

#include <charconv>

#include <xgrad/io/elements.hpp>

namespace xgrad::io::detail {
namespace {

constexpr std::size_t digits = 8;

}  // namespace

void HeaderChecksum::add(const std::string& line) { value_ = crc32_of(line.data(), line.size(), value_); }

void HeaderChecksum::add_tensor(const std::string& name, const std::string& dtype, const std::string& sizes) {
  add(name + ' ' + dtype + ' ' + sizes + '\n');
}

void HeaderChecksum::add_metadata(const Metadata& metadata) {
  for (const auto& [key, value] : metadata)
    if (key != checksum_key) add(key + '=' + value + '\n');
}

std::string hex_text(std::uint32_t checksum) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; checksum >>= 4) text[i] = "0123456789abcdef"[checksum & 0xf];
  return text;
}

std::string checksum_text(const std::vector<std::uint32_t>& checksums) {
  std::string text;
  for (const std::uint32_t checksum : checksums) text += (text.empty() ? "" : " ") + hex_text(checksum);
  return text;
}

bool read_checksums(const std::string& text, std::vector<std::uint32_t>& checksums) {
  if (text.size() % (digits + 1) != digits) return false;
  checksums.clear();
  for (std::size_t at = 0; at < text.size(); at += digits + 1) {
    std::uint32_t number = 0;
    const char* end = text.data() + at + digits;
    const auto read = std::from_chars(text.data() + at, end, number, 16);
    if (read.ec != std::errc() || read.ptr != end) return false;
    checksums.push_back(number);
  }
  return text == checksum_text(checksums);  // the case of the digits too
}

}  // namespace xgrad::io::detail
