// Transposes of sizes that go through tiles, from the first to the last element.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"

using namespace xgrad;

namespace {

/// Pseudo-random numbers, which depend only on the index.
Tensor scattered(const Shape& shape, DType dtype) {
  Tensor x = Raw::uninitialized(shape, float64);
  auto* data = static_cast<double*>(Raw::write_bytes(x));
  for (std::int64_t i = 0, size = x.size(); i < size; ++i) data[i] = static_cast<double>(i * 7919 % 65521 - 30000);
  return dtype == boolean ? x > 0 : x.to(dtype);
}

/// The first place where y is not x with its last two axes exchanged.
template <class T>
std::string unlike(const Tensor& x, const Tensor& y) {
  const std::int64_t rows = x.shape()[x.shape().rank() - 2], columns = x.shape()[x.shape().rank() - 1];
  const T *from = Raw::data<T>(x), *to = Raw::data<T>(y);
  const T* const end = from + x.size();
  for (std::int64_t plane = 0; from != end; ++plane, to += rows * columns)
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t column = 0; column < columns; ++column, ++from)
        if (*from != to[column * rows + row])
          return "element (" + std::to_string(plane) + ", " + std::to_string(row) + ", " + std::to_string(column) + ")";
  return "";
}

/// "" if x with its last two axes exchanged is what transpose makes of it.
std::string unlike(const Tensor& x) {
  std::vector<std::int64_t> axes;
  for (std::size_t k = 0; k < x.shape().rank(); ++k) axes.push_back(static_cast<std::int64_t>(k));
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  const Tensor y = transpose(x, axes);
  if (x.dtype() == float32) return unlike<float>(x, y);
  if (x.dtype() == float64) return unlike<double>(x, y);
  if (x.dtype() == int64) return unlike<std::int64_t>(x, y);
  return unlike<bool>(x, y);
}

}  // namespace

TEST_CASE("transposes of every type are right to the last element", "[transpose]") {
  for (const DType dtype : {float32, float64, int64, boolean})
    for (const Shape& shape : {Shape{1024, 1024}, Shape{1023, 1025}, Shape{1000, 777}, Shape{2048, 65}, Shape{63, 4096},
                               Shape{4096, 3}, Shape{17, 5000}, Shape{3, 256, 512}, Shape{5, 130, 1024}}) {
      INFO(name_of(dtype) << " of " << shape);
      const Tensor x = scattered(shape, dtype);
      CHECK(unlike(x) == "");
    }
}

TEST_CASE("transposes beyond the caches are right on any number of threads", "[transpose]") {
  const int before = num_threads();
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    for (const Shape& shape : {Shape{2048, 2048}, Shape{2064, 2051}, Shape{2051, 2064}, Shape{4, 1008, 1056}}) {
      INFO(shape << " on " << threads << " threads");
      for (const DType dtype : {float32, float64}) {
        const Tensor x = scattered(shape, dtype);
        CHECK(unlike(x) == "");
      }
    }
    const Tensor mask = scattered({4096, 4160}, boolean);
    CHECK(unlike(mask) == "");
  }
  set_num_threads(before);
}
