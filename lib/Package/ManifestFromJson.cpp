//===-- ManifestFromJson.cpp - from JSON to the manifest's structs --------===//
//
// Reads untrusted JSON: every access checks presence, type and range, and names the path of what it refuses.
// What the values mean together is checked afterwards by verifyManifest. Unknown keys are ignored, so a newer
// minor version can add some.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Package/Manifest.h"

#include "ExpressionNames.h"
#include "JsonPath.h"

#include <nlohmann/json.hpp>

#include <unordered_map>

namespace ashlar::package {

using Json = nlohmann::json;

namespace {
/// A JSON value and where it stands. A child refers to its parent, which must outlive it.
struct Cursor {
  const Json &json;
  JsonPath path;

  Status error(const std::string &message) const { return path.error(message); }
  bool has(const char *key) const { return json.is_object() && json.contains(key); }
};

/// Names used by expressions and steps, by index.
using NameTable = std::unordered_map<std::string, unsigned>;
} // namespace

static Expected<Cursor> member(const Cursor &parent, const char *key) {
  if (!parent.json.is_object())
    return parent.error(std::string("expected an object, found ") + parent.json.type_name());
  auto found = parent.json.find(key);
  if (found == parent.json.end())
    return (parent.path / key).error("missing");
  return Cursor{*found, parent.path / key};
}

static Cursor element(const Cursor &parent, size_t index) { return {parent.json[index], parent.path[index]}; }

static Expected<int64_t> readInteger(const Cursor &cursor, int64_t low, int64_t high) {
  if (!cursor.json.is_number_integer())
    return cursor.error(std::string("expected an integer, found ") + cursor.json.type_name());
  bool tooLarge =
      cursor.json.is_number_unsigned() && cursor.json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX);
  int64_t value = tooLarge ? 0 : cursor.json.get<int64_t>();
  if (tooLarge || value < low || value > high)
    return cursor.error("the value " + cursor.json.dump() + " is outside " + std::to_string(low) + ".." +
                        std::to_string(high));
  return value;
}

static Expected<int64_t> readInteger(const Cursor &parent, const char *key, int64_t low, int64_t high) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor cursor, member(parent, key));
  return readInteger(cursor, low, high);
}

static Expected<std::string> readString(const Cursor &cursor) {
  if (!cursor.json.is_string())
    return cursor.error(std::string("expected a string, found ") + cursor.json.type_name());
  return cursor.json.get<std::string>();
}

static Expected<std::string> readString(const Cursor &parent, const char *key) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor cursor, member(parent, key));
  return readString(cursor);
}

static Expected<bool> readBool(const Cursor &parent, const char *key) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor cursor, member(parent, key));
  if (!cursor.json.is_boolean())
    return cursor.error(std::string("expected true or false, found ") + cursor.json.type_name());
  return cursor.json.get<bool>();
}

static Expected<double> readNumber(const Cursor &parent, const char *key) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor cursor, member(parent, key));
  if (!cursor.json.is_number())
    return cursor.error(std::string("expected a number, found ") + cursor.json.type_name());
  return cursor.json.get<double>();
}

static Expected<Cursor> readArray(const Cursor &parent, const char *key, size_t limit) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor cursor, member(parent, key));
  if (!cursor.json.is_array())
    return cursor.error(std::string("expected an array, found ") + cursor.json.type_name());
  if (cursor.json.size() > limit)
    return cursor.error("has " + std::to_string(cursor.json.size()) + " elements; at most " +
                        std::to_string(limit) + " are allowed");
  return cursor;
}

