import Files

extension LayerTable {
    /// A column of a table of shapes. The name is written as here but for case, and with `_`, `-` or a space between words;
    /// `C` and `K` are upper case always, since `k` is a kernel's size elsewhere.
    public enum Column: String, CaseIterable, Sendable {
        /// The layer's name.
        case layer
        /// Input channels over all groups.
        case channels = "C"
        /// Output channels over all groups.
        case filters = "K"
        /// Rows of the input map.
        case height = "H_in"
        /// Columns of the input map.
        case width = "W_in"
        /// The kernel's size: one number, or height x width (`3x5`).
        case kernel
        /// Rows of the kernel.
        case kernelHeight = "kernel_height"
        /// Columns of the kernel.
        case kernelWidth = "kernel_width"
        /// The stride: one number, or height x width; 1 where it is not given.
        case stride
        /// Rows between two outputs.
        case strideHeight = "stride_height"
        /// Columns between two outputs.
        case strideWidth = "stride_width"
        /// Zeros at each border: one number, or height x width; 0 where it is not given.
        case pad
        /// Rows of zeros above and below the map.
        case padHeight = "pad_height"
        /// Columns of zeros left and right of the map.
        case padWidth = "pad_width"
        /// The distance of two taps: one number, or height x width; 1 where it is not given.
        case dilation
        /// Rows between two taps.
        case dilationHeight = "dilation_height"
        /// Columns between two taps.
        case dilationWidth = "dilation_width"
        /// Groups of channels that do not mix; 1 where it is not given.
        case groups
        /// Images; 1 where it is not given.
        case batch
        /// Checked: rows of the output map.
        case outputHeight = "H_out"
        /// Checked: columns of the output map.
        case outputWidth = "W_out"
        /// Checked: 1 needs a layer that Winograd's algorithm computes; 0 may be a choice.
        case winograd
        /// Checked: multiplications of the dense direct convolution, of one image or of the batch.
        case denseMultiplies = "dense_mults"
        /// Checked: weights of the direct form.
        case weights
        /// Checked: output tiles of one image at some tile edge m, the same for this and the next three.
        case tiles
        /// Checked: multiplications of the dense Winograd convolution of one image.
        case winogradMultiplies = "wino_dense_mults"
        /// Checked: transformed weights.
        case winogradWeights = "wino_weights"
        /// Checked: transformed activations of one image.
        case winogradActivations = "wino_act_elems"
        /// A remark, which is not read.
        case note

        /// Columns without which there is no shape; a kernel may have two instead.
        static let required: [Column] = [.layer, .channels, .filters, .height, .width, .kernel]

        /// The columns that give each direction, of one that gives both.
        static let directions: [(both: Column, height: Column, width: Column)] = [
            (.kernel, .kernelHeight, .kernelWidth), (.stride, .strideHeight, .strideWidth),
            (.pad, .padHeight, .padWidth), (.dilation, .dilationHeight, .dilationWidth),
        ]

        /// The column of a name as it is written.
        init?(written name: String) {
            guard
                let column = Self.allCases.first(where: { column in
                    column.rawValue.count == 1
                        ? column.rawValue == name : Self.folded(column.rawValue) == Self.folded(name)
                })
            else { return nil }
            self = column
        }

        /// The column that an unknown name most likely means, of those that the table lacks.
        static func nearest(to name: String, lacking: [Column]) -> Column? {
            let folded = folded(name)
            let meant = meanings.first { lacking.contains($0.column) && $0.names.contains(folded) }?.column
            return meant ?? nearestName(to: name, among: lacking.map(\.rawValue)).flatMap(Column.init(rawValue:))
        }

