// Whatever the locale of the process, or of a stream, texts and files are the same.

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <locale>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "folder.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

/// What German numbers have: 1.234.567,5.
class German : public std::numpunct<char> {
 protected:
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

class GlobalLocale {
 public:
  explicit GlobalLocale(const std::locale& locale) : before_(std::locale::global(locale)) {}
  ~GlobalLocale() { std::locale::global(before_); }
  GlobalLocale(const GlobalLocale&) = delete;
  GlobalLocale& operator=(const GlobalLocale&) = delete;

 private:
  std::locale before_;
};

const std::locale& german() {
  static const std::locale locale(std::locale::classic(), new German);
  return locale;
}

template <class T>
std::string printed(const T& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

template <class F>
std::string refused(F&& f) {
  return thrown_by<std::exception>(std::forward<F>(f));
}

/// Calls that are refused with a number that is not whole in the message.
std::vector<std::string> refusals() {
  const Tensor x = Tensor({1234.5, 0.25}), p = Tensor({1.5f, 2.5f}).requires_grad_();
  const std::vector<Tensor> ps{p};
  return {
      refused([&] { clamp(x, 1234.5, 0.5); }),
      refused([&] { dropout(x, 1234.5); }),
      refused([&] { arange(0.5, 1234.5, 0); }),
      refused([&] { arange(0.5, std::nan(""), 1.5); }),
      refused([&] { nn::BatchNorm1d(2, nn::BatchNorm1d::Options().eps(-1234.5)); }),
      refused([&] { nn::BatchNorm1d(2, nn::BatchNorm1d::Options().momentum(1234.5)); }),
      refused([&] {
        batch_norm(ones({2, 2}), {}, {}, {}, {}, true, 0.1, -1234.5);
      }),
      refused([&] { nn::Dropout(1234.5); }),
      refused([&] { nn::smooth_l1_loss(x, x, nn::Reduction::mean, -1234.5); }),
      refused([&] { nn::huber_loss(x, x, nn::Reduction::mean, -1234.5); }),
      refused([&] { nn::binary_cross_entropy(Tensor({1234.5}), Tensor({0.5})); }),
      refused([&] { nn::init::uniform_(p, 1234.5, 0.5); }),
      refused([&] { nn::init::normal_(p, 0.5, -1234.5); }),
      refused([&] {
        nn::cross_entropy(ones({2, 3}), Tensor({0, 1}), nn::CrossEntropyOptions().label_smoothing(1234.5));
      }),
      refused([&] { optim::SGD(ps, -1234.5); }),
      refused([&] { optim::SGD(ps, 0.1, optim::SGD::Options().momentum(-1234.5)); }),
      refused([&] { optim::SGD(ps, 0.1, optim::SGD::Options().momentum(0.5).dampening(1234.5).nesterov(true)); }),
      refused([&] { optim::Adam(ps, 0.1, optim::Adam::Options().betas(1234.5, 0.5)); }),
      refused([&] { data::two_spirals(100, -1234.5); }),
      refused([&] { numerical_gradient([](const Tensor& y) { return sum(y); }, x, -1234.5); }),
      gradcheck(
          [](const std::vector<Tensor>& in) {
            return record("wrong", Source::here(), (in[0] * 1234.5).detach(), {Tensor(in[0])},
                          [](const Tensor& g) { return g * 1234567.5; });
          },
          {leaf({1234.5, 0.25})})
          .message,
  };
}

std::string trace() {
  const Folder folder;
  const std::string path = folder.file("trace.json");
  const Profiler profiler;
  for (int i = 0; i < 1000; ++i) exp(ones({2000}));
  profiler.save_trace(path);
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// All that the library writes, except for times.
std::vector<std::string> texts() {
  std::vector<std::string> all = refusals();
  all.push_back(printed(Tensor({{1234567.5, -0.5}, {1e300, 1e-300}})));
  all.push_back(printed(Tensor({1234567.f, 0.1f}).requires_grad_()));
  all.push_back(printed(Tensor({1234567, -7654321})));
  all.push_back(printed(zeros({2000, 3000})));
  all.push_back(printed(Shape{1234567, 2}));
  const nn::Sequential model{nn::Linear(1234, 1000), nn::BatchNorm1d(1000), nn::LeakyReLU(0.25), nn::Dropout(0.125)};
  all.push_back(printed(model));
  all.push_back(printed(nn::summary(model, {4000, 1234})));
  for (const Attribute& each : {Attribute("eps", 0.125), Attribute("axis", 1234567), Attribute("axes", Shape{1234, 5})})
    all.push_back(to_string(each));
  return all;
}

void check_all(const std::vector<std::string>& expected) {
  const std::vector<std::string> found = texts();
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == expected[i]);

  const std::string json = trace();
  const std::regex number(R"re("ts": (\S+) "dur": (\S+) "args": \{"bytes": (\S+) )re");
  const std::regex plain(R"(-?\d+(\.\d{3})?,)");
  int events = 0;
  for (std::sregex_iterator at(json.begin(), json.end(), number), end; at != end; ++at, ++events)
    for (std::size_t k = 1; k <= 3; ++k)
      if (!std::regex_match((*at)[k].str(), plain)) FAIL((*at)[k].str());
  CHECK(events >= 1000);

  const Folder folder;
  const std::string path = folder.file("model.safetensors");
  io::save_safetensors({{"x", Tensor({1.5, 2.5})}}, path, {{"note", "1.5"}});
  CHECK(numbers(io::load_safetensors(path)[0].second) == Numbers{1.5, 2.5});
  CHECK(io::load_safetensors_metadata(path).at("note") == "1.5");
}

}  // namespace

TEST_CASE("texts are as expected, with nan for NaN of either sign") {
  CHECK(printed(Tensor({std::nan(""), -std::nan("")})) == "[nan, nan] shape (2), float64");
  CHECK(printed(Tensor(-std::nanf(""))) == "nan shape (), float32");
  CHECK(printed(Tensor({1234567.5, -0.5})) == "[1.23457e+06,        -0.5] shape (2), float64");
  CHECK(to_string(Attribute("eps", -std::nan(""))) == "eps=nan");
  CHECK(refused([] { dropout(Tensor({1.5}), -1e-300, true); }).find("-1e-300") != std::string::npos);
}

TEST_CASE("a German std::locale changes no text, no trace and no file") {
  const std::vector<std::string> expected = texts();
  const GlobalLocale scope(german());
  REQUIRE(printed(1234.5) == "1.234,5");
  check_all(expected);
}

TEST_CASE("a German stream prints tensors, shapes and models as any other") {
  std::ostringstream out;
  out.imbue(german());
  out << Tensor({1234.5}) << Tensor(7654321) << Shape{1234567} << nn::Linear(1234, 5);
  CHECK(
      out.str() ==
      "[1234.5] shape (1), float647654321 shape (), int64(1234567)Linear(in_features=1234, out_features=5, bias=True)");
}

TEST_CASE("a German setlocale changes no text, no trace and no file") {
  const std::vector<std::string> expected = texts();
  const Folder folder;
  const char* name = std::setlocale(LC_ALL, "de_DE.UTF-8");
  if (name == nullptr) {
    const std::string made = folder.file("de_DE.UTF-8");
    const std::string call = "localedef -i de_DE -f UTF-8 '" + made + "' >/dev/null 2>&1";
    if (std::system(call.c_str()) == 0) {
      ::setenv("LOCPATH", folder.file("").c_str(), 1);
      name = std::setlocale(LC_ALL, "de_DE.UTF-8");
      ::unsetenv("LOCPATH");
    }
  }
  if (name == nullptr) {
    WARN("no German locale is installed, and localedef cannot make one: not tested");
    return;
  }
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", 0.5);
  REQUIRE(std::string(text) == "0,5");
  check_all(expected);
  std::setlocale(LC_ALL, "C");
}

TEST_CASE("no source of the library writes or reads numbers by means that obey a locale") {
  namespace fs = std::filesystem;
  const std::regex obeys(R"(\bs?n?printf\(|\bstrto[dfl]|\bsto[dfi]\(|\bato[fi]\(|stringstream)");
  // No locale puts a point into a whole number.
  const std::regex whole(R"(\bsnprintf\([^"]*"[^"%]*%[0-9]*[lz]?[dux][^"%]*")");
  std::size_t files = 0;
  for (const char* room : {"autograd", "nn", "optim", "data", "io", "train", "testing"})
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(fs::path(XGRAD_SOURCE_DIR) / room)) {
      if (!entry.is_regular_file()) continue;
      ++files;
      std::ifstream file(entry.path());
      int number = 0;
      bool before = false;  // whether the line before makes a stream, which must become independent at once
      for (std::string line; std::getline(file, line);) {
        ++number;
        INFO(entry.path().string() << ":" << number << ": " << line);
        if (before) CHECK(line.find("imbue(std::locale::classic())") != std::string::npos);
        before = line.find("std::ostringstream out;") != std::string::npos;
        if (!before && line.rfind("#include", 0) != 0 && !std::regex_search(line, whole))
          CHECK_FALSE(std::regex_search(line, obeys));
      }
    }
  CHECK(files > 300);
}