/// Reads every element of the array `key` with `read` into `results`.
template <typename T, typename Read>
static Status readList(const Cursor &parent, const char *key, size_t limit, std::vector<T> &results,
                       Read read) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor array, readArray(parent, key, limit));
  results.reserve(array.json.size());
  for (size_t i = 0; i < array.json.size(); ++i) {
    ASHLAR_ASSIGN_OR_RETURN(T result, read(element(array, i)));
    results.push_back(std::move(result));
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

static Expected<Expression> readExpression(const Cursor &cursor, const NameTable &symbols, size_t depth = 0) {
  if (cursor.json.is_number_integer()) {
    ASHLAR_ASSIGN_OR_RETURN(int64_t value, readInteger(cursor, INT64_MIN, INT64_MAX));
    return Expression(value);
  }
  if (!cursor.json.is_array() || cursor.json.empty() || !cursor.json[0].is_string())
    return cursor.error("expected an integer or [operation, operands…]");
  if (depth >= ManifestLimits::expressionDepth)
    return cursor.error("the expression is nested deeper than " +
                        std::to_string(ManifestLimits::expressionDepth));
  if (cursor.json.size() > ManifestLimits::expressionNodes)
    return cursor.error("the expression has too many operands");
  const auto &operation = cursor.json[0].get_ref<const std::string &>();
  if (operation == "dim") {
    if (cursor.json.size() != 2)
      return cursor.error("expected [\"dim\", name]");
    ASHLAR_ASSIGN_OR_RETURN(std::string name, readString(element(cursor, 1)));
    auto found = symbols.find(name);
    if (found == symbols.end())
      return cursor.error("there is no dimension symbol '" + name + "'");
    return Expression::dim(found->second);
  }
  for (const ExpressionName &entry : expressionNames) {
    if (operation != entry.name)
      continue;
    std::vector<Expression> operands;
    for (size_t i = 1; i < cursor.json.size(); ++i) {
      ASHLAR_ASSIGN_OR_RETURN(Expression operand, readExpression(element(cursor, i), symbols, depth + 1));
      operands.push_back(std::move(operand));
    }
    return Expression::make(entry.kind, std::move(operands));
  }
  return cursor.error("unknown operation '" + operation + "'");
}

static Expected<Expression> readExpression(const Cursor &parent, const char *key, const NameTable &symbols) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor cursor, member(parent, key));
  return readExpression(cursor, symbols);
}

//===----------------------------------------------------------------------===//
// Targets, kernels, constants
//===----------------------------------------------------------------------===//

static Expected<Target> readTarget(const Cursor &cursor) {
  Target target;
  ASHLAR_ASSIGN_OR_RETURN(target.name, readString(cursor, "name"));
  ASHLAR_ASSIGN_OR_RETURN(target.image, readString(cursor, "image"));
  ASHLAR_ASSIGN_OR_RETURN(std::string kind, readString(cursor, "kind"));
  for (ImageKind known : {ImageKind::Ptx, ImageKind::Cubin, ImageKind::SharedObject}) {
    if (kind != imageKindName(known))
      continue;
    target.kind = known;
    ASHLAR_ASSIGN_OR_RETURN(int64_t capability, readInteger(cursor, "capability", 0, 9999));
    target.capability = static_cast<int>(capability);
    ASHLAR_ASSIGN_OR_RETURN(target.exact, readBool(cursor, "exact"));
    return target;
  }
  return (cursor.path / "kind").error("unknown image kind '" + kind + "'");
}

static Expected<KernelResources> readResources(const Cursor &cursor) {
  KernelResources resources;
  ASHLAR_ASSIGN_OR_RETURN(resources.target, readString(cursor, "target"));
  ASHLAR_ASSIGN_OR_RETURN(resources.registers, readInteger(cursor, "registers", 0, INT32_MAX));
  ASHLAR_ASSIGN_OR_RETURN(resources.spillBytes, readInteger(cursor, "spill_bytes", 0, INT32_MAX));
  ASHLAR_ASSIGN_OR_RETURN(resources.stackBytes, readInteger(cursor, "stack_bytes", 0, INT32_MAX));
  ASHLAR_ASSIGN_OR_RETURN(resources.sharedBytes, readInteger(cursor, "shared_bytes", 0, INT32_MAX));
  ASHLAR_ASSIGN_OR_RETURN(resources.notes, readString(cursor, "notes"));
  return resources;
}

