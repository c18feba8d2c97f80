//===-- Printing.cpp - what ashlar-run tells ------------------------------===//
//
// Text for people on standard output, JSON for tools.
//
//===----------------------------------------------------------------------===//

#include "FunctionCall.h"
#include "Printing.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>

namespace ashlar::run {

using package::Function;
using package::Kernel;
using package::KernelResources;
using package::Tensor;
using runtime::StepProfile;
using Json = nlohmann::ordered_json;

//===----------------------------------------------------------------------===//
// Listing
//===----------------------------------------------------------------------===//

static void printFunction(const Function &function) {
  std::printf("  %s\n", signatureText(function).c_str());
  for (const package::DimSymbol &symbol : function.symbols) {
    std::string limits = symbol.max ? ", at most " + std::to_string(*symbol.max) : "";
    if (symbol.multipleOf > 1)
      limits += ", a multiple of " + std::to_string(symbol.multipleOf);
    std::printf("    %s: axis %u of %s%s\n", symbol.name.c_str(), symbol.axis,
                function.inputs[symbol.input].name.c_str(), limits.c_str());
  }
  std::optional<int64_t> arena = function.arenaSize.constantValue();
  std::printf("    %zu steps, arena %s\n", function.steps.size(),
              arena ? (std::to_string(*arena) + " bytes").c_str() : "by dimensions");
}

static void printKernel(const Kernel &kernel) {
  std::printf("  %s%s%s\n", kernel.name.c_str(), kernel.schedule.empty() ? "" : ": ", kernel.schedule.c_str());
  if (!kernel.location.empty())
    std::printf("    from %s\n", kernel.location.c_str());
  for (const KernelResources &resources : kernel.resources)
    std::printf("    %s: %lld registers, %lld bytes spilled, %lld bytes of shared memory%s%s\n",
                resources.target.c_str(), static_cast<long long>(resources.registers),
                static_cast<long long>(resources.spillBytes), static_cast<long long>(resources.sharedBytes),
                resources.notes.empty() ? "" : "; ", resources.notes.c_str());
}

void printPackage(const package::PackageReader &reader) {
  const package::Manifest &manifest = reader.manifest();
  std::printf("format %d.%d, by %s\n", manifest.major, manifest.minor,
              manifest.producer.empty() ? "unknown" : manifest.producer.c_str());
  std::printf("functions:\n");
  for (const Function &function : manifest.functions)
    printFunction(function);
  std::printf("targets:\n");
  for (const package::Target &target : manifest.targets)
    std::printf("  %s: %s (%s)\n", target.name.c_str(), target.image.c_str(), imageKindName(target.kind));
  std::printf("kernels:\n");
  for (const Kernel &kernel : manifest.kernels)
    printKernel(kernel);
  std::printf("constants: %zu, %lld bytes\n", manifest.constants.size(),
              static_cast<long long>(manifest.constantsBytes));
  std::printf("reference: %s\n", manifest.hasReference ? "yes" : "no");
}

//===----------------------------------------------------------------------===//
// Profiles
//===----------------------------------------------------------------------===//

static std::string extentText(const std::array<uint32_t, 3> &extent) {
  return std::to_string(extent[0]) + "x" + std::to_string(extent[1]) + "x" + std::to_string(extent[2]);
}

void printProfile(const CallResult &result) {
  std::printf("profile on %s, image %s:\n", result.device.c_str(), result.target.c_str());
  double total = 0;
  for (const StepProfile &step : result.steps) {
    total += step.milliseconds;
    if (step.skipped || step.name == "copy") {
      std::printf("  %-32s %10.4f ms%s\n", step.name.c_str(), step.milliseconds, step.skipped ? "  (empty)" : "");
      continue;
    }
    std::printf("  %-32s %10.4f ms  grid %s, block %s, %u bytes of dynamic shared memory\n", step.name.c_str(),
                step.milliseconds, extentText(step.grid).c_str(), extentText(step.block).c_str(),
                step.dynamicSharedBytes);
    for (const auto &[name, value] : step.report.counters)
      if (value != 0)
        std::printf("    %-30s %14lld\n", name.c_str(), static_cast<long long>(value));
    for (const auto &[site, counters] : step.report.sites)
      for (const auto &[name, value] : counters)
        if (name == "bank_conflicts" && value != 0)
          std::printf("    %lld bank conflicts at %s\n", static_cast<long long>(value), site.c_str());
  }
  std::printf("  %-32s %10.4f ms\n", "total", total);
}

size_t printFindings(const CallResult &result) {
  size_t count = 0;
  for (const StepProfile &step : result.steps)
    for (const std::string &finding : step.report.findings) {
      std::printf("finding: %s\n", finding.c_str());
      ++count;
    }
  return count;
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static Json countersToJson(const std::vector<std::pair<std::string, int64_t>> &counters) {
  Json result = Json::object();
  for (const auto &[name, value] : counters)
    result[name] = value;
  return result;
}

static Json stepToJson(const StepProfile &step) {
  Json sites = Json::array();
  for (const auto &[site, counters] : step.report.sites)
    sites.push_back({{"site", site}, {"counters", countersToJson(counters)}});
  return {{"name", step.name},
          {"milliseconds", step.milliseconds},
          {"grid", step.grid},
          {"block", step.block},
          {"dynamic_shared_bytes", step.dynamicSharedBytes},
          {"skipped", step.skipped},
          {"findings", step.report.findings},
          {"counters", countersToJson(step.report.counters)},
          {"sites", std::move(sites)}};
}

/// JSON knows no infinity; errors that are infinite become the text "inf".
static Json numberToJson(double value) { return std::isfinite(value) ? Json(value) : Json("inf"); }

static Json checkToJson(const CheckedOutput &check) {
  const Comparison &comparison = check.comparison;
  return {{"output", check.name},
          {"against", check.against},
          {"max_absolute_error", numberToJson(comparison.maxAbsoluteError)},
          {"max_relative_error", numberToJson(comparison.maxRelativeError)},
          {"absolute_tolerance", comparison.tolerance.absolute},
          {"relative_tolerance", comparison.tolerance.relative},
          {"failures", comparison.failures},
          {"passed", comparison.passed()}};
}

static std::string dump(const Json &json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string resultToJson(const RunResult &result, const Function &function) {
  Json outputs = Json::array(), checks = Json::array(), steps = Json::array();
  for (size_t i = 0; i < result.call.outputs.size(); ++i)
    outputs.push_back({{"name", function.outputs[i].name},
                       {"type", shapeText(result.call.outputs[i].element, result.call.outputs[i].dims)}});
  for (const CheckedOutput &check : result.checks)
    checks.push_back(checkToJson(check));
  for (const StepProfile &step : result.call.steps)
    steps.push_back(stepToJson(step));
  return dump({{"passed", result.passed},
               {"function", result.function},
               {"device", result.call.device},
               {"target", result.call.target},
               {"outputs", std::move(outputs)},
               {"checks", std::move(checks)},
               {"steps", std::move(steps)}});
}

std::string errorToJson(const Status &status) {
  return dump({{"passed", false}, {"code", statusCodeName(status.code())}, {"error", status.message()}});
}

} // namespace ashlar::run
