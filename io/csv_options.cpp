#include <xgrad/io/csv_options.hpp>

#include <stdexcept>

#include <xgrad/autograd/graph/number.hpp>

namespace xgrad::io {
namespace {

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument("CsvOptions: " + what); }

bool is_reserved(char c) { return c == '"' || c == '\n' || c == '\r' || c == '\0'; }

void check_count(const char* name, std::int64_t count) {
  if (count < 0) refuse(std::string(name) + " is " + std::to_string(count) + ": it cannot be negative");
}

void check_dtype(DType dtype) {
  if (dtype == boolean) refuse("the dtype is bool: a table is read as float32, float64 or int64");
}

}  // namespace

CsvOptions::CsvOptions() : missing_words_{"", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None"} {}
CsvOptions::CsvOptions(const CsvOptions&) = default;
CsvOptions::CsvOptions(CsvOptions&&) noexcept = default;
CsvOptions& CsvOptions::operator=(const CsvOptions&) = default;
CsvOptions& CsvOptions::operator=(CsvOptions&&) noexcept = default;
CsvOptions::~CsvOptions() = default;

CsvOptions& CsvOptions::header(bool value) {
  header_ = value;
  return *this;
}

CsvOptions& CsvOptions::delimiter(char value) {
  if (is_reserved(value)) refuse("the delimiter cannot be a quote, a line break or a zero byte");
  if (value == comment_) refuse("the delimiter cannot be the character of comments");
  delimiter_ = value;
  return *this;
}

CsvOptions& CsvOptions::comment(char value) {
  if (is_reserved(value)) refuse("the character of comments cannot be a quote, a line break or a zero byte");
  if (value == delimiter_) refuse("the character of comments cannot be the delimiter");
  comment_ = value;
  return *this;
}

CsvOptions& CsvOptions::trim(bool value) {
  trim_ = value;
  return *this;
}

CsvOptions& CsvOptions::skip_lines(std::int64_t count) {
  check_count("skip_lines", count);
  skip_lines_ = count;
  return *this;
}

CsvOptions& CsvOptions::max_rows(std::int64_t count) {
  check_count("max_rows", count);
  max_rows_ = count;
  return *this;
}

CsvOptions& CsvOptions::max_columns(std::int64_t count) {
  if (count < 1) refuse("max_columns is " + std::to_string(count) + ": it must be at least 1");
  max_columns_ = count;
  return *this;
}

CsvOptions& CsvOptions::columns(Columns values) {
  columns_ = std::move(values);
  has_columns_ = true;
  return *this;
}

CsvOptions& CsvOptions::labels(CsvColumn column, DType dtype) {
  check_dtype(dtype);
  labels_ = {std::move(column)};
  labels_dtype_ = dtype;
  return *this;
}

CsvOptions& CsvOptions::categories(Columns values) {
  categories_ = std::move(values);
  return *this;
}

CsvOptions& CsvOptions::one_hot(Columns values) {
  one_hot_ = std::move(values);
  return *this;
}

CsvOptions& CsvOptions::vocabulary(CsvColumn column, std::vector<std::string> words) {
  vocabularies_.push_back({std::move(column), std::move(words)});
  return *this;
}

CsvOptions& CsvOptions::missing(double value) {
  missing_ = value;
  has_missing_ = true;
  return *this;
}

CsvOptions& CsvOptions::missing_words(std::vector<std::string> words) {
  missing_words_ = std::move(words);
  return *this;
}

CsvOptions& CsvOptions::dtype(DType value) {
  check_dtype(value);
  dtype_ = value;
  return *this;
}

}  // namespace xgrad::io
