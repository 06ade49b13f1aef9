/// b_1 … b_n, where a gradient reads one of them without counting a reference.
final class NumberColumn: @unchecked Sendable {
  // Nothing is written after `init`: this is the proof of the `@unchecked` above.

  let base: UnsafePointer<Double>
  let count: Int

  init(_ numbers: [Double]) {
    let place = UnsafeMutablePointer<Double>.allocate(capacity: max(1, numbers.count))
    place.initialize(from: numbers, count: numbers.count)
    base = UnsafePointer(place)
    count = numbers.count
  }

  deinit {
    base.deallocate()
  }

  subscript(index: Int) -> Double { base[index] }
}
