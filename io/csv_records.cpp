#include <xgrad/io/csv_records.hpp>

#include <algorithm>
#include <stdexcept>

#include <xgrad/io/name_text.hpp>

namespace xgrad::io::detail {
namespace {

constexpr std::size_t first_buffer = std::size_t{1} << 18, longest_record = std::size_t{1} << 26;
constexpr char quote = '"';

}  // namespace

CsvRecords::CsvRecords(const std::string& path, char delimiter, char comment, std::int64_t skip_lines,
                       std::size_t most_fields)
    : file_("read_csv", path), delimiter_(delimiter), comment_(comment), most_fields_(most_fields) {
  refill();
  const std::string_view start(buffer_.data(), end_);
  if (start.substr(0, 3) == "\xef\xbb\xbf") begin_ = 3;
  if (start.substr(0, 2) == "\xff\xfe" || start.substr(0, 2) == "\xfe\xff")
    file_.fail("is UTF-16: only UTF-8 and the encodings that contain ASCII can be read");
  for (std::int64_t i = 0; i < skip_lines && skip_line(); ++i) continue;
}

bool CsvRecords::next() {
  for (;;) {
    line_ = next_line_;
    if (begin_ == end_ && !refill()) return false;
    if (comment_ != '\0' && buffer_[begin_] == comment_) {
      skip_line();
      continue;
    }
    switch (parse()) {
      case Parsed::record:
        return true;
      case Parsed::blank:
        break;
      case Parsed::incomplete:
        refill();
    }
  }
}

/// Parses one record from begin_ on. What the buffer does not hold to its end is parsed again when more has been read.
CsvRecords::Parsed CsvRecords::parse() {
  fields_.clear();
  std::size_t at = begin_;
  std::int64_t line = line_;
  for (;;) {
    if (!parse_field(at, line)) return Parsed::incomplete;
    if (at < end_ && buffer_[at] == delimiter_) {
      ++at;
      continue;
    }
    if (!take_line_break(at, line)) return Parsed::incomplete;
    begin_ = at;
    next_line_ = line;
    const bool blank = fields_.size() == 1 && fields_[0].begin == fields_[0].end && !fields_[0].quoted;
    return blank ? Parsed::blank : Parsed::record;
  }
}

/// Passes a field; false if the buffer ends in it, and the file does not.
bool CsvRecords::parse_field(std::size_t& at, std::int64_t& line) {
  const bool at_end = read_ >= file_.size();
  if (at == end_ && !at_end) return false;
  if (at < end_ && buffer_[at] == quote) return parse_quoted(at, line);
  const std::size_t begin = at;
  const char* text = buffer_.data();
  const std::size_t end = end_;
  const char delimiter = delimiter_;
  while (at < end && text[at] != delimiter && text[at] != '\n' && text[at] != '\r') ++at;
  if (at == end && !at_end) return false;
  add_field(begin, at, line, false, false);
  return true;
}

void CsvRecords::add_field(std::size_t begin, std::size_t end, std::int64_t line, bool quoted, bool doubled) {
  if (fields_.size() == most_fields_)
    fail("there are more than " + count_text(most_fields_, "field") +
         ": if so many columns are meant, say so with max_columns()");
  fields_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                     static_cast<std::uint32_t>(line - line_), quoted, doubled});
}

bool CsvRecords::parse_quoted(std::size_t& at, std::int64_t& line) {
  const bool at_end = read_ >= file_.size();
  const std::int64_t first_line = line;
  bool doubled = false;
  for (std::size_t i = at + 1;; ++i) {
    if (i == end_) {
      if (!at_end) return false;
      add_field(at + 1, i, first_line, true, doubled);
      fail(fields_.size() - 1, "", "the quote that opens here is never closed");
    }
    if (is_break(i)) {
      // CRLF is one line break; what follows CR may not be in the buffer yet.
      if (buffer_[i] == '\r' && i + 1 == end_ && !at_end) return false;
      if (buffer_[i] == '\n' || i + 1 == end_ || buffer_[i + 1] != '\n') ++line;
    } else if (buffer_[i] == quote) {
      if (i + 1 == end_ && !at_end) return false;
      if (i + 1 < end_ && buffer_[i + 1] == quote) {
        doubled = true;
        ++i;
        continue;
      }
      add_field(at + 1, i, first_line, true, doubled);
      at = i + 1;
      if (at < end_ && buffer_[at] != delimiter_ && !is_break(at))
        fail(fields_.size() - 1, "", "text follows the closing quote: a quote inside of a quoted field is doubled");
      return true;
    }
  }
}

/// Passes the end of a line or of the file; false if it is not known which line break it is.
bool CsvRecords::take_line_break(std::size_t& at, std::int64_t& line) {
  const bool at_end = read_ >= file_.size();
  if (at == end_) return at_end;
  if (buffer_[at] == '\r') {
    if (at + 1 == end_ && !at_end) return false;
    if (at + 1 < end_ && buffer_[at + 1] == '\n') ++at;
  }
  ++at;
  ++line;
  return true;
}

/// Passes the rest of a line, whatever it holds; false at the end of the file.
bool CsvRecords::skip_line() {
  for (;;) {
    if (begin_ == end_ && !refill()) return false;
    while (begin_ < end_ && !is_break(begin_)) ++begin_;
    if (begin_ == end_) continue;
    if (buffer_[begin_] == '\r' && begin_ + 1 == end_ && read_ < file_.size()) refill();
    return take_line_break(begin_, next_line_);
  }
}

/// Reads more behind what is not yet parsed; false at the end of the file.
bool CsvRecords::refill() {
  if (read_ >= file_.size()) return false;
  buffer_.erase(0, begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ >= longest_record)
    fail("the record has more than " + std::to_string(longest_record) + " bytes: is a quote never closed?");
  const std::size_t whole = std::min(std::max(first_buffer, 2 * end_), longest_record);
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(whole - end_, file_.size() - read_));
  buffer_.resize(end_ + wanted);
  const std::size_t got = file_.read(read_, &buffer_[end_], wanted);
  if (got != wanted) file_.fail("became shorter while it was read");
  read_ += got;
  end_ += got;
  return true;
}

std::string_view CsvRecords::text(std::size_t i) {
  const Field& field = fields_[i];
  const std::string_view raw = std::string_view(buffer_).substr(field.begin, field.end - field.begin);
  if (!field.doubled) return raw;
  unquoted_.clear();
  for (std::size_t k = 0; k < raw.size(); ++k) {
    unquoted_ += raw[k];
    if (raw[k] == quote) ++k;
  }
  return unquoted_;
}

void CsvRecords::fail(const std::string& what) const {
  throw std::runtime_error(file_.origin() + ", line " + std::to_string(line_) + ": " + what);
}

void CsvRecords::fail(std::size_t field, const std::string& name, const std::string& what) const {
  std::string shown = name.empty() ? "" : name_text(name);
  if (!shown.empty()) shown = " (\"" + shown.substr(1, shown.size() - 2) + "\")";
  throw std::runtime_error(file_.origin() + ", line " + std::to_string(line_ + fields_[field].line) + ", column " +
                           std::to_string(field + 1) + shown + ": " + what);
}

}  // namespace xgrad::io::detail
