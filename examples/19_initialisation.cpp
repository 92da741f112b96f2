// What the first weights do to the activations of five layers of 100: the book's experiment on 1,000 inputs, with
// weights of deviation 1, of 0.01, Xavier's and He's.

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

// The activations of five layers, as a histogram for each, and two numbers that say what a picture of them shows.
struct Activations {
  Tensor histograms;           // (5, 30), between the activation's ends
  std::vector<double> spread;  // standard deviations
  std::vector<double> at_end;  // the part within 0.05 of an end of sigmoid or tanh, or that relu has put to 0
};

struct Activation {
  std::string name;
  std::function<Tensor(const Tensor&)> f;
  double low, high;  // the ends; relu has none above
};

Activations five_layers(const Activation& activation, const std::function<void(const Tensor&)>& initialise) {
  const bool bounded = activation.name != "relu";
  Activations result;
  std::vector<Tensor> histograms;
  Tensor z = randn({1000, 100});
  for (int layer = 0; layer < 5; ++layer) {
    nn::Linear linear(100, 100, nn::no_bias);
    initialise(linear.weight);
    z = activation.f(linear(z));
    histograms.push_back(histc(z, 30, activation.low, activation.high));
    result.spread.push_back(xgrad::std(z).item());
    const Tensor near = bounded ? (z < activation.low + 0.05) | (z > activation.high - 0.05) : z == 0.0;
    result.at_end.push_back(mean(near.to(float32)).item());
  }
  result.histograms = stack(histograms);
  return result;
}

void print(const char* what, const std::vector<double>& numbers, const char* format) {
  std::printf("  %s", what);
  for (const double number : numbers) std::printf(format, number);
  std::printf("\n");
}

int main() {
  manual_seed(8);
  const NoGrad off;
  const std::vector<Activation> activations = {{"sigmoid", [](const Tensor& x) { return sigmoid(x); }, 0, 1},
                                               {"tanh", [](const Tensor& x) { return tanh(x); }, -1, 1},
                                               {"relu", [](const Tensor& x) { return relu(x); }, 0, 1}};
  const std::vector<std::pair<std::string, std::function<void(const Tensor&)>>> initialisers = {
      {"deviation 1", [](const Tensor& w) { nn::init::normal_(w, 0, 1); }},
      {"deviation 0.01", [](const Tensor& w) { nn::init::normal_(w, 0, 0.01); }},
      {"Xavier", [](const Tensor& w) { nn::init::xavier_normal_(w); }},
      {"He",
       [](const Tensor& w) { nn::init::kaiming_normal_(w, 0, nn::init::Fan::in, nn::init::Nonlinearity::relu); }}};

  std::vector<Activations> all;
  for (const Activation& activation : activations)
    for (const auto& [name, initialise] : initialisers) {
      all.push_back(five_layers(activation, initialise));
      std::printf("%s, %s\n", activation.name.c_str(), name.c_str());
      print("standard deviations", all.back().spread, " %8.3g");
      print(activation.name == "relu" ? "zeros              " : "near an end        ", all.back().at_end, " %8.2f");
    }

  // The book's pictures: sigmoid with deviation 1 piles up at both ends, where its slope vanishes, and with Xavier it
  // does not.
  const auto per_cent = [](const Tensor& histograms) { return sum(reshape(histograms[4], {10, 3}), 1) / 1000; };
  std::cout << "sigmoid, layer 5, tenths of 0 .. 1 in per cent\n";
  std::cout << "  deviation 1: " << round(per_cent(all[0].histograms)).to(int64) << '\n';
  std::cout << "  Xavier: " << round(per_cent(all[2].histograms)).to(int64) << '\n';
}
