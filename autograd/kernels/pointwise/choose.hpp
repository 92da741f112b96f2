#pragma once

#include <type_traits>

namespace xgrad::kernels {

/// f(std::true_type()) or f(std::false_type()): a switch that is known at run time, as one that loops are compiled for.
template <class F>
void choose(bool on, const F& f) {
  if (on)
    f(std::true_type());
  else
    f(std::false_type());
}

}  // namespace xgrad::kernels
