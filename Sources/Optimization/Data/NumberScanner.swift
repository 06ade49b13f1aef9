/// Reads a decimal number that fills `bytes`, or returns nil: sign, digits with or without a point,
/// exponent. NaN, infinity, hexadecimal and anything left over are no numbers.
///
/// Up to 15 digits with a power of ten up to 22 are exact in one multiplication or division, since
/// both factors are (Clinger 1990); everything else goes through the standard library.
func scanDecimal(_ bytes: UnsafeRawBufferPointer) -> Double? {
  var index = 0
  let count = bytes.count
  var isNegative = false
  if index < count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
    isNegative = bytes[index] == UInt8(ascii: "-")
    index += 1
  }
  var mantissa: UInt64 = 0
  var digitCount = 0
  var significantDigits = 0
  var exponent = 0
  var isAfterPoint = false
  while index < count {
    let byte = bytes[index]
    if byte == UInt8(ascii: "."), !isAfterPoint {
      isAfterPoint = true
    } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      digitCount += 1
      if significantDigits > 0 || byte != UInt8(ascii: "0") { significantDigits += 1 }
      if significantDigits <= 15 { mantissa = mantissa * 10 + UInt64(byte - UInt8(ascii: "0")) }
      if isAfterPoint { exponent -= 1 }
    } else {
      break
    }
    index += 1
  }
  guard digitCount > 0 else { return nil }
  if index < count, bytes[index] | 0x20 == UInt8(ascii: "e") {
    index += 1
    var isSmall = false
    if index < count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
      isSmall = bytes[index] == UInt8(ascii: "-")
      index += 1
    }
    let first = index
    var power = 0
    while index < count, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") {
      power = min(100_000, power * 10 + Int(bytes[index] - UInt8(ascii: "0")))
      index += 1
    }
    guard index > first else { return nil }
    exponent += isSmall ? -power : power
  }
  guard index == count else { return nil }
  if significantDigits <= 15, abs(exponent) <= 22 {
    let size =
      exponent < 0
      ? Double(mantissa) / exactPowersOfTen[-exponent]
      : Double(mantissa) * exactPowersOfTen[exponent]
    return isNegative ? -size : size
  }
  guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else {
    return nil
  }
  return value
}

private let exactPowersOfTen: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]
