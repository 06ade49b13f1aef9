import Foundation
import TestSupport
import Testing
import TraceFormats

/// One defect per file in `fixtures/malformed`, and the exact message.
@Suite("Malformed files")
struct MalformedTests {
  static let cases: [(String, String)] = [
    (
      "native/version.ndjson",
      ":1: a trace in version 2 of the native format, of which this program reads 1. Use a newer outpace, or export it as .ndjson there."
    ),
    (
      "native/count.ndjson",
      ":2: the gradients of the workers are not 3 in all. It was changed after it was exported: export the trace again. One that is to be changed is exported as .ndjson."
    ),
    (
      "native/order.ndjson",
      ":4: the gradient starts before the one above it. It was changed after it was exported: export the trace again. One that is to be changed is exported as .ndjson."
    ),
    (
      "native/key.ndjson",
      ":4: the key “steps” is not in its place. It was changed after it was exported: export the trace again. One that is to be changed is exported as .ndjson."
    ),
    (
      "native/cut.ndjson",
      ": the file ends before gradient 1 of worker “a”. Copy it or export it again."
    ),
    (
      "native/after.ndjson",
      ":6: nothing may follow the last replay. It was changed after it was exported: export the trace again. One that is to be changed is exported as .ndjson."
    ),
    (
      "native/zero.ndjson",
      ":3: “duration_ns” is 0, where 1 is the least. It was changed after it was exported: export the trace again. One that is to be changed is exported as .ndjson."
    ),
    (
      "csv/missing-column.csv",
      ":1: no column says the worker. Columns found: uuid, perf. Say which is which: --columns worker=uuid,duration=perf --unit ms"
    ),
    (
      "csv/too-few-fields.csv",
      ":3: 2 fields where the header has 3. A separator inside a field? Put the field in quotes."
    ),
    (
      "csv/not-a-number.csv",
      ":2: duration_ns is “fast”, not a number. Correct the line, or name the right column."
    ),
    (
      "csv/nan.csv",
      ":3: duration_ns is NaN. A gradient that never ended is no gradient: remove the line."
    ),
    (
      "csv/infinity.csv",
      ":2: start_ns is -inf. A gradient that never ended is no gradient: remove the line."
    ),
    (
      "csv/negative-start.csv",
      ":2: start_ns is -5, below 0. Shift the clock so that it starts at 0."
    ),
    (
      "csv/negative-duration.csv",
      ":2: duration_ms is -0.5, below 0. Nothing lasts less than no time: a wrong column, or start and end swapped?"
    ),
    (
      "csv/overflow.csv",
      ":2: start_s is 9223372037, beyond the 292 years that fit. A wrong unit?"
    ),
    (
      "csv/overflowing-end.csv",
      ":2: the end is 9223372036854775807 + 1, beyond the 292 years that fit. A wrong unit?"
    ),
    (
      "csv/end-before-start.csv",
      ":7: the gradient ends at 10 ns, before its start at 20 ns. Swapped columns?"
    ),
    ("csv/empty-value.csv", ":2: duration_ns is empty. Fill it in or remove the line."),
    ("csv/empty-label.csv", ":2: the worker has no name. Give each worker one."),
    (
      "csv/long-label.csv",
      ":2: the worker's name has 1025 bytes; at most 1024 are allowed. Is this the right column?"
    ),
    ("csv/bad-step.csv", ":2: step is “1.5”, not a whole number in range. Write one, as in 17."),
    (
      "csv/bad-sample.csv",
      ":2: samples is “2147483648”, not a whole number in range. Write one, as in 17."
    ),
    (
      "csv/unclosed-quote.csv",
      ":2: a quoted field is never closed. Close it, or write \"\" for a quote inside a field."
    ),
    (
      "csv/header-only.csv",
      ": no gradient in it, so nothing was imported. Does it cover a whole step?"
    ),
    ("csv/empty.csv", ": the file is empty. Was the recording cut off before it was written?"),
    (
      "csv/bad-checksum.csv.gz",
      ": the compressed stream is damaged (incorrect data check). Copy or compress it again."
    ),
    (
      "ndjson/broken.ndjson",
      ":2: broken JSON: found '}' where a colon was expected, at column 15."
        + " Was the file cut or edited? Record or copy it again."
    ),
    (
      "ndjson/array.ndjson",
      ":2: not a JSON object. Each line has to be one, such as {\"worker\":\"a\",\"duration_ms\":12.5}."
    ),
    (
      "ndjson/missing-key.ndjson",
      ":2: no column says the duration. Columns found: worker, time. Say which is which: --columns worker=worker,duration=time --unit ms"
    ),
    (
      "ndjson/nan.ndjson",
      ":1: duration_ns is NaN. A gradient that never ended is no gradient: remove the line."
    ),
    (
      "ndjson/string-number.ndjson",
      ":1: duration_ns is “\"5\"”, not a number. Correct the line, or name the right column."
    ),
    (
      "pytorch/no-steps.json",
      ": no step of the profiler (ProfilerStep#N) in it. Call prof.step() once per iteration while recording."
    ),
    (
      "pytorch/broken-middle.json",
      ": byte 133: broken JSON: found '\"' where a comma or the end of the object was expected."
        + " Was the file cut or edited? Record or copy it again."
    ),
    (
      "pytorch/deep.json",
      ": byte 566: broken JSON: values are nested more than 512 deep."
        + " Was the file cut or edited? Record or copy it again."
    ),
    ("ray/no-task.json", ": no execution of a task. Is this a Ray timeline?"),
    (
      "chrome/no-event.json",
      ": which slices are gradients? Say so by --event REGEX. Most frequent: forward (1), backward (1)."
    ),
    (
      "chrome/broken-middle.json",
      ": byte 86: broken JSON: found '\"' where a comma or the end of the object was expected."
        + " Was the file cut or edited? Record or copy it again."
    ),
    (
      "horovod/no-ticks.json",
      ": no all-reduce with the readiness of a rank in it. Record it with HOROVOD_CACHE_CAPACITY=0, since cached negotiations leave no ticks."
    ),
    (
      "spark/no-tasks.json",
      ": no gradient in it, so nothing was imported. Does it cover a whole step?"
    ),
    (
      "rates/zero.csv",
      ":3: rate_per_s is 0; gradients per second are above 0. Leave out who did nothing."
    ),
    (
      "rates/not-a-number.csv",
      ":2: rate_per_s is “fast”, not a number. Correct the line, or name the right column."
    ),
    (
      "nsys/cut.sqlite",
      ": broken SQLite file: database disk image is malformed. Export it again by nsys export --type sqlite."
    ),
    (
      "nsys/compressed.sqlite.gz",
      ": an export of Nsight Systems has to be an uncompressed SQLite file, given by its path."
    ),
    (
      "nsys/view.sqlite",
      ": no table NVTX_EVENTS with the usual columns. Record with --trace=cuda,nvtx."
    ),
    (
      "unknown.bin",
      ": no known format (csv, ndjson, native, pytorch, ray, horovod, chrome, spark, rates, nsys, log) looks like this. If it is one of them, say so by --format; else write a table worker,start_s,duration_s."
    ),
  ]

  @Test(
    "Each is refused with its place and a remedy",
    arguments: MalformedTests.cases)
  func refused(name: String, message: String) {
    let path = fixture("malformed/\(name)")
    let sink = CollectingSink()
    do {
      _ = try readTrace(at: path, into: sink)
      Issue.record("\(name) was read")
    } catch {
      #expect("\(error)" == path + message)
    }
  }

  @Test("No malformed file goes without a test")
  func complete() throws {
    let files = try FileManager.default.subpathsOfDirectory(atPath: fixture("malformed"))
      .filter { $0.contains(".") }
    // The cut table is kept and counted, and read by another test.
    let tested = MalformedTests.cases.map(\.0) + ["csv/cut.csv.gz"]
    #expect(Set(files) == Set(tested))
  }
}
