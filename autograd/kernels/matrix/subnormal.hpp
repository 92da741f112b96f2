#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace xgrad::kernels {

/// The operands of a large product, multiplied by powers of two where they hold subnormal numbers, which Intel's
/// processors multiply a hundred times more slowly than others. Gradients through softmax and logsumexp are full of
/// them. The product of these operands times factor() is the wanted one; the scaling is exact. Subnormal numbers are
/// looked for in a sample of each operand, so that products without them pay nothing measurable.
template <class T>
class WithoutSubnormals {
 public:
  WithoutSubnormals(const T* a, std::int64_t a_size, const T* b, std::int64_t b_size, std::int64_t k);
  const T* a() const { return a_; }
  const T* b() const { return b_; }
  T factor() const { return factor_; }

 private:
  const T *a_, *b_;
  T factor_ = 1;
  detail::Scratch<T> scaled_a_{std::size_t{0}}, scaled_b_{std::size_t{0}};
};

}  // namespace xgrad::kernels
