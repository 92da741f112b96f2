#pragma once

#include <algorithm>
#include <cstdint>

#include <xgrad/autograd/kernels/convolution/staging.hpp>

namespace xgrad::kernels {

/// y[n, o, i first.. ] = bias[o] + Σ_{c, m} w[o, c, tap(m)] x[n, c, i step + offset(m)], for the channels o and c of
/// one group: what a convolution is, and each part of a transposed one whose results have the same remainder of
/// division by the stride.
struct Correlation {
  std::int64_t batch, groups;
  std::int64_t sources, results;  // channels of a group
  Line line[3];
  // Weight (o, c, tap) of a group lies at group w_group + o w_result + c w_source + tap.
  std::int64_t w_group, w_result, w_source;
  Triple kernel;
  // Result i of an axis is element i y_step + y_first of an axis of y_size elements.
  Triple y_size, y_step, y_first;

  std::int64_t pixels() const { return line[0].size * line[1].size * line[2].size; }
  std::int64_t taps() const { return line[0].taps * line[1].taps * line[2].taps; }
  std::int64_t positions() const { return line[0].results * line[1].results * line[2].results; }

  /// Writes the places of the taps in a kernel.
  void write_taps(std::int64_t* to) const {
    each_tap(line, [&](std::int64_t m0, std::int64_t m1, std::int64_t m2) {
      *to++ = (line[0].tap(m0) * kernel[1] + line[1].tap(m1)) * kernel[2] + line[2].tap(m2);
    });
  }
  /// The source channels of a block, whose products a tile adds up before it stores its sums.
  std::int64_t block() const {
    constexpr std::int64_t most_products = 640;
    const std::int64_t most = std::max<std::int64_t>(1, most_products / std::max<std::int64_t>(1, taps()));
    const std::int64_t blocks = std::max<std::int64_t>(1, (sources + most - 1) / most);
    return std::max<std::int64_t>(1, (sources + blocks - 1) / blocks);
  }
};

/// The correlation that a convolution of x with w is.
Correlation forward_correlation(const ConvolutionSizes& s);
/// The one that gives the elements r, r + stride, ... of the gradient of x from that of y.
Correlation transposed_correlation(const ConvolutionSizes& s, const Triple& r);

/// Whether what is staged is not much larger than the source, though a dilated kernel may reach far beyond that.
bool stages_little(const Correlation& c);

/// The time of copying some rows of so many vectors, in products of vectors, as measured.
inline double time_of_copies(std::int64_t rows, std::int64_t vectors) {
  return static_cast<double>(rows) * (7 + 3 * static_cast<double>(vectors));
}

}  // namespace xgrad::kernels
