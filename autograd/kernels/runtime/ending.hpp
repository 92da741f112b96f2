#pragma once

#include <mutex>

#include <xgrad/autograd/kernels/runtime/generation.hpp>

// How the library lives through the end of a thread, a fork and the end of the process.
//
// Nothing that a kernel or the destructor of a node needs is ever destroyed: static destructors, atexit handlers and
// detached threads may compute until the last moment. What other libraries destroy is guarded by the gates in
// parallel.cpp and matrix/blas_gate.cpp.

namespace xgrad::detail {

/// A function that is to run when a thread ends, after the destructors of its thread_local objects, so that these may
/// still compute. An object of this type is a thread-local variable, linked into the list of its thread. The functions
/// of the main thread do not run when the process ends.
struct AtThreadEnd {
  void (*run)() noexcept;
  AtThreadEnd* next;
};
/// Allocates nothing. False if the thread has run its functions already, or the system has no place for the list.
bool at_thread_end(AtThreadEnd& what) noexcept;

/// Makes fork() wait for the mutex and hold it, so that it is free in the child; to be called once for each mutex, of
/// static storage duration. No other such mutex may be taken while it is held.
void hold_across_fork(std::mutex& mutex) noexcept;
/// Calls the functions around every fork(): the first before it, in the parent, the others after it, in the parent and
/// in the child. Any may be null. They run without the mutexes above.
void around_fork(void (*before)() noexcept, void (*in_parent)() noexcept, void (*in_child)() noexcept) noexcept;

/// Whether this process is a forked child. Threads of its parent may have been in the middle of anything, so it does
/// not use the thread pool.
bool forked_child() noexcept;

}  // namespace xgrad::detail
