import Foundation

/// Places of the checkout that tests read.
public enum Repository {
  /// The folder that holds `Package.swift`.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  public static let fixtures = root.appendingPathComponent("fixtures")
  public static let traces = root.appendingPathComponent("traces")

  /// The corpus of traces from elsewhere and golden cases beside the checkout, or nil where it is
  /// not there: such tests are then disabled.
  public static let corpus: URL? = {
    let folder = root.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  public static let hasCorpus = corpus != nil

  /// A path below the corpus.
  public static func corpus(_ path: String) throws -> String {
    guard let corpus else { throw MissingCorpus() }
    return corpus.appendingPathComponent(path).path
  }

  /// The files below a folder, as paths relative to it, in order; without hidden folders, since one may
  /// hold what was built and the sources of others.
  public static func files(below folder: URL) throws -> [String] {
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    guard let names else { throw CocoaError(.fileReadNoSuchFile) }
    return names.filter { name in
      !name.split(separator: "/").contains { $0.hasPrefix(".") }
    }.sorted()
  }

  public struct MissingCorpus: Error {}
}
