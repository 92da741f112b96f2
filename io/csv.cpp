#include <xgrad/io/csv.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <xgrad/io/csv_number.hpp>
#include <xgrad/io/csv_records.hpp>
#include <xgrad/io/input_file.hpp>
#include <xgrad/io/name_text.hpp>

namespace xgrad::io {

/// A file being read, column by column of the result.
class CsvReading {
 public:
  CsvReading(const std::string& path, const CsvOptions& options)
      : options_(options), path_(path), records_(path, options.delimiter_, options.comment_, options.skip_lines_) {
    for (const std::string& word : options.missing_words_) missing_numbers_ |= !word.empty() && word[0] <= '9';
  }

  Csv read() {
    begin();
    while (rows_ < options_.max_rows_ && (has_record_ || records_.next())) {
      has_record_ = false;
      take_row();
      ++rows_;
    }
    return result();
  }

 private:
  enum class Kind : std::uint8_t { number, category, one_hot };
  /// A column that is read.
  struct Column {
    std::size_t field = 0;  // its number in the file
    Kind kind = Kind::number;
    DType dtype = float32;  // of numbers
    bool fixed = false;     // whether the vocabulary was given
    std::vector<std::string> words;
    std::unordered_map<std::string, std::int64_t> codes = {};
  };
  static constexpr std::size_t most_words = 4096;

  [[noreturn]] void refuse(const std::string& what) const {
    throw std::invalid_argument("read_csv: " + path_text(path_) + ": " + what);
  }

  void begin() {
    has_record_ = records_.next();
    if (has_record_) {
      for (std::size_t i = 0; i < records_.size(); ++i)
        fields_.push_back(options_.header_ ? std::string(field_text(i)) : std::to_string(i));
      first_line_ = records_.line();
      if (fields_.size() == 1) first_field_ = records_.text(0);
    } else if (options_.header_) {
      records_.fail("the file ends, where a header belongs");
    }
    if (options_.header_) has_record_ = false;
    choose_columns();
  }

  std::string_view field_text(std::size_t i) {
    const std::string_view text = records_.text(i);
    return options_.trim_ && !records_.quoted(i) ? detail::trimmed(text) : text;
  }

  /// The way out where the first record is one field that holds another common delimiter; else empty.
  std::string delimiter_hint() const {
    if (fields_.size() != 1) return "";
    std::string found;
    for (const char other : {',', ';', '\t', '|'})
      if (other != options_.delimiter_ && first_field_.find(other) != std::string::npos) found += other;
    if (found.size() != 1) return "";
    const std::string shown = found == "\t" ? "'\\t'" : "'" + found + "'";
    return ": the file seems to be separated by " + shown + ": say so with delimiter(" + shown + ")";
  }

  std::string way_out(const char* otherwise) const {
    const std::string hint = delimiter_hint();
    return hint.empty() ? otherwise : hint;
  }

  std::size_t find(const CsvColumn& column) const {
    if (column.is_name()) {
      const auto found = std::find(fields_.begin(), fields_.end(), column.name());
      if (found == fields_.end())
        refuse("there is no column " + detail::name_text(column.name()) +
               (options_.header_ ? detail::there_are(fields_) + delimiter_hint()
                                 : ": columns have numbers, since header(false) was given: the first record has " +
                                       detail::count_text(fields_.size(), "field")));
      if (std::find(found + 1, fields_.end(), column.name()) != fields_.end())
        refuse("two columns are named " + detail::name_text(column.name()) + ": give the number of the column, from 0");
      return static_cast<std::size_t>(found - fields_.begin());
    }
    const auto count = static_cast<std::int64_t>(fields_.size());
    if (column.number() < -count || column.number() >= count)
      refuse("there is no column " + std::to_string(column.number()) + ": the first record has " +
             detail::count_text(fields_.size(), "field") + ", which count from 0" + delimiter_hint());
    return static_cast<std::size_t>(column.number() < 0 ? column.number() + count : column.number());
  }

