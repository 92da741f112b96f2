#pragma once

// For this room's sources only: numbers as text.

#include <cstdint>
#include <string_view>

#include <xgrad/autograd/graph/dtype.hpp>

namespace xgrad::io::detail {

/// A number of one of three dtypes: float32 and float64 as double, the nearest of the dtype, and int64.
union CsvNumber {
  double real;
  std::int64_t whole;
};

enum class CsvFault : std::uint8_t { none, no_number, not_whole, beyond_int64 };

/// Drops spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// Reads a decimal number, correctly rounded to the dtype; beyond its range it is infinite or 0.
CsvFault read_number(std::string_view text, DType dtype, CsvNumber& number);

}  // namespace xgrad::io::detail
