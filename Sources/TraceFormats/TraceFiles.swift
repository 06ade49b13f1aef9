#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The files that make up one trace.
///
/// A folder stands for all regular files in it and in the folders below, in the order of the bytes of
/// their paths. Names that begin with a dot are passed over. Links are followed, and a file or folder
/// that is reached twice counts once, so that links in a circle end.
struct TraceFiles {
  /// What is passed over though its name is visible, and why.
  struct PassedOver {
    var path: String
    var reason: String
  }

  private(set) var paths: [String] = []
  private(set) var passedOver: [PassedOver] = []
  /// Somebody gave a folder: files that no format claims are no mistake.
  private(set) var hasFolder = false
  private var seen: Set<Identity> = []

  private struct Identity: Hashable {
    var device: UInt64
    var node: UInt64
  }

  private static let depthLimit = 64

  init(_ given: [String]) throws(TraceFormatError) {
    for path in given {
      var status = stat()
      // What cannot be looked at is opened all the same, which tells the reason.
      guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        if path == "-" || status.st_mode & S_IFMT != S_IFREG
          || seen.insert(TraceFiles.identity(status)).inserted
        {
          paths.append(path)
        } else {
          passedOver.append(PassedOver(path: path, reason: "it was given before"))
        }
        continue
      }
      hasFolder = true
      try addFolder(path, status, depth: 0)
    }
  }

  private mutating func addFolder(
    _ path: String, _ status: stat, depth: Int
  ) throws(TraceFormatError) {
    guard depth < TraceFiles.depthLimit else {
      throw TraceFormatError(reason: .foldersTooDeep(limit: TraceFiles.depthLimit), path: path)
    }
    guard seen.insert(TraceFiles.identity(status)).inserted else { return }
    let prefix = path.hasSuffix("/") ? path : path + "/"
    // Opened all the same, which tells the reason.
    guard let names = TraceFiles.names(in: path) else { return paths.append(path) }
    for name in names {
      let entry = prefix + name
      var status = stat()
      guard stat(entry, &status) == 0 else {
        passedOver.append(PassedOver(path: entry, reason: "it is a link to nothing"))
        continue
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: try addFolder(entry, status, depth: depth + 1)
      case S_IFREG:
        if seen.insert(TraceFiles.identity(status)).inserted { paths.append(entry) }
      // Opening a pipe would wait for somebody to write.
      default: passedOver.append(PassedOver(path: entry, reason: "it is no file"))
      }
    }
  }

  private static func identity(_ status: stat) -> Identity {
    Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      node: UInt64(truncatingIfNeeded: status.st_ino))
  }

  /// The visible names in a folder, in the order of their bytes; nil if it cannot be read.
  private static func names(in path: String) -> [String]? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The sizes of all files together; nil if one has none.
  var byteSize: Int64? {
    var sum: Int64 = 0
    for path in paths {
      guard let size = TraceFiles.byteSize(of: path) else { return nil }
      sum += size
    }
    return sum
  }

  /// The size of a regular file.
  static func byteSize(of path: String) -> Int64? {
    var status = stat()
    guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return nil
    }
    return Int64(status.st_size)
  }
}
