#pragma once

#include <iosfwd>

namespace xgrad {

class Tensor;

/// Values, shape and dtype, as in `[1, 2, 3] shape (3), float64`. Long axes are cut to their ends.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace xgrad
