//===-- Status.cpp - errors as values for the plain libraries -------------===//
//
// Names of the status codes and the one place that joins context and message.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/Status.h"

namespace ashlar {

const char *statusCodeName(StatusCode code) {
  switch (code) {
  case StatusCode::Ok:
    return "ok";
  case StatusCode::InvalidArgument:
    return "invalid-argument";
  case StatusCode::NotFound:
    return "not-found";
  case StatusCode::InvalidPackage:
    return "invalid-package";
  case StatusCode::UnsupportedVersion:
    return "unsupported-version";
  case StatusCode::Unsupported:
    return "unsupported";
  case StatusCode::OutOfMemory:
    return "out-of-memory";
  case StatusCode::DeviceError:
    return "device-error";
  case StatusCode::InputOutput:
    return "input-output";
  case StatusCode::Internal:
    return "internal";
  }
  return "unknown";
}

Status Status::withContext(const std::string &context) const {
  if (ok())
    return *this;
  return Status(statusCode, context + ": " + text);
}

} // namespace ashlar
