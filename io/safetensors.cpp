#include <xgrad/io/safetensors.hpp>

#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>

#include <xgrad/io/name_text.hpp>
#include <xgrad/io/safetensors_index.hpp>
#include <xgrad/io/safetensors_part.hpp>

namespace xgrad::io {
namespace {

using detail::Entry;
using detail::Header;
using detail::SafetensorsPart;

/// The index that the path means: itself, or what lies beside it where it does not exist. Empty if it is a tensor file.
std::string index_path(const std::string& path) {
  if (detail::is_index_path(path)) return path;
  std::error_code ignored;
  const std::string beside = path + detail::index_suffix;
  namespace fs = std::filesystem;
  return !fs::exists(fs::symlink_status(path, ignored)) && fs::exists(beside, ignored) ? beside : "";
}

}  // namespace

const std::string& Metadata::at(const std::string& key) const {
  if (const auto found = find(key); found != end()) return found->second;
  std::vector<std::string> keys;
  for (const auto& each : *this) keys.push_back(each.first);
  throw std::out_of_range("Metadata: there is no " + detail::name_text(key) + detail::there_are(keys));
}

std::string& Metadata::at(const std::string& key) { return const_cast<std::string&>(std::as_const(*this).at(key)); }

struct SafetensorsFile::Contents {
  /// One file, or several, in which case the index says what is where.
  std::vector<std::unique_ptr<SafetensorsPart>> parts;
  std::vector<std::pair<const SafetensorsPart*, const Entry*>> order;
  std::map<std::string, std::size_t> places;  // by name, where there are several files
  std::string origin;

  void open_one(const char* op, const std::string& path, Reading reading) {
    parts.push_back(std::make_unique<SafetensorsPart>(op, path, reading));
    origin = parts[0]->file().origin();
    order.reserve(parts[0]->header().entries.size());
    for (const Entry& entry : parts[0]->header().entries) order.emplace_back(parts[0].get(), &entry);
  }

  void open_index(const char* op, const std::string& path, Reading reading) {
    const detail::ShardIndex index = detail::read_index(op, path);
    origin = std::string(op) + ": " + path_text(path);
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    for (const std::string& name : index.files)
      parts.push_back(std::make_unique<SafetensorsPart>(op, (folder / name).string(), reading));
    for (const auto& [name, file] : index.tensors) {
      const Entry* entry = parts[file]->header().find(name);
      if (entry == nullptr)
        throw std::runtime_error(origin + ": tensor " + detail::name_text(name) + ": is not in " +
                                 detail::name_text(index.files[file]) + ", where the index says it is");
      places.emplace(name, order.size());
      order.emplace_back(parts[file].get(), entry);
    }
  }

  std::size_t find(const std::string& name) const {
    if (parts.size() == 1 && places.empty()) {
      const Header& header = parts[0]->header();
      const Entry* entry = header.find(name);
      return entry == nullptr ? order.size() : static_cast<std::size_t>(entry - header.entries.data());
    }
    const auto found = places.find(name);
    return found == places.end() ? order.size() : found->second;
  }

  Tensor tensor(std::size_t i) const { return order[i].first->tensor(*order[i].second); }
};

Metadata::Metadata(map values) : map(std::move(values)) {}

SafetensorsFile::SafetensorsFile(const std::string& path, Reading reading)
    : SafetensorsFile("SafetensorsFile", path, reading) {}

SafetensorsFile::SafetensorsFile(const char* op, const std::string& path, Reading reading) {
  auto contents = std::make_unique<Contents>();
  check_path(op, path);
  if (const std::string index = index_path(path); !index.empty())
    contents->open_index(op, index, reading);
  else
    contents->open_one(op, path, reading);
  contents_ = xgrad::detail::Owned<const Contents>(contents.release());
}

SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;
SafetensorsFile::~SafetensorsFile() = default;

const SafetensorsFile::Contents& SafetensorsFile::contents() const {
  if (!contents_) throw std::logic_error("SafetensorsFile: the file was moved to another object: ask that one");
  return *contents_;
}

Metadata SafetensorsFile::metadata() && { return std::as_const(*this).metadata(); }
const Metadata& SafetensorsFile::metadata() const& {
  static const Metadata none;
  return contents().parts.empty() ? none : contents().parts[0]->header().metadata;
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> result;
  result.reserve(contents().order.size());
  for (const auto& place : contents().order) result.push_back(place.second->name);
  return result;
}

bool SafetensorsFile::contains(const std::string& name) const {
  return contents().find(name) != contents().order.size();
}

Tensor SafetensorsFile::tensor(const std::string& name) const {
  const std::size_t i = contents().find(name);
  if (i == contents().order.size())
    throw std::runtime_error(contents().origin + ": there is no tensor " + detail::name_text(name) +
                             detail::there_are(names()));
  return contents().tensor(i);
}

StateDict SafetensorsFile::tensors() const {
  const auto& order = contents().order;
  StateDict result(order.size());
  const auto read = [&](std::size_t i) { result[i] = {order[i].second->name, contents().tensor(i)}; };
  if (contents().places.empty() && !contents().parts.empty())
    for (const std::size_t i : contents().parts[0]->header().by_offset) read(i);
  else
    for (std::size_t i = 0; i < order.size(); ++i) read(i);
  return result;
}

bool SafetensorsFile::has_checksums() const {
  for (const auto& part : contents().parts)
    if (!part->has_checksums()) return false;
  return !contents().parts.empty();
}

void SafetensorsFile::verify() const {
  for (const auto& part : contents().parts) part->verify();
}

StateDict load_safetensors(const std::string& path, Reading reading) {
  return SafetensorsFile("load_safetensors", path, reading).tensors();
}

Metadata load_safetensors_metadata(const std::string& path) {
  return SafetensorsFile("load_safetensors_metadata", path, Reading::copied).metadata();
}

}  // namespace xgrad::io
