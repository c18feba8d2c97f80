//===-- FunctionCall.cpp - what a call of a function needs ----------------===//
//
// Reports what does not fit together in the words of the function's signature.
//
//===----------------------------------------------------------------------===//

#include "FunctionCall.h"
#include "TensorSpec.h"

#include "ashlar/Runtime/Executable.h"

#include <algorithm>

namespace ashlar::run {

using package::Function;
using package::Manifest;

static std::string tensorsText(const Function &function, const std::vector<package::Tensor> &tensors) {
  std::string text;
  for (const package::Tensor &tensor : tensors)
    text += (text.empty() ? "" : ", ") + tensor.name + ": " + typeText(function, tensor.type);
  return "(" + text + ")";
}

std::string signatureText(const Function &function) {
  return function.name + tensorsText(function, function.inputs) + " -> " +
         tensorsText(function, function.outputs);
}

Expected<unsigned> chooseFunction(const Manifest &manifest, const std::string &name) {
  std::string names;
  for (const Function &function : manifest.functions)
    names += (names.empty() ? "" : ", ") + function.name;
  if (name.empty()) {
    if (manifest.functions.size() == 1)
      return 0;
    return invalidArgument(manifest.functions.empty()
                               ? "the package has no functions"
                               : "choose one of the functions with --function: " + names);
  }
  if (std::optional<unsigned> found = manifest.findFunction(name))
    return *found;
  return notFound("the package has no function '" + name + "'; it has: " + (names.empty() ? "none" : names));
}

Expected<std::vector<HostTensor>> readInputs(const Function &function,
                                             const std::vector<std::string> &specs) {
  if (specs.size() != function.inputs.size())
    return invalidArgument(std::to_string(specs.size()) + " inputs are given, the function takes " +
                           std::to_string(function.inputs.size()) + ": " + signatureText(function));
  std::vector<HostTensor> inputs;
  for (size_t i = 0; i < specs.size(); ++i) {
    Expected<HostTensor> input = parseTensorSpec(specs[i], function, function.inputs[i].type);
    if (!input)
      return input.status().withContext("input " + std::to_string(i) + " ('" + function.inputs[i].name +
                                        "')");
    inputs.push_back(*std::move(input));
  }
  return inputs;
}

Expected<std::vector<HostTensor>> makeOutputs(const Function &function,
                                              const std::vector<HostTensor> &inputs) {
  std::vector<runtime::TensorBuffer> shapes;
  for (const HostTensor &input : inputs)
    shapes.push_back({nullptr, 0, input.dims});
  std::vector<int64_t> symbols(function.symbols.size());
  ASHLAR_RETURN_IF_ERROR(runtime::bindSymbols(function, shapes, symbols));
  std::vector<HostTensor> outputs;
  for (const package::Tensor &output : function.outputs) {
    ASHLAR_ASSIGN_OR_RETURN(HostTensor tensor,
                            HostTensor::zeros(output.type.element, output.type.resolve(symbols)));
    std::fill(tensor.bytes.begin(), tensor.bytes.end(), uint8_t{0xff});
    outputs.push_back(std::move(tensor));
  }
  return outputs;
}

double quantile(std::vector<double> values, double fraction) {
  std::sort(values.begin(), values.end());
  double place = fraction * static_cast<double>(values.size() - 1);
  size_t below = static_cast<size_t>(place), above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

} // namespace ashlar::run
