#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// What an op returns that makes several tensors: a vector of them. An element of a temporary list is itself a
/// temporary, so that a write to it that nobody would see is refused, as in split(x, 2, 1)[0].fill_(7).
class Pieces : public std::vector<Tensor> {
 public:
  using Base = std::vector<Tensor>;
  using Base::Base;
  Pieces() = default;
  Pieces(Base list) : Base(std::move(list)) {}

  Tensor& operator[](std::size_t i) & { return Base::operator[](i); }
  const Tensor& operator[](std::size_t i) const& { return Base::operator[](i); }
  Tensor operator[](std::size_t i) && { return std::move(*this).at(i); }
  Tensor& at(std::size_t i) & { return Base::operator[](checked(i)); }
  const Tensor& at(std::size_t i) const& { return Base::operator[](checked(i)); }
  Tensor at(std::size_t i) && { return std::move(Base::operator[](checked(i))); }
  Tensor& front() & { return at(0); }
  const Tensor& front() const& { return at(0); }
  Tensor front() && { return std::move(*this).at(0); }
  Tensor& back() & { return at(size() - 1); }
  const Tensor& back() const& { return at(size() - 1); }
  Tensor back() && { return std::move(*this).at(size() - 1); }

 private:
  std::size_t checked(std::size_t i) const {
    if (i >= size())
      throw std::invalid_argument("at: piece " + std::to_string(i) + " of " + std::to_string(size()) +
                                  " does not exist");
    return i;
  }
};

}  // namespace xgrad
