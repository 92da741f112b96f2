#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <xgrad/train/checkpoint.hpp>

namespace xgrad::train {

/// The checkpoints of one training run in a folder, one file for each saved step, of which the last few are kept:
/// "checkpoint-000000001200.safetensors".
///
///     train::CheckpointFolder folder("run", 3);
///     if (const auto from = folder.load(checkpoint)) std::cout << "going on after step " << from->step << '\n';
///     ...
///     folder.save(checkpoint, step);
class CheckpointFolder {
 public:
  /// Keeps the newest `keep` checkpoints, at least 1: two or more leave something to fall back to.
  explicit CheckpointFolder(std::string folder, Dim keep = 3);
  CheckpointFolder(const CheckpointFolder&) = default;  // a move is a copy, so that it always has a folder
  CheckpointFolder& operator=(const CheckpointFolder&) = default;

  /// Saves as the checkpoint of `step`, and then removes those that are not kept: all but the newest `keep`, and those
  /// of later steps, which belong to an abandoned continuation. Makes the folder where it is missing. Returns the
  /// path. A failure leaves the checkpoints that were there.
  std::string save(const Checkpoint& checkpoint, std::int64_t step) const;

  struct Loaded {
    std::int64_t step;
    std::string path;
    std::vector<std::string> skipped;  ///< why newer files were not loaded
  };
  /// Loads the newest checkpoint that is intact. A damaged one is skipped, and reported to `warn`, by default as a line
  /// on stderr. Without any files it loads nothing; with damaged files alone it throws std::runtime_error. A file that
  /// cannot be read for another reason, as a missing right, an input error or a later version of the format, and a
  /// state that does not fit, are errors, and no reason to fall back. One that another process removes meanwhile is
  /// none: the folder is then looked through anew.
  std::optional<Loaded> load(Checkpoint& checkpoint, const std::function<void(const std::string&)>& warn = {},
                             Source at = Source::here()) const;

  /// The saved steps, the oldest first. A folder that does not exist has none.
  std::vector<std::int64_t> steps() const;
  std::string path(std::int64_t step) const;
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::int64_t keep_;
};

}  // namespace xgrad::train
