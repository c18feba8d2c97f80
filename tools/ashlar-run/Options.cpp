//===-- Options.cpp - command line of ashlar-run --------------------------===//
//
// Declares the options and their help.
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "ashlar/Runtime/Version.h"

#include <CLI/CLI.hpp>

#include <cmath>
#include <limits>

namespace ashlar::run {

static constexpr const char *description =
    "Runs a function of a compiled package on a GPU or on the simulator, prints or checks its results.";

static constexpr const char *examples = R"(
Tensors (--input, --expected-output), one option per tensor, in the order of the function:
  2x3xf16=@x.npy      a NumPy array; @x.npy alone takes its shape from the file
  2x3xf16=@x.bin      raw bytes, row-major, little-endian; i4 packed, low nibble first
  2x3xf32=1.5         every element 1.5
  2x3xf32=1,2,3,4,5,6 or [[1 2 3][4 5 6]]
  2x3xf16=@random:7   random from seed 7, the same on every machine (floats: normal, deviation 1, or scaled as in
                      @random:7*0.1; i8 and i4: -8..7; i32 and i64: -1000..1000)
  2x3xi8=@bits:7      random integers of the whole range
  2x3xf32             zeros
  The type may be left out where the function's type has no free sizes: --input=@random:7
Outputs (--output): @y.npy and @y.bin write a file, +y.npy and +y.bin append to one, - prints.

Examples:
  ashlar-run model.ashlar --list
      What is in it: functions with their types, kernels with registers and shared memory.
  ashlar-run model.ashlar --function=attention --input=@q.npy --input=@k.npy --input=@v.npy --output=@o.npy
  ashlar-run model.ashlar --input=@random:1 --input=@random:2 --check
      Compares with the reference inside the package; exit code 1 if an output is out of tolerance.
  ashlar-run model.ashlar --device=sim --sim-async=both --check --input=@random:1 --profile
      On the simulator, with races, bounds and missing waits checked, and what each kernel moved.
  ashlar-run model.ashlar --device=cuda:1 --input=8x64xf16=@random:1 --profile --iterations=20
      Median time of every kernel.

Exit code: 0 success, 1 a wrong result or a finding of the simulator, 2 everything else.)";

/// "1e-3" or "1e-3,1e-2".
static std::optional<package::Tolerance> parseTolerance(const std::string &text) {
  try {
    package::Tolerance tolerance;
    size_t used = 0;
    tolerance.absolute = std::stod(text, &used);
    if (used < text.size() && text[used] == ',') {
      std::string rest = text.substr(used + 1);
      tolerance.relative = std::stod(rest, &used);
      used = used == rest.size() ? text.size() : 0;
    }
    bool valid = used == text.size() && std::isfinite(tolerance.absolute) &&
                 std::isfinite(tolerance.relative) && tolerance.absolute >= 0 && tolerance.relative >= 0;
    return valid ? std::optional(tolerance) : std::nullopt;
  } catch (const std::exception &) {
    return std::nullopt;
  }
}

static void declareOptions(CLI::App &app, Options &options, std::string &tolerance) {
  // Lists take one value per occurrence: a second word is never swallowed, and brackets stay as they are.
  auto list = [&](const char *name, std::vector<std::string> &target, const char *help) {
    app.add_option(name, target, help)->allow_extra_args(false)->take_all();
  };
  app.add_option("file", options.file, "The package, a .ashlar file")->required();
  app.add_option("--function", options.function, "Function to call; may be left out when there is only one");
  app.add_option("--device", options.device,
                 "auto, cuda, cuda:N or sim; auto is the GPU if there is one, else sim");
  list("--input", options.inputs, "An input tensor, see below");
  list("--output", options.outputs,
       "Where an output goes; without any, all are printed (unless they are checked)");
  list("--expected-output", options.expectedOutputs, "What an output should be; in the same form as inputs");
  app.add_flag("--check", options.check, "Compare all outputs with the reference inside the package");
  app.add_option("--tolerance", tolerance, "ABSOLUTE or ABSOLUTE,RELATIVE in place of the package's own")
      ->allow_extra_args(false);
  app.add_flag("--profile", options.profile,
               "Print the time of every step; on the simulator also what it counted");
  app.add_option("--iterations", options.iterations, "Calls to make; profiles give medians")
      ->check(CLI::Range(1, 1000000));
  app.add_flag("--list", options.list, "Print what the package contains and stop");
  app.add_option("--max-elements", options.maxElements, "Elements of a tensor to print")
      ->check(CLI::Range(int64_t(0), std::numeric_limits<int64_t>::max()));
  app.add_option("--json", options.json, "Write results, profile and findings to this file");
  app.add_option("--sim-checks", options.simChecks,
                 "on or off: races, bounds, uninitialised reads; on with --check")
      ->check(CLI::IsMember({"on", "off"}));
  app.add_option("--sim-async", options.simAsync,
                 "earliest, latest or both: when asynchronous copies complete; both runs twice and compares")
      ->check(CLI::IsMember({"earliest", "latest", "both"}));
  app.add_option("--sim-tensor-cores", options.simTensorCores,
                 "fast or exact: sums of tensor cores in f32, or bit by bit as on Hopper (slow)")
      ->check(CLI::IsMember({"fast", "exact"}));
  app.add_option("--sim-threads", options.simThreads, "Host threads of the simulator; 0 is one per processor")
      ->check(CLI::Range(0, 1024));
}

std::optional<int> parseOptions(int argc, char **argv, Options &options) {
  CLI::App app(description, "ashlar-run");
  std::string tolerance;
  declareOptions(app, options, tolerance);
  app.set_version_flag("--version", std::string("ashlar-run ") + runtime::versionText);
  app.footer(examples);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0)
      return app.exit(error);
    std::fprintf(stderr, "ashlar-run: error: %s (see --help)\n", error.what());
    return 2;
  }
  if (!tolerance.empty()) {
    options.tolerance = parseTolerance(tolerance);
    if (!options.tolerance) {
      std::fprintf(stderr, "ashlar-run: error: --tolerance=%s: expected ABSOLUTE or ABSOLUTE,RELATIVE\n",
                   tolerance.c_str());
      return 2;
    }
  }
  return std::nullopt;
}

} // namespace ashlar::run
