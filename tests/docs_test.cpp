// Checks the documents against the sources, and the includes of the sources against their layers.
//
// A block that begins with ```cpp is a part of a file that is compiled and tested: its lines, without indentation and
// empty ones, stand one after the other in a file of examples, tests or the library. A block that only illustrates
// begins with ```c++ and is not looked for.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "catch2.hpp"

namespace fs = std::filesystem;

namespace {

using Lines = std::vector<std::string>;

const fs::path root = XGRAD_SOURCE_DIR;
const std::string number_text = "autograd/kernels/runtime/number_text.hpp";
const std::string scratch_vector = "autograd/kernels/runtime/scratch_vector.hpp";
/// The rooms of the library, and what each may include besides itself: other rooms with their subfolders, or single
/// headers.
const std::map<std::string, std::set<std::string>> rooms{
    {"autograd/kernels/math", {}},
    {"autograd/kernels/runtime", {}},
    {"autograd/kernels/random", {"autograd/kernels/math", "autograd/kernels/runtime"}},
    {"autograd/kernels/indexing", {"autograd/kernels/runtime", "autograd/kernels/simd"}},
    {"autograd/kernels/simd", {"autograd/kernels/math"}},
    {"autograd/kernels/pointwise", {"autograd/kernels/math", "autograd/kernels/simd", "autograd/kernels/runtime"}},
    {"autograd/kernels/scan", {"autograd/kernels/runtime", "autograd/kernels/indexing"}},
    {"autograd/kernels/sorting", {"autograd/kernels/runtime", "autograd/kernels/indexing"}},
    {"autograd/kernels/reduction",
     {"autograd/kernels/math", "autograd/kernels/simd", "autograd/kernels/runtime", "autograd/kernels/indexing",
      "autograd/kernels/scan"}},
    {"autograd/kernels/matrix",
     {"autograd/kernels/math", "autograd/kernels/simd", "autograd/kernels/runtime", "autograd/kernels/indexing"}},
    {"autograd/kernels/convolution", {"autograd/kernels/simd", "autograd/kernels/runtime", "autograd/kernels/matrix"}},
    {"autograd/kernels/pooling", {"autograd/kernels/simd", "autograd/kernels/runtime", "autograd/kernels/matrix"}},
    {"autograd/kernels/attention",
     {"autograd/kernels/simd", "autograd/kernels/runtime", "autograd/kernels/random", "autograd/kernels/reduction",
      "autograd/kernels/matrix"}},
    {"autograd/kernels/recurrence",
     {"autograd/kernels/matrix", "autograd/kernels/runtime", "autograd/kernels/simd", "autograd/kernels/math"}},
    {"autograd/kernels/lapack", {"autograd/kernels/matrix/blas_gate.hpp", "autograd/kernels/runtime"}},
    {"autograd/graph", {"autograd/kernels"}},
    {"autograd/ops", {"autograd/kernels", "autograd/graph"}},
    {"autograd/linalg", {"autograd/kernels", "autograd/graph", "autograd/ops"}},
    {"autograd/engine", {"autograd/kernels", "autograd/graph", "autograd/ops"}},
    {"autograd/inspect", {"autograd/kernels", "autograd/graph", "autograd/ops", "autograd/engine"}},
    {"autograd/func", {"autograd/kernels", "autograd/graph", "autograd/ops", "autograd/engine"}},
    {"nn",
     {"autograd/graph", "autograd/ops", "autograd/engine", "autograd/func/checkpoint.hpp", "autograd/linalg/qr.hpp",
      number_text, scratch_vector, "io/state_dict.hpp"}},
    {"optim", {"autograd/graph", "autograd/ops", "autograd/engine", number_text, "nn", "io/state_dict.hpp"}},
    {"data",
     {"autograd/graph", "autograd/ops", "autograd/engine", number_text, "autograd/kernels/runtime/ending.hpp",
      "io/input_file.hpp"}},
    {"optim/schedule", {"autograd/graph", number_text, "optim", "io/state_dict.hpp"}},
    {"io", {"autograd/graph", "autograd/ops", "autograd/engine"}},
    {"train", {"autograd/graph", "autograd/ops", "autograd/engine", number_text, "nn", "optim", "data", "io"}},
    {"testing", {"autograd/graph", "autograd/engine"}}};

/// Folders of programs, which may include anything.
const std::set<std::string> programs{"bench", "examples", "tests", "tools"};

std::string trimmed(const std::string& line) {
  const auto first = line.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

Lines read(const fs::path& path) {
  std::ifstream file(path);
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// The lines of code without indentation and empty lines.
Lines bare(const Lines& lines) {
  Lines result;
  for (const std::string& line : lines)
    if (const std::string rest = trimmed(line); !rest.empty()) result.push_back(rest);
  return result;
}

/// All files below the folder with these extensions, relative to the sources.
std::vector<fs::path> files(const std::string& folder, const std::set<std::string>& extensions) {
  std::vector<fs::path> result;
  if (!fs::exists(root / folder)) return result;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder))
    if (entry.is_regular_file() && extensions.count(entry.path().extension().string()))
      result.push_back(fs::relative(entry.path(), root));
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<fs::path> documents() {
  std::vector<fs::path> result = files("docs", {".md"});
  for (const char* folder : {"examples", "bench", "tools"})
    for (const fs::path& path : files(folder, {".md"})) result.push_back(path);
  for (const fs::directory_entry& entry : fs::directory_iterator(root))
    if (entry.path().extension() == ".md") result.push_back(entry.path().filename());
  return result;
}

struct Block {
  std::string language;
  std::size_t line;
  Lines lines;
};

/// The fenced blocks of a document; all other text is appended to `prose`.
std::vector<Block> blocks(const fs::path& document, std::string* prose = nullptr) {
  std::vector<Block> result;
  bool inside = false;
  std::size_t number = 0;
  for (const std::string& line : read(root / document)) {
    ++number;
    const std::string rest = trimmed(line);
    if (rest.compare(0, 3, "```") == 0) {
      if (!inside) result.push_back({rest.substr(3), number, {}});
      inside = !inside;
    } else if (inside) {
      result.back().lines.push_back(line);
    } else if (prose) {
      *prose += line + "\n";
    }
  }
  return result;
}

/// The anchors that GitHub gives the headings of a document: in lower case, without punctuation, with hyphens for
/// spaces, and numbered from the second of the same text on.
const std::set<std::string>& anchors(const fs::path& document) {
  static std::map<fs::path, std::set<std::string>> known;
  const auto [at, is_new] = known.try_emplace(fs::canonical(document));
  if (!is_new) return at->second;
  std::set<std::string>& result = at->second;
  std::string prose;
  blocks(fs::relative(document, root), &prose);
  std::istringstream lines(prose);
  for (std::string line; std::getline(lines, line);) {
    if (!starts_with(line, "#")) continue;
    std::string anchor;
    for (const char c : trimmed(line.substr(line.find_first_not_of('#')))) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) || c == '_' || c == '-' || byte >= 0x80) anchor += static_cast<char>(std::tolower(byte));
      if (c == ' ') anchor += '-';
    }
    std::string numbered = anchor;
    for (int n = 1; !result.insert(numbered).second; ++n) numbered = anchor + "-" + std::to_string(n);
  }
  return result;
}

