import Kernels
import Testing

/// Every variant of every kernel against the plain Swift reference. Serialized: the variant in force
/// belongs to the process.
@Suite("Kernels have the reference's bits", .serialized)
struct KernelBitsTests {
  @Test(
    "Sums and combinations, at sizes 0 to 200", arguments: KernelVariant.available,
    Mixture.allCases)
  func dense(variant: KernelVariant, mixture: Mixture) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for size in 0...200 {
      let a = mixture.numbers(size, seed: UInt64(size))
      let b = mixture.numbers(size, seed: UInt64(1000 + size))
      // One entry in, so that the arrays are not aligned.
      var shifted = [0.0] + b
      a.withUnsafeBufferPointer { a in
        shifted.withUnsafeMutableBufferPointer { b in
          guard let a = a.baseAddress, let b = b.baseAddress.map({ $0 + 1 }) else { return }
          let (left, right) = (
            Array(UnsafeBufferPointer(start: a, count: size)),
            Array(UnsafeBufferPointer(start: b, count: size))
          )
          var wrong: [String] = []
          if !sameBits(dot(a, b, count: size), ReferenceKernels.dot(left, right)) {
            wrong.append("dot")
          }
          // What is fetched meanwhile need not be there: here it is whatever lies around `a`.
          if !sameBits(dot(a, b, count: size, fetching: a), ReferenceKernels.dot(left, right)) {
            wrong.append("dot that fetches")
          }
          if !sameBits(sum(a, count: size), ReferenceKernels.sum(left)) { wrong.append("sum") }
          axpy(-0.3, a, to: b, count: size)
          let moved = ReferenceKernels.axpy(-0.3, left, to: right)
          if !sameBits(Array(UnsafeBufferPointer(start: b, count: size)), moved) {
            wrong.append("axpy")
          }
          b.update(from: right, count: size)
          axpy(-0.3, a, to: b, count: size, fetching: a)
          if !sameBits(Array(UnsafeBufferPointer(start: b, count: size)), moved) {
            wrong.append("axpy that fetches")
          }
          b.update(from: right, count: size)
          let after = axpyDot(
            -0.3, a, to: b, with: a, count: size, fetching: size % 2 == 0 ? a : nil)
          if !sameBits(after, ReferenceKernels.dot(left, moved))
            || !sameBits(Array(UnsafeBufferPointer(start: b, count: size)), moved)
          {
            wrong.append("axpy and dot")
          }
          scale(1 / 3, b, into: b, count: size)
          if !sameBits(
            Array(UnsafeBufferPointer(start: b, count: size)),
            ReferenceKernels.scale(1 / 3, moved))
          {
            wrong.append("scale")
          }
          #expect(wrong.isEmpty, "\(wrong) of \(size) entries")
        }
      }
    }
  }

  @Test("A matrix and its transpose", arguments: KernelVariant.available, Mixture.allCases)
  func matrices(variant: KernelVariant, mixture: Mixture) {
    func numbers(_ count: Int, seed: UInt64) -> [Double] { mixture.numbers(count, seed: seed) }
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for (rowCount, size) in [(1, 5), (4, 8), (6, 13), (7, 33), (9, 64), (3, 100)] {
      let stride = size + 3
      let flat = numbers(rowCount * stride, seed: 4)
      let rows = (0..<rowCount).map { Array(flat[($0 * stride)..<($0 * stride + size)]) }
      let x = numbers(size, seed: 5)
      let scales = numbers(rowCount, seed: 6)
      var out = [Double](repeating: 0, count: rowCount)
      multiply(
        rows: flat, stride: stride, rowCount: rowCount, by: x, into: &out, count: size)
      #expect(sameBits(out, ReferenceKernels.multiply(rows: rows, by: x)))
      var y = x
      addCombination(
        of: flat, stride: stride, rowCount: rowCount, scales: scales, to: &y, count: size)
      #expect(sameBits(y, ReferenceKernels.addCombination(of: rows, scales: scales, to: x)))
      // Three rows of the same stride against all, and back.
      let others = numbers(3 * stride, seed: 13)
      let otherRows = (0..<3).map { Array(others[($0 * stride)..<($0 * stride + size)]) }
      var products = [Double](repeating: 0, count: 3 * rowCount)
      var combined = others
      flat.withUnsafeBufferPointer { flat in
        others.withUnsafeBufferPointer { others in
          guard let flat = flat.baseAddress, let others = others.baseAddress else { return }
          multiply(
            Rows(others, stride: stride, rowCount: 3),
            byRowsOf: Rows(flat, stride: stride, rowCount: rowCount), into: &products,
            stride: rowCount, count: size)
          combined.withUnsafeMutableBufferPointer { combined in
            guard let combined = combined.baseAddress else { return }
            addCombinations(
              of: Rows(flat, stride: stride, rowCount: rowCount), scales: flat,
              scaleStride: stride, to: Rows(combined, stride: stride, rowCount: 3), count: size)
          }
        }
      }
      for row in 0..<3 {
        #expect(
          sameBits(
            Array(products[(row * rowCount)..<((row + 1) * rowCount)]),
            ReferenceKernels.multiply(rows: rows, by: otherRows[row])))
        let scales = (0..<rowCount).map { flat[$0 * stride + row] }
        #expect(
          sameBits(
            Array(combined[(row * stride)..<(row * stride + size)]),
            ReferenceKernels.addCombination(of: rows, scales: scales, to: otherRows[row])))
      }
      var sums = flat
      addOuterProduct(scales, x, to: &sums, stride: stride, rowCount: rowCount, count: size)
      for row in 0..<rowCount {
        #expect(
          sameBits(
            Array(sums[(row * stride)..<(row * stride + size)]),
            ReferenceKernels.axpy(scales[row], x, to: rows[row])))
      }
    }
    for size in 0...40 {
      let x = numbers(size, seed: 12)
      var out = x
      multiplyTridiagonal(diagonal: 0.5, beside: -0.25, by: x, into: &out, count: size)
      #expect(
        sameBits(
          out, ReferenceKernels.multiplyTridiagonal(diagonal: 0.5, beside: -0.25, by: x)))
    }
  }

  /// Products are worked out in tiles of several rows and columns; what is left at the edges goes
  /// another way, to the same bits.
  @Test(
    "Products of two matrices, whatever is left beside the tiles",
    arguments: KernelVariant.available, Mixture.allCases)
  func products(variant: KernelVariant, mixture: Mixture) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for size in [1, 8, 31, 32, 45, 64, 96, 100, 128, 200] {
      let stride = size + 5
      let left = mixture.numbers(9 * stride, seed: 21)
      let right = mixture.numbers(9 * stride, seed: 22)
      func row(_ flat: [Double], _ index: Int) -> [Double] {
        Array(flat[(index * stride)..<(index * stride + size)])
      }
      var wrong: [String] = []
      for leftCount in 1...7 {
        for rightCount in 1...9 {
          var dots = [Double](repeating: 0, count: leftCount * rightCount)
          // Column k of the scales belongs to row k of the sums: rightCount rows are added to each.
          let scales = mixture.numbers(rightCount * leftCount, seed: 23)
          var sums = left
          var started = right
          left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
              scales.withUnsafeBufferPointer { scales in
                sums.withUnsafeMutableBufferPointer { sums in
                  guard let left = left.baseAddress, let right = right.baseAddress,
                    let scales = scales.baseAddress, let sums = sums.baseAddress
                  else { return }
                  multiply(
                    Rows(left, stride: stride, rowCount: leftCount),
                    byRowsOf: Rows(right, stride: stride, rowCount: rightCount), into: &dots,
                    stride: rightCount, count: size)
                  addCombinations(
                    of: Rows(right, stride: stride, rowCount: rightCount), scales: scales,
                    scaleStride: leftCount, to: Rows(sums, stride: stride, rowCount: leftCount),
                    count: size)
                  started.withUnsafeMutableBufferPointer { started in
                    guard let started = started.baseAddress else { return }
                    combine(
                      Rows(right, stride: stride, rowCount: rightCount), scales: scales,
                      scaleStride: leftCount, with: -0.5, times: left,
                      into: Rows(started, stride: stride, rowCount: leftCount), count: size)
                  }
                }
              }
            }
          }
          let rows = (0..<rightCount).map { row(right, $0) }
          for i in 0..<leftCount {
            let own = Array(dots[(i * rightCount)..<((i + 1) * rightCount)])
            let column = (0..<rightCount).map { scales[$0 * leftCount + i] }
            if !sameBits(own, ReferenceKernels.multiply(rows: rows, by: row(left, i)))
              || !sameBits(
                row(sums, i),
                ReferenceKernels.addCombination(of: rows, scales: column, to: row(left, i)))
              || !sameBits(
                row(started, i),
                ReferenceKernels.addCombination(
                  of: rows, scales: column, to: ReferenceKernels.scale(-0.5, row(left, i))))
            {
              wrong.append("\(leftCount) × \(rightCount), row \(i)")
            }
          }
          // What lies between the rows is nobody's.
          for i in 0..<9
          where !sameBits(
            Array(sums[(i * stride + size)..<((i + 1) * stride)]),
            Array(left[(i * stride + size)..<((i + 1) * stride)]))
            || !sameBits(
              Array(started[(i * stride + size)..<((i + 1) * stride)]),
              Array(right[(i * stride + size)..<((i + 1) * stride)]))
          {
            wrong.append("\(leftCount) × \(rightCount), between rows")
          }
        }
      }
      #expect(wrong.isEmpty, "\(size) entries: \(wrong.prefix(3))")
    }
  }

  @Test("Blocks of elementary functions", arguments: KernelVariant.available)
  func blocks(variant: KernelVariant) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for function in ElementaryFunction.allCases {
      let inputs = edges + numbers(500, seed: 7)
      for size in Array(0...200) + [inputs.count] {
        var block = Array(inputs.prefix(size))
        function.apply(to: &block, count: size)
        let expected = inputs.prefix(size).map { function($0) }
        #expect(sameBits(block, expected), "\(function) of \(size)")
      }
    }
  }

  @Test("Softmax", arguments: KernelVariant.available)
  func softmaxes(variant: KernelVariant) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for size in 1...200 {
      let z = numbers(size, seed: UInt64(size)).map { $0 * 0.1 }
      var probabilities = z
      let logSum = softmax(&probabilities, count: size)
      let expected = ReferenceKernels.softmax(z)
      #expect(sameBits(probabilities, expected.probabilities))
      #expect(sameBits(logSum, expected.logSum))
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-14)
    }
  }

  @Test("Single elementary functions")
  func single() {
    let references: [(ElementaryFunction, (Double) -> Double)] = [
      (.exp, ReferenceKernels.exp), (.log, ReferenceKernels.log),
      (.log1p, ReferenceKernels.log1p), (.tanh, ReferenceKernels.tanh),
      (.sigmoid, ReferenceKernels.sigmoid), (.softplus, ReferenceKernels.softplus),
    ]
    let inputs =
      edges + numbers(2000, seed: 8) + numbers(2000, seed: 9).map { abs($0) }
      + (0..<600).map { Double($0) * 2.5 - 750 }
    for (function, reference) in references {
      let wrong = inputs.filter { !sameBits(function($0), reference($0)) }
      #expect(wrong.isEmpty, "\(function) of \(wrong.prefix(3))")
    }
  }

  @Test("Sparse rows", arguments: 0...20, Mixture.allCases)
  func sparse(count: Int, mixture: Mixture) {
    func numbers(_ count: Int, seed: UInt64) -> [Double] { mixture.numbers(count, seed: seed) }
    let values = numbers(count, seed: 10)
    let columns = (0..<count).map { Int32(($0 * 37) % 101) }
    let x = numbers(101, seed: 11)
    #expect(
      sameBits(
        sparseDot(values, columns, count: count, with: x),
        ReferenceKernels.sparseDot(values, columns, with: x)))
    var y = x
    sparseAxpy(0.7, values, columns, count: count, to: &y)
    #expect(sameBits(y, ReferenceKernels.sparseAxpy(0.7, values, columns, to: x)))
  }

  /// Written down once, so that a compiler, an optimisation level or a processor that would change a
  /// bit is found by the same numbers.
  @Test("These bits are the same everywhere")
  func pinned() {
    let a = numbers(100, seed: 1)
    let b = numbers(100, seed: 2)
    #expect(dot(a, b, count: 100).bitPattern == 0xc0d9_5fb0_15ff_4b98)
    #expect(portableExp(-1.75).bitPattern == 0x3fc6_3e39_7e02_2072)
    #expect(portableLog(0.3).bitPattern == 0xbff3_4378_fcbd_a721)
    #expect(portableLog1p(0.7).bitPattern == 0x3fe0_fae8_1914_a991)
    #expect(portableTanh(1.1).bitPattern == 0x3fe9_9db0_1fde_2405)
    #expect(sigmoid(-3.3).bitPattern == 0x3fa2_3663_0d36_2b36)
    var normals = [0.0, 0, 0]
    CounterStream(stream: .data, seed: 1)
      .fillNormal(&normals, count: 3, worker: 1, gradient: 2)
    #expect(
      normals.map(\.bitPattern)
        == [0x3fe1_ead2_60d2_bec4, 0x3fd8_6a81_1071_a341, 0x3fd3_9115_28f6_94f1])
  }

  /// Whole tiles of what registers hold and what is left of them, in one pass of what is near and in several,
  /// and so little that every step goes alone.
  @Test(
    "Steps and predictions of several vectors at once", arguments: KernelVariant.available,
    Mixture.allCases)
  func together(variant: KernelVariant, mixture: Mixture) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for size in [0, 1, 7, 8, 31, 32, 33, 64, 75, 200, 300, 555, 1031, 2060] {
      for (steps, members) in [
        (0, 3), (1, 0), (1, 1), (1, 9), (2, 2), (2, 5), (3, 4), (4, 1), (4, 7), (4, 8), (4, 11),
        (5, 3), (7, 6), (9, 17),
      ] {
        expectSteps(steps, of: members, size, mixture)
      }
    }
  }

  /// Steps of all vectors at once against each vector's own, one after the other.
  private func expectSteps(_ steps: Int, of members: Int, _ size: Int, _ mixture: Mixture) {
    let starts = (0..<members).map { mixture.numbers(size, seed: UInt64(100 + $0)) }
    let x = (0..<steps).map { mixture.numbers(size, seed: UInt64(200 + $0)) }
    let rows = (0..<steps).map { mixture.numbers(size, seed: UInt64(300 + $0)) }
    let scales = mixture.numbers(steps * members, seed: 3)
    func block(_ numbers: [Double]) -> UnsafeMutablePointer<Double> {
      let block = UnsafeMutablePointer<Double>.allocate(capacity: size + 1)
      block.initialize(repeating: 0, count: size + 1)
      for (index, number) in numbers.enumerated() { block[index] = number }
      return block
    }
    let y = starts.map(block)
    let xBlocks = x.map(block)
    let rowBlocks = rows.map(block)
    defer { for block in y + xBlocks + rowBlocks { block.deallocate() } }
    var out = [Double](repeating: 0, count: steps * members)
    axpyDots(
      scales, xBlocks.map { UnsafePointer($0) }, to: y,
      with: rowBlocks.map { UnsafePointer($0) }, into: &out, steps: steps, members: members,
      count: size, fetching: xBlocks.map { UnsafePointer($0) },
      aheadCount: members % 2 == 0 ? 0 : steps)
    for member in 0..<members {
      var moved = starts[member]
      for step in 0..<steps {
        moved = ReferenceKernels.axpy(scales[step * members + member], x[step], to: moved)
        #expect(
          sameBits(out[step * members + member], ReferenceKernels.dot(rows[step], moved)),
          "\(size) entries, step \(step) of \(steps), vector \(member) of \(members)")
      }
      let found = Array(UnsafeBufferPointer(start: y[member], count: size))
      #expect(sameBits(found, moved), "\(size) entries, vector \(member) of \(members)")
    }
  }

  @Test(
    "Eight samples ahead are what each gradient draws alone", arguments: KernelVariant.available)
  func ahead(variant: KernelVariant) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for (n, worker, start, seed) in [
      (1, 0, 0, 1), (1797, 2, 8, 3), (1 << 31, 70_000, (1 << 32) - 8, 1 << 40),
      (10_000, 5, 1 << 33, .max),
    ] as [(Int, Int, Int, UInt64)] {
      let stream = CounterStream(stream: .batches, seed: seed)
      var together = [Int32](repeating: -1, count: CounterStream.aheadCount)
      var alone = together
      together.withUnsafeMutableBufferPointer {
        guard let base = $0.baseAddress else { return }
        stream.drawAhead(of: n, worker: worker, gradient: start, into: base)
      }
      alone.withUnsafeMutableBufferPointer {
        guard let base = $0.baseAddress else { return }
        for offset in 0..<8 {
          stream.drawSamples(
            count: 1, of: n, worker: worker, gradient: start + offset, into: base + offset)
        }
      }
      #expect(together == alone)
    }
  }

  @Test("A variant that the processor lacks is refused")
  func refused() {
    for variant in KernelVariant.allCases where variant > .best {
      #expect(!KernelVariant.force(variant))
    }
    #expect(KernelVariant.available.contains(KernelVariant.current))
  }
}
