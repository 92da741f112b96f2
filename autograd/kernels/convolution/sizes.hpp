#pragma once

#include <array>
#include <cstdint>

namespace xgrad::kernels {

/// One number for each of the three axes of a volume. Images have size 1 in the first, sequences in the first two.
using Triple = std::array<std::int64_t, 3>;

/// a / b rounded up, for b > 0 and a > -b. No intermediate result overflows. Most strides are 1, and a division takes
/// as long as ten vectors.
inline std::int64_t quotient_up(std::int64_t a, std::int64_t b) { return b == 1 ? a : a / b + (a % b > 0 ? 1 : 0); }

/// The sizes of a convolution of x (batch, groups · in, input...) with w (groups · out, in, kernel...) that gives
/// y (batch, groups · out, output...):
///
/// y[n, o, i] = Σ_{c, k} w[o, c, k] x[n, c, i stride + k dilation - padding],
///
/// where o and c are of one group, and x is 0 outside. `padding` is that before an axis; `output` determines the one
/// behind it.
struct ConvolutionSizes {
  std::int64_t batch = 0, groups = 1;
  std::int64_t in = 0, out = 0;  // channels of a group
  Triple input{1, 1, 1}, kernel{1, 1, 1}, output{1, 1, 1};
  Triple stride{1, 1, 1}, padding{0, 0, 0}, dilation{1, 1, 1};

  /// 0 where one is 0, however large the others are.
  static std::int64_t volume(const Triple& t) { return t[2] == 0 || t[1] == 0 ? 0 : t[0] * t[1] * t[2]; }
  std::int64_t pixels() const { return volume(input); }
  std::int64_t taps() const { return volume(kernel); }
  std::int64_t positions() const { return volume(output); }
  /// The number of products in an element of y.
  std::int64_t depth() const { return in * taps(); }
};

}  // namespace xgrad::kernels