bool contains(const Lines& text, const Lines& part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end()) != text.end();
}

/// The names that a file includes, without brackets; quoted names keep the first quotation mark.
const Lines& includes(const fs::path& path) {
  static const std::regex pattern("^\\s*#\\s*include\\s*(<([^>]+)>|(\"[^\"]+)\")");
  static std::map<fs::path, Lines> known;
  const auto [at, is_new] = known.try_emplace(path);
  if (!is_new) return at->second;
  for (const std::string& line : read(root / path))
    if (std::smatch match; line.find('#') != std::string::npos && std::regex_search(line, match, pattern))
      at->second.push_back(match[2].matched ? match[2] : match[3]);
  return at->second;
}

/// The path from the sources of one of the library's own headers; empty for others.
std::string own(const std::string& include) { return starts_with(include, "xgrad/") ? include.substr(6) : ""; }

/// Every header that a file includes, directly or not: the library's own by their path from the sources, others by
/// name.
std::set<std::string> reached(const std::string& from) {
  std::set<std::string> seen;
  Lines open{from};
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    for (const std::string& include : includes(path)) {
      const std::string name = own(include);
      if (!seen.insert(name.empty() ? include : name).second || name.empty()) continue;
      open.push_back(name);
    }
  }
  return seen;
}

/// Whether users may include the header: no line of it says that it is for the library's sources only.
bool is_public(const fs::path& header) {
  for (const std::string& line : read(root / header))
    if (line.find("s sources only:") != std::string::npos) return false;
  return true;
}

/// Every source and header of the repository, except those of programs and builds and those outside of folders.
std::vector<fs::path> library_files(const std::set<std::string>& extensions) {
  std::vector<fs::path> result;
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || name.front() == '.' || name == "build" || programs.count(name)) continue;
    for (const fs::path& path : files(name, extensions)) result.push_back(path);
  }
  return result;
}

}  // namespace

TEST_CASE("every block of C++ in the documents is part of a program that is compiled and run") {
  std::vector<Lines> sources;
  for (const char* folder : {"examples", "tests", "autograd", "nn", "optim", "data", "io", "train"})
    for (const fs::path& path : files(folder, {".cpp", ".hpp"}))
      if (path.filename() != "must_not_compile.cpp") sources.push_back(bare(read(root / path)));
  std::size_t found = 0;
  for (const fs::path& document : documents())
    for (const Block& block : blocks(document)) {
      if (block.language != "cpp") continue;
      const Lines part = bare(block.lines);
      INFO(document.string() << ":" << block.line << " is in no file:\n" << (part.empty() ? "" : part.front()));
      CHECK(std::any_of(sources.begin(), sources.end(), [&](const Lines& text) { return contains(text, part); }));
      ++found;
    }
  CHECK(found > 0);
}

