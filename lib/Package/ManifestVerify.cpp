//===-- ManifestVerify.cpp - is the manifest consistent -------------------===//
//
// Everything a manifest claims that can be checked without running it: names, limits, references between its
// parts, and all sizes and offsets that don't depend on run-time dimensions (those are checked at each call).
//
//===----------------------------------------------------------------------===//

#include "ashlar/Package/Manifest.h"

#include "ExpressionNames.h"
#include "JsonPath.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>

namespace ashlar::package {

using Limits = ManifestLimits;

//===----------------------------------------------------------------------===//
// Names and text
//===----------------------------------------------------------------------===//

/// Length in bytes of the UTF-8 sequence at the start of `text`, 0 when it is malformed.
static size_t sequenceLength(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(0);
  size_t length = 0;
  if (lead < 0x80)
    length = 1;
  else if (lead >= 0xc2 && lead < 0xe0)
    length = 2;
  else if (lead >= 0xe0 && lead < 0xf0)
    length = 3;
  else if (lead >= 0xf0 && lead < 0xf5)
    length = 4;
  if (length == 0 || length > text.size())
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  bool overlongOrSurrogate = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) >= 0xa0) ||
                             (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) >= 0x90);
  return overlongOrSurrogate ? 0 : length;
}

static Status checkText(const JsonPath &path, std::string_view text, size_t limit, bool allowNewlines) {
  if (text.size() > limit)
    return path.error("longer than " + std::to_string(limit) + " bytes");
  for (size_t i = 0; i < text.size();) {
    size_t length = sequenceLength(text.substr(i));
    if (length == 0)
      return path.error("not valid UTF-8");
    unsigned char c = static_cast<unsigned char>(text[i]);
    bool isSpace = allowNewlines && (c == '\n' || c == '\t' || c == '\r');
    if ((c < 0x20 || c == 0x7f) && !isSpace)
      return path.error("contains a control character");
    i += length;
  }
  return {};
}

static Status checkName(const JsonPath &path, const std::string &name,
                        std::unordered_set<std::string> &seen) {
  if (name.empty())
    return path.error("a name must not be empty");
  ASHLAR_RETURN_IF_ERROR(checkText(path, name, Limits::nameBytes, false));
  if (!seen.insert(name).second)
    return path.error("the name '" + name + "' occurs twice");
  return {};
}

static Status checkCount(const JsonPath &path, size_t count, size_t limit) {
  if (count > limit)
    return path.error("has " + std::to_string(count) + " elements; at most " + std::to_string(limit) +
                      " are allowed");
  return {};
}

static Status checkRange(const JsonPath &path, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high)
    return path.error("the value " + std::to_string(value) + " is outside " + std::to_string(low) + ".." +
                      std::to_string(high));
  return {};
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

static Status checkNode(const JsonPath &path, const Expression &expression, size_t numSymbols, size_t depth,
                        size_t &nodes) {
  if (depth > Limits::expressionDepth)
    return path.error("the expression is nested deeper than " + std::to_string(Limits::expressionDepth));
  if (++nodes > Limits::expressionNodes)
    return path.error("the expression has more than " + std::to_string(Limits::expressionNodes) + " nodes");
  size_t operands = expression.operands().size();
  if (expression.kind() == Expression::Kind::Constant)
    return operands == 0 ? Status() : path.error("a constant has no operands");
  if (expression.kind() == Expression::Kind::Dim) {
    bool known = expression.value() >= 0 && static_cast<uint64_t>(expression.value()) < numSymbols;
    return known && operands == 0 ? Status() : path.error("there is no such dimension symbol");
  }
  const ExpressionName *entry = findExpression(expression.kind());
  if (!entry)
    return path.error("unknown operation");
  if (operands < 2 || (operands > 2 && !entry->variadic))
    return path.error(std::string("the operation '") + entry->name + "' takes " +
                      (entry->variadic ? "two operands or more" : "two operands"));
  for (const Expression &operand : expression.operands())
    ASHLAR_RETURN_IF_ERROR(checkNode(path, operand, numSymbols, depth + 1, nodes));
  return {};
}

