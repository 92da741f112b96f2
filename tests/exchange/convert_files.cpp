// Reads tensors from one file and writes them into another, of any format that io knows:
//
//   convert_files FROM TO [checksum] [float16] [bfloat16] [compressed] [mapped] [shards=BYTES]
//
// tools/compare_files.py drives it. Prints what went wrong, and ends with 1, where something did.

#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <xgrad/io/io.hpp>

using namespace xgrad;

namespace {

using Words = std::vector<std::string>;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool has(const Words& words, const char* word) { return std::find(words.begin(), words.end(), word) != words.end(); }

StateDict load(const std::string& path, const Words& words, io::Metadata& metadata) {
  if (ends_with(path, ".npz")) return io::load_npz(path);
  if (ends_with(path, ".npy")) return {{"x", io::load_npy(path)}};
  if (ends_with(path, ".csv")) return {{"x", io::read_csv(path, io::CsvOptions().dtype(float64)).values}};
  const io::SafetensorsFile file(path, has(words, "mapped") ? io::mapped : io::Reading::copied);
  metadata = file.metadata();
  return file.tensors();
}

void save(const StateDict& tensors, const std::string& path, const Words& words, const io::Metadata& metadata) {
  const io::Floats floats = has(words, "float16")    ? io::Floats::float16
                            : has(words, "bfloat16") ? io::Floats::bfloat16
                                                     : io::Floats::as_they_are;
  if (ends_with(path, ".npz")) {
    io::save_npz(tensors, path, io::NpzOptions().compressed(has(words, "compressed")).floats(floats));
  } else if (ends_with(path, ".npy")) {
    io::save_npy(tensors.at(0).second, path, floats);
  } else if (ends_with(path, ".csv")) {
    io::write_csv(tensors, path);
  } else {
    io::SafetensorsOptions options;
    options.checksum(has(words, "checksum")).floats(floats);
    for (const std::string& word : words)
      if (word.rfind("shards=", 0) == 0) options.max_shard_size(std::stoll(word.substr(7)));
    io::save_safetensors(tensors, path, metadata, options);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return std::cerr << "usage: convert_files FROM TO [word...]\n", 2;
  const Words words(arguments + 3, arguments + count);
  try {
    io::Metadata metadata;
    const StateDict tensors = load(arguments[1], words, metadata);
    save(tensors, arguments[2], words, metadata);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
