#pragma once

#include <ctime>

#include <algorithm>

/// The processor time of this thread, which other programs on the machine do not lengthen.
inline double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The least of three measurements of f.
template <class F>
double seconds_of(const F& f) {
  double least = 1e9;
  for (int i = 0; i < 3; ++i) {
    const double start = processor_seconds();
    f();
    least = std::min(least, processor_seconds() - start);
  }
  return least;
}
