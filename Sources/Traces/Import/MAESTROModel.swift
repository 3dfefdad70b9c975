import Files

extension WorkloadFormat {
    /// Models of MAESTRO: `Network name { Layer name { Type: CONV Stride { X: 2, Y: 2 } Dimensions { K: 64, ... } } }`.
    ///
    /// Tokens and their meaning are those of `DFSL_parser.hpp` and `DFSL_syntax_tokens.hpp` in maestro-project/maestro.
    /// Commas, colons and semicolons are space. `K`, `C` are output and input channels, `R`, `S` the kernel's rows and
    /// columns, `Y`, `X` those of the input (`Y'`, `X'`: of the output), `N` images, `G` groups of `NGCONV`; a `GEMM`
    /// is [M, K] x [K, N], a `BMM` `B` of them. Outputs are the windows that fit: (Y - R) / stride + 1, rounded down.
    static let maestro = WorkloadFormat(
        name: "maestro",
        recognizes: { file in
            let tokens = MAESTROModel.tokens(file).prefix { $0.text != "{" }
            return tokens.contains { $0.text == "Network" } || tokens.first?.text == "Constant"
        },
        read: { file in
            var model = MAESTROModel(file)
            return try model.network()
        })
}

/// A MAESTRO model on its way to layers.
private struct MAESTROModel {
    struct Token {
        var text: String
        var line: Int
        var column: Int
    }

    /// A number, and the token that gives it.
    private typealias Size = (value: Int, token: Token)

    private let file: WorkloadFile
    private let tokens: [Token]
    private var position = 0
    private var constants: [String: Int] = [:]
    private var result = ImportedNetwork()

    init(_ file: WorkloadFile) {
        self.file = file
        tokens = Self.tokens(file)
    }

    /// The words of a file and its braces, without comments.
    static func tokens(_ file: WorkloadFile) -> [Token] {
        var tokens: [Token] = []
        let lines = file.text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (number, line) in lines.enumerated() {
            let scalars = Array(line.unicodeScalars)
            var word: Token?
            for (index, scalar) in scalars.enumerated() {
                if scalar == "/", index + 1 < scalars.count, scalars[index + 1] == "/" { break }
                if scalar.properties.isWhitespace || ",:;".unicodeScalars.contains(scalar) {
                    if let ended = word { tokens.append(ended) }
                    word = nil
                } else if "{}".unicodeScalars.contains(scalar) {
                    if let ended = word { tokens.append(ended) }
                    word = nil
                    tokens.append(Token(text: String(scalar), line: number + 1, column: index + 1))
                } else {
                    if word == nil { word = Token(text: "", line: number + 1, column: index + 1) }
                    word?.text.unicodeScalars.append(scalar)
                }
            }
            if let ended = word { tokens.append(ended) }
        }
        return tokens
    }

    // MARK: Grammar

    /// Reads the layers.
    ///
    /// - Throws: `InputError` at the word that does not fit.
    mutating func network() throws -> ImportedNetwork {
        while let token = next() {
            switch token.text {
            case "Constant":
                let name = try word("a constant's name")
                constants[name.text] = try integer("the constant \(quoted(name.text))").value
            case "Network": try readNetwork()
            case "Accelerator":
                try skipBlock()
                result.note("the accelerator is no part of a workload and is not read")
            default:
                throw error("found \(quoted(token.text)), expected Network, Constant or Accelerator", at: token)
            }
        }
        return result
    }

    private mutating func readNetwork() throws {
        // MAESTRO takes the last word before the brace as the name.
        while let token = next(), token.text != "{" { result.name = token.text }
        while let token = next() {
            if token.text == "}" { return }
            guard token.text == "Layer" else {
                throw error("found \(quoted(token.text)), expected Layer or } at the network's end", at: token)
            }
            try readLayer(token)
        }
        throw end("the network is not closed, expected }")
    }

