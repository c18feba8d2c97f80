"""The C API (include/ashlar-c/Runtime.h) for Python, on tensors that PyTorch owns: no copies, on PyTorch's stream."""

import ctypes
import json
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_size_t, c_void_p


class _Tensor(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("bytes", c_size_t), ("dims", POINTER(c_int64)), ("rank", c_size_t)]


class RuntimeFailure(Exception):
    pass


class Library:
    """libAshlarRuntime.so."""

    def __init__(self, path):
        self.functions = ctypes.CDLL(str(path))
        for name, arguments in (
                ("PackageLoadFile", [c_char_p, POINTER(c_void_p)]), ("PackageDestroy", [c_void_p]),
                ("PackageFindFunction", [c_void_p, c_char_p, POINTER(c_size_t)]), ("PackageManifest", [c_void_p]),
                ("DeviceCreate", [c_char_p, POINTER(c_char_p), c_size_t, POINTER(c_void_p)]), ("DeviceDestroy", [c_void_p]),
                ("ExecutableCreate", [c_void_p, c_void_p, POINTER(c_void_p)]), ("ExecutableDestroy", [c_void_p]),
                ("ExecutableTarget", [c_void_p]),
                ("ExecutableInvoke", [c_void_p, c_size_t, POINTER(_Tensor), c_size_t, POINTER(_Tensor), c_size_t, c_void_p]),
                ("LastErrorMessage", [])):
            function = getattr(self.functions, f"ashlar{name}")
            function.argtypes, function.restype = arguments, c_int
        for name in ("PackageManifest", "ExecutableTarget", "LastErrorMessage"):
            getattr(self.functions, f"ashlar{name}").restype = c_char_p
        for name in ("PackageDestroy", "DeviceDestroy", "ExecutableDestroy"):
            getattr(self.functions, f"ashlar{name}").restype = None

    def call(self, name, *arguments):
        if getattr(self.functions, f"ashlar{name}")(*arguments) != 0:
            raise RuntimeFailure(self.functions.ashlarLastErrorMessage().decode())

    def create(self, name, *arguments):
        """The object that a call gives through its last parameter."""
        result = c_void_p()
        self.call(name, *arguments, byref(result))
        return result


class Device:
    def __init__(self, library, name):
        self.library = library
        self.handle = library.create("DeviceCreate", name.encode(), None, 0)

    def __del__(self):
        if hasattr(self, "handle"):
            self.library.functions.ashlarDeviceDestroy(self.handle)


class Executable:
    """A package on a device."""

    def __init__(self, device, package):
        self.library = device.library
        self.package = self.library.create("PackageLoadFile", str(package).encode())
        self.handle = self.library.create("ExecutableCreate", self.package, device.handle)
        self.manifest = json.loads(self.library.functions.ashlarPackageManifest(self.package))
        self.target = self.library.functions.ashlarExecutableTarget(self.handle).decode()

    def __del__(self):
        if hasattr(self, "handle"):
            self.library.functions.ashlarExecutableDestroy(self.handle)
        if hasattr(self, "package"):
            self.library.functions.ashlarPackageDestroy(self.package)

    def bind(self, function, inputs, outputs):
        """A function of a stream that enqueues the call. `inputs` and `outputs`: pairs of address and bytes."""
        index = c_size_t()
        self.library.call("PackageFindFunction", self.package, function.encode(), byref(index))
        arrays = [(_Tensor * len(tensors))(*(_Tensor(address, size, None, 0) for address, size in tensors))
                  for tensors in (inputs, outputs)]
        arguments = (self.handle, index, arrays[0], len(inputs), arrays[1], len(outputs))
        return lambda stream: self.library.call("ExecutableInvoke", *arguments, stream)
