//===-- CudaModule.cpp - kernels of the CUDA driver -----------------------===//
//
// Everything that can be found out or set before the first launch is, so that a launch only launches.
//
//===----------------------------------------------------------------------===//

#include "CudaModule.h"

#include <algorithm>

namespace ashlar::runtime {

/// Dynamic shared memory that needs no opt-in, and cluster size that every cluster-capable device has.
static constexpr int64_t sharedBytesWithoutOptIn = 48 * 1024;
static constexpr int64_t portableClusterBlocks = 8;
/// Clusters, tensor maps and programmatic launches came with this one.
static constexpr int hopperCapability = 90;

CudaModuleHandle::~CudaModuleHandle() {
  ContextScope scope(*context);
  context->driver->moduleUnload(module);
}

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

Status CudaModuleHandle::checkFeatures(const std::string &name, const KernelNeeds &needs) const {
  const CudaDriver &driver = *context->driver;
  const struct {
    bool isNeeded;
    const char *feature, *function;
    bool isKnown;
  } features[] = {
      {needs.clusterBlocks() > 1, "block clusters", "cuLaunchKernelEx", driver.launchKernelEx != nullptr},
      {needs.programmaticLaunch, "programmatic launches", "cuLaunchKernelEx",
       driver.launchKernelEx != nullptr},
      {needs.tensorMaps, "tensor maps", "cuTensorMapEncodeTiled",
       driver.tensorMapEncodeTiled && driver.tensorMapEncodeIm2col},
  };
  for (const auto &feature : features) {
    std::string kernel = "kernel '" + name + "' uses " + feature.feature;
    if (feature.isNeeded && facts.capability < hopperCapability)
      return unsupported(kernel + ", which GPUs have from compute capability 9.0 on; this one has " +
                         std::to_string(facts.capability / 10) + "." + std::to_string(facts.capability % 10));
    if (feature.isNeeded && !feature.isKnown)
      return unsupported(kernel + ", which need a driver with " + feature.function + "; update the driver");
  }
  return {};
}

Status CudaModuleHandle::checkSizes(const std::string &name, CudaFunction function,
                                    const KernelNeeds &needs) const {
  const CudaDriver &driver = *context->driver;
  int maxThreads = 0, staticShared = 0;
  // The driver loads kernels lazily; asking about one loads it, which a captured launch could not.
  ASHLAR_RETURN_IF_ERROR(driver.check(
      driver.functionGetAttribute(&maxThreads, cudaFunctionMaxThreads, function), "cuFuncGetAttribute"));
  ASHLAR_RETURN_IF_ERROR(
      driver.check(driver.functionGetAttribute(&staticShared, cudaFunctionStaticSharedBytes, function),
                   "cuFuncGetAttribute"));
  if (needs.blockThreads() > maxThreads)
    return unsupported("kernel '" + name + "' runs with at most " + std::to_string(maxThreads) +
                       " threads a block on this device, the plan has " +
                       std::to_string(needs.blockThreads()));
  int64_t shared = needs.dynamicSharedBytes + staticShared;
  if (shared > facts.sharedBytesPerBlock)
    return unsupported("kernel '" + name + "' needs " + std::to_string(shared) +
                       " bytes of shared memory a block, the device has " +
                       std::to_string(facts.sharedBytesPerBlock));
  return {};
}

Status CudaModuleHandle::optIn(const std::string &name, CudaFunction function, const KernelNeeds &needs) {
  const CudaDriver &driver = *context->driver;
  int64_t &optedIn = sharedOptIn.try_emplace(name, sharedBytesWithoutOptIn).first->second;
  if (needs.dynamicSharedBytes > optedIn) {
    ASHLAR_RETURN_IF_ERROR(
        driver.check(driver.functionSetAttribute(function, cudaFunctionMaxDynamicSharedBytes,
                                                 static_cast<int>(needs.dynamicSharedBytes)),
                     "cuFuncSetAttribute"));
    optedIn = needs.dynamicSharedBytes;
  }
  if (needs.clusterBlocks() <= portableClusterBlocks)
    return {};
  return driver.check(driver.functionSetAttribute(function, cudaFunctionNonPortableCluster, 1),
                      "cuFuncSetAttribute");
}

/// The largest cluster depends on how many of its blocks fit side by side, which the driver knows.
Status CudaModuleHandle::checkCluster(const std::string &name, CudaFunction function,
                                      const KernelNeeds &needs) const {
  const CudaDriver &driver = *context->driver;
  if (needs.clusterBlocks() == 1 || !driver.occupancyMaxActiveClusters)
    return {};
  LaunchConfig config;
  config.grid = config.cluster = needs.cluster;
  config.block = needs.block;
  config.dynamicSharedBytes = static_cast<uint32_t>(needs.dynamicSharedBytes);
  CudaLaunch launch(config, nullptr);
  int clusters = 0;
  Status asked = driver.check(driver.occupancyMaxActiveClusters(&clusters, function, &launch.config),
                              "cuOccupancyMaxActiveClusters");
  if (!asked.ok())
    return asked.withContext("kernel '" + name + "'");
  if (clusters > 0)
    return {};
  return unsupported("kernel '" + name + "' runs in clusters of " + std::to_string(needs.clusterBlocks()) +
                     " blocks of " + std::to_string(needs.blockThreads()) + " threads and " +
                     std::to_string(needs.dynamicSharedBytes) +
                     " bytes of dynamic shared memory, of which this device can run none");
}

Expected<std::unique_ptr<KernelHandle>> CudaModuleHandle::prepareKernel(const std::string &name,
                                                                        const KernelNeeds &needs) {
  const CudaDriver &driver = *context->driver;
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  CudaFunction function = nullptr;
  Status found =
      driver.check(driver.moduleGetFunction(&function, module, name.c_str()), "cuModuleGetFunction");
  ASHLAR_RETURN_IF_ERROR(found.withContext("kernel '" + name + "'"));
  ASHLAR_RETURN_IF_ERROR(checkFeatures(name, needs));
  ASHLAR_RETURN_IF_ERROR(checkSizes(name, function, needs));
  ASHLAR_RETURN_IF_ERROR(optIn(name, function, needs));
  ASHLAR_RETURN_IF_ERROR(checkCluster(name, function, needs));
  return std::make_unique<CudaKernel>(function);
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

CudaLaunch::CudaLaunch(const LaunchConfig &launch, CudaStream stream)
    : config{{launch.grid[0], launch.grid[1], launch.grid[2]},
             {launch.block[0], launch.block[1], launch.block[2]},
             launch.dynamicSharedBytes,
             stream,
             attributes,
             0} {
  if (launch.cluster != std::array<uint32_t, 3>{1, 1, 1}) {
    CudaLaunchAttribute &cluster = attributes[config.attributeCount++];
    cluster.id = CudaLaunchAttribute::clusterDimension;
    std::copy(launch.cluster.begin(), launch.cluster.end(), cluster.dims);
  }
  if (launch.programmaticLaunch) {
    CudaLaunchAttribute &programmatic = attributes[config.attributeCount++];
    programmatic.id = CudaLaunchAttribute::programmaticSerialization;
    programmatic.flag = 1;
  }
}

Status encodeTensorMap(const CudaDriver &driver, const TensorMap &map, EncodedTensorMap &encoded) {
  auto element = static_cast<int>(map.element);
  auto *address = reinterpret_cast<void *>(map.address);
  uint32_t elementStrides[tensorMapMaximumRank], box[tensorMapMaximumRank];
  std::copy(std::begin(map.elementStrides), std::end(map.elementStrides), elementStrides);
  std::copy(std::begin(map.box), std::end(map.box), box);
  int swizzle = map.swizzleBytes == 0 ? 0 : map.swizzleBytes == 32 ? 1 : map.swizzleBytes == 64 ? 2 : 3;
  if (map.mode == TensorMapMode::Tiled)
    return driver.check(driver.tensorMapEncodeTiled(encoded.bytes.data(), element, map.rank, address,
                                                    map.extents, map.strides, box, elementStrides,
                                                    cudaInterleaveNone, swizzle, cudaL2Promotion128,
                                                    cudaOutOfBoundsZero),
                        "cuTensorMapEncodeTiled");
  int lower[3], upper[3];
  std::copy(std::begin(map.lowerCorner), std::end(map.lowerCorner), lower);
  std::copy(std::begin(map.upperCorner), std::end(map.upperCorner), upper);
  return driver.check(driver.tensorMapEncodeIm2col(encoded.bytes.data(), element, map.rank, address,
                                                   map.extents, map.strides, lower, upper, map.channels,
                                                   map.pixels, elementStrides, cudaInterleaveNone, swizzle,
                                                   cudaL2Promotion128, cudaOutOfBoundsZero),
                      "cuTensorMapEncodeIm2col");
}

} // namespace ashlar::runtime
