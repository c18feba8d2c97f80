//===-- Device.cpp - Modules and launches ---------------------------------===//
//
// Loads shared objects, checks the shape of a launch, runs its blocks on host threads and puts the results
// together.
//
//===----------------------------------------------------------------------===//

#include "Cluster.h"
#include "CurrentThread.h"
#include "ashlar/Support/SharedObject.h"
#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <tuple>

namespace ashlar::simulator {

struct ModuleContents {
  SharedObject object;
  const AshlarSimulatorModule *description = nullptr;
};

struct DeviceState {
  std::vector<std::unique_ptr<Module>> modules;
  DeviceMemory memory;
  /// One for each host thread that has ever been needed; kept, since stacks and shadows are large.
  std::vector<std::unique_ptr<Cluster>> workers;
};

Module::Module(std::unique_ptr<ModuleContents> contents) : contents(std::move(contents)) {}
Module::~Module() = default;

std::vector<std::string> Module::kernelNames() const {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < contents->description->kernelCount; ++i)
    names.push_back(contents->description->kernels[i].name);
  return names;
}

Device::Device() : state(std::make_unique<DeviceState>()) {}
Device::~Device() = default;

static Status checkProcessor() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") &&
      __builtin_cpu_supports("bmi2"))
    return {};
#endif
  return unsupported("the simulator needs an x86-64 processor with AVX2, FMA, F16C and BMI2");
}

Expected<const Module *> Device::load(std::span<const uint8_t> bytes, const std::string &name) {
  ASHLAR_RETURN_IF_ERROR(checkProcessor());
  auto contents = std::make_unique<ModuleContents>();
  ASHLAR_ASSIGN_OR_RETURN(contents->object, SharedObject::load(bytes, name));
  auto *description =
      static_cast<const AshlarSimulatorModule *>(contents->object.symbol("ashlar_simulator_module"));
  auto *api = static_cast<const void **>(contents->object.symbol("ashlar_simulator_api"));
  if (!description || !api)
    return invalidPackage("'" + name + "' is a shared object, but not one with kernels for the simulator");
  if (description->version != ASHLAR_SIMULATOR_ABI_VERSION)
    return Status(StatusCode::UnsupportedVersion,
                  "'" + name + "' was compiled for version " + std::to_string(description->version) +
                      " of the simulator's interface, this is version " +
                      std::to_string(ASHLAR_SIMULATOR_ABI_VERSION) + "; compile the package again");
  *api = &simulatorApi();
  contents->description = description;
  state->modules.push_back(std::unique_ptr<Module>(new Module(std::move(contents))));
  return const_cast<const Module *>(state->modules.back().get());
}

Expected<void *> Device::allocate(size_t bytes) { return state->memory.allocate(bytes); }

Status Device::free(void *address) { return state->memory.free(address); }

Status Device::copyToDevice(void *destination, const void *source, size_t bytes) {
  ASHLAR_RETURN_IF_ERROR(state->memory.check(destination, bytes));
  std::memcpy(destination, source, bytes);
  return {};
}

Status Device::copyToHost(void *destination, const void *source, size_t bytes) const {
  ASHLAR_RETURN_IF_ERROR(state->memory.check(source, bytes));
  std::memcpy(destination, source, bytes);
  return {};
}

static const AshlarSimulatorKernel *findKernel(const AshlarSimulatorModule &module, const std::string &name) {
  for (uint32_t i = 0; i < module.kernelCount; ++i)
    if (module.kernels[i].name == name)
      return &module.kernels[i];
  return nullptr;
}

static std::string sizeText(const uint32_t (&size)[3]) {
  return std::to_string(size[0]) + "x" + std::to_string(size[1]) + "x" + std::to_string(size[2]);
}

static Status checkCluster(const AshlarSimulatorKernel &kernel, const LaunchShape &shape) {
  uint64_t blocks = 1;
  for (size_t i = 0; i < 3; ++i) {
    if (shape.cluster[i] == 0 || shape.grid[i] % shape.cluster[i])
      return invalidArgument("a grid is a whole number of clusters along each dimension");
    if (kernel.clusterBlocks[i] && kernel.clusterBlocks[i] != shape.cluster[i])
      return invalidArgument("the kernel was compiled for a cluster of " + sizeText(kernel.clusterBlocks) +
                             " blocks");
    blocks *= std::min(shape.cluster[i], maximumClusterBlocks + 1);
  }
  if (blocks > maximumClusterBlocks)
    return invalidArgument("a cluster has at most " + std::to_string(maximumClusterBlocks) + " blocks");
  return {};
}

