#pragma once

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

// Factories that are given neither a dtype nor an element make float32, as in PyTorch.

Tensor zeros(Shape shape, DType dtype = float32);
Tensor ones(Shape shape, DType dtype = float32);
/// All elements `number`; without a dtype, the number's own decides.
Tensor full(Shape shape, Tensor number);
Tensor full(Shape shape, Tensor number, DType dtype);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor full_like(const Tensor& x, double number);

/// start, start + step, ... before stop: ceil((stop - start) / step) elements; int64 from integers, else float64.
template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
Tensor arange(T stop);
template <class A, class B, class C = int,
          std::enable_if_t<std::is_arithmetic_v<A> && std::is_arithmetic_v<B>, int> = 0>
Tensor arange(A start, B stop, C step = 1);
Tensor arange(double start, double stop, double step, DType dtype);
/// `count` numbers from start to stop, both included.
Tensor linspace(double start, double stop, Dim count, DType dtype = float32);
/// The n by m matrix with ones on its diagonal; square when m is left out.
Tensor eye(Dim n, DType dtype = float32);
Tensor eye(Dim n, Dim m, DType dtype = float32);

/// Uniform in [0, 1), from the calling thread's generator or one's own.
Tensor rand(Shape shape, DType dtype = float32);
Tensor rand(Shape shape, Generator& generator, DType dtype = float32);
/// Standard normal.
Tensor randn(Shape shape, DType dtype = float32);
Tensor randn(Shape shape, Generator& generator, DType dtype = float32);
/// Uniform whole numbers in low .. high-1, int64.
Tensor randint(std::int64_t low, std::int64_t high, Shape shape);
Tensor randint(std::int64_t low, std::int64_t high, Shape shape, Generator& generator);
/// The numbers 0 .. n-1 in random order, int64.
Tensor randperm(Dim n);
Tensor randperm(Dim n, Generator& generator);

template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int>>
Tensor arange(T stop) {
  return arange(T(0), stop);
}

template <class A, class B, class C, std::enable_if_t<std::is_arithmetic_v<A> && std::is_arithmetic_v<B>, int>>
Tensor arange(A start, B stop, C step) {
  constexpr bool whole = std::is_integral_v<A> && std::is_integral_v<B> && std::is_integral_v<C>;
  return arange(static_cast<double>(start), static_cast<double>(stop), static_cast<double>(step),
                whole ? int64 : float64);
}

}  // namespace xgrad
