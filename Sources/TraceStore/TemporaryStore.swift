import Foundation

/// A store in a folder of its own that only this user can enter, for traces nobody asked to keep.
///
/// The folder goes away with ``remove()``, or with the last reference to the store. A command that
/// is interrupted calls `remove()` from its signal handler's queue; an import that still runs then
/// fails, since SQLite does not write to a file without a name.
public final class TemporaryStore: Sendable {
  public let store: TraceStore
  private let temporary: TemporaryFolder

  public init() throws {
    temporary = try TemporaryFolder()
    store = try TraceStore(
      path: temporary.path + "/outpace.db", mode: .readWrite, busyTimeout: 30, folder: temporary)
  }

  /// The folder, mode 0700.
  public var folder: String { temporary.path }

  /// Removes the folder; a second call does nothing. Any thread may call it.
  public func remove() {
    temporary.remove()
  }
}

/// A folder, mode 0700, that goes away with the last reference to this.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let template = FileManager.default.temporaryDirectory.appendingPathComponent("outpace-XXXXXX")
    var characters = template.path.utf8CString
    // mkdtemp creates a folder that was not there before, and that only its owner can enter.
    let isMade = characters.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { mkdtemp($0) != nil } ?? false
    }
    guard isMade else {
      throw StoreError.cannotCreate(path: template.path, problem: "error \(errno)")
    }
    path = String(decoding: characters.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    remove()
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: path)
  }
}
