import Hardware
import YAML

/// A memory has keys that its configuration does not write: those of the preset behind its standard.
extension Configuration {
    private var preset: Node? { if case .standard(let standard) = dram { standard.preset } else { nil } }

    /// All keys of the memory that its preset has, with dots.
    var presetKeys: [String] {
        func names(_ node: Node, _ prefix: String) -> [String] {
            (node.entries ?? []).flatMap { ["\(prefix).\($0.name)"] + names($0.value, "\(prefix).\($0.name)") }
        }
        return preset.map { names($0, "dram") } ?? []
    }

    /// The value of a key of the memory that its preset gives; nil where it gives none.
    func presetValue(of key: String) -> Node? {
        let parts = key.split(separator: ".")
        guard parts.first == "dram" else { return nil }
        return parts.dropFirst().reduce(preset) { $0?[String($1)] }
    }
}
