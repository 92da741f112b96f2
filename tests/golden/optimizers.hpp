#pragma once

// Optimisers and schedules by name, as the files that tools/compare_optimizers_with_torch.py writes describe them: for
// the test that replays recorded numbers of PyTorch, and for the program that this script drives.
//
// A case is a line of words in the metadata of a file, under its number:
//
//     optimizer RMSprop lr=0.01 momentum=0.9 / lr=0.1          groups: their options after a slash, one parameter each
//     schedule SequentialLR milestones=20 / LinearLR / ExponentialLR gamma=0.9
//
// Options of optimisers and settings of schedules have their names in PyTorch. Beside them an optimiser may have
// params, the number of its parameters, begin and end, the steps that it makes. Its tensors begin with its
// number: 17.p.0, 17.p.1, ... the parameters, "initial.0", ... where there are none; 17.state.<key> a state to begin
// with. "gradients.0", ... hold the gradients of all cases, a step a row; "metrics" what ReduceLROnPlateau is given.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/io/safetensors.hpp>
#include <xgrad/optim/optim.hpp>

namespace golden {

using namespace xgrad;

/// A word, and words with numbers, as "RMSprop lr=0.01".
struct Words {
  std::string name;
  std::map<std::string, std::string> values;

  double number(const std::string& key, double otherwise) const;
  std::vector<double> list(const std::string& key) const;
};
/// The parts of a line between slashes; the first word of each that has no "=" is its name.
std::vector<Words> parsed(const std::string& line);

/// The optimiser of a description. The parameters of several parts are divided among groups.
std::unique_ptr<optim::Optimizer> make_optimizer(const std::vector<Words>& parts,
                                                 const std::vector<Tensor>& parameters);
std::unique_ptr<optim::LRScheduler> make_schedule(const std::vector<Words>& parts, const optim::Optimizer& optimizer);

/// The numbers that a case gives: "p.0", ... and "state.<key>" of an optimiser, "lr" and "momentum" of a schedule, a
/// step a row.
StateDict run(const io::SafetensorsFile& file, const std::string& id, const std::string& line);

/// A step of the optimiser on the functions of LBFGS's cases, whose gradients it computes itself.
Tensor valley(const std::vector<Tensor>& parameters);

}  // namespace golden
