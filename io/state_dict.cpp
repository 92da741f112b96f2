#include <xgrad/io/state_dict.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include <xgrad/io/name_text.hpp>

namespace xgrad {
namespace {

/// Memory that tensors of one dtype lie in, each of which overlaps with another one.
struct Piece {
  DType dtype;
  const char *begin, *end;
  Tensor copy = {};
};

std::size_t bytes_of(const Tensor& tensor) { return static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype()); }

Piece piece_of(const Tensor& tensor) {
  const char* begin = static_cast<const char*>(Raw::bytes(tensor));
  return {tensor.dtype(), begin, begin + bytes_of(tensor)};
}

bool before(const Piece& a, const Piece& b) {
  return a.dtype != b.dtype ? a.dtype < b.dtype : std::less<>()(a.begin, b.begin);
}

/// What tensors with elements lie in, in the order of before().
std::vector<Piece> pieces_of(const StateDict::Entries& entries) {
  std::vector<Piece> all;
  for (const auto& entry : entries)
    if (entry.second.defined() && entry.second.size() > 0) all.push_back(piece_of(entry.second));
  std::sort(all.begin(), all.end(), before);
  std::vector<Piece> merged;
  for (Piece& each : all)
    if (merged.empty() || merged.back().dtype != each.dtype || !std::less<>()(each.begin, merged.back().end))
      merged.push_back(std::move(each));
    else
      merged.back().end = std::max(merged.back().end, each.end, std::less<>());
  return merged;
}

/// The tensor's place in the copy of the piece that it lies in.
Tensor copy_of(const Tensor& tensor, std::vector<Piece>& pieces) {
  if (tensor.size() == 0) return Raw::uninitialized(tensor.shape(), tensor.dtype());
  const Piece own = piece_of(tensor);
  Piece& piece = *std::prev(std::upper_bound(pieces.begin(), pieces.end(), own, before));
  const auto place = [&](const char* at) {
    return (at - piece.begin) / static_cast<std::ptrdiff_t>(size_of(piece.dtype));
  };
  if (!piece.copy.defined()) {
    piece.copy = Raw::uninitialized({place(piece.end)}, piece.dtype);
    std::memcpy(Raw::write_bytes(piece.copy), piece.begin, static_cast<std::size_t>(piece.end - piece.begin));
  }
  return Raw::alias(piece.copy, tensor.shape(), place(own.begin));
}

}  // namespace

StateDict::StateDict(const Entries& entries) : Entries(entries) {}
StateDict::StateDict(Entries&& entries) noexcept : Entries(std::move(entries)) {}

StateDict::const_iterator StateDict::find(const std::string& key) const {
  return std::find_if(begin(), end(), [&](const value_type& entry) { return entry.first == key; });
}

StateDict::iterator StateDict::find(const std::string& key) {
  return std::find_if(begin(), end(), [&](const value_type& entry) { return entry.first == key; });
}

const StateDict::value_type& StateDict::at(size_type i) const {
  if (i >= size())
    throw std::out_of_range("StateDict: there is no entry " + std::to_string(i) + ": there are " +
                            std::to_string(size()));
  return (*this)[i];
}

const Tensor& StateDict::at(const std::string& key) const& {
  const auto found = find(key);
  if (found != end()) return found->second;
  std::vector<std::string> keys;
  for (const auto& each : *this) keys.push_back(each.first);
  throw std::invalid_argument("StateDict: there is no " + io::detail::name_text(key) + io::detail::there_are(keys));
}

Tensor& StateDict::at(const std::string& key) & { return const_cast<Tensor&>(std::as_const(*this).at(key)); }

StateDict StateDict::clone() const {
  StateDict result;
  result.reserve(size());
  std::vector<Piece> pieces = pieces_of(*this);
  for (const auto& [key, tensor] : *this) {
    Tensor copy;
    if (tensor.defined()) {
      copy = copy_of(tensor, pieces);
      Raw::value(copy)->copied = true;
    }
    result.emplace_back(key, std::move(copy));
  }
  return result;
}

}  // namespace xgrad
