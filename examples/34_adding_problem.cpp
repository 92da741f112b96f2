// The adding problem (Hochreiter and Schmidhuber, 1997): of a sequence of numbers two are marked, and the answer is
// their sum. A GRU learns it from sequences of different lengths, which are packed, so that padding is not computed.

#include <algorithm>
#include <cstdio>
#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

namespace {

class Adder : public nn::ModuleOf<Adder> {
 public:
  Adder() {
    add("gru", gru);
    add("out", out);
  }
  Tensor forward(const nn::PackedSequence& x) {
    const auto [y, last] = gru(x);
    return squeeze(out(last[0]), 1);
  }

 private:
  nn::GRU gru{2, 32};
  nn::Linear out{32, 1};
};

struct Batch {
  nn::PackedSequence sequences;
  Tensor sums;
};

Batch drawn(std::int64_t count) {
  std::vector<Tensor> sequences, sums;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto length = randint(6, 15, Shape()).item<std::int64_t>();
    const auto first = randint(0, length / 2, Shape()).item<std::int64_t>(),
               second = randint(length / 2, length, Shape()).item<std::int64_t>();
    const Tensor numbers = rand({length}), marks = zeros({length});
    marks.put({first}, 1);
    marks.put({second}, 1);
    sequences.push_back(stack({numbers, marks}, 1));
    sums.push_back(numbers[first] + numbers[second]);
  }
  return {nn::pack_sequence(sequences, nn::PackOptions().enforce_sorted(false)), stack(sums)};
}

}  // namespace

int main() {
  manual_seed(1);
  Adder net;
  optim::Adam optimizer(net.parameters(), 0.01);
  for (int i = 0; i < 400; ++i) {
    const Batch batch = drawn(32);
    const Tensor loss = nn::mse_loss(net(batch.sequences), batch.sums);
    optimizer.zero_grad();
    loss.backward();
    optim::clip_grad_norm_(net.parameters(), 1);
    optimizer.step();
  }
  const NoGrad off;
  const Batch test = drawn(200);
  const double error = nn::mse_loss(net(test.sequences), test.sums).item();
  const double guess = nn::mse_loss(full_like(test.sums, 1), test.sums).item();
  std::printf("the mean as the answer errs by more than 0.1: %s\n", guess > 0.1 ? "yes" : "no");
  std::printf("the net errs by less than 0.01: %s\n", error < 0.01 ? "yes" : "no");
}
