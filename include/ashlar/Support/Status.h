//===-- Status.h - errors as values for the plain libraries -----*- C++ -*-===//
//
// The package and runtime libraries never throw and never abort on bad input: they return a `Status`, or an
// `Expected<T>` that holds either a value or a failed status. The code tells a program what to do; the message
// tells a person what was wrong, where, and the way out.
//
//   Expected<int64_t> size = tensor.byteSize(dims);
//   if (!size)
//     return size.status().withContext("input 0");
//   use(*size);
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_SUPPORT_STATUS_H
#define ASHLAR_SUPPORT_STATUS_H

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace ashlar {

/// What kind of failure; the values are those of `AshlarStatus` in the C API and never change.
enum class StatusCode : int {
  Ok = 0,
  InvalidArgument = 1,    // the caller passed something this call doesn't take
  NotFound = 2,           // a file, function, device or entry of that name doesn't exist
  InvalidPackage = 3,     // the package is damaged, hostile or inconsistent
  UnsupportedVersion = 4, // the package is of a newer major version than this library reads
  Unsupported = 5,        // correct, but this device or this build can't do it
  OutOfMemory = 6,        // host or device memory is exhausted
  DeviceError = 7,        // the driver or the simulator reported a failure
  InputOutput = 8,        // the operating system refused to read or write
  Internal = 9,           // a defect of this library
};

/// A stable lower-case name such as "invalid-argument".
const char *statusCodeName(StatusCode code);

/// Success, or a code with a message. Success carries no allocation.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(StatusCode code, std::string message) : statusCode(code), text(std::move(message)) {}

  bool ok() const { return statusCode == StatusCode::Ok; }
  StatusCode code() const { return statusCode; }
  const std::string &message() const { return text; }

  /// The same failure with "context: " before its message; success stays success.
  Status withContext(const std::string &context) const;

private:
  StatusCode statusCode = StatusCode::Ok;
  std::string text;
};

inline Status invalidArgument(std::string message) { return {StatusCode::InvalidArgument, std::move(message)}; }
inline Status notFound(std::string message) { return {StatusCode::NotFound, std::move(message)}; }
inline Status invalidPackage(std::string message) { return {StatusCode::InvalidPackage, std::move(message)}; }
inline Status unsupported(std::string message) { return {StatusCode::Unsupported, std::move(message)}; }
inline Status deviceError(std::string message) { return {StatusCode::DeviceError, std::move(message)}; }

/// A value, or the status that says why there is none. Dereference only after testing it.
template <typename T> class [[nodiscard]] Expected {
public:
  Expected(T value) : content(std::move(value)) {}
  /// From what converts to T, such as a unique_ptr to a derived class.
  template <typename U>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Expected> && !std::is_same_v<std::remove_cvref_t<U>, Status>)
  Expected(U &&value) : content(std::forward<U>(value)) {}
  Expected(Status status) : failure(std::move(status)) {
    if (failure.ok())
      failure = Status(StatusCode::Internal, "a successful status was returned in place of a value");
  }

  explicit operator bool() const { return content.has_value(); }
  bool ok() const { return content.has_value(); }
  T &operator*() & { return *content; }
  const T &operator*() const & { return *content; }
  T &&operator*() && { return std::move(*content); }
  T *operator->() { return &*content; }
  const T *operator->() const { return &*content; }

  /// The failure; success when there is a value.
  const Status &status() const { return failure; }

private:
  std::optional<T> content;
  Status failure;
};

} // namespace ashlar

/// Leaves the function with the status of `expression` when that failed.
#define ASHLAR_RETURN_IF_ERROR(expression) \
  do { \
    if (::ashlar::Status ashlarStatus = (expression); !ashlarStatus.ok()) \
      return ashlarStatus; \
  } while (false)

#define ASHLAR_CONCATENATE_INNER(a, b) a##b
#define ASHLAR_CONCATENATE(a, b) ASHLAR_CONCATENATE_INNER(a, b)
#define ASHLAR_ASSIGN_OR_RETURN_IMPL(temporary, target, expression) \
  auto temporary = (expression); \
  if (!temporary) \
    return temporary.status(); \
  target = *std::move(temporary)

/// `target = value of expression`, or leaves the function with its status. `target` may be a declaration.
#define ASHLAR_ASSIGN_OR_RETURN(target, expression) \
  ASHLAR_ASSIGN_OR_RETURN_IMPL(ASHLAR_CONCATENATE(ashlarExpected, __LINE__), target, expression)

#endif // ASHLAR_SUPPORT_STATUS_H
