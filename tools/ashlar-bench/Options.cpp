//===-- Options.cpp - command line of ashlar-bench ------------------------===//
//
// Declares the options and their help.
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "ashlar/Runtime/Version.h"

#include <CLI/CLI.hpp>

namespace ashlar::bench {

static constexpr const char *description =
    "Times a function of a compiled package: many calls, each on other buffers than the one before, so that "
    "the caches "
    "hold nothing of them. Results are not checked; ashlar-run --check does that.";

static constexpr const char *examples = R"(
Inputs are those of ashlar-run (see there); without any, floats are normal and integers of their whole range.

Examples:
  ashlar-bench matmul.ashlar
  ashlar-bench matmul.ashlar --flops=137438953472 --json=matmul.json
  ashlar-bench model.ashlar --function=linear --input=64x4096xf16=@random:1 --samples=50

A sample is a number of calls between two events; the time of a call is the sample's divided by their number. The
host's time is what enqueueing a call takes: where it is not well below the device's, it limits what is measured.

Exit code: 0 success, 2 an error.)";

static void declareOptions(CLI::App &app, Options &options) {
  app.add_option("file", options.file, "The package, a .ashlar file")->required();
  app.add_option("--function", options.function, "Function to call; may be left out when there is only one");
  app.add_option("--device", options.device,
                 "auto, cuda, cuda:N or sim; auto is the GPU if there is one, else sim");
  app.add_option("--input", options.inputs, "An input tensor")->allow_extra_args(false)->take_all();
  app.add_option("--rotate-bytes", options.rotateBytes, "Bytes of buffers that calls take turns with")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--samples", options.samples, "Samples to take")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--calls", options.calls, "Calls of a sample; 0 is as many as take --sample-milliseconds")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--sample-milliseconds", options.sampleMilliseconds, "How long a sample should take")
      ->check(CLI::Range(0.001, 10000.0))
      ->capture_default_str();
  app.add_option("--flops", options.flops, "Operations of a call, for a rate")->check(CLI::NonNegativeNumber);
  app.add_option("--json", options.json, "Write the figures to this file");
}

std::optional<int> parseOptions(int argc, char **argv, Options &options) {
  CLI::App app(description, "ashlar-bench");
  declareOptions(app, options);
  app.set_version_flag("--version", std::string("ashlar-bench ") + runtime::versionText);
  app.footer(examples);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0)
      return app.exit(error);
    std::fprintf(stderr, "ashlar-bench: error: %s (see --help)\n", error.what());
    return 2;
  }
  return std::nullopt;
}

} // namespace ashlar::bench
