#pragma once

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
};

/// Computes it with vectors of neighbouring results of a row, from bands of the source that are copied to where every
/// tap reads a vector from one place.
template <class T>
void correlate(const Correlation& c, const T* x, const T* w, const T* bias, T* y);

/// Whether what is staged is not much larger than the source, though a dilated kernel may reach far beyond that.
bool stages_little(const Correlation& c);
/// Whether rows of so many results fill most lanes of vectors.
template <class T>
bool fills_vectors(std::int64_t row);
/// Whether the results do, of which a vector may hold the end of one row and the beginning of the next where these
/// follow each other in y.
template <class T>
bool suits_correlation(const Correlation& c);

}  // namespace xgrad::kernels
