// Reads a hostile CIFAR file, of either kind.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <xgrad/data/cifar.hpp>

#include "../folder.hpp"
#include "memory_file.hpp"

using namespace xgrad;

namespace {

/// A folder in which a file of any content has each of the names that are read.
class CifarFolder {
 public:
  void hold(const MemoryFile& file) const {
    for (const char* name : {"test_batch.bin", "test.bin"}) {
      std::filesystem::remove(folder_.file(name));
      std::filesystem::create_symlink(file.path(), folder_.file(name));
    }
  }
  std::string path() const { return folder_.path(); }

 private:
  Folder folder_;
};

constexpr std::size_t pixels = 3 * 32 * 32;

/// The first byte says what the others are: the whole file, or the bytes before the pixels of each picture, which are
/// the number of the picture; and how many bytes are cut off at the end.
std::string file_of(Bytes& bytes, unsigned how, std::size_t labels) {
  if ((how & 1u) != 0) return bytes.rest();
  std::string file;
  for (unsigned number = 0; !bytes.empty() && number < 40; ++number) {
    for (std::size_t i = 0; i < labels; ++i) file += static_cast<char>(bytes.next());
    file += std::string(pixels, static_cast<char>(number));
  }
  return file.substr(0, file.size() - std::min<std::size_t>(file.size(), how >> 4));
}

/// Refuses to go on unless the dataset has what the file holds.
void check(const data::ImageDataset& dataset, const std::string& file, std::size_t labels, std::size_t of_label,
           int classes) {
  const std::size_t record = labels + pixels;
  if (file.size() % record != 0 || dataset.size() != static_cast<std::int64_t>(file.size() / record)) std::abort();
  const std::int64_t last = dataset.size() - 1;
  const data::Batch batch = dataset.gather(&last, 1);
  const auto label = batch.targets.item<std::int64_t>();
  const std::size_t at = static_cast<std::size_t>(last) * record;
  if (label < 0 || label >= classes || label != static_cast<unsigned char>(file[at + of_label])) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const CifarFolder folder;
  Bytes bytes(data, size);
  const unsigned how = bytes.next();
  const bool hundred = (how & 2u) != 0, coarse = (how & 4u) != 0;
  const std::string content = file_of(bytes, how, hundred ? 2 : 1);
  const MemoryFile file(content);
  folder.hold(file);
  try {
    if (hundred)
      check(data::load_cifar100(folder.path(), data::Split::test,
                                coarse ? data::CifarLabels::coarse : data::CifarLabels::fine, 1 << 20),
            content, 2, coarse ? 0 : 1, coarse ? 20 : 100);
    else
      check(data::load_cifar10(folder.path(), data::Split::test, 1 << 20), content, 1, 0, 10);
  } catch (const std::runtime_error&) {
  }
  return 0;
}
