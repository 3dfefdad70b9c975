import Files
import YAML

/// One key of a part of the configuration: how its value is read, and how it is written so that it is read back.
struct Field<Section> {
    let name: String
    let read: (Node, inout Section) throws -> Void
    let write: (Section) -> String
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
    }

    /// A width, in bits.
    static func bits(_ name: String, _ path: WritableKeyPath<Section, Int>, in range: ClosedRange<Int>) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try $0.wholeQuantity(.width, in: range)
        } write: {
            QuantityKind.width.format(Double($0[keyPath: path]))
        }
    }

    /// An amount of data.
    static func bytes(_ name: String, _ path: WritableKeyPath<Section, Bytes>, in range: ClosedRange<Int>) -> Field {
        Field(name: name) {
            $1[keyPath: path] = Bytes(try $0.wholeQuantity(.capacity, in: range))
        } write: {
            QuantityKind.capacity.format(Double($0[keyPath: path].count))
        }
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
    }

    /// A quantity in its base unit with the place at which it was set, or `table` for what the energy table says.
    static func quantityOrTable(
        _ name: String, _ path: WritableKeyPath<Section, Double?>, _ kind: QuantityKind, in range: ClosedRange<Double>,
        place: WritableKeyPath<Section, SettingPlace>
    ) -> Field {
        Field(name: name) { node, section in
            if let text = node.text, text != "table", text.first?.isLetter == true {
                let near = nearestName(to: text, among: ["table"]).map { ": did you mean \($0)?" } ?? ""
                throw node.error(
                    "found \(node.found), expected \(kind.expectation), or table for that of the energy table\(near)")
            }
            section[keyPath: path] = node.text == "table" ? nil : try node.quantity(kind, in: range)
            section[keyPath: place] = SettingPlace(node.mark)
        } write: {
            $0[keyPath: path].map(kind.format) ?? "table"
        }
    }

    /// `true` or `false`.
    static func flag(_ name: String, _ path: WritableKeyPath<Section, Bool>) -> Field {
        Field(name: name) {
            $1[keyPath: path] = try $0.boolean()
        } write: {
            "\($0[keyPath: path])"
        }
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
    }

    /// A mapping with keys of its own.
    static func section<Inner: ConfigurationSection>(_ name: String, _ path: WritableKeyPath<Section, Inner>) -> Field {
        Field(name: name) {
            try $1[keyPath: path].read($0, what: name)
        } write: {
            $0[keyPath: path].lines().map { "\n  " + $0 }.joined()
        }
    }
}
