// The examples of docs/reference/files.md.

#include <cstdio>
#include <string>

#include "example.hpp"

namespace {

void safetensors() {
  const std::string path = "example.safetensors";
  example("save_safetensors", "SafetensorsOptions", "Floats");
  {
    const auto options = io::SafetensorsOptions().checksum().floats(io::Floats::float16);
    io::save_safetensors({{"weight", Tensor{1.f, 2.f}}}, "example.safetensors", {{"trained on", "nothing"}}, options);
    std::cout << io::load_safetensors("example.safetensors").at("weight") << '\n';
  }
  example("SafetensorsFile", "Metadata", "Reading", "mapped");
  {
    nn::Linear model(2, 3);
    io::save_safetensors(model.state_dict(), "example.safetensors", {{"trained on", "nothing"}});
    const io::SafetensorsFile file("example.safetensors", io::mapped);
    model.load_state_dict(file.tensors());
    for (const std::string& name : file.names()) std::cout << name << ' ' << file.tensor(name).shape() << '\n';
    std::cout << "trained on " << file.metadata().at("trained on") << '\n';
  }
  example("load_safetensors");
  {
    io::save_safetensors({{"weight", Tensor{1.f, 2.f}}, {"bias", Tensor{0.f}}}, "example.safetensors");
    for (const auto& [name, value] : io::load_safetensors("example.safetensors"))
      std::cout << name << ' ' << value << '\n';
  }
  example("load_safetensors_metadata");
  {
    io::save_safetensors({}, "example.safetensors", {{"trained on", "nothing"}});
    std::cout << io::load_safetensors_metadata("example.safetensors").at("trained on") << '\n';
  }
  std::remove(path.c_str());
  example("StateDict");
  {
    const nn::Linear model(2, 3);
    StateDict state = model.state_dict();
    state["weight"].fill_(1);  // copies: the model does not change
    for (const auto& [key, value] : state) std::cout << key << ' ' << value.shape() << '\n';
    std::cout << std::boolalpha << state.contains("scale") << ' ' << sum(state.at("weight")).item() << '\n';
  }
}

void npy() {
  example("save_npy");
  {
    io::save_npy(Tensor({{1.f, 2.f}, {3.f, 4.f}}), "example.npy", io::Floats::float16);
    std::cout << io::load_npy("example.npy") << '\n';
  }
  example("load_npy");
  {
    io::save_npy(arange(4), "example.npy");
    std::cout << io::load_npy("example.npy") << '\n';
  }
  std::remove("example.npy");
  example("save_npz", "NpzOptions");
  {
    const StateDict arrays = {{"x", Tensor{1., 2.}}, {"labels", Tensor{0, 1}}};
    io::save_npz(arrays, "example.npz", io::NpzOptions().compressed());
    std::cout << io::load_npz("example.npz").at("labels") << '\n';
  }
  example("NpzFile");
  {
    io::save_npz({{"x", Tensor{1., 2.}}, {"labels", Tensor{0, 1}}}, "example.npz");
    const io::NpzFile file("example.npz");
    std::cout << file.names().size() << " arrays, " << file.tensor("labels") << '\n';
  }
  example("load_npz", "default_npz_limit");
  {
    io::save_npz({{"x", Tensor{1., 2.}}, {"labels", Tensor{0, 1}}}, "example.npz");
    for (const auto& [name, value] : io::load_npz("example.npz")) std::cout << name << ' ' << value << '\n';
  }
  std::remove("example.npz");
}

void tables() {
  const std::string path = "example.csv";
  example("read_csv", "Csv", "CsvOptions", "CsvColumn");
  {
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
    io::write_csv({{"epoch", Tensor{1, 2}}, {"loss", Tensor{0.5, 0.25}}}, path);
    std::cout << io::read_csv(path).values << '\n';
  }
  example("AtomicFile");
  {
    io::AtomicFile file("example.csv");
    file.write("x,y\n");
    file.write("1,2\n");
    file.commit();  // only now is there another file at this path
    std::cout << io::read_csv("example.csv").values << '\n';
  }
  std::remove(path.c_str());
}

}  // namespace

int main() {
  safetensors();
  npy();
  tables();
  return 0;
}