/// Checks the expression and, when it has no symbols, that its value lies in low..high.
static Status checkExpression(const JsonPath &path, const Expression &expression, size_t numSymbols,
                              int64_t low, int64_t high) {
  size_t nodes = 0;
  ASHLAR_RETURN_IF_ERROR(checkNode(path, expression, numSymbols, 0, nodes));
  if (expression.isDynamic())
    return {};
  Expected<int64_t> value = expression.evaluate({});
  if (!value)
    return path.error(value.status().message());
  return checkRange(path, *value, low, high);
}

//===----------------------------------------------------------------------===//
// Targets, kernels, constants
//===----------------------------------------------------------------------===//

static Status checkEntryName(const JsonPath &path, const std::string &name) {
  ASHLAR_RETURN_IF_ERROR(checkText(path, name, 255, false));
  bool escapes =
      name.empty() || name.front() == '/' || name.back() == '/' || name.find('\\') != std::string::npos;
  for (size_t start = 0; start <= name.size() && !escapes;) {
    size_t end = std::min(name.find('/', start), name.size());
    std::string_view part = std::string_view(name).substr(start, end - start);
    escapes = part.empty() || part == "." || part == "..";
    start = end + 1;
  }
  if (escapes)
    return path.error("'" + name + "' is not a relative path inside the package");
  return {};
}

static Status checkTargets(const Manifest &manifest, const JsonPath &path) {
  ASHLAR_RETURN_IF_ERROR(checkCount(path, manifest.targets.size(), Limits::targets));
  std::unordered_set<std::string> names;
  for (size_t i = 0; i < manifest.targets.size(); ++i) {
    const Target &target = manifest.targets[i];
    JsonPath at = path[i];
    ASHLAR_RETURN_IF_ERROR(checkName(at / "name", target.name, names));
    ASHLAR_RETURN_IF_ERROR(checkEntryName(at / "image", target.image));
    bool isHost = target.kind == ImageKind::SharedObject;
    ASHLAR_RETURN_IF_ERROR(
        checkRange(at / "capability", target.capability, isHost ? 0 : 10, isHost ? 0 : 9999));
  }
  return {};
}

static Status checkKernels(const Manifest &manifest, const JsonPath &path) {
  ASHLAR_RETURN_IF_ERROR(checkCount(path, manifest.kernels.size(), Limits::kernels));
  std::unordered_set<std::string> names, targets;
  for (const Target &target : manifest.targets)
    targets.insert(target.name);
  for (size_t i = 0; i < manifest.kernels.size(); ++i) {
    const Kernel &kernel = manifest.kernels[i];
    JsonPath at = path[i];
    ASHLAR_RETURN_IF_ERROR(checkName(at / "name", kernel.name, names));
    ASHLAR_RETURN_IF_ERROR(checkText(at / "schedule", kernel.schedule, Limits::textBytes, true));
    ASHLAR_RETURN_IF_ERROR(checkText(at / "location", kernel.location, Limits::textBytes, true));
    JsonPath list = at / "resources";
    ASHLAR_RETURN_IF_ERROR(checkCount(list, kernel.resources.size(), Limits::targets));
    for (size_t j = 0; j < kernel.resources.size(); ++j) {
      const KernelResources &resources = kernel.resources[j];
      JsonPath entry = list[j];
      if (!targets.count(resources.target))
        return (entry / "target").error("there is no target '" + resources.target + "'");
      ASHLAR_RETURN_IF_ERROR(checkRange(entry / "registers", resources.registers, 0, INT32_MAX));
      ASHLAR_RETURN_IF_ERROR(checkRange(entry / "spill_bytes", resources.spillBytes, 0, INT32_MAX));
      ASHLAR_RETURN_IF_ERROR(checkRange(entry / "stack_bytes", resources.stackBytes, 0, INT32_MAX));
      ASHLAR_RETURN_IF_ERROR(checkRange(entry / "shared_bytes", resources.sharedBytes, 0, INT32_MAX));
      ASHLAR_RETURN_IF_ERROR(checkText(entry / "notes", resources.notes, Limits::textBytes, true));
    }
  }
  return {};
}

