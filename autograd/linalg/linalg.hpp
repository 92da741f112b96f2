#pragma once

// Linear algebra: factorisations, equations, and functions of matrices, in namespace xgrad::linalg. xgrad.hpp does not
// include this header.

#include <xgrad/autograd/linalg/cholesky.hpp>
#include <xgrad/autograd/linalg/determinant.hpp>
#include <xgrad/autograd/linalg/eigh.hpp>
#include <xgrad/autograd/linalg/expm.hpp>
#include <xgrad/autograd/linalg/least_squares.hpp>
#include <xgrad/autograd/linalg/multi_dot.hpp>
#include <xgrad/autograd/linalg/norm.hpp>
#include <xgrad/autograd/linalg/power.hpp>
#include <xgrad/autograd/linalg/qr.hpp>
#include <xgrad/autograd/linalg/solve.hpp>
#include <xgrad/autograd/linalg/svd.hpp>
