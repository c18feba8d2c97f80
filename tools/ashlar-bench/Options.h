//===-- Options.h - command line of ashlar-bench ----------------*- C++ -*-===//
//
// What the user asked for, parsed but not yet checked against a package.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_BENCH_OPTIONS_H
#define ASHLAR_TOOLS_ASHLAR_BENCH_OPTIONS_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ashlar::bench {

struct Options {
  std::string file;
  std::string function;
  std::string device = "auto";
  std::vector<std::string> inputs;
  /// Calls use one set of buffers after the other, as many as have so many bytes together.
  int64_t rotateBytes = int64_t{128} << 20;
  int samples = 20;
  /// Calls of a sample; 0: as many as take `sampleMilliseconds`.
  int calls = 0;
  double sampleMilliseconds = 5;
  /// Work of a call, for the rate; 0: unknown.
  double flops = 0;
  std::string json;
};

/// Parses the command line. The result is the exit code when there is nothing more to do (--help, an error,
/// which was printed).
std::optional<int> parseOptions(int argc, char **argv, Options &options);

} // namespace ashlar::bench

#endif // ASHLAR_TOOLS_ASHLAR_BENCH_OPTIONS_H
