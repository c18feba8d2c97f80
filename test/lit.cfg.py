# The lit suite of the project: every .mlir and .test file of the folders beside this file, but those of unit tests and
# test-only code. A folder's lit.local.cfg narrows this down, e.g. with `config.unsupported = "cuda-device" not in
# config.available_features`.
#
# Features: `ptxas`, the assembler of the CUDA toolkit is on PATH; `cuda-device`, the machine has an NVIDIA GPU;
# `sanitizer`, the build checks itself.

import glob
import os
import shutil

import lit.formats

config.name = "Ashlar"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Unit", "lib", "lit.cfg.py"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.ashlar_binary_dir, "test")

# The tools of the build come first, then LLVM's (FileCheck, not, split-file, mlir-translate).
tool_dirs = [os.path.join(config.ashlar_binary_dir, "bin"), os.path.join(config.ashlar_binary_dir, "test", "bin"),
             config.llvm_tools_dir]
config.environment["PATH"] = os.pathsep.join(tool_dirs + [os.environ.get("PATH", "")])

config.substitutions.append(("%ashlar_bin", tool_dirs[0]))
config.substitutions.append(("%unit_bin", tool_dirs[1]))
config.substitutions.append(("%source_dir", config.ashlar_source_dir))
config.substitutions.append(("%binary_dir", config.ashlar_binary_dir))
config.substitutions.append(("%python", config.python_executable))
config.substitutions.append(("%cmake", config.cmake_command))
config.substitutions.append(("%c_compiler", config.c_compiler))
config.substitutions.append(("%cxx_compiler", config.cxx_compiler))

if shutil.which("ptxas"):
    config.available_features.add("ptxas")
if glob.glob("/dev/nvidia[0-9]*"):
    config.available_features.add("cuda-device")
if "-fsanitize" in config.cxx_flags:
    config.available_features.add("sanitizer")

# Tests that use the GPU run one at a time: their lit.local.cfg says config.parallelism_group = "cuda".
lit_config.parallelism_groups["cuda"] = 1
