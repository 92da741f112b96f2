#include <xgrad/data/mnist.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/data/idx.hpp>
#include <xgrad/io/input_file.hpp>

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

std::string find_file(const std::string& folder, const std::string& stem, const std::string& kind) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw std::runtime_error("load_mnist: '" + folder + "' is not a folder" + (error ? ": " + error.message() : ""));
  for (const char* end : {"", ".gz"}) {
    for (const char* separator : {"-", "."}) {
      const fs::path path = fs::path(folder) / (stem + separator + kind + end);
      if (fs::exists(path, error)) return path.string();
    }
  }
  throw std::runtime_error("load_mnist: the folder '" + folder + "' has no " + stem + "-" + kind +
                           ", plain or with .gz");
}

Idx read_ranked(const std::string& path, std::size_t rank, std::int64_t limit) {
  Idx idx = read_idx(path, limit);
  if (idx.sizes.size() != rank)
    throw std::runtime_error("load_mnist: '" + path + "' has rank " + std::to_string(idx.sizes.size()) +
                             ": it must be " + std::to_string(rank));
  return idx;
}

}  // namespace

struct ImageDataset::Bytes {
  std::vector<std::uint8_t> pixels, labels;
};

ImageDataset::ImageDataset(std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels, std::int64_t rows,
                           std::int64_t cols, std::int64_t classes)
    : size_(static_cast<std::int64_t>(labels.size())), rows_(rows), cols_(cols), classes_(classes) {
  const xgrad::detail::Calling calling("ImageDataset");
  // Shape::count() throws if the product overflows: features() must not overflow, even for an empty set.
  if (rows < 0 || cols < 0 || Shape({rows, cols}).count() < 0 ||
      Shape({size_, rows, cols}).count() != static_cast<std::int64_t>(pixels.size()))
    throw std::invalid_argument("ImageDataset: " + std::to_string(pixels.size()) + " bytes are not " +
                                std::to_string(size_) + " pictures of " + std::to_string(rows) + " x " +
                                std::to_string(cols));
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

ImageDataset load_mnist(const std::string& folder, Split split, std::int64_t limit) {
  io::check_path("load_mnist", folder);
  const std::string prefix = split == Split::train ? "train" : "t10k";
  const std::string images_path = find_file(folder, prefix + "-images", "idx3-ubyte");
  const std::string labels_path = find_file(folder, prefix + "-labels", "idx1-ubyte");
  // The small file first: a wrong one is then refused before the large one is read.
  Idx labels = read_ranked(labels_path, 1, limit);
  const auto bad = std::find_if(labels.bytes.begin(), labels.bytes.end(), [](std::uint8_t label) { return label > 9; });
  if (bad != labels.bytes.end())
    throw std::runtime_error("load_mnist: '" + labels_path + "': label " + std::to_string(bad - labels.bytes.begin()) +
                             " is " + std::to_string(*bad) + ": it must be 0 to 9");
  Idx images = read_ranked(images_path, 3, limit);
  if (images.sizes[0] != labels.sizes[0])
    throw std::runtime_error("load_mnist: '" + images_path + "' holds " + std::to_string(images.sizes[0]) +
                             " images, '" + labels_path + "' holds " + std::to_string(labels.sizes[0]) +
                             " labels: they must agree");
  try {
    return ImageDataset(std::move(images.bytes), std::move(labels.bytes), images.sizes[1], images.sizes[2]);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error("load_mnist: '" + images_path + "': " + error.what());
  }
}

}  // namespace xgrad::data
