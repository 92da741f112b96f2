#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/axis_list.hpp>
#include <xgrad/autograd/graph/dtype.hpp>
#include <xgrad/autograd/graph/shape.hpp>

namespace xgrad {

/// A setting of an op, such as the axis of a softmax: a name and a value of one of five kinds. Printing, profiling and
/// export read these from the nodes of a graph.
struct Attribute {
  enum class Kind : std::uint8_t { truth, integer, real, text, list };

  Attribute(const char* key, bool value) : name(key), kind(Kind::truth), integer(value) {}
  template <class I, std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int> = 0>
  Attribute(const char* key, I value) : name(key), kind(Kind::integer), integer(static_cast<std::int64_t>(value)) {}
  Attribute(const char* key, double value) : name(key), kind(Kind::real), real(value) {}
  Attribute(const char* key, const char* value) : name(key), kind(Kind::text), text(value) {}
  Attribute(const char* key, DType value) : Attribute(key, name_of(value)) {}
  Attribute(const char* key, KeepDims value) : Attribute(key, value == KeepDims::yes) {}
  Attribute(const char* key, const Shape& value) : name(key), kind(Kind::list), list(value.begin(), value.end()) {}
  template <class T>
  Attribute(const char* key, const AxisList<T>& value) : name(key), kind(Kind::list) {
    for (const T& item : value) list.push_back(static_cast<std::int64_t>(item));
  }

  const char* name;
  Kind kind;
  std::int64_t integer = 0;  ///< of kind integer, and 0 or 1 of kind truth
  double real = 0;
  std::string text;
  std::vector<std::int64_t> list;
};

/// "axis=1", "approximate=tanh", "axes=(0, 2)", "training=true".
std::string to_string(const Attribute& attribute);

namespace detail {

/// The attributes of one node, stored as plain values: nothing is allocated until they are asked for.
template <class... T>
class AttributeSet {
 public:
  explicit AttributeSet(std::pair<const char*, T>... items) : items_(std::move(items)...) {}

  std::vector<Attribute> list() const {
    std::vector<Attribute> result;
    std::apply([&](const auto&... item) { (result.emplace_back(item.first, item.second), ...); }, items_);
    return result;
  }

 private:
  std::tuple<std::pair<const char*, T>...> items_;
};
template <>
class AttributeSet<> {
 public:
  std::vector<Attribute> list() const { return {}; }
};

template <class Flat, std::size_t... I>
auto pair_up(Flat&& flat, std::index_sequence<I...>) {
  return AttributeSet<std::decay_t<std::tuple_element_t<2 * I + 1, std::decay_t<Flat>>>...>(
      std::make_pair(static_cast<const char*>(std::get<2 * I>(flat)), std::get<2 * I + 1>(flat))...);
}

}  // namespace detail

/// What record() keeps of an op's settings, as names and values in turn: attributes("axis", 1, "keepdims", false).
template <class... NameAndValue>
auto attributes(const NameAndValue&... flat) {
  static_assert(sizeof...(NameAndValue) % 2 == 0, "attributes: a value follows each name");
  return detail::pair_up(std::tuple<std::decay_t<const NameAndValue&>...>(flat...),
                         std::make_index_sequence<sizeof...(NameAndValue) / 2>{});
}

}  // namespace xgrad
