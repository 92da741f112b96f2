#include <xgrad/data/dataset.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>

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

TensorDataset::TensorDataset(const Tensor& inputs, const Tensor& targets) {
  for (const Tensor* tensor : {&inputs, &targets}) {
    const std::string name = tensor == &inputs ? "inputs" : "targets";
    if (!tensor->defined()) throw std::invalid_argument("TensorDataset: the " + name + " are an undefined tensor");
    if (tensor->rank() == 0)
      throw std::invalid_argument("TensorDataset: the " + name + " have shape (): axis 0 must count the rows");
  }
  if (inputs.shape()[0] != targets.shape()[0])
    throw std::invalid_argument("TensorDataset: inputs of shape " + to_string(inputs.shape()) +
                                " and targets of shape " + to_string(targets.shape()) + ": axis 0 must agree");
  inputs_ = inputs.detach();
  targets_ = targets.detach();
}

Batch TensorDataset::gather(const std::int64_t* rows, std::int64_t count) const {
  const xgrad::detail::Calling calling("TensorDataset");
  check_rows("TensorDataset", rows, count, size());
  return {gather_rows(inputs_, rows, count), gather_rows(targets_, rows, count)};
}

}  // namespace xgrad::data