static Expected<Kernel> readKernel(const Cursor &cursor) {
  Kernel kernel;
  ASHLAR_ASSIGN_OR_RETURN(kernel.name, readString(cursor, "name"));
  ASHLAR_ASSIGN_OR_RETURN(kernel.schedule, readString(cursor, "schedule"));
  ASHLAR_ASSIGN_OR_RETURN(kernel.location, readString(cursor, "location"));
  ASHLAR_RETURN_IF_ERROR(
      readList(cursor, "resources", ManifestLimits::targets, kernel.resources, readResources));
  return kernel;
}

static Expected<Constant> readConstant(const Cursor &cursor) {
  Constant constant;
  ASHLAR_ASSIGN_OR_RETURN(constant.name, readString(cursor, "name"));
  ASHLAR_ASSIGN_OR_RETURN(constant.offset, readInteger(cursor, "offset", 0, ManifestLimits::bufferBytes));
  ASHLAR_ASSIGN_OR_RETURN(constant.size, readInteger(cursor, "size", 0, ManifestLimits::bufferBytes));
  return constant;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

static Expected<DimSymbol> readSymbol(const Cursor &cursor) {
  DimSymbol symbol;
  ASHLAR_ASSIGN_OR_RETURN(symbol.name, readString(cursor, "name"));
  ASHLAR_ASSIGN_OR_RETURN(int64_t input, readInteger(cursor, "input", 0, INT32_MAX));
  ASHLAR_ASSIGN_OR_RETURN(int64_t axis, readInteger(cursor, "axis", 0, INT32_MAX));
  symbol.input = static_cast<unsigned>(input);
  symbol.axis = static_cast<unsigned>(axis);
  if (cursor.has("max")) {
    ASHLAR_ASSIGN_OR_RETURN(symbol.max, readInteger(cursor, "max", 0, ManifestLimits::dimSize));
  }
  if (cursor.has("multiple_of")) {
    ASHLAR_ASSIGN_OR_RETURN(symbol.multipleOf,
                            readInteger(cursor, "multiple_of", 1, ManifestLimits::dimSize));
  }
  return symbol;
}

static Expected<Dim> readDim(const Cursor &cursor, const NameTable &symbols) {
  if (!cursor.json.is_string()) {
    ASHLAR_ASSIGN_OR_RETURN(int64_t size, readInteger(cursor, 0, ManifestLimits::dimSize));
    return Dim::fixed(size);
  }
  auto found = symbols.find(cursor.json.get_ref<const std::string &>());
  if (found == symbols.end())
    return cursor.error("there is no dimension symbol " + cursor.json.dump());
  return Dim::dynamic(found->second);
}

static Expected<Tensor> readTensor(const Cursor &cursor, const NameTable &symbols) {
  Tensor tensor;
  ASHLAR_ASSIGN_OR_RETURN(tensor.name, readString(cursor, "name"));
  ASHLAR_ASSIGN_OR_RETURN(std::string name, readString(cursor, "element"));
  std::optional<ElementType> type = parseElementType(name);
  if (!type)
    return (cursor.path / "element").error("unknown element type '" + name + "'");
  tensor.type.element = *type;
  ASHLAR_RETURN_IF_ERROR(readList(cursor, "dims", ManifestLimits::rank, tensor.type.dims,
                                  [&](const Cursor &dim) { return readDim(dim, symbols); }));
  if (cursor.has("tolerance")) {
    ASHLAR_ASSIGN_OR_RETURN(Cursor entry, member(cursor, "tolerance"));
    Tolerance tolerance;
    ASHLAR_ASSIGN_OR_RETURN(tolerance.absolute, readNumber(entry, "absolute"));
    ASHLAR_ASSIGN_OR_RETURN(tolerance.relative, readNumber(entry, "relative"));
    tensor.tolerance = tolerance;
  }
  return tensor;
}

static Expected<BufferRef> readBuffer(const Cursor &cursor) {
  for (BufferRef::Kind kind : bufferKinds) {
    if (!cursor.has(bufferKindName(kind)))
      continue;
    ASHLAR_ASSIGN_OR_RETURN(int64_t index, readInteger(cursor, bufferKindName(kind), 0, INT32_MAX));
    return BufferRef{kind, static_cast<unsigned>(index)};
  }
  return cursor.error("expected one of the keys input, output, constant and slot");
}

static Status readIntegers(const Cursor &parent, const char *key, std::vector<int64_t> &results) {
  return readList(parent, key, tensorMapMaximumRank, results,
                  [](const Cursor &entry) { return readInteger(entry, INT32_MIN, INT32_MAX); });
}

static Expected<Im2col> readIm2col(const Cursor &parent) {
  Im2col result;
  ASHLAR_ASSIGN_OR_RETURN(Cursor cursor, member(parent, "im2col"));
  ASHLAR_RETURN_IF_ERROR(readIntegers(cursor, "lower", result.lower));
  ASHLAR_RETURN_IF_ERROR(readIntegers(cursor, "upper", result.upper));
  ASHLAR_ASSIGN_OR_RETURN(result.channels, readInteger(cursor, "channels", 1, 256));
  ASHLAR_ASSIGN_OR_RETURN(result.pixels, readInteger(cursor, "pixels", 1, 1024));
  return result;
}

static Expected<TensorMapElement> readMapElement(const Cursor &parent) {
  ASHLAR_ASSIGN_OR_RETURN(std::string name, readString(parent, "element"));
  for (const TensorMapElementName &entry : tensorMapElementNames)
    if (name == entry.name)
      return entry.element;
  return (parent.path / "element").error("unknown element type '" + name + "'");
}

static Expected<TensorMapArgument> readTensorMap(const Cursor &parent, const NameTable &symbols) {
  TensorMapArgument map;
  ASHLAR_ASSIGN_OR_RETURN(Cursor cursor, member(parent, "tensor_map"));
  ASHLAR_ASSIGN_OR_RETURN(Cursor buffer, member(cursor, "buffer"));
  ASHLAR_ASSIGN_OR_RETURN(map.buffer, readBuffer(buffer));
  ASHLAR_ASSIGN_OR_RETURN(map.offset, readInteger(cursor, "offset", 0, ManifestLimits::bufferBytes));
  ASHLAR_ASSIGN_OR_RETURN(map.element, readMapElement(cursor));
  ASHLAR_ASSIGN_OR_RETURN(map.swizzle, readInteger(cursor, "swizzle", 0, 128));
  auto expression = [&](const Cursor &entry) { return readExpression(entry, symbols); };
  ASHLAR_RETURN_IF_ERROR(readList(cursor, "extents", tensorMapMaximumRank, map.extents, expression));
  ASHLAR_RETURN_IF_ERROR(readList(cursor, "strides", tensorMapMaximumRank, map.strides, expression));
  if (cursor.has("element_strides"))
    ASHLAR_RETURN_IF_ERROR(readIntegers(cursor, "element_strides", map.elementStrides));
  if (cursor.has("im2col")) {
    ASHLAR_ASSIGN_OR_RETURN(map.im2col, readIm2col(cursor));
    return map;
  }
  ASHLAR_RETURN_IF_ERROR(readIntegers(cursor, "box", map.box));
  return map;
}

static Expected<Argument> readArgument(const Cursor &cursor, const NameTable &symbols) {
  if (cursor.has("tensor_map")) {
    ASHLAR_ASSIGN_OR_RETURN(TensorMapArgument map, readTensorMap(cursor, symbols));
    return Argument::tensorMap(std::move(map));
  }
  for (Argument::Kind kind : {Argument::Kind::I32, Argument::Kind::I64}) {
    const char *key = kind == Argument::Kind::I32 ? "i32" : "i64";
    if (!cursor.has(key))
      continue;
    ASHLAR_ASSIGN_OR_RETURN(Expression value, readExpression(cursor, key, symbols));
    return Argument{kind, {}, std::move(value), {}};
  }
  ASHLAR_ASSIGN_OR_RETURN(BufferRef buffer, readBuffer(cursor));
  return Argument{Argument::Kind::Buffer, buffer, {}, {}};
}

static Expected<Cursor> readTriple(const Cursor &parent, const char *key) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor array, readArray(parent, key, 3));
  if (array.json.size() != 3)
    return array.error("expected three elements");
  return array;
}

