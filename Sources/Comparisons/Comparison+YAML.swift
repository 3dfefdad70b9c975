import Files
import Hardware
import Traces
import YAML

extension Comparison {
    /// The format that comparison files name in their first key.
    public static var format: String { "winosim-comparison/1" }

    /// Reads a comparison file. It names traces and configurations by their path from the file's folder, or by the name of
    /// what ships.
    ///
    /// - Parameters:
    ///   - path: the comparison's file.
    ///   - library: the configurations that ship; without them, files alone.
    ///   - traces: the traces that ship; without them, files alone.
    /// - Throws: `InputError` at its place for anything that does not fit, `FileError` where it cannot be read.
    public static func load(
        path: String, library: ConfigurationLibrary? = nil, traces: TraceLibrary? = nil
    ) throws -> Comparison {
        try Comparison(Document.load(path: path), Shipped(configurations: library, traces: traces))
    }

    private init(_ root: Node, _ shipped: Shipped) throws {
        let decoder = try MappingDecoder(root, what: "the comparison")
        let format = try decoder.required("format")
        guard try format.string() == Self.format else {
            throw format.error("found the format \(format.found), expected \(Self.format)")
        }
        name = try decoder.required("name").string()
        description = try decoder.optional("description")?.string() ?? ""
        let methods = try Method.list(decoder.required("runs"), shipped)
        let names = methods.map(\.name)
        let baseline = decoder.optional("baseline")
        self.baseline = try baseline?.name(among: names) ?? names[0]
        let cases = try decoder.required("cases")
        let list = try cases.elements()
        guard !list.isEmpty else { throw cases.error("the list of cases is empty, expected at least one") }
        self.cases = try list.map { try ComparisonCase($0, methods: methods) }
        for (index, one) in self.cases.enumerated()
        where self.cases[..<index].contains(where: { $0.name == one.name }) {
            throw (list[index]["name"] ?? list[index]).error(
                "a case of this name is defined above, expected a new name")
        }
        published = try decoder.optional("published").map { try PublishedFigures($0, runs: names) }
        try decoder.finish()
    }
}

/// What a comparison may name.
private struct Shipped {
    let configurations: ConfigurationLibrary?
    let traces: TraceLibrary?

    func configuration(_ node: Node) throws -> String { try configurations?.resolve(node) ?? node.path() }

    func trace(_ node: Node) throws -> String {
        try SettingPlace(node.mark).named { try traces?.resolve(node) ?? node.path() }
    }
}

/// A run of the file, before a case has chosen its machine.
private struct Method {
    let name: String
    let trace: (path: String, place: SettingPlace)
    /// Configurations by what is equal in them.
    let configurations: [(key: String, path: String, place: SettingPlace)]
    let overrides: [Override]

    static func list(_ node: Node, _ shipped: Shipped) throws -> [Method] {
        let nodes = try node.elements()
        guard nodes.count >= 2 else { throw node.error("found \(nodes.count) runs, expected at least two to compare") }
        var methods: [Method] = []
        for node in nodes {
            let method = try Method(node, shipped)
            if methods.contains(where: { $0.name == method.name }) {
                throw (node["name"] ?? node).error("a run of this name is defined above, expected a new name")
            }
            methods.append(method)
        }
        return methods
    }

    private init(_ node: Node, _ shipped: Shipped) throws {
        let decoder = try MappingDecoder(node, what: "a run")
        name = try decoder.required("name").name(what: "a run's name")
        let trace = try decoder.required("trace")
        self.trace = (try shipped.trace(trace), SettingPlace(trace.mark))
        let configurations = try decoder.required("configurations")
        guard let entries = configurations.entries, !entries.isEmpty else {
            throw configurations.error(
                "found \(configurations.found), expected one configuration or more under different names, such as "
                    + "{multipliers: ../mobile.yaml}")
        }
        self.configurations = try entries.map {
            ($0.name, try shipped.configuration($0.value), SettingPlace($0.value.mark))
        }
        overrides = try decoder.optional("set")?.elements().map(Override.init) ?? []
        try decoder.finish()
    }
}

extension ComparisonCase {
    fileprivate init(_ node: Node, methods: [Method]) throws {
        let decoder = try MappingDecoder(node, what: "a case")
        name = try decoder.required("name").name(what: "a case's name")
        let key = try decoder.required("configurations")
        let batch = try decoder.optional("batch")?.integer(in: 1...4096)
        let overrides = try decoder.optional("set")?.elements().map(Override.init) ?? []
        try decoder.finish()
        runs = try methods.map { method in
            let wanted = try key.string()
            guard let configuration = method.configurations.first(where: { $0.key == wanted }) else {
                let known = method.configurations.map(\.key)
                let near = nearestName(to: wanted, among: known).map { ": did you mean \(quoted($0))?" } ?? ";"
                throw key.error(
                    "the run \(quoted(method.name)) has no configuration \(quoted(wanted))\(near) it has "
                        + known.joined(separator: ", "))
            }
            var run = ComparisonRun(
                name: method.name, trace: method.trace.path, configuration: configuration.path,
                overrides: method.overrides + overrides, batch: batch)
            (run.tracePlace, run.configurationPlace) = (method.trace.place, configuration.place)
            return run
        }
    }
}

extension PublishedFigures {
    fileprivate init(_ node: Node, runs: [String]) throws {
        let decoder = try MappingDecoder(node, what: "published")
        source = try decoder.required("source").string()
        run = try decoder.required("run").name(among: runs)
        reduction = try decoder.required("multiply_reduction").real(in: 1...1e6)
        let left = try decoder.optional("without")?.elements() ?? []
        without = try left.map { try $0.string() }
        withoutPlaces = left.map { SettingPlace($0.mark) }
        let over = try MappingDecoder(decoder.required("over_earlier"), what: "over_earlier")
        let from = try over.required("from").real(in: 0...1e6)
        overEarlier = from...(try over.required("to").real(in: from...1e6))
        try over.finish()
        earlier = try decoder.required("earlier").elements().map { try $0.name(among: runs) }
        try decoder.finish()
    }
}

extension Node {
    /// One of some names.
    fileprivate func name(among names: [String]) throws -> String {
        let name = try string()
        guard names.contains(name) else {
            let near = nearestName(to: name, among: names).map { ": did you mean \(quoted($0))?" } ?? ";"
            throw error("found \(found), which is no run\(near) the runs are \(names.joined(separator: ", "))")
        }
        return name
    }
}
