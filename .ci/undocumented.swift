// Lists the public and package symbols without a comment, from the compiler's symbol graphs, and fails if there
// are any. An initializer that only sets properties, each under its own name, needs none, nor does a case or
// an initializer of what stays within the package: their names say what they are.
import Foundation

struct Graph: Decodable {
  var symbols: [Symbol]
}

struct Symbol: Decodable {
  var kind: Kind
  var pathComponents: [String]
  var identifier: Identifier
  var docComment: DocComment?
  var accessLevel: String
  var location: Location?

  struct Kind: Decodable { var identifier: String }
  struct Identifier: Decodable { var precise: String }
  struct DocComment: Decodable {}
  struct Location: Decodable {
    var uri: String
    var position: Position
    struct Position: Decodable { var line: Int }
  }

  var owner: String { pathComponents.dropLast().joined(separator: ".") }
  var name: String { pathComponents.last ?? "" }
}

var symbols: [Symbol] = []
for path in CommandLine.arguments.dropFirst() {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  symbols += try JSONDecoder().decode(Graph.self, from: data).symbols
}

var properties: [String: Set<String>] = [:]
for symbol in symbols where symbol.kind.identifier == "swift.property" {
  properties[symbol.owner, default: []].insert(symbol.name)
}

func onlySetsProperties(_ symbol: Symbol) -> Bool {
  guard symbol.kind.identifier == "swift.init", let open = symbol.name.firstIndex(of: "(") else {
    return false
  }
  let labels = symbol.name[open...].dropFirst().dropLast().split(separator: ":").map(String.init)
  return labels.allSatisfy { $0 == "_" || properties[symbol.owner]?.contains($0) == true }
}

func isPlainWithinPackage(_ symbol: Symbol) -> Bool {
  symbol.accessLevel == "package"
    && ["swift.init", "swift.enum.case"].contains(symbol.kind.identifier)
}

var places: Set<String> = []
for symbol in symbols {
  // Members that the compiler makes have no place; those that a protocol gives have their own.
  guard symbol.docComment == nil, let location = symbol.location,
    !symbol.identifier.precise.contains("::SYNTHESIZED::"), !onlySetsProperties(symbol),
    !isPlainWithinPackage(symbol)
  else { continue }
  let file = location.uri.components(separatedBy: "/Sources/").last ?? location.uri
  let path = symbol.pathComponents.joined(separator: ".")
  places.insert("Sources/\(file):\(location.position.line + 1): \(path) has no comment")
}
for place in places.sorted() { print(place) }
exit(places.isEmpty ? 0 : 1)
