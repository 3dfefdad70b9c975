import Hardware
import YAML

/// A memory has keys that its configuration does not write: those of the preset behind its standard.
extension ConfigurationLibrary {
    /// All keys of a machine's memory that its preset has, with dots.
    func memoryKeys(of machine: Configuration) throws -> [String] {
        func names(_ node: Node, _ prefix: String) -> [String] {
            (node.entries ?? []).flatMap { ["\(prefix).\($0.name)"] + names($0.value, "\(prefix).\($0.name)") }
        }
        return try preset(of: machine).map { names($0, "dram") } ?? []
    }

    /// The value of a key of a machine's memory that its preset gives; nil where it gives none.
    func memoryValue(of key: String, in machine: Configuration) throws -> Node? {
        let parts = key.split(separator: ".")
        guard parts.first == "dram", let preset = try preset(of: machine) else { return nil }
        return parts.dropFirst().reduce(Optional(preset)) { $0?[String($1)] }
    }

    private func preset(of machine: Configuration) throws -> Node? {
        guard case .standard(let standard) = machine.dram, let name = standard.node["standard"]?.text else {
            return nil
        }
        return try Document.load(path: "\(memoryFolder())/\(name).yaml")
    }
}
