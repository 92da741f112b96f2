// Batch normalisation on and off over 16 scales of the first weights: 784-[100 x 5]-10, ReLU, SGD with .01, batches of
// 100 from 1,000 pictures. Without it, a net learns only from weights of one size; with it, from nearly any.
//
//   21_batch_norm                          made-up pictures, 4 scales and few epochs
//   21_batch_norm FOLDER [CURVES.csv]      MNIST in the folder, 16 scales, 20 epochs: 2 nets learn without, 12 with
//
// The accuracy on the training pictures after every epoch goes to the second file, a line for each epoch of each net.

#include <cmath>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

struct Curve {
  double scale;
  bool normalised;
  std::vector<double> accuracy;  // after each epoch
};

nn::Sequential network(double scale, bool normalised) {
  nn::Sequential model;
  std::int64_t in = 784;
  for (int layer = 0; layer < 6; ++layer) {
    const std::int64_t out = layer < 5 ? 100 : 10;
    nn::Linear linear(in, out);
    nn::init::normal_(linear.weight, 0, scale);
    nn::init::zeros_(linear.bias);
    model.push_back(linear);
    if (layer == 5) break;
    if (normalised) model.push_back(nn::BatchNorm1d(out));
    model.push_back(nn::ReLU());
    in = out;
  }
  return model;
}

double accuracy(nn::Sequential& model, const Tensor& images, const Tensor& labels) {
  const NoGrad off;
  model.eval();
  const double share = mean((argmax(model(images), 1) == labels).to(float64)).item();
  model.train();
  return share;
}

Curve train(const Tensor& images, const Tensor& labels, double scale, bool normalised, int epochs) {
  manual_seed(1);
  nn::Sequential model = network(scale, normalised);
  const nn::CrossEntropyLoss loss_of;
  optim::SGD optimizer(model.parameters(), 0.01);
  Curve curve{scale, normalised, {}};
  const std::int64_t batch = 100;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const Tensor order = randperm(images.shape(0));
    for (std::int64_t first = 0; first + batch <= images.shape(0); first += batch) {
      const Tensor rows = order(xt::range(first, first + batch));
      const Tensor loss = loss_of(model(images[rows]), labels[rows]);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
    }
    curve.accuracy.push_back(accuracy(model, images, labels));
  }
  return curve;
}

// Ten random pictures, each a hundred times with noise.
void make_up(Tensor& images, Tensor& labels) {
  Generator generator(5);
  const Tensor pictures = rand({10, 784}, generator);
  labels = randint(0, 10, {1000}, generator);
  images = pictures[labels] + 0.3f * randn({1000, 784}, generator);
}

int main(int count, char** arguments) {
  const bool real = count > 1;
  Tensor images, labels;
  if (real) {
    const data::ImageDataset all = data::load_mnist(arguments[1], data::Split::train);
    images = all.images()(xt::range(0, 1000)).reshape({1000, 784});
    labels = all.labels()(xt::range(0, 1000));
  } else {
    make_up(images, labels);
  }
  const int scales = real ? 16 : 4, epochs = real ? 20 : 10;
  std::vector<Curve> curves;
  for (int i = 0; i < scales; ++i)
    for (const bool normalised : {false, true})
      curves.push_back(train(images, labels, std::pow(10, -4.0 * i / (scales - 1)), normalised, epochs));

  if (count > 2) {
    std::ofstream file(arguments[2]);
    file << "scale,batch_norm,epoch,accuracy\n";
    for (const Curve& curve : curves)
      for (std::size_t epoch = 0; epoch < curve.accuracy.size(); ++epoch)
        file << curve.scale << ',' << curve.normalised << ',' << epoch + 1 << ',' << curve.accuracy[epoch] << '\n';
  }
  int learned[2] = {0, 0};  // without and with batch normalisation
  for (const Curve& curve : curves) {
    if (curve.accuracy.back() > 0.5) ++learned[curve.normalised ? 1 : 0];
    if (real)
      std::cout << std::fixed << std::setprecision(4) << curve.scale << (curve.normalised ? " with    " : " without ")
                << std::setprecision(3) << curve.accuracy.back() << '\n';
  }
  std::cout << "nets that learn, without and with batch normalisation: " << learned[0] << " and " << learned[1]
            << " of " << scales << '\n';
  return 0;
}
