// Runs the catalogue of bad calls, and compares it with the headers.

#include "bad_calls.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

#include "catch2.hpp"

namespace bad_calls {

std::vector<Bad<Tensor>> bad_values(const Tensor& good) {
  const NoGrad off;
  const DType other = good.dtype() == float64 ? float32 : float64;
  return {{Tensor(), "an undefined tensor", true},
          {zeros({0}, good.dtype()), "no elements", false},
          {zeros({3, 0}, good.dtype()), "no elements, rank 2", false},
          {zeros({most, 0}, good.dtype()), "no elements, a great size first", false},
          {zeros({0, two_to_61}, good.dtype()), "no elements, a great size last", false},
          {zeros({two_to_31, 0, two_to_31}, good.dtype()), "no elements between great sizes", false},
          {zeros({}, good.dtype()), "rank 0", false},
          {zeros({5}, good.dtype()), "rank 1", false},
          {zeros({2, 3, 1, 2, 1}, good.dtype()), "rank 5", false},
          {zeros({7, 4}, good.dtype()), "other sizes", false},
          {zeros(good.shape(), int64), "int64", false},
          {zeros(good.shape(), boolean), "bool", false},
          {zeros(good.shape(), other), "another floating dtype", false},
          {full(good.shape(), nan), "NaN", false},
          {full(good.shape(), -1e300), "-1e300", false}};
}

std::vector<Bad<Optional>> bad_values(const Optional& good) {
  std::vector<Bad<Optional>> all;
  for (const Bad<Tensor>& bad : bad_values(good.value.defined() ? good.value : zeros({3})))
    all.push_back({{bad.value}, bad.what, false});
  return all;
}

std::vector<Bad<Amount>> bad_values(const Amount&) {
  return {{{nan}, "NaN", false}, {{inf}, "infinity", false}, {{-1e300}, "-1e300", false}, {{0}, "0", false}};
}

std::vector<Bad<Setting>> bad_values(const Setting&) {
  return {{{nan}, "NaN", true}, {{inf}, "infinity", false}, {{-inf}, "-infinity", false}, {{-1}, "-1", false},
          {{0}, "0", false},    {{1e300}, "1e300", false},  {{1e-300}, "1e-300", false}};
}

std::vector<Bad<Axis>> bad_values(const Axis&) {
  return {{{33}, "33", true}, {{-34}, "-34", true}, {{least}, "-2^63", true}, {{most}, "2^63 - 1", true}};
}

std::vector<Bad<Size>> bad_values(const Size&) {
  return {{{-1}, "-1", true},
          {{least}, "-2^63", true},
          {{two_to_61 / (1 << 14)}, "2^47", true},
          {{two_to_61 + 4}, "2^61 + 4", true},
          {{most}, "2^63 - 1", true},
          {{0}, "0", false}};
}

std::vector<Bad<Index>> bad_values(const Index&) {
  return {{{-1}, "-1", false}, {{1000}, "1000", false}, {{least}, "-2^63", false}, {{most}, "2^63 - 1", false}};
}

std::vector<Bad<Extent>> bad_values(const Extent&) {
  return {{{-1}, "-1", false}, {{40}, "40", false}, {{least}, "-2^63", false}, {{most}, "2^63 - 1", false}};
}

std::vector<Bad<Sizes>> bad_values(const Sizes&) {
  return {{{{-1, -1}}, "(-1, -1)", true},
          {{{-2}}, "(-2)", true},
          {{{most, most}}, "(2^63 - 1, 2^63 - 1)", true},
          {{{two_to_31, two_to_31}}, "(2^31, 2^31)", true},
          {{{-1, 0}}, "(-1, 0)", true},
          {{{least}}, "(-2^63)", true}};
}

std::vector<Bad<Shape>> bad_values(const Shape&) {
  return {{{two_to_31, two_to_31}, "(2^31, 2^31)", true},
          {{two_to_61 + 4}, "(2^61 + 4)", true},
          {{two_to_61 * 2}, "(2^62)", true},
          {{most, most}, "(2^63 - 1, 2^63 - 1)", true},
          {{two_to_31, 1, two_to_31, two_to_31}, "2^93 elements", true},
          {{0}, "(0)", false},
          {{most, 0, most}, "(2^63 - 1, 0, 2^63 - 1)", false},
          {{}, "()", false}};
}

std::vector<Bad<Axes>> bad_values(const Axes&) {
  return {{{33}, "33", true}, {{0, 0}, "(0, 0)", true}, {{least}, "-2^63", true}, {{0, most}, "(0, 2^63 - 1)", true}};
}

std::vector<Bad<DType>> bad_values(const DType&) {
  return {{boolean, "bool", false}, {int64, "int64", false}, {float64, "float64", false}};
}

std::vector<Bad<std::vector<Tensor>>> bad_values(const std::vector<Tensor>& good) {
  std::vector<Bad<std::vector<Tensor>>> all = {{{}, "no tensors", true},
                                               {{good[0], Tensor()}, "an undefined one", true}};
  for (const Bad<Tensor>& bad : bad_values(good[0])) all.push_back({{good[0], bad.value}, bad.what, bad.must_throw});
  return all;
}

std::string fault_of(const Tensor& y) {
  if (!y.defined()) return "returned an undefined tensor";
  const auto bytes = static_cast<double>(y.size()) * static_cast<double>(size_of(y.dtype()));
  if (bytes > static_cast<double>(Raw::storage(y)->bytes())) return "returned a shape beyond its memory";
  for (std::int64_t size : y.shape())
    if (size < 0) return "returned the shape " + to_string(y.shape());
  return "";
}

std::string fault_of(const std::vector<Tensor>& all) {
  for (const Tensor& y : all)
    if (const std::string fault = fault_of(y); !fault.empty()) return fault;
  return "";
}

std::string fault_of(const StateDict& state) {
  for (const auto& [name, y] : state)
    if (const std::string fault = fault_of(y); !fault.empty()) return name + ": " + fault;
  return "";
}

std::string fault_of(const ValuesIndices& y) { return fault_of(std::vector<Tensor>{y.values, y.indices}); }

void note(Catalogue& all, Outcome outcome, const std::function<std::string()>& call) {
  try {
    outcome.problem = call();
    if (outcome.must_throw && outcome.problem.empty()) outcome.problem = "nothing was thrown";
  } catch (const std::exception& error) {
    outcome.threw = true;
    const std::string text = outcome.error = error.what();
    const bool known = dynamic_cast<const std::logic_error*>(&error) || dynamic_cast<const OutOfMemory*>(&error) ||
                       (outcome.of_file && dynamic_cast<const std::runtime_error*>(&error));
    if (!known) outcome.problem = "threw an exception of another kind: " + text;
    if (text.rfind(outcome.function + ": ", 0) != 0) outcome.problem = "the error begins with another name: " + text;
    if (text.find("internal error") != std::string::npos) outcome.problem = "threw: " + text;
  }
  all.outcomes.push_back(std::move(outcome));
}

namespace {

/// Declarations that the catalogue does not call.
const std::set<std::string>& exempt() {
  static const std::set<std::string> names = {
      // No argument of theirs can be bad.
      "operator=", "operator<<", "operator++", "to_string", "train", "apply", "order", "Bias", "Shared", "ModuleBase",
      "Optimizer", "LossOptions", "find", "Lint", "Attribute", "attributes", "Number", "Pieces", "count_or", "swap",
      "broadcasts_to",
      // Any number seeds a generator, and any generator may be the default one.
      "Generator", "GeneratorScope", "restore", "manual_seed",
      // Conversions and handles, whose checks are those of what they hold.
      "Operand", "Layer", "Iterator", "ScaleFactors", "ConvPadding", "HookHandle",
      // Of recurrent layers: their calls are probed as those of the class; and parts of PackedSequence.
      "forward", "with",
      // For writers of ops, and inside them.
      "alias", "handle", "take_value", "mark_weak", "begin_write", "uninitialized", "storage", "check_rows",
      "choose_parts", "differentiate", "transform", "constant", "refuse_lost_write", "number",
      // Of training: what their files hold is tested by checkpoint_test and train_parts_test.
      "save", "load", "read", "load_part", "save_csv", "save_json_lines",
      // Parts of training without bad arguments, and what a Trainer calls of the user's.
      "Batches", "for_each", "add_to", "StepResult", "Objective", "begin", "print", "rate", "contains",
      "set_transforms", "set_contract", "make", "register_generator", "named_generators", "on_fit_begin",
      "on_epoch_begin", "on_batch_begin", "on_batch_end", "on_validation_begin", "on_validation_end", "on_epoch_end",
      "on_checkpoint", "on_fit_end"};
  return names;
}

const Catalogue& catalogue() {
  static const Catalogue all = [] {
    Catalogue filled;
    for (const Fill fill : {tensor_calls,  op_calls,         indexing_calls,  product_calls,     linalg_calls,
                            module_calls,  container_calls,  layer_calls,     convolution_calls, training_calls,
                            data_calls,    reduction_calls,  pointwise_calls, func_calls,        train_calls,
                            pooling_calls, recurrence_calls, attention_calls, io_calls,          inspect_calls})
      fill(filled);
    return filled;
  }();
  return all;
}

/// The lines of a header outside of namespaces and parts that users do not call.
std::vector<std::string> public_lines(const std::filesystem::path& header) {
  std::ifstream file(header);
  REQUIRE(file);
  std::vector<std::string> lines;
  bool inside = false, hidden = false, macro = false;  // in namespace detail, in a class's own part, in a macro
  for (std::string line; std::getline(file, line);) {
    if (line.find("s sources only:") != std::string::npos) return {};
    if (std::regex_match(line, std::regex("^namespace (\\w+::)*detail \\{"))) inside = true;
    if (line == " private:" || line == " protected:") hidden = true;
    const bool continued = !line.empty() && line.back() == '\\';
    if (!inside && !hidden && !macro && !continued) lines.push_back(line);
    macro = continued;
    if (std::regex_match(line, std::regex("^\\}  // namespace .*detail"))) inside = false;
    if (line == " public:" || line == "};") hidden = false;
  }
  return lines;
}

/// The functions with arguments that a header declares.
std::set<std::string> declared(const std::filesystem::path& header) {
  static const std::regex declaration(
      R"(^(?:  )?(?:\[\[nodiscard\]\] )?(?:(?:explicit|static|inline|virtual) )*(?:[\w:<>,&]+(?: [\w:<>,&]+)* )?&?)"
      R"((\w+|operator\S+)\(([^)]).*$)");
  static const std::regex setter(R"(^  \w+Options& .*)");  // checked where the options are used
  std::set<std::string> names;
  std::smatch match;
  for (const std::string& line : public_lines(header)) {
    if (!std::regex_match(line, match, declaration) || std::regex_match(line, setter)) continue;
    if (std::regex_search(line, std::regex("= (delete|default);")) || line.rfind("XGRAD_", 0) == 0) continue;
    if (match[1] == "static_assert" || match[1] == "decltype" || line.rfind("  return", 0) == 0 ||
        line.rfind("  const ", 0) == 0)
      continue;
    names.insert(match[1]);
  }
  return names;
}

// ---- the errors that the reference shows

/// A line of tools/reference_pages/errors.txt: the function and an error without the caller's line and the name of a
/// temporary folder.
std::string line_for_reference(const Outcome& outcome) {
  static const std::regex place(R"( \([^() ]+:\d+\)$)"), folder(R"(/[^' ]*xgrad-test-[A-Za-z0-9]+)");
  return outcome.function + "\t" + std::regex_replace(std::regex_replace(outcome.error, place, ""), folder, "folder");
}

/// Up to four errors of each function that are unlike each other: their rules differ in more than numbers. Those that
/// all functions have in common are left out.
std::vector<std::string> chosen_for_reference() {
  static const std::regex numbers(R"(\([^)]*\)|[-+]?[0-9][-+.e0-9]*|axis|axes)"),
      strange(
          "empty tensor|[0-9]{9}|[\\x01-\\x08\\x0a-\\x1f\\xff]|''|a{50}|zero byte|No such file|[Nn]ot a (dir|fold)|"
          "Is a directory|is a (folder|pipe)|a device|name too long|Too many levels|cannot be opened|Bad address|"
          "(\\(|, )bad_calls_");
  std::vector<std::string> lines;
  std::map<std::string, std::set<std::string>> rules;
  for (const Outcome& outcome : catalogue().outcomes) {
    const std::string line = line_for_reference(outcome);
    if (!outcome.threw || line.size() > 250 || std::regex_search(line, strange)) continue;
    const std::string rule = std::regex_replace(line.substr(line.rfind(": ") + 1), numbers, "");
    std::set<std::string>& seen = rules[outcome.function];
    if (seen.size() < 4 && seen.insert(rule).second) lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace
}  // namespace bad_calls

using namespace bad_calls;

// With XGRAD_UPDATE_ERRORS in the environment it writes them anew.
TEST_CASE("the errors that the reference shows are those of the catalogue", "[bad calls]") {
  const std::string path = XGRAD_SOURCE_DIR "/tools/reference_pages/errors.txt";
  if (std::getenv("XGRAD_UPDATE_ERRORS") != nullptr) {
    std::ofstream out(path);
    for (const std::string& line : chosen_for_reference()) out << line << '\n';
  }
  std::set<std::string> all;
  for (const Outcome& outcome : catalogue().outcomes) all.insert(line_for_reference(outcome));
  std::ifstream file(path);
  std::size_t shown = 0;
  for (std::string line; std::getline(file, line); ++shown) {
    INFO("an error that is thrown no more: " << line << "\nXGRAD_UPDATE_ERRORS=1 bad_calls_test");
    CHECK(all.count(line) == 1);
  }
  CHECK(shown > 200);
}

TEST_CASE("every bad call is refused by an error that begins with the function's name", "[bad calls]") {
  std::size_t refused = 0, demanded = 0;
  for (const Outcome& outcome : catalogue().outcomes) {
    refused += outcome.threw ? 1u : 0u;
    demanded += outcome.must_throw ? 1u : 0u;
    INFO(outcome.function << " with " << outcome.with);
    CHECK(outcome.problem == "");
  }
  WARN(catalogue().outcomes.size() << " calls, " << demanded << " of which must be refused, " << refused
                                   << " good errors");
  CHECK(catalogue().outcomes.size() > 4000);
  CHECK(refused > 2500);
}

TEST_CASE("every function that the headers declare is in the catalogue of bad calls", "[bad calls]") {
  namespace fs = std::filesystem;
  const fs::path root = XGRAD_SOURCE_DIR;
  const std::vector<std::string>& known = catalogue().functions;
  const std::set<std::string> listed(known.begin(), known.end());
  std::size_t found = 0;
  std::vector<fs::path> headers;
  for (const char* of_graph : {"tensor", "profiler", "random", "mode", "hook", "pieces", "shape", "number", "slice",
                               "record", "attribute", "observe"})
    headers.push_back(root / "autograd/graph" / (std::string(of_graph) + ".hpp"));
  for (const char* room : {"autograd/ops", "autograd/linalg", "autograd/engine", "autograd/func", "autograd/inspect",
                           "nn", "data", "io", "optim", "train"})
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / room))
      if (entry.path().extension() == ".hpp") headers.push_back(entry.path());
  for (const fs::path& header : headers)
    for (const std::string& name : declared(header)) {
      ++found;
      INFO(header << " declares a function that tests/bad_calls_*.cpp do not call: " << name);
      CHECK((listed.count(name) == 1 || exempt().count(name) == 1));
    }
  CHECK(found > 150);  // otherwise the pattern no longer finds declarations
}
