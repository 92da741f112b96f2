#include <xgrad/io/csv.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>
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
      : options_(options),
        path_(path),
        records_(path, options.delimiter_, options.comment_, options.skip_lines_,
                 static_cast<std::size_t>(options.max_columns_)) {
    detail::CsvNumber number;
    for (const std::string& word : options.missing_words_) {
      missing_numbers_ |=
          detail::read_number(word, float64, number) == detail::CsvFault::none && is_digit_like(word[0]);
      missing_lengths_ |= bit_of_length(word.size());
    }
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
  /// A column that is read. Small, since a file may have one in each byte.
  struct Column {
    std::size_t field = 0;  // its number in the file
    std::size_t words = 0;  // the number of its vocabulary, if it holds words
    Kind kind = Kind::number;
    DType dtype = float32;  // of numbers
  };
  /// The vocabulary of a column. Words are found in a tree: against a table of hashes a file can be made of words that
  /// collide.
  struct Words {
    bool fixed = false;             // whether it was given
    std::vector<std::string> list;  // in the order of indices; if they are found in the file, after the last row
    std::map<std::string, std::int64_t, std::less<>> codes = {};
    std::vector<std::int64_t> places = {};  // the index of each code
  };
  static constexpr std::size_t most_words = 4096;
  static constexpr std::uint64_t most_one_hot = std::uint64_t{1} << 32;  // bytes, of words that the file gives

  /// Whether a number begins with a digit, a point or a sign, not as nan does, which is one of the missing words.
  static bool is_digit_like(char first) { return first <= '9'; }

  /// A bit for each length, and one for all that are long.
  static std::uint64_t bit_of_length(std::size_t length) {
    return std::uint64_t{1} << std::min<std::size_t>(length, 63);
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw std::invalid_argument("read_csv: " + path_text(path_) + ": " + what);
  }

  void begin() {
    has_record_ = records_.next();
    if (has_record_) {
      fields_.reserve(records_.size());
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
    const auto make = [&](std::size_t field, DType dtype) {
      if (kinds[field] != Kind::number) words_.emplace_back();
      return Column{field, kinds[field] == Kind::number ? 0 : words_.size() - 1, kinds[field], dtype};
    };
    const bool labelled = !options_.labels_.empty();
    const std::size_t label = labelled ? find(options_.labels_[0]) : fields_.size();
    if (options_.has_columns_) {
      for (const CsvColumn& column : options_.columns_) columns_.push_back(make(find(column), options_.dtype_));
    } else {
      columns_.reserve(fields_.size());
      for (std::size_t i = 0; i < fields_.size(); ++i)
        if (i != label) columns_.push_back(make(i, options_.dtype_));
    }
    width_ = columns_.size();
    if (labelled) {
      if (kinds[label] == Kind::one_hot) refuse("the column of labels cannot be one_hot(): use categories()");
      columns_.push_back(make(label, options_.labels_dtype_));
    }
    check_names();
    for (const CsvOptions::Words& given : options_.vocabularies_) set_vocabulary(find(given.column), given.words);
    if (options_.has_missing_)
      for (const Column& column : columns_)
        if (column.dtype == int64 && !xgrad::detail::holds<std::int64_t>(options_.missing_))
          refuse("missing() is not a number that int64 can hold");
  }

  /// The vocabularies of a Csv have the names of their columns.
  void check_names() const {
    std::map<std::string_view, std::size_t> fields;
    for (const Column& column : columns_) {
      if (column.kind == Kind::number) continue;
      const std::size_t first = fields.emplace(fields_[column.field], column.field).first->second;
      if (first != column.field)
        refuse("columns " + std::to_string(std::min(first, column.field)) + " and " +
               std::to_string(std::max(first, column.field)) + " of words are both named " +
               detail::name_text(fields_[column.field]) +
               ", by which their vocabularies are found: rename one in the file, or read one at a time with columns()");
    }
  }

  void set_vocabulary(std::size_t field, const std::vector<std::string>& words) {
    for (const Column& column : columns_) {
      if (column.field != field) continue;
      if (column.kind == Kind::number)
        refuse("vocabulary() of column " + detail::name_text(fields_[field]) +
               ", which is in neither categories() nor one_hot()");
      Words& given = words_[column.words];
      given.fixed = true;
      given.list = words;
      given.codes.clear();
      for (const std::string& word : words)
        if (!given.codes.emplace(word, given.codes.size()).second)
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
    for (const Column& column : columns_) {
      detail::CsvNumber number;
      if (column.kind == Kind::number)
        number = read_number(column);
      else
        number.whole = read_word(column);
      cells_.push_back(number);
    }
  }

  bool is_missing(std::string_view text) const {
    return (missing_lengths_ & bit_of_length(text.size())) != 0 &&
           std::find(options_.missing_words_.begin(), options_.missing_words_.end(), text) !=
               options_.missing_words_.end();
  }

  detail::CsvNumber read_number(const Column& column) {
    const std::string_view text = detail::trimmed(records_.text(column.field));
    detail::CsvNumber number;
    const auto fault = detail::read_number(text, column.dtype, number);
    // A number is rarely one of the words, except for nan.
    const bool plain = fault == detail::CsvFault::none && is_digit_like(text[0]) && !missing_numbers_;
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

  std::int64_t read_word(const Column& column) {
    const std::string_view word = field_text(column.field);
    Words& words = words_[column.words];
    const bool lacks = !records_.quoted(column.field) && is_missing(word);
    // Words that are found have it after a row with it in quotes: rows in any order must give the same.
    if (lacks && !words.fixed) return -1;
    const auto known = words.codes.find(word);
    if (known != words.codes.end()) return known->second;
    if (lacks) return -1;
    if (words.fixed) fail(column, detail::name_text(std::string(word)) + " is not in the vocabulary that was given");
    if (column.kind == Kind::one_hot && words.codes.size() == most_words)
      fail(column, "the column has more than " + std::to_string(most_words) +
                       " different words: read it with categories(), or give one_hot() a vocabulary()");
    const auto code = static_cast<std::int64_t>(words.codes.size());
    words.codes.emplace(word, code);
    return code;
  }

  /// Lists the words that were found, in their order.
  static void list_words(Words& words) {
    words.places.resize(words.codes.size());
    if (words.fixed) {
      std::iota(words.places.begin(), words.places.end(), std::int64_t{0});
      return;
    }
    words.list.reserve(words.codes.size());
    while (!words.codes.empty()) {
      auto word = words.codes.extract(words.codes.begin());
      words.places[static_cast<std::size_t>(word.mapped())] = static_cast<std::int64_t>(words.list.size());
      words.list.push_back(std::move(word.key()));
    }
  }

  /// A short file can name thousands of columns that are as long as it is.
  void check_one_hot() const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < width_; ++i) {
      const Column& column = columns_[i];
      if (column.kind != Kind::one_hot || words_[column.words].fixed) continue;
      bytes += words_[column.words].list.size() *
               (static_cast<std::uint64_t>(rows_) * size_of(options_.dtype_) + fields_[column.field].size());
    }
    if (bytes > most_one_hot)
      throw std::runtime_error("read_csv: " + path_text(path_) + ": one_hot() would make " + std::to_string(bytes) +
                               " bytes of the words in the file: the limit is " + std::to_string(most_one_hot) +
                               ": use categories(), or give one_hot() a vocabulary()");
  }

  /// Writes the cells of a column into rows that are `stride` numbers apart.
  template <class T>
  void write_column(std::size_t at, T* to, std::size_t stride) const {
    const Column& column = columns_[at];
    const std::vector<std::int64_t>* places = column.kind == Kind::number ? nullptr : &words_[column.words].places;
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows_); ++row, to += stride) {
      const detail::CsvNumber cell = cells_[row * columns_.size() + at];
      if (column.kind == Kind::number) {
        *to = column.dtype == int64 ? static_cast<T>(cell.whole) : static_cast<T>(cell.real);
        continue;
      }
      const std::int64_t code = cell.whole < 0 ? -1 : (*places)[static_cast<std::size_t>(cell.whole)];
      if (column.kind == Kind::category) {
        *to = static_cast<T>(code);
      } else {
        std::fill_n(to, places->size(), T{0});
        if (code >= 0) to[code] = T{1};
      }
    }
  }

  template <class T>
  void write_values(const Tensor& values) const {
    T* to = Raw::write<T>(values);
    const auto stride = static_cast<std::size_t>(values.shape(1));
    for (std::size_t i = 0; i < width_; ++i) {
      write_column(i, to, stride);
      to += columns_[i].kind == Kind::one_hot ? words_[columns_[i].words].places.size() : 1;
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
    for (Words& words : words_) list_words(words);
    check_one_hot();
    Csv csv;
    csv.names.reserve(width_);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = columns_[i];
      const std::string& name = fields_[column.field];
      if (i < width_ && column.kind != Kind::one_hot) csv.names.push_back(name);
      if (column.kind == Kind::number) continue;
      std::vector<std::string>& list = words_[column.words].list;
      if (column.kind == Kind::one_hot)
        for (const std::string& word : list) csv.names.push_back(name + "=" + word);
      csv.vocabularies[name] = std::move(list);
    }
    csv.values = Raw::uninitialized({rows_, static_cast<std::int64_t>(csv.names.size())}, options_.dtype_);
    visit(options_.dtype_, [&](auto number) { write_values<decltype(number)>(csv.values); });
    if (columns_.size() > width_) {
      const DType dtype = options_.labels_dtype_;
      csv.labels = Raw::uninitialized({rows_}, dtype);
      visit(dtype, [&](auto number) { write_column(width_, Raw::write<decltype(number)>(csv.labels), 1); });
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
  std::vector<Words> words_;
  std::vector<detail::CsvNumber> cells_;
  std::int64_t rows_ = 0, first_line_ = 1;
  bool has_record_ = false;
  bool missing_numbers_ = false;       // whether a number means that a field is missing
  std::uint64_t missing_lengths_ = 0;  // the lengths of the words that mean it
};

Csv read_csv(const std::string& path, const CsvOptions& options) { return CsvReading(path, options).read(); }

}  // namespace xgrad::io
