//===-- HostilePackageTest.cpp - damaged and hostile packages -------------===//
//
// Packages cut short, with flipped bytes and with false claims: always a status, never a crash. What still opens must
// still be consistent. Run under the asan preset this also finds reads out of bounds.
//
//===----------------------------------------------------------------------===//

#include "SamplePackage.h"

#include "ashlar/Package/PackageReader.h"
#include "ashlar/Support/Random.h"
#include "lib/Package/ZipArchive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

using namespace ashlar;
using namespace ashlar::package;

static std::vector<uint8_t> sampleBytes() { return *test::makeSamplePackage().write(); }

/// Opens the bytes and reads all there is; returns whether all of it succeeded.
static bool readEverything(std::vector<uint8_t> bytes) {
  Expected<PackageReader> reader = PackageReader::openBytes(std::move(bytes));
  if (!reader) {
    EXPECT_FALSE(reader.status().message().empty());
    return false;
  }
  EXPECT_TRUE(verifyManifest(reader->manifest()).ok());
  bool complete = true;
  for (const Target &target : reader->manifest().targets)
    complete &= reader->image(target).ok();
  complete &= reader->reference().ok();
  unsigned sum = 0;
  for (uint8_t byte : reader->constants())
    sum += byte;
  return complete && sum > 0;
}

TEST(HostilePackage, truncation_at_every_length) {
  std::vector<uint8_t> bytes = sampleBytes();
  ASSERT_TRUE(readEverything(bytes));
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(readEverything({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length)})) << length;
}

TEST(HostilePackage, flipped_bytes) {
  std::vector<uint8_t> original = sampleBytes();
  for (uint64_t round = 0; round < 4000; ++round) {
    std::vector<uint8_t> bytes = original;
    uint64_t flips = 1 + randomBits(1, round) % 4;
    for (uint64_t flip = 0; flip < flips; ++flip) {
      uint64_t bits = randomBits(round + 2, flip);
      bytes[bits % bytes.size()] ^= static_cast<uint8_t>(1 + (bits >> 32) % 255);
    }
    readEverything(bytes);
  }
}

TEST(HostilePackage, every_byte_of_the_directory) {
  // The directory and the end record are where offsets and sizes stand: all their bytes, several values each.
  std::vector<uint8_t> original = sampleBytes();
  size_t start = original.size() - 500;
  for (size_t i = start; i < original.size(); ++i)
    for (uint8_t value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::vector<uint8_t> bytes = original;
      bytes[i] = value;
      readEverything(bytes);
    }
}

TEST(HostilePackage, flipped_bytes_in_the_manifest) {
  // Through the JSON parser instead of the checksum.
  std::string original = manifestToJson(test::makeSamplePackage().manifest());
  for (uint64_t round = 0; round < 5000; ++round) {
    std::string json = original;
    uint64_t bits = randomBits(99, round);
    static constexpr char alphabet[] = "0123456789-+eE.,:[]{}\"\\ntrufalse \xff";
    json[bits % json.size()] = alphabet[(bits >> 32) % (sizeof(alphabet) - 1)];
    Expected<Manifest> parsed = manifestFromJson(json);
    if (parsed)
      EXPECT_TRUE(verifyManifest(*parsed).ok());
  }
}

/// Finds the central directory record of `name` and overwrites the 32-bit field at `field` in it.
static void patchDirectory(std::vector<uint8_t> &bytes, const std::string &name, size_t field, uint32_t value) {
  for (size_t i = 0; i + 46 + name.size() <= bytes.size(); ++i)
    if (std::memcmp(&bytes[i], "PK\x01\x02", 4) == 0 && std::memcmp(&bytes[i + 46], name.data(), name.size()) == 0)
      std::memcpy(&bytes[i + field], &value, 4);
}

TEST(HostilePackage, absurd_claimed_sizes_cost_no_memory) {
  constexpr size_t compressedSize = 20, uncompressedSize = 24, headerOffset = 42;
  for (const char *name : {manifestEntry, constantsEntry, "kernels/sm_80.ptx"})
    for (size_t field : {compressedSize, uncompressedSize, headerOffset})
      for (uint32_t value : {0x7fffffffu, 0xfffffffeu, 0xffffffffu, 0x80000000u, 1u}) {
        std::vector<uint8_t> bytes = sampleBytes();
        patchDirectory(bytes, name, field, value);
        EXPECT_FALSE(readEverything(bytes)) << name << " " << field << " " << value;
      }
  // A claim that no deflated data could meet is refused before anyone reads the entry.
  std::vector<uint8_t> bytes = sampleBytes();
  patchDirectory(bytes, "kernels/sm_80.ptx", uncompressedSize, 0x7fffffff);
  EXPECT_EQ(PackageReader::openBytes(bytes).status().message().find(
                "damaged package: entry 'kernels/sm_80.ptx' claims 2147483647 bytes in "),
            0u);
}

