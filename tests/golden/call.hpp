#pragma once

// Calls of ops by name, with arguments from a file: how the library is compared with another one. A file is a
// safetensors file. Its metadata names the calls and gives their settings; its tensors are their arguments:
//
//     "17"    -> "op=softplus;beta=2.0;wants=x"
//     "17.x"  -> the argument x
//
// tools/compare_with_torch.py writes such files.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/io/safetensors.hpp>

namespace golden {

using xgrad::Tensor;
using Tensors = std::vector<Tensor>;

/// The arguments of one call by PyTorch's names for them. An argument that is not there is undefined or the fallback.
class Call {
 public:
  Call(const xgrad::io::SafetensorsFile& file, std::string id);

  const std::string& id() const { return id_; }
  const std::string& op() const { return op_; }
  /// "softmax(x (2, 3) float64, dim=1)", for messages.
  std::string text() const;
  bool has(const std::string& name) const;
  /// Whether an argument has this dtype.
  bool has(xgrad::DType dtype) const;

  /// A tensor; or a number, which is then weak.
  Tensor operator[](const std::string& name) const;
  /// The tensors name.0, name.1, ...
  Tensors list(const std::string& name) const;
  double number(const std::string& name, double fallback = 0) const;
  std::int64_t integer(const std::string& name, std::int64_t fallback = 0) const;
  bool flag(const std::string& name, bool fallback = false) const;
  std::vector<std::int64_t> integers(const std::string& name) const;
  std::string word(const std::string& name, const std::string& fallback = "") const;

  xgrad::Axes axes(const std::string& name = "dim") const;
  xgrad::KeepDims keepdims() const;
  xgrad::DType dtype(const std::string& name = "dtype", xgrad::DType fallback = xgrad::float32) const;

  /// The tensors whose gradients are asked for.
  const std::vector<std::string>& wants() const { return wants_; }
  /// The names of arguments that nobody has asked for: the op does not know them.
  std::string unused() const;

 private:
  const std::string* find(const std::string& name) const;

  std::string id_, op_;
  std::vector<std::string> wants_;
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, std::string> settings_;
  mutable std::set<std::string> used_;
};

/// The tensors that a call returns.
struct Results : Tensors {
  using Tensors::Tensors;
  Results(Tensor y) : Tensors{std::move(y)} {}
  Results(Tensors all) : Tensors(std::move(all)) {}
  Results(xgrad::ValuesIndices y) : Tensors{std::move(y.values), std::move(y.indices)} {}
};

using Function = std::function<Results(const Call&)>;

/// The ops that can be called, one line each in the file of their kind.
using Registry = std::map<std::string, Function>;
Registry pointwise_calls();
Registry mathematics_calls();
Registry activation_calls();
Registry reduction_calls();
Registry sorting_calls();
Registry shape_calls();
Registry arranging_calls();
Registry indexing_calls();
Registry product_calls();
Registry linalg_calls();
Registry loss_calls();
Registry layer_calls();
Registry convolution_calls();
Registry pooling_calls();
Registry recurrence_calls();
Registry attention_calls();

/// All of them.
const Registry& registry();

// ---- lines of the registry for the commonest signatures: y = f(x), y = f(input, other)

Function unary(Tensor (*f)(Tensor, xgrad::Source));
Function binary(Tensor (*f)(Tensor, Tensor, xgrad::Source));
/// f(x, axes, keep).
Function reducing(Tensor (*f)(Tensor, xgrad::Axes, xgrad::KeepDims, xgrad::Source));

/// What a call gives, under the names y.0, y.1, ... of its results; grad.x of the gradient with respect to x, the
/// results being weighted by the tensors seed.0, ... of the file; and second.x of the gradient of those gradients,
/// weighted by direction.x, where the file has such. Gradients that do not depend on an input are zeros.
using Outcome = std::map<std::string, Tensor>;
Outcome run(const xgrad::io::SafetensorsFile& file, const Call& call);

/// The calls of a file in their order.
std::vector<std::string> ids(const xgrad::io::SafetensorsFile& file);

}  // namespace golden
