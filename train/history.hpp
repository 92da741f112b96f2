#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <xgrad/io/state_dict.hpp>
#include <xgrad/train/record.hpp>

namespace xgrad::train {

/// A table of records, one for each epoch: what to plot, to compare and to save. Columns are in the order in which they
/// first appear; where a record has no number for a column, it holds NaN.
///
///     const train::History& history = trainer.fit(loader, held_out);
///     const std::vector<double> losses = history["val_loss"];
///     history.save_csv("history.csv");
class History {
 public:
  History() = default;
  History(const History&) = default;  // a move is a copy, so that no row gets lost
  History& operator=(const History&) = default;

  /// Adds a row. A name must not be empty, nor appear twice.
  void add(const Record& row);
  void clear() { *this = History(); }

  std::size_t size() const { return rows_; }
  bool empty() const { return rows_ == 0; }
  const std::vector<std::string>& columns() const { return names_; }
  bool contains(const std::string& column) const;
  /// The numbers of a column, one for each row; an unknown one is an error that lists the columns.
  const std::vector<double>& column(const std::string& name) const;
  const std::vector<double>& operator[](const std::string& name) const { return column(name); }
  /// The numbers of a row, counted from the end when negative; those that it lacks are left out.
  Record row(std::ptrdiff_t i) const;

  /// A line of names and a line for each row, with commas; of all columns or of those named. Numbers have the fewest
  /// digits that read back as the same, NaN is an empty field, and "" where it is the only one of its line. A name with
  /// a comma, quotation mark or line break is in quotation marks (RFC 4180).
  std::string csv() const { return csv(names_); }
  std::string csv(const std::vector<std::string>& columns) const;
  /// An object of JSON in each line, without what the row lacks. JSON has no infinities: they become strings,
  /// "Infinity" and "-Infinity".
  std::string json_lines() const;
  /// The same as files, written atomically (io::AtomicFile).
  void save_csv(const std::string& path) const;
  void save_csv(const std::string& path, const std::vector<std::string>& columns) const;
  void save_json_lines(const std::string& path) const;

  /// The columns as float64 tensors, each under its place and name, as in "002.val_loss"; and back, all or nothing.
  [[nodiscard]] StateDict state_dict() const;
  void load_state_dict(const StateDict& state);

 private:
  std::size_t rows_ = 0;
  std::vector<std::string> names_;
  std::vector<std::vector<double>> values_;  // of each column
};

namespace detail {

/// Refuses a row that a history does not take.
void check_row(const Record& row);

}  // namespace detail
}  // namespace xgrad::train
