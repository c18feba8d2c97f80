//===-- WgmmaProducts.cpp - Asynchronous products of a warp group ---------===//
//
// When products are computed, what registers hold until then, and how results find their registers.
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "TensorCoreArithmetic.h"
#include "Wgmma.h"
#include <algorithm>

namespace ashlar::simulator {

//===-- Placeholders ------------------------------------------------------===//

/// A signalling NaN: number of the product modulo 2^14, then the index of the register.
static constexpr uint32_t placeholderBits = 0x7fa00000, placeholderMask = 0xffe00000, indexBits = 7,
                          numberMask = (1u << 14) - 1;

static bool isPlaceholder(uint32_t word) { return (word & placeholderMask) == placeholderBits; }

static uint32_t placeholder(uint64_t number, uint32_t index) {
  return placeholderBits | (uint32_t(number) & numberMask) << indexBits | index;
}

static uint32_t registerOf(uint32_t word) { return word & ((1u << indexBits) - 1); }

bool Product::leaves(std::span<const uint32_t> words) const {
  for (uint32_t i = 0; i < words.size(); ++i)
    if (words[i] != placeholder(number, i))
      return false;
  return true;
}

Product *WarpGroup::find(uint32_t word) {
  uint32_t number = word >> indexBits & numberMask;
  for (size_t i = products.size(); i-- > 0;)
    if ((products[i]->number & numberMask) == number)
      return products[i].get();
  return nullptr;
}

void WarpGroup::resolve(std::span<uint32_t> words, uint32_t thread, uint64_t end) {
  // Registers of one product follow each other, so a product is mostly found once.
  Product *product = nullptr;
  std::span<const uint32_t> results;
  uint32_t numbered = 0; // the bits of the words that are the product's
  for (uint32_t &word : words) {
    if (!isPlaceholder(word))
      continue;
    uint32_t index = registerOf(word);
    if (word - index != numbered) {
      numbered = word - index;
      product = find(word);
      bool isThere = product && product->isComputed && product->number < end;
      results = isThere ? product->resultsOf(thread) : std::span<const uint32_t>();
    }
    if (index >= results.size())
      continue;
    word = results[index];
    product->untaken -= product->untaken != 0;
  }
}

/// Drops products whose results are all taken, but for the last ones where checks compare with them. A kernel
/// may leave results for good, so what is very old goes as well.
void WarpGroup::forget() {
  constexpr size_t most = 128;
  const size_t kept = block.checks ? rememberedProducts : 0;
  while (products.size() > kept && products.front()->isRetired &&
         (!products.front()->untaken || products.size() > most)) {
    spare.push_back(std::move(products.front()));
    products.pop_front();
  }
}

//===-- Products ----------------------------------------------------------===//

Product &WarpGroup::addProduct() {
  if (spare.empty())
    spare.push_back(std::make_unique<Product>());
  products.push_back(std::move(spare.back()));
  spare.pop_back();
  Product &product = *products.back();
  product.number = issued;
  product.call = meeting;
  product.isComputed = product.isRetired = false;
  product.untaken = 0;
  product.accumulators.resize(groupThreads * product.shape().accumulators());
  return product;
}

void WarpGroup::execute() {
  const WgmmaShape shape(meeting.variant);
  block.wgmmaMultiplyAdds += shape.multiplyAdds();
  if (block.counters)
    block.recorder.addOperands((shape.columns + (shape.aIsInRegisters() ? 0 : groupRows)) * operandLineBytes,
                               meeting.site);
  if (block.checks)
    check();
  const uint32_t count = shape.accumulators();
  if (block.isLatest) {
    hideResults(addProduct());
  } else {
    std::array<const uint32_t *, groupThreads> registersOfA;
    for (uint32_t t = 0; t < groupThreads; ++t)
      registersOfA[t] = registers[t] + count;
    compute(meeting, registers.data(), registersOfA.data());
    if (block.checks) {
      Product &product = addProduct();
      product.isComputed = true;
      for (uint32_t t = 0; t < groupThreads; ++t)
        std::copy_n(registers[t], count, product.accumulators.begin() + t * count);
    }
  }
  lastSite = meeting.site;
  ++issued;
}

/// Takes what the product needs of the registers and leaves placeholders.
void WarpGroup::hideResults(Product &product) {
  const WgmmaShape shape = product.shape();
  const uint32_t count = shape.accumulators();
  product.untaken = groupThreads * count;
  if (shape.aIsInRegisters())
    product.registersOfA.resize(groupThreads * wgmmaRegistersOfA);
  for (uint32_t t = 0; t < groupThreads; ++t) {
    if (product.call.accumulate)
      std::copy_n(registers[t], count, product.accumulators.begin() + t * count);
    if (shape.aIsInRegisters())
      std::copy_n(registers[t] + count, wgmmaRegistersOfA,
                  product.registersOfA.begin() + t * wgmmaRegistersOfA);
    for (uint32_t i = 0; i < count; ++i)
      registers[t][i] = placeholder(product.number, i);
  }
}

void WarpGroup::compute(const WgmmaCall &call, uint32_t *const *accumulators,
                        const uint32_t *const *registersOfA) {
  const WgmmaShape shape(call.variant);
  WarpGroups &groups = block.warpGroups;
  auto load = [&](uint64_t descriptor, uint32_t element, bool isTransposed, uint32_t extent, float *tile,
                  uint32_t indexStride, uint32_t kStride) {
    const MatrixOperand operand{MatrixDescriptor(descriptor), isTransposed, extent};
    char *outside = nullptr;
    for (uint32_t chunk = 0; chunk < operand.chunkCount(); ++chunk) {
      uint32_t offset = operand.chunkOffset(chunk);
      bool isInside = offset + operandChunkBytes <= block.launch->shape.sharedBytes;
      if (!isInside && !outside)
        outside = block.sink();
      groups.chunks[chunk] = isInside ? block.shared + offset : outside;
    }
    widenChunks(element, isTransposed, extent, groups.chunks.data(), tile, indexStride, kStride);
  };
  if (shape.aIsInRegisters())
    widenRegistersOfA(shape, registersOfA, groups.tiles.a);
  else
    load(call.a, shape.aElement, shape.aIsTransposed(), groupRows, groups.tiles.a, shape.depth, 1);
  load(call.b, shape.bElement, shape.bIsTransposed(), shape.columns, groups.tiles.b, 1, shape.columns);
  if (block.isExact)
    multiplyTilesExactly(shape, groups.tiles, call.accumulate, accumulators);
  else
    multiplyTiles(shape, groups.tiles, call.accumulate, accumulators);
}

void WarpGroup::computeLate(Product &product) {
  const WgmmaShape shape = product.shape();
  const uint32_t count = shape.accumulators();
  std::array<uint32_t *, groupThreads> accumulators;
  std::array<const uint32_t *, groupThreads> registersOfA{};
  for (uint32_t t = 0; t < groupThreads; ++t) {
    accumulators[t] = product.accumulators.data() + t * count;
    if (shape.aIsInRegisters())
      registersOfA[t] = product.registersOfA.data() + t * wgmmaRegistersOfA;
    if (product.call.accumulate)
      resolve({accumulators[t], count}, t, product.number);
  }
  compute(product.call, accumulators.data(), registersOfA.data());
  product.isComputed = true;
}

/// Products before `end` are complete.
void WarpGroup::retire(uint64_t end) {
  if (end <= retired)
    return;
  for (std::unique_ptr<Product> &product : products) {
    if (product->isRetired || product->number >= end)
      continue;
    if (!product->isComputed)
      computeLate(*product);
    product->isRetired = true;
  }
  retired = end;
}

} // namespace ashlar::simulator