static Status checkConstants(const Manifest &manifest, const JsonPath &path) {
  ASHLAR_RETURN_IF_ERROR(checkRange(path / "bytes", manifest.constantsBytes, 0, Limits::bufferBytes));
  JsonPath table = path / "table";
  ASHLAR_RETURN_IF_ERROR(checkCount(table, manifest.constants.size(), Limits::constants));
  std::unordered_set<std::string> names;
  for (size_t i = 0; i < manifest.constants.size(); ++i) {
    const Constant &constant = manifest.constants[i];
    JsonPath at = table[i];
    ASHLAR_RETURN_IF_ERROR(checkName(at / "name", constant.name, names));
    ASHLAR_RETURN_IF_ERROR(checkRange(at / "offset", constant.offset, 0, manifest.constantsBytes));
    ASHLAR_RETURN_IF_ERROR(
        checkRange(at / "size", constant.size, 0, manifest.constantsBytes - constant.offset));
    if (constant.offset % bufferAlignment != 0)
      return (at / "offset").error("must be a multiple of " + std::to_string(bufferAlignment));
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

static Status checkTensor(const JsonPath &path, const Tensor &tensor, size_t numSymbols) {
  JsonPath dims = path / "dims";
  ASHLAR_RETURN_IF_ERROR(checkCount(dims, tensor.type.dims.size(), Limits::rank));
  for (size_t i = 0; i < tensor.type.dims.size(); ++i) {
    const Dim &dim = tensor.type.dims[i];
    if (!dim.symbol)
      ASHLAR_RETURN_IF_ERROR(checkRange(dims[i], dim.size, 0, Limits::dimSize));
    else if (*dim.symbol >= numSymbols)
      return dims[i].error("there is no such dimension symbol");
  }
  if (!tensor.type.isDynamic()) {
    Expected<int64_t> bytes = tensor.type.byteSize({});
    if (!bytes || *bytes > Limits::bufferBytes)
      return dims.error("the tensor is larger than " + std::to_string(Limits::bufferBytes) + " bytes");
  }
  if (tensor.tolerance) {
    for (double bound : {tensor.tolerance->absolute, tensor.tolerance->relative})
      if (!std::isfinite(bound) || bound < 0)
        return (path / "tolerance").error("bounds must be finite and not negative");
  }
  return {};
}

static Status checkSymbols(const JsonPath &path, const Function &function) {
  ASHLAR_RETURN_IF_ERROR(checkCount(path, function.symbols.size(), Limits::symbolsPerFunction));
  std::unordered_set<std::string> names;
  for (size_t i = 0; i < function.symbols.size(); ++i) {
    const DimSymbol &symbol = function.symbols[i];
    JsonPath at = path[i];
    ASHLAR_RETURN_IF_ERROR(checkName(at / "name", symbol.name, names));
    if (symbol.input >= function.inputs.size())
      return (at / "input").error("there is no input " + std::to_string(symbol.input));
    const std::vector<Dim> &dims = function.inputs[symbol.input].type.dims;
    if (symbol.axis >= dims.size() || dims[symbol.axis].symbol != static_cast<unsigned>(i))
      return (at / "axis")
          .error("axis " + std::to_string(symbol.axis) + " of input " + std::to_string(symbol.input) +
                 " is not the dimension '" + symbol.name + "'");
    if (symbol.max)
      ASHLAR_RETURN_IF_ERROR(checkRange(at / "max", *symbol.max, 0, Limits::dimSize));
    ASHLAR_RETURN_IF_ERROR(checkRange(at / "multiple_of", symbol.multipleOf, 1, Limits::dimSize));
  }
  return {};
}

static Status checkChecks(const JsonPath &path, const Function &function) {
  ASHLAR_RETURN_IF_ERROR(checkCount(path, function.checks.size(), Limits::checksPerFunction));
  for (size_t i = 0; i < function.checks.size(); ++i) {
    const SizeCheck &check = function.checks[i];
    for (const Expression &side : {check.left, check.right})
      ASHLAR_RETURN_IF_ERROR(checkExpression(path[i], side, function.symbols.size(), INT64_MIN, INT64_MAX));
    ASHLAR_RETURN_IF_ERROR(checkText(path[i] / "reason", check.reason, Limits::textBytes, false));
  }
  return {};
}

static Status checkArena(const JsonPath &path, const Plan &plan, size_t numSymbols) {
  ASHLAR_RETURN_IF_ERROR(checkExpression(path / "size", plan.arenaSize, numSymbols, 0, Limits::bufferBytes));
  JsonPath slots = path / "slots";
  ASHLAR_RETURN_IF_ERROR(checkCount(slots, plan.slots.size(), Limits::slotsPerFunction));
  std::optional<int64_t> arena = plan.arenaSize.constantValue();
  for (size_t i = 0; i < plan.slots.size(); ++i) {
    const ArenaSlot &slot = plan.slots[i];
    JsonPath at = slots[i];
    ASHLAR_RETURN_IF_ERROR(checkExpression(at / "offset", slot.offset, numSymbols, 0, Limits::bufferBytes));
    ASHLAR_RETURN_IF_ERROR(checkExpression(at / "size", slot.size, numSymbols, 0, Limits::bufferBytes));
    std::optional<int64_t> offset = slot.offset.constantValue(), size = slot.size.constantValue();
    if (offset && *offset % bufferAlignment != 0)
      return (at / "offset").error("must be a multiple of " + std::to_string(bufferAlignment));
    if (offset && size && arena && *offset + *size > *arena)
      return at.error("ends at byte " + std::to_string(*offset + *size) + " of an arena of " +
                      std::to_string(*arena));
  }
  return {};
}

namespace {
/// What the references of a step may name.
struct StepScope {
  const Manifest &manifest;
  const Function &function;
  const Plan &plan;
};
} // namespace

static Status checkBuffer(const JsonPath &path, const BufferRef &buffer, const StepScope &scope) {
  size_t count = 0;
  switch (buffer.kind) {
  case BufferRef::Kind::Input:
    count = scope.function.inputs.size();
    break;
  case BufferRef::Kind::Output:
    count = scope.function.outputs.size();
    break;
  case BufferRef::Kind::Constant:
    count = scope.manifest.constants.size();
    break;
  case BufferRef::Kind::Slot:
    count = scope.plan.slots.size();
    break;
  }
  if (buffer.index >= count)
    return path.error(std::string("there is no ") + bufferKindName(buffer.kind) + " " +
                      std::to_string(buffer.index));
  return {};
}

/// Size of a buffer when it doesn't depend on symbols.
static std::optional<int64_t> staticBytes(const BufferRef &buffer, const StepScope &scope) {
  auto tensorBytes = [](const Tensor &tensor) -> std::optional<int64_t> {
    if (tensor.type.isDynamic())
      return std::nullopt;
    Expected<int64_t> bytes = tensor.type.byteSize({});
    return bytes ? std::optional<int64_t>(*bytes) : std::nullopt;
  };
  switch (buffer.kind) {
  case BufferRef::Kind::Input:
    return tensorBytes(scope.function.inputs[buffer.index]);
  case BufferRef::Kind::Output:
    return tensorBytes(scope.function.outputs[buffer.index]);
  case BufferRef::Kind::Constant:
    return scope.manifest.constants[buffer.index].size;
  case BufferRef::Kind::Slot:
    return scope.plan.slots[buffer.index].size.constantValue();
  }
  return std::nullopt;
}

static Status checkCopy(const JsonPath &path, const CopyStep &copy, const StepScope &scope) {
  ASHLAR_RETURN_IF_ERROR(checkBuffer(path / "source", copy.source, scope));
  ASHLAR_RETURN_IF_ERROR(checkBuffer(path / "destination", copy.destination, scope));
  if (copy.destination.kind == BufferRef::Kind::Input || copy.destination.kind == BufferRef::Kind::Constant)
    return (path / "destination").error("inputs and constants are never written");
  int64_t room = Limits::bufferBytes;
  for (const BufferRef &buffer : {copy.source, copy.destination})
    room = std::min(room, staticBytes(buffer, scope).value_or(room));
  return checkExpression(path / "bytes", copy.bytes, scope.function.symbols.size(), 0, room);
}

/// Checks what does not depend on symbols. The hardware's own limits are checked on a map whose dynamic
/// extents and strides are legal ones, and so are those of an empty tensor, whose kernel is not launched.
static Status checkTensorMap(const JsonPath &path, const TensorMapArgument &map, const StepScope &scope) {
  ASHLAR_RETURN_IF_ERROR(checkBuffer(path / "buffer", map.buffer, scope));
  ASHLAR_RETURN_IF_ERROR(checkRange(path / "offset", map.offset, 0, Limits::bufferBytes));
  size_t numSymbols = scope.function.symbols.size();
  TensorMapArgument sample = map;
  bool isDynamic = false;
  auto check = [&](const JsonPath &at, Expression &expression, int64_t low, int64_t high,
                   int64_t legal) -> Status {
    ASHLAR_RETURN_IF_ERROR(checkExpression(at, expression, numSymbols, low, high));
    if (expression.constantValue().value_or(0) == 0) {
      isDynamic = true;
      expression = legal;
    }
    return {};
  };
  JsonPath extents = path / "extents", strides = path / "strides";
  for (size_t i = 0; i < map.extents.size(); ++i)
    ASHLAR_RETURN_IF_ERROR(check(extents[i], sample.extents[i], 0, int64_t{1} << 32, int64_t{1} << 32));
  for (size_t i = 0; i < map.strides.size(); ++i)
    ASHLAR_RETURN_IF_ERROR(check(strides[i], sample.strides[i], 0, (int64_t{1} << 40) - 1, 16));
  int64_t room = isDynamic ? INT64_MAX : staticBytes(map.buffer, scope).value_or(INT64_MAX);
  Status status = sample.resolve({}, 0, room).status();
  return status.ok() ? status : path.error(status.message());
}

static Status checkGeometry(const JsonPath &path, const LaunchStep &launch, size_t numSymbols) {
  int64_t threads = 1, clusterBlocks = 1;
  JsonPath grid = path / "grid", block = path / "block", cluster = path / "cluster";
  for (size_t i = 0; i < 3; ++i) {
    ASHLAR_RETURN_IF_ERROR(
        checkExpression(grid[i], launch.grid[i], numSymbols, 0, i == 0 ? INT32_MAX : 65535));
    ASHLAR_RETURN_IF_ERROR(checkRange(block[i], launch.block[i], 1, i == 2 ? 64 : 1024));
    ASHLAR_RETURN_IF_ERROR(checkRange(cluster[i], launch.cluster[i], 1, 16));
    threads *= launch.block[i];
    clusterBlocks *= launch.cluster[i];
    std::optional<int64_t> extent = launch.grid[i].constantValue();
    if (extent && *extent % launch.cluster[i] != 0)
      return grid[i].error("must be a multiple of the cluster's extent " + std::to_string(launch.cluster[i]));
  }
  ASHLAR_RETURN_IF_ERROR(checkRange(path / "persistent_blocks", launch.persistentBlocks, 0, 64));
  if (threads > 1024)
    return block.error("has " + std::to_string(threads) + " threads; a block has at most 1024");
  if (clusterBlocks > 16)
    return cluster.error("has " + std::to_string(clusterBlocks) + " blocks; a cluster has at most 16");
  if (launch.traffic) {
    JsonPath traffic = path / "traffic";
    ASHLAR_RETURN_IF_ERROR(checkRange(traffic / "read", launch.traffic->bytesRead, 0, INT64_MAX));
    ASHLAR_RETURN_IF_ERROR(checkRange(traffic / "written", launch.traffic->bytesWritten, 0, INT64_MAX));
  }
  return checkRange(path / "dynamic_shared_bytes", launch.dynamicSharedBytes, 0, 1 << 20);
}

static Status checkLaunch(const JsonPath &path, const LaunchStep &launch, const StepScope &scope) {
  if (launch.kernel >= scope.manifest.kernels.size())
    return (path / "kernel").error("there is no kernel " + std::to_string(launch.kernel));
  ASHLAR_RETURN_IF_ERROR(checkGeometry(path, launch, scope.function.symbols.size()));
  JsonPath arguments = path / "arguments";
  ASHLAR_RETURN_IF_ERROR(checkCount(arguments, launch.arguments.size(), Limits::argumentsPerKernel));
  for (size_t i = 0; i < launch.arguments.size(); ++i) {
    const Argument &argument = launch.arguments[i];
    if (argument.kind == Argument::Kind::Buffer) {
      ASHLAR_RETURN_IF_ERROR(checkBuffer(arguments[i], argument.buffer, scope));
      continue;
    }
    if (argument.kind == Argument::Kind::TensorMap) {
      JsonPath entry = arguments[i];
      ASHLAR_RETURN_IF_ERROR(checkTensorMap(entry / "tensor_map", argument.map, scope));
      continue;
    }
    bool narrow = argument.kind == Argument::Kind::I32;
    ASHLAR_RETURN_IF_ERROR(checkExpression(arguments[i], argument.value, scope.function.symbols.size(),
                                           narrow ? INT32_MIN : INT64_MIN, narrow ? INT32_MAX : INT64_MAX));
  }
  return {};
}

static Status checkPlan(const JsonPath &path, const StepScope &scope) {
  ASHLAR_RETURN_IF_ERROR(checkArena(path / "arena", scope.plan, scope.function.symbols.size()));
  JsonPath steps = path / "steps";
  ASHLAR_RETURN_IF_ERROR(checkCount(steps, scope.plan.steps.size(), Limits::stepsPerFunction));
  for (size_t i = 0; i < scope.plan.steps.size(); ++i) {
    const Step &step = scope.plan.steps[i];
    ASHLAR_RETURN_IF_ERROR(step.kind == Step::Kind::Copy ? checkCopy(steps[i], step.copy, scope)
                                                         : checkLaunch(steps[i], step.launch, scope));
  }
  return {};
}

static Status checkFunction(const JsonPath &path, const Function &function, const Manifest &manifest) {
  std::unordered_set<std::string> names;
  JsonPath inputs = path / "inputs", outputs = path / "outputs";
  ASHLAR_RETURN_IF_ERROR(checkCount(inputs, function.inputs.size(), Limits::tensorsPerFunction));
  ASHLAR_RETURN_IF_ERROR(checkCount(outputs, function.outputs.size(), Limits::tensorsPerFunction));
  for (size_t i = 0; i < function.inputs.size(); ++i) {
    ASHLAR_RETURN_IF_ERROR(checkName(inputs[i] / "name", function.inputs[i].name, names));
    ASHLAR_RETURN_IF_ERROR(checkTensor(inputs[i], function.inputs[i], function.symbols.size()));
  }
  for (size_t i = 0; i < function.outputs.size(); ++i) {
    ASHLAR_RETURN_IF_ERROR(checkName(outputs[i] / "name", function.outputs[i].name, names));
    ASHLAR_RETURN_IF_ERROR(checkTensor(outputs[i], function.outputs[i], function.symbols.size()));
  }
  ASHLAR_RETURN_IF_ERROR(checkSymbols(path / "symbols", function));
  ASHLAR_RETURN_IF_ERROR(checkChecks(path / "checks", function));
  ASHLAR_RETURN_IF_ERROR(checkPlan(path, {manifest, function, function}));
  JsonPath plans = path / "target_plans";
  ASHLAR_RETURN_IF_ERROR(checkCount(plans, function.targetPlans.size(), Limits::targets));
  std::unordered_set<std::string> targets;
  for (size_t i = 0; i < function.targetPlans.size(); ++i) {
    const TargetPlan &plan = function.targetPlans[i];
    ASHLAR_RETURN_IF_ERROR(checkName(plans[i] / "target", plan.target, targets));
    auto isNamed = [&](const Target &target) { return target.name == plan.target; };
    if (std::none_of(manifest.targets.begin(), manifest.targets.end(), isNamed))
      return (plans[i] / "target").error("there is no target '" + plan.target + "'");
    ASHLAR_RETURN_IF_ERROR(checkPlan(plans[i], {manifest, function, plan}));
  }
  return {};
}

Status verifyManifest(const Manifest &manifest) {
  JsonPath root;
  if (manifest.major != formatMajor || manifest.minor < 0)
    return (root / "format")
        .error("this library knows format version " + std::to_string(formatMajor) + ".x only");
  ASHLAR_RETURN_IF_ERROR(checkText(root / "producer", manifest.producer, Limits::nameBytes, false));
  ASHLAR_RETURN_IF_ERROR(checkTargets(manifest, root / "targets"));
  ASHLAR_RETURN_IF_ERROR(checkKernels(manifest, root / "kernels"));
  ASHLAR_RETURN_IF_ERROR(checkConstants(manifest, root / "constants"));
  JsonPath functions = root / "functions";
  ASHLAR_RETURN_IF_ERROR(checkCount(functions, manifest.functions.size(), Limits::functions));
  std::unordered_set<std::string> names;
  for (size_t i = 0; i < manifest.functions.size(); ++i) {
    ASHLAR_RETURN_IF_ERROR(checkName(functions[i] / "name", manifest.functions[i].name, names));
    ASHLAR_RETURN_IF_ERROR(checkFunction(functions[i], manifest.functions[i], manifest));
  }
  return {};
}

} // namespace ashlar::package
