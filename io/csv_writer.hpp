#pragma once

#include <string>
#include <vector>

#include <xgrad/io/state_dict.hpp>

namespace xgrad::io {

/// Writes a table, of shape (rows, columns) or (rows), as lines of numbers with so many digits that read_csv gives the
/// same bits; bool as 0 and 1. The first line holds the names, if any are given. Rows without columns are refused, and
/// more than 262,144 columns without rows. Written atomically (see AtomicFile).
void write_csv(const Tensor& values, const std::string& path, const std::vector<std::string>& names = {},
               char delimiter = ',');
/// Writes tensors side by side, of shape (rows) or (rows, columns), with their names in the first line; `name.0`,
/// `name.1`... for those of several columns. They may have different dtypes.
void write_csv(const StateDict& columns, const std::string& path, char delimiter = ',');

}  // namespace xgrad::io
