// Bad calls of what reads and writes files.

#include "bad_calls_files.hpp"

namespace bad_calls {

namespace {

using io::CsvOptions;

void npy(Catalogue& all, const Folder& folder) {
  const std::string path = folder.file("array.npy");
  const auto save = [&](const Tensor& x, const OutputPath& to) {
    without_a_trace(folder, [&] { io::save_npy(x, to.value); });
  };
  refused(all, "save_npy", "bfloat16", [=] { io::save_npy(matrix(), path, io::Floats::bfloat16); });
  probe(all, "save_npy", save, matrix(), OutputPath{path});
  probe(
      all, "load_npy", [](const auto& from) { return io::load_npy(from.value); }, InputPath{path});
}

void npz(Catalogue& all, const Folder& folder) {
  const std::string path = folder.file("arrays.npz"), packed = folder.file("packed.npz");
  refused(all, "save_npz", "bfloat16", [=] {
    io::save_npz({{"x", matrix()}}, path, io::NpzOptions().floats(io::Floats::bfloat16));
  });
  refused(all, "NpzFile", "a negative limit", [=] { io::NpzFile(path, -1); });
  refused(all, "load_npz", "a negative limit", [=] { io::load_npz(path, -1); });
  for (const bool compressed : {false, true}) {
    const auto save = [&](const Tensor& x, const Key& key, const OutputPath& to) {
      const StateDict tensors{{"first", matrix()}, {key.value, x}};
      without_a_trace(folder, [&] { io::save_npz(tensors, to.value, io::NpzOptions().compressed(compressed)); });
    };
    const std::string to = compressed ? packed : path;
    refused(all, "save_npz", "a name twice", [=] { save(matrix(), {"first"}, {to}); });
    refused(all, "save_npz", "a name with a zero byte", [=] { save(matrix(), {std::string("a\0b", 3)}, {to}); });
    refused(all, "save_npz", "a name of 65001 bytes", [=] { save(matrix(), {std::string(65001, 'a')}, {to}); });
    probe(all, "save_npz", save, matrix(float64), Key{"x"}, OutputPath{to});
    probe(
        all, "load_npz", [](const auto& from, auto limit) { return io::load_npz(from.value, limit); }, InputPath{to},
        Index{1 << 20});
    probe(
        all, "NpzFile", [](const auto& from) { return io::NpzFile(from.value).tensors(); }, InputPath{to});
  }
  io::save_npz({{"x", matrix()}}, path);
  io::save_npz({{"x", matrix()}}, packed, io::NpzOptions().compressed());
  refused_file(all, "load_npz", "a limit below the array's size", [=] { io::load_npz(packed, 23); });
  refused_file(all, "NpzFile", "a limit below the array's size", [=] { io::NpzFile(packed, 23).tensor("x"); });
  probe_as(
      all, "tensor", "NpzFile", [=](const auto& key) { return io::NpzFile(path).tensor(key.value); },
      Key{"x", true, true});
  const auto moved_from = [&](const char* what, void (*use)(const io::NpzFile&)) {
    refused(all, "NpzFile", what, [=] {
      io::NpzFile file(path);
      const io::NpzFile other = std::move(file);
      use(file);  // NOLINT(bugprone-use-after-move)
    });
  };
  moved_from("names() of a file that was moved from", [](const io::NpzFile& file) { file.names(); });
  moved_from("contains() of a file that was moved from", [](const io::NpzFile& file) { file.contains("x"); });
  moved_from("tensor() of a file that was moved from", [](const io::NpzFile& file) { file.tensor("x"); });
  moved_from("tensors() of a file that was moved from", [](const io::NpzFile& file) { file.tensors(); });
}

void saving_safetensors(Catalogue& all, const Folder& folder) {
  const std::string path = folder.file("model.safetensors"), divided = folder.file("divided.safetensors");
  const auto save = [&](const Tensor& x, const Key& key, const OutputPath& to) {
    without_a_trace(folder, [&] { io::save_safetensors({{"first", matrix()}, {key.value, x}}, to.value); });
  };
  refused(all, "save_safetensors", "a name twice", [=] { save(matrix(), {"first"}, {path}); });
  refused(all, "save_safetensors", "the name __metadata__", [=] { save(matrix(), {"__metadata__"}, {path}); });
  refused(all, "save_safetensors", "a name that is not UTF-8", [=] { save(matrix(), {"\xff"}, {path}); });
  probe(all, "save_safetensors", save, matrix(float64), Key{"x"}, OutputPath{path});
  const auto save_divided = [&](const Tensor& x, const Key& key, const OutputPath& to) {
    const io::SafetensorsOptions options = io::SafetensorsOptions().max_shard_size(1).checksum();
    without_a_trace(folder, [&] {
      io::save_safetensors({{"first", matrix()}, {key.value, x}}, to.value, {}, options);
    });
  };
  probe(all, "save_safetensors", save_divided, matrix(float64), Key{"x"}, OutputPath{divided});
  const auto save_metadata = [&](const Key& key, const Key& text) {
    io::Metadata metadata;
    metadata[key.value] = text.value;
    without_a_trace(folder, [&] { io::save_safetensors({{"x", matrix()}}, path, metadata); });
  };
  probe(all, "save_safetensors", save_metadata, Key{"of"}, Key{"a test"});
  refused(all, "save_safetensors", "metadata that is not UTF-8", [=] { save_metadata({"of"}, {"\xff"}); });
  refused(all, "save_safetensors", "the key of the checksums", [=] { save_metadata({"xgrad.crc32"}, {"x"}); });
  probe_as(
      all, "max_shard_size", "SafetensorsOptions", [](auto bytes) { io::SafetensorsOptions().max_shard_size(bytes); },
      Index{1});
  refused(all, "SafetensorsOptions", "shards of 0 bytes", [] { io::SafetensorsOptions().max_shard_size(0); });
}

void loading_safetensors(Catalogue& all, const Folder& folder) {
  const std::string path = folder.file("model.safetensors"), index = folder.file("divided.safetensors.index.json");
  for (const io::Reading reading : {io::Reading::copied, io::mapped}) {
    const auto load = [=](const auto& from) { return io::load_safetensors(from.value, reading); };
    probe(all, "load_safetensors", load, InputPath{path});
    probe(all, "load_safetensors", load, InputPath{index, false});
    probe(
        all, "SafetensorsFile", [=](const auto& from) { return io::SafetensorsFile(from.value, reading).tensors(); },
        InputPath{path});
  }
  probe(
      all, "load_safetensors_metadata",
      [](const auto& from) { return io::load_safetensors_metadata(from.value).size(); }, InputPath{path});
  probe_as(
      all, "tensor", "SafetensorsFile", [=](const auto& key) { return io::SafetensorsFile(path).tensor(key.value); },
      Key{"x", true, true});
  refused_file(all, "SafetensorsFile", "no checksums to verify", [=] { io::SafetensorsFile(path).verify(); });
  const std::string damaged = folder.file("damaged.safetensors");
  io::save_safetensors({{"x", matrix()}}, damaged, {}, io::SafetensorsOptions().checksum());
  std::string bytes = get(damaged);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  put(damaged, bytes);
  refused_file(all, "load_safetensors", "a damaged value", [=] { io::load_safetensors(damaged); });
  refused_file(all, "SafetensorsFile", "a damaged value", [=] { io::SafetensorsFile(damaged, io::mapped).verify(); });
  const auto moved_from = [&](const char* what, void (*use)(const io::SafetensorsFile&)) {
    refused(all, "SafetensorsFile", what, [=] {
      io::SafetensorsFile file(path);
      const io::SafetensorsFile other = std::move(file);
      use(file);  // NOLINT(bugprone-use-after-move)
    });
  };
  using File = io::SafetensorsFile;
  moved_from("metadata() of a file that was moved from", [](const File& file) { file.metadata(); });
  moved_from("names() of a file that was moved from", [](const File& file) { file.names(); });
  moved_from("contains() of a file that was moved from", [](const File& file) { file.contains("x"); });
  moved_from("tensor() of a file that was moved from", [](const File& file) { file.tensor("x"); });
  moved_from("tensors() of a file that was moved from", [](const File& file) { file.tensors(); });
  moved_from("has_checksums() of a file that was moved from", [](const File& file) { file.has_checksums(); });
  moved_from("verify() of a file that was moved from", [](const File& file) { file.verify(); });
}

void dictionaries(Catalogue& all) {
  const StateDict state{{"x", matrix()}};
  refused(all, "Metadata", "an unknown key", [] { io::Metadata({{"format", "pt"}}).at("step"); });
  refused(all, "StateDict", "an unknown key", [=] { static_cast<void>(state.at("0.weight")); });
  const auto refuse_key = [&](const char* function, const char* says, const std::function<void(const Key&)>& f) {
    probe_as(all, function, says, f, Key{"x", true});
  };
  refuse_key("at", "StateDict", [=](const Key& key) { static_cast<void>(state.at(key.value)); });
  refuse_key("operator[]", "StateDict", [=](const Key& key) { static_cast<void>(state[key.value]); });
  refuse_key("at", "StateDict", [](const Key& key) { static_cast<void>(StateDict{{"x", matrix()}}.at(key.value)); });
  refuse_key("at", "Metadata", [](const Key& key) { io::Metadata({{"x", "1"}}).at(key.value); });
  for (const std::int64_t i : {std::int64_t{1}, std::int64_t{-1}, most}) {
    refused(all, "StateDict", "entry " + std::to_string(i) + " of 1",
            [=] { static_cast<void>(state.at(static_cast<std::size_t>(i))); });
    refused(all, "StateDict", "entry " + std::to_string(i) + " of 1 that may be written", [=] {
      StateDict copy = state;
      copy.at(static_cast<std::size_t>(i)).second = Tensor();
    });
  }
}

void csv_options(Catalogue& all) {
  const auto refuse = [&](const char* with, const std::function<void()>& call) {
    refused(all, "CsvOptions", with, call);
  };
  refuse("the delimiter as the character of comments", [] { CsvOptions().comment(','); });
  refuse("the character of comments as the delimiter", [] { CsvOptions().comment('#').delimiter('#'); });
  refuse("skip_lines(-1)", [] { CsvOptions().skip_lines(-1); });
  refuse("max_rows(-1)", [] { CsvOptions().max_rows(-1); });
  refuse("max_columns(0)", [] { CsvOptions().max_columns(0); });
  refuse("dtype(boolean)", [] { CsvOptions().dtype(boolean); });
  refuse("labels of bool", [] { CsvOptions().labels("a", boolean); });
  for (const char c : {'"', '\n', '\r', '\0'}) {
    refuse("a delimiter with a meaning of its own", [=] { CsvOptions().delimiter(c); });
    refuse("comments that begin with a character of another meaning", [=] { CsvOptions().comment(c); });
  }
  refused(all, "CsvColumn", "2^64 - 1", [] { CsvOptions().columns({~std::uint64_t{0}}); });
  const auto set = [&](const char* name, CsvOptions& (CsvOptions::*setter)(std::int64_t)) {
    probe_as(
        all, name, "CsvOptions",
        [=](auto n) {
          CsvOptions options;
          (options.*setter)(n);
        },
        Index{1});
  };
  set("skip_lines", &CsvOptions::skip_lines);
  set("max_rows", &CsvOptions::max_rows);
  set("max_columns", &CsvOptions::max_columns);
}

void reading_csv(Catalogue& all, const Folder& folder) {
  const std::string path = folder.file("table.csv"), twice = folder.file("twice.csv"), empty = folder.file("empty.csv");
  put(path, "kind,a,b\nx,1,2\ny,,4\n");
  put(twice, "a,a\n1,2\n");
  put(empty, "");
  const auto read = [=](const CsvOptions& options) { return io::read_csv(path, options).values; };
  const auto words = [] { return CsvOptions().categories({"kind"}); };
  refused_file(all, "read_csv", "words as numbers", [=] { read(CsvOptions()); });
  refused_file(all, "read_csv", "a missing number as int64", [=] { read(words().dtype(int64)); });
  refused_file(all, "read_csv", "an empty file", [=] { io::read_csv(empty); });
  refused_file(all, "read_csv", "no header", [=] { read(words().skip_lines(10)); });
  refused_file(all, "read_csv", "more columns than allowed", [=] { read(words().max_columns(2)); });
  refused_file(all, "read_csv", "a word that is not in the vocabulary",
               [=] { read(words().vocabulary("kind", {"x"})); });
  probe(
      all, "read_csv", [=](const auto& from) { return io::read_csv(from.value, words()).values; },
      InputPath{path, false});
  const auto column = [&](const char* what, CsvOptions (*options)(const io::CsvColumn&)) {
    probe(
        all, "read_csv", [=](auto i) { return read(options(i.value)); }, Index{1});
    refused(all, "read_csv", std::string("column 3 of 3 in ") + what, [=] { read(options(3)); });
    refused(all, "read_csv", std::string("column -4 of 3 in ") + what, [=] { read(options(-4)); });
    refused(all, "read_csv", std::string("an unknown name in ") + what, [=] { read(options("c")); });
    refused(all, "read_csv", std::string("an empty name in ") + what, [=] { read(options("")); });
    refused(all, "read_csv", std::string("a name in ") + what + " where there is no header",
            [=] { read(options("a").header(false)); });
    refused(all, "read_csv", std::string("a name that two columns have in ") + what,
            [=] { io::read_csv(twice, options("a")); });
  };
  column("columns()", [](const auto& c) { return CsvOptions().columns({c}); });
  column("labels()", [](const auto& c) { return CsvOptions().columns({}).labels(c, float32); });
  column("categories()", [](const auto& c) { return CsvOptions().categories({c, "kind"}); });
  column("one_hot()", [](const auto& c) { return CsvOptions().one_hot({c, "kind"}); });
  column("vocabulary()", [](const auto& c) {
    return CsvOptions().categories({"a", "kind"}).vocabulary(c, {"1"}).missing_words({""});
  });
  refused(all, "read_csv", "a column of categories and one-hot", [=] { read(words().one_hot({"kind"})); });
  refused(all, "read_csv", "one-hot labels", [=] { read(CsvOptions().one_hot({"kind"}).labels("kind")); });
  refused(all, "read_csv", "a vocabulary of numbers", [=] { read(words().vocabulary("a", {"1"})); });
  refused(all, "read_csv", "a word twice", [=] { read(words().vocabulary("kind", {"x", "x"})); });
  for (const double number : {nan, inf, 9.3e18, -1e300})
    refused(all, "read_csv", "a missing number that int64 does not hold",
            [=] { read(words().dtype(int64).missing(number)); });
  probe(
      all, "read_csv", [=](auto n) { return read(words().missing(n)); }, Amount{0});
  probe(
      all, "read_csv", [=](auto type) { return read(words().missing(0).labels("b", type == boolean ? int64 : type)); },
      float32);
}

void writing_csv(Catalogue& all, const Folder& folder) {
  const std::string path = folder.file("written.csv");
  const auto write = [&](const Tensor& x, const OutputPath& to) {
    without_a_trace(folder, [&] { io::write_csv(x, to.value); });
  };
  const auto write_columns = [&](const Tensor& x, const Key& key, const OutputPath& to) {
    without_a_trace(folder, [&] { io::write_csv(StateDict{{key.value, x}}, to.value); });
  };
  const auto write_beside = [&](const Tensor& x) {
    without_a_trace(folder, [&] { io::write_csv(StateDict{{"a", ones({2})}, {"x", x}}, path); });
  };
  refused(all, "write_csv", "columns of two lengths", [=] { write_beside(ones({3})); });
  refused(all, "write_csv", "rank 3", [=] { write(ones({1, 1, 1}), {path}); });
  refused(all, "write_csv", "a name for two columns", [=] { io::write_csv(ones({1, 2}), path, {"a"}); });
  refused(all, "write_csv", "rows without columns", [=] { write(zeros({3, 0}), {path}); });
  refused(all, "write_csv", "2^63 - 1 rows without columns", [=] { write(zeros({most, 0}), {path}); });
  refused(all, "write_csv", "2^61 columns without rows", [=] { write_columns(zeros({0, two_to_61}), {"x"}, {path}); });
  refused(all, "write_csv", "rank 0", [=] { write(Tensor(1.), {path}); });
  probe(all, "write_csv", write, matrix(), OutputPath{path});
  probe(all, "write_csv", write_columns, matrix(), Key{"x"}, OutputPath{path});
  probe(all, "write_csv", write_beside, matrix());
  probe(all, "write_csv", [=] { write_beside(zeros({2, 0})); });
  for (const char c : {'"', '\n', '\r', '\0', '.', '-', '1', 'e'}) {
    refused(all, "write_csv", "a delimiter with a meaning of its own", [=] { io::write_csv(matrix(), path, {}, c); });
    refused(all, "write_csv", "a delimiter of columns with a meaning of its own", [=] {
      io::write_csv(StateDict{{"x", matrix()}}, path, c);
    });
  }
}

void atomic_files(Catalogue& all, const Folder& folder) {
  const std::string path = folder.file("atomic");
  const auto write = [&](const OutputPath& to) {
    without_a_trace(folder, [&] {
      io::AtomicFile file(to.value);
      file.write("x");
      file.commit();
    });
  };
  probe_as(all, "AtomicFile", "save", write, OutputPath{path});
  const auto committed = [&](const char* what, void (*use)(io::AtomicFile&)) {
    refused(all, "save", what, [=] {
      io::AtomicFile file(path);
      file.commit();
      use(file);
    });
  };
  committed("a write after the commit", [](io::AtomicFile& file) { file.write("x"); });
  committed("a sync after the commit", [](io::AtomicFile& file) { file.sync(); });
  committed("a second commit", [](io::AtomicFile& file) { file.commit(); });
  refused_file(all, "save", "bytes at null", [=] { io::AtomicFile(path).write(nullptr, 1); });
  all.functions.emplace_back("write");
}

}  // namespace

void io_calls(Catalogue& all) {
  const Folder folder;
  npy(all, folder);
  npz(all, folder);
  saving_safetensors(all, folder);
  loading_safetensors(all, folder);
  dictionaries(all);
  csv_options(all);
  reading_csv(all, folder);
  writing_csv(all, folder);
  atomic_files(all, folder);
}

}  // namespace bad_calls
