# Minizip::Minizip: the static archives of minizip and zlib, because a GPU server need not have their shared libraries.
find_path(Minizip_INCLUDE_DIR minizip/unzip.h)
find_library(Minizip_LIBRARY NAMES libminizip.a)
find_library(Minizip_ZLIB_LIBRARY NAMES libz.a)
mark_as_advanced(Minizip_INCLUDE_DIR Minizip_LIBRARY Minizip_ZLIB_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Minizip
  REQUIRED_VARS Minizip_LIBRARY Minizip_ZLIB_LIBRARY Minizip_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "the static archives of minizip and zlib are needed (Debian: libminizip-dev, zlib1g-dev)")

if(Minizip_FOUND AND NOT TARGET Minizip::Minizip)
  add_library(Minizip::Minizip STATIC IMPORTED)
  set_target_properties(Minizip::Minizip PROPERTIES
    IMPORTED_LOCATION ${Minizip_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Minizip_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES ${Minizip_ZLIB_LIBRARY})
endif()
