//===-- LaunchBenchmark.cpp - what a call costs on the host ---------------===//
//
// Times calls of a function of one kernel with three buffers and three tensor maps through the C API, against
// the stub driver, which then does next to nothing. So what is printed is the runtime's own share of a
// launch; a real driver's comes on top. Not a test.
//
//===----------------------------------------------------------------------===//

#include "StubDriver.h"

#include "ashlar-c/Runtime.h"
#include "test/lib/SamplePackages/SamplePackages.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace ashlar;
using namespace ashlar::package;
using ashlar::runtime::test::StubDriver;

static constexpr int64_t largestRows = 4096;

static void check(AshlarStatus status) {
  if (status == ASHLAR_OK)
    return;
  std::fprintf(stderr, "%s\n", ashlarLastErrorMessage());
  std::exit(1);
}

/// The product of the sample alone, into its output.
static PackageWriter makeProduct(int64_t rows) {
  PackageWriter writer = ashlar::test::makeHopperPackage(rows);
  Function &function = writer.manifest().functions[0];
  Plan plan = function.targetPlans[0];
  function.targetPlans.clear();
  plan.steps.resize(1);
  plan.arenaSize = 0;
  plan.slots.clear();
  std::vector<Argument> &arguments = plan.steps[0].launch.arguments;
  arguments[2] = Argument::output(0);
  arguments[6].map.buffer = {BufferRef::Kind::Output, 0};
  static_cast<Plan &>(function) = plan;
  return writer;
}

namespace {
/// A loaded product with buffers for two inputs.
class Product {
public:
  explicit Product(int64_t rows) : isStatic(rows != 0) {
    std::vector<uint8_t> bytes = *makeProduct(rows).write();
    std::string driver = ashlar::test::stubDriverPath();
    const char *options[] = {"library", driver.c_str()};
    check(ashlarPackageLoadMemory(bytes.data(), bytes.size(), &package));
    check(ashlarDeviceCreate("cuda:0", options, 1, &device));
    check(ashlarExecutableCreate(package, device, &executable));
    for (void *&input : inputs)
      check(ashlarDeviceAllocate(device, largestRows * 128, &input));
    check(ashlarDeviceAllocate(device, largestRows * 1024, &output));
  }

  void call(int which, int64_t rows) {
    int64_t dims[] = {rows, 64};
    AshlarTensor x = {inputs[which], static_cast<size_t>(rows) * 128, isStatic ? nullptr : dims,
                      isStatic ? size_t{0} : size_t{2}};
    AshlarTensor y = {output, static_cast<size_t>(rows) * 1024, nullptr, 0};
    check(ashlarExecutableInvoke(executable, 0, &x, 1, &y, 1, nullptr));
  }

private:
  bool isStatic;
  AshlarPackage *package = nullptr;
  AshlarDevice *device = nullptr;
  AshlarExecutable *executable = nullptr;
  void *inputs[8] = {}, *output = nullptr;
};
} // namespace

/// Processor time of this thread in nanoseconds; other work on the machine does not count.
static double now() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

/// Nanoseconds of a call: the best of several rounds, of which each is the mean of many.
template <typename Call>
static double nanoseconds(Call call) {
  constexpr int rounds = 20, calls = 20000;
  double best = 1e30;
  for (int round = 0; round < rounds; ++round) {
    double start = now();
    for (int i = 0; i < calls; ++i)
      call(i);
    best = std::min(best, (now() - start) / calls);
  }
  return best;
}

int main() {
  StubDriver &stub = ashlar::runtime::test::stubDriver();
  Product fixed(largestRows), dynamic(0);
  stub.setQuiet(1);
  stub.setCurrent(1);
  std::printf("%-52s%10s\n", "one kernel, three buffers, three tensor maps", "ns a call");
  auto print = [](const char *what, double time) { std::printf("%-52s%10.0f\n", what, time); };
  print("static shapes, the same buffers", nanoseconds([&](int) { fixed.call(0, largestRows); }));
  print("static shapes, two inputs in turn", nanoseconds([&](int i) { fixed.call(i % 2, largestRows); }));
  print("static shapes, eight inputs in turn", nanoseconds([&](int i) { fixed.call(i % 8, largestRows); }));
  print("dynamic shapes, the same sizes", nanoseconds([&](int) { dynamic.call(0, 300); }));
  print("dynamic shapes, another size at each call",
        nanoseconds([&](int i) { dynamic.call(0, 300 + i % 2000); }));
  return 0;
}
