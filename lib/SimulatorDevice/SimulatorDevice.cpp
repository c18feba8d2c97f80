//===-- SimulatorDevice.cpp - the simulator as a runtime device -----------===//
//
// Runs launches synchronously and turns the simulator's result into findings and counters of the runtime.
//
//===----------------------------------------------------------------------===//

#include "ashlar/SimulatorDevice/SimulatorDevice.h"
#include "ashlar/Simulator/Simulator.h"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace ashlar::runtime {

/// Sites kept in a report; the simulator gives the most expensive ones first.
static constexpr size_t maxSites = 8;
/// What it says it has when it isn't told: those of an H200.
static constexpr unsigned defaultMultiprocessors = 132;

namespace {

/// The simulator's device with the lock that its users need.
struct SharedSimulator {
  std::mutex mutex;
  simulator::Device device;
};
using SimulatorPointer = std::shared_ptr<SharedSimulator>;

class TimePoint final : public Event {
public:
  std::chrono::steady_clock::time_point time;
};

class SimulatorKernel final : public KernelHandle {
public:
  SimulatorKernel(const simulator::Module &module, std::string name) : module(module), name(std::move(name)) {}
  const simulator::Module &module;
  const std::string name;
};

class SimulatorModule final : public Module {
public:
  /// The simulator owns its modules; this keeps it alive.
  SimulatorModule(SimulatorPointer owner, const simulator::Module &module) : owner(std::move(owner)), module(module) {}
  Expected<std::unique_ptr<KernelHandle>> prepareKernel(const std::string &name, const KernelNeeds &needs) override;

private:
  const SimulatorPointer owner;
  const simulator::Module &module;
};

class SimulatorDevice final : public Device {
public:
  SimulatorDevice(simulator::LaunchOptions options, unsigned multiprocessors);

  const DeviceProperties &properties() const override { return facts; }
  Expected<void *> allocate(int64_t bytes) override;
  void release(void *address) override;
  Status upload(void *destination, const void *source, int64_t bytes, Stream) override;
  Status download(void *destination, const void *source, int64_t bytes, Stream) override;
  Status copy(void *destination, const void *source, int64_t bytes, Stream) override;
  Status synchronize(Stream) override { return {}; }
  Status synchronizeAll() override { return {}; }
  Expected<std::unique_ptr<Module>> loadModule(package::ImageKind kind, std::span<const uint8_t> image) override;
  Status encodeTensorMap(const TensorMap &map, EncodedTensorMap &encoded) override;
  Status launch(KernelHandle &kernel, const LaunchConfig &config, Stream, LaunchReport *report) override;
  Expected<std::unique_ptr<Event>> createEvent() override { return std::make_unique<TimePoint>(); }
  Status record(Event &event, Stream) override;
  Expected<double> elapsed(Event &start, Event &end) override;
  Expected<bool> isCapturing(Stream) override { return false; }

private:
  const SimulatorPointer simulator = std::make_shared<SharedSimulator>();
  const simulator::LaunchOptions options;
  DeviceProperties facts;
};

} // namespace

//===----------------------------------------------------------------------===//
// Memory and modules
//===----------------------------------------------------------------------===//

SimulatorDevice::SimulatorDevice(simulator::LaunchOptions options, unsigned multiprocessors)
    : options(std::move(options)) {
  facts.name = "simulator";
  facts.multiprocessors = static_cast<int>(multiprocessors);
  facts.sharedBytesPerBlock = simulator::maximumSharedBytes;
  facts.memoryBytes = package::ManifestLimits::bufferBytes;
  facts.imageKinds = {package::ImageKind::SharedObject};
}

Expected<void *> SimulatorDevice::allocate(int64_t bytes) {
  if (bytes == 0)
    return nullptr;
  std::lock_guard<std::mutex> lock(simulator->mutex);
  return simulator->device.allocate(static_cast<size_t>(bytes));
}

void SimulatorDevice::release(void *address) {
  if (!address)
    return;
  std::lock_guard<std::mutex> lock(simulator->mutex);
  (void)simulator->device.free(address);
}

Status SimulatorDevice::upload(void *destination, const void *source, int64_t bytes, Stream) {
  if (bytes == 0)
    return {};
  std::lock_guard<std::mutex> lock(simulator->mutex);
  return simulator->device.copyToDevice(destination, source, static_cast<size_t>(bytes));
}

Status SimulatorDevice::download(void *destination, const void *source, int64_t bytes, Stream) {
  if (bytes == 0)
    return {};
  std::lock_guard<std::mutex> lock(simulator->mutex);
  return simulator->device.copyToHost(destination, source, static_cast<size_t>(bytes));
}

Status SimulatorDevice::copy(void *destination, const void *source, int64_t bytes, Stream stream) {
  // Device addresses are host addresses, so the source of an upload may be one.
  return upload(destination, source, bytes, stream);
}

