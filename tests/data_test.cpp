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

class Folder {
 public:
  Folder() {
    static std::atomic<int> counter{0};
    path_ = fs::temp_directory_path() / ("xgrad-data-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
    fs::create_directory(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

void put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void put_gzip(const std::string& path, const std::string& bytes, const char* mode = "wb") {
  gzFile file = gzopen(path.c_str(), mode);
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

std::string get(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string idx_header(const std::vector<std::uint32_t>& sizes, char type = 8) {
  std::string text{0, 0, type, static_cast<char>(sizes.size())};
  for (std::uint32_t size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift & 0xff);
  return text;
}

const std::string small_idx = idx_header({2, 3}) + std::string("\0\1\2\xfd\xfe\xff", 6);

std::vector<std::int64_t> numbers(const Tensor& tensor) {
  return std::vector<std::int64_t>(tensor.data<std::int64_t>(), tensor.data<std::int64_t>() + tensor.size());
}

/// Row i holds (i, -i) and has target 10 i.
TensorDataset counting(std::int64_t rows) {
  Tensor inputs = Tensor::uninitialized({rows, 2}, float32);
  Tensor targets = Tensor::uninitialized({rows}, int64);
  for (std::int64_t i = 0; i < rows; ++i) {
    inputs.write<float>()[2 * i] = static_cast<float>(i);
    inputs.write<float>()[2 * i + 1] = static_cast<float>(-i);
    targets.write<std::int64_t>()[i] = 10 * i;
  }
  return TensorDataset(inputs, targets);
}

/// One epoch: the rows in the order of arrival, and the sizes of the batches.
struct Epoch {
  std::vector<std::int64_t> rows, sizes;
};

Epoch run(DataLoader& loader) {
  Epoch epoch;
  for (auto [inputs, targets] : loader) {
    REQUIRE(inputs.shape() == Shape({targets.shape(0), 2}));
    epoch.sizes.push_back(targets.size());
    for (std::int64_t i = 0; i < targets.size(); ++i) {
      const std::int64_t row = targets.data<std::int64_t>()[i] / 10;
      REQUIRE(inputs.data<float>()[2 * i] == static_cast<float>(row));
      REQUIRE(inputs.data<float>()[2 * i + 1] == static_cast<float>(-row));
      epoch.rows.push_back(row);
    }
  }
  return epoch;
}

std::vector<std::int64_t> upto(std::int64_t n) {
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < n; ++i) result.push_back(i);
  return result;
}

std::vector<std::int64_t> sorted(std::vector<std::int64_t> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

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
  CHECK_THAT(refusal(idx_header({0xffffffff})), Contains("only 0 follow"));
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
  CHECK(numbers(labels) == std::vector<std::int64_t>{0, 7, 0});
  CHECK(images.data<float>()[2] == 1.0f);
  CHECK(images.data<float>()[4] == 1.0f / 255.0f);
  CHECK(train.images().data<float>()[3] == 253.0f / 255.0f);
  CHECK(numbers(train.labels()) == std::vector<std::int64_t>{7, 0});
  CHECK(numbers(load_mnist(folder.path(), Split::test).labels()) == std::vector<std::int64_t>{3});
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
    for (int i = 0; i < 256; ++i) REQUIRE(images.data<float>()[i] == static_cast<float>(i) / 255.0f);
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

TEST_CASE("the real MNIST has the numbers that everyone knows", "[data]") {
  const std::string folder = mnist_folder();
  if (folder.empty() || !fs::is_directory(folder)) {
    WARN("skipped: no MNIST here; set XGRAD_MNIST to its folder");
    return;
  }
  const ImageDataset train = load_mnist(folder, Split::train);
  const ImageDataset test = load_mnist(folder, Split::test);
  CHECK(train.size() == 60000);
  CHECK(test.size() == 10000);
  CHECK(train.rows() == 28);
  CHECK(train.features() == 784);
  CHECK(numbers(train.labels()).front() == 5);
  CHECK(numbers(test.labels()).front() == 7);
  const Tensor images = train.images();
  double sum = 0;
  for (std::int64_t i = 0; i < images.size(); ++i) sum += static_cast<double>(images.data<float>()[i]);
  CHECK(std::abs(sum / static_cast<double>(images.size()) - 0.1307) < 5e-5);
}

TEST_CASE("a TensorDataset gathers rows of any dtype in the order asked for", "[data]") {
  const Tensor inputs = Tensor({{1., 2.}, {3., 4.}, {5., 6.}}).requires_grad_();
  const TensorDataset set(inputs, Tensor{true, false, true});
  const std::int64_t rows[] = {2, 2, 0};
  const auto [x, t] = set.gather(rows, 3);
  CHECK(x.dtype() == float64);
  CHECK(!x.requires_grad());
  CHECK(std::vector<double>(x.data<double>(), x.data<double>() + 6) == std::vector<double>{5, 6, 5, 6, 1, 2});
  CHECK(t.dtype() == boolean);
  CHECK((t.data<bool>()[0] && t.data<bool>()[1] && t.data<bool>()[2]));
  CHECK(set.gather(rows, 0).inputs.shape() == Shape({0, 2}));
}

TEST_CASE("a TensorDataset refuses what has no rows, other rows, or rows out of range", "[data]") {
  CHECK_THROWS_WITH(TensorDataset(Tensor({{1., 2.}, {3., 4.}}), Tensor{1., 2., 3.}),
                    Contains("(2, 2)") && Contains("(3)"));
  CHECK_THROWS_WITH(TensorDataset(Tensor(1.0), Tensor{1.}), Contains("inputs have shape ()"));
  CHECK_THROWS_WITH(TensorDataset(Tensor{1.}, Tensor()), Contains("targets are an undefined tensor"));
  const TensorDataset set = counting(3);
  for (std::int64_t row : {-1, 3}) CHECK_THROWS_WITH(set.gather(&row, 1), Contains("out of range for 3 rows"));
}

TEST_CASE("a loader hands out every row once, in batches of the right sizes", "[data]") {
  const std::int64_t b = 4;
  for (std::int64_t n : {std::int64_t{0}, b - 1, b, b + 1, 5 * b}) {
    for (bool shuffle : {false, true}) {
      DataLoader loader(counting(n), DataLoader::Options().batch_size(b).shuffle(shuffle).seed(3));
      CAPTURE(n, shuffle);
      CHECK(loader.size() == (n + b - 1) / b);
      CHECK(loader.dataset_size() == n);
      const Epoch epoch = run(loader);
      CHECK(static_cast<std::int64_t>(epoch.sizes.size()) == loader.size());
      CHECK(sorted(epoch.rows) == upto(n));
      if (!shuffle) CHECK(epoch.rows == upto(n));
      for (std::size_t i = 0; i + 1 < epoch.sizes.size(); ++i) CHECK(epoch.sizes[i] == b);
    }
  }
}

TEST_CASE("drop_last leaves out a short last batch and nothing else", "[data]") {
  const std::int64_t b = 4;
  for (std::int64_t n : {std::int64_t{0}, b - 1, b, b + 1}) {
    DataLoader loader(counting(n), DataLoader::Options().batch_size(b).drop_last().shuffle());
    CAPTURE(n);
    CHECK(loader.size() == n / b);
    const Epoch epoch = run(loader);
    CHECK(epoch.sizes == std::vector<std::int64_t>(static_cast<std::size_t>(n / b), b));
    const std::set<std::int64_t> distinct(epoch.rows.begin(), epoch.rows.end());
    CHECK(distinct.size() == epoch.rows.size());
  }
}

TEST_CASE("the order depends on the seed and the number of the epoch alone", "[data]") {
  const auto options = DataLoader::Options().batch_size(7).shuffle().seed(11);
  DataLoader loader(counting(100), options);
  const Epoch first = run(loader), second = run(loader);
  CHECK(first.rows != upto(100));
  CHECK(first.rows != second.rows);
  CHECK(sorted(second.rows) == upto(100));
  CHECK(loader.order(1) == second.rows);

  DataLoader again(counting(100), DataLoader::Options(options).batch_size(10));
  CHECK(run(again).rows == first.rows);
  CHECK(run(again).rows == second.rows);
  DataLoader other(counting(100), DataLoader::Options(options).seed(12));
  CHECK(run(other).rows != first.rows);
}

TEST_CASE("shuffling reaches every order about equally often", "[data]") {
  DataLoader loader(counting(3), DataLoader::Options().shuffle());
  std::map<std::vector<std::int64_t>, int> seen;
  for (std::uint64_t epoch = 0; epoch < 6000; ++epoch) ++seen[loader.order(epoch)];
  CHECK(seen.size() == 6);
  for (const auto& [order, count] : seen) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("a loader that stopped inside an epoch goes on where it was", "[data]") {
  const auto options = DataLoader::Options().batch_size(3).shuffle().seed(5);
  DataLoader whole(counting(10), options);
  std::vector<std::int64_t> expected = run(whole).rows;
  const std::vector<std::int64_t> second = run(whole).rows;
  expected.insert(expected.end(), second.begin(), second.end());

  for (std::size_t stop = 0; stop <= 8; ++stop) {
    DataLoader before(counting(10), options);
    std::vector<std::int64_t> rows;
    std::size_t taken = 0;
    for (int epoch = 0; epoch < 2 && taken < stop; ++epoch) {
      for (auto [inputs, targets] : before) {
        for (std::int64_t target : numbers(targets)) rows.push_back(target / 10);
        if (++taken == stop) break;
      }
    }
    const DataLoader::Position position = before.position();
    DataLoader after(counting(10), options);
    after.set_position(position);
    for (std::uint64_t epoch = position.epoch; epoch < 2; ++epoch) {
      const std::vector<std::int64_t> rest = run(after).rows;
      rows.insert(rows.end(), rest.begin(), rest.end());
    }
    CAPTURE(stop);
    CHECK(rows == expected);
  }
  CHECK_THROWS_WITH(whole.set_position({0, 5}), Contains("after batch 5: an epoch has 4"));
  CHECK_THROWS_AS(whole.set_position({0, -1}), std::invalid_argument);
}

TEST_CASE("a loader's iterators are input iterators", "[data]") {
  DataLoader loader(std::make_shared<TensorDataset>(counting(5)), DataLoader::Options().batch_size(2));
  auto it = loader.begin();
  CHECK(it->inputs.shape() == Shape({2, 2}));
  CHECK(numbers((*it++).targets) == std::vector<std::int64_t>{0, 10});
  CHECK(numbers(it->targets) == std::vector<std::int64_t>{20, 30});
  ++it;
  CHECK(it != loader.end());
  ++it;
  CHECK(it == loader.end());
  CHECK(std::distance(loader.begin(), loader.end()) == 3);
}

TEST_CASE("a loader refuses a batch size below 1 and a null dataset", "[data]") {
  CHECK_THROWS_WITH(DataLoader(counting(3), DataLoader::Options().batch_size(0)),
                    "DataLoader: the batch size must be at least 1, got 0");
  CHECK_THROWS_AS(DataLoader(counting(3), DataLoader::Options().batch_size(-4)), std::invalid_argument);
  CHECK_THROWS_AS(DataLoader(std::shared_ptr<const Dataset>()), std::invalid_argument);
}

TEST_CASE("two spirals without noise lie on their curves, turned by 30 degrees", "[data]") {
  const double pi = std::acos(-1.0);
  const TensorDataset set = two_spirals(100, 0.0, 1);
  REQUIRE(set.inputs().shape() == Shape({200, 2}));
  REQUIRE(set.inputs().dtype() == float32);
  const auto targets = numbers(set.targets());
  std::set<float> distinct;
  for (std::size_t i = 0; i < 200; ++i) {
    CHECK(targets[i] == (i < 100 ? 0 : 1));
    const double x = static_cast<double>(set.inputs().data<float>()[2 * i]);
    const double y = static_cast<double>(set.inputs().data<float>()[2 * i + 1]);
    const double theta = (std::hypot(x, y) - pi) / 2;
    CHECK(theta > -1e-5);
    CHECK(theta < 2 * pi + 1e-5);
    const double turned = theta + pi / 6 + (i < 100 ? 0 : pi);
    CHECK(std::abs(x - std::hypot(x, y) * std::cos(turned)) < 1e-4);
    CHECK(std::abs(y - std::hypot(x, y) * std::sin(turned)) < 1e-4);
    distinct.insert(set.inputs().data<float>()[2 * i]);
  }
  CHECK(distinct.size() > 190);
}

TEST_CASE("the spirals' noise has the size asked for, and the seed decides it", "[data]") {
  const std::int64_t n = 5000;
  const TensorDataset clean = two_spirals(n, 0.0, 7), noisy = two_spirals(n, 0.5, 7), again = two_spirals(n, 0.5, 7);
  const TensorDataset other = two_spirals(n, 0.5, 8);
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < 4 * n; ++i) {
    const double d = static_cast<double>(noisy.inputs().data<float>()[i] - clean.inputs().data<float>()[i]);
    sum += d;
    squares += d * d;
  }
  const double count = static_cast<double>(4 * n);
  CHECK(std::abs(sum / count) < 0.02);
  CHECK(std::abs(std::sqrt(squares / count) - 0.5) < 0.02);
  const auto* a = noisy.inputs().data<float>();
  CHECK(std::equal(a, a + 4 * n, again.inputs().data<float>()));
  CHECK(!std::equal(a, a + 4 * n, other.inputs().data<float>()));
}

TEST_CASE("two_spirals refuses impossible arguments and makes an empty set", "[data]") {
  CHECK(two_spirals(0).size() == 0);
  CHECK_THROWS_WITH(two_spirals(-1), Contains("got -1"));
  CHECK_THROWS_AS(two_spirals(1, -0.5), std::invalid_argument);
  CHECK_THROWS_AS(two_spirals(1, std::nan("")), std::invalid_argument);
  CHECK_THROWS_AS(two_spirals(1, HUGE_VAL), std::invalid_argument);
}
