import ReplayCases

// Prints nanoseconds a unit of one case, once per line read: whoever compares takes turns with others.
//
//   measure CASE     then a line on standard input for each measurement

let arguments = CommandLine.arguments
guard arguments.count == 2, let work = try ReplayCases.make(arguments[1]) else {
  print("measure CASE, one of: \(ReplayCases.names.joined(separator: " "))")
  throw UnknownCase()
}
_ = try work.run()
print("ready")
fflushOutput()
while readLine() != nil {
  let start = ContinuousClock.now
  let units = try work.run()
  let elapsed = ContinuousClock.now - start
  let nanoseconds =
    Double(elapsed.components.seconds) * 1e9 + Double(elapsed.components.attoseconds) * 1e-9
  print(nanoseconds / Double(units))
  fflushOutput()
}
