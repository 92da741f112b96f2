// The examples of docs/reference/files.md.

#include <cstdio>
#include <string>

#include "example.hpp"

int main() {
  example("save_safetensors");
  {
    const std::string path = "example.safetensors";
    io::save_safetensors({{"weight", Tensor{1.f, 2.f}}}, path, {{"trained on", "nothing"}});
    std::cout << io::SafetensorsFile(path).tensor("weight") << '\n';
  }
  example("load_safetensors");
  {
    const std::string path = "example.safetensors";
    io::save_safetensors({{"weight", Tensor{1.f, 2.f}}, {"bias", Tensor{0.f}}}, path);
    for (const auto& [name, value] : io::load_safetensors(path)) std::cout << name << ' ' << value << '\n';
  }
  example("load_safetensors_metadata");
  {
    const std::string path = "example.safetensors";
    io::save_safetensors({}, path, {{"trained on", "nothing"}});
    std::cout << io::load_safetensors_metadata(path).at("trained on") << '\n';
    std::remove(path.c_str());
  }
  example("save_npy");
  {
    const std::string path = "example.npy";
    io::save_npy(Tensor({{1.f, 2.f}, {3.f, 4.f}}), path, io::Floats::float16);
    std::cout << io::load_npy(path) << '\n';
  }
  example("load_npy");
  {
    const std::string path = "example.npy";
    io::save_npy(arange(4), path);
    std::cout << io::load_npy(path) << '\n';
    std::remove(path.c_str());
  }
  example("save_npz");
  {
    const std::string path = "example.npz";
    io::save_npz({{"x", Tensor{1., 2.}}, {"labels", Tensor{0, 1}}}, path, io::NpzOptions().compressed());
    std::cout << io::NpzFile(path).tensor("labels") << '\n';
  }
  example("load_npz");
  {
    const std::string path = "example.npz";
    io::save_npz({{"x", Tensor{1., 2.}}, {"labels", Tensor{0, 1}}}, path);
    for (const auto& [name, value] : io::load_npz(path)) std::cout << name << ' ' << value << '\n';
    std::remove(path.c_str());
  }
  example("read_csv");
  {
    const std::string path = "example.csv";
    io::AtomicFile file(path);
    file.write("length,island,species\n39.1,Torgersen,Adelie\nNA,Biscoe,Gentoo\n");
    file.commit();
    const io::Csv csv =
        io::read_csv(path, io::CsvOptions().labels("species").categories({"species"}).one_hot({"island"}));
    std::cout << csv.values << '\n'
              << csv.labels << ' ' << csv.names[1] << ' ' << csv.vocabularies.at("species")[0] << '\n';
  }
  example("write_csv");
  {
    const std::string path = "example.csv";
    io::write_csv({{"epoch", Tensor{1, 2}}, {"loss", Tensor{0.5, 0.25}}}, path);
    std::cout << io::read_csv(path).values << '\n';
    std::remove(path.c_str());
  }
  return 0;
}
