import TraceModel

/// Numbers byte strings in order of first sight, without an allocation per lookup.
struct ByteTable {
  private(set) var count = 0
  private var slots: [Int32] = Array(repeating: -1, count: 64)
  // Half as wide as they might be: a million entries are many megabytes of each.
  private var hashes: [UInt32] = []
  private var ends: [UInt32] = []
  private var storage: [UInt8] = []

  /// The bytes that all entries take together.
  var byteSize: Int { storage.count }

  /// Returns the number of `key`, which it enters if it is new.
  mutating func index(of key: UnsafeRawBufferPointer) -> (index: Int, isNew: Bool) {
    let hash = ByteTable.hash(key)
    if let known = find(key, hash) { return (known, false) }
    if count * 2 >= slots.count { grow() }
    insert(Int32(count), hash)
    hashes.append(hash)
    storage.append(contentsOf: key)
    precondition(storage.count <= Int(UInt32.max), "a table of \(storage.count) bytes")
    ends.append(UInt32(storage.count))
    count += 1
    return (count - 1, true)
  }

  /// Returns the number of `key` if it was entered before.
  func find(_ key: UnsafeRawBufferPointer) -> Int? { find(key, ByteTable.hash(key)) }

  func bytes(_ index: Int) -> ArraySlice<UInt8> {
    storage[start(index)..<Int(ends[index])]
  }

  private func start(_ index: Int) -> Int { index == 0 ? 0 : Int(ends[index - 1]) }

  /// The entry as text; bytes that are not UTF-8 are read as Latin-1.
  func text(_ index: Int) -> (text: String, isLatin1: Bool) { decodedText(bytes(index)) }

  private func find(_ key: UnsafeRawBufferPointer, _ hash: UInt32) -> Int? {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while true {
      let index = Int(slots[slot])
      if index < 0 { return nil }
      if hashes[index] == hash, equal(key, index) { return index }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  private func equal(_ key: UnsafeRawBufferPointer, _ index: Int) -> Bool {
    let start = start(index)
    guard key.count == Int(ends[index]) - start else { return false }
    return storage.withUnsafeBytes { storage in
      // Eight bytes at a time, as they are hashed.
      var offset = 0
      while offset + 8 <= key.count {
        let word = key.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        guard word == storage.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self) else {
          return false
        }
        offset += 8
      }
      while offset < key.count {
        guard storage[start + offset] == key[offset] else { return false }
        offset += 1
      }
      return true
    }
  }

  private mutating func insert(_ index: Int32, _ hash: UInt32) {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = index
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    for (index, hash) in hashes.enumerated() { insert(Int32(index), hash) }
  }

  /// Eight bytes at a time: a kernel's name can have a kilobyte.
  private static func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
    let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15
    var hash = UInt64(key.count) &* multiplier
    var index = 0
    while index + 8 <= key.count {
      let word = key.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      hash = (hash ^ word) &* multiplier
      hash ^= hash >> 32
      index += 8
    }
    while index < key.count {
      hash = (hash ^ UInt64(key[index])) &* multiplier
      index += 1
    }
    return UInt32(truncatingIfNeeded: hash >> 32 ^ hash)
  }
}

/// Whether bytes can name a worker. Read as Latin-1 they may grow to twice their size.
func fitsLabel(_ bytes: UnsafeRawBufferPointer) -> Bool {
  guard bytes.count <= WorkerLabel.byteSizeLimit else { return false }
  return bytes.count <= WorkerLabel.byteSizeLimit / 2
    || decodedText(bytes).text.utf8.count <= WorkerLabel.byteSizeLimit
}

/// Returns bytes as text: as UTF-8 if they are, else each byte as the Latin-1 letter of that number.
func decodedText(_ bytes: some Collection<UInt8>) -> (text: String, isLatin1: Bool) {
  if let text = String(validating: bytes, as: UTF8.self) { return (text, false) }
  var text = String.UnicodeScalarView()
  text.append(contentsOf: bytes.lazy.map { UnicodeScalar($0) })
  return (String(text), true)
}
