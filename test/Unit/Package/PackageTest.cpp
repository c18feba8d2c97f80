//===-- PackageTest.cpp - tests of writing and reading packages -----------===//
//
// Round trip, determinism, alignment of constants, and disagreement between manifest and entries.
//
//===----------------------------------------------------------------------===//

#include "SamplePackage.h"

#include "ashlar/Package/PackageReader.h"
#include "ashlar/Support/FileIO.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

using namespace ashlar;
using namespace ashlar::package;

static std::string text(const std::vector<uint8_t> &bytes) { return std::string(bytes.begin(), bytes.end()); }

TEST(Package, round_trip) {
  PackageWriter writer = test::makeSamplePackage();
  Expected<std::vector<uint8_t>> bytes = writer.write();
  ASSERT_TRUE(bytes) << bytes.status().message();
  Expected<PackageReader> reader = PackageReader::openBytes(*bytes);
  ASSERT_TRUE(reader) << reader.status().message();
  EXPECT_EQ(reader->manifest(), writer.manifest());
  EXPECT_EQ(text(*reader->image(reader->manifest().targets[0])), "// ptx for sm_90a\n");
  EXPECT_EQ(text(*reader->image(reader->manifest().targets[1])), "// ptx for sm_80\n");
  EXPECT_EQ(text(*reader->reference()), "not really a shared object");
  ASSERT_EQ(reader->constants().size(), 4096u + 100u);
  EXPECT_EQ(reader->constants()[3], 21);
  EXPECT_EQ(reader->constants()[4096], 7);
  EXPECT_EQ(reader->entry("nothing").status().code(), StatusCode::NotFound);
}

TEST(Package, equal_content_gives_equal_bytes) {
  Expected<std::vector<uint8_t>> first = test::makeSamplePackage().write();
  Expected<std::vector<uint8_t>> second = test::makeSamplePackage().write();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
}

TEST(Package, constants_are_stored_aligned_and_once) {
  PackageWriter writer = test::makeSamplePackage();
  std::vector<uint8_t> marker = {'c', 'o', 'n', 's', 't', 'a', 'n', 't', '-', 'm', 'a', 'r', 'k'};
  unsigned first = writer.addConstant("marker", marker), again = writer.addConstant("marker again", marker);
  EXPECT_EQ(first, again);
  EXPECT_EQ(writer.manifest().constants[first].name, "marker");
  Expected<std::vector<uint8_t>> bytes = writer.write();
  ASSERT_TRUE(bytes) << bytes.status().message();
  auto found = std::search(bytes->begin(), bytes->end(), marker.begin(), marker.end());
  ASSERT_NE(found, bytes->end());
  EXPECT_EQ((found - bytes->begin()) % 64, 0);
}

TEST(Package, unzip_lists_and_tests_it) {
  if (std::system("command -v unzip > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "no unzip here";
  std::string path = testing::TempDir() + "/sample.ashlar";
  ASSERT_TRUE(test::makeSamplePackage().writeToFile(path).ok());
  EXPECT_EQ(std::system(("unzip -tq '" + path + "' > /dev/null").c_str()), 0);
}

TEST(Package, an_empty_package_is_valid) {
  PackageWriter writer;
  Expected<std::vector<uint8_t>> bytes = writer.write();
  ASSERT_TRUE(bytes) << bytes.status().message();
  Expected<PackageReader> reader = PackageReader::openBytes(*bytes);
  ASSERT_TRUE(reader) << reader.status().message();
  EXPECT_TRUE(reader->constants().empty());
  EXPECT_EQ(reader->reference().status().code(), StatusCode::NotFound);
}

TEST(Package, writing_an_inconsistent_manifest_fails) {
  PackageWriter writer = test::makeSamplePackage();
  writer.manifest().functions[0].steps[0].launch.kernel = 17;
  Expected<std::vector<uint8_t>> bytes = writer.write();
  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.status().message().find("functions[0].steps[0].kernel: there is no kernel 17"),
            std::string::npos)
      << bytes.status().message();
}

TEST(Package, an_image_that_is_missing_is_named) {
  PackageWriter writer = test::makeSamplePackage();
  writer.manifest().targets[1].image = "kernels/other.ptx";
  Expected<PackageReader> reader = PackageReader::openBytes(*writer.write());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.status().message(), "target 'sm_80': the package has no entry 'kernels/other.ptx'");
}

TEST(Package, opening_a_file_names_the_file) {
  EXPECT_EQ(PackageReader::openFile("/nonexistent.ashlar").status().code(), StatusCode::NotFound);
  std::string path = testing::TempDir() + "/broken.ashlar";
  ASSERT_TRUE(writeFile(path, std::vector<uint8_t>(100)).ok());
  Status status = PackageReader::openFile(path).status();
  EXPECT_EQ(status.code(), StatusCode::InvalidPackage);
  EXPECT_NE(status.message().find("broken.ashlar': not a ZIP archive"), std::string::npos)
      << status.message();
}
