#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::io {

/// A column of a CSV file: its name in the header, or its number, from 0, or from -1 at the end backwards.
class CsvColumn {
 public:
  CsvColumn(const char* name) : name_(name), named_(true) {}
  CsvColumn(std::string name) : name_(std::move(name)), named_(true) {}
  template <class I,
            std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool> && !std::is_same_v<I, char>, int> = 0>
  CsvColumn(I number) : number_(xgrad::detail::whole(number, "CsvColumn")) {}

  bool is_name() const { return named_; }
  const std::string& name() const { return name_; }
  std::int64_t number() const { return number_; }

 private:
  std::string name_;
  std::int64_t number_ = 0;
  bool named_ = false;
};

/// How read_csv reads: CsvOptions().labels("species").one_hot({"island"}).
class CsvOptions {
 public:
  using Columns = std::vector<CsvColumn>;

  CsvOptions();
  CsvOptions(const CsvOptions&);
  CsvOptions(CsvOptions&&) noexcept;
  CsvOptions& operator=(const CsvOptions&);
  CsvOptions& operator=(CsvOptions&&) noexcept;
  ~CsvOptions();

  /// Whether the first record holds the names of the columns (by default it does); else they are "0", "1"...
  CsvOptions& header(bool value);
  /// What separates fields, by default a comma: any character but a quote or a line break.
  CsvOptions& delimiter(char value);
  /// Lines that begin with this character are left out; by default there is none.
  CsvOptions& comment(char value);
  /// Whether spaces and tabs around fields that are not quoted are dropped. Around numbers they always are.
  CsvOptions& trim(bool value = true);
  /// How many lines to leave out at the beginning, before the header.
  CsvOptions& skip_lines(std::int64_t count);
  /// Reads no more rows than this.
  CsvOptions& max_rows(std::int64_t count);
  /// How many columns the file may have, whether they are read or not: at first 262,144. A column takes more than a
  /// hundred bytes of memory, and may take one byte of the file.
  CsvOptions& max_columns(std::int64_t count);
  /// The columns of Csv::values, in this order; by default all but the labels.
  CsvOptions& columns(Columns values);
  /// The column that goes into Csv::labels, by default as int64.
  CsvOptions& labels(CsvColumn column, DType dtype = int64);
  /// Columns of words, for each of which its index in the column's vocabulary is stored. Those that are read must
  /// differ in name.
  CsvOptions& categories(Columns values);
  /// Columns of words that become as many columns as their vocabulary has words, 1 where it is the row's, else 0. A
  /// vocabulary that is found in the file may have 4096 words, and all of such columns may take 4 GiB.
  CsvOptions& one_hot(Columns values);
  /// The words of a column, in the order of their indices, such as those that another file gave; other words are then
  /// an error. By default it is the words of the file, sorted by their bytes, so that it does not depend on the order
  /// of rows.
  CsvOptions& vocabulary(CsvColumn column, std::vector<std::string> words);
  /// What a missing number becomes, by default NaN, which int64 cannot hold. A missing category has the index -1, and
  /// only zeros as one_hot.
  CsvOptions& missing(double value);
  /// The words that mean that a field is missing, by default those of pandas that are not rare: the empty one, NA, N/A,
  /// n/a, #N/A, NaN, nan, NULL, null, None. In columns of words they do so where they are not in quotes, unless
  /// vocabulary() names the word.
  CsvOptions& missing_words(std::vector<std::string> words);
  /// The dtype of Csv::values: float32, the default, float64 or int64.
  CsvOptions& dtype(DType value);

 private:
  friend class CsvReading;
  struct Words {
    CsvColumn column;
    std::vector<std::string> words;
  };

  bool header_ = true, trim_ = false, has_columns_ = false, has_missing_ = false;
  char delimiter_ = ',', comment_ = '\0';
  std::int64_t skip_lines_ = 0, max_rows_ = INT64_MAX, max_columns_ = 1 << 18;
  Columns columns_, labels_, categories_, one_hot_;
  DType labels_dtype_ = int64, dtype_ = float32;
  std::vector<Words> vocabularies_;
  double missing_ = 0;
  std::vector<std::string> missing_words_;
};

}  // namespace xgrad::io
