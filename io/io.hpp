#pragma once

#include <xgrad/io/atomic_file.hpp>
#include <xgrad/io/csv.hpp>
#include <xgrad/io/npy.hpp>
#include <xgrad/io/npz.hpp>
#include <xgrad/io/safetensors.hpp>
#include <xgrad/io/state_dict.hpp>
