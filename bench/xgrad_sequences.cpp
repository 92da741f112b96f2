#include <xgrad/xgrad.hpp>

#include "workloads.hpp"
#include "xgrad_side.hpp"

using namespace xgrad;

namespace bench {
namespace {

// W12.
class CharactersNet : public nn::Module {
 public:
  CharactersNet() {
    add("table", table);
    add("lstm", lstm);
    add("out", out);
    const NoGrad off;
    std::uint64_t i = 0;
    for (const Tensor& p : parameters()) p.copy_(Tensor(Characters::parameter(i++, p.size())).reshape(p.shape()));
  }
  Tensor forward(const Tensor& text) override { return out(flatten(lstm(table(text)).first, 0, 1)); }

 private:
  nn::Embedding table{Characters::vocabulary, Characters::embedding};
  nn::LSTM lstm{Characters::embedding, Characters::hidden, nn::LSTM::Options().num_layers(2)};
  nn::Linear out{Characters::hidden, Characters::vocabulary};
};

struct Training {
  CharactersNet net;
  optim::Adam adam{net.parameters(), Characters::lr};
  Tensor text = Tensor(Characters::text()).reshape({Characters::steps, Characters::batch}),
         next = Tensor(Characters::next());

  Tensor step() {
    const Tensor loss = nn::cross_entropy(net(text), next);
    adam.zero_grad();
    loss.backward();
    optim::clip_grad_norm_(net.parameters(), Characters::clip);
    adam.step();
    return loss;
  }
};

Task characters_task() {
  const auto training = std::make_shared<Training>();
  const auto check = [] {
    Training fresh;
    Checked checked;
    for (int i = 0; i < checked_steps; ++i) checked.values.push_back(fresh.step().item());
    std::string all;
    for (const Tensor& p : fresh.net.parameters())
      all += digest(Raw::bytes(p), static_cast<std::size_t>(p.size()) * sizeof(float));
    checked.bits = digest(all.data(), all.size());
    return checked;
  };
  return {check, repeat([=] { training->step(); })};
}

}  // namespace

void add_sequence_tasks(Tasks& tasks) { tasks["W12"] = characters_task; }

}  // namespace bench
