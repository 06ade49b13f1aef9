import Testing
import TraceModel

@Suite("Traces")
struct TraceTests {
  @Test("Grades are ordered, and a grade falls by one at a time")
  func grades() {
    #expect(TrustGrade.allCases.sorted() == [.wallClock, .separated, .measured])
    #expect(TrustGrade.measured.lowered == .separated)
    #expect(TrustGrade.separated.lowered == .wallClock)
    #expect(TrustGrade.wallClock.lowered == .wallClock)
  }

  @Test("A trace is trusted as far as its worst worker")
  func trust() {
    let grades: [TrustGrade] = [.measured, .wallClock, .separated]
    let workers = grades.enumerated().map { index, grade in
      WorkerTimings(
        worker: Worker(index: index, label: WorkerLabel("\(index)"), trust: grade), backToBack: [1])
    }
    #expect(Trace(name: "t", workers: workers).trust == .wallClock)
    #expect(Trace(name: "t", workers: [workers[0], workers[2]]).trust == .separated)
    #expect(Trace(name: "t", workers: []).trust == .wallClock)
  }

  /// Starts 0, 2, 5 and a last end at 9; the other worker ends at 4.
  @Test("Back to back, each gradient starts where the one before ends")
  func backToBack() {
    let a = WorkerTimings(worker: Worker(index: 0, label: WorkerLabel("a")), backToBack: [2, 3, 4])
    let b = WorkerTimings(worker: Worker(index: 1, label: WorkerLabel("b")), backToBack: [4])
    #expect(a.startsNs == [0, 2, 5])
    #expect(a.lastEndNs == 9)
    let trace = Trace(name: "t", workers: [a, b])
    #expect(trace.spanNs == 9)
    #expect(trace.gradientCount == 4)
    #expect(trace.workerCount == 2)
  }

  @Test("Batches of different lengths keep their places")
  func samples() {
    var column = SampleColumn()
    column.append([3, 1])
    column.append([])
    column.append([4])
    #expect(Array(column[0]) == [3, 1])
    #expect(column[1].isEmpty)
    #expect(Array(column[2]) == [4])
  }

  @Test("Times are whole nanoseconds, and arrivals are ordered by time, then worker")
  func arrivals() {
    #expect(ReplayTime(nanoseconds: 1_500_000_000).seconds == 1.5)
    #expect(ReplayTime(nanoseconds: 2) + ReplayTime(nanoseconds: 3) == ReplayTime(nanoseconds: 5))
    let early = Arrival(time: .zero, worker: 9, updatesAtRead: 0)
    let tied = Arrival(time: .zero, worker: 3, updatesAtRead: 7)
    let late = Arrival(time: ReplayTime(nanoseconds: 1), worker: 0, updatesAtRead: 0)
    #expect([late, early, tied].sorted() == [tied, early, late])
  }
}
