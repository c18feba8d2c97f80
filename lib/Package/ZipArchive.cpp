//===-- ZipArchive.cpp - ZIP in memory, both ways -------------------------===//
//
// minizip on memory streams of our own, whose reads and seeks are bounds-checked.
//
//===----------------------------------------------------------------------===//

#include "ZipArchive.h"

#include <minizip/unzip.h>
#include <minizip/zip.h>

#include <algorithm>
#include <cstring>

namespace ashlar::package {

//===----------------------------------------------------------------------===//
// Memory streams
//===----------------------------------------------------------------------===//

namespace {
/// What the library's callbacks work on: bytes to read, or a buffer that grows while writing.
struct MemoryStream {
  std::span<const uint8_t> input;
  std::vector<uint8_t> output;
  bool writing = false;
  uint64_t position = 0;

  uint64_t size() const { return writing ? output.size() : input.size(); }
};
} // namespace

static MemoryStream &streamOf(voidpf opaque) { return *static_cast<MemoryStream *>(opaque); }

static voidpf openStream(voidpf opaque, const void *, int) { return opaque; }
static int closeStream(voidpf, voidpf) { return 0; }
static int streamError(voidpf, voidpf) { return 0; }
static ZPOS64_T tellStream(voidpf opaque, voidpf) { return streamOf(opaque).position; }

static uLong readStream(voidpf opaque, voidpf, void *buffer, uLong size) {
  MemoryStream &stream = streamOf(opaque);
  uint64_t left = stream.size() - std::min(stream.position, stream.size());
  uint64_t count = std::min<uint64_t>(size, left);
  const uint8_t *bytes = stream.writing ? stream.output.data() : stream.input.data();
  if (count > 0)
    std::memcpy(buffer, bytes + stream.position, count);
  stream.position += count;
  return static_cast<uLong>(count);
}

static uLong writeStream(voidpf opaque, voidpf, const void *buffer, uLong size) {
  MemoryStream &stream = streamOf(opaque);
  if (!stream.writing)
    return 0;
  if (stream.position + size > stream.output.size())
    stream.output.resize(stream.position + size);
  if (size > 0)
    std::memcpy(stream.output.data() + stream.position, buffer, size);
  stream.position += size;
  return size;
}

static long seekStream(voidpf opaque, voidpf, ZPOS64_T offset, int origin) {
  MemoryStream &stream = streamOf(opaque);
  uint64_t base = origin == ZLIB_FILEFUNC_SEEK_CUR ? stream.position
                  : origin == ZLIB_FILEFUNC_SEEK_END ? stream.size()
                                                     : 0;
  uint64_t target = base + offset;
  if (target < base || target > stream.size())
    return -1;
  stream.position = target;
  return 0;
}

static zlib_filefunc64_def callbacksFor(MemoryStream &stream) {
  zlib_filefunc64_def callbacks;
  callbacks.zopen64_file = openStream;
  callbacks.zread_file = readStream;
  callbacks.zwrite_file = writeStream;
  callbacks.ztell64_file = tellStream;
  callbacks.zseek64_file = seekStream;
  callbacks.zclose_file = closeStream;
  callbacks.zerror_file = streamError;
  callbacks.opaque = &stream;
  return callbacks;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// An open archive; closes it and its current entry when it goes out of scope.
class OpenArchive {
public:
  explicit OpenArchive(std::span<const uint8_t> archive) {
    stream.input = archive;
    zlib_filefunc64_def callbacks = callbacksFor(stream);
    file = unzOpen2_64("", &callbacks);
  }
  OpenArchive(const OpenArchive &) = delete;
  ~OpenArchive() {
    if (file)
      unzClose(file);
  }
  unzFile get() const { return file; }

private:
  MemoryStream stream;
  unzFile file = nullptr;
};
} // namespace

static Status damaged(const std::string &what) { return invalidPackage("damaged package: " + what); }

/// Deflate expands by at most 1032 to 1; a claim beyond that is a bomb or an error.
static bool plausibleSize(const ZipEntry &entry) {
  if (entry.stored)
    return entry.bytes == entry.compressedBytes;
  return entry.bytes <= maxZipEntryBytes && entry.bytes / 1032 <= entry.compressedBytes;
}

static Expected<ZipEntry> readDirectoryEntry(unzFile file, std::string &name, uint64_t archiveBytes) {
  unz_file_info64 info;
  std::vector<char> buffer(1024);
  if (unzGetCurrentFileInfo64(file, &info, buffer.data(), buffer.size(), nullptr, 0, nullptr, 0) != UNZ_OK)
    return damaged("the ZIP directory cannot be read");
  if (info.size_filename == 0 || info.size_filename >= 256)
    return damaged("an entry's name has " + std::to_string(info.size_filename) + " bytes");
  name.assign(buffer.data(), info.size_filename);
  if (name.find('\0') != std::string::npos)
    return damaged("an entry's name contains a zero byte");
  if ((info.flag & 1) != 0)
    return damaged("entry '" + name + "' is encrypted");
  if (info.compression_method != 0 && info.compression_method != Z_DEFLATED)
    return damaged("entry '" + name + "' uses compression method " + std::to_string(info.compression_method));
  unz64_file_pos position;
  if (unzGetFilePos64(file, &position) != UNZ_OK)
    return damaged("the ZIP directory cannot be read");
  ZipEntry entry{info.compressed_size, info.uncompressed_size, info.compression_method == 0,
                 position.pos_in_zip_directory, position.num_of_file};
  if (entry.compressedBytes > archiveBytes)
    return damaged("entry '" + name + "' is larger than the file");
  if (!plausibleSize(entry))
    return damaged("entry '" + name + "' claims " + std::to_string(entry.bytes) + " bytes in " +
                   std::to_string(entry.compressedBytes) + " compressed ones");
  return entry;
}

/// Whether the file ends with an end-of-directory record and its comment; the library accepts a record cut short.
static bool endsWithRecord(std::span<const uint8_t> archive) {
  constexpr size_t recordBytes = 22, maxComment = 0xffff;
  constexpr uint8_t signature[] = {'P', 'K', 5, 6};
  for (size_t comment = 0; comment <= maxComment && comment + recordBytes <= archive.size(); ++comment) {
    const uint8_t *record = archive.data() + archive.size() - comment - recordBytes;
    if (std::equal(std::begin(signature), std::end(signature), record) && record[20] + 256u * record[21] == comment)
      return true;
  }
  return false;
}

Expected<std::map<std::string, ZipEntry>> readZipDirectory(std::span<const uint8_t> archive) {
  OpenArchive open(archive);
  unz_global_info64 global;
  if (!endsWithRecord(archive) || !open.get() || unzGetGlobalInfo64(open.get(), &global) != UNZ_OK)
    return invalidPackage("not a ZIP archive, or truncated: it has no valid directory at its end");
  if (global.number_entry > maxZipEntries)
    return damaged("the ZIP directory lists " + std::to_string(global.number_entry) + " entries");
  std::map<std::string, ZipEntry> entries;
  for (uint64_t i = 0; i < global.number_entry; ++i) {
    if ((i == 0 ? unzGoToFirstFile(open.get()) : unzGoToNextFile(open.get())) != UNZ_OK)
      return damaged("the ZIP directory ends early");
    std::string name;
    ASHLAR_ASSIGN_OR_RETURN(ZipEntry entry, readDirectoryEntry(open.get(), name, archive.size()));
    if (!entries.emplace(name, entry).second)
      return damaged("entry '" + name + "' occurs twice");
  }
  return entries;
}

static Status openEntry(unzFile file, const std::string &name, const ZipEntry &entry) {
  unz64_file_pos position{entry.directoryOffset, entry.directoryIndex};
  if (!file || unzGoToFilePos64(file, &position) != UNZ_OK || unzOpenCurrentFile(file) != UNZ_OK)
    return damaged("entry '" + name + "' cannot be opened; its header contradicts the directory");
  return {};
}

Expected<std::vector<uint8_t>> readZipEntry(std::span<const uint8_t> archive, const std::string &name,
                                            const ZipEntry &entry, uint64_t maxBytes) {
  if (entry.bytes > maxBytes)
    return damaged("entry '" + name + "' has " + std::to_string(entry.bytes) + " bytes; at most " +
                   std::to_string(maxBytes) + " are read");
  OpenArchive open(archive);
  ASHLAR_RETURN_IF_ERROR(openEntry(open.get(), name, entry));
  // Memory grows with what really decodes, so a false size in the directory costs nothing.
  constexpr uint64_t chunk = uint64_t{1} << 20;
  std::vector<uint8_t> bytes;
  uint64_t done = 0;
  while (done < entry.bytes) {
    if (done == bytes.size())
      bytes.resize(std::min(entry.bytes, std::max(chunk, 2 * done)));
    uint64_t room = std::min<uint64_t>(bytes.size() - done, uint64_t{1} << 30);
    int got = unzReadCurrentFile(open.get(), bytes.data() + done, static_cast<unsigned>(room));
    if (got <= 0)
      return damaged("entry '" + name + "' cannot be decompressed");
    done += static_cast<uint64_t>(got);
  }
  if (unzCloseCurrentFile(open.get()) != UNZ_OK)
    return damaged("entry '" + name + "' has a wrong checksum");
  return bytes;
}

Expected<std::span<const uint8_t>> viewZipEntry(std::span<const uint8_t> archive, const std::string &name,
                                                const ZipEntry &entry) {
  OpenArchive open(archive);
  ASHLAR_RETURN_IF_ERROR(openEntry(open.get(), name, entry));
  unz_file_info64 info;
  if (!entry.stored || unzGetCurrentFileInfo64(open.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK)
    return damaged("entry '" + name + "' is not a stored entry");
  uint64_t offset = unzGetCurrentFileZStreamPos64(open.get());
  if (offset > archive.size() || entry.bytes > archive.size() - offset)
    return damaged("entry '" + name + "' reaches beyond the end of the file");
  std::span<const uint8_t> bytes = archive.subspan(offset, entry.bytes);
  uLong checksum = crc32(0, nullptr, 0);
  for (std::span<const uint8_t> rest = bytes; !rest.empty();) {
    size_t count = std::min<size_t>(rest.size(), size_t{1} << 30);
    checksum = crc32(checksum, rest.data(), static_cast<uInt>(count));
    rest = rest.subspan(count);
  }
  if (checksum != info.crc)
    return damaged("entry '" + name + "' has a wrong checksum");
  return bytes;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Extra field of a local header that moves the content of the entry to a multiple of 64. Its tag is one that ZIP
/// leaves to applications; readers skip it by its length.
static std::vector<uint8_t> alignmentField(uint64_t headerOffset, size_t nameBytes, bool zip64) {
  constexpr uint64_t localHeaderBytes = 30, zip64FieldBytes = 20, fieldHeaderBytes = 4, alignment = 64;
  uint64_t content = headerOffset + localHeaderBytes + nameBytes + (zip64 ? zip64FieldBytes : 0) + fieldHeaderBytes;
  size_t padding = static_cast<size_t>((alignment - content % alignment) % alignment);
  std::vector<uint8_t> field = {0x41, 0xa5, static_cast<uint8_t>(padding), 0};
  field.resize(fieldHeaderBytes + padding);
  return field;
}

static Status writeEntry(zipFile file, const MemoryStream &stream, const std::string &name,
                         const ZipContent &content) {
  // 1980-01-01 00:00, a regular file with mode 0644 "made by" Unix, names in UTF-8.
  zip_fileinfo info = {};
  info.dosDate = 0x00210000;
  info.external_fa = 0100644ul << 16;
  constexpr uLong madeByUnix = (3u << 8) | 20, utf8Names = 1u << 11;
  bool zip64 = content.bytes.size() >= 0xffffffffu;
  std::vector<uint8_t> extra;
  if (content.store)
    extra = alignmentField(stream.position, name.size(), zip64);
  int status = zipOpenNewFileInZip4_64(file, name.c_str(), &info, extra.data(), static_cast<uInt>(extra.size()),
                                       nullptr, 0, nullptr, content.store ? 0 : Z_DEFLATED, 6, 0, -MAX_WBITS,
                                       DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, nullptr, 0, madeByUnix, utf8Names, zip64);
  for (std::string_view rest = content.bytes; status == ZIP_OK && !rest.empty();) {
    size_t count = std::min<size_t>(rest.size(), size_t{1} << 30);
    status = zipWriteInFileInZip(file, rest.data(), static_cast<unsigned>(count));
    rest.remove_prefix(count);
  }
  if (status == ZIP_OK)
    status = zipCloseFileInZip(file);
  if (status != ZIP_OK)
    return Status(StatusCode::Internal, "the ZIP library failed with code " + std::to_string(status) + " at entry '" +
                                            name + "'");
  return {};
}

Expected<std::vector<uint8_t>> writeZip(const std::map<std::string, ZipContent> &entries) {
  MemoryStream stream;
  stream.writing = true;
  zlib_filefunc64_def callbacks = callbacksFor(stream);
  zipFile file = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &callbacks);
  if (!file)
    return Status(StatusCode::OutOfMemory, "the ZIP library cannot start an archive");
  Status status;
  for (const auto &[name, content] : entries)
    if (status.ok())
      status = writeEntry(file, stream, name, content);
  if (zipClose(file, nullptr) != ZIP_OK && status.ok())
    status = Status(StatusCode::Internal, "the ZIP library failed to finish the archive");
  if (!status.ok())
    return status;
  return std::move(stream.output);
}

} // namespace ashlar::package