    private mutating func readLayer(_ start: Token) throws {
        var name = start
        while let token = next(), token.text != "{" { name = token }
        var kind: Token?
        var strides: [String: Size] = [:]
        var sizes: [String: Size] = [:]
        while let token = next() {
            switch token.text {
            case "}": return try add(name, kind, sizes, strides)
            case "Type": kind = try word("a layer's type")
            case "Stride": strides = try block("Stride", ["X", "Y"])
            case "Dimensions":
                sizes = try block("Dimensions", ["N", "G", "K", "C", "R", "S", "Y", "X", "Y'", "X'", "M", "B"])
            case "Dataflow":
                try skipBlock()
                result.note("dataflows are no part of a workload and are not read")
            default:
                let known = ["Type", "Stride", "Dimensions", "Dataflow"]
                throw error(
                    "found \(quoted(token.text)) in a layer"
                        + didYouMean(nearestName(to: token.text, among: known), otherwise: ",")
                        + " expected \(known.formattedChoice)", at: token)
            }
        }
        throw end("the layer \(quoted(name.text)) is not closed, expected }")
    }

    /// `{ X: 2, Y: 2 }`.
    private mutating func block(_ what: String, _ keys: [String]) throws -> [String: Size] {
        guard let brace = next(), brace.text == "{" else { throw end("\(what) has no block, expected {") }
        var sizes: [String: Size] = [:]
        while let key = next() {
            if key.text == "}" { return sizes }
            guard keys.contains(key.text) else {
                throw error("found \(quoted(key.text)) in \(what), expected \(keys.formattedChoice)", at: key)
            }
            guard sizes.updateValue(try integer(key.text), forKey: key.text) == nil else {
                throw error("\(key.text) is there twice in \(what)", at: key)
            }
        }
        throw end("\(what) is not closed, expected }")
    }

    private mutating func skipBlock() throws {
        guard let brace = next(), brace.text == "{" else { throw end("a block is missing, expected {") }
        var depth = 1
        while depth > 0 {
            guard let token = next() else { throw end("a block is not closed, expected }") }
            depth += token.text == "{" ? 1 : token.text == "}" ? -1 : 0
        }
    }

    private mutating func next() -> Token? {
        guard position < tokens.count else { return nil }
        position += 1
        return tokens[position - 1]
    }

    private mutating func word(_ what: String) throws -> Token {
        guard let token = next(), token.text != "{", token.text != "}" else { throw end("expected \(what)") }
        return token
    }

    private mutating func integer(_ what: String) throws -> Size {
        let token = try word("a number")
        guard let value = constants[token.text] ?? Int(token.text), value >= 1, value <= 1 << 20 else {
            throw error(
                "found \(quoted(token.text)) as \(what), expected a whole number from 1 to 2^20, or a Constant",
                at: token)
        }
        return (value, token)
    }

    private func error(_ message: String, at token: Token) -> InputError {
        let lines = file.text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        return InputError(
            message, at: Mark(file: file.path, line: token.line, column: token.column),
            excerpt: String(lines[token.line - 1]))
    }

    /// An error at the word that was read last.
    private func end(_ message: String) -> InputError {
        position > 0 ? error(message, at: tokens[position - 1]) : file.error(message)
    }

    // MARK: Layers

