#pragma once

// The one header for writers of ops: record(), with which a value gets its place in the graph and its local rules, and
// what stands behind a tensor, Raw. docs/add-an-op.md tells of the ways to an op of one's own.

#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/graph/tensor.hpp>
