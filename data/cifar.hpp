#pragma once

#include <cstdint>
#include <string>

#include <xgrad/data/image_dataset.hpp>

namespace xgrad::data {

/// How many bytes of a CIFAR file are accepted unless told otherwise: 1 GiB, five times the whole of CIFAR-10.
inline constexpr std::int64_t default_cifar_limit = std::int64_t{1} << 30;

/// Reads CIFAR-10 (Krizhevsky, 2009) in its binary version: 32 x 32 pictures of three channels, red, green and blue,
/// and ten classes. Split::train is the folder's files data_batch_1.bin to data_batch_5.bin, Split::test is
/// test_batch.bin. A file is a list of pictures, of any number: a byte for the class, then 3072 for the pixels.
///
/// Throws std::runtime_error naming the file when it is missing, no regular file, empty, holds a part of a picture, a
/// label that does not exist, or is larger than `limit` bytes.
[[nodiscard]] ImageDataset load_cifar10(const std::string& folder, Split split,
                                        std::int64_t limit = default_cifar_limit);

/// The hundred classes of CIFAR-100, or the twenty of which each holds five.
enum class CifarLabels : std::uint8_t { fine, coarse };

/// Reads CIFAR-100 in its binary version: the folder's files train.bin or test.bin, in which two bytes precede the
/// pixels of a picture, the coarse class and the fine one. Errors as load_cifar10's.
[[nodiscard]] ImageDataset load_cifar100(const std::string& folder, Split split, CifarLabels labels = CifarLabels::fine,
                                         std::int64_t limit = default_cifar_limit);

}  // namespace xgrad::data