TEST_CASE("the rows of every table in the documents have as many cells as its header") {
  const std::regex code("`[^`]*`"), escaped("\\\\\\|");
  const auto cells = [&](const std::string& line) {
    const std::string row = std::regex_replace(std::regex_replace(line, code, ""), escaped, "");
    return std::count(row.begin(), row.end(), '|') - 1;
  };
  std::size_t found = 0;
  for (const fs::path& document : documents()) {
    std::string prose;
    blocks(document, &prose);
    std::istringstream lines(prose);
    std::ptrdiff_t columns = 0;  // of the table around the line; 0 outside of tables
    for (std::string line; std::getline(lines, line);) {
      if (!starts_with(line, "|")) {
        columns = 0;
        continue;
      }
      if (columns == 0) {
        columns = cells(line);
        ++found;
      }
      INFO(document.string() << ": " << line);
      CHECK(cells(line) == columns);
    }
  }
  CHECK(found > 0);
}

TEST_CASE("every relative link in the documents leads to a file, and to a heading where it names one") {
  const std::regex code("`[^`\n]*`"), link("\\]\\(([^)\\s#]*)(#[^)]*)?\\)");
  for (const fs::path& document : documents()) {
    std::string prose;
    blocks(document, &prose);
    prose = std::regex_replace(prose, code, "");
    for (std::sregex_iterator it(prose.begin(), prose.end(), link), end; it != end; ++it) {
      const std::string target = (*it)[1], heading = (*it)[2];
      if (target.find("://") != std::string::npos || starts_with(target, "mailto:")) continue;
      INFO(document.string() << " links to " << target << heading);
      const fs::path path = target.empty() ? root / document : (root / document).parent_path() / target;
      CHECK(fs::exists(path));
      if (heading.empty() || path.extension() != ".md") continue;
      CHECK(anchors(path).count(heading.substr(1)) == 1);
    }
  }
}

TEST_CASE("includes point from upper layers to lower ones only, in every folder that exists") {
  std::set<std::string> met;
  for (const fs::path& path : library_files({".hpp", ".cpp"})) {
    const std::string folder = path.parent_path().string();
    INFO(path.string());
    const auto room = rooms.find(folder);
    if (room == rooms.end()) FAIL_CHECK("a folder that this test does not know: say above what it may include");
    if (room == rooms.end()) continue;
    met.insert(folder);
    for (const std::string& include : includes(path)) {
      INFO("includes " << include);
      CHECK(include.front() != '"');  // the library names its headers as <xgrad/...>
      const std::string name = own(include);
      if (name.empty() || starts_with(name, folder + "/")) continue;
      CHECK(std::any_of(room->second.begin(), room->second.end(), [&](const std::string& allowed) {
        return name == allowed || starts_with(name, allowed + "/");
      }));
    }
  }
  for (const auto& room : rooms) {
    INFO(room.first << " holds no source any more");
    CHECK(met.count(room.first) == 1);
  }
}

TEST_CASE("every source of the library stands beside a header of its name") {
  std::size_t found = 0;
  for (const fs::path& path : library_files({".cpp"})) {
    INFO(path.string());
    CHECK(fs::exists(root / fs::path(path).replace_extension(".hpp")));
    ++found;
  }
  CHECK(found > 300);
}

TEST_CASE("few files name xtensor's headers, and only kernels name xsimd's and BLAS's") {
  std::set<std::string> of_xtensor;
  for (const fs::path& path : library_files({".hpp", ".cpp"}))
    for (const std::string& include : includes(path)) {
      INFO(path.string() << " includes " << include);
      if (starts_with(include, "xtensor") || starts_with(include, "xtl")) {
        of_xtensor.insert(path.string());
        CHECK(
            (starts_with(path.string(), "autograd/graph/") || starts_with(path.string(), "autograd/kernels/lapack/")));
      }
      if (starts_with(include, "xsimd") || include == "cblas.h") CHECK(starts_with(path.string(), "autograd/kernels/"));
    }
  CHECK_FALSE(of_xtensor.empty());
  CHECK(of_xtensor.size() <= 4);
}

TEST_CASE("no public header brings SIMD registers, BLAS, JSON or more of xtensor than its arrays") {
  std::set<std::string> all = reached("xgrad.hpp");
  REQUIRE(all.count("autograd/graph/tensor.hpp") == 1);
  for (const fs::path& path : library_files({".hpp"})) {
    if (starts_with(path.string(), "autograd/kernels/") || !is_public(path)) continue;
    INFO(path.string());
    const std::set<std::string> brought = reached(path.string());
    CHECK(brought.count("autograd/kernels/simd/vec.hpp") == 0);
    all.insert(brought.begin(), brought.end());
  }
  CHECK(all.count("autograd/kernels/simd/vec.hpp") == 0);
  for (const std::string& name : all) {
    INFO(name);
    CHECK_FALSE((starts_with(name, "xsimd") || starts_with(name, "xtensor-blas") || starts_with(name, "nlohmann") ||
                 starts_with(name, "tbb") || name == "cblas.h"));
    if (starts_with(name, "xtensor/")) CHECK((name == "xtensor/xarray.hpp" || name == "xtensor/xslice.hpp"));
    if (!name.empty() && (starts_with(name, "autograd/") || starts_with(name, "nn/"))) CHECK(fs::exists(root / name));
  }
}
