#if os(Linux)
  import Foundation
  import TestSupport
  import Testing

  /// The C compiler that came with the toolchain, or another one.
  private let cCompiler: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return ["clang", "cc", "gcc"].flatMap { name in folders.map { "\($0)/\(name)" } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// A steady replay allocates nothing, and on linear models counts no references: twice the updates, the same totals.
  ///
  /// The tool runs with a library before it that counts `malloc`, its kin and Swift's retain and release on
  /// their way. It is compiled by the C compiler that came with the toolchain, or another one. Only the
  /// optimiser takes the counting out, so that a debug build is not looked at.
  @Suite(
    "Allocations", .enabled(if: cCompiler != nil, "no C compiler on the path"),
    .enabled(if: Build.isOptimised, "a debug build counts references"))
  struct AllocationTests {
    /// Written to standard error at the end: allocations, then retains and releases.
    private static let counter = """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <stdatomic.h>
      #include <stdio.h>
      #include <stddef.h>
      #include <stdlib.h>

      static atomic_ulong allocations, references;
      extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
      extern void *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);
      static void note(void) { atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); }
      void *malloc(size_t n) { note(); return __libc_malloc(n); }
      void *calloc(size_t n, size_t m) { note(); return __libc_calloc(n, m); }
      void *realloc(void *p, size_t n) { note(); return __libc_realloc(p, n); }
      void *memalign(size_t a, size_t n) { note(); return __libc_memalign(a, n); }
      void *aligned_alloc(size_t a, size_t n) { note(); return __libc_memalign(a, n); }
      int posix_memalign(void **p, size_t a, size_t n) {
        note();
        *p = __libc_memalign(a, n);
        return *p ? 0 : 12;
      }

      #define COUNTED(name)                                                        \\
        void *name(void *object) {                                                 \\
          static void *(*next)(void *);                                            \\
          if (!next) next = (void *(*)(void *))dlsym(RTLD_NEXT, #name);            \\
          atomic_fetch_add_explicit(&references, 1, memory_order_relaxed);         \\
          return next(object);                                                     \\
        }
      COUNTED(swift_retain)
      COUNTED(swift_release)
      COUNTED(swift_bridgeObjectRetain)
      COUNTED(swift_bridgeObjectRelease)

      __attribute__((destructor)) static void report(void) {
        fprintf(stderr, "counted %lu %lu\\n", atomic_load(&allocations), atomic_load(&references));
      }
      """

    private struct Counts {
      var allocations: Int
      var references: Int
    }

    /// Of a whole replay in the tool, its start and its report included.
    private func counts(
      updates: Int, _ arguments: [String], library: String, trace: String
    ) throws -> Counts {
      let result = try Tool.run(
        ["replay", trace, "--updates", "\(updates)", "--stepsize", "1e-4", "--json"]
          + ["--evaluate-every", "1000000"] + arguments,
        environment: ["LD_PRELOAD": library])
      #expect(result.status == 0, "\(result.errors)")
      let words = result.errors.split(whereSeparator: { $0 == " " || $0.isNewline })
      let place = try #require(words.lastIndex(of: "counted"))
      try #require(place + 2 < words.count)
      return Counts(
        allocations: try #require(Int(words[place + 1])),
        references: try #require(Int(words[place + 2])))
    }

    /// Batches of one and of several, dense and sparse rows, compact and dense gradients in flight, one
    /// iterate and two.
    @Test(
      "Twice the updates take no more allocations and no more counting",
      arguments: [
        ["--method", "async", "--objective", "least-squares:gaussian:n=200,d=40"],
        ["--method", "async", "--objective", "logistic:gaussian:n=200,d=40?batch=3"],
        ["--method", "async", "--objective", "logistic:gaussian:n=200,d=40?l2=0.01"],
        ["--method", "async", "--objective", "least-squares:SPARSE"],
        ["--method", "async:rule=scaled", "--objective", "softmax:gaussian:n=200,d=40?classes=3"],
        ["--method", "async", "--objective", "mlp:gaussian:n=200,d=40?hidden=8,classes=3,batch=8"],
        ["--method", "async", "--objective", "quadratic:chain:d=40"],
        ["--method", "buffered:collect=3", "--objective", "logistic:gaussian:n=200,d=40"],
        ["--method", "rennala:collect=3", "--objective", "huber:gaussian:n=200,d=40"],
        ["--method", "ringmaster:delay-limit=4", "--objective", "hinge:gaussian:n=200,d=40"],
        ["--method", "minibatch", "--objective", "logistic:gaussian:n=200,d=40"],
      ])
    func steady(arguments: [String]) throws {
      let compiler = try #require(cCompiler)
      let folder = try TemporaryFolder()
      let source = try folder.write(Self.counter, to: "counter.c")
      let library = folder.path("counter.so")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: compiler)
      process.arguments = ["-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"]
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0, "\(compiler) cannot build the counter")

      // Eight workers in a cycle: after the first thousand updates no delay is new.
      var rows = "worker,start_ns,duration_ns\n"
      for worker in 0..<8 {
        for gradient in 0..<4 {
          rows += "w\(worker),\(gradient * (1000 + worker)),\(1000 + worker)\n"
        }
      }
      let trace = try folder.write(rows, to: "trace.csv")
      var lines = ""
      for row in 0..<200 {
        lines += "\(row % 7) " + "\(1 + row % 13):0.5 \(20 + row % 60):-1.25 \(100 + row % 3):2\n"
      }
      let sparse = try folder.write(lines, to: "sparse.svm")
      let own = arguments.map { $0.replacing("SPARSE", with: sparse) }

      // 4,096 and its double both end with an iterate in the fingerprint.
      let once = try counts(updates: 8192, own, library: library, trace: trace)
      let twice = try counts(updates: 16_384, own, library: library, trace: trace)
      #expect(once.allocations > 100, "nothing was counted")
      // The text of a longer run may need a buffer more; an update that allocates needs 8,192.
      #expect(twice.allocations - once.allocations < 400, "\(own)")
      // A network's layers and a quadratic's b are arrays, whose references a gradient counts a few times.
      let countsSome = arguments.contains { $0.hasPrefix("mlp") || $0.hasPrefix("quadratic") }
      if !countsSome { #expect(twice.references - once.references < 400, "\(own)") }
    }
  }
#endif
