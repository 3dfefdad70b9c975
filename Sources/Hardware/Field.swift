import Files
import YAML

/// One key of a part of the configuration: how its value is read, and how it is written so that it is read back.
struct Field<Section> {
    let name: String
    let read: (Node, inout Section) throws -> Void
    let write: (Section) -> String
    /// What its value is, in words: its type, unit and range.
    var type = "text"
    var unit = ""
    var range: () -> String = { "" }
    /// What it governs, in one line, and the page of the documentation on which it is modelled.
    var governs = ""
    var page = ""
    /// Where its value is a mapping, the entries of that one's keys.
    var keys: () -> [KeyEntry] = { [] }
}

extension Field {
    /// The field with what people read of it.
    ///
    /// - Parameter unit: of a plain number, such as cycles.
    func about(_ governs: String, unit: String? = nil, page: String) -> Field {
        var field = self
        field.governs = governs
        field.page = page
        field.unit = unit ?? self.unit
        return field
    }

    /// The field with what its values are.
    func typed(_ type: String, unit: String = "", range: @autoclosure @escaping () -> String = "") -> Field {
        var field = self
        (field.type, field.unit, field.range) = (type, unit, range)
        return field
    }

    /// The entry of the key and, behind a mapping's, those of its keys.
    var entries: [KeyEntry] {
        [KeyEntry(key: name, type: type, unit: unit, range: range(), governs: governs, page: page)]
            + keys().map { $0.inside(name) }
    }
}

/// A part of the configuration whose keys are fields, all of them optional.
protocol ConfigurationSection {
    /// Its keys, in the order in which they are written.
    static var fields: [Field<Self>] { get }
}

extension ConfigurationSection {
    /// Takes the values that a mapping gives; the others stay. Messages call the mapping `what`;
    /// `handled` are keys that somebody else has read.
    mutating func read(_ node: Node, what: String, handled: String...) throws {
        let decoder = try MappingDecoder(node, what: what)
        for field in Self.fields {
            if let value = decoder.optional(field.name) { try field.read(value, &self) }
        }
        for key in handled { decoder.allow(key) }
        try decoder.finish()
    }

    /// All keys with their values, one a line.
    func lines() -> [String] {
        Self.fields.map { field in
            let value = field.write(self)
            return value.hasPrefix("\n") ? "\(field.name):\(value)" : "\(field.name): \(value)"
        }
    }
}