Expected<std::unique_ptr<Module>> SimulatorDevice::loadModule(package::ImageKind kind,
                                                              std::span<const uint8_t> image) {
  if (kind != package::ImageKind::SharedObject)
    return unsupported(std::string("the simulator runs shared objects, not images of kind ") + imageKindName(kind));
  std::lock_guard<std::mutex> lock(simulator->mutex);
  ASHLAR_ASSIGN_OR_RETURN(const simulator::Module *module, simulator->device.load(image, "kernels"));
  return std::make_unique<SimulatorModule>(simulator, *module);
}

Expected<std::unique_ptr<KernelHandle>> SimulatorModule::prepareKernel(const std::string &name,
                                                                       const KernelNeeds &needs) {
  if (needs.clusterBlocks() > simulator::maximumClusterBlocks)
    return unsupported("kernel '" + name + "' runs in clusters of " + std::to_string(needs.clusterBlocks()) +
                       " blocks, the simulator has at most " + std::to_string(simulator::maximumClusterBlocks));
  if (needs.dynamicSharedBytes > simulator::maximumSharedBytes)
    return unsupported("kernel '" + name + "' needs " + std::to_string(needs.dynamicSharedBytes) +
                       " bytes of shared memory a block, the simulator has " +
                       std::to_string(simulator::maximumSharedBytes));
  for (const std::string &known : module.kernelNames())
    if (known == name)
      return std::make_unique<SimulatorKernel>(module, name);
  return invalidPackage("the simulator's image has no kernel '" + name + "'");
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

using Counters = std::vector<std::pair<std::string, int64_t>>;

static void addTraffic(Counters &counters, const simulator::TrafficCounts &traffic) {
  const std::pair<const char *, uint64_t> entries[] = {
      {"global_bytes_read", traffic.globalBytesRead},
      {"global_bytes_written", traffic.globalBytesWritten},
      {"global_sectors_read", traffic.globalSectorsRead},
      {"global_sectors_written", traffic.globalSectorsWritten},
      {"shared_bytes_read", traffic.sharedBytesRead},
      {"shared_bytes_written", traffic.sharedBytesWritten},
      {"shared_bytes_multiplied", traffic.sharedBytesMultiplied},
      {"bank_conflicts", traffic.bankConflicts},
  };
  for (const auto &[name, value] : entries)
    counters.emplace_back(name, static_cast<int64_t>(value));
}

static void addInstructions(Counters &counters, const simulator::InstructionCounts &counts, bool withAccesses) {
  const std::pair<const char *, uint64_t> always[] = {
      {"mma", counts.mma},         {"ldmatrix", counts.ldmatrix}, {"stmatrix", counts.stmatrix},
      {"cp_async", counts.copyAsync}, {"barrier", counts.barrier},   {"warp_sync", counts.warpSync},
      {"shuffle", counts.shuffle}, {"vote", counts.vote},         {"special_function", counts.specialFunction},
      {"wgmma", counts.wgmma},     {"wgmma_multiply_adds", counts.wgmmaMultiplyAdds},
      {"tma_load", counts.tmaLoad}, {"tma_store", counts.tmaStore}, {"mbarrier", counts.mbarrier},
      {"cluster_barrier", counts.clusterBarrier}, {"proxy_fence", counts.proxyFence},
  };
  const std::pair<const char *, uint64_t> accesses[] = {
      {"global_load", counts.globalLoad},   {"global_store", counts.globalStore},
      {"shared_load", counts.sharedLoad},   {"shared_store", counts.sharedStore},
      {"atomic", counts.atomic},
  };
  for (const auto &[name, value] : always)
    counters.emplace_back(name, static_cast<int64_t>(value));
  for (const auto &[name, value] : accesses)
    if (withAccesses)
      counters.emplace_back(name, static_cast<int64_t>(value));
}

static std::vector<std::string> findingsOf(const simulator::LaunchResult &result) {
  std::vector<std::string> findings;
  for (const simulator::Report &entry : result.reports)
    findings.push_back(entry.text());
  if (result.droppedReports > 0)
    findings.push_back("and " + std::to_string(result.droppedReports) + " more");
  if (!result.completed && findings.empty())
    findings.push_back("a block could not run to its end");
  return findings;
}

static void fillReport(LaunchReport &report, const simulator::LaunchResult &result, bool withCounters) {
  addInstructions(report.counters, result.instructions, withCounters);
  if (!withCounters)
    return;
  addTraffic(report.counters, result.traffic);
  for (const simulator::SiteCounts &site : result.sites) {
    if (report.sites.size() == maxSites)
      return;
    Counters counters = {{"executions", static_cast<int64_t>(site.executions)}};
    addTraffic(counters, site.traffic);
    report.sites.emplace_back(site.location + " " + site.operation, std::move(counters));
  }
}

Status SimulatorDevice::encodeTensorMap(const TensorMap &map, EncodedTensorMap &encoded) {
  static_assert(sizeof(map) == sizeof(encoded));
  std::memcpy(&encoded, &map, sizeof(map));
  return {};
}

Status SimulatorDevice::launch(KernelHandle &kernel, const LaunchConfig &config, Stream, LaunchReport *report) {
  const SimulatorKernel &target = static_cast<SimulatorKernel &>(kernel);
  simulator::LaunchShape shape;
  shape.grid = config.grid;
  shape.block = config.block;
  shape.cluster = config.cluster;
  shape.sharedBytes = config.dynamicSharedBytes;
  std::vector<const void *> arguments(config.arguments.begin(), config.arguments.end());
  shape.arguments = arguments;
  simulator::LaunchOptions launchOptions = options;
  for (const BufferRange &range : config.buffers)
    launchOptions.ranges.push_back({range.address, static_cast<size_t>(range.bytes), range.writable});
  std::lock_guard<std::mutex> lock(simulator->mutex);
  ASHLAR_ASSIGN_OR_RETURN(simulator::LaunchResult result,
                          simulator->device.launch(target.module, target.name, shape, launchOptions));
  std::vector<std::string> findings = findingsOf(result);
  if (!report && !findings.empty())
    return deviceError("the simulator found: " + findings.front() +
                       (findings.size() > 1 ? " (and " + std::to_string(findings.size() - 1) + " more)" : ""));
  if (!report)
    return {};
  report->findings = std::move(findings);
  fillReport(*report, result, options.counters);
  return {};
}

Status SimulatorDevice::record(Event &event, Stream) {
  static_cast<TimePoint &>(event).time = std::chrono::steady_clock::now();
  return {};
}

Expected<double> SimulatorDevice::elapsed(Event &start, Event &end) {
  auto duration = static_cast<TimePoint &>(end).time - static_cast<TimePoint &>(start).time;
  return std::chrono::duration<double, std::milli>(duration).count();
}

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

/// Sets `value` from option `key`, which must be one of two words.
static Status readChoice(const DeviceOptions &options, const std::string &key, const char *no, const char *yes,
                         bool &value) {
  auto found = options.find(key);
  if (found == options.end())
    return {};
  if (found->second != no && found->second != yes)
    return invalidArgument("simulator option " + key + ": '" + found->second + "' is neither " + yes + " nor " + no);
  value = found->second == yes;
  return {};
}

/// Sets `value` from option `key`, a number from `low` to 1024.
static Status readNumber(const DeviceOptions &options, const std::string &key, unsigned low,
                         unsigned &value) {
  auto found = options.find(key);
  if (found == options.end())
    return {};
  const std::string &text = found->second;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > 1024)
    return invalidArgument("simulator option " + key + ": '" + text + "' is no number from " +
                           std::to_string(low) + " to 1024");
  return {};
}

