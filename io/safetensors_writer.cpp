#include <xgrad/io/safetensors_writer.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>
#include <string_view>

#include <xgrad/io/atomic_file.hpp>
#include <xgrad/io/input_file.hpp>
#include <xgrad/io/name_text.hpp>
#include <xgrad/io/safetensors_checksum.hpp>
#include <xgrad/io/safetensors_header.hpp>
#include <xgrad/io/safetensors_index.hpp>

namespace xgrad::io {
namespace {

using detail::StoredTensor;
using Shard = std::vector<StoredTensor>;
constexpr const char* op = "save_safetensors";

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(std::string(op) + ": " + what); }

void check_names(const StateDict& tensors) {
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.defined()) refuse("tensor " + detail::name_text(name) + " is undefined");
    if (name == "__metadata__") refuse("no tensor can be named '__metadata__': the format keeps that name");
    std::int64_t product = 1;
    for (const std::int64_t size : tensor.shape())
      if (__builtin_mul_overflow(product, std::max<std::int64_t>(size, 1), &product) || product > INT64_MAX / 8)
        refuse("tensor " + detail::name_text(name) + " has shape " + to_string(tensor.shape()) +
               ": the product of its other sizes overflows, and no reader would accept it");
    if (!names.insert(name).second) refuse("two tensors are named " + detail::name_text(name));
  }
}

/// The tensors in their order, divided where the next one would exceed the limit; one that exceeds it is a shard alone.
std::vector<Shard> divided(const StateDict& tensors, const SafetensorsOptions& options) {
  const auto limit = static_cast<std::uint64_t>(options.max_shard_size());
  std::vector<Shard> shards(1);
  std::uint64_t held = 0;
  for (const auto& [name, tensor] : tensors) {
    const StoredTensor stored{&name, &tensor, detail::format_of(tensor.dtype(), options.floats())};
    if (stored.bytes() > limit) {
      // Before the shard that is being filled, as Hugging Face's tools have it.
      shards.insert(shards.end() - 1, Shard{stored});
      continue;
    }
    if (stored.bytes() > limit - held) {
      shards.emplace_back();
      held = 0;
    }
    shards.back().push_back(stored);
    held += stored.bytes();
  }
  if (shards.size() > 1 && shards.back().empty()) shards.pop_back();
  for (Shard& shard : shards)
    std::sort(shard.begin(), shard.end(), [](const StoredTensor& a, const StoredTensor& b) {
      return a.format != b.format ? a.format > b.format : *a.name < *b.name;
    });
  return shards;
}

/// The metadata with the checksums of the shard.
Metadata with_checksums(const Shard& shard, const Metadata& metadata) {
  std::vector<const StoredTensor*> order;
  for (const StoredTensor& stored : shard) order.push_back(&stored);
  std::sort(order.begin(), order.end(),
            [](const StoredTensor* a, const StoredTensor* b) { return *a->name < *b->name; });
  detail::HeaderChecksum header;
  std::vector<std::uint32_t> checksums(1);
  for (const StoredTensor* stored : order) {
    header.add_tensor(*stored->name, detail::format_name(stored->format), detail::sizes_text(stored->tensor->shape()));
    checksums.push_back(detail::crc32_of_elements(*stored->tensor, stored->format));
  }
  header.add_metadata(metadata);
  checksums[0] = header.value();
  Metadata result = metadata;
  result[detail::checksum_key] = detail::checksum_text(checksums);
  return result;
}

void write(AtomicFile& file, const Shard& shard, const std::string& header) {
  std::array<char, 8> prefix;
  for (std::size_t i = 0; i < prefix.size(); ++i) prefix[i] = static_cast<char>(header.size() >> 8 * i & 0xff);
  file.write(prefix.data(), prefix.size());
  file.write(header);
  for (const StoredTensor& stored : shard)
    detail::write_elements(*stored.tensor, stored.format,
                           [&](const void* data, std::size_t bytes) { file.write(data, bytes); });
}