extension Field {
    /// A whole number within bounds.
    static func integer(_ name: String, _ path: WritableKeyPath<Section, Int>, in range: ClosedRange<Int>) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try $0.integer(in: range)
        } write: {
            "\($0[keyPath: path])"
        }
        .typed("whole number", range: "\(range.lowerBound) to \(range.upperBound)")
    }

    /// A list of whole numbers within bounds, kept in rising order, or `auto` for one that follows from other keys.
    static func integersOrAuto(
        _ name: String, _ path: WritableKeyPath<Section, [Int]>, in range: ClosedRange<Int>
    ) -> Field {
        Field(name: name) { node, section in
            try refuseWords(node, but: "auto", expected: "a list such as [2, 4], or auto")
            if node.text == "auto" {
                section[keyPath: path] = []
                return
            }
            let values = try node.elements().map { try $0.integer(in: range) }
            guard !values.isEmpty else {
                throw node.error("found an empty list, expected at least one number, or auto")
            }
            guard Set(values).count == values.count else { throw node.error("found a number twice in \(node.flow)") }
            section[keyPath: path] = values.sorted()
        } write: {
            let values = $0[keyPath: path]
            return values.isEmpty ? "auto" : "[\(values.map(String.init).joined(separator: ", "))]"
        }
        .typed("list of whole numbers, or auto", range: "\(range.lowerBound) to \(range.upperBound)")
    }

    /// A whole number within bounds, or `auto`, which is nil.
    static func integerOrAuto(
        _ name: String, _ path: WritableKeyPath<Section, Int?>, in range: ClosedRange<Int>
    ) -> Field {
        Field(name: name) { node, section in
            try refuseWords(node, but: "auto", expected: "a whole number, or auto")
            do {
                section[keyPath: path] = node.text == "auto" ? nil : try node.integer(in: range)
            } catch let error as InputError {
                throw InputError("\(error.message), or auto", at: error.mark)
            }
        } write: {
            $0[keyPath: path].map(String.init) ?? "auto"
        }
        .typed("whole number, or auto", range: "\(range.lowerBound) to \(range.upperBound)")
    }

    /// A width, in bits.
    static func bits(_ name: String, _ path: WritableKeyPath<Section, Int>, in range: ClosedRange<Int>) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try $0.wholeQuantity(.width, in: range)
        } write: {
            QuantityKind.width.format(Double($0[keyPath: path]))
        }
        .typed("width", unit: "bit", range: range.words(.width))
    }

    /// An amount of data.
    static func bytes(_ name: String, _ path: WritableKeyPath<Section, Bytes>, in range: ClosedRange<Int>) -> Field {
        Field(name: name) {
            $1[keyPath: path] = Bytes(try $0.wholeQuantity(.capacity, in: range))
        } write: {
            QuantityKind.capacity.format(Double($0[keyPath: path].count))
        }
        .typed("size", unit: QuantityKind.capacity.unitNames.joined(separator: ", "), range: range.words(.capacity))
    }

    /// Refuses a word in the place of a quantity, but the one that is allowed there.
    private static func refuseWords(_ node: Node, but word: String, expected: String) throws {
        guard let text = node.text, text != word, text.first?.isLetter == true else { return }
        let near = nearestName(to: text, among: [word]).map { ": did you mean \($0)?" } ?? ""
        throw node.error("found \(node.found), expected \(expected)\(near)")
    }

    /// An amount of data, or a word: `auto` for one that follows from other keys, `none`.
    static func bytes(
        _ name: String, or word: String, _ path: WritableKeyPath<Section, Bytes?>, in range: ClosedRange<Int>
    ) -> Field {
        Field(name: name) { node, section in
            try refuseWords(node, but: word, expected: "\(QuantityKind.capacity.expectation), or \(word)")
            section[keyPath: path] =
                node.text == word ? nil : Bytes(try node.wholeQuantity(.capacity, in: range))
        } write: {
            $0[keyPath: path].map { QuantityKind.capacity.format(Double($0.count)) } ?? word
        }
        .typed(
            "size, or \(word)", unit: QuantityKind.capacity.unitNames.joined(separator: ", "),
            range: range.words(.capacity))
    }

    /// A frequency.
    static func frequency(
        _ name: String, _ path: WritableKeyPath<Section, Hertz>, in range: ClosedRange<Double>
    ) -> Field {
        Field(name: name) {
            $1[keyPath: path] = Hertz(try $0.quantity(.frequency, in: range))
        } write: {
            QuantityKind.frequency.format($0[keyPath: path].value)
        }
        .typed(
            "frequency", unit: QuantityKind.frequency.unitNames.joined(separator: ", "), range: range.words(.frequency))
    }

    /// A length in nanometres, with the place at which it was set.
    static func length(
        _ name: String, _ path: WritableKeyPath<Section, Double>, in range: ClosedRange<Double>,
        place: WritableKeyPath<Section, SettingPlace>
    ) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try $0.quantity(.length, in: range)
            $1[keyPath: place] = SettingPlace($0.mark)
        } write: {
            QuantityKind.length.format($0[keyPath: path])
        }
        .typed("length", unit: "nm", range: range.words(.length))
    }

    /// A quantity in its base unit with the place at which it was set, or `table` for what the energy table says.
    static func quantityOrTable(
        _ name: String, _ path: WritableKeyPath<Section, Double?>, _ kind: QuantityKind, in range: ClosedRange<Double>,
        place: WritableKeyPath<Section, SettingPlace>
    ) -> Field {
        Field(name: name) { node, section in
            try refuseWords(node, but: "table", expected: "\(kind.expectation), or table for that of the energy table")
            section[keyPath: path] = node.text == "table" ? nil : try node.quantity(kind, in: range)
            section[keyPath: place] = SettingPlace(node.mark)
        } write: {
            $0[keyPath: path].map(kind.format) ?? "table"
        }
        .typed(
            "\(kind.rawValue), or table", unit: kind.unitNames.joined(separator: ", "), range: range.words(kind))
    }

    /// `true` or `false`.
    static func flag(_ name: String, _ path: WritableKeyPath<Section, Bool>) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try $0.boolean()
        } write: {
            "\($0[keyPath: path])"
        }
        .typed("true or false")
    }

    /// One of an enumeration's names.
    static func choice<E: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ path: WritableKeyPath<Section, E>
    ) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try $0.choice(E.self, what: name)
        } write: {
            $0[keyPath: path].rawValue
        }
        .typed("one of", range: E.allCases.map(\.rawValue).joined(separator: ", "))
    }

    /// How values are stored.
    ///
    /// - Parameter vectors: whether encodings that code the values of a vector together are among the choices.
    static func encoding(_ name: String, _ path: WritableKeyPath<Section, Encoding>, vectors: Bool) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try Encoding($0, name: name, vectors: vectors)
        } write: {
            $0[keyPath: path].yaml
        }
        .typed("one of", range: Encoding.choices(vectors: vectors).joined(separator: ", "))
    }

    /// How activations lie in DRAM.
    static func storage(_ name: String, _ path: WritableKeyPath<Section, ActivationStorage>) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try ActivationStorage($0, name: name)
        } write: {
            $0[keyPath: path].yaml
        }
        .typed("one of", range: ActivationStorage.choices.joined(separator: ", "))
    }

    /// A text of at least one character.
    static func text(_ name: String, _ path: WritableKeyPath<Section, String>) -> Field {
        Field(name: name) { node, section in
            let text = try node.string()
            guard !text.isEmpty else { throw node.error("found an empty text, expected a \(name)") }
            guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
                throw node.error("found control characters in \(quoted(text)), expected a \(name) of one line")
            }
            if let fault = NameCheck.fault(in: text, what: "a \(name)") { throw node.error(fault) }
            section[keyPath: path] = text
        } write: {
            yamlScalar($0[keyPath: path])
        }
    }

    /// The name of something that ships, or a file's path: what has a slash in it, or ends in `.yaml`. With its place.
    static func nameOrPath(
        _ name: String, _ path: WritableKeyPath<Section, String>, place: WritableKeyPath<Section, SettingPlace>
    ) -> Field {
        let text = text(name, path)
        return Field(name: name) { node, section in
            try text.read(node, &section)
            section[keyPath: place] = SettingPlace(node.mark)
            let given = section[keyPath: path]
            if given.contains("/") || given.hasSuffix(".yaml") { section[keyPath: path] = try node.path() }
        } write: {
            text.write($0)
        }
        .typed("name or path")
    }

    /// A mapping with keys of its own.
    static func section<Inner: ConfigurationSection>(_ name: String, _ path: WritableKeyPath<Section, Inner>) -> Field {
        var field = Field(name: name) {
            try $1[keyPath: path].read($0, what: name)
        } write: {
            $0[keyPath: path].lines().map { "\n  " + $0 }.joined()
        }
        .typed(KeyEntry.mapping)
        field.keys = { Inner.fields.flatMap(\.entries) }
        return field
    }
}

extension ClosedRange<Int> {
    /// The range in a kind's units: `1 B to 1024 GiB`.
    fileprivate func words(_ kind: QuantityKind) -> String { (Double(lowerBound)...Double(upperBound)).words(kind) }
}

extension ClosedRange<Double> {
    fileprivate func words(_ kind: QuantityKind) -> String {
        "\(kind.format(lowerBound)) to \(kind.format(upperBound))"
    }
}
