#include "models.hpp"

#include <stdexcept>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

namespace exchange {

namespace {

class Convolutions : public nn::Module {
 public:
  Convolutions() {
    add("features", features);
    add("classifier", classifier);
  }
  Tensor forward(const Tensor& x) override { return classifier(flatten(features(x), 1)); }

 private:
  nn::Sequential features{nn::Conv2d(2, 4, 3, nn::Conv2d::Options().padding(1).bias(false)),
                          nn::BatchNorm2d(4),
                          nn::ReLU(),
                          nn::MaxPool2d(2),
                          nn::Conv2d(4, 6, 3, nn::Conv2d::Options().stride(2).padding(1).groups(2).bias(false)),
                          nn::BatchNorm2d(6),
                          nn::ReLU(),
                          nn::AvgPool2d(2)};
  nn::Linear classifier{6, 3};
};

class Tagger : public nn::Module {
 public:
  Tagger() {
    add("lstm", lstm);
    add("out", out);
  }
  Tensor forward(const Tensor& x) override { return out(lstm(x).first); }

 private:
  nn::LSTM lstm{3, 4, nn::LSTM::Options().num_layers(2).bidirectional(true).batch_first(true)};
  nn::Linear out{8, 3};
};

class Encoder : public nn::Module {
 public:
  Encoder() {
    add("encoder", encoder);
    add("out", out);
  }
  Tensor forward(const Tensor& x) override { return out(encoder(x)); }

 private:
  nn::TransformerEncoder encoder{
      nn::TransformerEncoderLayer(
          8, 2, nn::TransformerEncoderLayer::Options().dim_feedforward(12).dropout(0).batch_first(true)),
      2, nn::LayerNorm(8)};
  nn::Linear out{8, 3};
};

}  // namespace

std::unique_ptr<nn::Module> model(const std::string& name) {
  std::unique_ptr<nn::Module> net;
  if (name == "convolutions") net = std::make_unique<Convolutions>();
  if (name == "lstm") net = std::make_unique<Tagger>();
  if (name == "encoder") net = std::make_unique<Encoder>();
  if (!net) throw std::invalid_argument("there is no model '" + name + "'");
  net->to(float64);
  return net;
}

StateDict with_prefix(const File& file, const std::string& prefix) {
  StateDict found;
  for (const std::string& name : file.names())
    if (name.rfind(prefix, 0) == 0) found.emplace_back(name.substr(prefix.size()), file.tensor(name));
  return found;
}

std::string listing(const StateDict& state) {
  std::string lines;
  for (const auto& [key, x] : state) lines += key + " " + to_string(x.shape()) + " " + name_of(x.dtype()) + "\n";
  return lines;
}

StateDict run(const std::string& name, const File& file, int steps, const std::string& prefix) {
  const std::unique_ptr<nn::Module> made = model(name);
  nn::Module& net = *made;
  if (const StateDict state = with_prefix(file, prefix + "model."); !state.empty()) net.load_state_dict(state);
  optim::AdamW optimizer(net.parameters(), 0.01, optim::AdamW::Options().weight_decay(0.1));
  if (const StateDict state = with_prefix(file, prefix + "optimizer."); !state.empty())
    optimizer.load_state_dict(state);
  const Tensor x = file.tensor(prefix + "x"), target = file.tensor(prefix + "target");
  const auto evaluated = [&] {
    const NoGrad off;
    net.eval();
    Tensor y = net(x);
    net.train();
    return y;
  };
  StateDict result;
  result.emplace_back("before", evaluated());
  for (int step = 0; step < steps; ++step) {
    optimizer.zero_grad();
    nn::mse_loss(net(x), target).backward();
    optimizer.step();
  }
  result.emplace_back("after", evaluated());
  for (const auto& [key, value] : net.state_dict()) result.emplace_back("model." + key, value);
  for (const auto& [key, value] : optimizer.state_dict()) result.emplace_back("optimizer." + key, value);
  return result;
}

}  // namespace exchange