TEST(HostilePackage, a_stored_entry_that_reaches_beyond_the_file) {
  // Sizes that agree with each other in the directory and in the local header of constants.bin, the first entry.
  std::vector<uint8_t> bytes = sampleBytes();
  uint32_t size = static_cast<uint32_t>(bytes.size()) - 8;
  for (size_t field : {20, 24})
    patchDirectory(bytes, constantsEntry, field, size);
  ASSERT_EQ(std::memcmp(bytes.data(), "PK\x03\x04", 4), 0);
  for (size_t field : {18, 22})
    std::memcpy(&bytes[field], &size, 4);
  std::string name = constantsEntry;
  Expected<std::map<std::string, ZipEntry>> directory = readZipDirectory(bytes);
  ASSERT_TRUE(directory) << directory.status().message();
  Expected<std::span<const uint8_t>> view = viewZipEntry(bytes, name, (*directory)[name]);
  ASSERT_FALSE(view);
  EXPECT_EQ(view.status().message(), "damaged package: entry 'constants.bin' reaches beyond the end of the file");
  EXPECT_FALSE(readZipEntry(bytes, name, (*directory)[name], size));
}

/// Replaces a text of the archive by another of equal length wherever it stands.
static void rename(std::vector<uint8_t> &bytes, const std::string &from, const std::string &to) {
  for (size_t i = 0; i + from.size() <= bytes.size(); ++i)
    if (std::memcmp(&bytes[i], from.data(), from.size()) == 0)
      std::memcpy(&bytes[i], to.data(), to.size());
}

/// The package with another text in the place of its manifest.
static std::vector<uint8_t> withManifest(PackageWriter writer, const std::string &text) {
  writer.addExtraEntry("manifest.jsoN", text);
  std::vector<uint8_t> bytes = *writer.write();
  rename(bytes, "manifest.json", "manifest.jsom");
  rename(bytes, "manifest.jsoN", "manifest.json");
  return bytes;
}

TEST(HostilePackage, zip_bombs) {
  // A large entry nobody reads does no harm; in the manifest's place it is refused by its size, before it is unpacked.
  PackageWriter writer;
  writer.addExtraEntry("padding", std::string(32u << 20, '\0'));
  std::vector<uint8_t> bytes = *writer.write();
  EXPECT_LT(bytes.size(), 200u << 10);
  Expected<PackageReader> harmless = PackageReader::openBytes(bytes);
  EXPECT_TRUE(harmless) << harmless.status().message();
  Expected<PackageReader> refused = PackageReader::openBytes(withManifest({}, std::string(32u << 20, ' ')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.status().message(), "damaged package: entry 'manifest.json' has 33554432 bytes; at most "
                                        "16777216 are read");
}

TEST(HostilePackage, entries_that_contradict_the_manifest) {
  PackageWriter writer = test::makeSamplePackage();
  ASSERT_TRUE(writer.write());
  Manifest manifest = writer.manifest();
  manifest.constantsBytes += 1;
  EXPECT_EQ(PackageReader::openBytes(withManifest(writer, manifestToJson(manifest))).status().message(),
            "constants.bin has 4196 bytes, the manifest says 4197");
  PackageWriter bare;
  manifest = Manifest();
  manifest.constantsBytes = 8;
  EXPECT_EQ(PackageReader::openBytes(withManifest(bare, manifestToJson(manifest))).status().message(),
            "the package has no entry 'constants.bin'");
  manifest.constantsBytes = 0;
  manifest.hasReference = true;
  EXPECT_EQ(PackageReader::openBytes(withManifest(bare, manifestToJson(manifest))).status().message(),
            "the package has no entry 'reference/host.so'");
}

TEST(HostilePackage, duplicate_entries_are_refused) {
  PackageWriter writer = test::makeSamplePackage();
  writer.addExtraEntry("constants.bix", "x");
  std::vector<uint8_t> bytes = *writer.write();
  for (size_t i = 0; i + 13 <= bytes.size(); ++i)
    if (std::memcmp(&bytes[i], "constants.bix", 13) == 0)
      bytes[i + 12] = 'n';
  Expected<PackageReader> reader = PackageReader::openBytes(bytes);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.status().message(), "damaged package: entry 'constants.bin' occurs twice");
}

TEST(HostilePackage, a_flipped_content_byte_fails_its_checksum) {
  std::vector<uint8_t> bytes = sampleBytes();
  std::vector<uint8_t> start = {0, 7, 14, 21, 28, 35};
  auto found = std::search(bytes.begin(), bytes.end(), start.begin(), start.end());
  ASSERT_NE(found, bytes.end());
  found[1] ^= 1;
  Expected<PackageReader> reader = PackageReader::openBytes(bytes);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.status().message(), "damaged package: entry 'constants.bin' has a wrong checksum");
}
