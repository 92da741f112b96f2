#include <xgrad/data/cifar.hpp>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/io/input_file.hpp>

namespace xgrad::data {
namespace {

constexpr std::size_t picture = 3 * 32 * 32;

/// The bytes before the pixels of a picture, each a class below its bound, and the one of them that is the label.
struct Form {
  std::vector<int> bounds;
  std::size_t label;
};

class Reader {
 public:
  Reader(Form form, std::int64_t limit)
      : op_(xgrad::detail::caller_or("load_cifar10")), form_(std::move(form)), limit_(limit) {
    if (limit < 0) throw std::invalid_argument(op_ + ": the limit must not be negative, got " + std::to_string(limit));
  }

  void read(const std::string& folder, const std::string& name) {
    const io::InputFile file(op_, (std::filesystem::path(folder) / name).string());
    const std::size_t record = form_.bounds.size() + picture;
    if (file.size() > static_cast<std::uint64_t>(limit_))
      file.fail("has " + std::to_string(file.size()) + " bytes: more than the limit of " + std::to_string(limit_));
    if (file.size() == 0) file.fail("is empty");
    if (file.size() % record != 0)
      file.fail("has " + std::to_string(file.size()) + " bytes, which are no whole pictures of " +
                std::to_string(record) + " bytes");
    std::vector<std::uint8_t> bytes(record * 256);
    first_ = labels_.size();
    for (std::uint64_t at = 0; at < file.size();) {
      const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), file.size() - at));
      if (file.read(at, bytes.data(), wanted) != wanted) file.fail("became shorter while it was read");
      for (std::size_t i = 0; i < wanted; i += record) add(file, bytes.data() + i);
      at += wanted;
    }
  }

  ImageDataset done() && {
    return ImageDataset(std::move(pixels_), std::move(labels_), 32, 32, form_.bounds[form_.label], 3);
  }

 private:
  void add(const io::InputFile& file, const std::uint8_t* record) {
    for (std::size_t i = 0; i < form_.bounds.size(); ++i)
      if (record[i] >= form_.bounds[i])
        file.fail("picture " + std::to_string(labels_.size() - first_) + " has label " + std::to_string(record[i]) +
                  ": it must be below " + std::to_string(form_.bounds[i]));
    labels_.push_back(record[form_.label]);
    pixels_.insert(pixels_.end(), record + form_.bounds.size(), record + form_.bounds.size() + picture);
  }

  std::string op_;
  Form form_;
  std::int64_t limit_;
  std::size_t first_ = 0;  // of this file
  std::vector<std::uint8_t> pixels_, labels_;
};

}  // namespace

ImageDataset load_cifar10(const std::string& folder, Split split, std::int64_t limit) {
  io::check_path("load_cifar10", folder);
  const xgrad::detail::Calling calling("load_cifar10");
  Reader reader({{10}, 0}, limit);
  if (split == Split::test) {
    reader.read(folder, "test_batch.bin");
  } else {
    for (int i = 1; i <= 5; ++i) reader.read(folder, "data_batch_" + std::to_string(i) + ".bin");
  }
  return std::move(reader).done();
}

ImageDataset load_cifar100(const std::string& folder, Split split, CifarLabels labels, std::int64_t limit) {
  io::check_path("load_cifar100", folder);
  const xgrad::detail::Calling calling("load_cifar100");
  Reader reader({{20, 100}, labels == CifarLabels::fine ? std::size_t{1} : std::size_t{0}}, limit);
  reader.read(folder, split == Split::train ? "train.bin" : "test.bin");
  return std::move(reader).done();
}

}  // namespace xgrad::data
