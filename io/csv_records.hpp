#pragma once

// For this room's sources only: the records and fields of a CSV file.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <xgrad/io/input_file.hpp>

namespace xgrad::io::detail {

class CsvRecords {
 public:
  /// A record of more than `most_fields` fields is an error.
  CsvRecords(const std::string& path, char delimiter, char comment, std::int64_t skip_lines, std::size_t most_fields);

  /// Reads the next record that is not empty; false at the end of the file. Its fields are valid until the next call.
  bool next();

  std::size_t size() const { return fields_.size(); }
  /// The text of a field, without quotes.
  std::string_view text(std::size_t i);
  bool quoted(std::size_t i) const { return fields_[i].quoted; }
  /// The line where the record begins, from 1.
  std::int64_t line() const { return line_; }

  /// "read_csv: 'path', line 3: what", and with a field's line, its number from 1 and its name, if there is one.
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail(std::size_t field, const std::string& name, const std::string& what) const;

 private:
  /// Small, since a file may hold one in each byte. The buffer is no longer than a record may be.
  struct Field {
    std::uint32_t begin, end;  // within the buffer
    std::uint32_t line;        // from the record's first
    bool quoted, doubled;      // has quotes around it, has doubled quotes in it
  };
  enum class Parsed { record, blank, incomplete };

  Parsed parse();
  bool parse_field(std::size_t& at, std::int64_t& line);
  void add_field(std::size_t begin, std::size_t end, std::int64_t line, bool quoted, bool doubled);
  bool parse_quoted(std::size_t& at, std::int64_t& line);
  bool take_line_break(std::size_t& at, std::int64_t& line);
  bool skip_line();
  bool refill();
  bool is_break(std::size_t at) const { return buffer_[at] == '\n' || buffer_[at] == '\r'; }

  InputFile file_;
  char delimiter_, comment_;
  std::size_t most_fields_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what is not yet parsed
  std::uint64_t read_ = 0;           // bytes of the file so far
  std::int64_t line_ = 1, next_line_ = 1;
  std::vector<Field> fields_;
  std::string unquoted_;
};

}  // namespace xgrad::io::detail
