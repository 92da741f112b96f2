#pragma once

// All schedules.

#include <xgrad/optim/schedule/composite.hpp>
#include <xgrad/optim/schedule/cosine.hpp>
#include <xgrad/optim/schedule/cyclic.hpp>
#include <xgrad/optim/schedule/lambda_lr.hpp>
#include <xgrad/optim/schedule/mode.hpp>
#include <xgrad/optim/schedule/plateau.hpp>
#include <xgrad/optim/schedule/step_lr.hpp>
#include <xgrad/optim/schedule/swa_lr.hpp>