static Expected<Traffic> readTraffic(const Cursor &parent) {
  Traffic traffic;
  ASHLAR_ASSIGN_OR_RETURN(Cursor cursor, member(parent, "traffic"));
  ASHLAR_ASSIGN_OR_RETURN(traffic.bytesRead, readInteger(cursor, "read", 0, INT64_MAX));
  ASHLAR_ASSIGN_OR_RETURN(traffic.bytesWritten, readInteger(cursor, "written", 0, INT64_MAX));
  return traffic;
}

static Expected<LaunchStep> readLaunch(const Cursor &cursor, const NameTable &symbols,
                                       const NameTable &kernels) {
  LaunchStep launch;
  ASHLAR_ASSIGN_OR_RETURN(std::string name, readString(cursor, "kernel"));
  auto kernel = kernels.find(name);
  if (kernel == kernels.end())
    return (cursor.path / "kernel").error("there is no kernel '" + name + "'");
  launch.kernel = kernel->second;
  ASHLAR_ASSIGN_OR_RETURN(Cursor grid, readTriple(cursor, "grid"));
  ASHLAR_ASSIGN_OR_RETURN(Cursor block, readTriple(cursor, "block"));
  ASHLAR_ASSIGN_OR_RETURN(Cursor cluster, readTriple(cursor, "cluster"));
  for (size_t i = 0; i < 3; ++i) {
    ASHLAR_ASSIGN_OR_RETURN(launch.grid[i], readExpression(element(grid, i), symbols));
    ASHLAR_ASSIGN_OR_RETURN(launch.block[i], readInteger(element(block, i), 1, 1024));
    ASHLAR_ASSIGN_OR_RETURN(launch.cluster[i], readInteger(element(cluster, i), 1, 16));
  }
  ASHLAR_ASSIGN_OR_RETURN(launch.dynamicSharedBytes,
                          readInteger(cursor, "dynamic_shared_bytes", 0, INT32_MAX));
  if (cursor.has("persistent_blocks")) {
    ASHLAR_ASSIGN_OR_RETURN(launch.persistentBlocks, readInteger(cursor, "persistent_blocks", 1, 64));
  }
  if (cursor.has("programmatic_launch")) {
    ASHLAR_ASSIGN_OR_RETURN(launch.programmaticLaunch, readBool(cursor, "programmatic_launch"));
  }
  if (cursor.has("traffic")) {
    ASHLAR_ASSIGN_OR_RETURN(launch.traffic, readTraffic(cursor));
  }
  ASHLAR_RETURN_IF_ERROR(readList(cursor, "arguments", ManifestLimits::argumentsPerKernel, launch.arguments,
                                  [&](const Cursor &argument) { return readArgument(argument, symbols); }));
  return launch;
}

