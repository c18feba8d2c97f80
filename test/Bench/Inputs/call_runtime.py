"""Calls a package through the Python binding of the C API, on the stub driver, whose device memory is memory of the process."""

import ctypes
import sys

import runtime


def main():
    library_path, package = sys.argv[1:]
    library = runtime.Library(library_path)
    try:
        runtime.Device(library, "cuda:7")
    except runtime.RuntimeFailure as problem:
        print(f"no device: {problem}")
    device = runtime.Device(library, "cuda:0")
    try:
        runtime.Executable(device, package + ".none")
    except runtime.RuntimeFailure as problem:
        print(f"no package: {problem}")
    executable = runtime.Executable(device, package)
    print(executable.target, [function["name"] for function in executable.manifest["functions"]][:2])
    buffers = []
    for _ in range(2):
        address = ctypes.c_void_p()
        library.functions.ashlarDeviceAllocate.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_void_p)]
        library.call("DeviceAllocate", device.handle, 32, ctypes.byref(address))
        buffers.append((address.value, 32))
    numbers = ctypes.cast(buffers[0][0], ctypes.POINTER(ctypes.c_float))
    for index in range(8):
        numbers[index] = index + 0.5
    call = executable.bind("scale", buffers[:1], buffers[1:])
    call(None)
    print(ctypes.cast(buffers[1][0], ctypes.POINTER(ctypes.c_float))[0:8])
    try:
        executable.bind("scale", [(buffers[0][0], 16)], buffers[1:])(None)
    except runtime.RuntimeFailure as problem:
        print(f"too small: {problem}")


if __name__ == "__main__":
    main()