static Status checkShape(const AshlarSimulatorKernel &kernel, const LaunchShape &shape) {
  uint64_t threads = 1, blocks = 1;
  for (size_t i = 0; i < 3; ++i) {
    if (shape.block[i] == 0 || shape.grid[i] == 0)
      return invalidArgument("grid and block sizes must be at least 1");
    if (kernel.requiredThreads[i] && kernel.requiredThreads[i] != shape.block[i])
      return invalidArgument("the kernel was compiled for a block of " + sizeText(kernel.requiredThreads) +
                             " threads");
    threads *= std::min(shape.block[i], maximumBlockThreads + 1);
    if (__builtin_mul_overflow(blocks, uint64_t(shape.grid[i]), &blocks))
      return invalidArgument("the grid has more than 2^64 blocks");
  }
  if (threads > maximumBlockThreads)
    return invalidArgument("a block has at most " + std::to_string(maximumBlockThreads) + " threads");
  if (shape.sharedBytes > maximumSharedBytes)
    return invalidArgument("a block has at most " + std::to_string(maximumSharedBytes) +
                           " bytes of shared memory, " + std::to_string(shape.sharedBytes) + " asked for");
  if (shape.arguments.size() != kernel.parameterCount)
    return invalidArgument("the kernel has " + std::to_string(kernel.parameterCount) + " parameters, " +
                           std::to_string(shape.arguments.size()) + " given");
  return checkCluster(kernel, shape);
}

/// What the kernel may touch: what the caller says or all allocations, and the module's own variables.
static void collectRanges(Launch &launch, const DeviceMemory &memory) {
  if (launch.options.ranges.empty())
    memory.addRanges(launch.ranges);
  for (const MemoryRange &range : launch.options.ranges)
    launch.ranges.add(reinterpret_cast<uint64_t>(range.address), range.bytes, range.writable);
  for (uint32_t i = 0; i < launch.module->globalCount; ++i) {
    const AshlarSimulatorGlobal &global = launch.module->globals[i];
    launch.ranges.add(reinterpret_cast<uint64_t>(global.address), global.bytes, !global.isConstant);
  }
  launch.ranges.sort();
}

static bool runClusters(std::span<const std::unique_ptr<Cluster>> workers) {
  std::atomic<bool> completed{true};
  auto run = [&](Cluster &cluster) {
    if (!cluster.runAll())
      completed = false;
  };
  std::vector<std::thread> others;
  for (const std::unique_ptr<Cluster> &worker : workers.subspan(1))
    others.emplace_back(run, std::ref(*worker));
  run(*workers.front());
  for (std::thread &other : others)
    other.join();
  return completed;
}

static void operator+=(TrafficCounts &sum, const TrafficCounts &more) {
  sum.globalBytesRead += more.globalBytesRead;
  sum.globalBytesWritten += more.globalBytesWritten;
  sum.globalSectorsRead += more.globalSectorsRead;
  sum.globalSectorsWritten += more.globalSectorsWritten;
  sum.sharedBytesRead += more.sharedBytesRead;
  sum.sharedBytesWritten += more.sharedBytesWritten;
  sum.sharedBytesMultiplied += more.sharedBytesMultiplied;
  sum.bankConflicts += more.bankConflicts;
}

