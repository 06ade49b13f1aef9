/// The version of the program, as it stands in databases and reports.
public let outpaceVersion = "0.1.0"

/// The system and the processor that the program was built for, as recordings and `verify` name them.
/// No result depends on it.
public let outpacePlatform = "\(system)-\(processor)"

#if os(Linux)
  private let system = "linux"
#elseif os(macOS)
  private let system = "macos"
#else
  private let system = "other"
#endif

#if arch(x86_64)
  private let processor = "x86_64"
#elseif arch(arm64)
  private let processor = "arm64"
#else
  private let processor = "other"
#endif
