// Bad calls of optimisers and of files.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

std::vector<Tensor> parameters() { return nn::Linear(3, 2).parameters(); }

void optimisers(Catalogue& all) {
  using namespace optim;
  const auto sgd = [](double lr, double momentum, double dampening, double decay) {
    SGD made(parameters(), lr, SGD::Options().momentum(momentum).dampening(dampening).weight_decay(decay));
    made.step();
  };
  probe(all, "SGD", sgd, Setting{.1}, Setting{.9}, Setting{0}, Setting{0});
  const auto adam = [](double lr, double first, double second, double eps, double decay) {
    Adam made(parameters(), lr, Adam::Options().betas(first, second).eps(eps).weight_decay(decay));
    made.step();
  };
  probe(all, "Adam", adam, Setting{.1}, Setting{.9}, Setting{.99}, Setting{1e-8}, Setting{0});
  const auto adamw = [](double lr, double first, double second, double eps, double decay) {
    AdamW made(parameters(), lr, AdamW::Options().betas(first, second).eps(eps).weight_decay(decay));
    made.step();
  };
  probe(all, "AdamW", adamw, Setting{.1}, Setting{.9}, Setting{.99}, Setting{1e-8}, Setting{0});
  const std::vector<Tensor> leaves = {ones({2}).requires_grad_(), ones({3}).requires_grad_()};
  probe(
      all, "SGD", [](auto v) { SGD(v, .1); }, leaves);
  probe(
      all, "Adam", [](auto v) { Adam(v, .1); }, leaves);
  probe(
      all, "AdamW", [](auto v) { AdamW(v, .1); }, leaves);
  all.functions.insert(all.functions.end(), {"set_lr", "load_state_dict", "step"});
  probe_as(
      all, "set_lr", "SGD", [](auto lr) { SGD(parameters(), .1).set_lr(lr); }, Setting{.2});
  refused(all, "SGD", "a state without lr", [] { SGD(parameters(), .1).load_state_dict({}); });
  probe_as(
      all, "load_state_dict", "SGD",
      [](auto lr) {
        SGD(parameters(), .1).load_state_dict({{"lr", lr}});
      },
      Tensor(.1));
  const auto load = [](const Tensor& step) {
    Adam(std::vector<Tensor>{ones({2}).requires_grad_()})
        .load_state_dict({{"lr", Tensor(.1)},
                          {"state.0.step", step},
                          {"state.0.exp_avg", ones({2})},
                          {"state.0.exp_avg_sq", ones({2})}});
  };
  probe_as(all, "load_state_dict", "Adam", load, Tensor(1));
  for (double step : {1e300, -1.0, nan, 2.5})
    refused(all, "Adam", "a step of " + std::to_string(step), [=] { load(Tensor(step)); });
}

// What is refused before a file is opened; what files hold is tested by the tests of io.
void files(Catalogue& all) {
  using namespace io;
  const std::string path = "/nonexistent/file";
  refused(all, "save_safetensors", "an undefined tensor", [=] { save_safetensors({{"a", Tensor()}}, path); });
  refused(all, "save_safetensors", "a name twice", [=] {
    save_safetensors({{"a", ones({1})}, {"a", ones({1})}}, path);
  });
  refused(all, "save_safetensors", "the key of the checksums", [=] {
    save_safetensors({}, path, {{"xgrad.crc32", ""}});
  });
  refused(all, "Metadata", "a key that is not there", [] { Metadata({{"format", "pt"}}).at("step"); });
  refused(all, "SafetensorsOptions", "shards of no bytes", [] { SafetensorsOptions().max_shard_size(0); });
  refused(all, "save_npy", "an undefined tensor", [=] { save_npy(Tensor(), path); });
  refused(all, "save_npy", "bfloat16", [=] { save_npy(ones({1}), path, Floats::bfloat16); });
  refused(all, "save_npz", "an undefined tensor", [=] { save_npz({{"a", Tensor()}}, path); });
  refused(all, "save_npz", "a name twice", [=] { save_npz({{"a", ones({1})}, {"a", ones({1})}}, path); });
  refused(all, "load_npz", "a negative limit", [=] { static_cast<void>(load_npz(path, -1)); });
  refused(all, "NpzFile", "a negative limit", [=] { NpzFile(path, -1); });
  refused(all, "write_csv", "an undefined tensor", [=] { write_csv(Tensor(), path); });
  refused(all, "write_csv", "rank 3", [=] { write_csv(ones({1, 1, 1}), path); });
  refused(all, "write_csv", "too few names", [=] { write_csv(ones({2, 2}), path, {"a"}); });
  refused(all, "write_csv", "columns of other lengths", [=] { write_csv({{"a", ones({1})}, {"b", ones({2})}}, path); });
  refused(all, "write_csv", "a quote as delimiter", [=] { write_csv(ones({2}), path, {}, '"'); });
  refused(all, "CsvOptions", "bool", [] { CsvOptions().dtype(boolean); });
  refused(all, "CsvOptions", "a delimiter that begins comments", [] { CsvOptions().comment(','); });
  refused(all, "CsvOptions", "negative rows", [] { CsvOptions().max_rows(-1); });
  const std::string zero_byte("a\0b", 3);
  refused(all, "load_npy", "a path with a zero byte", [=] { static_cast<void>(load_npy(zero_byte)); });
  refused(all, "read_csv", "a path with a zero byte", [=] { static_cast<void>(read_csv(zero_byte)); });
}

}  // namespace

void training_calls(Catalogue& all) {
  optimisers(all);
  optimizer_calls(all);
  files(all);
}

}  // namespace bad_calls