  void choose_columns() {
    std::vector<Kind> kinds(fields_.size(), Kind::number);
    for (const CsvColumn& column : options_.categories_) kinds[find(column)] = Kind::category;
    for (const CsvColumn& column : options_.one_hot_) {
      Kind& kind = kinds[find(column)];
      if (kind == Kind::category) refuse("a column cannot be in categories() and in one_hot()");
      kind = Kind::one_hot;
    }
    const auto make = [&](std::size_t field, DType dtype) { return Column{field, kinds[field], dtype, false, {}}; };
    const bool labelled = !options_.labels_.empty();
    const std::size_t label = labelled ? find(options_.labels_[0]) : fields_.size();
    if (options_.has_columns_) {
      for (const CsvColumn& column : options_.columns_) columns_.push_back(make(find(column), options_.dtype_));
    } else {
      for (std::size_t i = 0; i < fields_.size(); ++i)
        if (i != label) columns_.push_back(make(i, options_.dtype_));
    }
    width_ = columns_.size();
    if (labelled) {
      if (kinds[label] == Kind::one_hot) refuse("the column of labels cannot be one_hot(): use categories()");
      columns_.push_back(make(label, options_.labels_dtype_));
    }
    for (const CsvOptions::Words& given : options_.vocabularies_) set_vocabulary(find(given.column), given.words);
    if (options_.has_missing_)
      for (const Column& column : columns_)
        if (column.dtype == int64 && !xgrad::detail::holds<std::int64_t>(options_.missing_))
          refuse("missing() is not a number that int64 can hold");
  }

  void set_vocabulary(std::size_t field, const std::vector<std::string>& words) {
    for (Column& column : columns_) {
      if (column.field != field) continue;
      if (column.kind == Kind::number)
        refuse("vocabulary() of column " + detail::name_text(fields_[field]) +
               ", which is in neither categories() nor one_hot()");
      column.fixed = true;
      column.words = words;
      column.codes.clear();
      for (const std::string& word : words)
        if (!column.codes.emplace(word, column.codes.size()).second)
          refuse("the vocabulary of column " + detail::name_text(fields_[field]) + " has " + detail::name_text(word) +
                 " twice");
    }
  }

  void take_row() {
    if (records_.size() != fields_.size())
      records_.fail("there " + std::string(records_.size() == 1 ? "is " : "are ") +
                    detail::count_text(records_.size(), "field") + ", but line " + std::to_string(first_line_) +
                    " has " + std::to_string(fields_.size()) +
                    way_out(": a field that holds a delimiter must be in quotes"));
    for (Column& column : columns_) {
      detail::CsvNumber number;
      if (column.kind == Kind::number)
        number = read_number(column);
      else
        number.whole = read_word(column);
      cells_.push_back(number);
    }
  }

  bool is_missing(std::string_view text) const {
    return std::find(options_.missing_words_.begin(), options_.missing_words_.end(), text) !=
           options_.missing_words_.end();
  }

  detail::CsvNumber read_number(const Column& column) {
    const std::string_view text = detail::trimmed(records_.text(column.field));
    detail::CsvNumber number;
    const auto fault = detail::read_number(text, column.dtype, number);
    // A number that begins with a digit is rarely one of the words, and nan begins with none.
    const bool plain = fault == detail::CsvFault::none && text[0] <= '9' && !missing_numbers_;
    if (plain || !is_missing(text)) {
      if (fault != detail::CsvFault::none) refuse_number(column, text, fault);
      return number;
    }
    if (column.dtype == int64) {
      if (!options_.has_missing_)
        fail(column,
             "the number is missing, and int64 has no NaN: say what it becomes with missing(), or choose a floating "
             "dtype");
      number.whole = static_cast<std::int64_t>(options_.missing_);
    } else {
      number.real = options_.has_missing_ ? options_.missing_ : std::numeric_limits<double>::quiet_NaN();
    }
    return number;
  }

  [[noreturn]] void refuse_number(const Column& column, std::string_view text, detail::CsvFault fault) const {
    const std::string shown = detail::name_text(std::string(text));
    if (fault == detail::CsvFault::not_whole) fail(column, shown + " is not whole: int64 holds whole numbers only");
    if (fault == detail::CsvFault::beyond_int64) fail(column, shown + " is beyond the range of int64");
    fail(column,
         shown + " is not a number" + way_out(": categories() and one_hot() take columns of words, columns() chooses"));
  }

  [[noreturn]] void fail(const Column& column, const std::string& what) const {
    records_.fail(column.field, options_.header_ ? fields_[column.field] : "", what);
  }

