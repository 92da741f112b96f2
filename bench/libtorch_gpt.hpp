#pragma once

#include "side.hpp"

namespace bench {

/// W11, with the fused AdamW if there is one.
Task gpt_task(bool fused);

}  // namespace bench
