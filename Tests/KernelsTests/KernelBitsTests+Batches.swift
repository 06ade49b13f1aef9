import Kernels
import Testing

/// What is done for all samples of a batch at once, against each of them alone.
extension KernelBitsTests {
  /// Nineteen rows of which some are named, some more than once; eight at once are another way in some variants.
  @Test(
    "Rows that a batch names", arguments: KernelVariant.available, Mixture.allCases)
  func namedRows(variant: KernelVariant, mixture: Mixture) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for size in [1, 7, 8, 30, 31, 32, 33, 64, 90, 96, 100, 127, 128, 160, 200] {
      let stride = size + 3
      let flat = mixture.numbers(19 * stride, seed: UInt64(size))
      let x = mixture.numbers(size, seed: 31)
      for count in 0...18 {
        let places = (0..<count).map { Int32(($0 * 7 + count) % 19 / (1 + $0 % 2)) }
        let named = places.map { place in
          Array(flat[(Int(place) * stride)..<(Int(place) * stride + size)])
        }
        let values = mixture.numbers(count, seed: 32)
        var out = [Double](repeating: 7, count: count + 1)
        // One entry more, that is nobody's.
        var y = x + [7]
        places.withUnsafeBufferPointer { places in
          multiply(rows: flat, stride: stride, at: places, by: x, into: &out, count: size)
          addCombination(
            -0.3, times: values, of: flat, stride: stride, at: places, to: &y, count: size)
        }
        #expect(
          sameBits(out, ReferenceKernels.multiply(rows: named, by: x) + [7]),
          "\(count) products of \(size) entries")
        #expect(
          sameBits(
            y,
            ReferenceKernels.addCombination(
              of: named, scales: values.map { -0.3 * $0 }, to: x) + [7]),
          "\(count) times \(size) entries added")
      }
    }
  }

  /// Infinity times what lies behind the last entry would be NaN.
  @Test("An infinite step stays among the entries", arguments: KernelVariant.available)
  func infiniteStep(variant: KernelVariant) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for size in Array(1...40) + [255, 256, 257, 300] {
      let ones = [Double](repeating: 1, count: size)
      var y = ones
      #expect(axpyDot(.infinity, ones, to: &y, with: ones, count: size, fetching: nil) == .infinity)
      #expect(y.allSatisfy { $0 == .infinity })
      let members = 8
      let steps = 4
      let vectors = (0..<members).map { _ in
        let vector = UnsafeMutablePointer<Double>.allocate(capacity: size)
        vector.initialize(repeating: 1, count: size)
        return vector
      }
      defer { for vector in vectors { vector.deallocate() } }
      let scales = [Double](repeating: .infinity, count: steps * members)
      var out = [Double](repeating: 0, count: steps * members)
      ones.withUnsafeBufferPointer {
        guard let row = $0.baseAddress else { return }
        let rows = [UnsafePointer<Double>](repeating: row, count: steps)
        axpyDots(
          scales, rows, to: vectors, with: rows, into: &out, steps: steps, members: members,
          count: size, fetching: rows, aheadCount: steps)
      }
      #expect(out.allSatisfy { $0 == .infinity }, "\(size) entries")
    }
  }

  @Test("Softplus and sigmoid together", arguments: KernelVariant.available)
  func softplusAndSigmoid(variant: KernelVariant) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    let inputs = edges + numbers(500, seed: 41)
    for size in Array(0...200) + [inputs.count] {
      let x = Array(inputs.prefix(size))
      var values = x + [7]
      var losses = [Double](repeating: 7, count: size + 1)
      applySigmoid(to: &values, softplus: &losses, count: size)
      #expect(sameBits(values, x.map(ReferenceKernels.sigmoid) + [7]), "sigmoid of \(size)")
      #expect(sameBits(losses, x.map(ReferenceKernels.softplus) + [7]), "softplus of \(size)")
    }
  }

  /// −b σ(−b p)
  @Test("Slopes of the logistic loss", arguments: KernelVariant.available)
  func logisticSlopesOfBatch(variant: KernelVariant) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    let inputs = edges + numbers(200, seed: 51)
    let targets: [Double] = [1, -1, -1, 1, 1]
    for size in Array(0...100) + [inputs.count] {
      let x = Array(inputs.prefix(size))
      let places = (0..<size).map { Int32($0 * 3 % 5) }
      var slopes = x + [7]
      logisticSlopes(&slopes, targets: targets, at: places, count: size)
      let expected = zip(x, places).map { prediction, place in
        let b = targets[Int(place)]
        return -b * ReferenceKernels.sigmoid(-b * prediction)
      }
      #expect(sameBits(slopes, expected + [7]), "\(size) predictions")
    }
  }

  /// ⌊w n / 2^32⌋ of word w, of which thirty-two are drawn at once.
  @Test("A batch is its words, one by one", arguments: KernelVariant.available)
  func batchWords(variant: KernelVariant) {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for (n, worker, gradient, seed) in [
      (1, 0, 0, 1), (1797, 2, 5, 3), (1 << 31, 70_000, (1 << 32) - 1, 1 << 40),
      (10_000, 5, (1 << 33) + 9, .max),
    ] as [(Int, Int, Int, UInt64)] {
      let stream = CounterStream(stream: .batches, seed: seed)
      let expected = (0..<300).map { index in
        let word = stream.word(worker: worker, gradient: gradient, index: index)
        return Int32((UInt64(word) * UInt64(n)) >> 32)
      }
      for count in Array(0...100) + [255, 256, 300] {
        var drawn = [Int32](repeating: -1, count: count + 1)
        drawn.withUnsafeMutableBufferPointer {
          guard let base = $0.baseAddress else { return }
          stream.drawSamples(
            count: count, of: n, worker: worker, gradient: gradient, into: base)
        }
        #expect(drawn == Array(expected.prefix(count)) + [-1], "\(count) of \(n)")
      }
    }
  }
}
