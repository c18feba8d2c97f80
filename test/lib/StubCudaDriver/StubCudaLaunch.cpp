//===-- StubCudaLaunch.cpp - kernels of the stub driver -------------------===//
//
// Modules, launches and tensor maps. Types are spelled plainly: the stub must not share the runtime's idea of
// the interface.
//
//===----------------------------------------------------------------------===//

#include "StubCudaState.h"

#include <cstdlib>
#include <cstring>
#include <sstream>

using namespace stub;

namespace {

struct StubFunction {
  std::string name;
  /// Bytes of each parameter; 128 is a tensor map.
  std::vector<int> widths;
  int sharedLimit = 48 * 1024, staticShared = 0, maxThreads = 1024;
  bool largeClusters = false;
};

struct StubModule {
  std::map<std::string, StubFunction> functions;
};

} // namespace

template <typename T>
static std::string listText(const T *values, unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i)
    text += (i ? "," : "") + std::to_string(values[i]);
  return text;
}

extern "C" {

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

static StubFunction parseEntry(const std::string &line) {
  StubFunction function;
  size_t open = line.find('(');
  function.name = line.substr(7, open - 7);
  std::stringstream parameters(line.substr(open + 1, line.find(')') - open - 1));
  for (std::string word; std::getline(parameters, word, ',');)
    function.widths.push_back(word.find("map") != std::string::npos   ? 128
                              : word.find("u32") != std::string::npos ? 4
                                                                      : 8);
  if (size_t shared = line.find(".shared "); shared != std::string::npos)
    function.staticShared = std::atoi(line.c_str() + shared + 8);
  if (size_t threads = line.find(".maxntid "); threads != std::string::npos)
    function.maxThreads = std::atoi(line.c_str() + threads + 9);
  return function;
}

Result cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *options, void **values) {
  std::string text(static_cast<const char *>(image));
  ENTER("cuModuleLoadDataEx", "\"" + text.substr(0, text.find('\n')) + "\"", true);
  if (!state().rejectedText.empty() && text.find(state().rejectedText) != std::string::npos) {
    for (unsigned i = 0; i < count; ++i)
      if (options[i] == 5)
        std::strcpy(static_cast<char *>(values[i]), "the stub was told to reject it");
    return state().rejectedResult;
  }
  auto *loaded = new StubModule;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind(".entry ", 0) == 0) {
      StubFunction function = parseEntry(line);
      loaded->functions[function.name] = function;
    }
  ++state().modules;
  *module = loaded;
  return success;
}

Result cuModuleUnload(void *module) {
  ENTER("cuModuleUnload", "", true);
  --state().modules;
  delete static_cast<StubModule *>(module);
  return success;
}

Result cuModuleGetFunction(void **function, void *module, const char *name) {
  ENTER("cuModuleGetFunction", name, true);
  auto &functions = static_cast<StubModule *>(module)->functions;
  auto found = functions.find(name);
  if (found == functions.end())
    return notFound;
  *function = &found->second;
  return success;
}

Result cuFuncGetAttribute(int *value, int attribute, void *function) {
  auto *target = static_cast<StubFunction *>(function);
  ENTER("cuFuncGetAttribute", target->name + " " + std::to_string(attribute), true);
  if (attribute > 1)
    return invalidValue;
  *value = attribute == 0 ? target->maxThreads : target->staticShared;
  return success;
}

