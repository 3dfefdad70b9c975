import Engine
import Hardware
import Simulation
import Traces

/// What one layer of a trace is, as people and programs read it.
public struct LayerInspectionReport: Report {
    let inspection: LayerInspection
    let version: String

    /// Makes a report.
    public init(_ inspection: LayerInspection, version: String) {
        (self.inspection, self.version) = (inspection, version)
    }

    private var layer: Layer { inspection.layer }

    /// The shape, the products, the zeros by position, and the bytes in each encoding.
    public var document: ReportDocument {
        let forms = ReportTable(Column<LayerInspection.Form>.all, rows: inspection.forms)
        let bytes = ReportTable(Column<StoredOperand>.all, rows: StoredOperand.rows(of: inspection))
        let fillIn = ReportTable(Column<FillIn>.all, rows: inspection.fillIn.map { [$0] } ?? [])
        return ReportDocument(
            sections: [
                [.paragraph("\(NumberText.printable(layer.name)): \(Self.words(layer))")], [.table(forms)],
            ] + maps.map { [$0] } + [[.table(bytes)]] + (inspection.fillIn == nil ? [] : [[.table(fillIn)]]),
            tables: [("products.csv", forms), ("bytes.csv", bytes)],
            summary: [
                "layer": .text(layer.name), "operation": .text(layer.operation.rawValue), "forms": .rows(forms),
                "positions": .array(inspection.forms.map(Self.positions)), "bytes": .rows(bytes),
                "fill_in": .rows(fillIn), "program": .program(version),
            ])
    }

    /// The operation and the sizes of a layer.
    private static func words(_ layer: Layer) -> String {
        let shape = layer.shape
        return
            "\(layer.operation.rawValue), input \(shape.batch) x \(shape.channels) x \(shape.height) x \(shape.width), "
            + "output \(shape.batch) x \(shape.filters) x \(shape.outputHeight) x \(shape.outputWidth), kernel "
            + "\(shape.kernelHeight) x \(shape.kernelWidth)"
            + (shape.groups == 1 ? "" : ", \(shape.groups) groups") + ", ReLU \(layer.relu.rawValue)"
    }

    // MARK: Densities by position

    private var maps: [ReportDocument.Part] {
        inspection.forms.flatMap { form in
            [("weights", form.weights), ("activations", form.activations)].compactMap { name, operand in
                guard let operand, operand.densities.count > 1 else { return nil }
                let place =
                    operand.rows * operand.columns == operand.densities.count && form.algorithm == .direct
                    ? "tap" : "position"
                return .list(
                    "\(form.algorithm), \(name) that are not zero by \(place), in %:",
                    Self.map(operand))
            }
        }
    }

    /// A line a row of positions: `  41.2  38.9  40.0  43.7`.
    private static func map(_ operand: LayerInspection.Operand) -> [String] {
        (0..<operand.rows).map { row in
            (0..<operand.columns).map { column in
                let index = row * operand.columns + column
                guard index < operand.densities.count else { return "" }
                let text = NumberText.grouped(100 * operand.densities[index], decimals: 1)
                return String(repeating: " ", count: max(0, 6 - text.count)) + text
            }.joined()
        }
    }

    private static func positions(_ form: LayerInspection.Form) -> JSON {
        func densities(_ operand: LayerInspection.Operand?) -> JSON {
            operand.map { .array($0.densities.map(JSON.real)) } ?? .null
        }
        return [
            "algorithm": .text(form.algorithm.description), "weights": densities(form.weights),
            "activations": densities(form.activations),
        ]
    }
}

extension Column<LayerInspection.Form> {
    /// The columns of the products, in their order.
    static let all: [Column<LayerInspection.Form>] = [
        .text("algorithm", "how the layer is computed") { $0.algorithm.description },
        .count("products", "products", "products of the algorithm on dense operands") { $0.products },
        .count("useful_products", "products", "products of two operands that are not zero") { $0.usefulProducts },
        .measure("weight_density", "", "weights that are not zero over all, as they are multiplied") {
            $0.weights.flatMap { ratio(Double($0.count.nonZeros), Double($0.count.values)) }
        },
        .measure("activation_density", "", "activations that are not zero over all, as they are multiplied") {
            $0.activations.flatMap { ratio(Double($0.count.nonZeros), Double($0.count.values)) }
        },
    ]
}

/// An operand's bytes in one encoding.
private struct StoredOperand: Sendable {
    let algorithm: String
    let operand: String
    let bits: Int
    let encoding: String
    let bytes: Int

    static func rows(of inspection: LayerInspection) -> [StoredOperand] {
        inspection.forms.flatMap { form in
            [
                ("weights", form.weights, inspection.datatype.weights),
                ("activations", form.activations, inspection.datatype.activations),
            ].flatMap { name, operand, bits in
                (operand?.bytes ?? []).map {
                    StoredOperand(
                        algorithm: form.algorithm.description, operand: name, bits: bits, encoding: $0.encoding.yaml,
                        bytes: $0.bytes)
                }
            }
        }
    }
}

extension Column<StoredOperand> {
    fileprivate static let all: [Column<StoredOperand>] = [
        .text("algorithm", "how the layer is computed") { $0.algorithm },
        .text("operand", "weights or activations, as they are multiplied") { $0.operand },
        .count("bits", "bit", "width of a value") { $0.bits },
        .text("encoding", "how zeros are stored; vectors are the positions of a tile or the taps of a kernel") {
            $0.encoding
        },
        .count("bytes", "B", "bytes of all values, and of what the encoding stores beside them") { $0.bytes },
    ]
}
