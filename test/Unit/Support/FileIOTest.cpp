//===-- FileIOTest.cpp - tests of whole-file reads and writes -------------===//
//
// Round trip, replacement, and the failures that users meet.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/FileIO.h"
#include "ashlar/Support/SharedObject.h"

#include <gtest/gtest.h>

using namespace ashlar;

TEST(FileIO, round_trip_and_replace) {
  std::string path = testing::TempDir() + "/ashlar-file-io";
  std::vector<uint8_t> first = {1, 2, 3}, second = {};
  ASSERT_TRUE(writeFile(path, first).ok());
  EXPECT_EQ(*readFile(path), first);
  ASSERT_TRUE(writeFile(path, second).ok());
  EXPECT_EQ(*readFile(path), second);
}

TEST(FileIO, failures_name_path_and_reason) {
  Expected<std::vector<uint8_t>> missing = readFile("/nonexistent/file");
  EXPECT_EQ(missing.status().code(), StatusCode::NotFound);
  EXPECT_EQ(missing.status().message(), "cannot open '/nonexistent/file': No such file or directory");
  EXPECT_FALSE(readFile("/tmp"));
  EXPECT_FALSE(writeFile("/nonexistent/file", {}).ok());
  std::string path = testing::TempDir() + "/ashlar-file-io-limit";
  ASSERT_TRUE(writeFile(path, std::vector<uint8_t>(9)).ok());
  EXPECT_FALSE(readFile(path, 8));
}

TEST(FileIO, writes_into_a_device_in_place) {
  EXPECT_TRUE(writeFile("/dev/null", std::vector<uint8_t>(9)).ok());
  EXPECT_FALSE(readFile("/dev/null"));
}

TEST(SharedObject, bytes_that_are_no_shared_object_are_refused) {
  std::vector<uint8_t> bytes = {'n', 'o', 't', ' ', 'E', 'L', 'F'};
  Expected<SharedObject> object = SharedObject::load(bytes, "kernels/sim.so");
  ASSERT_FALSE(object);
  EXPECT_EQ(object.status().code(), StatusCode::InvalidPackage);
  EXPECT_NE(object.status().message().find("kernels/sim.so"), std::string::npos);
  EXPECT_EQ(SharedObject().symbol("main"), nullptr);
}
