// A character model of a text, as nanoGPT trains it on a CPU: 4 layers of 4 heads and 128 features, 64 characters of
// context, AdamW, a cosine after a warm-up.
//
//     example_35_nanogpt                                   60 steps on a small text, some seconds
//     example_35_nanogpt FILE 2000                         nanoGPT's published run, minutes
//
// On Karpathy's tinyshakespeare, after 2000 steps: loss 1.782 in training and 1.904 in validation, over 500 batches.
// docs/performance.md has the time of a step.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include <xgrad/optim/clip_grad.hpp>
#include <xgrad/xgrad.hpp>

#include "nanogpt.hpp"

using namespace xgrad;

struct Text {
  std::string alphabet;
  std::vector<std::int64_t> train, validation;

  explicit Text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    const std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const std::set<char> letters(all.begin(), all.end());
    alphabet.assign(letters.begin(), letters.end());
    const std::size_t cut = all.size() / 10 * 9 + all.size() % 10 * 9 / 10;
    for (std::size_t i = 0; i < all.size(); ++i)
      (i < cut ? train : validation).push_back(static_cast<std::int64_t>(alphabet.find(all[i])));
  }
};

struct Batch {
  Tensor ids, next;
};

// Pieces of the text that begin anywhere, and the same one character on.
Batch batch(const std::vector<std::int64_t>& text, std::int64_t size, std::int64_t context, Generator& random) {
  std::vector<std::int64_t> ids, next;
  const Tensor starts = randint(0, static_cast<std::int64_t>(text.size()) - context, {size}, random);
  for (std::int64_t i = 0; i < size; ++i) {
    const auto at = text.begin() + starts[i].item<std::int64_t>();
    ids.insert(ids.end(), at, at + context);
    next.insert(next.end(), at + 1, at + 1 + context);
  }
  return {Tensor(ids).reshape({size, context}), Tensor(next)};
}

Tensor loss_of(const nanogpt::Gpt& model, const Batch& batch) {
  return nn::cross_entropy(model(batch.ids).reshape({-1, model.config().vocabulary}), batch.next);
}

double estimated(nanogpt::Gpt& model, const std::vector<std::int64_t>& text, std::int64_t batches, Generator& random) {
  const NoGrad off;
  model.eval();
  double sum = 0;
  for (std::int64_t i = 0; i < batches; ++i)
    sum += loss_of(model, batch(text, 12, model.config().context, random)).item();
  model.train();
  return sum / static_cast<double>(batches);
}

std::string sample(nanogpt::Gpt& model, const Text& text, std::int64_t length, Generator& random) {
  const NoGrad off;
  model.eval();
  std::vector<std::int64_t> ids{0};
  std::string said;
  for (std::int64_t i = 0; i < length; ++i) {
    const auto seen = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(ids.size()), model.config().context);
    const Tensor logits = model(Tensor(std::vector<std::int64_t>(ids.end() - seen, ids.end())).reshape({1, -1}));
    const Tensor last = logits.reshape({-1, model.config().vocabulary})[seen - 1];
    ids.push_back(multinomial(softmax(last / 0.8, 0), 1, Replacement::no, random).item<std::int64_t>());
    said += text.alphabet[static_cast<std::size_t>(ids.back())];
  }
  model.train();
  return said;
}

int main(int argc, char** argv) {
  const std::string own = (std::filesystem::path(__FILE__).parent_path() / "data" / "mill.txt").string();
  const Text text(argc > 1 ? argv[1] : own);
  const std::int64_t steps = argc > 2 ? std::atoll(argv[2]) : 60;
  const bool quick = argc <= 1;
  manual_seed(argc > 3 ? static_cast<std::uint64_t>(std::atoll(argv[3])) : 1337);
  Generator random(1), dice(2);

  nanogpt::Gpt model({static_cast<std::int64_t>(text.alphabet.size())});
  std::vector<Tensor> parameters = model.parameters();
  optim::AdamW optimizer({optim::Group(model.named_parameters(), optim::is_weight).weight_decay(0.1),
                          optim::Group(model.named_parameters(), optim::is_bias_or_norm).weight_decay(0)},
                         1e-3, optim::AdamW::Options().betas(0.9, 0.99));
  const double warm_up = quick ? 10 : 100;
  optim::LambdaLR schedule(optimizer, [=](std::int64_t t) {
    const auto at = static_cast<double>(t), last = static_cast<double>(steps);
    if (at < warm_up) return (at + 1) / (warm_up + 1);
    return 0.1 + 0.45 * (1 + std::cos(3.14159265358979 * (at - warm_up) / (last - warm_up)));
  });

  const double before = estimated(model, text.validation, 5, dice);
  for (std::int64_t step = 0; step < steps; ++step) {
    const Tensor loss = loss_of(model, batch(text.train, 12, model.config().context, random));
    optimizer.zero_grad();
    loss.backward();
    optim::clip_grad_norm_(parameters, 1);
    optimizer.step();
    schedule.step();
    if (!quick && (step + 1) % 100 == 0) std::fprintf(stderr, "%5d  %.4f\n", static_cast<int>(step + 1), loss.item());
  }

  const std::int64_t batches = quick ? 20 : 500;
  const double known = estimated(model, text.train, batches, dice),
               others = estimated(model, text.validation, batches, dice);
  if (quick) {
    const auto yes = [](bool holds) { return holds ? "yes" : "no"; };
    const double nothing = std::log(static_cast<double>(text.alphabet.size()));
    std::printf("%zu characters, %lld numbers to learn\n", text.alphabet.size(), [&] {
      long long all = 0;
      for (const Tensor& p : parameters) all += p.size();
      return all;
    }());
    std::printf("at first it knows nothing, and loses about ln %zu: %s\n", text.alphabet.size(),
                yes(std::abs(before - nothing) < 0.15));
    std::printf("after %d steps it loses less than 2.4 on what it has seen: %s\n", static_cast<int>(steps),
                yes(known < 2.4));
    std::printf("and also on what it has not: %s\n", yes(others < 2.6));
  } else {
    std::printf("after %d steps: loss %.4f in training, %.4f in validation\n", static_cast<int>(steps), known, others);
  }
  if (quick) std::fprintf(stderr, "%.4f %.4f %.4f\n", before, known, others);
  std::fprintf(quick ? stderr : stdout, "%s\n", sample(model, text, quick ? 200 : 1000, dice).c_str());
}
