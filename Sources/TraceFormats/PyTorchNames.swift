/// What an event of a profile is, by its category.
enum ProfileCategory {
  case kernel
  /// A copy or set on the GPU.
  case transfer
  case operation
  case annotation
  case ignored

  init(_ bytes: UnsafeRawBufferPointer) {
    if isSame(bytes, "kernel") || isSame(bytes, "Kernel") {
      self = .kernel
    } else if isSame(bytes, "gpu_memcpy") || isSame(bytes, "gpu_memset")
      || isSame(bytes, "Memcpy") || isSame(bytes, "Memset")
    {
      self = .transfer
    } else if isSame(bytes, "cpu_op") || isSame(bytes, "Operator") {
      self = .operation
    } else if isSame(bytes, "user_annotation") {
      self = .annotation
    } else {
      // Also gpu_user_annotation: copies of annotations on the GPU's clock, which would count twice.
      self = .ignored
    }
  }
}

/// What an event of a profile is, by its name.
enum ProfileName: Equatable {
  case step(Int64)
  /// A range that the communication library puts around a collective on the CPU.
  case collectiveRange
  case collectiveKernel
  case other

  /// Both kinds of collectives are told from the name alone; which of them counts depends on
  /// whether the profile has a GPU.
  init(_ bytes: UnsafeRawBufferPointer) {
    self = .other
    if startsSame(bytes, "ProfilerStep#") {
      if let number = ProfileName.number(UnsafeRawBufferPointer(rebasing: bytes[13...])) {
        self = .step(number)
      }
    } else if startsSame(bytes, "gloo:") || startsSame(bytes, "c10d::")
      || startsSame(bytes, "mpi:") || startsSame(bytes, "nccl:")
      || isSame(bytes, "record_param_comms")
    {
      self = .collectiveRange
    } else if ProfileName.hasCollectiveLibrary(bytes) {
      self = .collectiveKernel
    }
  }

  /// The same for an event whose group lies within a replica: no collective, as far as waiting for
  /// other workers goes.
  var inner: ProfileName {
    switch self {
    case .collectiveRange, .collectiveKernel: .other
    case .step, .other: self
    }
  }

  /// Whether `nccl` or `rccl` occurs, in any case.
  private static func hasCollectiveLibrary(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 4 else { return false }
    var index = 0
    // Eight bytes at a time, up to the first with a `c` behind another: seven of them can be the first of two.
    while index + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
      let others = (word | 0x2020_2020_2020_2020) ^ 0x6363_6363_6363_6363
      // The highest bit where a byte is 0, and maybe above one that is.
      let found = (others &- 0x0101_0101_0101_0101) & ~others & 0x8080_8080_8080_8080
      if found & (found >> 8) != 0 { break }
      index += 7
    }
    // The two may be the second and third of the four.
    for index in stride(from: max(0, index - 1), through: bytes.count - 4, by: 1) {
      let first = bytes[index] | 0x20
      if first == 0x6e || first == 0x72, bytes[index + 1] | 0x20 == 0x63,
        bytes[index + 2] | 0x20 == 0x63, bytes[index + 3] | 0x20 == 0x6c
      {
        return true
      }
    }
    return false
  }

  private static func number(_ digits: UnsafeRawBufferPointer) -> Int64? {
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    var value: Int64 = 0
    for digit in digits {
      guard digit &- 0x30 <= 9 else { return nil }
      value = value * 10 + Int64(digit &- 0x30)
    }
    return value
  }
}

/// Remembers what names of kernels mean: there are a few hundred, of a kilobyte each, and they come
/// a million times.
struct KernelNames {
  private var table = ByteTable()
  private var isCollective: [Bool] = []

  mutating func isCollective(_ name: UnsafeRawBufferPointer) -> Bool {
    if let known = table.find(name) { return isCollective[known] }
    var answer = false
    if case .collectiveKernel = ProfileName(name) { answer = true }
    // A hostile file makes up a new name each time.
    if table.count < 1 << 16, table.byteSize < 16 << 20 {
      _ = table.index(of: name)
      isCollective.append(answer)
    }
    return answer
  }
}

/// Finds the rank that a profiler or its user wrote into the name of a file: `worker0.1623.pt`,
/// `rank-34.Jul_15`, `sampled_rank_1.json`.
func rank(inName name: String) -> Int64? {
  let bytes = Array(name.lowercased().utf8)
  for word in ["rank", "worker"] {
    let letters = Array(word.utf8)
    guard bytes.count > letters.count else { continue }
    for start in 0..<(bytes.count - letters.count)
    where bytes[start..<start + letters.count].elementsEqual(letters) {
      var position = start + letters.count
      if bytes[position] == 0x2d || bytes[position] == 0x5f || bytes[position] == 0x3d {
        position += 1
      }
      let digits = bytes[position...].prefix { $0 &- 0x30 <= 9 }
      if let rank = Int64(String(decoding: digits, as: UTF8.self)) { return rank }
    }
  }
  return nil
}

/// A regular expression of the user for the ranks in names of files.
struct RankPattern {
  let text: String
  private let expression: Regex<AnyRegexOutput>

  init(_ text: String) throws(TraceFormatError) {
    self.text = text
    do {
      expression = try Regex(text)
    } catch {
      throw TraceFormatError(reason: .badRankPattern(text), path: "--rank-regex")
    }
  }

  /// The number in the first group, or in the whole match if the pattern has no group.
  func rank(in name: String) -> Int64? {
    guard let match = name.firstMatch(of: expression) else { return nil }
    let part = match.output.count > 1 ? match.output[1].substring : match.output[0].substring
    return part.flatMap { Int64($0) }
  }
}