  std::int64_t read_word(Column& column) {
    const std::string word(field_text(column.field));
    const auto known = column.codes.find(word);
    if (known != column.codes.end()) return known->second;
    if (!records_.quoted(column.field) && is_missing(word)) return -1;
    if (column.fixed) fail(column, detail::name_text(word) + " is not in the vocabulary that was given");
    if (column.kind == Kind::one_hot && column.words.size() == most_words)
      fail(column, "the column has more than " + std::to_string(most_words) +
                       " different words: read it with categories(), or give one_hot() a vocabulary()");
    const auto code = static_cast<std::int64_t>(column.words.size());
    column.codes.emplace(word, code);
    column.words.push_back(word);
    return code;
  }

  /// Sorts the words that were found, and returns the new index of each old one.
  static std::vector<std::int64_t> sort_words(Column& column) {
    std::vector<std::int64_t> order(column.words.size()), places(column.words.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    const auto word = [&](std::int64_t i) -> std::string& { return column.words[static_cast<std::size_t>(i)]; };
    if (!column.fixed)
      std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return word(a) < word(b); });
    std::vector<std::string> sorted;
    for (std::size_t i = 0; i < order.size(); ++i) {
      places[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
      sorted.push_back(std::move(word(order[i])));
    }
    column.words = std::move(sorted);
    return places;
  }

  /// Writes the cells of a column into rows that are `stride` numbers apart.
  template <class T>
  void write_column(const Column& column, std::size_t at, const std::vector<std::int64_t>& places, T* to,
                    std::size_t stride) const {
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows_); ++row, to += stride) {
      const detail::CsvNumber cell = cells_[row * columns_.size() + at];
      if (column.kind == Kind::number) {
        *to = column.dtype == int64 ? static_cast<T>(cell.whole) : static_cast<T>(cell.real);
        continue;
      }
      const std::int64_t code = cell.whole < 0 ? -1 : places[static_cast<std::size_t>(cell.whole)];
      if (column.kind == Kind::category) {
        *to = static_cast<T>(code);
      } else {
        std::fill_n(to, column.words.size(), T{0});
        if (code >= 0) to[code] = T{1};
      }
    }
  }

  template <class T>
  void write_values(const Tensor& values, const std::vector<std::vector<std::int64_t>>& places) const {
    T* to = Raw::write<T>(values);
    const auto stride = static_cast<std::size_t>(values.shape(1));
    for (std::size_t i = 0; i < width_; ++i) {
      write_column(columns_[i], i, places[i], to, stride);
      to += columns_[i].kind == Kind::one_hot ? columns_[i].words.size() : 1;
    }
  }

  template <class Write>
  static void visit(DType dtype, const Write& write) {
    if (dtype == float32)
      write(float{});
    else if (dtype == float64)
      write(double{});
    else
      write(std::int64_t{});
  }

  Csv result() {
    Csv csv;
    std::vector<std::vector<std::int64_t>> places;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      Column& column = columns_[i];
      places.push_back(column.kind == Kind::number ? std::vector<std::int64_t>() : sort_words(column));
      const std::string& name = fields_[column.field];
      if (column.kind != Kind::number) csv.vocabularies[name] = column.words;
      if (i == width_) continue;
      if (column.kind == Kind::one_hot)
        for (const std::string& word : column.words) csv.names.push_back(name + "=" + word);
      else
        csv.names.push_back(name);
    }
    csv.values = Raw::uninitialized({rows_, static_cast<std::int64_t>(csv.names.size())}, options_.dtype_);
    visit(options_.dtype_, [&](auto number) { write_values<decltype(number)>(csv.values, places); });
    if (columns_.size() > width_) {
      const DType dtype = options_.labels_dtype_;
      csv.labels = Raw::uninitialized({rows_}, dtype);
      visit(dtype, [&](auto number) {
        using T = decltype(number);
        write_column(columns_[width_], width_, places[width_], Raw::write<T>(csv.labels), 1);
      });
    }
    return csv;
  }

  const CsvOptions& options_;
  const std::string& path_;
  detail::CsvRecords records_;
  std::vector<std::string> fields_;  // the names of all columns of the file
  std::string first_field_;          // the text of the first record, if that is one field
  std::vector<Column> columns_;      // those that are read; the labels come last
  std::size_t width_ = 0;            // how many of them are not labels
  std::vector<detail::CsvNumber> cells_;
  std::int64_t rows_ = 0, first_line_ = 1;
  bool has_record_ = false;
  bool missing_numbers_ = false;  // whether a number means that a field is missing
};

Csv read_csv(const std::string& path, const CsvOptions& options) { return CsvReading(path, options).read(); }

}  // namespace xgrad::io
