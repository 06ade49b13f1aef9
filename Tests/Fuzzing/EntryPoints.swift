import Foundation

/// The decoder that `OUTPACE_FUZZ` names.
private let decoder: Decoder = {
  let name = ProcessInfo.processInfo.environment["OUTPACE_FUZZ"] ?? ""
  guard let decoder = Decoder(rawValue: name) else {
    let names = Decoder.allCases.map(\.rawValue).joined(separator: " ")
    FileHandle.standardError.write(Data("OUTPACE_FUZZ must be one of \(names)\n".utf8))
    exit(64)
  }
  return decoder
}()

/// libFuzzer calls this with every input that it makes up.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  decoder.decode(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}

extension Decoder {
  /// A foreign database has to be a file.
  func decodeFile(_ bytes: UnsafeRawBufferPointer) {
    let path = NSTemporaryDirectory() + "/outpace-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else { return }
    defer { try? FileManager.default.removeItem(atPath: path) }
    decodeNsys(at: path)
  }
}
