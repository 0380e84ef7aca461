/// Errors as a client of Arrow Flight gets them.
#pragma once

#include <arrow/status.h>

#include <exception>
#include <new>

#include "weft/error.h"

namespace weft {

arrow::Status status_of(const Error& error);
arrow::Status status_of_internal(const char* message);

/// What `answer()`, which returns a Status, returns or throws.
template <class F>
arrow::Status answered(const F& answer) noexcept {
  try {
    return answer();
  } catch (const Error& error) {
    return status_of(error);
  } catch (const std::bad_alloc&) {
    return status_of_internal("out of memory");
  } catch (const std::exception& error) {
    return status_of_internal(error.what());
  }
}

}  // namespace weft
