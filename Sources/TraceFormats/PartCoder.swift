/// Packs what was read of a file, so that an import that broke off can go on without it.
///
/// Numbers take eight bytes, little end first; texts and lists have their length before them.
struct PartWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ number: Int64) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ number: Int) { put(Int64(number)) }

  mutating func put(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

  mutating func put(_ text: String) {
    put(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func put(_ raw: [UInt8]) {
    put(raw.count)
    bytes.append(contentsOf: raw)
  }

  mutating func put(optional number: Int64?) {
    put(number != nil)
    if let number { put(number) }
  }

  mutating func put(optional text: String?) {
    put(text != nil)
    if let text { put(text) }
  }

  mutating func put<Element>(list: [Element], _ element: (inout PartWriter, Element) -> Void) {
    put(list.count)
    for entry in list { element(&self, entry) }
  }
}

/// Unpacks what ``PartWriter`` packed. Whatever the bytes are, it ends or throws.
struct PartReader {
  struct Damaged: Error {}

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func number() throws(Damaged) -> Int64 {
    var value: UInt64 = 0
    for (place, byte) in try raw(8).enumerated() { value |= UInt64(byte) << (8 * UInt64(place)) }
    return Int64(bitPattern: value)
  }

  mutating func int() throws(Damaged) -> Int { Int(try number()) }

  mutating func flag() throws(Damaged) -> Bool { try raw(1).first == 1 }

  mutating func text() throws(Damaged) -> String {
    guard let text = String(validating: try raw(try int()), as: UTF8.self) else { throw Damaged() }
    return text
  }

  mutating func list() throws(Damaged) -> [UInt8] { Array(try raw(try int())) }

  mutating func optionalNumber() throws(Damaged) -> Int64? { try flag() ? try number() : nil }

  mutating func optionalText() throws(Damaged) -> String? { try flag() ? try text() : nil }

  mutating func list<Element>(
    _ element: (inout PartReader) throws(Damaged) -> Element
  ) throws(Damaged) -> [Element] {
    let count = try int()
    // Every entry takes a byte at least.
    guard count >= 0, count <= bytes.count - position else { throw Damaged() }
    var list: [Element] = []
    list.reserveCapacity(min(count, 1 << 16))
    for _ in 0..<count { list.append(try element(&self)) }
    return list
  }

  var isAtEnd: Bool { position == bytes.count }

  private mutating func raw(_ count: Int) throws(Damaged) -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - position else { throw Damaged() }
    defer { position += count }
    return bytes[position..<position + count]
  }
}
