import Files

extension WorkloadFormat {
    /// Topologies of SCALE-Sim, versions 1 to 3: CSV files, one row a layer.
    ///
    /// SCALE-Sim reads columns by position and skips the first line (`scalesim/topology_utils.py` of
    /// scalesim-project/SCALE-Sim); here the first line has to name the columns in that order.
    ///
    /// - Convolutions: `Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter,
    ///   Strides`, or `Stride Height, Stride Width` in the place of the last. Sizes in elements, `ceil((i - f + s) /
    ///   s)` outputs.
    /// - Products: `Layer, M, N, K`, of matrices [M, K] x [K, N].
    /// - Both: then `Sparsity` (N:M, N non-zero weights of M), `Batch`.
    static let scaleSim = WorkloadFormat(
        name: "scale-sim",
        recognizes: { file in
            guard let header = try? CSVRecord.records(of: file.text, file: file.path).first else { return false }
            return SCALESimTopology.isProduct(header) != nil
        },
        read: { file in try SCALESimTopology(file).network() })
}

/// A SCALE-Sim topology on its way to layers.
private struct SCALESimTopology {
    /// A column, with the names that its header may have.
    private enum Column: String, CaseIterable {
        case name = "Layer name"
        case height = "IFMAP Height"
        case width = "IFMAP Width"
        case filterHeight = "Filter Height"
        case filterWidth = "Filter Width"
        case channels = "Channels"
        case filters = "Num Filter"
        case strides = "Strides"
        case strideHeight = "Stride Height"
        case strideWidth = "Stride Width"
        case rows = "M"
        case outputs = "N"
        case inner = "K"
        case sparsity = "Sparsity"
        case batch = "Batch"

        var names: Set<String> {
            switch self {
            case .name: ["layername", "layer", "name", "l"]
            case .filters: ["numfilter", "numfilters", "filters"]
            case .channels: ["channels", "channel", "numchannels"]
            case .strides: ["strides", "stride"]
            case .sparsity: ["sparsity", "sparsityratio"]
            case .batch: ["batch", "batchsize"]
            default: [SCALESimTopology.folded(rawValue)]
            }
        }
    }

    private static let convolution: [Column] = [
        .name, .height, .width, .filterHeight, .filterWidth, .channels, .filters,
    ]
    private static let product: [Column] = [.name, .rows, .outputs, .inner]

    private let records: [CSVRecord]
    private var columns: [Column: Int] = [:]
    private let isProduct: Bool
    private var result = ImportedNetwork()

    private static func folded(_ name: String) -> String {
        name.lowercased().filter { $0 != " " && $0 != "_" && $0 != "-" }
    }

    private static func column(_ name: String) -> Column? {
        Column.allCases.first { $0.names.contains(folded(name)) }
    }

    /// Whether a header is that of matrix products, and not of convolutions; nil for no topology.
    static func isProduct(_ header: CSVRecord) -> Bool? {
        let columns = Set(header.fields.compactMap { column($0.text) })
        if columns.isSuperset(of: product.dropFirst()) { return true }
        // Three of them, so that a misspelt one gets its own message.
        return columns.intersection([.height, .width, .filterHeight, .filterWidth, .filters]).count >= 3 ? false : nil
    }

