//===-- BulkStores.cpp - The stores by tensor maps of one thread ----------===//
//
// Reads sources and writes tensors at issue or at the waits.
//
//===----------------------------------------------------------------------===//

#include "BulkStores.h"
#include "Cluster.h"

namespace ashlar::simulator {

void BulkStores::start() {
  stores.clear();
  groupEnds.clear();
  readCount = 0;
  agent = 0;
}

static void readSource(const Block &block, BulkStore &store) {
  store.rows.resize(tensorMapBoxBytes(*store.box.map));
  gatherBox(*store.box.map, block.shared, store.offset, store.rows.data());
}

static void writeTensor(const BulkStore &store) {
  if (store.isAddition)
    addBox(store.box, store.rows.data());
  else
    storeBox(store.box, store.rows.data());
}

void BulkStores::issue(Block &block, Thread &thread, BulkStore store) {
  if (block.checks) {
    if (!agent) {
      agent = block.ordering.agent(block.rank, firstStoreAgent + block.storingThreads++ %
                                                                     (firstGroupAgent - firstStoreAgent));
      block.ordering.setPrincipal(agent, thread.party);
    }
    store.stamp = block.ordering.agentStamp();
    block.shadow.lendToAgent({thread.party, store.offset, boxSpan(*store.box.map), store.site}, agent,
                             store.stamp);
  }
  if (!block.isLatest) {
    readSource(block, store);
    writeTensor(store);
    store.rows.clear();
  }
  stores.push_back(std::move(store));
}

void BulkStores::readUpTo(Block &block, Thread &thread, size_t end) {
  if (readCount >= end)
    return;
  for (; readCount < end; ++readCount)
    if (block.isLatest)
      readSource(block, stores[readCount]);
  if (block.checks)
    block.ordering.learn(thread.party, agent, stores[end - 1].stamp);
}

void BulkStores::writeUpTo(size_t end) {
  for (size_t i = 0; i < end; ++i)
    if (!stores[i].rows.empty())
      writeTensor(stores[i]);
  stores.erase(stores.begin(), stores.begin() + ptrdiff_t(end));
  readCount -= end;
  for (size_t &groupEnd : groupEnds)
    groupEnd -= std::min(groupEnd, end);
}

void BulkStores::wait(Block &block, Thread &thread, size_t pending, bool isRead) {
  if (groupEnds.size() <= pending)
    return;
  size_t groups = groupEnds.size() - pending, end = groupEnds[groups - 1];
  readUpTo(block, thread, end);
  if (isRead)
    return; // the groups stay, for waits until they are complete
  writeUpTo(end);
  groupEnds.erase(groupEnds.begin(), groupEnds.begin() + ptrdiff_t(groups));
}

void BulkStores::finish(Block &block, Thread &thread) {
  for (size_t i = readCount; i < stores.size(); ++i) {
    Finding finding = block.finding(ReportKind::AsyncRace, thread, stores[i].site);
    finding.offset = stores[i].offset;
    finding.bytes = boxSpan(*stores[i].box.map);
    finding.detail = "the block ends and its thread has not waited until the store has read its source";
    block.findings.add(finding);
  }
  if (block.isLatest)
    for (; readCount < stores.size(); ++readCount)
      readSource(block, stores[readCount]);
  for (const BulkStore &store : stores)
    if (!store.rows.empty())
      writeTensor(store);
  start();
}

} // namespace ashlar::simulator