static Expected<std::shared_ptr<Device>> createSimulatorDevice(int index, const DeviceOptions &options) {
  if (index != 0)
    return notFound("there is one simulator, sim:0");
  simulator::LaunchOptions launch;
  bool latest = false, exact = false;
  ASHLAR_RETURN_IF_ERROR(readChoice(options, "checks", "off", "on", launch.checks));
  ASHLAR_RETURN_IF_ERROR(readChoice(options, "counters", "off", "on", launch.counters));
  ASHLAR_RETURN_IF_ERROR(readChoice(options, "async", "earliest", "latest", latest));
  ASHLAR_RETURN_IF_ERROR(readChoice(options, "tensor-cores", "fast", "exact", exact));
  launch.tensorCores = exact ? simulator::TensorCoreMode::Exact : simulator::TensorCoreMode::Fast;
  launch.asyncMode = latest ? simulator::AsyncMode::Latest : simulator::AsyncMode::Earliest;
  ASHLAR_RETURN_IF_ERROR(readNumber(options, "threads", 0, launch.threads));
  unsigned multiprocessors = defaultMultiprocessors;
  DeviceOptions environment;
  if (const char *variable = std::getenv("ASHLAR_SIMULATOR_MULTIPROCESSORS"))
    environment["multiprocessors"] = variable;
  ASHLAR_RETURN_IF_ERROR(readNumber(environment, "multiprocessors", 1, multiprocessors));
  ASHLAR_RETURN_IF_ERROR(readNumber(options, "multiprocessors", 1, multiprocessors));
  return std::shared_ptr<Device>(std::make_shared<SimulatorDevice>(std::move(launch), multiprocessors));
}

void registerSimulatorDevice() { registerDeviceFactory("sim", createSimulatorDevice); }

} // namespace ashlar::runtime
