import Foundation
import Optimization
import TestSupport
import Testing

/// A data set of lines, without a file.
func parse(_ text: String, path: String = "data.svm") throws -> DataSet {
  var parser = DataParser(path: path)
  // By bytes: to Swift's characters CR LF is one, and no LF.
  let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  for (index, line) in lines.enumerated() {
    try Array(line).withUnsafeBytes { try parser.consume($0, number: index + 1) }
  }
  return try parser.finish()
}

/// A matrix written out.
private func dense(_ rows: CompressedRows) -> [[Double]] {
  (0..<rows.rowCount).map { row in
    var numbers = [Double](repeating: 0, count: rows.columnCount)
    for entry in rows.starts[row]..<rows.starts[row + 1] {
      numbers[Int(rows.columns[entry])] = rows.values[entry]
    }
    return numbers
  }
}

@Suite("Data files")
struct DataParserTests {
  @Test("LIBSVM lines, comments, blank lines and a byte order mark")
  func libsvm() throws {
    let data = try parse(
      "\u{FEFF}# two samples\n+1 1:0.5 3:-2e1 # the first\n\n  \n-1\t2:.25  4:0\n")
    #expect(data.targets == [1, -1])
    #expect(dense(data.rows) == [[0.5, 0, -20, 0], [0, 0.25, 0, 0]])
  }

  @Test("CSV, with and without a header", arguments: ["", "label,a,b\n", "\"y\", \"a\", \"b\"\n"])
  func csv(header: String) throws {
    let data = try parse(header + "3,1.5,0\n\n-4, 2 ,1e-3\r\n")
    #expect(data.targets == [3, -4])
    #expect(dense(data.rows) == [[1.5, 0], [2, 0.001]])
  }

  @Test("A sample without features counts")
  func empty() throws {
    #expect(try parse("1\n2 1:5\n").rows.rowCount == 2)
  }

