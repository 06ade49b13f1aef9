/// The uncompressed columns of `ChunkPayload`, which the spool uses as well.
package enum ColumnBytes {
  /// Columns that do not unpack fail as the payload does that holds them.
  package typealias Failure = ChunkPayload.Failure

  /// The columns as varints, absent ones left out; equal columns give equal bytes.
  package static func pack(_ columns: TimingColumns) -> [UInt8] {
    let presence = columns.presence
    let values = (columns.count + 1) * 6 + (presence.contains(.samples) ? columns.samples.count : 0)
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
        from: &reader, presence: presence, gradientCount: gradientCount, firstStart: firstStart)
      guard reader.isAtEnd else { throw Failure(problem: "bytes are left behind the last column") }
      return columns
    } catch VarintReader.Failure.endedEarly {
      throw Failure(problem: "the columns end early")
    } catch VarintReader.Failure.tooLong {
      throw Failure(problem: "a number has more than 64 bits")
    }
  }

  private static func columns(
    from reader: inout VarintReader, presence: TimingColumns.Presence, gradientCount: Int,
    firstStart: Int64
  ) throws -> TimingColumns {
    guard try reader.next() == UInt64(gradientCount) else {
      throw Failure(problem: "the payload does not hold the row's \(gradientCount) gradients")
    }
    var gaps: [Int64] = [0]
    gaps.reserveCapacity(gradientCount)
    for _ in 1..<max(gradientCount, 1) { gaps.append(Varint.unzigzag(try reader.next())) }

    var columns = TimingColumns()
    columns.reserve(gradientCount)
    var entries: [TimingColumns.Entry] = []
    entries.reserveCapacity(gradientCount)
    var start = firstStart
    var end = firstStart
    for gap in gaps {
      let duration = try time(from: &reader)
      guard duration > 0 else { throw Failure(problem: "a gradient of 0 ns cannot be") }
      let next = end.addingReportingOverflow(gap)
      guard !next.overflow, next.partialValue >= start else {
        throw Failure(problem: "the starts are not in order")
      }
      start = next.partialValue
      let last = start.addingReportingOverflow(duration)
      guard !last.overflow else { throw Failure(problem: "a time exceeds 64 bits") }
      end = last.partialValue
      entries.append(
        TimingColumns.Entry(
          start: start, duration: duration, wait: 0,
          turnaround: TimingColumns.unknownTurnaround, step: TimingColumns.unknownStep))
    }
    if presence.contains(.waits) {
      for j in entries.indices { entries[j].wait = try time(from: &reader) }
    }
    if presence.contains(.turnarounds) {
      for j in entries.indices {
        let stored = try reader.next()
        guard stored <= UInt64(Int64.max) else { throw Failure(problem: "a time exceeds 64 bits") }
        entries[j].turnaround = Int64(stored) - 1
      }
    }
    if presence.contains(.steps) {
      var step: Int64 = 0
      for j in entries.indices {
        step &+= Varint.unzigzag(try reader.next())
        entries[j].step = step
      }
    }
    guard presence.contains(.samples) else {
      for entry in entries { columns.append(entry, samples: EmptyCollection()) }
      return columns
    }
    try appendSamples(to: &columns, entries: entries, from: &reader)
    return columns
  }

  private static func appendSamples(
    to columns: inout TimingColumns, entries: [TimingColumns.Entry],
    from reader: inout VarintReader
  ) throws {
    var counts: [Int] = []
    var total = 0
    for _ in entries {
      let count = try reader.next()
      guard count <= UInt64(TimingColumns.sampleLimit - total) else {
        throw Failure(problem: "the chunk holds more than \(TimingColumns.sampleLimit) samples")
      }
      total += Int(count)
      counts.append(Int(count))
    }
    var batch: [Int32] = []
    for (entry, count) in zip(entries, counts) {
      batch.removeAll(keepingCapacity: true)
      var before: Int64 = 0
      for _ in 0..<count {
        before &+= Varint.unzigzag(try reader.next())
        guard let sample = Int32(exactly: before) else {
          throw Failure(problem: "a sample's index exceeds 32 bits")
        }
        batch.append(sample)
      }
      columns.append(entry, samples: batch)
    }
  }

  @inline(__always)
  private static func time(from reader: inout VarintReader) throws -> Int64 {
    let value = try reader.next()
    guard value <= UInt64(Int64.max) else { throw Failure(problem: "a time exceeds 64 bits") }
    return Int64(value)
  }
}
