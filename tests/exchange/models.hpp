#pragma once

// Three models that tools/compare_models_with_torch.py has in PyTorch as well: a convolution net with normalisation and
// pooling, a tagger with an LSTM, and a transformer's encoder.

#include <memory>
#include <string>

#include <xgrad/io/safetensors.hpp>
#include <xgrad/nn/module.hpp>

namespace exchange {

/// What the file of a run holds: "x" and "target"; "model.KEY" of the state to begin with, else the model is random;
/// "optimizer.KEY" of AdamW's state.
using File = xgrad::io::SafetensorsFile;

/// A new model in float64: "convolutions", "lstm" or "encoder".
std::unique_ptr<xgrad::nn::Module> model(const std::string& name);

/// The tensors of the file whose names begin with this, without it.
xgrad::StateDict with_prefix(const File& file, const std::string& prefix);

/// "KEY SHAPE DTYPE" of every entry, one a line, in order.
std::string listing(const xgrad::StateDict& state);

/// Loads what the file has, and trains `steps` steps. Gives "before" and "after", the outputs in evaluation, and the
/// states of model and optimiser after them. Names in the file begin with `prefix`.
xgrad::StateDict run(const std::string& name, const File& file, int steps, const std::string& prefix = "");

}  // namespace exchange
