#pragma once

// Training without a loop of one's own, and its parts for loops of one's own: metrics, checkpoints, progress, early
// stopping, histories: namespace xgrad::train. docs/training.md tells of them.

#include <xgrad/train/checkpoint.hpp>
#include <xgrad/train/checkpoint_folder.hpp>
#include <xgrad/train/classification.hpp>
#include <xgrad/train/early_stopping.hpp>
#include <xgrad/train/history.hpp>
#include <xgrad/train/input_contract.hpp>
#include <xgrad/train/interrupt.hpp>
#include <xgrad/train/progress.hpp>
#include <xgrad/train/ranking.hpp>
#include <xgrad/train/regression.hpp>
#include <xgrad/train/trainer.hpp>
