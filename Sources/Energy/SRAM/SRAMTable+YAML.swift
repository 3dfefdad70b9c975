import YAML

extension SRAMTable {
    /// Reads a table.
    ///
    /// - Throws: `InputError` at the position of any error in it, `FileError` if the file cannot be read.
    public static func load(path: String) throws -> SRAMTable { try SRAMTable(Document.load(path: path), path: path) }

    init(_ root: Node, path: String) throws {
        let decoder = try MappingDecoder(root, what: "the SRAM table")
        name = try decoder.required("name").line(what: "name")
        description = try decoder.optional("description")?.line(what: "description") ?? ""
        source = try decoder.required("source").line(what: "source")
        temperature = try decoder.required("temperature").quantity(.temperature, in: 1...1000)
        let columns = try SRAMColumns(decoder.required("columns"))
        let list = try decoder.required("nodes")
        try decoder.finish()
        var grids: [SRAMGrid] = []
        for node in try list.elements() {
            let grid = try SRAMGrid(node, columns: columns)
            guard !grids.contains(where: { $0.technology == grid.technology }) else {
                throw (node["technology"] ?? node).error(
                    "found \(TechnologyScaling.nanometres(grid.technology)) a second time, expected each node once")
            }
            grids.append(grid)
        }
        guard !grids.isEmpty else { throw list.error("found an empty list of nodes, expected at least one") }
        self.grids = grids
        self.path = path
    }
}

extension SRAMGrid {
    /// Reads `{technology, supply, fit: {...}, banks: [[...], ...]}`.
    init(_ node: Node, columns: SRAMColumns) throws {
        let decoder = try MappingDecoder(node, what: "a node")
        let technology = try decoder.required("technology").quantity(.length, in: 1...1000)
        let supply = try decoder.required("supply").quantity(.voltage, in: 0.1...10)
        let fit = try SRAMFit(decoder.required("fit"))
        let list = try decoder.required("banks")
        try decoder.finish()
        var banks: [SRAMSize: SRAMFigures] = [:]
        var lines: [SRAMSize: Int] = [:]
        for row in try list.elements() {
            let (size, figures) = try columns.bank(row)
            if let line = lines.updateValue(row.mark.line, forKey: size) {
                throw row.error(
                    "found \(size.name) a second time, expected each bank once: it is already on line \(line)")
            }
            banks[size] = figures
        }
        guard !banks.isEmpty else { throw list.error("found an empty list of banks, expected at least one") }
        self.init(technology: technology, supply: supply, fit: fit, banks: banks)
    }
}

extension SRAMFit {
    /// Reads one law each for `read_energy`, `write_energy`, `leakage`, `area` and `access_time`.
    fileprivate init(_ node: Node) throws {
        let decoder = try MappingDecoder(node, what: "fit")
        func law(_ key: String, _ names: [String]) throws -> Law {
            let law = try MappingDecoder(decoder.required(key), what: "the fit of \(key)")
            let a = try law.required("a").real(in: 1e-9...1e9)
            let n = try law.required("n").real(in: 0...4)
            let b = names.contains("b") ? try law.required("b").real(in: 0...1e9) : 0
            let c = names.contains("c") ? try law.required("c").real(in: 0...1e9) : 0
            try law.finish()
            return Law(a: a, b: b, n: n, c: c)
        }
        readEnergy = try law("read_energy", ["b", "c"])
        writeEnergy = try law("write_energy", ["b"])
        leakage = try law("leakage", [])
        area = try law("area", [])
        accessTime = try law("access_time", [])
        try decoder.finish()
    }
}