    /// Reads the header.
    ///
    /// - Throws: `InputError` at a column that is in another place than SCALE-Sim's, missing, misspelt or there twice.
    init(_ file: WorkloadFile) throws {
        records = try CSVRecord.records(of: file.text, file: file.path)
        guard let header = records.first else { throw file.error("the file has no layers") }
        guard let isProduct = Self.isProduct(header) else {
            throw header.error(
                "expected the names of SCALE-Sim's columns, \(Self.list(Self.convolution + [.strides])), or "
                    + "\(Self.list(Self.product))", at: 0)
        }
        self.isProduct = isProduct
        let fields = header.fields
        var order = isProduct ? Self.product : Self.convolution
        if !isProduct {
            let hasTwo = fields.count > order.count && Self.column(fields[order.count].text) == .strideHeight
            order += hasTwo ? [.strideHeight, .strideWidth] : [.strides]
        }
        for (index, column) in order.enumerated() {
            let text = header.text(index)
            guard Self.column(text) == column else {
                throw header.error(
                    "found \(quoted(text)) as column \(index + 1), expected \(column.rawValue): SCALE-Sim takes "
                        + "columns by their place, \(Self.list(order))", at: index)
            }
            columns[column] = index
        }
        for index in order.count..<max(fields.count, order.count) where !fields[index].text.isEmpty {
            let text = fields[index].text
            if let column = Self.column(text) {
                guard column == .sparsity || column == .batch, columns.updateValue(index, forKey: column) == nil else {
                    throw header.error("the column \(quoted(text)) is there twice or in a wrong place", at: index)
                }
            } else if let near = nearestName(to: text, among: [Column.sparsity.rawValue, Column.batch.rawValue]) {
                throw header.error("unknown column \(quoted(text)): did you mean \(quoted(near))?", at: index)
            } else {
                result.note("the column \(quoted(text)) is not read")
                unread.insert(index)
            }
        }
    }

    private var unread: Set<Int> = []

    private static func list(_ columns: [Column]) -> String { columns.map(\.rawValue).joined(separator: ", ") }

    /// Reads the layers.
    ///
    /// - Throws: `InputError` at the cell that does not fit.
    func network() throws -> ImportedNetwork {
        var reader = self
        if !isProduct {
            reader.result.note("scale-sim files have no padding: the maps are taken as padded already")
        }
        for record in records.dropFirst() {
            if isProduct { try reader.addProduct(record) } else { try reader.addConvolution(record) }
        }
        return reader.result
    }

    private mutating func addProduct(_ record: CSVRecord) throws {
        let extra = try extra(record)
        let row = LayerTable.Row(
            name: record.text(0), rows: try integer(.rows, record), channels: try integer(.inner, record),
            filters: try integer(.outputs, record), products: extra.batch, isMatmul: extra.batch > 1)
        let name = try result.add(row, isMatrix: true, densities: (extra.density, nil)) { message, _ in
            record.error(message, at: 0)
        }
        if extra.batch > 1 {
            result.note(
                "a batch of products becomes one matmul layer, with other operands in each product", layer: name)
        }
        note(extra, name)
    }

    private mutating func addConvolution(_ record: CSVRecord) throws {
        let extra = try extra(record)
        let channels = try integer(.channels, record)
        let filters = try integer(.filters, record)
        let isDepthwise = record.text(0).contains("DP")
        var shape = LayerShape(channels: channels, filters: isDepthwise ? channels * filters : filters)
        if isDepthwise { shape.groups = channels }
        shape.batch = extra.batch
        (shape.height, shape.width) = (try integer(.height, record), try integer(.width, record))
        (shape.kernelHeight, shape.kernelWidth) = (
            try integer(.filterHeight, record), try integer(.filterWidth, record)
        )
        let isOne = columns[.strides] != nil
        shape.strideHeight = try integer(isOne ? .strides : .strideHeight, record)
        shape.strideWidth = try integer(isOne ? .strides : .strideWidth, record)
        shape.paddingBottom = Self.missing(shape.height, shape.kernelHeight, shape.strideHeight)
        shape.paddingRight = Self.missing(shape.width, shape.kernelWidth, shape.strideWidth)
        let isRounded = shape.paddingBottom != 0 || shape.paddingRight != 0
        if !isRounded { (shape.paddingBottom, shape.paddingRight) = (nil, nil) }
        let row = LayerTable.Row(name: record.text(0), unnamedOperationOf: shape.withoutIdleSteps)
        let columns = columns
        let name = try result.add(row, densities: (extra.density, nil)) { message, keys in
            let column: Column =
                keys == ["kernel", "height"] ? .filterHeight : keys == ["kernel", "width"] ? .filterWidth : .name
            return record.error(message, at: columns[column] ?? 0)
        }
        if isRounded {
            result.note(
                "SCALE-Sim rounds output sizes up, so zeros are added below and right of the map", layer: name)
        }
        noteDepthwise(name, isDepthwise, channels: channels, filters: filters)
        note(extra, name)
    }

