#include <xgrad/data/dataset.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/data/draws.hpp>

namespace xgrad::data {
namespace {

Tensor gather_rows(const Tensor& from, const std::int64_t* rows, std::int64_t count) {
  Tensor result = Raw::uninitialized(from.shape().with(0, count), from.dtype());
  const std::size_t total = static_cast<std::size_t>(result.size()) * size_of(from.dtype());
  if (total == 0) return result;
  const std::size_t bytes = total / static_cast<std::size_t>(count);
  const auto* source = static_cast<const char*>(Raw::bytes(from));
  auto* to = static_cast<char*>(Raw::write_bytes(result));
  for (std::int64_t i = 0; i < count; ++i, to += bytes)
    std::memcpy(to, source + static_cast<std::size_t>(rows[i]) * bytes, bytes);
  return result;
}

}  // namespace

void check_rows(const char* op, const std::int64_t* rows, std::int64_t count, std::int64_t size) {
  if (count < 0) throw std::invalid_argument(std::string(op) + ": cannot gather " + std::to_string(count) + " rows");
  const std::int64_t* bad = std::find_if(rows, rows + count, [&](std::int64_t row) { return row < 0 || row >= size; });
  if (bad != rows + count)
    throw std::invalid_argument(std::string(op) + ": row " + std::to_string(*bad) + " is out of range for " +
                                std::to_string(size) + (size == 1 ? " row" : " rows"));
}

namespace detail {

std::string column_name(std::size_t column, std::size_t width) {
  if (width == 2) return column == 0 ? "inputs" : "targets";
  return "column " + std::to_string(column);
}

void check_column(const char* op, std::size_t column, std::size_t width) {
  if (column >= width)
    throw std::invalid_argument(std::string(op) + ": column " + std::to_string(column) + " is out of range for " +
                                std::to_string(width) + (width == 1 ? " column" : " columns"));
}

std::int64_t check_columns(const Tensor* columns, std::size_t count) {
  const char* are = count == 2 ? " are" : " is";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = (count == 2 ? "the " : "") + column_name(i, count);
    if (!columns[i].defined()) throw std::invalid_argument("TensorDataset: " + name + are + " an undefined tensor");
    if (columns[i].rank() == 0)
      throw std::invalid_argument("TensorDataset: " + name + (count == 2 ? " have" : " has") +
                                  " shape (): axis 0 must count the rows");
    if (columns[i].shape()[0] != columns[0].shape()[0])
      throw std::invalid_argument("TensorDataset: " + column_name(0, count) + " of shape " +
                                  to_string(columns[0].shape()) + " and " + column_name(i, count) + " of shape " +
                                  to_string(columns[i].shape()) + ": axis 0 must agree");
  }
  return columns[0].shape()[0];
}

void gather_columns(const Tensor* columns, std::size_t width, const std::int64_t* rows, std::int64_t count,
                    Tensor* to) {
  const xgrad::detail::Calling calling("TensorDataset");
  check_rows("TensorDataset", rows, count, columns[0].shape()[0]);
  for (std::size_t i = 0; i < width; ++i) to[i] = gather_rows(columns[i], rows, count);
}

void for_each_row(const char* op, const Pass& pass, const std::int64_t* rows, std::int64_t count, std::int64_t size,
                  void (*read)(void*, std::int64_t), void* context) {
  check_rows(op, rows, count, size);
  const Draws draws(pass, rows, count);
  for (std::int64_t i = 0; i < count; ++i) {
    Generator generator(draws.row(i).next64());
    const GeneratorScope scope(generator);
    read(context, rows[i]);
  }
}

Tensor stack_rows(const char* op, const std::vector<Tensor>& rows, const std::string& name) {
  const auto refuse = [&](const std::string& what) { throw std::invalid_argument(std::string(op) + ": " + what); };
  if (rows.empty()) refuse("a batch of no rows has no shape");
  for (const Tensor& row : rows) {
    if (!row.defined()) refuse("a row has an undefined tensor as " + name);
    if (row.shape() != rows[0].shape() || row.dtype() != rows[0].dtype())
      refuse("cannot stack " + name + " of shape " + to_string(rows[0].shape()) + " " + name_of(rows[0].dtype()) +
             " and " + to_string(row.shape()) + " " + name_of(row.dtype()) + ": the rows of a batch must be alike");
  }
  const xgrad::detail::Calling calling(op);
  return stack(rows, 0);
}

}  // namespace detail
}  // namespace xgrad::data
