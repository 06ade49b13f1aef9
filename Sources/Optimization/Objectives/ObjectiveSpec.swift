/// An objective as it is written on the command line and in reports, such as
/// `softmax:fixtures/digits.svm?batch=32,l2=0.0001`:
///
///     spec = kind [":" data] ["?" option *(("," | "&") option)]        option = key "=" value
///
/// The kind ends at the first `:` or `?`; options begin after the last `?` (a path that holds one is
/// followed by one more). Data is a generator if its name is gaussian, uniform, paper or chain, else
/// a path (`./gaussian:x` for such a file). Without data a quadratic is `chain`, everything else
/// `gaussian`.
public struct ObjectiveSpec: Hashable, Sendable {
  /// What kind of function is minimised.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// ½⟨x, Ax⟩ − ⟨b, x⟩ on a tridiagonal chain, with noise.
    case quadratic
    /// 1/(2n)‖Ax − b‖²
    case leastSquares = "least-squares"
    /// Least squares with (l2/2)‖x‖².
    case ridge
    /// (1/n) Σ log(1 + exp(−b⟨a, x⟩)), two classes.
    case logistic
    /// Cross-entropy of several classes.
    case softmax
    /// (1/n) Σ max(0, 1 − b⟨a, x⟩): Lipschitz and without an L.
    case hinge
    /// Quadratic near 0 and linear beyond δ.
    case huber
    /// Hidden layers with softmax cross-entropy; nonconvex.
    case mlp
  }

  /// Where samples come from.
  public enum Data: Hashable, Sendable {
    /// LIBSVM or CSV, plain, `.gz` or `.zst`.
    case file(path: String)
    /// Made from a seed.
    case generator(Generator)
  }

  /// Which function.
  public var kind: Kind
  /// Its samples.
  public var data: Data
  /// Samples in a batch; 0 for the exact gradient, `batch=full`.
  public var batchSize = 1
  /// Whether a batch may hold a sample twice.
  public var replacesSamples = true
  /// The factor of ½‖x‖².
  public var l2 = 0.0
  /// Adds a column of ones, whose weight is regularised like the others.
  public var intercept = false
  /// The labels that make class +1; empty where the data have two.
  public var positive: [Double] = []
  /// Huber's δ
  public var delta = 1.0
  /// nil for the distinct labels of a file, 10 for a generator.
  public var classCount: Int?
  /// The widths of the hidden layers.
  public var hidden = [32]
  /// Of the hidden layers of `mlp`.
  public var activation = Activation.tanh

  public init(kind: Kind, data: Data? = nil) {
    self.kind = kind
    self.data = data ?? .generator(Generator(kind == .quadratic ? .chain : .gaussian))
  }

  /// What a report uses where the user names no objective: logistic regression on 512 seeded normal
  /// rows of 32 entries. The labels are noisy (noise ½ beside scores of deviation 1 changes about one
  /// in seven), so that the data are not separable, and the small regulariser makes f* certain.
  public static let builtIn: Self = {
    var spec = Self(kind: .logistic)
    spec.l2 = 1e-3
    return spec
  }()
}

extension ObjectiveSpec.Kind {
  /// The keys that this objective takes, in the order in which they are printed.
  var keys: [String] {
    switch self {
    case .quadratic: ["batch", "replace"]
    case .leastSquares, .ridge: ["batch", "replace", "l2", "intercept"]
    case .logistic, .hinge: ["batch", "replace", "l2", "intercept", "positive"]
    case .huber: ["batch", "replace", "l2", "intercept", "delta"]
    case .softmax: ["batch", "replace", "l2", "intercept", "classes"]
    case .mlp: ["batch", "replace", "l2", "hidden", "activation", "classes"]
    }
  }
}

extension ObjectiveSpec: CustomStringConvertible {
  /// The canonical form: what differs from the defaults, in one order, with commas, since an unquoted
  /// `&` is the shell's. Reads back as the same value.
  public var description: String {
    var options: [String] = []
    for key in kind.keys {
      switch key {
      case "batch" where batchSize != 1:
        options.append("batch=" + (batchSize == 0 ? "full" : "\(batchSize)"))
      case "replace" where !replacesSamples:
        options.append("replace=no")
      case "l2" where l2 != 0:
        options.append("l2=" + shortest(l2))
      case "intercept" where intercept:
        options.append("intercept=yes")
      case "positive" where !positive.isEmpty:
        options.append("positive=" + positive.map(shortest).joined(separator: "x"))
      case "delta" where delta != 1:
        options.append("delta=" + shortest(delta))
      case "classes":
        if let classCount { options.append("classes=\(classCount)") }
      case "hidden" where hidden != [32]:
        options.append("hidden=" + hidden.map(String.init).joined(separator: "x"))
      case "activation" where activation != .tanh:
        options.append("activation=" + activation.rawValue)
      default:
        break
      }
    }
    var text = kind.rawValue + ":"
    switch data {
    case .file(let path):
      // A path that looks like a generator, or holds a question mark, is written so that it is none.
      let name = path.prefix { $0 != ":" }
      text += Generator.Name(rawValue: String(name)) == nil ? path : "./" + path
      if options.isEmpty && path.contains("?") { text += "?" }
    case .generator(let generator):
      text += generator.description
    }
    return options.isEmpty ? text : text + "?" + options.joined(separator: ",")
  }
}