    /// Says where SCALE-Sim's multiplications may not be those of the network.
    private mutating func noteDepthwise(_ name: String, _ isDepthwise: Bool, channels: Int, filters: Int) {
        if isDepthwise {
            result.note(
                filters == 1
                    ? "\"DP\" in a name means depthwise: a group a channel"
                    : "\"DP\" in a name means depthwise: SCALE-Sim runs every filter on every channel, Num Filter "
                        + "times as many multiplications as with one filter a channel, and so does the trace",
                layer: name)
        } else if name.lowercased().contains("depthwise") || Self.words(name).contains("dw") {
            result.note(
                "the name says depthwise, but without \"DP\" SCALE-Sim adds up all channels in each filter, and so "
                    + "does the trace: "
                    + (channels == 1 ? "one channel is all" : "the sums are other ones than the network's"),
                layer: name)
        }
    }

    private static func words(_ name: String) -> [String] {
        name.lowercased().split { !$0.isLetter }.map(String.init)
    }

    /// Rows or columns of zeros that make the windows of a stride cover the whole map.
    private static func missing(_ size: Int, _ kernel: Int, _ stride: Int) -> Int {
        guard size > kernel else { return 0 }
        let rest = (size - kernel) % stride
        return rest == 0 ? 0 : stride - rest
    }

    private typealias Extra = (density: Double?, ratio: String?, batch: Int)

    /// What stands behind the sizes. SCALE-Sim takes a ratio N:M there whatever the header says, and in a table of products
    /// a whole number as the batch.
    private mutating func extra(_ record: CSVRecord) throws -> Extra {
        var ratio = columns[.sparsity].flatMap { record.text($0).isEmpty ? nil : $0 }
        var batch = columns[.batch].flatMap { record.text($0).isEmpty ? nil : $0 }
        let named = Set(columns.values).union(unread)
        for (index, field) in record.fields.enumerated() where !field.text.isEmpty && !named.contains(index) {
            if field.text.contains(":"), ratio == nil {
                ratio = index
            } else if isProduct, Int(field.text) != nil, batch == nil {
                batch = index
            } else if field.text.hasPrefix("#") {
                result.note("cells that begin with # are not read")
            } else {
                throw record.error(
                    "found \(quoted(field.text)) in a column without a name, expected a ratio N:M or nothing", at: index
                )
            }
        }
        let products = try batch.map { try integer(.batch, record, at: $0) } ?? 1
        guard let ratio else { return (nil, nil, products) }
        let text = record.text(ratio)
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            Int(part.filter { $0 != " " })
        }
        guard parts.count == 2, let kept = parts[0], let block = parts[1], kept > 0, kept <= block else {
            throw record.error(
                "found \(quoted(text)) as \(Column.sparsity.rawValue), expected N:M, such as 2:4 for two non-zero "
                    + "weights of four", at: ratio)
        }
        return (kept == block ? nil : Double(kept) / Double(block), "\(kept):\(block)", products)
    }

    private mutating func note(_ extra: Extra, _ layer: String) {
        guard let density = extra.density, let ratio = extra.ratio else { return }
        result.note(
            "a trace has no N:M pattern, so weights of \(ratio) are drawn with a density of \(density), spatial",
            layer: layer)
    }

    private func integer(_ column: Column, _ record: CSVRecord, at place: Int? = nil) throws -> Int {
        let index = place ?? columns[column] ?? 0
        guard let value = Int(record.text(index)), value >= 1, value <= 1 << 20 else {
            throw record.error(
                "found \(quoted(record.text(index))) as \(column.rawValue), expected a whole number from 1 to 2^20",
                at: index)
        }
        return value
    }
}
