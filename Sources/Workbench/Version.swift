/// The version of the program, as it stands in databases and reports.
public let outpaceVersion = "0.1.0"
