// Bad calls of lists and dicts of modules and parameters, of lazy layers, summaries and structured initialisers.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

nn::Parameter parameter() { return nn::Parameter(matrix()); }

void lists(Catalogue& all) {
  const auto indices = [&](const char* name, auto make) {
    for (const std::int64_t i : {std::int64_t{2}, std::int64_t{-3}, least, most}) {
      refused(all, name, "the index " + std::to_string(i), [=] { make()[i]; });
      refused(all, name, "to take out " + std::to_string(i), [=] { make().pop(i); });
      if (i != 2)
        refused(all, name, "to insert at " + std::to_string(i), [=] {
          auto list = make();
          list.insert(i, list[0]);
        });
    }
  };
  indices("ModuleList", [] { return nn::ModuleList{nn::Linear(2, 2), relu}; });
  indices("ParameterList", [] { return nn::ParameterList{parameter(), parameter()}; });
  refused(all, "ParameterList", "an undefined parameter", [] { nn::ParameterList{nn::Parameter()}; });
  refused(all, "ParameterList", "an undefined parameter in front",
          [] { nn::ParameterList{parameter()}.insert(0, nn::Parameter()); });
  refused(all, "ModuleList", "a list in itself", [] {
    nn::ModuleListOf<nn::ModuleBase> list;
    list.append(list);
  });
  for (const char* key : {"", "a.b", "known"}) {
    const std::string with = std::string("the key \"") + key + "\"";
    refused(all, "ModuleDict", with, [=] { nn::ModuleDict({{"known", nn::ReLU()}}).insert(key, relu); });
    refused(all, "ParameterDict", with, [=] { nn::ParameterDict({{"known", parameter()}}).insert(key, parameter()); });
  }
  for (const char* key : {"", "unknown"}) {
    const std::string with = std::string("the unknown key \"") + key + "\"";
    refused(all, "ModuleDict", with, [=] { nn::ModuleDict({{"known", relu}})[key]; });
    refused(all, "ModuleDict", with + " to take out", [=] { nn::ModuleDict({{"known", relu}}).pop(key); });
    refused(all, "ParameterDict", with, [=] { nn::ParameterDict({{"known", parameter()}})[key]; });
    refused(all, "ParameterDict", with + " to take out", [=] { nn::ParameterDict({{"known", parameter()}}).pop(key); });
  }
  refused(all, "ParameterDict", "an undefined parameter", [] { nn::ParameterDict().insert("a", nn::Parameter()); });
  for (const char* name : {"append", "push_back", "extend", "insert", "pop", "contains", "update", "ModuleListOf",
                           "ModuleDictOf", "operator[]"})
    all.functions.emplace_back(name);
}

void modules(Catalogue& all) {
  const nn::Linear model(3, 2);
  refused(all, "Linear", "an unknown module", [=] { static_cast<void>(model.get_submodule("nothing")); });
  refused(all, "Linear", "an unknown parameter", [=] { static_cast<void>(model.get_parameter("nothing")); });
  refused(all, "Linear", "an unknown buffer", [=] { static_cast<void>(model.get_buffer("weight")); });
  refused(all, "Linear", "another shape, not strictly", [=] {
    nn::Linear(model).load_state_dict({{"weight", zeros({2, 2})}}, nn::Strict::no);
  });
  for (const char* name : {"get_submodule", "get_parameter", "get_buffer"}) all.functions.emplace_back(name);
  refused(all, "tie", "another shape", [] {
    nn::Linear layer(3, 2);
    nn::tie(layer.weight, layer.bias);
  });
  refused(all, "tie", "an undefined parameter", [] {
    nn::Parameter none;
    nn::tie(none, none);
  });
  probe(
      all, "LazyLinear", [](auto n) { return nn::LazyLinear(n).weight; }, Size{3});
  refused(all, "LazyLinear", "a number", [] { nn::LazyLinear(3)(Tensor(1.0f)); });
  refused(all, "LazyLinear", "int64", [] { nn::LazyLinear(3)(ones({2, 3}, int64)); });
  probe_as(
      all, "LazyLinear", "Linear",
      [](auto x) {
        const nn::LazyLinear layer(2);
        static_cast<void>(layer(matrix()));
        return layer(x);
      },
      matrix());
  refused(all, "parameters", "a lazy layer", [] { static_cast<void>(nn::LazyLinear(3).parameters()); });
  refused(all, "state_dict", "a lazy layer", [] { static_cast<void>(nn::LazyLinear(3).state_dict()); });
  refused(all, "load_state_dict", "a lazy layer", [] { nn::LazyLinear(3).load_state_dict({}); });
  probe_as(
      all, "summary", "summary", [](auto s, auto d) { static_cast<void>(nn::summary(nn::Identity(), s, d)); },
      Shape{2, 3}, float32);
  probe_as(
      all, "summary", "Identity", [](auto x) { static_cast<void>(nn::summary(nn::Identity(), Tensor(x))); }, matrix());
  all.functions.emplace_back("detailed");
}

void initialisers(Catalogue& all) {
  using namespace nn::init;
  const Tensor x = matrix(), filters = zeros({4, 2, 3});
  const auto copy = [](const Tensor& t) { return t.defined() ? t.clone() : t; };
  probe(
      all, "fans", [](auto t) { return Tensor(fans(t).in); }, x);
  probe(
      all, "trunc_normal_", [=](auto t) { return trunc_normal_(copy(t)); }, x);
  probe(
      all, "trunc_normal_", [=](auto m, auto s, auto a, auto b) { return trunc_normal_(x.clone(), m, s, a, b); },
      Setting{0}, Setting{1}, Setting{-1}, Setting{1});
  probe(
      all, "dirac_", [=](auto t, auto n) { return dirac_(copy(t), n); }, filters, Size{2});
  probe(
      all, "orthogonal_", [=](auto t, auto g) { return orthogonal_(copy(t), g); }, x, Setting{1});
  probe(
      all, "sparse_", [=](auto t, auto p, auto s) { return sparse_(copy(t), p, s); }, x, Setting{.5}, Setting{.1});
  refused(all, "dirac_", "no groups", [=] { dirac_(filters.clone(), 0); });
}

}  // namespace

void container_calls(Catalogue& all) {
  lists(all);
  modules(all);
  initialisers(all);
}

}  // namespace bad_calls
