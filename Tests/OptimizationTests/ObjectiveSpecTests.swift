import Kernels
import Optimization
import Testing

@Suite("Objectives as written")
struct ObjectiveSpecTests {
  @Test(
    "The canonical form",
    arguments: [
      ("logistic", "logistic:gaussian:n=512,d=32,noise=0.5"),
      ("quadratic", "quadratic:chain:d=100,noise=0.01"),
      ("quadratic:chain:d=5", "quadratic:chain:d=5,noise=0.01"),
      ("least-squares:paper", "least-squares:paper:n=10000,d=400,noise=1e-05"),
      ("ridge:uniform:d=3,n=9,seed=7?l2=.5", "ridge:uniform:n=9,d=3,noise=0.5,seed=7?l2=0.5"),
      (
        "softmax:fixtures/digits.svm?l2=1e-4,batch=32",
        "softmax:fixtures/digits.svm?batch=32,l2=0.0001"
      ),
      (
        "softmax:fixtures/digits.svm?l2=1e-4&batch=32",
        "softmax:fixtures/digits.svm?batch=32,l2=0.0001"
      ),
      ("logistic:d.svm?positive=4x0x2", "logistic:d.svm?positive=0x2x4"),
      ("logistic:d.svm?positive=3,intercept=yes", "logistic:d.svm?intercept=yes,positive=3"),
      ("logistic:d.svm?batch=full", "logistic:d.svm?batch=full"),
      ("logistic:d.svm?batch=1,l2=0,replace=yes", "logistic:d.svm"),
      ("logistic:d.svm?replace=no,batch=4", "logistic:d.svm?batch=4,replace=no"),
      (
        "mlp:d.svm?hidden=64x32,activation=relu,classes=12",
        "mlp:d.svm?hidden=64x32,activation=relu,classes=12"
      ),
      ("mlp:d.svm?hidden=32,activation=tanh", "mlp:d.svm"),
      ("huber:d.svm?delta=2", "huber:d.svm?delta=2"),
      ("hinge:a?b.svm?", "hinge:a?b.svm?"),
      ("hinge:a?b.svm?l2=1", "hinge:a?b.svm?l2=1"),
      ("hinge:./gaussian:x", "hinge:./gaussian:x"),
      ("hinge:a:b.svm", "hinge:a:b.svm"),
      ("hinge:-", "hinge:-"),
      ("hinge?l2=1", "hinge:gaussian:n=512,d=32,noise=0.5?l2=1"),
    ])
  func canonical(written: String, form: String) throws {
    let spec = try ObjectiveSpec(parsing: written)
    #expect(spec.description == form)
    #expect(try ObjectiveSpec(parsing: form) == spec)
  }

  @Test("Without options the defaults hold")
  func defaults() throws {
    let spec = try ObjectiveSpec(parsing: "mlp:d.svm")
    #expect(spec.batchSize == 1 && spec.replacesSamples && spec.l2 == 0)
    #expect(spec.hidden == [32] && spec.activation == .tanh && spec.classCount == nil)
    #expect(try ObjectiveSpec(parsing: "logistic?batch=full").batchSize == 0)
  }

