#include <xgrad/data/loader.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/out_of_memory.hpp>
#include <xgrad/autograd/graph/random.hpp>

namespace xgrad::data {
namespace {

// The streams of loaders differ from all other streams of the same seed.
constexpr std::uint64_t first_stream = std::uint64_t{0x10ade4} << 40;

}  // namespace

namespace {

void check(const Tensor& part, const char* name, std::int64_t rows) {
  const std::string what = std::string("DataLoader: the dataset's gather() returned ") + name;
  if (!part.defined()) throw std::invalid_argument(what + " that are an empty tensor");
  if (part.rank() == 0 || part.shape()[0] != rows)
    throw std::invalid_argument(what + " of shape " + to_string(part.shape()) + " for " + std::to_string(rows) +
                                (rows == 1 ? " row" : " rows") + ": axis 0 must count the rows");
}

}  // namespace

void DataLoader::Iterator::refuse_end() {
  throw std::logic_error("DataLoader: there is no batch at the end of an epoch");
}

DataLoader::DataLoader(std::shared_ptr<const Dataset> dataset, const Options& options)
    : dataset_(std::move(dataset)), options_(options) {
  if (!dataset_) throw std::invalid_argument("DataLoader: the dataset is null");
  if (options_.batch_size_ < 1)
    throw std::invalid_argument("DataLoader: the batch size must be at least 1, got " +
                                std::to_string(options_.batch_size_));
}

std::int64_t DataLoader::size() const {
  const std::int64_t rows = dataset_size();
  const std::int64_t whole = rows / options_.batch_size_;
  return whole + (!options_.drop_last_ && rows % options_.batch_size_ != 0);
}

std::vector<std::int64_t> DataLoader::order(std::uint64_t epoch) const {
  const std::int64_t size = dataset_size();
  if (size < 0)
    throw std::invalid_argument("DataLoader: the dataset says that it has " + std::to_string(size) + " rows");
  std::vector<std::int64_t> rows;
  try {
    rows.resize(static_cast<std::size_t>(size));
  } catch (const std::exception&) {  // bad_alloc, or length_error
    throw OutOfMemory("DataLoader: out of memory: the order of " + std::to_string(size) +
                      " rows takes 8 bytes for each");
  }
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  if (!options_.shuffle_) return rows;
  kernels::Philox random(options_.seed_, first_stream + epoch);
  for (std::size_t left = rows.size(); left > 1; --left) std::swap(rows[left - 1], rows[random.below(left)]);
  return rows;
}

DataLoader::Iterator DataLoader::begin() {
  const Position start = next_begin_;
  auto rows = std::make_shared<const std::vector<std::int64_t>>(order(start.epoch));
  position_ = start;
  next_begin_ = {start.epoch + 1, 0};
  return Iterator(this, std::move(rows), start);
}

void DataLoader::set_position(Position position) {
  if (position.batch < 0 || position.batch > size())
    throw std::invalid_argument("DataLoader: cannot go on after batch " + std::to_string(position.batch) +
                                ": an epoch has " + std::to_string(size()));
  if (position.batch == size() && position.batch != 0) position = {position.epoch + 1, 0};
  position_ = next_begin_ = position;
}

Batch DataLoader::take(const std::vector<std::int64_t>& rows, Position at) {
  const std::int64_t first = at.batch * options_.batch_size_;
  const std::int64_t count = std::min(options_.batch_size_, static_cast<std::int64_t>(rows.size()) - first);
  Batch batch = dataset_->gather(rows.data() + first, count);
  check(batch.inputs, "inputs", count);
  check(batch.targets, "targets", count);
  position_ = at.batch + 1 == size() ? Position{at.epoch + 1, 0} : Position{at.epoch, at.batch + 1};
  return batch;
}

}  // namespace xgrad::data
