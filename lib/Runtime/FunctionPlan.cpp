//===-- FunctionPlan.cpp - a function's launch plan, ready to run ---------===//
//
// The manifest was verified, so indices are in range here; what depends on symbols is checked at each resolve.
//
//===----------------------------------------------------------------------===//

#include "FunctionPlan.h"

#include <algorithm>
#include <cstring>

namespace ashlar::runtime {

using package::Argument;
using package::BufferRef;
using package::CopyStep;
using package::Expression;
using package::Function;
using package::LaunchStep;
using package::Manifest;
using package::ManifestLimits;
using package::Step;
using package::Tensor;

FunctionPlan::FunctionPlan(const Manifest &manifest, const Function &function, const package::Plan &plan)
    : manifest(manifest), source(function), plan(plan), steps(plan.steps.size()),
      pendingSymbols(function.symbols.size()), resolvedSymbols(function.symbols.size()), slots(plan.slots.size()),
      inputBytes(function.inputs.size()), outputBytes(function.outputs.size()) {
  for (size_t i = 0; i < steps.size(); ++i)
    if (plan.steps[i].kind == Step::Kind::Launch)
      prepareArguments(plan.steps[i].launch, steps[i]);
}

void FunctionPlan::prepareArguments(const LaunchStep &launch, PreparedStep &prepared) {
  size_t count = launch.arguments.size();
  prepared.values.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const Argument &argument = launch.arguments[i];
    prepared.pointers.push_back(&prepared.values[i]);
    if (argument.kind == Argument::Kind::Buffer)
      prepared.addresses.push_back({i, argument.buffer});
    else if (argument.kind == Argument::Kind::TensorMap)
      prepared.maps.emplace_back(i, &argument.map);
  }
  prepared.ranges.resize(prepared.addresses.size() + prepared.maps.size());
  LaunchConfig &config = prepared.config;
  for (size_t i = 0; i < 3; ++i) {
    config.block[i] = static_cast<uint32_t>(launch.block[i]);
    config.cluster[i] = static_cast<uint32_t>(launch.cluster[i]);
  }
  config.dynamicSharedBytes = static_cast<uint32_t>(launch.dynamicSharedBytes);
  config.programmaticLaunch = launch.programmaticLaunch;
  config.arguments = prepared.pointers;
  config.buffers = prepared.ranges;
}

