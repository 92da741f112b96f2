#include <xgrad/io/state_dict.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <xgrad/io/name_text.hpp>

namespace xgrad {
namespace {

bool same_memory(const Tensor& a, const Tensor& b) {
  return Raw::storage(a) == Raw::storage(b) && Raw::bytes(a) == Raw::bytes(b) && a.shape() == b.shape() &&
         a.dtype() == b.dtype();
}

Tensor copy_of(const Tensor& original) {
  Tensor copy = Raw::uninitialized(original.shape(), original.dtype());
  const std::size_t bytes = static_cast<std::size_t>(original.size()) * size_of(original.dtype());
  if (bytes > 0) std::memcpy(Raw::write_bytes(copy), Raw::bytes(original), bytes);
  return copy;
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
  std::unordered_multimap<const void*, std::size_t> copied;  // from the address of the numbers to the entry
  for (const auto& [key, tensor] : *this) {
    Tensor copy;
    if (tensor.defined() && tensor.size() > 0) {
      const auto known = copied.equal_range(Raw::bytes(tensor));
      for (auto it = known.first; it != known.second && !copy.defined(); ++it)
        if (same_memory((*this)[it->second].second, tensor)) copy = result[it->second].second;
      if (!copy.defined()) copied.emplace(Raw::bytes(tensor), result.size());
    }
    if (tensor.defined() && !copy.defined()) {
      copy = copy_of(tensor);
      Raw::value(copy)->copied = true;
    }
    result.emplace_back(key, std::move(copy));
  }
  return result;
}

}  // namespace xgrad
