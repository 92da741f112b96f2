#include <xgrad/autograd/ops/bitwise.hpp>

#include <string>

#include <xgrad/autograd/ops/pointwise.hpp>

namespace xgrad {
namespace {

using Whole = Vec<std::int64_t>;

// y = f(x...) on int64, to which bool is converted; operands that are all bool give bool, unless they are refused.
template <std::size_t N, class F>
Tensor on_bits(const char* op, Source at, const std::array<Tensor, N>& x, bool takes_bool, const F& f) {
  const detail::Timed timed(op, at);
  detail::require_defined(op, x.data(), N);
  for (const Tensor& each : x)
    if (is_floating(each.dtype()))
      throw detail::argument_error(std::string(op) + ": an operand is " + name_of(each.dtype()) +
                                   ", whose bits are no number: only int64 and bool will do");
  const DType dtype = detail::promote(x.data(), N, false);
  if (dtype == boolean && !takes_bool) detail::refuse_bool(op);
  const Shape shape = detail::broadcast_all(op, x.data(), N);
  return detail::integer_pass(&f, kernels::row_body<std::int64_t, std::int64_t, N, F>, x.data(), N,
                              detail::result_room(x.data(), N, shape, dtype));
}

std::int64_t shifted_left(std::int64_t a, std::int64_t b) {
  return b < 0 || b > 63 ? 0 : static_cast<std::int64_t>(static_cast<std::uint64_t>(a) << b);
}
std::int64_t shifted_right(std::int64_t a, std::int64_t b) { return a >> (b < 0 || b > 63 ? 63 : b); }

}  // namespace

Tensor bitwise_and(Tensor a, Tensor b, Source at) {
  return on_bits<2>("bitwise_and", at, {a, b}, true, [](Whole x, Whole y) { return Whole(x.v & y.v); });
}
Tensor bitwise_or(Tensor a, Tensor b, Source at) {
  return on_bits<2>("bitwise_or", at, {a, b}, true, [](Whole x, Whole y) { return Whole(x.v | y.v); });
}
Tensor bitwise_xor(Tensor a, Tensor b, Source at) {
  return on_bits<2>("bitwise_xor", at, {a, b}, true, [](Whole x, Whole y) { return Whole(x.v ^ y.v); });
}
Tensor bitwise_not(Tensor x, Source at) {
  const bool truth = x.defined() && x.dtype() == boolean;
  return on_bits<1>("bitwise_not", at, {x}, true,
                    [truth](Whole v) { return Whole(truth ? std::int64_t{v.v == 0} : ~v.v); });
}
Tensor bitwise_left_shift(Tensor a, Tensor b, Source at) {
  return on_bits<2>("bitwise_left_shift", at, {a, b}, false,
                    [](Whole x, Whole y) { return Whole(shifted_left(x.v, y.v)); });
}
Tensor bitwise_right_shift(Tensor a, Tensor b, Source at) {
  return on_bits<2>("bitwise_right_shift", at, {a, b}, false,
                    [](Whole x, Whole y) { return Whole(shifted_right(x.v, y.v)); });
}

}  // namespace xgrad
