/// The uncompressed columns of `ChunkPayload`, which the spool uses as well.
package enum ColumnBytes {
  /// Columns that do not unpack fail as the payload does that holds them.
  package typealias Failure = ChunkPayload.Failure

  /// The columns as varints, absent ones left out; equal columns give equal bytes.
  package static func pack(_ columns: TimingColumns) -> [UInt8] {
    let presence = columns.presence
    // The count, starts and durations, and a column for each bit.
    let columnCount = 2 + presence.rawValue.nonzeroBitCount
    let values = columns.count * columnCount + columns.samples.count + 1
    return [UInt8](unsafeUninitializedCapacity: values * Varint.byteSizeLimit) { buffer, used in
      // Capacity for at least one number: the base address is there.
      guard let base = buffer.baseAddress else { return }
      var position = base
      let n = columns.count
      Varint.write(UInt64(n), to: &position)
      columns.starts.withUnsafeBufferPointer { starts in
        columns.durations.withUnsafeBufferPointer { durations in
          for j in 1..<max(n, 1) {
            let gap = starts[j] &- (starts[j - 1] &+ durations[j - 1])
            Varint.write(Varint.zigzag(gap), to: &position)
          }
          for j in 0..<n { Varint.write(UInt64(bitPattern: durations[j]), to: &position) }
        }
      }
      if presence.contains(.waits) {
        for wait in columns.waits { Varint.write(UInt64(bitPattern: wait), to: &position) }
      }
      if presence.contains(.turnarounds) {
        for turnaround in columns.turnarounds {
          Varint.write(UInt64(bitPattern: turnaround &+ 1), to: &position)
        }
      }
      if presence.contains(.steps) {
        var before: Int64 = 0
        for step in columns.steps {
          Varint.write(Varint.zigzag(step &- before), to: &position)
          before = step
        }
      }
      if presence.contains(.samples) {
        let counts = columns.sampleCounts
        for count in counts { Varint.write(UInt64(count), to: &position) }
        var index = 0
        for count in counts {
          var before: Int64 = 0
          for _ in 0..<count {
            let sample = Int64(columns.samples[index])
            Varint.write(Varint.zigzag(sample - before), to: &position)
            before = sample
            index += 1
          }
        }
      }
      used = position - base
    }
  }

  /// Reads columns from bytes that nobody vouches for; memory is bounded by the size of the bytes.
  package static func unpack(
    _ bytes: UnsafeRawBufferPointer, presence: TimingColumns.Presence, gradientCount: Int,
    firstStart: Int64
  ) throws -> TimingColumns {
    var reader = VarintReader(bytes)
    do {
      let columns = try columns(
        from: &reader, byteSize: bytes.count, presence: presence, gradientCount: gradientCount,
        firstStart: firstStart)
      guard reader.isAtEnd else { throw Failure(problem: "bytes are left behind the last column") }
      return columns
    } catch VarintReader.Failure.endedEarly {
      throw Failure(problem: "the columns end early")
    } catch VarintReader.Failure.tooLong {
      throw Failure(problem: "a number has more than 64 bits")
    }
  }

  private static func columns(
    from reader: inout VarintReader, byteSize: Int, presence: TimingColumns.Presence,
    gradientCount: Int, firstStart: Int64
  ) throws -> TimingColumns {
    guard try reader.next() == UInt64(gradientCount) else {
      throw Failure(problem: "the payload does not hold the row's \(gradientCount) gradients")
    }
    // The count, the gaps and the durations have a byte each, or more.
    guard gradientCount <= byteSize / 2 else { throw VarintReader.Failure.endedEarly }
    // Starts are gaps until the durations are known.
    var starts = ContiguousArray<Int64>(repeating: 0, count: gradientCount)
    var durations = ContiguousArray<Int64>(repeating: 0, count: gradientCount)
    try starts.withUnsafeMutableBufferPointer { starts in
      try durations.withUnsafeMutableBufferPointer { durations in
        for j in 1..<max(gradientCount, 1) { starts[j] = Varint.unzigzag(try reader.next()) }
        var start = firstStart
        var end = firstStart
        for j in 0..<gradientCount {
          let duration = try time(from: &reader)
          guard duration > 0 else { throw Failure(problem: "a gradient of 0 ns cannot be") }
          let next = end.addingReportingOverflow(starts[j])
          guard !next.overflow, next.partialValue >= start else {
            throw Failure(problem: "the starts are not in order")
          }
          start = next.partialValue
          let last = start.addingReportingOverflow(duration)
          guard !last.overflow else { throw Failure(problem: "a time exceeds 64 bits") }
          end = last.partialValue
          starts[j] = start
          durations[j] = duration
        }
      }
    }
    var columns = TimingColumns(starts: starts, durations: durations)
    guard !presence.isEmpty else { return columns }
    var waits: ContiguousArray<Int64> = []
    if presence.contains(.waits) {
      for _ in 0..<gradientCount { waits.append(try time(from: &reader)) }
    }
    var turnarounds: ContiguousArray<Int64> = []
    if presence.contains(.turnarounds) {
      for _ in 0..<gradientCount {
        let stored = try reader.next()
        guard stored <= UInt64(Int64.max) else { throw Failure(problem: "a time exceeds 64 bits") }
        turnarounds.append(Int64(stored) - 1)
      }
    }
    var steps: ContiguousArray<Int64> = []
    if presence.contains(.steps) {
      var step: Int64 = 0
      for _ in 0..<gradientCount {
        step &+= Varint.unzigzag(try reader.next())
        steps.append(step)
      }
    }
    columns.fill(waits: waits, turnarounds: turnarounds, steps: steps)
    if presence.contains(.samples) { try fillSamples(of: &columns, from: &reader) }
    return columns
  }

  private static func fillSamples(
    of columns: inout TimingColumns, from reader: inout VarintReader
  ) throws {
    var ends: ContiguousArray<Int32> = []
    var total = 0
    for _ in 0..<columns.count {
      let count = try reader.next()
      guard count <= UInt64(TimingColumns.sampleLimit - total) else {
        throw Failure(problem: "the chunk holds more than \(TimingColumns.sampleLimit) samples")
      }
      total += Int(count)
      ends.append(Int32(total))
    }
    var samples: ContiguousArray<Int32> = []
    for end in ends {
      var before: Int64 = 0
      while samples.count < Int(end) {
        before &+= Varint.unzigzag(try reader.next())
        guard let sample = Int32(exactly: before) else {
          throw Failure(problem: "a sample's index exceeds 32 bits")
        }
        samples.append(sample)
      }
    }
    columns.fill(samples: samples, ends: ends)
  }

  @inline(__always)
  private static func time(from reader: inout VarintReader) throws -> Int64 {
    let value = try reader.next()
    guard value <= UInt64(Int64.max) else { throw Failure(problem: "a time exceeds 64 bits") }
    return Int64(value)
  }
}
