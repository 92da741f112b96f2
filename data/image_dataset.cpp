#include <xgrad/data/image_dataset.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/calling.hpp>

namespace xgrad::data {
namespace {

// Rows are gathered in random order, which defeats the hardware prefetcher: prefetching this many rows ahead halves the
// time.
constexpr std::int64_t ahead = 4;
constexpr std::size_t cache_line = 64;

void ask_for(const std::uint8_t* from, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += cache_line) __builtin_prefetch(from + i);
}

// x / 255 for integers x from 0 to 255, rounded as a division rounds: x times the inverse, corrected by the remainder.
// It was measured to take a third of the time of divisions; a table of the 256 values is slower than divisions.
float over_255(float x) {
#ifdef __FMA__
  constexpr float inverse = 1 / 255.0f;
  const float quotient = x * inverse;
  return std::fma(std::fma(-quotient, 255.0f, x), inverse, quotient);
#else
  return x / 255.0f;
#endif
}

void scale(const std::uint8_t* from, float* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] = over_255(static_cast<float>(from[i]));
}

}  // namespace

struct ImageDataset::Bytes {
  std::vector<std::uint8_t> pixels, labels;
};

ImageDataset::ImageDataset(std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels, std::int64_t rows,
                           std::int64_t cols, std::int64_t classes, std::int64_t channels)
    : size_(static_cast<std::int64_t>(labels.size())),
      channels_(channels),
      rows_(rows),
      cols_(cols),
      classes_(classes) {
  const xgrad::detail::Calling calling("ImageDataset");
  // Shape::count() throws if the product overflows: features() must not overflow, even for an empty set.
  if (rows < 0 || cols < 0 || channels < 0 || Shape({channels, rows, cols}).count() < 0 ||
      Shape({size_, channels, rows, cols}).count() != static_cast<std::int64_t>(pixels.size()))
    throw std::invalid_argument(
        "ImageDataset: " + std::to_string(pixels.size()) + " bytes are not " + std::to_string(size_) + " pictures of " +
        (channels == 1 ? "" : std::to_string(channels) + " x ") + std::to_string(rows) + " x " + std::to_string(cols));
  const auto bad = std::find_if(labels.begin(), labels.end(), [&](std::uint8_t label) { return label >= classes; });
  if (bad != labels.end())
    throw std::invalid_argument("ImageDataset: picture " + std::to_string(bad - labels.begin()) + " has label " +
                                std::to_string(*bad) + ": it must be below " + std::to_string(classes));
  bytes_ = std::make_shared<const Bytes>(Bytes{std::move(pixels), std::move(labels)});
}

Tensor ImageDataset::images(const std::int64_t* rows, std::int64_t count) const {
  check_rows("ImageDataset", rows, count, size_);
  Tensor result = Raw::uninitialized({count, features()}, float32);
  const auto n = static_cast<std::size_t>(features());
  const std::uint8_t* from = bytes_->pixels.data();
  float* to = Raw::write<float>(result);
  for (std::int64_t i = 0; i < count; ++i, to += n) {
    if (i + ahead < count) ask_for(from + static_cast<std::size_t>(rows[i + ahead]) * n, n);
    scale(from + static_cast<std::size_t>(rows[i]) * n, to, n);
  }
  return result;
}

Tensor ImageDataset::labels(const std::int64_t* rows, std::int64_t count) const {
  check_rows("ImageDataset", rows, count, size_);
  Tensor result = Raw::uninitialized({count}, int64);
  auto* to = Raw::write<std::int64_t>(result);
  std::transform(rows, rows + count, to,
                 [&](std::int64_t row) { return bytes_->labels[static_cast<std::size_t>(row)]; });
  return result;
}

Batch ImageDataset::gather(const std::int64_t* rows, std::int64_t count) const {
  return {images(rows, count), labels(rows, count)};
}

Tensor ImageDataset::images() const {
  Tensor result = Raw::uninitialized({size_, features()}, float32);
  scale(bytes_->pixels.data(), Raw::write<float>(result), bytes_->pixels.size());
  return result;
}

Tensor ImageDataset::labels() const {
  Tensor result = Raw::uninitialized({size_}, int64);
  std::copy(bytes_->labels.begin(), bytes_->labels.end(), Raw::write<std::int64_t>(result));
  return result;
}

const std::uint8_t* ImageDataset::pixels(std::int64_t row) const {
  check_rows("ImageDataset", &row, 1, size_);
  return bytes_->pixels.data() + static_cast<std::size_t>(row * features());
}

}  // namespace xgrad::data
