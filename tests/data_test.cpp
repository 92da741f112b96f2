#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "fashion.hpp"
#include "folder.hpp"
#include "inspect.hpp"

#include <xgrad/data/dataset.hpp>
#include <xgrad/data/idx.hpp>
#include <xgrad/data/loader.hpp>
#include <xgrad/data/mnist.hpp>
#include <xgrad/data/synthetic.hpp>

using namespace xgrad;
using namespace xgrad::data;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

void put_gzip(const std::string& path, const std::string& bytes, const char* mode = "wb") {
  gzFile file = gzopen(path.c_str(), mode);
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

std::string idx_header(const std::vector<std::uint32_t>& sizes, char type = 8) {
  std::string text{0, 0, type, static_cast<char>(sizes.size())};
  for (std::uint32_t size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift & 0xff);
  return text;
}

const std::string small_idx = idx_header({2, 3}) + std::string("\0\1\2\xfd\xfe\xff", 6);

std::string mnist_folder() {
  if (const char* folder = std::getenv("XGRAD_MNIST")) return folder;
#ifdef XGRAD_SOURCE_DIR
  return XGRAD_SOURCE_DIR "/../shared/data/mnist";
#else
  return {};
#endif
}

void put_tiny_mnist(const Folder& folder) {
  put(folder.file("train-images-idx3-ubyte"), idx_header({2, 1, 3}) + std::string("\0\1\2\xfd\xfe\xff", 6));
  put(folder.file("train-labels-idx1-ubyte"), idx_header({2}) + std::string("\7\0", 2));
}

}  // namespace

TEST_CASE("an IDX file reads back its sizes and bytes, plain or gzip, whatever its name", "[data]") {
  Folder folder;
  put(folder.file("plain.gz"), small_idx);
  put_gzip(folder.file("packed"), small_idx);
  for (const char* name : {"plain.gz", "packed"}) {
    const Idx idx = read_idx(folder.file(name));
    CHECK(idx.sizes == std::vector<std::int64_t>{2, 3});
    CHECK(idx.bytes == std::vector<std::uint8_t>{0, 1, 2, 253, 254, 255});
  }
}

