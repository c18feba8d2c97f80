//===-- StubCudaState.h - what the stub driver remembers --------*- C++ -*-===//
//
// One state behind one lock; every entry point records itself, lets a planned failure happen, and checks its
// arguments.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_LIB_STUBCUDASTATE_H
#define ASHLAR_TEST_LIB_STUBCUDASTATE_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace stub {

typedef int Result;
typedef unsigned long long Address;

enum : Result { success = 0, invalidValue = 1, outOfMemory = 2, invalidContext = 201, notFound = 500 };

struct Allocation {
  size_t index, bytes;
};

struct PlannedFailure {
  int number, result;
};

struct State {
  std::recursive_mutex mutex;
  std::string trace;
  /// Nothing is traced, checked or run: for measuring what calls the driver.
  bool quiet = false;
  size_t violations = 0, modules = 0, events = 0, nextAllocation = 1;
  int capability = 90, devices = 1, capturing = 0, activeClusters = 8;
  std::vector<const void *> contexts;
  std::map<Address, Allocation> allocations;
  std::map<std::string, PlannedFailure> failures;
  std::map<std::string, int> calls;
  std::string rejectedText;
  int rejectedResult = 0;
};

constexpr int sharedOptIn = 227 * 1024;

State &state();

/// Counts and traces a call that a driver would refuse or that would go wrong.
void violation(const std::string &what);
/// An address as "A<allocation>+<offset>", null as "0", anything else as "?".
std::string addressText(Address address);
std::string streamText(void *stream);
bool isInside(Address address, size_t bytes);
/// Records a call; the result is the failure planned for it.
Result record(const char *function, const std::string &arguments, bool needsContext = true);

} // namespace stub

/// Locks, records and leaves the entry point when a failure is planned.
#define ENTER(function, arguments, needsContext)                                                             \
  std::lock_guard<std::recursive_mutex> lock(state().mutex);                                                 \
  if (Result planned =                                                                                       \
          record(function, state().quiet ? std::string() : std::string(arguments), needsContext))            \
  return planned

#endif // ASHLAR_TEST_LIB_STUBCUDASTATE_H
