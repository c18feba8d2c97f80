//===-- ManifestToJson.cpp - from the manifest's structs to JSON ----------===//
//
// Keys keep the order in which they are written here, so equal manifests give equal bytes. Dimension symbols
// and kernels are written by name, which keeps the file readable.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Package/Manifest.h"

#include "ExpressionNames.h"

#include <nlohmann/json.hpp>

namespace ashlar::package {

using Json = nlohmann::ordered_json;

static Json toJson(const Expression &expression, const std::vector<DimSymbol> &symbols) {
  if (expression.kind() == Expression::Kind::Constant)
    return expression.value();
  if (expression.kind() == Expression::Kind::Dim)
    return Json::array({"dim", symbols[static_cast<size_t>(expression.value())].name});
  Json result = Json::array({expressionName(expression.kind())});
  for (const Expression &operand : expression.operands())
    result.push_back(toJson(operand, symbols));
  return result;
}

static Json toJson(const Target &target) {
  return {{"name", target.name},
          {"image", target.image},
          {"kind", imageKindName(target.kind)},
          {"capability", target.capability},
          {"exact", target.exact}};
}

static Json toJson(const Kernel &kernel) {
  Json resources = Json::array();
  for (const KernelResources &entry : kernel.resources)
    resources.push_back({{"target", entry.target},
                         {"registers", entry.registers},
                         {"spill_bytes", entry.spillBytes},
                         {"stack_bytes", entry.stackBytes},
                         {"shared_bytes", entry.sharedBytes},
                         {"notes", entry.notes}});
  return {{"name", kernel.name},
          {"schedule", kernel.schedule},
          {"location", kernel.location},
          {"resources", std::move(resources)}};
}

static Json toJson(const Tensor &tensor, const std::vector<DimSymbol> &symbols) {
  Json dims = Json::array();
  for (const Dim &dim : tensor.type.dims)
    dims.push_back(dim.symbol ? Json(symbols[*dim.symbol].name) : Json(dim.size));
  Json result = {
      {"name", tensor.name}, {"element", elementTypeName(tensor.type.element)}, {"dims", std::move(dims)}};
  if (tensor.tolerance)
    result["tolerance"] = {{"absolute", tensor.tolerance->absolute},
                           {"relative", tensor.tolerance->relative}};
  return result;
}

static Json toJson(const DimSymbol &symbol) {
  Json result = {{"name", symbol.name}, {"input", symbol.input}, {"axis", symbol.axis}};
  if (symbol.max)
    result["max"] = *symbol.max;
  if (symbol.multipleOf != 1)
    result["multiple_of"] = symbol.multipleOf;
  return result;
}

static Json toJson(const SizeCheck &check, const std::vector<DimSymbol> &symbols) {
  const char *relation = check.relation == SizeCheck::Relation::Equal ? "equal" : "at_most";
  Json sides = Json::array({toJson(check.left, symbols), toJson(check.right, symbols)});
  return {{relation, std::move(sides)}, {"reason", check.reason}};
}

static Json toJson(const BufferRef &buffer) { return {{bufferKindName(buffer.kind), buffer.index}}; }

static Json toJson(const std::vector<Expression> &expressions, const std::vector<DimSymbol> &symbols) {
  Json result = Json::array();
  for (const Expression &expression : expressions)
    result.push_back(toJson(expression, symbols));
  return result;
}

static Json toJson(const TensorMapArgument &map, const std::vector<DimSymbol> &symbols) {
  Json result = {{"buffer", toJson(map.buffer)},
                 {"offset", map.offset},
                 {"element", tensorMapElementName(map.element)},
                 {"extents", toJson(map.extents, symbols)},
                 {"strides", toJson(map.strides, symbols)},
                 {"swizzle", map.swizzle}};
  if (!map.elementStrides.empty())
    result["element_strides"] = map.elementStrides;
  if (map.im2col)
    result["im2col"] = {{"lower", map.im2col->lower},
                        {"upper", map.im2col->upper},
                        {"channels", map.im2col->channels},
                        {"pixels", map.im2col->pixels}};
  else
    result["box"] = map.box;
  return result;
}

static Json toJson(const Argument &argument, const std::vector<DimSymbol> &symbols) {
  if (argument.kind == Argument::Kind::Buffer)
    return toJson(argument.buffer);
  if (argument.kind == Argument::Kind::TensorMap)
    return {{"tensor_map", toJson(argument.map, symbols)}};
  return {{argument.kind == Argument::Kind::I32 ? "i32" : "i64", toJson(argument.value, symbols)}};
}

static Json toJson(const Step &step, const Manifest &manifest, const std::vector<DimSymbol> &symbols) {
  if (step.kind == Step::Kind::Copy)
    return {{"kind", "copy"},
            {"source", toJson(step.copy.source)},
            {"destination", toJson(step.copy.destination)},
            {"bytes", toJson(step.copy.bytes, symbols)}};
  const LaunchStep &launch = step.launch;
  Json grid = toJson(std::vector<Expression>(launch.grid.begin(), launch.grid.end()), symbols),
       arguments = Json::array();
  for (const Argument &argument : launch.arguments)
    arguments.push_back(toJson(argument, symbols));
  Json json = {{"kind", "launch"},
               {"kernel", manifest.kernels[launch.kernel].name},
               {"grid", std::move(grid)},
               {"block", launch.block},
               {"cluster", launch.cluster},
               {"dynamic_shared_bytes", launch.dynamicSharedBytes},
               {"arguments", std::move(arguments)}};
  if (launch.persistentBlocks)
    json["persistent_blocks"] = launch.persistentBlocks;
  if (launch.programmaticLaunch)
    json["programmatic_launch"] = true;
  if (launch.traffic)
    json["traffic"] = {{"read", launch.traffic->bytesRead}, {"written", launch.traffic->bytesWritten}};
  return json;
}

/// Adds the keys "arena" and "steps".
static void addPlan(Json &json, const Plan &plan, const Manifest &manifest,
                    const std::vector<DimSymbol> &symbols) {
  Json slots = Json::array(), steps = Json::array();
  for (const ArenaSlot &slot : plan.slots)
    slots.push_back({{"offset", toJson(slot.offset, symbols)}, {"size", toJson(slot.size, symbols)}});
  for (const Step &step : plan.steps)
    steps.push_back(toJson(step, manifest, symbols));
  json["arena"] = {{"size", toJson(plan.arenaSize, symbols)}, {"slots", std::move(slots)}};
  json["steps"] = std::move(steps);
}

static Json toJson(const Function &function, const Manifest &manifest) {
  Json inputs = Json::array(), outputs = Json::array(), symbols = Json::array(), plans = Json::array(),
       checks = Json::array();
  for (const Tensor &input : function.inputs)
    inputs.push_back(toJson(input, function.symbols));
  for (const Tensor &output : function.outputs)
    outputs.push_back(toJson(output, function.symbols));
  for (const DimSymbol &symbol : function.symbols)
    symbols.push_back(toJson(symbol));
  for (const SizeCheck &check : function.checks)
    checks.push_back(toJson(check, function.symbols));
  Json result = {{"name", function.name},
                 {"symbols", std::move(symbols)},
                 {"inputs", std::move(inputs)},
                 {"outputs", std::move(outputs)}};
  if (!function.checks.empty())
    result["checks"] = std::move(checks);
  addPlan(result, function, manifest, function.symbols);
  for (const TargetPlan &plan : function.targetPlans) {
    Json entry = {{"target", plan.target}};
    addPlan(entry, plan, manifest, function.symbols);
    plans.push_back(std::move(entry));
  }
  if (!plans.empty())
    result["target_plans"] = std::move(plans);
  return result;
}

/// Values that fit on a line stand on one; others have an element or member a line.
static void print(const Json &json, size_t indent, std::string &text) {
  constexpr size_t width = 110;
  std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (json.is_primitive() || json.empty() || indent + line.size() <= width) {
    text += line;
    return;
  }
  bool isObject = json.is_object(), isFirst = true;
  text += isObject ? "{" : "[";
  for (auto member = json.begin(); member != json.end(); ++member) {
    text += (isFirst ? "\n" : ",\n") + std::string(indent + 1, ' ');
    if (isObject)
      text += Json(member.key()).dump(-1, ' ', false, Json::error_handler_t::replace) + ": ";
    print(*member, indent + 1, text);
    isFirst = false;
  }
  text += "\n" + std::string(indent, ' ') + (isObject ? "}" : "]");
}

std::string manifestToJson(const Manifest &manifest) {
  Json targets = Json::array(), kernels = Json::array(), functions = Json::array(), table = Json::array();
  for (const Target &target : manifest.targets)
    targets.push_back(toJson(target));
  for (const Kernel &kernel : manifest.kernels)
    kernels.push_back(toJson(kernel));
  for (const Function &function : manifest.functions)
    functions.push_back(toJson(function, manifest));
  for (const Constant &constant : manifest.constants)
    table.push_back({{"name", constant.name}, {"offset", constant.offset}, {"size", constant.size}});
  Json root = {{"format", {{"major", manifest.major}, {"minor", manifest.minor}}},
               {"producer", manifest.producer},
               {"targets", std::move(targets)},
               {"functions", std::move(functions)},
               {"kernels", std::move(kernels)},
               {"constants", {{"bytes", manifest.constantsBytes}, {"table", std::move(table)}}},
               {"reference", manifest.hasReference}};
  std::string text;
  print(root, 0, text);
  return text + "\n";
}

} // namespace ashlar::package
