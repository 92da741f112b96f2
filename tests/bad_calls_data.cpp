// Bad calls of datasets, loaders, samplers, transforms and generators.

#include "bad_calls.hpp"
#include "folder.hpp"

namespace bad_calls {
namespace {

/// A dataset that gives what it is told to.
class Given : public data::Dataset {
 public:
  Given(Tensor inputs, Tensor targets) : batch_{std::move(inputs), std::move(targets)} {}
  std::int64_t size() const override { return 2; }
  data::Batch gather(const std::int64_t*, std::int64_t) const override { return batch_; }

 private:
  data::Batch batch_;
};

void datasets(Catalogue& all) {
  using namespace data;
  const auto rows = std::make_shared<const TensorDataset<2>>(ones({4, 3}), ones({4}));
  probe(
      all, "TensorDataset", [](auto x, auto t) { return data::TensorDataset(x, t).inputs(); }, matrix(), Tensor{0, 1});
  probe(
      all, "two_spirals", [](auto n, auto noise) { return two_spirals(n, noise).inputs(); }, Size{5}, Setting{1});
  probe(
      all, "DataLoader",
      [=](auto n) { static_cast<void>((*DataLoader(rows, DataLoader::Options().batch_size(n)).begin()).inputs); },
      Index{2});
  probe(
      all, "DataLoader",
      [=](auto batch) {
        DataLoader loader(rows);
        loader.set_position({0, batch});
      },
      Index{2});
  for (auto [inputs, targets] : {std::pair(Tensor(), ones({1})), std::pair(ones({1}), Tensor()),
                                 std::pair(ones({5}), ones({1})), std::pair(ones({1}), Tensor(1.0))})
    refused(all, "DataLoader", "a dataset with bad batches", [x = inputs, t = targets] {
      DataLoader loader(Given(x, t));
      *loader.begin();
    });
  refused(all, "DataLoader", "its end read", [=] {
    DataLoader loader(rows);
    *loader.end();
  });
  refused(all, "DataLoader", "an iterator moved to the end", [=] {
    DataLoader loader(rows, DataLoader::Options().batch_size(4));
    auto at = loader.begin();
    ++at;
    *at;
  });
  refused(all, "DataLoader", "a default iterator read", [] { *DataLoader::Iterator(); });
  refused(all, "DataLoader", "no dataset", [] { DataLoader(std::shared_ptr<const Dataset>()); });
  refused(all, "ImageDataset", "overflowing sizes", [] { ImageDataset({}, {}, most, most); });
  refused(all, "ImageDataset", "negative sizes", [] { ImageDataset({}, {}, -1, 2); });
  refused(all, "ImageDataset", "a label beyond the classes", [] { ImageDataset({1}, {3}, 1, 1, 2); });
  const ImageDataset pictures({1, 2}, {0, 1}, 1, 1);
  const std::int64_t far[] = {2};
  refused(all, "ImageDataset", "a row beyond the end", [=] { static_cast<void>(pictures.images(far, 1)); });
  refused(all, "ImageDataset", "a label beyond the end", [=] { static_cast<void>(pictures.labels(far, 1)); });
  refused(all, "ImageDataset", "pixels beyond the end", [=] { pictures.pixels(2); });
  refused(all, "TensorDataset", "a row beyond the end", [=] {
    const std::int64_t beyond = 4;
    rows->gather(&beyond, 1);
  });
  refused(all, "TensorDataset", "a negative count", [=] { rows->gather(far, -1); });
  all.functions.insert(all.functions.end(), {"set_position", "images", "labels", "pixels", "gather"});
}

void views(Catalogue& all) {
  using namespace data;
  const TensorDataset rows(ones({4, 3}), ones({4}));
  const std::int64_t far[] = {4};
  probe(
      all, "Subset", [=](auto row) { static_cast<void>(Subset(rows, {row})); }, Index{2});
  refused(all, "Subset", "no dataset", [] { Subset<2>(std::shared_ptr<const Dataset>(), {}); });
  refused(all, "Subset", "a row beyond the end", [=] { static_cast<void>(Subset(rows, {1}).gather(far, 1)); });
  probe(
      all, "random_split",
      [=](auto n) {
        static_cast<void>(random_split(rows, {n.value, std::int64_t{2}}));
      },
      Index{2});
  probe(
      all, "random_split",
      [=](auto share) {
        static_cast<void>(random_split(rows, {share.value, 0.5}));
      },
      Setting{0.5});
  refused(all, "random_split", "a mixture", [=] { static_cast<void>(random_split(rows, {2, 0.5})); });
  refused(all, "random_split", "no dataset",
          [] { static_cast<void>(random_split(std::shared_ptr<const TensorDataset<2>>(), {1})); });
  refused(all, "ConcatDataset", "no dataset", [] { ConcatDataset<2>({nullptr}); });
  refused(all, "ConcatDataset", "a row beyond the end", [=] { ConcatDataset(rows).gather(far, 1); });
  refused(all, "map", "no dataset",
          [] { static_cast<void>(map(std::shared_ptr<const TensorDataset<1>>(), [](const Tensor& x) { return x; })); });
  refused(all, "map_rows", "no dataset", [] {
    static_cast<void>(map_rows(std::shared_ptr<const TensorDataset<1>>(), [](const Tensor& x) { return x; }));
  });
  refused(all, "TransformedDataset", "a column beyond the end",
          [=] { TransformedDataset(rows, transforms::Flatten(), 2); });
  refused(all, "TransformedDataset", "no dataset",
          [] { TransformedDataset<2>(std::shared_ptr<const Dataset>(), transforms::Flatten()); });
  all.functions.insert(all.functions.end(), {"column", "gather_in", "columns_of", "collate", "Part"});
}

void samplers(Catalogue& all) {
  using namespace data;
  const TensorDataset rows(ones({4, 3}), ones({4}));
  probe(
      all, "SequentialSampler", [](auto n) { static_cast<void>(SequentialSampler(n).order({})); }, Size{3});
  probe(
      all, "RandomSampler", [](auto n) { static_cast<void>(RandomSampler(n).order({})); }, Size{3});
  probe(
      all, "RandomSampler",
      [](auto n, auto count) { static_cast<void>(RandomSampler(n, with_replacement, count).size()); }, Index{3},
      Index{5});
  probe(
      all, "SubsetRandomSampler", [](auto row) { SubsetRandomSampler({row}); }, Index{3});
  probe(
      all, "WeightedRandomSampler", [](auto w, auto n) { static_cast<void>(WeightedRandomSampler(w, n).size()); },
      Tensor{1., 2.}, Index{3});
  probe(
      all, "WeightedRandomSampler",
      [](auto w) {
        WeightedRandomSampler({w, 1}, 3);
      },
      Setting{1});
  refused(all, "StratifiedSampler", "other rows", [] { StratifiedSampler(zeros({3}, int64)).check(4); });
  refused(all, "WeightedRandomSampler", "other rows", [] { WeightedRandomSampler({1., 1.}, 3).check(4); });
  all.functions.push_back("check");
  probe(
      all, "StratifiedSampler", [](auto labels) { static_cast<void>(StratifiedSampler(labels).order({})); },
      Tensor{0, 1, 0});
  probe(
      all, "balancing_weights", [](auto labels) { static_cast<void>(balancing_weights(labels)); }, Tensor{0, 1, 0});
  probe(
      all, "DataLoader",
      [=](auto n, auto factor) { DataLoader(rows, DataLoader::Options().workers(n).prefetch_factor(factor)); },
      Index{2}, Index{2});
  refused(all, "DataLoader", "shuffle and a sampler",
          [=] { DataLoader(rows, DataLoader::Options().shuffle().sampler(SequentialSampler(4))); });
  refused(all, "DataLoader", "a sampler of other rows", [=] {
    DataLoader loader(rows, DataLoader::Options().sampler(SequentialSampler(5)));
    loader.begin();
  });
  all.functions.insert(all.functions.end(), {"batches", "step", "row", "within", "Loader", "Draws"});
}

void transforms_of_pictures(Catalogue& all) {
  using namespace data;
  using namespace data::transforms;
  const Tensor pictures = ones({2, 3, 4});
  const auto call = [&](const char* name, const Transform& transform, const Tensor& good) {
    probe(
        all, name, [=](auto x) { return transform(x); }, good);
  };
  call("Normalize", Normalize(0, 1), matrix());
  call("OneHot", OneHot(3), Tensor{0, 2});
  call("Flatten", Flatten(), pictures);
  call("Pad", Pad(1), pictures);
  call("CenterCrop", CenterCrop(2, 2), pictures);
  call("RandomCrop", RandomCrop(2, 2), pictures);
  call("RandomShift", RandomShift(1, 1), pictures);
  call("RandomRotation", RandomRotation(10), pictures);
  call("RandomAffine", RandomAffine(10, 0.1), pictures);
  call("RandomHorizontalFlip", RandomHorizontalFlip(), pictures);
  call("RandomVerticalFlip", RandomVerticalFlip(), pictures);
  call("GaussianNoise", GaussianNoise(), pictures);
  call("Lambda", Lambda([](const Tensor& x) { return x; }), pictures);
  probe(
      all, "Normalize", [=](auto m, auto s) { return Normalize(m, s)(pictures); }, Setting{1}, Setting{1});
  probe(
      all, "Normalize", [](auto x) { static_cast<void>(Normalize::fit(x)); }, matrix());
  probe(
      all, "OneHot",
      [](auto n) {
        return OneHot(n)(Tensor{0, 0});
      },
      Size{2});
  probe(
      all, "Pad", [=](auto n, auto fill) { return Pad(n, fill)(pictures); }, Size{1}, Setting{0});
  probe(
      all, "CenterCrop", [=](auto h, auto w, auto fill) { return CenterCrop(h, w, fill)(pictures); }, Size{2}, Size{2},
      Setting{0});
  probe(
      all, "RandomCrop", [=](auto h, auto w, auto n, auto fill) { return RandomCrop(h, w, n, fill)(pictures); },
      Size{2}, Size{2}, Size{1}, Setting{0});
  probe(
      all, "RandomShift", [=](auto h, auto w, auto fill) { return RandomShift(h, w, fill)(pictures); }, Size{1},
      Size{1}, Setting{0});
  probe(
      all, "RandomRotation", [=](auto d, auto fill) { return RandomRotation(d, fill)(pictures); }, Setting{5},
      Setting{0});
  probe(
      all, "RandomAffine",
      [=](auto d, auto t, auto low, auto high, auto fill) { return RandomAffine(d, t, low, high, fill)(pictures); },
      Setting{5}, Setting{.1}, Setting{1}, Setting{1}, Setting{0});
  probe(
      all, "RandomHorizontalFlip", [=](auto p) { return RandomHorizontalFlip(p)(pictures); }, Setting{.5});
  probe(
      all, "RandomVerticalFlip", [=](auto p) { return RandomVerticalFlip(p)(pictures); }, Setting{.5});
  probe(
      all, "GaussianNoise", [=](auto m, auto s) { return GaussianNoise(m, s)(pictures); }, Setting{0}, Setting{1});
  refused(all, "Mine", "no function", [] { Transform("Mine()", nullptr); });
  all.functions.insert(all.functions.end(), {"fit", "operator()", "Compose", "Reshape", "Transform"});
}

void generators(Catalogue& all) {
  using namespace data;
  probe(
      all, "two_spirals", [](auto n, auto noise) { return two_spirals(n, noise, NumPySeed{1}).inputs(); }, Size{5},
      Setting{1});
  probe(
      all, "spirals", [](auto arms, auto n, auto noise) { return spirals(arms, n, noise).inputs(); }, Size{2}, Size{5},
      Setting{1});
  probe(
      all, "moons", [](auto n, auto noise) { return moons(n, noise).inputs(); }, Size{5}, Setting{1});
  probe(
      all, "circles", [](auto n, auto noise, auto factor) { return circles(n, noise, factor).inputs(); }, Size{5},
      Setting{1}, Setting{.5});
  probe(
      all, "blobs",
      [](auto n, auto features, auto centers, auto deviation) {
        return blobs(n, features, centers, deviation).inputs();
      },
      Size{5}, Size{2}, Size{3}, Setting{1});
  probe(
      all, "blobs_at", [](auto n, auto centers, auto deviation) { return blobs_at(n, centers, deviation).inputs(); },
      Size{5}, matrix(), Setting{1});
  probe(
      all, "exclusive_or", [](auto n, auto noise) { return exclusive_or(n, noise).inputs(); }, Size{5}, Setting{1});
  probe(
      all, "checkerboard", [](auto n, auto cells) { return checkerboard(n, cells).inputs(); }, Size{5}, Index{2});
  probe(
      all, "regression",
      [](auto n, auto features, auto used, auto bias, auto noise) {
        return regression(n, features, used, bias, noise).weights;
      },
      Size{5}, Size{3}, Index{2}, Setting{1}, Setting{1});
}

void files(Catalogue& all) {
  using namespace data;
  const Folder folder;
  const std::string bytes = folder.file("bytes"), ints = folder.file("ints");
  put(bytes, std::string("\0\0\x08\x01\0\0\0\x03", 8) + "abc");
  put(ints, std::string("\0\0\x0c\x01\0\0\0\x01\0\0\0\x07", 12));
  probe(
      all, "read_idx", [](auto from, auto limit) { static_cast<void>(read_idx(from.value, limit)); }, InputPath{bytes},
      Index{100});
  probe(
      all, "read_idx_ints", [](auto from, auto limit) { static_cast<void>(read_idx_ints(from.value, limit)); },
      InputPath{ints}, Index{100});
  refused_file(all, "read_idx", "numbers of four bytes", [=] { static_cast<void>(read_idx(ints)); });
  refused_file(all, "read_idx_ints", "numbers of one byte", [=] { static_cast<void>(read_idx_ints(bytes)); });
  refused_file(all, "read_idx", "more than the limit", [=] { static_cast<void>(read_idx(bytes, 2)); });
  const auto refuse_folders = [&](const char* name, void (*load)(const std::string&, std::int64_t)) {
    const std::pair<std::string, const char*> bad[] = {{"", "an empty path"},
                                                       {folder.path() + std::string("\0x", 2), "a zero byte"},
                                                       {folder.file("missing"), "a missing folder"},
                                                       {bytes, "a file"},
                                                       {folder.path(), "a folder without the files"}};
    for (const auto& [path, what] : bad)
      refused_file(all, name, what, [load, p = path] { load(p, default_idx_limit); });
    refused_file(all, name, "a negative limit", [=, &folder] { load(folder.path(), -1); });
  };
  refuse_folders("load_mnist", [](const std::string& path, std::int64_t limit) {
    static_cast<void>(load_mnist(path, Split::test, limit));
  });
  refuse_folders("load_emnist", [](const std::string& path, std::int64_t limit) {
    static_cast<void>(load_emnist(path, Emnist::letters, Split::test, limit));
  });
  refuse_folders("load_qmnist", [](const std::string& path, std::int64_t limit) {
    static_cast<void>(load_qmnist(path, Split::test, limit));
  });
  refuse_folders("load_cifar10", [](const std::string& path, std::int64_t limit) {
    static_cast<void>(load_cifar10(path, Split::test, limit));
  });
  refuse_folders("load_cifar100", [](const std::string& path, std::int64_t limit) {
    static_cast<void>(load_cifar100(path, Split::test, CifarLabels::fine, limit));
  });
}

}  // namespace

void data_calls(Catalogue& all) {
  files(all);
  datasets(all);
  views(all);
  samplers(all);
  transforms_of_pictures(all);
  generators(all);
}

}  // namespace bad_calls
