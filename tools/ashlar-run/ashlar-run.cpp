//===-- ashlar-run.cpp - runs functions of compiled packages --------------===//
//
// The order of a run: package, function, inputs, device, call, checks, outputs. Every failure is one line on standard
// error.
//
//===----------------------------------------------------------------------===//

#include "Compare.h"
#include "FunctionCall.h"
#include "Options.h"
#include "Printing.h"
#include "ReferenceRunner.h"
#include "Session.h"
#include "TensorSpec.h"

#include "ashlar/SimulatorDevice/SimulatorDevice.h"
#include "ashlar/Support/FileIO.h"

#include <cstdio>
#include <exception>

using namespace ashlar;
using namespace ashlar::run;
using package::Function;
using package::Manifest;
using package::PackageReader;

/// Exit codes; the help text states them.
static constexpr int exitPassed = 0, exitWrong = 1, exitError = 2;

/// Lists of outputs are empty or complete; said before the work is done.
static Status checkOutputLists(const Function &function, const Options &options) {
  for (const auto &[list, name] : {std::pair(&options.outputs, "--output"),
                                   std::pair(&options.expectedOutputs, "--expected-output")})
    if (!list->empty() && list->size() != function.outputs.size())
      return invalidArgument(std::string(name) + " is given " + std::to_string(list->size()) +
                             " times, the function has " + std::to_string(function.outputs.size()) +
                             " outputs: " + signatureText(function));
  return {};
}

static package::Tolerance toleranceOf(const package::Tensor &output, const Options &options) {
  if (options.tolerance)
    return *options.tolerance;
  return output.tolerance.value_or(defaultTolerance(output.type.element));
}

/// Compares all outputs with `expected` and prints a line for each.
static void checkOutputs(RunResult &result, const Function &function, const std::vector<HostTensor> &expected,
                         const std::string &against, const Options &options, bool exact) {
  for (size_t i = 0; i < expected.size(); ++i) {
    package::Tolerance tolerance = exact ? package::Tolerance{} : toleranceOf(function.outputs[i], options);
    Comparison comparison = compare(result.call.outputs[i], expected[i], tolerance);
    std::printf("%s against %s: %s\n", function.outputs[i].name.c_str(), against.c_str(),
                comparisonText(comparison, expected[i]).c_str());
    result.passed &= comparison.passed();
    result.checks.push_back({function.outputs[i].name, against, comparison});
  }
}

/// Runs the call in the completion modes that were asked for; two modes must give the same bits.
static Status runCalls(const std::shared_ptr<const PackageReader> &package, unsigned index,
                       const std::vector<HostTensor> &inputs, const Options &options, RunResult &result) {
  const Function &function = package->manifest().functions[index];
  bool both = options.simAsync == "both";
  ASHLAR_ASSIGN_OR_RETURN(std::unique_ptr<runtime::Executable> executable,
                          openExecutable(package, options, both ? "earliest" : options.simAsync));
  bool isSimulator = executable->device().properties().capability == 0;
  bool profile = options.profile || isSimulator;
  ASHLAR_ASSIGN_OR_RETURN(result.call, callFunction(*executable, index, inputs, options.iterations, profile));
  result.passed &= printFindings(result.call) == 0;
  if (!both || !isSimulator)
    return {};
  ASHLAR_ASSIGN_OR_RETURN(std::unique_ptr<runtime::Executable> late, openExecutable(package, options, "latest"));
  ASHLAR_ASSIGN_OR_RETURN(CallResult second, callFunction(*late, index, inputs, 1, true));
  result.passed &= printFindings(second) == 0;
  checkOutputs(result, function, second.outputs, "latest completion", options, /*exact=*/true);
  for (size_t i = 0; i < second.steps.size(); ++i)
    for (const std::string &finding : second.steps[i].report.findings)
      result.call.steps[i].report.findings.push_back("(latest completion) " + finding);
  return {};
}

static Status checkAgainstExpected(RunResult &result, const Function &function, const Options &options) {
  if (options.expectedOutputs.empty())
    return {};
  std::vector<HostTensor> expected;
  for (size_t i = 0; i < function.outputs.size(); ++i) {
    Expected<HostTensor> tensor = parseTensorSpec(options.expectedOutputs[i], function, function.outputs[i].type);
    std::string name = "expected output " + std::to_string(i) + " ('" + function.outputs[i].name + "')";
    if (!tensor)
      return tensor.status().withContext(name);
    const HostTensor &got = result.call.outputs[i];
    if (tensor->dims != got.dims)
      return invalidArgument(name + " is " + shapeText(tensor->element, tensor->dims) + ", the output is " +
                             shapeText(got.element, got.dims));
    expected.push_back(*std::move(tensor));
  }
  checkOutputs(result, function, expected, "expected output", options, /*exact=*/false);
  return {};
}

