/// The results of `report` on several traces: one object, each result whole. One trace keeps the
/// form that is its own.
public func reportsJSON(_ reports: [JSONValue]) -> JSONValue {
  if let only = reports.first, reports.count == 1 { return only }
  return ["schema": .string("outpace/report/1"), "reports": .array(reports)]
}

/// The results of `compare` on several traces, each whole behind the name of its trace. One trace
/// keeps the form that is its own.
public func compareJSON(_ compared: [ComparedTrace]) -> JSONValue {
  if let only = compared.first, compared.count == 1 { return compareJSON(only.comparison) }
  return [
    "schema": .string("outpace/compare/1"),
    "comparisons": .array(
      compared.map { entry in
        guard case .object(let members) = compareJSON(entry.comparison) else { return .null }
        return .object([.init("trace", .string(entry.inspection.trace.name))] + members)
      }),
  ]
}
