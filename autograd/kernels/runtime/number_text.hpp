#pragma once

#include <string>

namespace xgrad::detail {

/// A number for a message: the shortest digits that read back as the same number, such as 0.1, 1e-09, 3, nan and inf.
std::string text(double number);
std::string text(float number);

}  // namespace xgrad::detail
