// Bad calls of metrics and of the parts of training.

#include <algorithm>

#include <xgrad/train.hpp>

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

using namespace train;

/// update() of a metric, with bad tensors for prediction and target.
template <class M>
void updated(Catalogue& all, const std::string& name, const M& metric, const Tensor& prediction, const Tensor& target) {
  const auto update = [metric](auto p, auto t) {
    M copy = metric;
    copy.update(p, t);
  };
  probe_as(all, name, name, update, prediction, target);
  refused(all, name, "another state", [metric] {
    M copy = metric;
    copy.load_state_dict({{"counts", Tensor{1, 2, 3}}});
  });
  all.functions.push_back(name);
}

void metrics(Catalogue& all) {
  const Tensor classes = Tensor{0, 1}, scores = matrix()(xt::all(), xt::range(0, 2)), numbers = Tensor{.2, .7};
  updated(all, "Accuracy", Accuracy(), scores, classes);
  updated(all, "TopKAccuracy", TopKAccuracy(1), scores, classes);
  updated(all, "ConfusionMatrix", ConfusionMatrix(2), scores, classes);
  updated(all, "Precision", Precision(), scores, classes);
  updated(all, "Recall", Recall(), numbers, classes);
  updated(all, "F1Score", F1Score(), numbers, classes);
  updated(all, "AUROC", AUROC(), numbers, classes);
  updated(all, "AveragePrecision", AveragePrecision(), numbers, classes);
  updated(all, "MeanAbsoluteError", MeanAbsoluteError(), numbers, numbers);
  updated(all, "MeanSquaredError", MeanSquaredError(), numbers, numbers);
  updated(all, "RootMeanSquaredError", RootMeanSquaredError(), numbers, numbers);
  updated(all, "R2Score", R2Score(), numbers, numbers);
  updated(all, "Mean", Mean(), numbers, numbers);
  probe(
      all, "Accuracy", [](auto threshold) { Accuracy made(threshold); }, Setting{.5});
  probe(
      all, "TopKAccuracy", [](auto k) { TopKAccuracy made(k); }, Index{2});
  probe(
      all, "ConfusionMatrix", [](auto n) { ConfusionMatrix made(n); }, Index{3});
  const auto precision = [](auto n, auto positive, auto zero, auto threshold) {
    Precision made(Precision::Options().classes(n).positive(positive).zero_division(zero.value).threshold(threshold));
  };
  probe(all, "Precision", precision, Index{3}, Index{1}, Amount{0}, Setting{.5});
  probe_as(
      all, "add", "Mean", [](auto number, auto weight) { Mean().add(number.value, weight); }, Amount{1}, Setting{2});
  refused(all, "Accuracy", "another metric to merge", [] { Accuracy().merge(AUROC()); });
  all.functions.insert(all.functions.end(), {"update", "merge", "add_product", "over"});
}

void parts(Catalogue& all) {
  probe(
      all, "EarlyStopping",
      [](auto patience, auto delta) {
        EarlyStopping made(EarlyStopping::Options().patience(patience).min_delta(delta));
        made.update(1);
      },
      Index{2}, Setting{.1});
  refused(all, "EarlyStopping", "another state", [] { EarlyStopping().load_state_dict({{"best", Tensor{1.}}}); });
  probe_as(
      all, "observe", "InputContract", [](auto x) { InputContract().observe(x); }, matrix());
  probe_as(
      all, "check_inputs", "InputContract",
      [](auto x) {
        InputContract contract;
        contract.observe(matrix());
        check_inputs(contract, x, [](const std::string&) {});
      },
      matrix());
  refused(all, "InputContract", "a part of a state", [] { InputContract().load_state_dict({{"dtype", Tensor{1.}}}); });
  refused(all, "History", "a column twice", [] { History().add({{"a", 1}, {"a", 2}}); });
  refused(all, "History", "no such column", [] { History().column("a"); });
  refused(all, "History", "no such column in csv", [] {
    History history;
    history.add({{"a", 1}});
    history.csv({"b"});
  });
  probe_as(
      all, "row", "History",
      [](auto i) {
        History history;
        history.add({{"a", 1}});
        history.row(i);
      },
      Index{0});
  probe_as(
      all, "load_state_dict", "History",
      [](auto x) {
        History().load_state_dict({{"000.a", x}});
      },
      Tensor{1.});
  refused(all, "Record", "no such name", [] { Record().at("a"); });
  probe(
      all, "Progress",
      [](auto width) {
        Progress(
            Progress::Options().width(static_cast<int>(std::max<std::int64_t>(width, -5))).style(ProgressStyle::lines));
      },
      Index{40});
  probe(
      all, "CheckpointFolder", [](auto keep) { CheckpointFolder made("run", keep); }, Index{3});
  probe_as(
      all, "path", "CheckpointFolder", [](auto step) { CheckpointFolder("run").path(step); }, Index{3});
  std::int64_t number = 0;
  refused(all, "Checkpoint", "a name with a slash", [&] { Checkpoint().add("a/b", number); });
  refused(all, "Checkpoint", "a name twice", [&] { Checkpoint().add("a", number).add("a", number); });
  refused(all, "Checkpoint", "a note that the file has itself", [] { Checkpoint().note("format", "x"); });
  all.functions.insert(all.functions.end(),
                       {"add", "note", "set", "csv", "at", "operator[]", "breaches", "observe", "column"});
}

void trainers(Catalogue& all) {
  const auto train = [](auto epochs, auto accumulate, auto every, auto clip) {
    nn::Linear model(3, 1);
    optim::SGD optimizer(model.parameters(), .1);
    const std::vector<data::Batch> batches{{ones({2, 3}), ones({2, 1})}};
    Trainer(model, optimizer, nn::mse_loss,
            Trainer::Options()
                .epochs(std::min<std::int64_t>(epochs, 2))
                .accumulate(accumulate)
                .validate_every(every)
                .clip_grad_norm(clip)
                .progress(ProgressStyle::silent))
        .fit(batches, batches);
  };
  probe(all, "Trainer", train, Index{1}, Index{1}, Index{1}, Setting{1});
  const auto evaluate = [](auto x, auto t) {
    nn::Linear model(3, 1);
    optim::SGD optimizer(model.parameters(), .1);
    const std::vector<data::Batch> batches{{x, t}};
    Trainer trainer(
        model, optimizer, [](const Tensor& y, const Tensor& right) { return sum(y) + sum(right); },
        Trainer::Options().progress(ProgressStyle::silent));
    try {
      trainer.evaluate(batches);
    } catch (const std::exception& error) {
      const std::string text = error.what();
      if (text.rfind("Trainer: ", 0) == 0) throw;  // others are those of the model and the loss
    }
  };
  probe_as(all, "evaluate", "Trainer", evaluate, Optional{matrix()}, Optional{ones({2, 1})});
  all.functions.insert(all.functions.end(), {"predict", "set_epochs"});
}

}  // namespace

void train_calls(Catalogue& all) {
  metrics(all);
  parts(all);
  trainers(all);
}

}  // namespace bad_calls
