#pragma once

#include <xgrad/data/cifar.hpp>
#include <xgrad/data/dataset.hpp>
#include <xgrad/data/draws.hpp>
#include <xgrad/data/idx.hpp>
#include <xgrad/data/image_dataset.hpp>
#include <xgrad/data/loader.hpp>
#include <xgrad/data/map.hpp>
#include <xgrad/data/mnist.hpp>
#include <xgrad/data/sampler.hpp>
#include <xgrad/data/subset.hpp>
#include <xgrad/data/synthetic.hpp>
#include <xgrad/data/transforms.hpp>
