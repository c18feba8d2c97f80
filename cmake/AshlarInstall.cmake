# Installation: what another CMake project needs for find_package(Ashlar).
