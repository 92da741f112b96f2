#pragma once

#include <cstdint>
#include <string>

#include <xgrad/data/idx.hpp>
#include <xgrad/data/image_dataset.hpp>

namespace xgrad::data {

/// Reads MNIST, or a data set in its format such as Fashion-MNIST and KMNIST: ten classes, in the folder's files
/// train-images-idx3-ubyte and train-labels-idx1-ubyte (Split::train) or t10k-... (Split::test). A dot before "idx" and
/// an added ".gz" are accepted too; of several spellings, an uncompressed one is preferred.
///
/// Throws std::runtime_error naming the folder when a file is missing, and naming the files when they are damaged (see
/// read_idx), have the wrong rank, disagree in number, hold a label above 9, or announce more than `limit` bytes.
[[nodiscard]] ImageDataset load_mnist(const std::string& folder, Split split, std::int64_t limit = default_idx_limit);

/// The six data sets in EMNIST (Cohen et al., 2017), with their numbers of classes: 62, 47, 47, 26, 10, 10.
enum class Emnist : std::uint8_t { byclass, bymerge, balanced, letters, digits, mnist };

/// Reads one of EMNIST's data sets: the folder's files emnist-letters-train-images-idx3-ubyte and so on, spelled as
/// load_mnist has it. The files hold the pictures transposed; here they stand upright, as MNIST's, where torchvision
/// leaves them lying. The labels of `letters` are 1 to 26, as in torchvision, so that it has 27 classes, of which 0 has
/// no picture. Errors as load_mnist's.
[[nodiscard]] ImageDataset load_emnist(const std::string& folder, Emnist which, Split split,
                                       std::int64_t limit = default_idx_limit);

/// QMNIST (Yadav and Bottou, 2019): 60,000 pictures for training, which are MNIST's, and 60,000 for testing, of which
/// the first 10,000 are MNIST's.
struct Qmnist {
  ImageDataset images;
  /// int64 (N, 8): the class, NIST's series, the writer, the number of the digit among the writer's, NIST's class, the
  /// number among all of NIST's, and two that are 0.
  Tensor info;
};
/// Reads the folder's files qmnist-train-images-idx3-ubyte and qmnist-train-labels-idx2-int (Split::train) or
/// qmnist-test-... (Split::test), spelled as load_mnist has it. Errors as load_mnist's.
[[nodiscard]] Qmnist load_qmnist(const std::string& folder, Split split, std::int64_t limit = default_idx_limit);

}  // namespace xgrad::data
