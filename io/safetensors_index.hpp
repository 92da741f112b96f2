#pragma once

// For this room's sources only: the index of a model that is divided into several safetensors files.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace xgrad::io::detail {

inline constexpr const char* index_suffix = ".index.json";

bool is_index_path(const std::string& path);
/// `model-00001-of-00003.safetensors` for `model.safetensors`; `number` counts from 1.
std::string shard_path(const std::string& path, std::size_t number, std::size_t count);
/// Whether a file in the folder of `path` is named like a shard of it.
bool is_shard_of(const std::string& path, const std::string& name);

struct ShardIndex {
  std::vector<std::string> files;
  /// The tensors in the order of the index, with the number of their file.
  std::vector<std::pair<std::string, std::size_t>> tensors;
};

/// Reads an index: an object with "weight_map", an object of tensor -> file. Other fields are ignored. A file must be a
/// plain name, so that an index cannot lead out of its folder.
ShardIndex read_index(const std::string& op, const std::string& path);
/// The index as Hugging Face's tools write it, with "total_size" in "metadata".
std::string write_index(const ShardIndex& index, std::uint64_t total_size);

}  // namespace xgrad::io::detail
