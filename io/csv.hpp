#pragma once

#include <map>
#include <string>
#include <vector>

#include <xgrad/io/csv_options.hpp>
#include <xgrad/io/csv_writer.hpp>
#include <xgrad/io/state_dict.hpp>

namespace xgrad::io {

/// What read_csv gives.
struct Csv {
  /// The numbers, of shape (rows, columns).
  Tensor values;
  /// The names of the columns of `values`; those that one_hot() made are called `column=word`.
  std::vector<std::string> names;
  /// The column of labels, of shape (rows); undefined if none was asked for.
  Tensor labels;
  /// The words of each column that categories() or one_hot() names, by its name, in the order of their indices.
  std::map<std::string, std::vector<std::string>> vocabularies;
};

/// Reads a table of numbers and words from a CSV file (RFC 4180).
///
///     const io::Csv train = io::read_csv("penguins.csv", io::CsvOptions().labels("species").categories({"species"})
///                                                            .one_hot({"island"}));
///     const data::TensorDataset rows(train.values, train.labels);
///
/// Records are lines, which end with LF, CRLF or CR; empty ones are left out. A field in quotes may hold delimiters,
/// line breaks and, doubled, quotes; a quote inside of another field is a character. Every record must have as many
/// fields as the first. A byte order mark of UTF-8 is skipped. Numbers are decimal, as C++, Python and JSON write them,
/// with inf and nan, whatever the locale; they are correctly rounded, beyond the range to infinity or 0. Where dtype is
/// int64 they are exact in every form, such as 9007199254740993.0; those with a fraction, however small, and those
/// beyond its range are errors.
///
/// Throws std::runtime_error with the place, as in "read_csv: 'data.csv', line 12, column 3 ("age"): 'x' is not a
/// number:
/// ..."; lines and columns count from 1. std::invalid_argument for options that no file could fulfil. A file may be
/// hostile: memory grows with what is really read, a record has at most 64 MiB and max_columns() fields. Only regular
/// files are opened.
[[nodiscard]] Csv read_csv(const std::string& path, const CsvOptions& options = CsvOptions());

}  // namespace xgrad::io
