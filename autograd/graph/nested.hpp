#pragma once

#include <initializer_list>
#include <type_traits>
#include <vector>

#include <xgrad/autograd/graph/number.hpp>

namespace xgrad::detail {

/// One entry of a nested list of braces: a number, or a list of entries.
class Nested {
 public:
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  Nested(T number) : number_(number) {}
  Nested(std::initializer_list<Nested> entries);

  bool is_list() const { return list_; }
  const std::vector<Nested>& entries() const { return entries_; }
  const Number& number() const { return number_; }

 private:
  bool list_ = false;
  Number number_ = false;
  std::vector<Nested> entries_;
};

}  // namespace xgrad::detail
