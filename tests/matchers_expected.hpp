#pragma once

// What the comparisons behind the matchers find, for the tests of each framework.

#include <limits>
#include <string>

#include <xgrad/extend.hpp>
#include <xgrad/xgrad.hpp>

/// A function whose rule is wrong by one part in 10^4.
inline xgrad::Tensor slightly_wrong(const xgrad::Tensor& x) {
  return xgrad::record("slightly_wrong", xgrad::Source::here(), xgrad::square(x).detach(), {x},
                       xgrad::from<0>([](xgrad::Tensor t, xgrad::Tensor g) { return 2.0002 * t * g; }));
}

/// What a matcher's parts say of values that do not match; "" if all of it is as it should be.
inline std::string fault_in_messages() {
  using namespace xgrad;
  const auto holds = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  const Tensor a({{1., 2., 3.}, {4., 5., 6.}}), b({{1., 2., 3.5}, {4., 5., 7.}});
  const matching::Closeness close(b, 1e-5, 1e-8);
  const std::string reason = close.of(a).reason;
  if (!holds(reason, "2 of 6 elements of shape (2, 3) differ, the worst at (1, 2): got 6, expected 7")) return reason;
  if (close.of(b).matches == false) return "a tensor is not close to itself";
  const std::string shapes = close.of(ones({3, 2}, float64)).reason;
  if (shapes != "got shape (3, 2) float64, expected shape (2, 3) float64") return shapes;
  if (close.of(b.to(float32)).matches) return "another dtype matched";
  if (close.of(Tensor()).matches) return "an empty tensor matched";
  constexpr double inf = std::numeric_limits<double>::infinity(), none = std::numeric_limits<double>::quiet_NaN();
  if (!matching::Closeness(Tensor{inf, none}, 0, 0).of(Tensor{inf, none}).matches) return "inf or nan is not itself";
  if (matching::Closeness(Tensor{inf}, 1, 1).of(Tensor{-inf}).matches) return "-inf matched inf";
  if (matching::Closeness(Tensor{1.}, 1, 1).of(Tensor{none}).matches) return "nan matched 1";
  if (!matching::Closeness(zeros({0, 3}), 0, 0).of(zeros({0, 3})).matches) return "no elements differ";
  const matching::Gradient gradient({Tensor{0.5, 2.}}, matching::Order::first, {});
  const std::string wrong = gradient.of(slightly_wrong).reason;
  if (!holds(wrong, "backward gives") || !holds(wrong, "differences give")) return wrong;
  if (!gradient.of([](const Tensor& x) { return square(x); }).matches) return "a right gradient did not match";
  return "";
}
