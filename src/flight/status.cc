#include "flight/status.h"

#include <arrow/flight/types.h>

namespace weft {

using arrow::Status;
using arrow::flight::FlightStatusCode;
using arrow::flight::MakeFlightError;

// Only codes that gRPC has too: clients in other languages would be told of an unknown one.
Status status_of(const Error& error) {
  const std::string message = error.what();
  switch (error.code()) {
    case ErrorCode::kNotFound:
      return Status::KeyError(message);
    case ErrorCode::kAlreadyExists:
      return Status::AlreadyExists(message);
    case ErrorCode::kUnsupported:
      return Status::NotImplemented(message);
    case ErrorCode::kCancelled:
      return MakeFlightError(FlightStatusCode::Cancelled, message);
    case ErrorCode::kConflict:
      return MakeFlightError(FlightStatusCode::Failed, message);
    case ErrorCode::kIo:
    case ErrorCode::kInternal:
      return status_of_internal(error.what());
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kInvalidGraph:
    case ErrorCode::kTypeMismatch:
    case ErrorCode::kBadData:
    case ErrorCode::kCheckFailed:
    case ErrorCode::kFunctionFailed:
    case ErrorCode::kResourceLimit:
      return Status::Invalid(message);
  }
  return status_of_internal(error.what());
}

Status status_of_internal(const char* message) {
  return MakeFlightError(FlightStatusCode::Internal, message);
}

}  // namespace weft
