//===-- Options.h - command line of ashlar-run ------------------*- C++ -*-===//
//
// What the user asked for, parsed but not yet checked against a package.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_OPTIONS_H
#define ASHLAR_TOOLS_ASHLAR_RUN_OPTIONS_H

#include "ashlar/Package/Manifest.h"

#include <optional>
#include <string>
#include <vector>

namespace ashlar::run {

struct Options {
  std::string file;
  std::string function;
  std::string device = "auto";
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> expectedOutputs;
  std::optional<package::Tolerance> tolerance;
  bool check = false;
  bool profile = false;
  bool list = false;
  int iterations = 1;
  int64_t maxElements = 256;
  std::string json;
  /// "on", "off", or empty: on with --check.
  std::string simChecks;
  std::string simAsync = "earliest";
  std::string simTensorCores = "fast";
  int simThreads = 0;
};

/// Parses the command line. The result is the exit code when there is nothing more to do (--help, an error, which
/// was printed).
std::optional<int> parseOptions(int argc, char **argv, Options &options);

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_OPTIONS_H
