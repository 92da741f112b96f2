#pragma once

#include <xgrad/optim/optimizer.hpp>
#include <xgrad/optim/sgd.hpp>
