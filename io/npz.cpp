#include <xgrad/io/npz.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string_view>

#include <xgrad/io/json.hpp>
#include <xgrad/io/name_text.hpp>
#include <xgrad/io/npy_format.hpp>
#include <xgrad/io/torch_file.hpp>
#include <xgrad/io/zip.hpp>
#include <xgrad/io/zip_writer.hpp>

namespace xgrad::io {
namespace {

constexpr std::string_view suffix = ".npy";
constexpr std::size_t longest_name = 65000;

bool is_array(const std::string& member) {
  return member.size() >= suffix.size() && member.compare(member.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::string without_suffix(const std::string& member) {
  return is_array(member) ? member.substr(0, member.size() - suffix.size()) : member;
}

void check(const StateDict& tensors, const NpzOptions& options) {
  const auto refuse = [](const std::string& name, const char* what) {
    throw std::invalid_argument("save_npz: " + detail::name_text(name) + ": " + what);
  };
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    if (name.size() > longest_name) refuse(name, "the name is longer than 65000 bytes: zip allows no more");
    if (name.find('\0') != std::string::npos) refuse(name, "the name holds a zero byte: zip readers end there");
    static_cast<void>(detail::json_text(name, "save_npz", "name"));  // NumPy opens no archive with other names
    if (!names.insert(name).second) refuse(name, "two tensors have this name");
    detail::npy_format_of(tensor, options.floats(), "save_npz: " + detail::name_text(name));
  }
}

}  // namespace

void save_npz(const StateDict& tensors, const std::string& path, const NpzOptions& options) {
  check(tensors, options);
  AtomicFile file(path, "save_npz");
  detail::ZipWriter archive(file);
  for (const auto& [name, tensor] : tensors) {
    const Tensor& x = tensor;
    const detail::Format format = detail::format_of(x.dtype(), options.floats());
    const std::string header = detail::npy_header(x, format);
    const std::uint64_t bytes = header.size() + static_cast<std::uint64_t>(x.size()) * detail::size_of(format);
    archive.add(name + std::string(suffix), bytes, options.compressed(), [&](const detail::Sink& sink) {
      sink(header.data(), header.size());
      detail::write_elements(x, format, sink);
    });
  }
  archive.finish();
  file.commit();
}

struct NpzFile::Contents {
  Contents(const char* op, const std::string& path, std::uint64_t most) : limit(most), archive(op, path, most) {
    for (const detail::ZipEntry& entry : archive.entries()) names.push_back(without_suffix(entry.name));
    by_name.resize(names.size());
    std::iota(by_name.begin(), by_name.end(), std::size_t{0});
    std::sort(by_name.begin(), by_name.end(), [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
    const auto twice = std::adjacent_find(by_name.begin(), by_name.end(),
                                          [&](std::size_t a, std::size_t b) { return names[a] == names[b]; });
    if (twice != by_name.end())
      archive.file().fail("holds " + detail::name_text(names[*twice]) + " twice, with .npy and without");
  }

  /// The number of the array of that name, or how many there are.
  std::size_t find(const std::string& name) const {
    const auto place = std::lower_bound(by_name.begin(), by_name.end(), name,
                                        [&](std::size_t i, const std::string& wanted) { return names[i] < wanted; });
    return place != by_name.end() && names[*place] == name ? *place : names.size();
  }

  /// `left` is what compressed arrays may still take as tensors, in bytes.
  Tensor tensor(std::size_t i, std::uint64_t& left) const {
    const detail::ZipEntry& entry = archive.entries()[i];
    const std::string what = detail::name_text(entry.name) + ": ";
    if (!is_array(entry.name))
      archive.file().fail(what + "is not an array: its name does not end in .npy" +
                          (detail::is_torch_member(entry.name)
                               ? std::string(" (this is a PyTorch file): ") + detail::torch_way_out
                               : ""));
    const std::unique_ptr<detail::MemberReader> reader = archive.open(entry);
    const bool compressed = entry.method != 0;
    Tensor result = detail::read_npy(*reader, entry.unpacked, what, compressed ? left : UINT64_MAX);
    reader->finish();
    if (compressed) left -= static_cast<std::uint64_t>(result.size()) * xgrad::size_of(result.dtype());
    return result;
  }

  std::uint64_t limit;
  detail::ZipFile archive;
  std::vector<std::string> names;
  std::vector<std::size_t> by_name;  // their numbers, sorted by them
};

NpzFile::NpzFile(const std::string& path, std::int64_t limit) : NpzFile("NpzFile", path, limit) {}

NpzFile::NpzFile(const char* op, const std::string& path, std::int64_t limit) {
  if (limit < 0)
    throw std::invalid_argument(std::string(op) + ": the limit must not be negative, got " + std::to_string(limit));
  contents_ = xgrad::detail::Owned<const Contents>(new Contents(op, path, static_cast<std::uint64_t>(limit)));
}

NpzFile::NpzFile(NpzFile&&) noexcept = default;
NpzFile& NpzFile::operator=(NpzFile&&) noexcept = default;
NpzFile::~NpzFile() = default;

const NpzFile::Contents& NpzFile::contents() const {
  if (!contents_) throw std::logic_error("NpzFile: the archive was moved to another object: ask that one");
  return *contents_;
}

std::vector<std::string> NpzFile::names() const { return contents().names; }

bool NpzFile::contains(const std::string& name) const { return contents().find(name) != contents().names.size(); }

Tensor NpzFile::tensor(const std::string& name) const {
  const Contents& all = contents();
  const std::size_t i = all.find(name);
  if (i == all.names.size())
    all.archive.file().fail("there is no array " + detail::name_text(name) + detail::there_are(all.names));
  std::uint64_t left = all.limit;
  return all.tensor(i, left);
}

StateDict NpzFile::tensors() const {
  const Contents& all = contents();
  StateDict result;
  std::uint64_t left = all.limit;
  for (std::size_t i = 0; i < all.names.size(); ++i) result.emplace_back(all.names[i], all.tensor(i, left));
  return result;
}

StateDict load_npz(const std::string& path, std::int64_t limit) { return NpzFile("load_npz", path, limit).tensors(); }

}  // namespace xgrad::io
