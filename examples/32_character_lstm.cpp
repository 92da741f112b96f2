// A language model of characters: an LSTM reads a text and says at each character which one is likely to follow. Drawn
// from, it writes a text of its own.
//
//     example_32_character_lstm                   a small text, a few seconds
//     example_32_character_lstm FILE [STEPS]      any text; prints the loss now and then, and a sample

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

namespace {

// The characters of a text, numbered in their order.
struct Alphabet {
  explicit Alphabet(const std::string& text) {
    for (const char c : text) number[c] = 0;
    for (auto& [c, n] : number) {
      n = static_cast<std::int64_t>(characters.size());
      characters += c;
    }
  }
  std::vector<std::int64_t> numbers(const std::string& text) const {
    std::vector<std::int64_t> all;
    for (const char c : text) all.push_back(number.at(c));
    return all;
  }
  std::int64_t size() const { return static_cast<std::int64_t>(characters.size()); }

  std::map<char, std::int64_t> number;
  std::string characters;
};

class Model : public nn::ModuleOf<Model> {
 public:
  Model(std::int64_t characters, std::int64_t hidden, std::int64_t layers)
      : table(characters, 64), lstm(64, hidden, nn::LSTM::Options().num_layers(layers)), out(hidden, characters) {
    add("table", table);
    add("lstm", lstm);
    add("out", out);
  }
  /// The logits of the next character after each of x (T, B), and the state to go on from.
  std::pair<Tensor, nn::LSTMState> forward(const Tensor& x, const nn::LSTMState& state = {}) {
    const auto [h, last] = lstm(table(x), state);
    return {out(h), last};
  }

 private:
  nn::Embedding table;
  nn::LSTM lstm;
  nn::Linear out;
};

// Pieces of the text that begin anywhere, (T, B), and the characters that follow, (T B).
std::pair<Tensor, Tensor> pieces(const std::vector<std::int64_t>& text, std::int64_t steps, std::int64_t batch) {
  std::vector<std::int64_t> x(static_cast<std::size_t>(steps * batch)), next(x.size());
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto begin = randint(0, static_cast<std::int64_t>(text.size()) - steps, Shape()).item<std::int64_t>();
    for (std::int64_t t = 0; t < steps; ++t) {
      x[static_cast<std::size_t>(t * batch + b)] = text[static_cast<std::size_t>(begin + t)];
      next[static_cast<std::size_t>(t * batch + b)] = text[static_cast<std::size_t>(begin + t + 1)];
    }
  }
  return {Tensor(x).reshape({steps, batch}), Tensor(next)};
}

std::string sample(const Model& model, const Alphabet& alphabet, char first, int length) {
  const NoGrad off;
  std::string text(1, first);
  nn::LSTMState state;
  for (int i = 0; i < length; ++i) {
    const Tensor last = Tensor(std::vector<std::int64_t>{alphabet.number.at(text.back())}).reshape({1, 1});
    const auto [logits, after] = model(last, state);
    state = after;
    const Tensor chosen = multinomial(softmax(logits.reshape({-1}) / 0.7, 0), 1);
    text += alphabet.characters[static_cast<std::size_t>(chosen.item<std::int64_t>())];
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const bool own = argc > 1;
  const std::filesystem::path path =
      own ? std::filesystem::path(argv[1]) : std::filesystem::path(__FILE__).parent_path() / "harbour.txt";
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const int steps = argc > 2 ? std::atoi(argv[2]) : own ? 2000 : 120;
  if (text.size() < 100) return std::cerr << path << " holds no text\n", 1;

  manual_seed(1);
  const Alphabet alphabet(text);
  const std::vector<std::int64_t> numbers = alphabet.numbers(text);
  const std::int64_t length = 50, hidden = own ? 128 : 64;
  Model model(alphabet.size(), hidden, own ? 2 : 1);
  optim::Adam optimizer(model.parameters(), own ? 0.003 : 0.01);
  double mean = std::log(static_cast<double>(alphabet.size()));
  for (int i = 1; i <= steps; ++i) {
    const auto [x, next] = pieces(numbers, length, 32);
    const Tensor loss = nn::cross_entropy(flatten(model(x).first, 0, 1), next);
    optimizer.zero_grad();
    loss.backward();
    optim::clip_grad_norm_(model.parameters(), 1);
    optimizer.step();
    mean += 0.05 * (loss.item() - mean);
    if (own && i % 100 == 0) std::printf("step %d: loss %.3f\n", i, mean);
  }
  const std::string written = sample(model, alphabet, 'T', 300);
  if (own) return std::cout << written << '\n', 0;
  std::cout << "the text has more than 30 characters: " << (alphabet.size() > 30 ? "yes" : "no") << '\n';
  std::cout << "a loss below 1.8, from 3.6 for a guess: " << (mean < 1.8 ? "yes" : "no") << '\n';
  std::cout << "it has written 'the': " << (written.find("the") != std::string::npos ? "yes" : "no") << '\n';
}