static Status checkAgainstReference(RunResult &result, const PackageReader &package, const Function &function,
                                    const std::vector<HostTensor> &inputs, const Options &options) {
  if (!options.check)
    return {};
  std::vector<HostTensor> expected = result.call.outputs;
  ASHLAR_RETURN_IF_ERROR(runReference(package, function, inputs, expected));
  checkOutputs(result, function, expected, "reference", options, /*exact=*/false);
  return {};
}

/// The last word, when anything was checked.
static void printVerdict(const RunResult &result) {
  size_t findings = 0, failures = 0;
  for (const runtime::StepProfile &step : result.call.steps)
    findings += step.report.findings.size();
  for (const CheckedOutput &check : result.checks)
    failures += !check.comparison.passed();
  if (result.checks.empty() && findings == 0)
    return;
  if (result.passed)
    std::printf("%s: PASS\n", result.function.c_str());
  else
    std::printf("%s: FAIL (%zu of %zu comparisons, %zu findings)\n", result.function.c_str(), failures,
                result.checks.size(), findings);
}

static Status writeOutputs(const RunResult &result, const Function &function, const Options &options) {
  std::vector<std::string> destinations = options.outputs;
  bool quiet = options.check || !options.expectedOutputs.empty();
  if (destinations.empty() && !quiet)
    destinations.assign(function.outputs.size(), "-");
  for (size_t i = 0; i < destinations.size(); ++i)
    ASHLAR_RETURN_IF_ERROR(
        writeTensor(destinations[i], function.outputs[i].name, result.call.outputs[i], options.maxElements));
  return {};
}

static Status writeJson(const Options &options, const std::string &json) {
  if (options.json.empty())
    return {};
  return writeFile(options.json, {reinterpret_cast<const uint8_t *>(json.data()), json.size()});
}

/// Everything after option parsing; the result is whether all checks passed.
static Expected<bool> runFile(const Options &options) {
  ASHLAR_ASSIGN_OR_RETURN(PackageReader reader, PackageReader::openFile(options.file));
  auto package = std::make_shared<const PackageReader>(std::move(reader));
  if (options.list) {
    printPackage(*package);
    ASHLAR_RETURN_IF_ERROR(writeJson(options, manifestToJson(package->manifest())));
    return true;
  }
  ASHLAR_ASSIGN_OR_RETURN(unsigned index, chooseFunction(package->manifest(), options.function));
  const Function &function = package->manifest().functions[index];
  ASHLAR_ASSIGN_OR_RETURN(std::vector<HostTensor> inputs, readInputs(function, options.inputs));
  ASHLAR_RETURN_IF_ERROR(checkOutputLists(function, options));
  if (options.check && !package->manifest().hasReference)
    return package->reference().status();
  RunResult result;
  result.function = function.name;
  ASHLAR_RETURN_IF_ERROR(runCalls(package, index, inputs, options, result));
  ASHLAR_RETURN_IF_ERROR(checkAgainstExpected(result, function, options));
  ASHLAR_RETURN_IF_ERROR(checkAgainstReference(result, *package, function, inputs, options));
  if (options.profile)
    printProfile(result.call);
  ASHLAR_RETURN_IF_ERROR(writeOutputs(result, function, options));
  printVerdict(result);
  ASHLAR_RETURN_IF_ERROR(writeJson(options, resultToJson(result, function)));
  return result.passed;
}

int main(int argc, char **argv) {
  Options options;
  if (std::optional<int> exitCode = parseOptions(argc, argv, options))
    return *exitCode;
  runtime::registerSimulatorDevice();
  Status failure;
  try {
    Expected<bool> passed = runFile(options);
    if (passed)
      return *passed ? exitPassed : exitWrong;
    failure = passed.status();
  } catch (const std::bad_alloc &) {
    failure = Status(StatusCode::OutOfMemory, "host memory is exhausted");
  } catch (const std::exception &error) {
    failure = Status(StatusCode::Internal, error.what());
  }
  std::fflush(stdout);
  std::fprintf(stderr, "ashlar-run: error: %s\n", failure.message().c_str());
  (void)writeJson(options, errorToJson(failure));
  return exitError;
}
