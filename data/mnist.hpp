#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/data/dataset.hpp>
#include <xgrad/data/idx.hpp>

namespace xgrad::data {

/// Which half of a published data set.
enum class Split : std::uint8_t { train, test };

/// Grey pictures of one size with a class each, kept as bytes. As a Dataset its inputs are images(), its targets
/// labels(). A handle: copying shares the pictures, which never change.
class ImageDataset : public Dataset {
 public:
  /// `pixels` holds `labels.size()` pictures of `rows` x `cols` bytes, row-major. Throws std::invalid_argument when the
  /// sizes do not fit or a label is not below `classes`.
  ImageDataset(std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels, std::int64_t rows, std::int64_t cols,
               std::int64_t classes = 10);

  /// The number of pictures, N.
  std::int64_t size() const override { return size_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t cols() const { return cols_; }
  /// rows() * cols().
  std::int64_t features() const { return rows_ * cols_; }
  std::int64_t classes() const { return classes_; }

  /// The pictures with these numbers, as float32 (count, rows * cols): each pixel is byte / 255 correctly rounded, in
  /// 0..1.
  Tensor images(const std::int64_t* rows, std::int64_t count) const;
  /// Their classes, as int64 (count).
  Tensor labels(const std::int64_t* rows, std::int64_t count) const;
  Batch gather(const std::int64_t* rows, std::int64_t count) const override;

  /// All pictures, float32 (N, rows * cols).
  Tensor images() const;
  /// All classes, int64 (N).
  Tensor labels() const;

  /// The bytes of one picture, valid as long as any copy of this set.
  const std::uint8_t* pixels(std::int64_t row) const;

 private:
  struct Bytes;

  std::shared_ptr<const Bytes> bytes_;
  std::int64_t size_, rows_, cols_, classes_;
};

/// Reads MNIST, or a data set in its format such as Fashion-MNIST: ten classes, in the folder's files
/// train-images-idx3-ubyte and train-labels-idx1-ubyte (Split::train) or t10k-... (Split::test). A dot before "idx" and
/// an added ".gz" are accepted too; of several spellings, an uncompressed one is preferred.
///
/// Throws std::runtime_error naming the folder when a file is missing, and naming the files when they are damaged (see
/// read_idx), have the wrong rank, disagree in number, hold a label above 9, or announce more than `limit` bytes.
[[nodiscard]] ImageDataset load_mnist(const std::string& folder, Split split, std::int64_t limit = default_idx_limit);

}  // namespace xgrad::data
