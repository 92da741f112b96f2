// The examples of docs/reference/modules.md.

#include <xgrad/nn/generators.hpp>

#include "example.hpp"

namespace {

class Net : public nn::Module {
 public:
  Net() {
    add("hidden", hidden);
    add("out", out);
  }
  Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }

 private:
  nn::Linear hidden{2, 16}, out{16, 1};
};

class Two : public nn::ModuleOf<Two> {
 public:
  Two() { add("left", left); }
  Tensor forward(const Tensor& a, const Tensor& b) { return left(a) * b; }

 private:
  nn::Linear left{3, 2};
};

void state() {
  example("ModuleBase");
  {
    nn::Sequential model{nn::Linear(2, 3), nn::BatchNorm1d(3)};
    for (const auto& [name, value] : model.state_dict()) std::cout << name << ' ' << value.shape() << '\n';
    model.get_submodule("0").requires_grad_(false);
    model.eval();
    std::cout << std::boolalpha << model.parameter("0.weight").requires_grad() << ' ' << model.is_training() << '\n';
  }
  example("IncompatibleKeys", "Strict");
  {
    nn::Linear model(2, 3);
    const nn::IncompatibleKeys keys = model.load_state_dict({{"weight", ones({3, 2})}}, nn::Strict::no);
    for (const std::string& key : keys.missing_keys) std::cout << "missing: " << key << '\n';
  }
  example("Parameter");
  {
    struct Scale : nn::Module {
      Scale() { add("factor", factor); }
      Tensor forward(const Tensor& x) override { return factor * x; }
      nn::Parameter factor{ones({1})};
    };
    const Scale scale;
    sum(scale(Tensor{1.f, 2.f})).backward();
    std::cout << scale.factor.grad() << '\n';
  }
  example("Buffer");
  {
    struct Total : nn::Module {
      Total() { add("sum", sum); }
      Tensor forward(const Tensor& x) override { return sum.add_(x.detach()); }
      nn::Buffer sum{zeros({2})};
    };
    const Total total;
    for (int i = 0; i < 3; ++i) std::cout << total(Tensor{1.f, 2.f}) << '\n';
    std::cout << total.parameters().size() << " parameters, " << total.state_dict().size() << " key\n";
  }
  example("Shared");
  {
    struct Counter : nn::Module {
      Tensor forward(const Tensor& x) override { return x * float(++*calls); }
      nn::Shared<int> calls{0};
    };
    const Counter counter, same = counter, other = nn::clone(counter);
    std::cout << counter(1.f).item() << ' ' << same(1.f).item() << ' ' << other(1.f).item() << '\n';
  }
}

void hooks() {
  example("ForwardHook", "ForwardPreHook");
  {
    nn::Linear layer(3, 2, nn::no_bias);
    nn::init::ones_(layer.weight);
    const nn::ForwardPreHook doubled = [](const nn::ModuleBase&, const Tensor& x) { return 2.0 * x; };
    const nn::ForwardHook shown = [](const nn::ModuleBase& module, const Tensor&, const Tensor& y) {
      std::cout << module.type_name() << ": " << y.detach() << '\n';
      return Tensor();  // leaves y as it is
    };
    layer.register_forward_pre_hook(doubled);
    layer.register_forward_hook(shown);
    const Tensor y = layer(ones({1, 3}));
  }
  example("BackwardHook", "BackwardPreHook");
  {
    nn::Linear layer(3, 2, nn::no_bias);
    nn::init::ones_(layer.weight);
    const nn::BackwardPreHook scaled = [](const nn::ModuleBase&, const Tensor& grad_y) { return 10.0 * grad_y; };
    const nn::BackwardHook shown = [](const nn::ModuleBase&, const Tensor& grad_x, const Tensor&) {
      std::cout << grad_x << '\n';
      return Tensor();  // leaves grad_x as it is
    };
    layer.register_full_backward_pre_hook(scaled);
    layer.register_full_backward_hook(shown);
    sum(layer(ones({1, 3}).requires_grad_())).backward();
  }
  example("CallHook", "CallPreHook");
  {
    Two net;
    const nn::CallPreHook doubled = [](const nn::ModuleBase&, std::vector<Tensor>& inputs) {
      inputs[1] = 2.0 * inputs[1];
    };
    const nn::CallHook shown = [](const nn::ModuleBase& module, const auto& inputs, const auto& outputs) {
      std::cout << module.type_name() << ": " << inputs[1](0) << ", " << outputs[0].shape() << '\n';
    };
    net.register_forward_pre_hook(doubled);
    net.register_forward_hook(shown);
    const Tensor y = net(ones({4, 3}), ones({4, 2}));
  }
}

