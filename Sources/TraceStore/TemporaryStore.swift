import Foundation

/// A store in a folder of its own that only this user can enter, for traces nobody asked to keep.
///
/// It goes away with ``remove()`` or with the last reference. A command that is interrupted calls
/// `remove()` from its signal handler's queue: the files are unlinked, and a connection that still
/// has them open keeps working until it ends.
public final class TemporaryStore: Sendable {
  public let store: TraceStore
  /// The folder, mode 0700.
  public let folder: String

  public init() throws {
    let template = FileManager.default.temporaryDirectory.appendingPathComponent("outpace-XXXXXX")
    var bytes = template.path.utf8CString
    // mkdtemp creates with mode 0700 a name that was not there before.
    let made = bytes.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { mkdtemp($0) != nil } ?? false
    }
    guard made else {
      let problem = String(cString: strerror(errno))
      throw StoreError.cannotCreate(path: template.path, problem: problem)
    }
    let folder = bytes.withUnsafeBufferPointer { buffer in
      String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    self.folder = folder
    do {
      store = try TraceStore(path: folder + "/outpace.db", mode: .readWrite)
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }

  deinit {
    remove()
  }

  /// Removes the folder; a second call does nothing. Any thread may call it.
  public func remove() {
    try? FileManager.default.removeItem(atPath: folder)
  }
}