  @Test(
    "Each defect has its message",
    arguments: [
      ("", "data.svm: no samples. Each line is a label and its features, in LIBSVM or CSV form."),
      ("1\n2\n", "data.svm: no features: every line has a label only. Add entries such as 3:0.5."),
      (
        "x 1:2\n",
        "data.svm:1: “x” is no label. A line begins with a number: the class or the target."
      ),
      (
        "1 1:2\nnan 1:2\n",
        "data.svm:2: “nan” is no label. A line begins with a number: the class or the target."
      ),
      ("1 1:2 7\n", "data.svm:1: “7” is no entry of the form index:value, as in 3:0.5."),
      ("1 qid:2\n", "data.svm:1: “qid:2” is no entry of the form index:value, as in 3:0.5."),
      (
        "1 2:1 2:1\n",
        "data.svm:1: index 2 does not come after the one before it. Sort the entries of the line."
      ),
      (
        "1 0:1\n",
        "data.svm:1: index 0 is not in 1 to 134217728. LIBSVM counts columns from 1."
      ),
      (
        "1 99999999999999999999:1\n",
        "data.svm:1: index 99999999999999999999 is not in 1 to 134217728. LIBSVM counts columns "
          + "from 1."
      ),
      (
        "1 1:inf\n",
        "data.svm:1: “inf” is no finite number. Remove the line or fill the gap."
      ),
      (
        "1 1:1e999\n",
        "data.svm:1: “1e999” is no finite number. Remove the line or fill the gap."
      ),
      (
        "1,2,3\n1,2\n", "data.svm:2: 2 fields, but the first line has 3. Is a comma missing?"
      ),
      ("1,2,\n", "data.svm:1: “” is no finite number. Remove the line or fill the gap."),
      (
        "nan,2\n1,2\n",
        "data.svm:1: “nan” is no label. A line begins with a number: the class or the target."
      ),
    ])
  func defects(text: String, message: String) {
    #expect {
      try parse(text)
    } throws: { error in
      #expect("\(error)" == message)
      return error is DataError
    }
  }

  /// Exact decimals, more than fifteen digits, long exponents, halfway cases.
  @Test(
    "Numbers are read as the nearest double",
    arguments: [
      "0", "-0", "1", "+1.5", ".5", "5.", "1e22", "1e23", "123456789012345", "1234567890123456789",
      "0.1", "1e-22", "1e-23", "4.9e-324", "1.7976931348623157e308", "9007199254740993",
      "0.000000000000000000000000000001", "1000000000000000000000000", "2.5E-3",
    ])
  func numbers(text: String) throws {
    let expected = try #require(Double(text))
    #expect(try parse("1 1:1 2:\(text)\n").rows.values.last == (expected == 0 ? 1 : expected))
    #expect(try parse("\(text) 1:1\n").targets[0].bitPattern == expected.bitPattern)
  }

  @Test(
    "What looks like a number is none",
    arguments: ["", "-", ".", "1e", "1e+", "0x10", "1_000", "1,5", "--1", "1.2.3", "١"])
  func notNumbers(text: String) {
    #expect(throws: DataError.self) { try parse("1 1:\(text)\n") }
  }

  @Test("Random changes of bytes are refused or read, never trapped", arguments: 0..<40)
  func changes(seed: Int) {
    var bytes = Array("1 1:0.5 3:-2e1\n2 2:7 5:1e-3\n-1.5 1:3\n0,1,2\n".utf8)
    for index in 0..<4 {
      let noise = abs(normals(2, seed: UInt64(seed), worker: index)[0])
      bytes[Int(noise * 1e6) % bytes.count] = UInt8(Int(noise * 1e9) % 256)
    }
    _ = try? parse(String(decoding: bytes, as: UTF8.self))
  }

  private static let digitsPath = Repository.fixtures.appendingPathComponent("digits.svm").path

  @Test("The digits in fixtures/ are 1,797 rows of 64 columns")
  func digits() throws {
    let data = try DataParser.read(path: Self.digitsPath)
    #expect(data.rows.rowCount == 1797)
    #expect(data.rows.columnCount == 64)
    #expect(data.rows.values.allSatisfy { $0 >= 1 && $0 <= 16 })
    #expect(data.targets.prefix(10) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    #expect(!FeatureMatrix(compressed: data.rows).isSparse)
  }

  @Test("Three against the rest, on the digits")
  func oneAgainstTheRest() throws {
    let spec = try ObjectiveSpec(
      parsing: "logistic:\(Self.digitsPath)?positive=3,intercept=yes,l2=0.1")
    let objective = try spec.build(seed: 1)
    #expect(objective.sampleCount == 1797 && objective.dimension == 65)
    let minimizer = try #require(objective.minimizer)
    #expect(norm(objective.gradient(minimizer)) < 1e-9)
    #expect(try #require(objective.minimum) < 0.1)
  }

  /// The first 200 rows, so that a debug build is quick. Many pixels are always 0.
  @Test("Softmax on digits has an f* at which the gradient vanishes")
  func softmax() throws {
    let lines = try String(contentsOfFile: Self.digitsPath, encoding: .utf8)
      .split(separator: "\n")
    let data = try parse(lines.prefix(200).joined(separator: "\n"))
    let spec = try ObjectiveSpec(parsing: "softmax:digits.svm?l2=0.01")
    let objective = try spec.build(from: data, path: "digits.svm")
    let minimizer = try #require(objective.minimizer)
    #expect(norm(objective.gradient(minimizer)) < 1e-9)
  }

  /// `gzip -n` of two lines.
  @Test("A compressed file is read, and refused where it is cut")
  func compressed() throws {
    let bytes = try #require(
      Data(base64Encoded: "H4sIAAAAAAAC/zNUMLQy0DNVMLYy4tI1VDCyMuECAPoIWMETAAAA"))
    let folder = try TemporaryFolder()
    let whole = URL(fileURLWithPath: folder.path("whole.svm.gz"))
    try bytes.write(to: whole)
    let data = try DataParser.read(path: whole.path)
    #expect(data.targets == [1, -1])
    #expect(dense(data.rows) == [[0.5, 0, 2], [0, 4, 0]])
    let cut = URL(fileURLWithPath: folder.path("cut.svm.gz"))
    try bytes.dropLast(9).write(to: cut)
    #expect(throws: DataError(.truncated, path: cut.path)) {
      try DataParser.read(path: cut.path)
    }
  }

  @Test("A file that is not there is no data error")
  func missing() {
    #expect {
      try DataParser.read(path: "/nonexistent/data.svm")
    } throws: { error in
      !(error is DataError) && "\(error)".contains("/nonexistent/data.svm")
    }
  }
}