static InstructionCounts instructionCounts(std::span<Block *const> blocks) {
  auto total = [&](Instruction instruction) {
    uint64_t sum = 0;
    for (const Block *block : blocks)
      sum += block->instructionTotals[size_t(instruction)];
    return sum;
  };
  InstructionCounts counts;
  counts.mma = total(Instruction::Mma);
  counts.ldmatrix = total(Instruction::LoadMatrix);
  counts.stmatrix = total(Instruction::StoreMatrix);
  counts.copyAsync = total(Instruction::CopyAsync);
  counts.barrier = total(Instruction::Barrier);
  counts.warpSync = total(Instruction::WarpSync);
  counts.shuffle = total(Instruction::Shuffle);
  counts.vote = total(Instruction::Vote);
  counts.specialFunction = total(Instruction::SpecialFunction);
  counts.globalLoad = total(Instruction::GlobalLoad);
  counts.globalStore = total(Instruction::GlobalStore);
  counts.sharedLoad = total(Instruction::SharedLoad);
  counts.sharedStore = total(Instruction::SharedStore);
  counts.atomic = total(Instruction::Atomic);
  counts.tmaLoad = total(Instruction::TensorLoad);
  counts.tmaStore = total(Instruction::TensorStore);
  counts.mbarrier = total(Instruction::MemoryBarrier);
  counts.clusterBarrier = total(Instruction::ClusterBarrier);
  counts.proxyFence = total(Instruction::ProxyFence);
  counts.wgmma = total(Instruction::Wgmma);
  for (const Block *block : blocks)
    counts.wgmmaMultiplyAdds += block->wgmmaMultiplyAdds;
  return counts;
}

static void collectTraffic(LaunchResult &result, const AshlarSimulatorModule &module,
                           std::span<Block *const> blocks) {
  for (uint32_t site = 0; site < module.siteCount; ++site) {
    SiteCounts counts;
    for (const Block *block : blocks) {
      const SiteTotals &totals = block->recorder.totals()[site];
      counts.executions += totals.executions;
      counts.traffic += totals.traffic;
    }
    if (!counts.executions)
      continue;
    result.traffic += counts.traffic;
    counts.location = module.strings + module.sites[site].location;
    counts.operation = module.strings + module.sites[site].operation;
    result.sites.push_back(std::move(counts));
  }
  auto rank = [](const SiteCounts &site) {
    return std::tuple(~site.traffic.bankConflicts,
                      ~(site.traffic.globalSectorsRead + site.traffic.globalSectorsWritten),
                      std::string_view(site.location), std::string_view(site.operation));
  };
  std::sort(result.sites.begin(), result.sites.end(),
            [&](const SiteCounts &a, const SiteCounts &b) { return rank(a) < rank(b); });
}

Expected<LaunchResult> Device::launch(const Module &module, const std::string &kernelName,
                                      const LaunchShape &shape, const LaunchOptions &options) {
  const AshlarSimulatorModule &description = *module.contents->description;
  const AshlarSimulatorKernel *kernel = findKernel(description, kernelName);
  if (!kernel)
    return notFound("the module has no kernel '" + kernelName + "'");
  if (Status status = checkShape(*kernel, shape); !status.ok())
    return status.withContext("kernel '" + kernelName + "'");

  Dim3 clusters;
  for (size_t i = 0; i < 3; ++i)
    clusters[i] = shape.grid[i] / shape.cluster[i];
  Launch launch{
      &description, kernel, shape, options, {}, clusters, uint64_t(clusters[0]) * clusters[1] * clusters[2]};
  collectRanges(launch, state->memory);
  uint64_t threads = options.threads ? options.threads : std::max(std::thread::hardware_concurrency(), 1u);
  size_t workerCount = size_t(std::min(threads, launch.clusterCount));
  while (state->workers.size() < workerCount)
    state->workers.push_back(std::make_unique<Cluster>());
  std::span<const std::unique_ptr<Cluster>> workers = std::span(state->workers).first(workerCount);
  for (const std::unique_ptr<Cluster> &worker : workers)
    if (!worker->prepare(launch))
      return Status(StatusCode::OutOfMemory, "no memory for the stacks of a simulated block");

  LaunchResult result;
  auto begin = std::chrono::steady_clock::now();
  result.completed = runClusters(workers);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  std::vector<Block *> blocks;
  for (const std::unique_ptr<Cluster> &worker : workers)
    for (const std::unique_ptr<Block> &block : worker->activeBlocks())
      blocks.push_back(block.get());
  Findings findings;
  for (const Block *block : blocks)
    findings.merge(block->findings);
  for (void *written : state->memory.takeWrittenRedZones()) {
    Finding finding{ReportKind::RedZoneWritten};
    finding.offset = reinterpret_cast<int64_t>(written);
    findings.add(finding);
  }
  result.reports = findings.reports(description, kernelName, shape.grid, shape.block, options.maxReports);
  result.droppedReports = findings.size() - result.reports.size();
  result.instructions = instructionCounts(blocks);
  if (options.counters)
    collectTraffic(result, description, blocks);
  return result;
}

} // namespace ashlar::simulator
