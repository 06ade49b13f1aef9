import ByteStreams
import Foundation
import Testing

@Suite("Decimal text")
struct DecimalTextTests {
  private func scaled(_ text: String, _ scale: Int) throws(DecimalText.Failure) -> Int64 {
    let bytes = Array(text.utf8)
    do {
      return try bytes.withUnsafeBytes { try DecimalText.scaled($0, by: scale) }
    } catch let failure as DecimalText.Failure {
      throw failure
    } catch {
      fatalError("only failures of this kind are thrown")
    }
  }

  @Test(
    "Numbers are exact",
    arguments: [
      ("0", 9, 0), ("1", 9, 1_000_000_000), ("-1.5", 3, -1500), ("+7", 0, 7),
      ("1795487559416112.5", 3, 1_795_487_559_416_112_500),
      ("4630652576974.172", 3, 4_630_652_576_974_172),
      ("1e3", 0, 1000), ("1.5E-3", 6, 1500), ("12345e-2", 0, 123), ("0.5", 0, 1), ("0.49", 0, 0),
      ("-0.5", 0, -1), (".5", 1, 5), ("5.", 0, 5), (" 12\t", 0, 12),
      ("9223372036854775807", 0, .max), ("-9223372036854775808", 0, .min),
      ("9223372036.854775807", 9, .max), ("9223372036.8547758074999", 9, .max),
      ("0.00000000000000000000000000001", 9, 0), ("1e-400", 9, 0), ("0e999999999999", 9, 0),
      ("000000000000000000000000012", 0, 12), ("123456789012345678901234e-20", 0, 1235),
      ("1.00000000000000000000000000000000000001", 9, 1_000_000_000),
      ("0.99999999999999999999999999", 0, 1),
      ("1234567890123456789.5", 0, 1_234_567_890_123_456_790),
    ] as [(String, Int, Int64)])
  func exact(text: String, scale: Int, expected: Int64) throws {
    #expect(try scaled(text, scale) == expected)
  }

  @Test(
    "What is no number, or too large for 64 bits, says which",
    arguments: [
      ("", .notANumber), ("-", .notANumber), ("1x", .notANumber), ("1e", .notANumber),
      ("0x10", .notANumber), ("1 2", .notANumber), ("1,5", .notANumber), (".", .notANumber),
      ("NaN", .notFinite), ("-Infinity", .notFinite), ("inf", .notFinite),
      ("9223372036854775808", .overflow), ("-9223372036854775809", .overflow),
      ("9223372036854775807.5", .overflow), ("1e19", .overflow), ("1e999999999999", .overflow),
      ("18446744073709551616", .overflow), ("99999999999999999999999999", .overflow),
    ] as [(String, DecimalText.Failure)])
  func refused(text: String, failure: DecimalText.Failure) {
    #expect(throws: failure) { try scaled(text, 0) }
  }

  /// Foundation's Decimal has 38 digits, enough to be exact for all that is drawn here.
  @Test("Random numbers agree with decimal arithmetic", arguments: 0..<300 as Range<UInt64>)
  func random(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let whole = Int64.random(in: 0...9_000_000_000, using: &random)
    let fraction = (0..<Int.random(in: 1...12, using: &random)).map { _ in
      String(Int.random(in: 0...9, using: &random))
    }.joined()
    let text = "\(whole).\(fraction)"
    var exact = (Decimal(string: text) ?? 0) * 1_000_000_000
    var rounded = Decimal()
    NSDecimalRound(&rounded, &exact, 0, .plain)
    #expect(try scaled(text, 9) == NSDecimalNumber(decimal: rounded).int64Value)
  }

  /// What times of profiles look like: digits in ones or eights, a few of them behind a point.
  @Test("Short numbers agree with decimal arithmetic", arguments: 0...3)
  func short(scale: Int) throws {
    var random = SplitMix64(seed: UInt64(scale))
    func digits(_ count: Int) -> String {
      (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
    }
    for _ in 0..<3000 {
      let whole = digits(Int.random(in: 1...18, using: &random))
      let places = Int.random(in: 0...5, using: &random)
      let text = places == 0 && Bool.random(using: &random) ? whole : "\(whole).\(digits(places))"
      var exact = Decimal(string: text) ?? -1
      for _ in 0..<scale { exact *= 10 }
      var rounded = Decimal()
      NSDecimalRound(&rounded, &exact, 0, .plain)
      guard rounded <= Decimal(Int64.max) else { continue }
      let value = try scaled(text, scale)
      #expect(Decimal(value) == rounded, "\(text)")
      // One strange byte anywhere is no number.
      var bytes = Array(text.utf8)
      let place = Int.random(in: 0..<bytes.count, using: &random)
      bytes[place] = [0x2f, 0x3a, 0x00, 0xb5, 0x78].randomElement(using: &random) ?? 0
      #expect(throws: DecimalText.Failure.self) {
        try bytes.withUnsafeBytes { try DecimalText.scaled($0, by: scale) }
      }
    }
  }

  @Test(
    "The resolution is that of the last digit",
    arguments: [("5", 0), ("0.250", 3), ("5e2", -2), ("1.5e-3", 4), ("", 0)] as [(String, Int)])
  func places(text: String, expected: Int) {
    let bytes = Array(text.utf8)
    #expect(bytes.withUnsafeBytes { DecimalText.decimalPlaces($0) } == expected)
  }
}
