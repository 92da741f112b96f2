#pragma once

// What an op raises: for tests of floating-point exceptions.

#include <cfenv>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/ops/ops.hpp>

inline std::string raised() {
  const int flags = std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
  return std::string(flags & FE_INVALID ? "invalid " : "") + (flags & FE_DIVBYZERO ? "divided by zero " : "") +
         (flags & FE_OVERFLOW ? "overflow " : "");
}

inline xgrad::Tensor normal_numbers(const xgrad::Shape& shape, xgrad::DType dtype, std::uint64_t seed = 1) {
  xgrad::kernels::Philox random(seed);
  const xgrad::Tensor x = xgrad::Raw::uninitialized(shape, xgrad::float64);
  for (std::int64_t i = 0; i < x.size(); ++i) xgrad::Raw::write<double>(x)[i] = random.normal();
  return x.to(dtype);
}

/// x is normal, p positive, both of rank 2.
struct Op {
  const char* name;
  std::function<xgrad::Tensor(const xgrad::Tensor& x, const xgrad::Tensor& p)> f;
};

/// What the op raises forward and backward at lengths 1 to 70 of either axis; empty for nothing.
inline std::string exceptions_of(const Op& op, xgrad::DType dtype) {
  using namespace xgrad;
  std::string found;
  for (std::int64_t n = 1; n <= 70 && found.size() < 300; ++n)
    for (const Shape& shape : {Shape{1, n}, Shape{n, 1}, Shape{3, n}, Shape{n, 2}}) {
      const Tensor x = normal_numbers(shape, dtype).requires_grad_();
      const Tensor p = (abs(normal_numbers(shape, dtype, 2)) + 0.1).detach().requires_grad_();
      std::feclearexcept(FE_ALL_EXCEPT);
      const Tensor y = op.f(x, p);
      std::string what = raised();
      if (what.empty() && y.requires_grad()) {
        y.backward(normal_numbers(y.shape(), y.dtype(), 3));
        what = raised();
        if (!what.empty()) what += "in backward ";
      }
      if (!what.empty()) found += what + to_string(shape) + "; ";
    }
  return found;
}

/// The same for a list of ops, each with its name.
inline std::string exceptions_of(const std::vector<Op>& ops, xgrad::DType dtype) {
  std::string all;
  for (const Op& op : ops) {
    const std::string found = exceptions_of(op, dtype);
    if (!found.empty()) all += std::string(op.name) + " in " + xgrad::name_of(dtype) + ": " + found + "\n";
  }
  return all;
}
