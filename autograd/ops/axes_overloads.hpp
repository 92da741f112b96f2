#pragma once

#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>

// Under `using namespace xt`, xtensor's templates of the same names match an integer or a list of axes better than a
// conversion to Axes does. The overloads that this macro declares match better still.
#define XGRAD_AXES(name)                                                                                             \
  template <class I, detail::IfIndex<I> = 0>                                                                         \
  [[nodiscard]] Tensor name(Tensor x, I axis, KeepDims keep = KeepDims::no, Source at = Source::here()) {            \
    return name(std::move(x), Axes(axis), keep, at);                                                                 \
  }                                                                                                                  \
  template <class I, std::size_t N, detail::IfIndex<I> = 0>                                                          \
  [[nodiscard]] Tensor name(Tensor x, const I(&axes)[N], KeepDims keep = KeepDims::no, Source at = Source::here()) { \
    return name(std::move(x), Axes(detail::whole_list(axes, axes + N, #name)), keep, at);                            \
  }
