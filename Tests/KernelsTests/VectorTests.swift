import Kernels
import Testing

@Suite("Vectors")
struct VectorTests {
  @Test(
    "Zeros behind the entries, and a line of a page to begin at",
    arguments: [nil, 0, 1, 7, 63, 65, -1])
  func placed(line: Int?) {
    for count in [0, 1, 8, 13, 784] {
      let numbers = (0..<count).map { Double($0) + 0.5 }
      let vector = Vector(numbers, line: line)
      let place = UInt(bitPattern: vector.base)
      if let line {
        #expect(place % 4_096 == UInt(line & 63) * 64)
      } else {
        #expect(place % 64 == 0)
      }
      #expect(vector.entries == numbers)
      #expect(vector.paddedCount % 8 == 0)
      for index in count..<vector.paddedCount { #expect(vector.base[index] == 0) }
    }
  }
}