        private static func folded(_ name: String) -> String {
            String(name.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
        }

        /// What frameworks, papers and other simulators call the columns. These names are proposed and not taken: some mean
        /// something else elsewhere.
        private static let meanings: [(column: Column, names: Set<String>)] = [
            (.layer, ["name", "layer_name", "op", "node"]),
            (
                .channels,
                ["c", "channel", "channels", "in_channels", "input_channels", "c_in", "cin", "ic", "ifmap_channels"]
            ),
            (
                .filters,
                [
                    "filters", "num_filter", "num_filters", "out_channels", "output_channels", "c_out", "cout", "oc",
                    "m", "ofmap_channels", "k_out",
                ]
            ),
            (.height, ["h", "height", "ih", "in_height", "input_height", "ifmap_height", "in_h"]),
            (.width, ["w", "width", "iw", "in_width", "input_width", "ifmap_width", "in_w"]),
            (.kernel, ["k", "kernels", "kernel_size", "kernel_shape", "filter", "filter_size", "ksize", "rxs"]),
            (.kernelHeight, ["r", "kh", "kernel_h", "filter_height"]),
            (.kernelWidth, ["s", "kw", "kernel_w", "filter_width"]),
            (.stride, ["strides", "stride_size"]),
            (.strideHeight, ["stride_h", "sh", "hstride", "vertical_stride"]),
            (.strideWidth, ["stride_w", "sw", "wstride", "horizontal_stride"]),
            (.pad, ["padding", "pads", "paddings", "p"]),
            (.padHeight, ["padding_height", "padding_h", "pad_h", "ph", "pad_top", "pad_bottom"]),
            (.padWidth, ["padding_width", "padding_w", "pad_w", "pw", "pad_left", "pad_right"]),
            (.dilation, ["dilations", "dilation_rate"]),
            (.dilationHeight, ["dilation_h"]), (.dilationWidth, ["dilation_w"]),
            (.groups, ["group", "num_groups", "n_groups", "g"]),
            (.batch, ["n", "batch_size", "batches", "images", "bs"]),
            (.outputHeight, ["oh", "h_o", "out_height", "output_height", "ofmap_height", "e", "p_out"]),
            (.outputWidth, ["ow", "w_o", "out_width", "output_width", "ofmap_width", "f"]),
            (.denseMultiplies, ["macs", "mults", "multiplies", "dense_multiplies", "dense_macs"]),
            (.weights, ["params", "parameters", "num_weights"]),
            (.note, ["notes", "comment", "comments", "remark", "remarks", "description"]),
        ]
    }

    /// The columns of a table, by their positions.
    struct Header {
        let indices: [Column: Int]
        let count: Int

        /// Reads the first line.
        ///
        /// - Throws: `InputError` at a name that is unknown or is there twice, and for a column that is missing.
        init(_ record: CSVRecord) throws {
            var indices: [Column: Int] = [:]
            var unknown: [(name: String, index: Int)] = []
            for (index, field) in record.fields.enumerated() where !field.text.isEmpty {
                guard let column = Column(written: field.text) else {
                    unknown.append((field.text, index))
                    continue
                }
                guard indices.updateValue(index, forKey: column) == nil else {
                    throw record.error("the column \(quoted(field.text)) is there twice", at: index)
                }
            }
            try Self.checkSeparators(record)
            guard unknown.isEmpty else {
                let lacking = Column.allCases.filter { indices[$0] == nil }
                throw record.error(Self.refusal(of: unknown.map(\.name), lacking: lacking), at: unknown[0].index)
            }
            for (both, height, width) in Column.directions {
                let given = [height, width].compactMap { indices[$0] }
                if let first = given.first, let index = indices[both] {
                    throw record.error(
                        "\(both.rawValue) gives both directions, and \(height.rawValue) or \(width.rawValue) gives one of "
                            + "them again; expected either form", at: max(first, index))
                }
                if let only = given.first, given.count == 1 {
                    let missing = indices[height] == nil ? height : width
                    throw record.error("the column \(missing.rawValue) is missing; this one requires it", at: only)
                }
            }
            for column in Column.required where indices[column] == nil {
                if column == .kernel, indices[.kernelHeight] != nil { continue }
                let names = Column.required.map(\.rawValue).joined(separator: ", ")
                throw record.error("the column \(column.rawValue) is missing; expected \(names)\(Self.optional)", at: 0)
            }
            self.indices = indices
            count = record.fields.count
        }

        private static let optional =
            " (or kernel_height, kernel_width) and optionally stride, pad, dilation (or stride_height, stride_width and "
            + "so on), groups, batch"

        private static func refusal(of names: [String], lacking: [Column]) -> String {
            // Long names first: what `k` means shows when `kernel_size` is known to be there too.
            var lacking = lacking
            var proposals: [String: Column] = [:]
            for name in names.sorted(by: { ($1.count, $0) < ($0.count, $1) }) {
                guard let near = Column.nearest(to: name, lacking: lacking) else { continue }
                proposals[name] = near
                lacking.removeAll { $0 == near }
            }
            let list = names.map { name in
                quoted(name) + (proposals[name].map { " (did you mean \(quoted($0.rawValue))?)" } ?? "")
            }.joined(separator: ", ")
            let columns = Column.allCases.map(\.rawValue).joined(separator: ", ")
            return names.count == 1
                ? "\(list) is no column of a table of shapes; the columns are \(columns)"
                : "\(list) are no columns of a table of shapes; the columns are \(columns)"
        }

        private static func checkSeparators(_ record: CSVRecord) throws {
            guard record.fields.count == 1 else { return }
            for (separator, name) in [(";", "\";\""), ("\t", "tabs")] where record.line.contains(separator) {
                throw record.error("the columns are separated by \(name), expected commas", at: 0)
            }
        }
    }
}