Status FunctionPlan::prepareKernels(Module &module, const DeviceProperties &device) {
  multiprocessors = device.multiprocessors;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (plan.steps[i].kind != Step::Kind::Launch)
      continue;
    const LaunchConfig &config = steps[i].config;
    KernelNeeds needs{config.dynamicSharedBytes, config.block, config.cluster, !steps[i].maps.empty(),
                      config.programmaticLaunch};
    const std::string &name = manifest.kernels[plan.steps[i].launch.kernel].name;
    ASHLAR_ASSIGN_OR_RETURN(steps[i].kernel, module.prepareKernel(name, needs));
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Resolving symbols
//===----------------------------------------------------------------------===//

std::string FunctionPlan::stepName(size_t index) const {
  StepProfile names;
  describeStep(index, names);
  return "function '" + source.name + "', step " + std::to_string(index) + " (" + names.name + ")";
}

static Expected<int64_t> evaluateIn(const Expression &expression, std::span<const int64_t> symbols, int64_t low,
                                    int64_t high, const char *what) {
  Expected<int64_t> value = expression.evaluate(symbols);
  if (!value)
    return value.status().withContext(what);
  if (*value < low || *value > high)
    return invalidArgument(std::string(what) + " is " + std::to_string(*value) + ", outside " + std::to_string(low) +
                           ".." + std::to_string(high));
  return value;
}

Expected<int64_t> FunctionPlan::arenaBytesFor(std::span<const int64_t> symbols) const {
  return evaluateIn(plan.arenaSize, symbols, 0, ManifestLimits::bufferBytes, "the arena's size");
}

Status FunctionPlan::resolveArena() {
  ASHLAR_ASSIGN_OR_RETURN(resolvedArenaBytes, arenaBytesFor(pendingSymbols));
  for (size_t i = 0; i < slots.size(); ++i) {
    ASHLAR_ASSIGN_OR_RETURN(slots[i].offset, evaluateIn(plan.slots[i].offset, pendingSymbols, 0, resolvedArenaBytes,
                                                        "the offset of an arena slot"));
    ASHLAR_ASSIGN_OR_RETURN(slots[i].bytes, evaluateIn(plan.slots[i].size, pendingSymbols, 0,
                                                       resolvedArenaBytes - slots[i].offset,
                                                       "the size of an arena slot"));
    if (slots[i].offset % package::bufferAlignment != 0)
      return invalidPackage("arena slot " + std::to_string(i) + " starts at " + std::to_string(slots[i].offset) +
                            ", which is no multiple of " + std::to_string(package::bufferAlignment));
  }
  return {};
}

/// Blocks along x of a kernel that strides over `tiles` of them: as many as run at once, in whole clusters.
static int64_t persistentExtent(int64_t tiles, int64_t residentBlocks, int64_t cluster) {
  return std::min(tiles, std::max(residentBlocks / cluster * cluster, cluster));
}

Status FunctionPlan::resolveLaunch(const LaunchStep &launch, PreparedStep &prepared) {
  prepared.isEmpty = false;
  for (size_t i = 0; i < 3; ++i) {
    ASHLAR_ASSIGN_OR_RETURN(int64_t extent, evaluateIn(launch.grid[i], pendingSymbols, 0, i == 0 ? INT32_MAX : 65535,
                                                       "a grid extent"));
    if (extent % launch.cluster[i] != 0)
      return invalidPackage("the grid extent " + std::to_string(extent) + " is no multiple of the cluster's " +
                            std::to_string(launch.cluster[i]));
    if (i == 0 && launch.persistentBlocks > 0)
      extent = persistentExtent(extent, launch.persistentBlocks * multiprocessors, launch.cluster[0]);
    prepared.config.grid[i] = static_cast<uint32_t>(extent);
    prepared.isEmpty |= extent == 0;
  }
  for (size_t i = 0; i < launch.arguments.size(); ++i) {
    const Argument &argument = launch.arguments[i];
    bool narrow = argument.kind == Argument::Kind::I32;
    if (!narrow && argument.kind != Argument::Kind::I64)
      continue;
    ASHLAR_ASSIGN_OR_RETURN(int64_t value,
                            evaluateIn(argument.value, pendingSymbols, narrow ? INT32_MIN : INT64_MIN,
                                       narrow ? INT32_MAX : INT64_MAX, "a kernel argument"));
    // Little-endian: an i32 parameter reads the low half.
    prepared.values[i] = static_cast<uint64_t>(value);
  }
  // What is not launched may be empty, which no map may be.
  for (size_t i = 0; !prepared.isEmpty && i < prepared.maps.size(); ++i)
    ASHLAR_RETURN_IF_ERROR(
        resolveMap(prepared.maps[i], pendingSymbols, bufferBytes(prepared.maps[i].source->buffer)));
  return {};
}

Status FunctionPlan::resolveMap(PreparedMap &map, std::span<const int64_t> symbols, int64_t bytes) {
  Expected<TensorMap> values = map.source->resolve(symbols, 0, bytes);
  if (!values)
    return Status(
        values.status().code(),
        "argument " + std::to_string(map.argument) + ": " + values.status().message() +
            "; call it with sizes that keep this limit of the hardware's tensor copies, or compile the "
            "program for a target without them (sm_80)");
  if (std::memcmp(&map.values, &*values, sizeof(TensorMap)) == 0)
    return {};
  map.values = *values;
  map.addresses.fill(0);
  return {};
}

int64_t FunctionPlan::bufferBytes(const BufferRef &ref) const {
  switch (ref.kind) {
  case BufferRef::Kind::Input:
    return inputBytes[ref.index];
  case BufferRef::Kind::Output:
    return outputBytes[ref.index];
  case BufferRef::Kind::Constant:
    return manifest.constants[ref.index].size;
  case BufferRef::Kind::Slot:
    return slots[ref.index].bytes;
  }
  return 0;
}

Status FunctionPlan::resolveCopy(const CopyStep &copy, PreparedStep &prepared) {
  int64_t room = std::min(bufferBytes(copy.source), bufferBytes(copy.destination));
  ASHLAR_ASSIGN_OR_RETURN(prepared.copyBytes, evaluateIn(copy.bytes, pendingSymbols, 0, room, "the size of a copy"));
  prepared.isEmpty = prepared.copyBytes == 0;
  return {};
}

Status FunctionPlan::resolve() {
  if (isResolved && std::equal(pendingSymbols.begin(), pendingSymbols.end(), resolvedSymbols.begin()))
    return {};
  isResolved = false;
  for (size_t i = 0; i < inputBytes.size(); ++i) {
    ASHLAR_ASSIGN_OR_RETURN(inputBytes[i], source.inputs[i].type.byteSize(pendingSymbols));
  }
  for (size_t i = 0; i < outputBytes.size(); ++i) {
    ASHLAR_ASSIGN_OR_RETURN(outputBytes[i], source.outputs[i].type.byteSize(pendingSymbols));
  }
  // Contexts are built for failures only: this runs inside calls, which allocate nothing.
  if (Status status = resolveArena(); !status.ok())
    return status.withContext("function '" + source.name + "'");
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step &step = plan.steps[i];
    Status status = step.kind == Step::Kind::Launch ? resolveLaunch(step.launch, steps[i])
                                                    : resolveCopy(step.copy, steps[i]);
    if (!status.ok())
      return status.withContext(stepName(i));
  }
  std::copy(pendingSymbols.begin(), pendingSymbols.end(), resolvedSymbols.begin());
  isResolved = true;
  return {};
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static std::string tensorName(const char *role, size_t index, const Tensor &tensor) {
  return std::string(role) + " " + std::to_string(index) + " ('" + tensor.name + "')";
}

Status FunctionPlan::checkTensor(const char *role, size_t index, const Tensor &tensor, const TensorBuffer &buffer,
                                 int64_t bytes) const {
  if (buffer.bytes < bytes)
    return invalidArgument(tensorName(role, index, tensor) + " has " + std::to_string(buffer.bytes) +
                           " bytes of memory, its type needs " + std::to_string(bytes));
  if (bytes > 0 && !buffer.data)
    return invalidArgument(tensorName(role, index, tensor) + " has no memory (a null pointer)");
  if (reinterpret_cast<uintptr_t>(buffer.data) % tensorAlignment != 0)
    return invalidArgument(tensorName(role, index, tensor) + " starts at an address that is no multiple of " +
                           std::to_string(tensorAlignment) + "; copy it to an aligned buffer");
  if (buffer.dims.empty() && (role[0] == 'o' || !tensor.type.isDynamic()))
    return {};
  const std::vector<package::Dim> &dims = tensor.type.dims;
  bool equal = buffer.dims.size() == dims.size();
  for (size_t i = 0; equal && i < dims.size(); ++i)
    equal = buffer.dims[i] == (dims[i].symbol ? resolvedSymbols[*dims[i].symbol] : dims[i].size);
  return equal ? Status() : invalidArgument(tensorName(role, index, tensor) + " has the wrong shape");
}

Status FunctionPlan::checkTensors(const CallBuffers &buffers) const {
  for (size_t i = 0; i < source.inputs.size(); ++i)
    ASHLAR_RETURN_IF_ERROR(checkTensor("input", i, source.inputs[i], buffers.inputs[i], inputBytes[i]));
  for (size_t i = 0; i < source.outputs.size(); ++i)
    ASHLAR_RETURN_IF_ERROR(checkTensor("output", i, source.outputs[i], buffers.outputs[i], outputBytes[i]));
  return {};
}

BufferRange FunctionPlan::locate(const BufferRef &ref, const CallBuffers &buffers) const {
  int64_t bytes = bufferBytes(ref);
  switch (ref.kind) {
  case BufferRef::Kind::Input:
    return {buffers.inputs[ref.index].data, bytes, false};
  case BufferRef::Kind::Output:
    return {buffers.outputs[ref.index].data, bytes, true};
  case BufferRef::Kind::Constant:
    return {buffers.constants + manifest.constants[ref.index].offset, bytes, false};
  case BufferRef::Kind::Slot:
    return {buffers.arena + slots[ref.index].offset, bytes, true};
  }
  return {};
}

Status FunctionPlan::encode(PreparedMap &map, const void *buffer, Device &device, void *&pointer) {
  auto address = reinterpret_cast<uint64_t>(buffer);
  auto found = std::find(map.addresses.begin(), map.addresses.end(), address);
  auto entry = static_cast<size_t>(found - map.addresses.begin());
  if (found == map.addresses.end()) {
    entry = map.oldest;
    map.oldest = (entry + 1) % PreparedMap::numEncodings;
    TensorMap placed = map.values;
    placed.address += address;
    map.addresses[entry] = 0;
    if (Status status = device.encodeTensorMap(placed, map.encodings[entry]); !status.ok())
      return status.withContext("argument " + std::to_string(map.argument));
    map.addresses[entry] = address;
  }
  pointer = &map.encodings[entry];
  return {};
}

bool FunctionPlan::isFixed(const package::TensorMapArgument &map) const {
  // An empty tensor has no map; its kernel is not launched.
  auto isDynamic = [](const Expression &expression) { return expression.isDynamic(); };
  auto isUnknownOrEmpty = [](const Expression &extent) { return extent.constantValue().value_or(0) <= 0; };
  if (std::any_of(map.extents.begin(), map.extents.end(), isUnknownOrEmpty) ||
      std::any_of(map.strides.begin(), map.strides.end(), isDynamic))
    return false;
  if (map.buffer.kind != BufferRef::Kind::Slot)
    return map.buffer.kind == BufferRef::Kind::Constant;
  // Before the first resolve there may be no arena yet.
  const package::ArenaSlot &slot = plan.slots[map.buffer.index];
  return isResolved && !slot.offset.isDynamic() && !slot.size.isDynamic();
}

Status FunctionPlan::encodeFixedMaps(const CallBuffers &buffers, Device &device) {
  for (size_t i = 0; i < steps.size(); ++i)
    for (PreparedMap &map : steps[i].maps) {
      const BufferRef &buffer = map.source->buffer;
      if (!isFixed(*map.source))
        continue;
      Status status = resolveMap(map, {}, bufferBytes(buffer));
      if (status.ok())
        status = encode(map, locate(buffer, buffers).address, device, steps[i].pointers[map.argument]);
      if (!status.ok())
        return status.withContext(stepName(i));
    }
  return {};
}

Status FunctionPlan::runLaunch(PreparedStep &prepared, const CallBuffers &buffers, Device &device,
                               Stream stream, LaunchReport *report) {
  BufferRange *range = prepared.ranges.data();
  for (const PreparedAddress &address : prepared.addresses) {
    *range = locate(address.buffer, buffers);
    prepared.values[address.argument] = reinterpret_cast<uint64_t>(range->address);
    ++range;
  }
  for (PreparedMap &map : prepared.maps) {
    *range = locate(map.source->buffer, buffers);
    ASHLAR_RETURN_IF_ERROR(encode(map, range->address, device, prepared.pointers[map.argument]));
    ++range;
  }
  return device.launch(*prepared.kernel, prepared.config, stream, report);
}

Status FunctionPlan::runStep(size_t index, const CallBuffers &buffers, Device &device, Stream stream,
                             LaunchReport *report) {
  PreparedStep &prepared = steps[index];
  if (prepared.isEmpty)
    return {};
  const Step &step = plan.steps[index];
  Status status;
  if (step.kind == Step::Kind::Copy) {
    void *destination = const_cast<void *>(locate(step.copy.destination, buffers).address);
    status = device.copy(destination, locate(step.copy.source, buffers).address, prepared.copyBytes, stream);
  } else {
    status = runLaunch(prepared, buffers, device, stream, report);
  }
  return status.ok() ? status : status.withContext(stepName(index));
}

void FunctionPlan::describeStep(size_t index, StepProfile &profile) const {
  const Step &step = plan.steps[index];
  profile.skipped = steps[index].isEmpty;
  if (step.kind == Step::Kind::Copy) {
    profile.name = "copy";
    return;
  }
  profile.name = manifest.kernels[step.launch.kernel].name;
  const LaunchConfig &config = steps[index].config;
  profile.grid = config.grid;
  profile.block = config.block;
  profile.dynamicSharedBytes = config.dynamicSharedBytes;
}

} // namespace ashlar::runtime
