#include <xgrad/io/safetensors_index.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>

#include <xgrad/io/input_file.hpp>
#include <xgrad/io/json.hpp>
#include <xgrad/io/name_text.hpp>
#include <xgrad/io/safetensors_header.hpp>

namespace xgrad::io::detail {
namespace {

class IndexReader final : public JsonEvents {
 public:
  IndexReader(ShardIndex& index, const std::string& origin) : index_(index), origin_(origin) {}

  void number(std::uint64_t) override { value("a number"); }
  void null() override { value("null"); }
  void other(const char* what) override { value(what); }
  void string(std::string& text) override {
    value("a string");
    if (in_map_ && depth_ == 2) add(text);
  }

  void begin_object() override {
    if (depth_ == 1 && at_map_) {
      if (seen_) fail("gives weight_map twice");
      in_map_ = seen_ = true;
    } else if (in_map_) {
      misplaced("an object");
    }
    ++depth_;
  }
  void end_object() override {
    --depth_;
    if (depth_ == 1) in_map_ = false;
  }
  void begin_list() override {
    value("a list");
    ++depth_;
  }
  void end_list() override { --depth_; }
  void key(std::string& name) override {
    if (depth_ == 1) at_map_ = name == "weight_map";
    if (in_map_ && depth_ == 2) tensor_ = std::move(name);
  }

  void finish() const {
    if (!seen_) fail("has no weight_map: is this the index of a model in several files?");
  }

 private:
  void value(const char* what) const {
    if (depth_ == 0) fail(std::string("is ") + what + ", where an object belongs");
    if (depth_ == 1 && at_map_) fail(std::string("has ") + what + " for weight_map, where an object belongs");
    if (in_map_ && std::string(what) != "a string") misplaced(what);
  }

  void add(std::string& file) {
    const bool plain = !file.empty() && file != "." && file != ".." && file.find('/') == std::string::npos &&
                       file.find('\0') == std::string::npos;
    if (!plain)
      fail("tensor " + name_text(tensor_) + ": " + name_text(file) +
           " is not the plain name of a file: shards lie beside their index");
    if (is_index_path(file)) fail("tensor " + name_text(tensor_) + ": " + name_text(file) + " is an index itself");
    if (!names_.insert(tensor_).second) fail("names tensor " + name_text(tensor_) + " twice");
    const auto [place, added] = files_.emplace(file, index_.files.size());
    if (added) index_.files.push_back(std::move(file));
    index_.tensors.emplace_back(std::move(tensor_), place->second);
  }

  [[noreturn]] void misplaced(const std::string& what) const {
    fail("tensor " + name_text(tensor_) + ": has " + what + ", where the name of a file belongs");
  }
  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(origin_ + ": " + what); }

  ShardIndex& index_;
  const std::string& origin_;
  std::string tensor_;
  // No tables of hashes: an index can be made of names that collide.
  std::set<std::string> names_;
  std::map<std::string, std::size_t> files_;
  std::size_t depth_ = 0;
  bool at_map_ = false, in_map_ = false, seen_ = false;
};

}  // namespace

bool is_index_path(const std::string& path) {
  const std::string suffix = index_suffix;
  return path.size() > suffix.size() && path.compare(path.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::string shard_path(const std::string& path, std::size_t number, std::size_t count) {
  const auto five = [](std::size_t n) {
    const std::string digits = std::to_string(n);
    return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
  };
  std::filesystem::path result(path);
  const std::string extension = result.extension().string();
  result.replace_filename(result.stem().string() + "-" + five(number) + "-of-" + five(count) + extension);
  return result.string();
}

bool is_shard_of(const std::string& path, const std::string& name) {
  const std::filesystem::path whole(path);
  const std::string begin = whole.stem().string() + "-", end = whole.extension().string(), between = "-of-";
  if (name.size() < begin.size() + end.size() || name.compare(0, begin.size(), begin) != 0 ||
      name.compare(name.size() - end.size(), end.size(), end) != 0)
    return false;
  const std::string middle = name.substr(begin.size(), name.size() - begin.size() - end.size());
  const std::size_t at = middle.find(between);
  const auto is_number = [](const std::string& text) {
    return text.size() >= 5 && text.find_first_not_of("0123456789") == std::string::npos;
  };
  return at != std::string::npos && is_number(middle.substr(0, at)) && is_number(middle.substr(at + between.size()));
}

ShardIndex read_index(const std::string& op, const std::string& path) {
  const InputFile file(op, path);
  if (file.size() > max_header)
    file.fail("is an index of " + std::to_string(file.size()) + " bytes: the limit is " + std::to_string(max_header));
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  if (file.read(0, text.data(), text.size()) != text.size()) file.fail("became shorter while it was read");
  ShardIndex index;
  IndexReader reader(index, file.origin());
  read_json(text, reader, file.origin() + ": the index");
  reader.finish();
  return index;
}

std::string write_index(const ShardIndex& index, std::uint64_t total_size) {
  std::vector<const std::pair<std::string, std::size_t>*> order;
  for (const auto& tensor : index.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  const std::string op = "save_safetensors";
  std::string text =
      "{\n  \"metadata\": {\n    \"total_size\": " + std::to_string(total_size) + "\n  },\n  \"weight_map\": {";
  const char* before = "\n";
  for (const auto* tensor : order) {
    text += before + ("    " + json_text(tensor->first, op, "name")) + ": " +
            json_text(index.files[tensor->second], op, "file name");
    before = ",\n";
  }
  return text + "\n  }\n}\n";
}

}  // namespace xgrad::io::detail
