#pragma once

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

// Factories that are given neither a dtype nor an element make float32, as in PyTorch.

/// All elements 0.
[[nodiscard]] Tensor zeros(Shape shape, DType dtype = float32, Source at = Source::here());
/// All elements 1.
[[nodiscard]] Tensor ones(Shape shape, DType dtype = float32, Source at = Source::here());
/// All elements `number`; without a dtype, the number's own decides. One that the dtype cannot hold is an error. A
/// number that requires a gradient gets the sum of the gradients of all elements; it cannot fill int64 or bool.
[[nodiscard]] Tensor full(Shape shape, Tensor number, Source at = Source::here());
[[nodiscard]] Tensor full(Shape shape, Tensor number, DType dtype, Source at = Source::here());
/// zeros, ones and full of the shape and dtype of x, which gets no gradient.
[[nodiscard]] Tensor zeros_like(const Tensor& x, Source at = Source::here());
[[nodiscard]] Tensor ones_like(const Tensor& x, Source at = Source::here());
[[nodiscard]] Tensor full_like(const Tensor& x, Tensor number, Source at = Source::here());

/// start, start + step, ... before stop: ceil((stop - start) / step) elements; int64 from integers, else float64.
/// Integers are counted exactly. Bounds that are not finite and a step of 0 are errors. With dtype int64 the three
/// numbers lose their fractions first.
[[nodiscard]] Tensor arange(Number stop, Source at = Source::here());
[[nodiscard]] Tensor arange(Number start, Number stop, Number step = 1, Source at = Source::here());
[[nodiscard]] Tensor arange(Number start, Number stop, Number step, DType dtype, Source at = Source::here());
/// `count` numbers from start to stop, both included and finite. With dtype int64 the ends lose their fractions first,
/// and then the exact numbers between them theirs.
[[nodiscard]] Tensor linspace(Number start, Number stop, Dim count, DType dtype = float32, Source at = Source::here());
/// The n by m matrix with ones on its diagonal; square when m is left out.
[[nodiscard]] Tensor eye(Dim n, DType dtype = float32, Source at = Source::here());
[[nodiscard]] Tensor eye(Dim n, Dim m, DType dtype = float32, Source at = Source::here());

/// Uniform in [0, 1), from the calling thread's generator or one's own.
[[nodiscard]] Tensor rand(Shape shape, DType dtype = float32, Source at = Source::here());
[[nodiscard]] Tensor rand(Shape shape, Generator& generator, DType dtype = float32, Source at = Source::here());
/// Standard normal.
[[nodiscard]] Tensor randn(Shape shape, DType dtype = float32, Source at = Source::here());
[[nodiscard]] Tensor randn(Shape shape, Generator& generator, DType dtype = float32, Source at = Source::here());
/// Uniform whole numbers in low .. high-1, int64.
[[nodiscard]] Tensor randint(Dim low, Dim high, Shape shape, Source at = Source::here());
[[nodiscard]] Tensor randint(Dim low, Dim high, Shape shape, Generator& generator, Source at = Source::here());
/// The same in 0 .. high-1.
[[nodiscard]] Tensor randint(Dim high, Shape shape, Source at = Source::here());
[[nodiscard]] Tensor randint(Dim high, Shape shape, Generator& generator, Source at = Source::here());
/// The numbers 0 .. n-1 in random order, int64.
[[nodiscard]] Tensor randperm(Dim n, Source at = Source::here());
[[nodiscard]] Tensor randperm(Dim n, Generator& generator, Source at = Source::here());

}  // namespace xgrad
