#pragma once

#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// While an object exists, every handle of some tensors has the values and the place in the graph of others. Writes in
/// place then write those. Not for tensors that another thread uses.
class Substitution {
 public:
  Substitution() = default;
  ~Substitution();
  Substitution(const Substitution&) = delete;
  Substitution& operator=(const Substitution&) = delete;

  /// `tensor` has the values of `other` from now on; a tensor that has been given others keeps the first.
  void add(const Tensor& tensor, const Tensor& other);
  /// y, or what was put in its place if it is one of the tensors: for a result that outlives the object.
  Tensor outliving(const Tensor& y) const;

 private:
  struct Entry {
    Tensor tensor, other;
    Ref<Value> before;  // the state of `tensor` that comes back
  };
  std::vector<Entry> entries_;
};

}  // namespace xgrad::detail
