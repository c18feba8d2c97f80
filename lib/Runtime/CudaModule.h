//===-- CudaModule.h - kernels of the CUDA driver ---------------*- C++ -*-===//
//
// A loaded image, what its kernels need before their first launch, and the launch in the driver's terms.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_RUNTIME_CUDAMODULE_H
#define ASHLAR_LIB_RUNTIME_CUDAMODULE_H

#include "ashlar/Runtime/Device.h"

#include "CudaContext.h"

namespace ashlar::runtime {

class CudaKernel final : public KernelHandle {
public:
  explicit CudaKernel(CudaFunction function) : function(function) {}
  const CudaFunction function;
};

class CudaModuleHandle final : public Module {
public:
  CudaModuleHandle(ContextPointer context, CudaModule module, DeviceProperties facts)
      : context(std::move(context)), module(module), facts(std::move(facts)) {}
  ~CudaModuleHandle() override;
  Expected<std::unique_ptr<KernelHandle>> prepareKernel(const std::string &name,
                                                        const KernelNeeds &needs) override;

private:
  Status checkFeatures(const std::string &name, const KernelNeeds &needs) const;
  Status checkSizes(const std::string &name, CudaFunction function, const KernelNeeds &needs) const;
  Status optIn(const std::string &name, CudaFunction function, const KernelNeeds &needs);
  Status checkCluster(const std::string &name, CudaFunction function, const KernelNeeds &needs) const;

  const ContextPointer context;
  const CudaModule module;
  const DeviceProperties facts;
  /// What each kernel was opted in to so far; setting less would take it back.
  std::map<std::string, int64_t> sharedOptIn;
};

/// A launch with attributes; refers to itself, so it stays where it is.
struct CudaLaunch {
  CudaLaunch(const LaunchConfig &launch, CudaStream stream);
  CudaLaunch(const CudaLaunch &) = delete;

  CudaLaunchAttribute attributes[2];
  CudaLaunchConfig config;
};

/// Encodes a map with the driver, of which the current context is one.
Status encodeTensorMap(const CudaDriver &driver, const TensorMap &map, EncodedTensorMap &encoded);

} // namespace ashlar::runtime

#endif // ASHLAR_LIB_RUNTIME_CUDAMODULE_H