void containers() {
  example("Module");
  {
    Net net;
    std::cout << net << '\n' << net(ones({5, 2})).shape() << '\n' << net.parameters().size() << " parameters\n";
  }
  example("Layer");
  {
    const std::vector<nn::Layer> layers = {nn::Linear(2, 3), relu, [](const Tensor& x) { return x * x; }};
    Tensor y = ones({4, 2});
    for (const nn::Layer& layer : layers) y = layer(y);
    std::cout << y.shape() << ' ' << layers[0].as<nn::Linear>().weight.shape() << '\n';
  }
  example("MLP");
  {
    const nn::MLP model({784, 50, 10}, nn::Tanh());
    std::cout << model << '\n';
  }
  example("Sequential");
  {
    const nn::Sequential model{nn::Linear(4, 8), nn::ReLU(), nn::Linear(8, 2)};
    std::cout << model << '\n' << model(ones({3, 4})).shape() << '\n';
  }
  example("ModuleOf");
  {
    const Two net;
    std::cout << net << '\n' << net(ones({4, 3}), ones({4, 2})).shape() << '\n';
  }
  example("ModuleListOf", "ModuleList");
  {
    nn::ModuleList layers{nn::Linear(4, 8), relu};
    layers.append(nn::Linear(8, 2));
    Tensor y = ones({3, 4});
    for (const nn::Layer& layer : layers) y = layer(y);
    std::cout << layers << '\n' << y.shape() << '\n';
  }
  example("ModuleDictOf", "ModuleDict");
  {
    const nn::ModuleDict activations{{"relu", nn::ReLU()}, {"tanh", tanh}};
    std::cout << activations["relu"](Tensor{-1., 2.}) << '\n';
  }
  example("ParameterList");
  {
    const nn::ParameterList scales{nn::Parameter(ones({3})), nn::Parameter(zeros({4}))};
    std::cout << scales << '\n';
  }
  example("ParameterDict");
  {
    const nn::ParameterDict weights{{"left", nn::Parameter(ones({3}))}, {"right", nn::Parameter(zeros({3}))}};
    std::cout << sum(weights["left"] + weights["right"]) << '\n';
  }
}

void parts() {
  example("tie");
  {
    nn::Linear in(3, 3), out(3, 3);
    nn::tie(out.weight, in.weight);
    const nn::Sequential model{in, relu, out};
    std::cout << model.parameters().size() << " parameters, " << model.state_dict().size() << " keys\n";
  }
  example("clone");
  {
    nn::Linear a(2, 2);
    const nn::Linear b = nn::clone(a), same = a;
    a.weight.detach().fill_(0);
    std::cout << sum(abs(same.weight)) << '\n' << std::boolalpha << (sum(abs(b.weight)).item() > 0) << '\n';
  }
  example("summary", "Summary");
  {
    const nn::Sequential model{nn::Linear(4, 8), nn::ReLU(), nn::Linear(8, 2)};
    const nn::Summary table = nn::summary(model, {3, 4});
    std::cout << table << '\n';
  }
  example("detailed");
  {
    const nn::Sequential model{nn::Linear(4, 8), nn::ReLU(), nn::Linear(8, 2)};
    std::cout << detailed(nn::summary(model, {3, 4})) << '\n';
  }
  example("to_string");
  {
    const nn::Sequential model{nn::Linear(4, 2)};
    std::cout << to_string(nn::summary(model, {3, 4})) << '\n';
  }
  example("register_generator", "OwnGenerator");
  {
    class Noise : public nn::Module {
     public:
      explicit Noise(const Generator& generator) : generator_(generator) { nn::register_generator(*this, generator_); }

     protected:
      Tensor forward(const Tensor& x) override { return x + randn(x.shape(), **generator_); }

     private:
      nn::OwnGenerator generator_;
    };
    const Noise noise{Generator(3)}, other = nn::clone(noise);
    std::cout << std::boolalpha << (sum(noise(zeros(4)) != other(zeros(4))).item() == 0) << '\n';
  }
  example("named_generators");
  {
    const nn::Sequential model{nn::Linear(2, 2), nn::Dropout(0.5, Generator(7))};
    for (const auto& [name, generator] : nn::named_generators(model))
      std::cout << name << ": seed " << generator->value().seed() << '\n';
  }
}

}  // namespace

int main() {
  state();
  hooks();
  containers();
  parts();
  return 0;
}