static Expected<Step> readStep(const Cursor &cursor, const NameTable &symbols, const NameTable &kernels) {
  ASHLAR_ASSIGN_OR_RETURN(std::string kind, readString(cursor, "kind"));
  if (kind == "launch") {
    ASHLAR_ASSIGN_OR_RETURN(LaunchStep launch, readLaunch(cursor, symbols, kernels));
    return Step::makeLaunch(std::move(launch));
  }
  if (kind != "copy")
    return (cursor.path / "kind").error("unknown step kind '" + kind + "'");
  CopyStep copy;
  ASHLAR_ASSIGN_OR_RETURN(Cursor source, member(cursor, "source"));
  ASHLAR_ASSIGN_OR_RETURN(copy.source, readBuffer(source));
  ASHLAR_ASSIGN_OR_RETURN(Cursor destination, member(cursor, "destination"));
  ASHLAR_ASSIGN_OR_RETURN(copy.destination, readBuffer(destination));
  ASHLAR_ASSIGN_OR_RETURN(copy.bytes, readExpression(cursor, "bytes", symbols));
  return Step::makeCopy(std::move(copy));
}

/// Reads the keys "arena" and "steps" into `plan`.
static Status readPlan(const Cursor &cursor, Plan &plan, const NameTable &symbols, const NameTable &kernels) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor arena, member(cursor, "arena"));
  ASHLAR_ASSIGN_OR_RETURN(plan.arenaSize, readExpression(arena, "size", symbols));
  auto slot = [&](const Cursor &entry) -> Expected<ArenaSlot> {
    ArenaSlot result;
    ASHLAR_ASSIGN_OR_RETURN(result.offset, readExpression(entry, "offset", symbols));
    ASHLAR_ASSIGN_OR_RETURN(result.size, readExpression(entry, "size", symbols));
    return result;
  };
  ASHLAR_RETURN_IF_ERROR(readList(arena, "slots", ManifestLimits::slotsPerFunction, plan.slots, slot));
  return readList(cursor, "steps", ManifestLimits::stepsPerFunction, plan.steps,
                  [&](const Cursor &entry) { return readStep(entry, symbols, kernels); });
}