Result cuFuncSetAttribute(void *function, int attribute, int value) {
  auto *target = static_cast<StubFunction *>(function);
  ENTER("cuFuncSetAttribute", target->name + " " + std::to_string(attribute) + "=" + std::to_string(value),
        true);
  if (attribute == 8) {
    if (value > sharedOptIn)
      return invalidValue;
    target->sharedLimit = value;
  }
  target->largeClusters |= attribute == 14 && value != 0;
  return success;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

static std::string dims(unsigned x, unsigned y, unsigned z) {
  return std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(z);
}

/// What the stub makes of a tensor map.
struct StubTensorMap {
  static constexpr uint64_t validMagic = 0x73747562206d6170;
  uint64_t magic, address;
  char rest[112];
};
static_assert(sizeof(StubTensorMap) == 128);

/// The value of each argument; of a tensor map the address it describes.
static std::vector<uint64_t> readArguments(const StubFunction &function, void **arguments) {
  std::vector<uint64_t> values;
  for (size_t i = 0; i < function.widths.size(); ++i) {
    uint64_t value = 0;
    if (function.widths[i] == sizeof(StubTensorMap)) {
      StubTensorMap map;
      std::memcpy(&map, arguments[i], sizeof(map));
      if (map.magic != StubTensorMap::validMagic)
        violation("launch of " + function.name + " with an argument that is no tensor map");
      value = map.address;
    } else {
      std::memcpy(&value, arguments[i], static_cast<size_t>(function.widths[i]));
    }
    values.push_back(value);
  }
  return values;
}

static void runKernel(const StubFunction &function, const std::vector<uint64_t> &values) {
  if (function.name == "scale2_f32") {
    auto *in = reinterpret_cast<const float *>(values[0]);
    auto *out = reinterpret_cast<float *>(values[1]);
    for (uint32_t i = 0; i < values[2]; ++i)
      out[i] = 2 * in[i];
  } else if (function.name == "copy_bytes") {
    std::memcpy(reinterpret_cast<void *>(values[1]), reinterpret_cast<const void *>(values[0]), values[2]);
  }
}

/// Everything that a driver checks at a launch; arguments of eight bytes are taken for addresses when they
/// look so.
static Result launch(const StubFunction &function, const unsigned *grid, const unsigned *block,
                     unsigned shared, void **arguments) {
  if (state().quiet)
    return success;
  bool geometry = grid[0] >= 1 && grid[1] >= 1 && grid[2] >= 1 && grid[1] <= 65535 && grid[2] <= 65535 &&
                  block[0] * block[1] * block[2] <= 1024 && block[0] * block[1] * block[2] > 0 &&
                  block[2] <= 64;
  if (!geometry) {
    violation("launch of " + function.name + " with a bad grid or block");
    return invalidValue;
  }
  if (shared > static_cast<unsigned>(function.sharedLimit)) {
    violation("launch of " + function.name + " with more shared memory than was asked for");
    return invalidValue;
  }
  runKernel(function, readArguments(function, arguments));
  return success;
}

static std::string launchText(const StubFunction &function, const unsigned *grid, const unsigned *block,
                              unsigned shared, void *stream, void **arguments) {
  std::string text = function.name + " grid=" + dims(grid[0], grid[1], grid[2]) +
                     " block=" + dims(block[0], block[1], block[2]) + " shared=" + std::to_string(shared) +
                     streamText(stream) + " arguments=";
  std::vector<uint64_t> values = readArguments(function, arguments);
  for (size_t i = 0; i < values.size(); ++i) {
    bool isMap = function.widths[i] == sizeof(StubTensorMap);
    bool isAddress = function.widths[i] == 8 && addressText(values[i]) != "?";
    std::string value = isAddress || isMap ? addressText(values[i]) : std::to_string(values[i]);
    text += (i ? "," : "") + (isMap ? "map(" + value + ")" : value);
  }
  return text;
}

Result cuLaunchKernel(void *function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                      unsigned blockY, unsigned blockZ, unsigned shared, void *stream, void **arguments,
                      void **) {
  const StubFunction &target = *static_cast<StubFunction *>(function);
  unsigned grid[] = {gridX, gridY, gridZ}, block[] = {blockX, blockY, blockZ};
  ENTER("cuLaunchKernel", launchText(target, grid, block, shared, stream, arguments), true);
  return launch(target, grid, block, shared, arguments);
}

#ifndef STUB_WITHOUT_HOPPER
struct LaunchAttribute {
  int id;
  char padding[4];
  unsigned value[16];
};

struct LaunchConfig {
  unsigned grid[3], block[3], shared;
  void *stream;
  LaunchAttribute *attributes;
  unsigned count;
};

/// The attributes of a launch, and whether a driver would take them.
static std::string attributesText(const LaunchConfig &config, const StubFunction &function) {
  std::string text;
  for (unsigned i = 0; i < config.count; ++i) {
    const LaunchAttribute &attribute = config.attributes[i];
    const unsigned *value = attribute.value;
    if (attribute.id == 6) {
      text += " programmatic=" + std::to_string(value[0]);
    } else if (attribute.id != 4) {
      violation("unknown launch attribute " + std::to_string(attribute.id));
    } else {
      text += " cluster=" + dims(value[0], value[1], value[2]);
      if (value[0] * value[1] * value[2] > (function.largeClusters ? 16u : 8u))
        violation("launch of " + function.name + " with a cluster that was not asked for");
      for (size_t axis = 0; axis < 3; ++axis)
        if (value[axis] == 0 || config.grid[axis] % value[axis] != 0)
          violation("launch of " + function.name + " with a grid that is no multiple of the cluster");
    }
  }
  return text;
}

Result cuLaunchKernelEx(const LaunchConfig *config, void *function, void **arguments, void **) {
  const StubFunction &target = *static_cast<StubFunction *>(function);
  ENTER("cuLaunchKernelEx",
        launchText(target, config->grid, config->block, config->shared, config->stream, arguments) +
            attributesText(*config, target),
        true);
  return launch(target, config->grid, config->block, config->shared, arguments);
}

Result cuOccupancyMaxActiveClusters(int *clusters, void *function, const LaunchConfig *config) {
  const StubFunction &target = *static_cast<StubFunction *>(function);
  ENTER("cuOccupancyMaxActiveClusters",
        target.name + " block=" + dims(config->block[0], config->block[1], config->block[2]) +
            " shared=" + std::to_string(config->shared) + attributesText(*config, target),
        true);
  if (config->shared > static_cast<unsigned>(target.sharedLimit))
    return invalidValue;
  *clusters = state().activeClusters;
  return success;
}

//===----------------------------------------------------------------------===//
// Tensor maps
//===----------------------------------------------------------------------===//

namespace {
/// The parameters that both kinds of map have.
struct MapParameters {
  void *map;
  int type;
  unsigned rank;
  void *address;
  const uint64_t *extents, *strides;
  const uint32_t *steps;
  int interleave, swizzle, l2, fill;

  std::string text(const std::string &walk) const;
  bool isLegal(unsigned innermost) const;
  void encode() const;
};
} // namespace

std::string MapParameters::text(const std::string &walk) const {
  return "type=" + std::to_string(type) + " " + addressText(reinterpret_cast<Address>(address)) +
         " extents=" + listText(extents, rank) + " strides=" + listText(strides, rank - 1) + walk +
         " steps=" + listText(steps, rank) + " interleave=" + std::to_string(interleave) +
         " swizzle=" + std::to_string(swizzle) + " l2=" + std::to_string(l2) +
         " fill=" + std::to_string(fill);
}

/// The limits of the driver's documentation, for the types in use: 1, 2, 4 and 8 bytes.
bool MapParameters::isLegal(unsigned innermost) const {
  static constexpr unsigned typeBytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};
  if (type < 0 || type >= 13 || rank < 1 || rank > 5 || swizzle < 0 || swizzle > 3 || interleave != 0)
    return false;
  unsigned bytes = typeBytes[type], spans[] = {0, 32, 64, 128};
  uint64_t end = bytes * extents[0];
  bool legal = reinterpret_cast<uintptr_t>(map) % 64 == 0 && reinterpret_cast<Address>(address) % 16 == 0 &&
               innermost * bytes % 16 == 0 && (swizzle == 0 || innermost * bytes <= spans[swizzle]);
  for (unsigned i = 0; i < rank; ++i) {
    legal = legal && extents[i] >= 1 && extents[i] <= uint64_t{1} << 32 && steps[i] >= 1 && steps[i] <= 8;
    if (i == 0)
      continue;
    legal = legal && strides[i - 1] % 16 == 0 && strides[i - 1] < uint64_t{1} << 40;
    end += (extents[i] - 1) * strides[i - 1];
  }
  return legal && isInside(reinterpret_cast<Address>(address), end);
}