  @Test(
    "Each mistake has its message",
    arguments: [
      (
        "logstic:x",
        "“logstic” is no objective. Did you mean logistic? There are quadratic, least-squares, "
          + "ridge, logistic, softmax, hinge, huber, mlp."
      ),
      (
        "logistic:x?btch=3",
        "unknown key “btch”. Did you mean batch? It takes batch, replace, l2, intercept, positive."
      ),
      (
        "logistic:x?classes=3",
        "unknown key “classes”. Did you mean batch? It takes batch, replace, l2, intercept, "
          + "positive."
      ),
      ("logistic:x?l2=1,l2=1", "l2= is given twice. Keep one."),
      (
        "logistic:a?b",
        "“b” has no value: options are key=value. If it belongs to the path, add one more ? at the "
          + "end."
      ),
      ("logistic:x?batch=0", "batch=0: batch is a whole number from 1 to 2147483648 or “full”."),
      ("logistic:x?l2=-1", "l2=-1: l2 is a number from 0."),
      ("logistic:x?l2=nan", "l2=nan: l2 is a number from 0."),
      ("logistic:x?replace=maybe", "replace=maybe: replace is yes or no."),
      ("logistic:x?positive=1xy", "positive=1xy: positive is a label, or several as in 0x2x4."),
      (
        "mlp:x?hidden=64,32",
        "“32” has no value: options are key=value. If it belongs to the path, add one more ? at "
          + "the end."
      ),
      (
        "mlp:x?hidden=64x",
        "hidden=64x: hidden is a whole number from 1 to 1048576, or several as in 64x32."
      ),
      ("mlp:x?activation=sin", "activation=sin: activation is tanh or relu."),
      ("softmax:x?classes=1", "classes=1: classes is a whole number from 2."),
      ("huber:x?delta=0", "delta=0: delta is a number above 0."),
      (
        "logistic:",
        "nothing follows the colon. Name a file, or a generator such as gaussian:n=512,d=32."
      ),
      ("quadratic:x.svm", "quadratic cannot use x.svm. It takes chain:d=…."),
      (
        "logistic:paper",
        "logistic cannot use paper. It takes a file, gaussian or uniform, which make labels."
      ),
      ("ridge:chain", "ridge cannot use chain. It takes a file, gaussian, uniform or paper."),
      (
        "logistic:gaussian:m=3",
        "unknown key “m”. Did you mean n? It takes n, d, noise, seed."
      ),
      (
        "logistic:gaussian:n=2147483648,d=1000000",
        "n=2147483648: n is at most 8589 with this d."
      ),
    ])
  func mistakes(written: String, message: String) {
    #expect {
      try ObjectiveSpec(parsing: written)
    } throws: { error in
      #expect("\(error)" == "objective '\(written)': \(message)")
      return error is ObjectiveSpecError
    }
  }

  private let threeLabels = "7 1:1\n3 1:2\n5 1:3\n3 1:4\n"

  @Test("Two labels: the smaller is −1")
  func twoLabels() throws {
    let data = try parse("7 1:1\n3 1:2\n7 1:3\n")
    let objective = try ObjectiveSpec(parsing: "logistic:x").build(from: data, path: "x")
    // At 0 the slope of a sample is −b/2.
    #expect(objective.batchGradient([0], [0]) == [-0.5])
    #expect(objective.batchGradient([1], [0]) == [1])
  }

  @Test("positive= makes one or several labels against the rest")
  func positive() throws {
    let data = try parse(threeLabels)
    let one = try ObjectiveSpec(parsing: "hinge:x?positive=5").build(from: data, path: "x")
    #expect((0..<4).map { one.batchGradient([$0], [0])[0] } == [1, 2, -3, 4])
    let two = try ObjectiveSpec(parsing: "hinge:x?positive=3x5").build(from: data, path: "x")
    #expect((0..<4).map { two.batchGradient([$0], [0])[0] } == [1, -2, -3, -4])
  }

  @Test(
    "Labels that do not fit are bad data",
    arguments: [
      (
        "logistic:x",
        "x: 3 labels (3, 5, 7), and logistic regression wants two. Make one against the rest with "
          + "positive=7, or use softmax."
      ),
      (
        "logistic:x?positive=4",
        "x: no sample has the label 4 that positive= names. There are 3, 5, 7."
      ),
      ("hinge:x?positive=3x5x7", "x: positive= names every label there is. Leave one out."),
      (
        "softmax:x?classes=2", "x: 3 labels, but classes=2. Leave classes= out, or raise it."
      ),
    ])
  func labels(written: String, message: String) throws {
    let data = try parse(threeLabels)
    let spec = try ObjectiveSpec(parsing: written)
    #expect {
      try spec.build(from: data, path: "x")
    } throws: { error in
      "\(error)" == message
    }
  }

  @Test("An intercept is a column of ones at the end")
  func intercept() throws {
    let data = try parse(threeLabels)
    let objective = try ObjectiveSpec(parsing: "least-squares:x?intercept=yes")
      .build(from: data, path: "x")
    #expect(objective.dimension == 2)
    #expect(objective.batchGradient([0], [0, 0]) == [-7, -7])
    let generated = try ObjectiveSpec(parsing: "least-squares:gaussian:n=9,d=3?intercept=yes")
      .build(seed: 1)
    #expect(generated.dimension == 4)
  }

  @Test(
    "What is built is what is written",
    arguments: [
      ("quadratic:chain:d=5", 5, 4096), ("least-squares:gaussian:n=40,d=5", 5, 40),
      ("ridge:uniform:n=40,d=5?l2=0.1", 5, 40), ("least-squares:paper:n=40,d=5", 5, 40),
      ("logistic:gaussian:n=40,d=5?l2=0.1", 5, 40), ("hinge:uniform:n=40,d=5", 5, 40),
      ("huber:paper:n=40,d=5?l2=1", 5, 40), ("softmax:gaussian:n=40,d=5", 50, 40),
      ("softmax:gaussian:n=40,d=5?classes=3,l2=0.1", 15, 40),
      ("mlp:gaussian:n=40,d=5?hidden=4,classes=3", 39, 40),
    ])
  func built(written: String, dimension: Int, sampleCount: Int) throws {
    let spec = try ObjectiveSpec(parsing: written)
    let objective = try spec.build(seed: 1)
    #expect(objective.dimension == dimension)
    #expect(objective.sampleCount == sampleCount)
    #expect(objective.initialIterate(seed: 1).count == dimension)
    // Same seed, same data; another seed, other data.
    let x = normals(dimension, seed: 1)
    #expect(try spec.build(seed: 1).loss(x) == objective.loss(x))
    if spec.kind != .quadratic { #expect(try spec.build(seed: 2).loss(x) != objective.loss(x)) }
    var count = 0
    objective.forEachDataBlock { count += $0.count }
    #expect(count >= 8 * (sampleCount + 1))
  }

  @Test("A generator's own seed wins, and its rows do not depend on n")
  func seeds() throws {
    let spec = try ObjectiveSpec(parsing: "least-squares:gaussian:n=40,d=5,seed=3")
    let x = normals(5, seed: 1)
    #expect(try spec.build(seed: 1).loss(x) == spec.build(seed: 2).loss(x))
    let longer = try ObjectiveSpec(parsing: "least-squares:gaussian:n=60,d=5,seed=3").build(seed: 1)
    let shorter = try spec.build(seed: 1)
    #expect(longer.batchGradient([39], x) == shorter.batchGradient([39], x))
  }

  @Test("A batch without replacement cannot exceed the data")
  func tooLarge() throws {
    let spec = try ObjectiveSpec(parsing: "ridge:gaussian:n=4,d=2?batch=5,replace=no")
    #expect(throws: ObjectiveSpecError.self) { try spec.build(seed: 1) }
  }

  @Test("The built-in objective has an f* well below f(0), and labels that contradict")
  func builtIn() throws {
    let objective = try ObjectiveSpec.builtIn.build(seed: 1)
    #expect(ObjectiveSpec.builtIn.description == "logistic:gaussian:n=512,d=32,noise=0.5?l2=0.001")
    #expect(objective.sampleCount == 512 && objective.dimension == 32)
    let minimum = try #require(objective.minimum)
    #expect(minimum > 0.1 && minimum < 0.5)
    let minimizer = try #require(objective.minimizer)
    #expect(norm(objective.gradient(minimizer)) < 1e-9)
  }
}
