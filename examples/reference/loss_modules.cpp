// More examples of docs/reference/losses.md.

#include "example.hpp"

namespace {

void of_numbers() {
  example("MSELoss", "PlainLossOptions", "LossOptions", "PairLoss", "Loss", "Reduction");
  {
    const nn::MSELoss loss, total(nn::MSELoss::Options().reduction(nn::Reduction::sum)), each(nn::Reduction::none);
    const Tensor y = {0.0, 2.0, 5.0}, t = {0.5, 2.0, 1.0};
    std::cout << loss(y, t) << '\n' << total(y, t) << '\n' << each(y, t) << '\n';
  }
  example("L1Loss");
  {
    const nn::L1Loss loss;
    std::cout << loss(Tensor{0.0, 2.0, 5.0}, Tensor{0.5, 2.0, 1.0}) << '\n';
  }
  example("SmoothL1Loss", "SmoothL1LossOptions");
  {
    const nn::SmoothL1Loss loss(nn::SmoothL1Loss::Options().beta(0.5));
    std::cout << loss(Tensor{0.0, 2.0, 5.0}, Tensor{0.25, 2.0, 1.0}) << '\n';
  }
  example("HuberLoss", "HuberLossOptions");
  {
    const nn::HuberLoss loss(nn::HuberLoss::Options().delta(2).reduction(nn::Reduction::sum));
    std::cout << loss(Tensor{0.0, 2.0, 5.0}, Tensor{0.5, 2.0, 1.0}) << '\n';
  }
  example("KLDivLoss", "KLDivLossOptions");
  {
    const nn::KLDivLoss loss(nn::KLDivLoss::Options().log_target(true).reduction(nn::Reduction::batchmean));
    std::cout << loss(log(Tensor{{0.25, 0.25, 0.5}}), log(Tensor{{0.5, 0.25, 0.25}})) << '\n';
  }
  example("PoissonNLLLoss", "PoissonNLLLossOptions");
  {
    const nn::PoissonNLLLoss loss(nn::PoissonNLLLoss::Options().log_input(false).full(true));
    std::cout << loss(Tensor{1.0, 2.0}, Tensor{1.0, 3.0}) << '\n';
  }
  example("GaussianNLLLoss", "GaussianNLLLossOptions", "TripleLoss");
  {
    const nn::GaussianNLLLoss loss(nn::GaussianNLLLoss::Options().full(true));
    const Tensor mean = {0.0, 1.0}, target = {1.0, 3.0}, variance = {1.0, 4.0};
    std::cout << loss(mean, target, variance) << '\n';
  }
}

void of_classes() {
  example("CrossEntropyLoss", "CrossEntropyOptions", "ClassLossOptions");
  {
    const nn::CrossEntropyLoss loss(nn::CrossEntropyLoss::Options().weight(Tensor{1.0, 2.0, 1.0}).label_smoothing(0.1));
    const Tensor logits = {{2.0, 0.0, -1.0}, {0.0, 0.0, 0.0}};
    std::cout << loss(logits, Tensor{0, 1}) << '\n';
  }
  example("NLLLoss", "ClassOptions");
  {
    const nn::NLLLoss loss(nn::NLLLoss::Options().ignore_index(-1));
    std::cout << loss(log(Tensor({{0.5, 0.25, 0.25}, {0.1, 0.1, 0.8}})), Tensor{0, -1}) << '\n';
  }
  example("BCELoss", "BCELossOptions");
  {
    const nn::BCELoss loss(nn::BCELoss::Options().weight(Tensor{1.0, 1.0, 2.0}));
    std::cout << loss(Tensor{0.9, 0.2, 0.5}, Tensor{1.0, 0.0, 1.0}) << '\n';
  }
  example("BCEWithLogitsLoss", "BCEWithLogitsLossOptions");
  {
    const nn::BCEWithLogitsLoss loss(nn::BCEWithLogitsLoss::Options().pos_weight(Tensor(3.0)));
    std::cout << loss(Tensor{2.0, -1.0, 0.0}, Tensor{1.0, 0.0, 1.0}) << '\n';
  }
  example("MultiMarginLoss", "MultiMarginLossOptions");
  {
    const nn::MultiMarginLoss loss(nn::MultiMarginLoss::Options().p(2).margin(2));
    std::cout << loss(Tensor({{0.5, 0.25, 2.0}}), Tensor{2}) << '\n';
  }
  example("MultiLabelMarginLoss");
  {
    const nn::MultiLabelMarginLoss loss;
    std::cout << loss(Tensor{0.1, 0.2, 0.4, 0.8}, Tensor{3, 0, -1, 1}) << '\n';
  }
  example("MultiLabelSoftMarginLoss");
  {
    const nn::MultiLabelSoftMarginLoss loss;
    std::cout << loss(Tensor({{2.0, -1.0}}), Tensor({{1.0, 0.0}})) << '\n';
  }
}

void of_pairs() {
  example("MarginRankingLoss", "MarginRankingLossOptions");
  {
    const nn::MarginRankingLoss loss(nn::MarginRankingLoss::Options().margin(0.5));
    std::cout << loss(Tensor{1.0, 2.0}, Tensor{3.0, 0.0}, Tensor{1.0, 1.0}) << '\n';
  }
  example("HingeEmbeddingLoss", "HingeEmbeddingLossOptions");
  {
    const nn::HingeEmbeddingLoss loss(nn::HingeEmbeddingLoss::Options().margin(2));
    std::cout << loss(Tensor{0.5, 0.25}, Tensor{1.0, -1.0}) << '\n';
  }
  example("SoftMarginLoss");
  {
    const nn::SoftMarginLoss loss;
    std::cout << loss(Tensor{2.0, 0.0}, Tensor{1.0, -1.0}) << '\n';
  }
  example("CosineEmbeddingLoss");
  {
    const nn::CosineEmbeddingLoss loss(nn::CosineEmbeddingLoss::Options().margin(0.5));
    std::cout << loss(Tensor({{1.0, 0.0}, {1.0, 0.0}}), Tensor({{3.0, 4.0}, {4.0, 3.0}}), Tensor{1.0, -1.0}) << '\n';
  }
  example("TripletMarginLoss", "TripletMarginLossOptions");
  {
    const nn::TripletMarginLoss loss(nn::TripletMarginLoss::Options().margin(7).swap(true));
    const Tensor anchor = {{0.0, 0.0}}, positive = {{3.0, 4.0}}, negative = {{6.0, 8.0}};
    std::cout << loss(anchor, positive, negative) << '\n';
  }
  example("TripletMarginWithDistanceLoss", "TripletMarginWithDistanceLossOptions", "DistanceFunction");
  {
    const auto distance = [](const Tensor& a, const Tensor& b) { return sum(abs(a - b), -1); };
    const nn::TripletMarginWithDistanceLoss loss(
        nn::TripletMarginWithDistanceLoss::Options().distance_function(distance));
    std::cout << loss(Tensor({{0.0, 0.0}}), Tensor({{3.0, 4.0}}), Tensor({{4.0, 3.5}})) << '\n';
  }
  example("CTCLoss", "CTCLossOptions");
  {
    const nn::CTCLoss loss(nn::CTCLoss::Options().blank(2).zero_infinity(true));
    const Tensor log_probs = log_softmax(zeros({3, 1, 3}, float64), -1);  // 3 steps, 1 sequence, 3 classes
    std::cout << loss(log_probs, Tensor{{0, 1}}, Tensor{3}, Tensor{2}) << '\n';
  }
}

}  // namespace

int main() {
  of_numbers();
  of_classes();
  of_pairs();
  return 0;
}
