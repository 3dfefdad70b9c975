import Winograd
import YAML

extension LayerReader {
    /// The tile and the matrices that a layer was trained with; a matrix that is not given is that of Cook-Toom.
    func readModel(_ node: Node, r: Int) throws -> WinogradModel {
        let keys = try MappingDecoder(node, what: "winograd")
        let tile = try keys.optional("tile")?.integer(in: 1...WinogradMatrices.maximumEdge - 1) ?? 2
        let (bt, g, at) = (keys.optional("bt"), keys.optional("g"), keys.optional("at"))
        try keys.finish()
        // A size without a transform is found with the rest of the layer's shape in view.
        guard bt != nil || g != nil || at != nil, WinogradMatrices.isSupported(m: tile, r: r) else {
            return WinogradModel(tile: tile)
        }
        let standard = try WinogradMatrices.cookToom(m: tile, r: r)
        let n = standard.n
        return WinogradModel(
            tile: tile,
            matrices: try WinogradMatrices(
                m: tile, r: r,
                bt: try bt.map { try readMatrix($0, "bt", rows: n, columns: n) } ?? standard.bt,
                g: try g.map { try readMatrix($0, "g", rows: n, columns: r) } ?? standard.g,
                at: try at.map { try readMatrix($0, "at", rows: tile, columns: n) } ?? standard.at))
    }

    /// A list of rows, each a list of numbers.
    private func readMatrix(_ node: Node, _ name: String, rows: Int, columns: Int) throws -> Matrix {
        let lines = try node.elements()
        guard lines.count == rows else {
            throw node.error("\(name) has \(lines.count) rows, expected \(rows) rows of \(columns)")
        }
        var values: [Double] = []
        var exact: [Rational?] = []
        for line in lines {
            let entries = try line.elements()
            guard entries.count == columns else {
                throw line.error("a row of \(name) has \(entries.count) entries, expected \(columns)")
            }
            for entry in entries {
                let number = try readNumber(entry)
                values.append(number.value)
                exact.append(number.exact)
            }
        }
        return Matrix(rows: rows, columns: columns, values: values, exact: exact)
    }

    /// A number, or a fraction such as `-1/6`: its nearest double, and itself where it fits.
    private func readNumber(_ node: Node) throws -> (value: Double, exact: Rational?) {
        guard let text = node.text, text.contains("/") else {
            return (try node.real(in: -1e6...1e6), node.text.flatMap(Rational.init(decimal:)))
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let top = Int32(parts[0]), let bottom = Int32(parts[1]), bottom != 0,
            let fraction = try? Rational(Int(top), Int(bottom))
        else {
            throw node.error("found \(node.found), expected a number or a fraction of whole numbers such as 1/6")
        }
        return (fraction.double, fraction)
    }
}