void remove_old(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(std::filesystem::symlink_status(path, error))) return;
  std::filesystem::remove(path, error);
  if (error)
    throw std::runtime_error(std::string(op) + ": " + path_text(path.string()) +
                             ": an older form of the model cannot be removed: " + error.message());
}

/// The files of an index that an earlier save has left: only these are removed, and none of an index that cannot be
/// read.
std::vector<std::string> old_shards(const std::string& index_path) {
  std::error_code ignored;
  if (!std::filesystem::exists(index_path, ignored)) return {};
  try {
    return detail::read_index(op, index_path).files;
  } catch (const std::runtime_error&) {
    return {};
  }
}

void remove_shards(const std::string& path, const std::vector<std::string>& old, const std::vector<std::string>& kept) {
  for (const std::string& name : old)
    if (detail::is_shard_of(path, name) && std::find(kept.begin(), kept.end(), name) == kept.end())
      remove_old(std::filesystem::path(path).replace_filename(name));
}

/// Refuses a path at which no single file could be written: a folder, a device, an empty path.
void check_place(const std::string& path) { const AtomicFile never_committed(path, op); }

void save_shards(const std::vector<Shard>& shards, const std::vector<std::string>& headers, const std::string& path) {
  check_place(path);
  detail::ShardIndex index;
  std::uint64_t total = 0;
  std::vector<std::unique_ptr<AtomicFile>> files;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::string shard = detail::shard_path(path, i + 1, shards.size());
    index.files.push_back(std::filesystem::path(shard).filename().string());
    for (const StoredTensor& stored : shards[i]) {
      index.tensors.emplace_back(*stored.name, i);
      total += stored.bytes();
    }
    files.push_back(std::make_unique<AtomicFile>(shard, op));
    write(*files.back(), shards[i], headers[i]);
  }
  const std::string index_path = path + detail::index_suffix;
  const std::vector<std::string> old = old_shards(index_path);
  AtomicFile index_file(index_path, op);
  index_file.write(detail::write_index(index, total));
  // Here a full disk may still show, while the old model is whole.
  for (const auto& file : files) file->sync();
  index_file.sync();
  // From here to the new index a crash must not leave an old index beside new shards. Where its path is a link, the
  // link stays and leads to the new one.
  std::error_code none;
  const std::filesystem::path old_index = std::filesystem::canonical(index_path, none);
  if (!none) remove_old(old_index);
  for (const auto& file : files) file->commit();
  index_file.commit();
  remove_shards(path, old, index.files);
  remove_old(path);
}

}  // namespace

SafetensorsOptions& SafetensorsOptions::max_shard_size(std::int64_t bytes) {
  if (bytes < 1)
    throw std::invalid_argument("SafetensorsOptions: max_shard_size is " + std::to_string(bytes) +
                                ": it must be at least 1 byte");
  max_shard_size_ = bytes;
  return *this;
}

void save_safetensors(const StateDict& tensors, const std::string& path) { save_safetensors(tensors, path, {}); }

void save_safetensors(const StateDict& tensors, const std::string& path, const Metadata& metadata) {
  save_safetensors(tensors, path, metadata, SafetensorsOptions());
}

void save_safetensors(const StateDict& tensors, const std::string& path, const Metadata& metadata,
                      const SafetensorsOptions& options) {
  check_path(op, path);
  check_names(tensors);
  if (metadata.count(detail::checksum_key) != 0)
    refuse(std::string("the metadata key '") + detail::checksum_key + "' is kept for the checksums");
  const std::vector<Shard> shards = divided(tensors, options);
  std::vector<std::string> headers;
  headers.reserve(shards.size());
  for (const Shard& shard : shards)
    headers.push_back(detail::write_header(shard, options.checksum() ? with_checksums(shard, metadata) : metadata));
  if (shards.size() > 1) return save_shards(shards, headers, path);

  AtomicFile file(path, op);
  write(file, shards[0], headers[0]);
  file.commit();
  // The index and the shards of an older save would still be taken for this model.
  const std::string index_path = path + detail::index_suffix;
  const std::vector<std::string> old = old_shards(index_path);
  remove_old(index_path);
  remove_shards(path, old, {});
}

}  // namespace xgrad::io