    private mutating func add(
        _ name: Token, _ kind: Token?, _ sizes: [String: Size], _ strides: [String: Size]
    ) throws {
        guard let kind else { throw error("the layer \(quoted(name.text)) has no Type", at: name) }
        let needed: [String]
        let allowed: [String]
        switch kind.text {
        case "CONV", "DSCONV", "TRCONV", "NGCONV":
            needed = ["K", "C", "R", "S"] + (kind.text == "NGCONV" ? ["G"] : [])
            allowed = needed + ["N", "Y", "X"] + (kind.text == "TRCONV" ? [] : ["Y'", "X'"])
        case "GEMM": (needed, allowed) = (["M", "N", "K"], ["M", "N", "K"])
        case "BMM": (needed, allowed) = (["B", "M", "N", "K"], ["B", "M", "N", "K"])
        default:
            throw error(
                "found the type \(quoted(kind.text)), expected CONV, DSCONV, NGCONV, TRCONV, GEMM or BMM: MAESTRO has "
                    + "no sizes of others", at: kind)
        }
        if let missing = needed.first(where: { sizes[$0] == nil }) {
            throw error("the layer \(quoted(name.text)) has no \(missing) in Dimensions", at: name)
        }
        if let other = sizes.sorted(by: { $0.key < $1.key }).first(where: { !allowed.contains($0.key) }) {
            throw error(
                "a \(kind.text) has no \(other.key), expected \(allowed.formattedChoice)", at: other.value.token)
        }
        func size(_ key: String) -> Int { sizes[key]?.value ?? 1 }
        let row: LayerTable.Row
        let isMatrix = kind.text == "GEMM" || kind.text == "BMM"
        if isMatrix {
            if let stride = strides.values.first { throw error("a \(kind.text) has no Stride", at: stride.token) }
            row = LayerTable.Row(
                name: name.text, rows: size("M"), channels: size("K"), filters: size("N"), products: size("B"),
                isMatmul: kind.text == "BMM")
        } else {
            row = try convolution(name, kind, sizes, strides)
        }
        let reader = self
        let added = try result.add(row, isMatrix: isMatrix) { message, keys in
            let key = keys == ["kernel", "height"] ? "R" : keys == ["kernel", "width"] ? "S" : ""
            return reader.error(message, at: sizes[key]?.token ?? name)
        }
        if !isMatrix {
            result.note("maestro files have no padding: Y and X are taken as the map with its padding")
        }
        note(kind.text, added)
    }

    private mutating func note(_ kind: String, _ layer: String) {
        switch kind {
        case "TRCONV":
            result.note(
                "TRCONV layers become transposed convolutions of their Stride, or of 2, which MAESTRO's parser sets; "
                    + "MAESTRO itself counts them as convolutions of the map as it is", layer: layer)
        case "NGCONV":
            result.note(
                "K and C of an NGCONV are taken as those of one group, as MAESTRO's tensors have them; a file that "
                    + "means all channels with C gets too many multiplications", layer: layer)
        case "DSCONV": result.note("DSCONV layers have a group a channel, and K filters in each", layer: layer)
        default: break
        }
    }

    private func convolution(
        _ name: Token, _ kind: Token, _ sizes: [String: Size], _ strides: [String: Size]
    ) throws -> LayerTable.Row {
        func size(_ key: String) -> Int { sizes[key]?.value ?? 1 }
        let groups = kind.text == "DSCONV" ? size("C") : size("G")
        let channels = kind.text == "DSCONV" ? 1 : size("C")
        var shape = LayerShape(channels: groups * channels, filters: groups * size("K"))
        (shape.groups, shape.batch) = (groups, size("N"))
        (shape.kernelHeight, shape.kernelWidth) = (size("R"), size("S"))
        let isTransposed = kind.text == "TRCONV"
        let standard = isTransposed ? 2 : 1
        let (vertical, horizontal) = (strides["Y"]?.value ?? standard, strides["X"]?.value ?? standard)
        func map(_ input: String, _ output: String, _ kernel: Int, _ stride: Int) throws -> Int {
            if let given = sizes[output], sizes[input] != nil {
                throw error("\(input) and \(output) are both there, expected one of them", at: given.token)
            }
            if let given = sizes[input] { return given.value }
            guard let given = sizes[output] else {
                throw error("the layer \(quoted(name.text)) has no \(input) in Dimensions", at: name)
            }
            return (given.value - 1) * stride + kernel
        }
        shape.height = try map("Y", "Y'", shape.kernelHeight, vertical)
        shape.width = try map("X", "X'", shape.kernelWidth, horizontal)
        guard isTransposed else {
            (shape.strideHeight, shape.strideWidth) = (vertical, horizontal)
            return LayerTable.Row(name: name.text, unnamedOperationOf: shape.withoutIdleSteps)
        }
        (shape.insertionHeight, shape.insertionWidth) = (vertical, horizontal)
        (shape.height, shape.width) = ((shape.height - 1) * vertical + 1, (shape.width - 1) * horizontal + 1)
        (shape.paddingHeight, shape.paddingWidth) = (shape.kernelHeight - 1, shape.kernelWidth - 1)
        return LayerTable.Row(name: name.text, operation: .transposedConvolution, shape: shape)
    }
}