void MapParameters::encode() const {
  StubTensorMap encoded = {StubTensorMap::validMagic, reinterpret_cast<Address>(address), {}};
  std::memcpy(map, &encoded, sizeof(encoded));
}

Result cuTensorMapEncodeTiled(void *map, int type, uint32_t rank, void *address, const uint64_t *extents,
                              const uint64_t *strides, const uint32_t *box, const uint32_t *steps,
                              int interleave, int swizzle, int l2, int fill) {
  MapParameters parameters{map, type, rank, address, extents, strides, steps, interleave, swizzle, l2, fill};
  ENTER("cuTensorMapEncodeTiled", parameters.text(" box=" + listText(box, rank)), true);
  bool legal = parameters.isLegal(box[0]);
  for (unsigned i = 0; i < rank; ++i)
    legal = legal && box[i] >= 1 && box[i] <= 256;
  if (!legal) {
    violation("cuTensorMapEncodeTiled with parameters that no map has");
    return invalidValue;
  }
  parameters.encode();
  return success;
}

Result cuTensorMapEncodeIm2col(void *map, int type, uint32_t rank, void *address, const uint64_t *extents,
                               const uint64_t *strides, const int *lower, const int *upper, uint32_t channels,
                               uint32_t pixels, const uint32_t *steps, int interleave, int swizzle, int l2,
                               int fill) {
  MapParameters parameters{map, type, rank, address, extents, strides, steps, interleave, swizzle, l2, fill};
  ENTER("cuTensorMapEncodeIm2col",
        parameters.text(" lower=" + listText(lower, rank - 2) + " upper=" + listText(upper, rank - 2) +
                        " channels=" + std::to_string(channels) + " pixels=" + std::to_string(pixels)),
        true);
  if (rank < 3 || channels > 256 || pixels > 1024 || !parameters.isLegal(channels)) {
    violation("cuTensorMapEncodeIm2col with parameters that no map has");
    return invalidValue;
  }
  parameters.encode();
  return success;
}
#endif // STUB_WITHOUT_HOPPER

} // extern "C"
