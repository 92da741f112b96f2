#pragma once

#include <string>

namespace xgrad::detail {

// Numbers as text, the same in every locale, where printf, streams and std::to_string obey that of the process. NaN is
// "nan" whatever its sign.

/// The fewest digits that read back as the same number.
std::string number_text(double number);
std::string number_text(float number);
/// At most `digits` significant digits, as printf's %g.
std::string number_text(double number, int digits);
/// With `decimals` digits after the point, as printf's %f.
std::string fixed_text(double number, int decimals);

}  // namespace xgrad::detail
