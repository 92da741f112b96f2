#include <xgrad/io/csv_writer.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include <xgrad/io/atomic_file.hpp>
#include <xgrad/io/name_text.hpp>

namespace xgrad::io {
namespace {

constexpr std::size_t flushed = std::size_t{1} << 16;

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument("write_csv: " + what); }

void check_delimiter(char delimiter) {
  // What numbers are written with, and what has a meaning of its own.
  if (std::string_view("\"\n\r\0.+-0123456789einfa", 22).find(delimiter) != std::string_view::npos)
    refuse(std::string("the delimiter is '") + (delimiter < ' ' ? '?' : delimiter) +
           "': it cannot be a quote, a line break or what numbers are written with");
}

/// How many columns a table without rows may have: as many as read_csv reads unless told otherwise. Where there are
/// rows, the columns are in memory.
constexpr std::int64_t most_empty_columns = 1 << 18;

/// One tensor of the table, of rank 1 or 2.
struct Block {
  const Tensor* tensor;
  std::int64_t columns;
};

Block block_of(const Tensor& tensor, const std::string& name) {
  if (!tensor.defined()) refuse(name + "is undefined");
  if (tensor.rank() != 1 && tensor.rank() != 2)
    refuse(name + "has shape " + to_string(tensor.shape()) + ": it must be (rows) or (rows, columns)");
  const std::int64_t rows = tensor.shape(0), columns = tensor.rank() == 1 ? 1 : tensor.shape(1);
  if (rows == 0 && columns > most_empty_columns)
    refuse(name + "has shape " + to_string(tensor.shape()) + ": a table without rows has at most " +
           std::to_string(most_empty_columns) + " columns");
  return {&tensor, columns};
}

template <class T>
void append_number(std::string& line, T number) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  line.append(buffer.data(), end);
}

template <class T>
void append_real(std::string& line, T number) {
  if (std::isnan(number))
    line += "nan";
  else
    append_number(line, number);
}

void append_element(std::string& line, const Tensor& tensor, std::int64_t i) {
  switch (tensor.dtype()) {
    case DType::boolean:
      line += Raw::data<bool>(tensor)[i] ? '1' : '0';
      break;
    case DType::int64:
      append_number(line, Raw::data<std::int64_t>(tensor)[i]);
      break;
    case DType::float32:
      append_real(line, Raw::data<float>(tensor)[i]);
      break;
    case DType::float64:
      append_real(line, Raw::data<double>(tensor)[i]);
  }
}

void append_name(std::string& line, const std::string& name, char delimiter) {
  const std::string special{'"', '\n', '\r', delimiter};
  // An empty name alone would be an empty line.
  if (!name.empty() && name.find_first_of(special) == std::string::npos) {
    line += name;
    return;
  }
  line += '"';
  for (const char c : name) line += c == '"' ? std::string("\"\"") : std::string(1, c);
  line += '"';
}

void write(const std::vector<Block>& blocks, const std::vector<std::string>& names, const std::string& path,
           char delimiter) {
  const std::int64_t rows = blocks.empty() ? 0 : blocks[0].tensor->shape(0);
  if (rows > 0 && std::all_of(blocks.begin(), blocks.end(), [](const Block& block) { return block.columns == 0; }))
    refuse("the table has " + std::to_string(rows) + (rows == 1 ? " row" : " rows") +
           " and no columns: lines without fields are left out by readers");
  AtomicFile file(path, "write_csv");
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += delimiter;
    append_name(text, names[i], delimiter);
  }
  if (!names.empty()) text += '\n';
  for (std::int64_t row = 0; row < rows; ++row) {
    bool first = true;
    for (const Block& block : blocks)
      for (std::int64_t column = 0; column < block.columns; ++column) {
        if (!first) text += delimiter;
        first = false;
        append_element(text, *block.tensor, row * block.columns + column);
      }
    text += '\n';
    if (text.size() < flushed) continue;
    file.write(text);
    text.clear();
  }
  file.write(text);
  file.commit();
}

}  // namespace

void write_csv(const Tensor& values, const std::string& path, const std::vector<std::string>& names, char delimiter) {
  check_delimiter(delimiter);
  const Block block = block_of(values, "the table ");
  if (!names.empty() && static_cast<std::int64_t>(names.size()) != block.columns)
    refuse("there are " + std::to_string(names.size()) + " names for " + std::to_string(block.columns) +
           " columns: give one for each, or none");
  write({block}, names, path, delimiter);
}

void write_csv(const StateDict& columns, const std::string& path, char delimiter) {
  check_delimiter(delimiter);
  std::vector<Block> blocks;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : columns) {
    blocks.push_back(block_of(tensor, detail::name_text(name) + " "));
    if (tensor.shape(0) != columns[0].second.shape(0))
      refuse(detail::name_text(name) + " has " + std::to_string(tensor.shape(0)) + " rows, " +
             detail::name_text(columns[0].first) + " has " + std::to_string(columns[0].second.shape(0)) +
             ": the columns of a table are equally long");
    for (std::int64_t i = 0; i < blocks.back().columns; ++i)
      names.push_back(tensor.rank() == 1 ? name : name + "." + std::to_string(i));
  }
  write(blocks, names, path, delimiter);
}

}  // namespace xgrad::io
