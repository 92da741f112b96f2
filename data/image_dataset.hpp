#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <xgrad/data/dataset.hpp>

namespace xgrad::data {

/// Which half of a published data set.
enum class Split : std::uint8_t { train, test };

/// Pictures of one size with a class each, kept as bytes: grey ones, or of several channels, one after the other. As a
/// Dataset its inputs are images(), its targets labels(). A handle: copying shares the pictures, which never change.
class ImageDataset : public Dataset {
 public:
  /// `pixels` holds `labels.size()` pictures of `channels` x `rows` x `cols` bytes, row-major. Throws
  /// std::invalid_argument when the sizes do not fit or a label is not below `classes`.
  ImageDataset(std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels, std::int64_t rows, std::int64_t cols,
               std::int64_t classes = 10, std::int64_t channels = 1);

  /// The number of pictures, N.
  std::int64_t size() const override { return size_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t cols() const { return cols_; }
  std::int64_t channels() const { return channels_; }
  /// channels() * rows() * cols().
  std::int64_t features() const { return channels_ * rows_ * cols_; }
  std::int64_t classes() const { return classes_; }

  /// The pictures with these numbers, as float32 (count, features()): each pixel is byte / 255 correctly rounded, in
  /// 0..1.
  Tensor images(const std::int64_t* rows, std::int64_t count) const;
  /// Their classes, as int64 (count).
  Tensor labels(const std::int64_t* rows, std::int64_t count) const;
  Batch gather(const std::int64_t* rows, std::int64_t count) const override;

  /// All pictures, float32 (N, features()).
  Tensor images() const;
  /// All classes, int64 (N).
  Tensor labels() const;

  /// The bytes of one picture, valid as long as any copy of this set.
  const std::uint8_t* pixels(std::int64_t row) const;

 private:
  struct Bytes;

  std::shared_ptr<const Bytes> bytes_;
  std::int64_t size_, channels_, rows_, cols_, classes_;
};

}  // namespace xgrad::data