TEST_CASE("an IDX file may be several gzip streams in a row, and larger than any buffer", "[data]") {
  Folder folder;
  std::string values(300'000, '\0');
  std::mt19937 random(1);
  for (char& value : values) value = static_cast<char>(random());
  const std::string path = folder.file("big");
  put_gzip(path, idx_header({3, 100'000}) + values.substr(0, 100'001));
  put_gzip(path, values.substr(100'001), "ab");
  const Idx idx = read_idx(path);
  REQUIRE(idx.bytes.size() == values.size());
  CHECK(std::equal(values.begin(), values.end(), idx.bytes.begin(),
                   [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }));
}

TEST_CASE("an IDX file with a size of zero is empty", "[data]") {
  Folder folder;
  put(folder.file("empty"), idx_header({0, 0xffffffff, 0xffffffff}));
  CHECK(read_idx(folder.file("empty")).bytes.empty());
}

TEST_CASE("an IDX file cut off at any byte is refused, plain and gzip", "[data]") {
  Folder folder;
  const std::string path = folder.file("cut");
  put_gzip(path, small_idx);
  for (const std::string& whole : {small_idx, get(path)}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      put(path, whole.substr(0, length));
      CAPTURE(length);
      CHECK_THROWS_AS(read_idx(path), std::runtime_error);
    }
  }
  put(path, small_idx.substr(0, small_idx.size() - 1));
  CHECK_THROWS_WITH(read_idx(path), Contains(path) && Contains("announces 2 x 3 elements, but only 5 follow"));
}

TEST_CASE("bytes after the end of an IDX file are refused, also behind the gzip stream", "[data]") {
  Folder folder;
  const std::string path = folder.file("long");
  put(path, small_idx + "x");
  CHECK_THROWS_WITH(read_idx(path), Contains("goes on after the 2 x 3 elements"));
  put_gzip(path, small_idx + "x");
  CHECK_THROWS_WITH(read_idx(path), Contains("goes on after the 2 x 3 elements"));
  put_gzip(path, small_idx);
  put(path, get(path) + "x");
  CHECK_THROWS_WITH(read_idx(path), Contains("not gzip follow"));
}

TEST_CASE("damage to a gzip IDX file never reads as other values", "[data]") {
  Folder folder;
  const std::string path = folder.file("flip");
  put_gzip(path, small_idx);
  const std::string whole = get(path);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    put(path, flipped);
    std::vector<std::uint8_t> bytes = {0, 1, 2, 253, 254, 255};
    try {
      bytes = read_idx(path).bytes;
    } catch (const std::runtime_error&) {
    }
    CAPTURE(bit);
    CHECK(bytes == std::vector<std::uint8_t>{0, 1, 2, 253, 254, 255});
  }
  std::string crc = whole;
  crc[whole.size() - 8] = static_cast<char>(crc[whole.size() - 8] ^ 1);
  put(path, crc);
  CHECK_THROWS_WITH(read_idx(path), Contains("gzip stream is damaged"));
}

TEST_CASE("random damage to an IDX file reads or throws, and never crashes", "[data]") {
  Folder folder;
  const std::string path = folder.file("fuzz");
  std::mt19937 random(2);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = small_idx;
    for (std::size_t flips = 1 + random() % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    put(path, bytes);
    try {
      read_idx(path);
    } catch (const std::runtime_error&) {
    }
  }
  SUCCEED();
}

TEST_CASE("an IDX header that lies or holds something else is refused in clear words", "[data]") {
  Folder folder;
  const std::string path = folder.file("bad");
  const auto refusal = [&](const std::string& bytes) {
    put(path, bytes);
    try {
      read_idx(path);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("read without complaint");
  };
  CHECK_THAT(refusal("\x89PNG...."), Contains("not an IDX file: it begins with 0x89 0x50"));
  CHECK_THAT(refusal(idx_header({1}, 0x0d) + "1234"), Contains("holds 32-bit floats"));
  CHECK_THAT(refusal(idx_header({1}, 0x07) + "1"), Contains("no element type 0x07"));
  CHECK_THAT(refusal(idx_header({})), Contains("has rank 0"));
  CHECK_THAT(refusal(idx_header(std::vector<std::uint32_t>(9, 1)) + "1"), Contains("has rank 9"));
  CHECK_THAT(refusal(idx_header(std::vector<std::uint32_t>(8, 0xffffffff))), Contains("more than the limit"));
  CHECK_THAT(refusal(idx_header({0x3fffffff})), Contains("only 0 follow"));
  CHECK_THAT(refusal(""), Contains("cut off after 0 bytes"));
  put(path, small_idx);
  CHECK_THROWS_WITH(read_idx(path, 5), Contains("more than the limit of 5"));
  CHECK_NOTHROW(read_idx(path, 6));
  CHECK_THROWS_WITH(read_idx(folder.file("none")), Contains("none") && Contains("No such file"));
  CHECK_THROWS_WITH(read_idx(folder.path()), Contains("a folder"));
  CHECK_THROWS_AS(read_idx(path, -1), std::invalid_argument);
}

TEST_CASE("load_mnist finds every spelling of its files and scales pixels exactly", "[data]") {
  Folder folder;
  put_tiny_mnist(folder);
  put_gzip(folder.file("t10k-images.idx3-ubyte.gz"), idx_header({1, 1, 1}) + "\x80");
  put_gzip(folder.file("t10k-labels.idx1-ubyte.gz"), idx_header({1}) + "\3");
  const ImageDataset train = load_mnist(folder.path(), Split::train);
  CHECK(train.size() == 2);
  CHECK(train.rows() == 1);
  CHECK(train.cols() == 3);
  CHECK(train.features() == 3);
  CHECK(train.pixels(1)[2] == 255);
  const std::int64_t rows[] = {1, 0, 1};
  const auto [images, labels] = train.gather(rows, 3);
  CHECK(images.shape() == Shape({3, 3}));
  CHECK(images.dtype() == float32);
  CHECK(whole_numbers(labels) == std::vector<std::int64_t>{0, 7, 0});
  CHECK(Raw::data<float>(images)[2] == 1.0f);
  CHECK(Raw::data<float>(images)[4] == 1.0f / 255.0f);
  CHECK(Raw::data<float>(train.images())[3] == 253.0f / 255.0f);
  CHECK(whole_numbers(train.labels()) == std::vector<std::int64_t>{7, 0});
  CHECK(whole_numbers(load_mnist(folder.path(), Split::test).labels()) == std::vector<std::int64_t>{3});
  CHECK_THROWS_WITH(train.images(rows, -1), Contains("-1 rows"));
  const std::int64_t outside = 2;
  CHECK_THROWS_WITH(train.images(&outside, 1), Contains("row 2 is out of range for 2 rows"));
}

TEST_CASE("every byte becomes exactly byte / 255", "[data]") {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 256; ++i) pixels.push_back(static_cast<std::uint8_t>(i));
  const ImageDataset set(pixels, {0}, 16, 16);
  const std::int64_t row = 0;
  for (const Tensor& images : {set.images(), set.images(&row, 1)})
    for (int i = 0; i < 256; ++i) REQUIRE(Raw::data<float>(images)[i] == static_cast<float>(i) / 255.0f);
}

TEST_CASE("load_mnist names what is missing or does not fit", "[data]") {
  Folder folder;
  put_tiny_mnist(folder);
  CHECK_THROWS_WITH(load_mnist(folder.path(), Split::test),
                    Contains("'" + folder.path() + "'") && Contains("t10k-images-idx3-ubyte"));
  CHECK_THROWS_WITH(load_mnist(folder.file("nowhere"), Split::train), Contains("nowhere' is not a folder"));

  const std::string labels = folder.file("train-labels-idx1-ubyte");
  put(labels, idx_header({3}) + std::string("\7\0\1", 3));
  CHECK_THROWS_WITH(load_mnist(folder.path(), Split::train), Contains("2 images") && Contains("3 labels"));
  put(labels, idx_header({2}) + std::string("\7\xa", 2));
  CHECK_THROWS_WITH(load_mnist(folder.path(), Split::train), Contains("label 1 is 10"));
  put(labels, idx_header({2, 1}) + std::string("\7\0", 2));
  CHECK_THROWS_WITH(load_mnist(folder.path(), Split::train), Contains("has rank 2: it must be 1"));
  fs::remove(labels);
  CHECK_THROWS_WITH(load_mnist(folder.path(), Split::train), Contains("train-labels-idx1-ubyte"));

  put(labels, idx_header({0}));
  put(folder.file("train-images-idx3-ubyte"), idx_header({0, 0xffffffff, 0xffffffff}));
  CHECK_THROWS_AS(load_mnist(folder.path(), Split::train), std::runtime_error);
}

TEST_CASE("an ImageDataset refuses sizes and labels that do not fit", "[data]") {
  CHECK_THROWS_WITH(ImageDataset({1, 2, 3}, {0}, 2, 2), Contains("3 bytes are not 1 pictures of 2 x 2"));
  CHECK_THROWS_WITH(ImageDataset({1}, {0}, -1, -1), Contains("-1 x -1"));
  CHECK_THROWS_WITH(ImageDataset({1}, {2}, 1, 1, 2), Contains("label 2: it must be below 2"));
}

TEST_CASE("each of the 256 bytes becomes the number that a division gives", "[data]") {
  std::vector<std::uint8_t> bytes(256);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  const ImageDataset images(bytes, {0}, 16, 16);
  const std::int64_t row = 0;
  const Tensor gathered = images.images(&row, 1), all = images.images();
  for (int i = 0; i < 256; ++i) {
    CHECK(Raw::data<float>(gathered)[i] == static_cast<float>(i) / 255.0f);
    CHECK(Raw::data<float>(all)[i] == static_cast<float>(i) / 255.0f);
  }
}

TEST_CASE("the real MNIST has its published numbers", "[data]") {
  const std::string folder = mnist_folder();
  if (folder.empty() || !fs::is_directory(folder)) {
    WARN("skipped: no MNIST here; set XGRAD_MNIST to its folder");
    return;
  }
  const ImageDataset train = load_mnist(folder, Split::train);
  const ImageDataset test = load_mnist(folder, Split::test);
  if (are_fashion(test)) {
    WARN("skipped: " << folder << " holds Fashion-MNIST");
    return;
  }
  CHECK(train.size() == 60000);
  CHECK(test.size() == 10000);
  CHECK(train.rows() == 28);
  CHECK(train.features() == 784);
  CHECK(whole_numbers(train.labels()).front() == 5);
  CHECK(whole_numbers(test.labels()).front() == 7);
  const Tensor images = train.images();
  double sum = 0;
  for (std::int64_t i = 0; i < images.size(); ++i) sum += static_cast<double>(Raw::data<float>(images)[i]);
  CHECK(std::abs(sum / static_cast<double>(images.size()) - 0.1307) < 5e-5);
}

TEST_CASE("two spirals without noise lie on their curves, turned by 30 degrees", "[data]") {
  const double pi = std::acos(-1.0);
  const TensorDataset set = two_spirals(100, 0.0, 1);
  REQUIRE(set.inputs().shape() == Shape({200, 2}));
  REQUIRE(set.inputs().dtype() == float32);
  const auto targets = whole_numbers(set.targets());
  std::set<float> distinct;
  for (std::size_t i = 0; i < 200; ++i) {
    CHECK(targets[i] == (i < 100 ? 0 : 1));
    const double x = static_cast<double>(Raw::data<float>(set.inputs())[2 * i]);
    const double y = static_cast<double>(Raw::data<float>(set.inputs())[2 * i + 1]);
    const double theta = (std::hypot(x, y) - pi) / 2;
    CHECK(theta > -1e-5);
    CHECK(theta < 2 * pi + 1e-5);
    const double turned = theta + pi / 6 + (i < 100 ? 0 : pi);
    CHECK(std::abs(x - std::hypot(x, y) * std::cos(turned)) < 1e-4);
    CHECK(std::abs(y - std::hypot(x, y) * std::sin(turned)) < 1e-4);
    distinct.insert(Raw::data<float>(set.inputs())[2 * i]);
  }
  CHECK(distinct.size() > 190);
}

TEST_CASE("the spirals' noise has the size asked for, and the seed decides it", "[data]") {
  const std::int64_t n = 5000;
  const TensorDataset clean = two_spirals(n, 0.0, 7), noisy = two_spirals(n, 0.5, 7), again = two_spirals(n, 0.5, 7);
  const TensorDataset other = two_spirals(n, 0.5, 8);
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < 4 * n; ++i) {
    const double d = static_cast<double>(Raw::data<float>(noisy.inputs())[i] - Raw::data<float>(clean.inputs())[i]);
    sum += d;
    squares += d * d;
  }
  const double count = static_cast<double>(4 * n);
  CHECK(std::abs(sum / count) < 0.02);
  CHECK(std::abs(std::sqrt(squares / count) - 0.5) < 0.02);
  const auto* a = Raw::data<float>(noisy.inputs());
  CHECK(std::equal(a, a + 4 * n, Raw::data<float>(again.inputs())));
  CHECK(!std::equal(a, a + 4 * n, Raw::data<float>(other.inputs())));
}

TEST_CASE("two_spirals refuses impossible arguments and makes an empty set", "[data]") {
  CHECK(two_spirals(0).size() == 0);
  CHECK_THROWS_WITH(two_spirals(-1), Contains("got -1"));
  CHECK_THROWS_AS(two_spirals(1, -0.5), std::invalid_argument);
  CHECK_THROWS_AS(two_spirals(1, std::nan("")), std::invalid_argument);
  CHECK_THROWS_AS(two_spirals(1, HUGE_VAL), std::invalid_argument);
}
