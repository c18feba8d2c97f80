//===-- FunctionPlan.h - a function's launch plan, ready to run -*- C++ -*-===//
//
// Everything of a function that can be prepared before a call: kernel handles, storage for argument values
// and the pointers to them, and, for the symbol values of the last call, all sizes, offsets and grids. A call
// with the same symbol values only fills in addresses. Tensor maps hold addresses, too: each keeps the last
// few of its encodings, so a call with buffers that were seen before encodes nothing.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_RUNTIME_FUNCTIONPLAN_H
#define ASHLAR_LIB_RUNTIME_FUNCTIONPLAN_H

#include "ashlar/Package/Manifest.h"
#include "ashlar/Runtime/Device.h"
#include "ashlar/Runtime/Executable.h"

#include <memory>
#include <vector>

namespace ashlar::runtime {

/// Where the buffers of a call are.
struct CallBuffers {
  std::span<const TensorBuffer> inputs, outputs;
  char *constants = nullptr;
  char *arena = nullptr;
};

class FunctionPlan {
public:
  /// `plan` is the function's plan for the image that was loaded.
  FunctionPlan(const package::Manifest &manifest, const package::Function &function, const package::Plan &plan);

  /// Looks up the kernels of all steps. Before any resolve().
  Status prepareKernels(Module &module, const DeviceProperties &device);
  /// Encodes the tensor maps that no call changes: those of constants and of slots at fixed places, of fixed
  /// sizes. `buffers` has no inputs and outputs.
  Status encodeFixedMaps(const CallBuffers &buffers, Device &device);

  const package::Function &function() const { return source; }
  /// Symbol values to fill in before resolve().
  std::span<int64_t> symbolBuffer() { return pendingSymbols; }
  /// Evaluates everything for the values in symbolBuffer(), unless that was done for the same values before.
  Status resolve();
  /// Arena size of the resolved values.
  int64_t arenaBytes() const { return resolvedArenaBytes; }
  /// Arena size for other values, without resolving them.
  Expected<int64_t> arenaBytesFor(std::span<const int64_t> symbols) const;

  /// Checks data pointers and sizes of the call's tensors against the resolved values.
  Status checkTensors(const CallBuffers &buffers) const;

  size_t numSteps() const { return steps.size(); }
  /// Enqueues step `index`; resolve() and checkTensors() came before.
  Status runStep(size_t index, const CallBuffers &buffers, Device &device, Stream stream, LaunchReport *report);
  /// Name and geometry of a step for profiles.
  void describeStep(size_t index, StepProfile &profile) const;

private:
  /// A tensor map of a launch.
  struct PreparedMap {
    PreparedMap(size_t argument, const package::TensorMapArgument *source)
        : argument(argument), source(source) {}

    size_t argument;
    const package::TensorMapArgument *source;
    /// For the resolved symbols; its address is that of a buffer at 0.
    TensorMap values = {};
    /// Encodings of `values` for the buffers at `addresses`, 0 where there is none; the next replaces entry
    /// `oldest`.
    static constexpr size_t numEncodings = 4;
    std::array<uint64_t, numEncodings> addresses = {};
    std::array<EncodedTensorMap, numEncodings> encodings;
    size_t oldest = 0;
  };
  /// An argument that is a buffer's address.
  struct PreparedAddress {
    size_t argument = 0;
    package::BufferRef buffer;
  };
  struct PreparedStep {
    std::unique_ptr<KernelHandle> kernel;
    /// Nothing to do for the resolved values: an empty grid or no bytes.
    bool isEmpty = false;
    int64_t copyBytes = 0;
    /// Geometry, which resolve() completes, and the arguments and buffers below.
    LaunchConfig config;
    /// Value of each argument and pointers to them. Scalars are set by resolve(), addresses by runStep(). The
    /// pointer of a tensor map is that of its encoding.
    std::vector<uint64_t> values;
    std::vector<void *> pointers;
    std::vector<PreparedAddress> addresses;
    std::vector<PreparedMap> maps;
    /// The buffers of `addresses`, then those of `maps`.
    std::vector<BufferRange> ranges;
  };
  struct Range {
    int64_t offset = 0, bytes = 0;
  };

  void prepareArguments(const package::LaunchStep &launch, PreparedStep &prepared);
  Status resolveArena();
  Status resolveLaunch(const package::LaunchStep &launch, PreparedStep &prepared);
  Status resolveMap(PreparedMap &map, std::span<const int64_t> symbols, int64_t bytes);
  /// Whether no call changes the map.
  bool isFixed(const package::TensorMapArgument &map) const;
  /// Sets `pointer` to the encoding of the map for `buffer`, made anew where it is not at hand.
  Status encode(PreparedMap &map, const void *buffer, Device &device, void *&pointer);
  Status runLaunch(PreparedStep &prepared, const CallBuffers &buffers, Device &device, Stream stream,
                   LaunchReport *report);
  Status resolveCopy(const package::CopyStep &copy, PreparedStep &prepared);
  Status checkTensor(const char *role, size_t index, const package::Tensor &tensor, const TensorBuffer &buffer,
                     int64_t bytes) const;
  std::string stepName(size_t index) const;
  BufferRange locate(const package::BufferRef &ref, const CallBuffers &buffers) const;
  int64_t bufferBytes(const package::BufferRef &ref) const;

  const package::Manifest &manifest;
  const package::Function &source;
  const package::Plan &plan;
  std::vector<PreparedStep> steps;
  int64_t multiprocessors = 1;
  std::vector<int64_t> pendingSymbols, resolvedSymbols;
  bool isResolved = false;
  int64_t resolvedArenaBytes = 0;
  std::vector<Range> slots;
  std::vector<int64_t> inputBytes, outputBytes;
};

} // namespace ashlar::runtime

#endif // ASHLAR_LIB_RUNTIME_FUNCTIONPLAN_H
