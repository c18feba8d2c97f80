//===-- HostilePackageTest.cpp - damaged and hostile packages -------------===//
//
// Packages cut short, with flipped bytes and with false claims: always a status, never a crash. What still opens must
// still be consistent. Run under the asan preset this also finds reads out of bounds.
//
//===----------------------------------------------------------------------===//

#include "SamplePackage.h"

#include "ashlar/Package/PackageReader.h"
#include "ashlar/Support/Random.h"

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
}

/// A package with `manifest` of `size` zero bytes, which deflate brings down to a thousandth.
static std::vector<uint8_t> bomb(size_t size) {
  PackageWriter writer;
  writer.addExtraEntry("padding", std::string(size, '\0'));
  return *writer.write();
}

TEST(HostilePackage, zip_bombs) {
  // A large entry nobody reads does no harm.
  std::vector<uint8_t> bytes = bomb(32u << 20);
  EXPECT_LT(bytes.size(), 200u << 10);
  Expected<PackageReader> harmless = PackageReader::openBytes(bytes);
  EXPECT_TRUE(harmless) << harmless.status().message();
  // Renamed so that it stands in for the manifest it is refused by its size, before it is unpacked.
  PackageWriter writer;
  writer.addExtraEntry("manifest.jsoN", std::string(32u << 20, ' '));
  bytes = *writer.write();
  std::string from = "manifest.jsoN", to = "manifest.json", away = "manifest.jsom";
  auto rename = [&](const std::string &old, const std::string &name) {
    for (size_t i = 0; i + old.size() <= bytes.size(); ++i)
      if (std::memcmp(&bytes[i], old.data(), old.size()) == 0)
        std::memcpy(&bytes[i], name.data(), name.size());
  };
  rename(to, away);
  rename(from, to);
  Expected<PackageReader> refused = PackageReader::openBytes(bytes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.status().message(), "damaged package: entry 'manifest.json' has 33554432 bytes; at most "
                                        "16777216 are read");
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