static Expected<SizeCheck> readCheck(const Cursor &cursor, const NameTable &symbols) {
  SizeCheck check;
  if (cursor.has("at_most"))
    check.relation = SizeCheck::Relation::AtMost;
  else if (!cursor.has("equal"))
    return cursor.error("expected one of the keys equal and at_most");
  const char *key = check.relation == SizeCheck::Relation::Equal ? "equal" : "at_most";
  ASHLAR_ASSIGN_OR_RETURN(Cursor sides, readArray(cursor, key, 2));
  if (sides.json.size() != 2)
    return sides.error("expected two elements");
  ASHLAR_ASSIGN_OR_RETURN(check.left, readExpression(element(sides, 0), symbols));
  ASHLAR_ASSIGN_OR_RETURN(check.right, readExpression(element(sides, 1), symbols));
  ASHLAR_ASSIGN_OR_RETURN(check.reason, readString(cursor, "reason"));
  return check;
}

static Expected<Function> readFunction(const Cursor &cursor, const NameTable &kernels) {
  Function function;
  ASHLAR_ASSIGN_OR_RETURN(function.name, readString(cursor, "name"));
  ASHLAR_RETURN_IF_ERROR(
      readList(cursor, "symbols", ManifestLimits::symbolsPerFunction, function.symbols, readSymbol));
  NameTable symbols;
  for (const DimSymbol &symbol : function.symbols)
    symbols.emplace(symbol.name, static_cast<unsigned>(symbols.size()));
  auto tensor = [&](const Cursor &entry) { return readTensor(entry, symbols); };
  ASHLAR_RETURN_IF_ERROR(
      readList(cursor, "inputs", ManifestLimits::tensorsPerFunction, function.inputs, tensor));
  ASHLAR_RETURN_IF_ERROR(
      readList(cursor, "outputs", ManifestLimits::tensorsPerFunction, function.outputs, tensor));
  if (cursor.has("checks"))
    ASHLAR_RETURN_IF_ERROR(readList(cursor, "checks", ManifestLimits::checksPerFunction, function.checks,
                                    [&](const Cursor &entry) { return readCheck(entry, symbols); }));
  ASHLAR_RETURN_IF_ERROR(readPlan(cursor, function, symbols, kernels));
  if (!cursor.has("target_plans"))
    return function;
  auto targetPlan = [&](const Cursor &entry) -> Expected<TargetPlan> {
    TargetPlan plan;
    ASHLAR_ASSIGN_OR_RETURN(plan.target, readString(entry, "target"));
    ASHLAR_RETURN_IF_ERROR(readPlan(entry, plan, symbols, kernels));
    return plan;
  };
  ASHLAR_RETURN_IF_ERROR(
      readList(cursor, "target_plans", ManifestLimits::targets, function.targetPlans, targetPlan));
  return function;
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// Bracket depth of the text; the JSON library itself would follow any depth.
static size_t nestingDepth(std::string_view text) {
  size_t depth = 0, deepest = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inString = false;
    } else if (c == '"') {
      inString = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

static Status readVersion(const Cursor &root, Manifest &manifest) {
  ASHLAR_ASSIGN_OR_RETURN(Cursor format, member(root, "format"));
  ASHLAR_ASSIGN_OR_RETURN(int64_t major, readInteger(format, "major", 0, INT32_MAX));
  ASHLAR_ASSIGN_OR_RETURN(int64_t minor, readInteger(format, "minor", 0, INT32_MAX));
  manifest.major = static_cast<int>(major);
  manifest.minor = static_cast<int>(minor);
  if (manifest.major == formatMajor)
    return {};
  std::string versions = "the package has format version " + std::to_string(major) + "." +
                         std::to_string(minor) + ", this library reads " + std::to_string(formatMajor) +
                         ".x; ";
  return Status(
      StatusCode::UnsupportedVersion,
      versions + (manifest.major > formatMajor ? "update the Ashlar runtime" : "compile the program again"));
}

static Expected<Manifest> readManifest(const Cursor &root) {
  Manifest manifest;
  ASHLAR_RETURN_IF_ERROR(readVersion(root, manifest));
  ASHLAR_ASSIGN_OR_RETURN(manifest.producer, readString(root, "producer"));
  ASHLAR_RETURN_IF_ERROR(readList(root, "targets", ManifestLimits::targets, manifest.targets, readTarget));
  ASHLAR_RETURN_IF_ERROR(readList(root, "kernels", ManifestLimits::kernels, manifest.kernels, readKernel));
  NameTable kernels;
  for (const Kernel &kernel : manifest.kernels)
    kernels.emplace(kernel.name, static_cast<unsigned>(kernels.size()));
  ASHLAR_ASSIGN_OR_RETURN(Cursor constants, member(root, "constants"));
  ASHLAR_ASSIGN_OR_RETURN(manifest.constantsBytes,
                          readInteger(constants, "bytes", 0, ManifestLimits::bufferBytes));
  ASHLAR_RETURN_IF_ERROR(
      readList(constants, "table", ManifestLimits::constants, manifest.constants, readConstant));
  ASHLAR_ASSIGN_OR_RETURN(manifest.hasReference, readBool(root, "reference"));
  ASHLAR_RETURN_IF_ERROR(readList(root, "functions", ManifestLimits::functions, manifest.functions,
                                  [&](const Cursor &entry) { return readFunction(entry, kernels); }));
  return manifest;
}

Expected<Manifest> manifestFromJson(std::string_view text) {
  if (text.size() > ManifestLimits::jsonBytes)
    return invalidPackage("manifest.json is larger than " + std::to_string(ManifestLimits::jsonBytes) +
                          " bytes");
  if (nestingDepth(text) > ManifestLimits::jsonDepth)
    return invalidPackage("manifest.json is nested deeper than " + std::to_string(ManifestLimits::jsonDepth));
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    return invalidPackage("manifest.json is not valid JSON");
  ASHLAR_ASSIGN_OR_RETURN(Manifest manifest, readManifest(Cursor{json, {}}));
  ASHLAR_RETURN_IF_ERROR(verifyManifest(manifest));
  return manifest;
}

} // namespace ashlar::package
