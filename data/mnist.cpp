#include <xgrad/data/mnist.hpp>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/io/input_file.hpp>

namespace xgrad::data {
namespace {

std::string op() { return xgrad::detail::caller_or("load_mnist"); }

std::string find_file(const std::string& folder, const std::string& stem, const std::string& kind) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw std::runtime_error(op() + ": '" + folder + "' is not a folder" + (error ? ": " + error.message() : ""));
  for (const char* end : {"", ".gz"}) {
    for (const char* separator : {"-", "."}) {
      const fs::path path = fs::path(folder) / (stem + separator + kind + end);
      if (fs::exists(path, error)) return path.string();
    }
  }
  throw std::runtime_error(op() + ": the folder '" + folder + "' has no " + stem + "-" + kind + ", plain or with .gz");
}

void check_rank(const std::string& path, std::size_t rank, std::size_t wanted) {
  if (rank != wanted)
    throw std::runtime_error(op() + ": '" + path + "' has rank " + std::to_string(rank) + ": it must be " +
                             std::to_string(wanted));
}

/// The labels of a file, each of them in low .. high.
void check_labels(const std::string& path, const std::vector<std::uint8_t>& labels, int low, int high) {
  const auto bad =
      std::find_if(labels.begin(), labels.end(), [&](std::uint8_t label) { return label < low || label > high; });
  if (bad != labels.end())
    throw std::runtime_error(op() + ": '" + path + "': label " + std::to_string(bad - labels.begin()) + " is " +
                             std::to_string(*bad) + ": it must be " + std::to_string(low) + " to " +
                             std::to_string(high));
}

void transpose_pictures(Idx& images) {
  std::vector<std::uint8_t> upright(images.bytes.size());
  const auto rows = static_cast<std::size_t>(images.sizes[1]), cols = static_cast<std::size_t>(images.sizes[2]);
  for (std::size_t at = 0; at < upright.size(); at += rows * cols)
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < cols; ++j) upright[at + j * rows + i] = images.bytes[at + i * cols + j];
  images.bytes = std::move(upright);
  std::swap(images.sizes[1], images.sizes[2]);
}

enum class Transposed : bool { no, yes };

ImageDataset with_images(const std::string& path, const std::string& labels_path, std::vector<std::uint8_t> labels,
                         std::int64_t classes, std::int64_t limit, Transposed transposed = Transposed::no) {
  Idx images = read_idx(path, limit);
  check_rank(path, images.sizes.size(), 3);
  if (images.sizes[0] != static_cast<std::int64_t>(labels.size()))
    throw std::runtime_error(op() + ": '" + path + "' holds " + std::to_string(images.sizes[0]) + " images, '" +
                             labels_path + "' holds " + std::to_string(labels.size()) + " labels: they must agree");
  if (transposed == Transposed::yes) transpose_pictures(images);
  try {
    return ImageDataset(std::move(images.bytes), std::move(labels), images.sizes[1], images.sizes[2], classes);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(op() + ": '" + path + "': " + error.what());
  }
}

/// The data set whose files begin with `stem`, of bytes as labels.
ImageDataset load_pair(const std::string& folder, const std::string& stem, int low, int high, std::int64_t limit,
                       Transposed transposed) {
  const std::string images_path = find_file(folder, stem + "-images", "idx3-ubyte");
  const std::string labels_path = find_file(folder, stem + "-labels", "idx1-ubyte");
  // The small file first: a wrong one is then refused before the large one is read.
  Idx labels = read_idx(labels_path, limit);
  check_rank(labels_path, labels.sizes.size(), 1);
  check_labels(labels_path, labels.bytes, low, high);
  return with_images(images_path, labels_path, std::move(labels.bytes), high + 1, limit, transposed);
}

}  // namespace

ImageDataset load_mnist(const std::string& folder, Split split, std::int64_t limit) {
  io::check_path("load_mnist", folder);
  const xgrad::detail::Calling calling("load_mnist");
  return load_pair(folder, split == Split::train ? "train" : "t10k", 0, 9, limit, Transposed::no);
}

ImageDataset load_emnist(const std::string& folder, Emnist which, Split split, std::int64_t limit) {
  io::check_path("load_emnist", folder);
  const xgrad::detail::Calling calling("load_emnist");
  struct Form {
    const char* name;
    int low, high;
  };
  static constexpr Form forms[] = {{"byclass", 0, 61}, {"bymerge", 0, 46}, {"balanced", 0, 46},
                                   {"letters", 1, 26}, {"digits", 0, 9},   {"mnist", 0, 9}};
  const auto number = static_cast<std::size_t>(which);
  if (number >= std::size(forms))
    throw std::invalid_argument("load_emnist: there is no data set " + std::to_string(number) + " of EMNIST");
  const Form& form = forms[number];
  const std::string stem = std::string("emnist-") + form.name + (split == Split::train ? "-train" : "-test");
  return load_pair(folder, stem, form.low, form.high, limit, Transposed::yes);
}

Qmnist load_qmnist(const std::string& folder, Split split, std::int64_t limit) {
  io::check_path("load_qmnist", folder);
  const xgrad::detail::Calling calling("load_qmnist");
  const std::string stem = split == Split::train ? "qmnist-train" : "qmnist-test";
  const std::string images_path = find_file(folder, stem + "-images", "idx3-ubyte");
  const std::string labels_path = find_file(folder, stem + "-labels", "idx2-int");
  const IdxInts info = read_idx_ints(labels_path, limit);
  check_rank(labels_path, info.sizes.size(), 2);
  if (info.sizes[1] != 8)
    throw std::runtime_error("load_qmnist: '" + labels_path + "' has " + std::to_string(info.sizes[1]) +
                             " numbers for a picture: it must be 8");
  std::vector<std::uint8_t> labels;
  for (std::size_t i = 0; i < info.numbers.size(); i += 8) {
    if (info.numbers[i] < 0 || info.numbers[i] > 9)
      throw std::runtime_error("load_qmnist: '" + labels_path + "': label " + std::to_string(i / 8) + " is " +
                               std::to_string(info.numbers[i]) + ": it must be 0 to 9");
    labels.push_back(static_cast<std::uint8_t>(info.numbers[i]));
  }
  ImageDataset images = with_images(images_path, labels_path, std::move(labels), 10, limit);
  const Tensor table = Raw::uninitialized({images.size(), 8}, int64);
  std::copy(info.numbers.begin(), info.numbers.end(), Raw::write<std::int64_t>(table));
  return {std::move(images), table};
}

}  // namespace xgrad::data
