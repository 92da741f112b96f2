#pragma once

#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// An ordered list of named tensors: the parameters and buffers of a model, as PyTorch's state_dict() lists them. A
/// std::vector of pairs whose tensors are found by key too.
class StateDict : public std::vector<std::pair<std::string, Tensor>> {
 public:
  using Entries = std::vector<std::pair<std::string, Tensor>>;
  using Entries::Entries;
  using Entries::operator[];
  StateDict() = default;
  StateDict(const Entries& entries);
  StateDict(Entries&& entries) noexcept;

  bool contains(const std::string& key) const { return find(key) != end(); }
  /// The first entry with this key, or end().
  const_iterator find(const std::string& key) const;
  iterator find(const std::string& key);
  /// Entry i; one that is not there is an error.
  const value_type& at(size_type i) const;
  value_type& at(size_type i) { return const_cast<value_type&>(std::as_const(*this).at(i)); }
  /// The tensor of a key; an unknown one is an error.
  const Tensor& at(const std::string& key) const&;
  Tensor& at(const std::string& key) &;
  Tensor at(const std::string& key) && { return std::move(at(key)); }
  const Tensor& operator[](const std::string& key) const& { return at(key); }
  Tensor& operator[](const std::string& key) & { return at(key); }
  Tensor operator[](const std::string& key) && { return std::move(at(key)); }

  /// The same keys with copies of the tensors. Those that share memory are copied once, and share the copy. Writing to
  /// a tensor of a temporary, as in model.state_dict()["weight"].fill_(0), is refused, since nobody would see it.
  StateDict clone() const;
};

namespace io {
using xgrad::StateDict;
}  // namespace io
}  // namespace xgrad
