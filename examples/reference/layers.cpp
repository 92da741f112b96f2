// The examples of docs/reference/layers.md.

#include "example.hpp"

namespace {

void from_linear() {
  example("Linear", "Bias", "with_bias", "no_bias");
  {
    Generator generator(5);
    const nn::Linear layer(3, 2, nn::with_bias, generator), plain(3, 2, nn::no_bias);
    std::cout << layer << '\n' << layer(ones({4, 3})).shape() << '\n' << plain << '\n';
  }
  example("LazyLinear");
  {
    const nn::LazyLinear layer(3);
    std::cout << layer << '\n' << layer(zeros({2, 4})).shape() << '\n' << layer << '\n';
  }
  example("BatchNorm1d", "BatchNormOptions", "RunningNormOptions", "BatchNorm");
  {
    nn::BatchNorm1d layer(2, nn::BatchNorm1d::Options().momentum(0.5));
    const Tensor x = {{1.f, 10.f}, {3.f, 30.f}};
    std::cout << layer << '\n' << layer(x) << '\n' << layer.running_mean << '\n';
  }
  example("BatchNorm2d");
  {
    nn::BatchNorm2d layer(3);
    std::cout << layer(ones({8, 3, 16, 16})).shape() << ' ' << layer.running_mean << '\n';
    layer.eval();  // uses the running statistics
    std::cout << flatten(layer(ones({1, 3, 1, 1}))) << '\n';
  }
  example("BatchNorm3d");
  {
    const nn::BatchNorm3d layer(3, nn::BatchNorm3d::Options().affine(false));
    std::cout << layer(ones({8, 3, 4, 16, 16})).shape() << ' ' << layer.parameters().size() << " parameters\n";
  }
}

void from_dropout() {
  example("Dropout");
  {
    nn::Dropout layer(0.5);
    layer.eval();
    std::cout << layer << '\n' << layer(ones({3})) << '\n';
  }
  example("Dropout1d");
  {
    const nn::Dropout1d layer(0.5, Generator(3));
    std::cout << layer(ones({1, 3, 2})) << '\n';
  }
  example("Dropout2d", "Dropout3d");
  {
    const nn::Dropout2d of_images(0.5, Generator(3));
    const nn::Dropout3d of_volumes(0.5, Generator(3));
    const Tensor y = of_images(ones({1, 3, 16, 16})), z = of_volumes(ones({1, 3, 8, 16, 16}));
    std::cout << y(0, xt::all(), 0, 0) << '\n' << z(0, xt::all(), 0, 0, 0) << '\n';
  }
  example("AlphaDropout");
  {
    const nn::AlphaDropout layer(0.5, Generator(3));
    std::cout << layer(zeros({4})) << '\n';
  }
  example("FeatureAlphaDropout");
  {
    const nn::FeatureAlphaDropout layer(0.5, Generator(3));
    std::cout << layer(zeros({1, 3, 2})) << '\n';
  }
  example("Flatten");
  {
    const nn::Flatten layer;
    std::cout << layer << '\n' << layer(zeros({2, 3, 4})).shape() << '\n';
  }
  example("ReLU");
  {
    const nn::ReLU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Sigmoid");
  {
    const nn::Sigmoid layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("LogSigmoid");
  {
    const nn::LogSigmoid layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Tanh");
  {
    const nn::Tanh layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
}

void from_silu() {
  example("SiLU");
  {
    const nn::SiLU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Softplus");
  {
    const nn::Softplus layer(2.0);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("LeakyReLU");
  {
    const nn::LeakyReLU layer(0.1);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("ELU");
  {
    const nn::ELU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("GELU");
  {
    const nn::GELU layer(Gelu::tanh);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Softmax");
  {
    const nn::Softmax layer(0);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("LogSoftmax");
  {
    const nn::LogSoftmax layer(0);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Identity");
  {
    const nn::Identity layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
}

void from_batch_norm() {
  example("batch_norm");
  {
    const Tensor x = {{1.0, 10.0}, {3.0, 30.0}};
    std::cout << batch_norm(x, {}, {}, {}, {}, true) << '\n';
  }
  example("ReLU6");
  {
    const nn::ReLU6 layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("SELU");
  {
    const nn::SELU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Mish");
  {
    const nn::Mish layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Softsign");
  {
    const nn::Softsign layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Tanhshrink");
  {
    const nn::Tanhshrink layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Hardsigmoid");
  {
    const nn::Hardsigmoid layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Hardswish");
  {
    const nn::Hardswish layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
}

void from_celu() {
  example("CELU");
  {
    const nn::CELU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Hardtanh");
  {
    const nn::Hardtanh layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Hardshrink");
  {
    const nn::Hardshrink layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Softshrink");
  {
    const nn::Softshrink layer;
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("Threshold");
  {
    const nn::Threshold layer(0.1, 20);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("GLU");
  {
    const nn::GLU layer;
    std::cout << layer << '\n' << layer(Tensor{1.0, 2.0, 0.0, 1.0}) << '\n';
  }
  example("Softmin");
  {
    const nn::Softmin layer(0);
    std::cout << layer << '\n' << layer(Tensor{-1.0, 0.0, 2.0}) << '\n';
  }
  example("PReLU");
  {
    const nn::PReLU layer;
    std::cout << layer << '\n' << layer(Tensor{-1.f, 2.f}) << '\n';
  }
}

void from_rrelu() {
  example("RReLU");
  {
    nn::RReLU layer;
    layer.eval();
    std::cout << layer << '\n' << layer(Tensor{-1.0, 2.0}) << '\n';
  }
}

void from_unflatten() {
  example("Unflatten");
  {
    const nn::Unflatten layer(1, {2, -1});
    std::cout << layer << '\n' << layer(zeros({3, 8})).shape() << '\n';
  }
  example("LayerNorm", "LayerNormOptions");
  {
    const nn::LayerNorm layer(3, nn::LayerNorm::Options().bias(false));
    std::cout << layer << '\n' << layer(Tensor{{1.f, 2.f, 3.f}}) << '\n';
  }
  example("RMSNorm", "RMSNormOptions");
  {
    const nn::RMSNorm layer(2, nn::RMSNorm::Options().eps(1e-6));
    std::cout << layer << '\n' << layer(Tensor{{3.f, 4.f}}) << '\n';
  }
  example("GroupNorm", "GroupNormOptions");
  {
    const nn::GroupNorm layer(2, 4, nn::GroupNorm::Options().affine(false));
    std::cout << layer << '\n' << layer(Tensor{{1.f, 2.f, 10.f, 30.f}, {0.f, 1.f, 1.f, 0.f}}) << '\n';
  }
  example("InstanceNorm1d", "InstanceNorm");
  {
    const nn::InstanceNorm1d layer(2);
    std::cout << layer << '\n' << layer(Tensor{{{1.f, 2.f}, {10.f, 30.f}}}) << '\n';
  }
  example("InstanceNorm2d", "InstanceNormOptions");
  {
    const nn::InstanceNorm2d layer(3, nn::InstanceNorm2d::Options().affine(true).track_running_stats(true));
    std::cout << layer(ones({8, 3, 16, 16})).shape() << ' ' << layer.running_mean << ' ' << layer.weight << '\n';
  }
  example("InstanceNorm3d");
  std::cout << nn::InstanceNorm3d(3)(ones({8, 3, 4, 16, 16})).shape() << '\n';
  example("Embedding", "Freeze");
  {
    const nn::Embedding layer = nn::Embedding::from_pretrained(Tensor{{1.f, 2.f}, {3.f, 4.f}}, nn::Freeze::no);
    std::cout << layer << '\n' << layer(Tensor{1, 0, 1}) << '\n';
  }
  example("EmbeddingBag", "EmbeddingBagOptions", "BagMode");
  {
    const nn::EmbeddingBag layer = nn::EmbeddingBag::from_pretrained(
        Tensor{{1.f, 2.f}, {3.f, 4.f}}, nn::Freeze::yes, nn::EmbeddingBag::Options().mode(nn::BagMode::sum));
    std::cout << layer << '\n' << layer(Tensor{1, 0, 1}, Tensor{0, 2}) << '\n';
  }
  example("Softmax2d");
  {
    const nn::Softmax2d layer;
    std::cout << layer << '\n' << layer(zeros({2, 1, 2})) << '\n';
  }
}

void from_layer_norm() {
  example("layer_norm");
  std::cout << layer_norm(Tensor{{1.0, 2.0, 3.0}, {5.0, 5.0, 5.0}}, 3) << '\n';
  example("rms_norm");
  std::cout << rms_norm(Tensor{{3.0, 4.0}}, 2) << '\n';
  example("group_norm");
  std::cout << group_norm(Tensor{{1.0, 2.0, 10.0, 30.0}}, 2) << '\n';
  example("instance_norm");
  std::cout << instance_norm(Tensor{{{1.0, 2.0}, {10.0, 30.0}}}) << '\n';
  example("embedding", "EmbeddingOptions", "TableOptions");
  {
    const Tensor table = Tensor{{1.0, 2.0}, {3.0, 4.0}}.requires_grad_();
    const Tensor y = nn::embedding({1, 0, 1}, table, nn::EmbeddingOptions().padding_idx(0));
    std::cout << y << '\n' << grad(sum(y), table) << '\n';
  }
  example("embedding_bag");
  {
    const Tensor table = {{1.0, 2.0}, {3.0, 4.0}};
    std::cout << nn::embedding_bag(Tensor{{0, 1}, {1, 1}}, table) << '\n';
  }
  example("bilinear");
  std::cout << nn::bilinear(Tensor{1.0, 2.0}, Tensor{3.0}, ones({1, 2, 1}, float64)) << '\n';
  example("Bilinear");
  {
    const nn::Bilinear layer(2, 3, 4);
    std::cout << layer << '\n' << layer(ones({5, 2}), ones({5, 3})).shape() << '\n';
  }
  example("cosine_similarity");
  std::cout << nn::cosine_similarity(Tensor{{1.0, 0.0}}, Tensor{{3.0, 4.0}}) << '\n';
  example("CosineSimilarity");
  {
    const nn::CosineSimilarity similarity;
    std::cout << similarity(Tensor{{1.0, 0.0}, {1.0, 0.0}}, Tensor{{3.0, 4.0}, {-2.0, 0.0}}) << '\n';
  }
  example("pairwise_distance");
  std::cout << nn::pairwise_distance(Tensor{{0.0, 0.0}}, Tensor{{3.0, 4.0}}, 2, 0) << '\n';
  example("PairwiseDistance");
  {
    const nn::PairwiseDistance distance(1, 0);
    std::cout << distance(Tensor{{0.0, 0.0}}, Tensor{{3.0, 4.0}}) << '\n';
  }
}

}  // namespace

int main() {
  from_linear();
  from_dropout();
  from_silu();
  from_batch_norm();
  from_celu();
  from_rrelu();
  from_unflatten();
  from_layer_norm();
  return 0;
}
