#pragma once

#include <xgrad/optim/adadelta.hpp>
#include <xgrad/optim/adafactor.hpp>
#include <xgrad/optim/adagrad.hpp>
#include <xgrad/optim/adam.hpp>
#include <xgrad/optim/adamax.hpp>
#include <xgrad/optim/asgd.hpp>
#include <xgrad/optim/lbfgs.hpp>
#include <xgrad/optim/lion.hpp>
#include <xgrad/optim/muon.hpp>
#include <xgrad/optim/nadam.hpp>
#include <xgrad/optim/optimizer.hpp>
#include <xgrad/optim/radam.hpp>
#include <xgrad/optim/rmsprop.hpp>
#include <xgrad/optim/rprop.hpp>
#include <xgrad/optim/sgd.hpp>
