import Files
import Hardware
import YAML

/// What points have to hold: an expression over keys that comes to true or false.
struct Constraint: Sendable {
    /// As it was written.
    let text: String
    let node: Node
    let expression: Expression

    /// - Throws: `InputError` at the character that does not fit.
    init(_ node: Node) throws {
        text = try node.string()
        self.node = node
        do {
            expression = try ExpressionParser.parse(text)
        } catch let error as ExpressionError {
            throw node.error("in the constraint: \(error.message)", atCharacter: error.offset)
        }
    }

    /// Whether it holds where keys have these values.
    ///
    /// - Throws: `InputError` at the character at which values do not go together.
    func holds(_ lookup: (String) -> ExpressionValue?) throws -> Bool {
        do {
            let value = try expression.evaluate(lookup)
            guard case .truth(let holds) = value else {
                throw node.error("the constraint comes to \(value.what), expected true or false")
            }
            return holds
        } catch let error as ExpressionError {
            throw node.error("in the constraint: \(error.message)", atCharacter: error.offset)
        }
    }

    /// Checks that its names are keys, or words that a key may have for its value.
    ///
    /// - Parameters:
    ///   - keys: all that there are.
    ///   - checkValue: throws where a key may not have a value.
    /// - Throws: `InputError` at the first that is none, with the nearest one.
    func check(keys: [String], checkValue: (_ key: String, _ value: String) throws -> Void) throws {
        func failed(_ name: String, _ offset: Int) -> InputError {
            let near = nearestName(to: name, among: keys).map { ": did you mean \(quoted($0))?" } ?? ""
            return node.error("the constraint names \(quoted(name)), which is no key\(near)", atCharacter: offset)
        }
        var words: Set<Int> = []
        for (left, right) in expression.equalities {
            for (key, word) in [(left, right), (right, left)] {
                guard case .key(let name, _) = key, keys.contains(name) else { continue }
                switch word {
                case .key(let text, let offset) where !keys.contains(text) && !text.contains("."):
                    words.insert(offset)
                    do {
                        try checkValue(name, text)
                    } catch let error as InputError {
                        throw node.error("in the constraint, \(name): \(error.message)", atCharacter: offset)
                    }
                default: break
                }
            }
        }
        for (name, offset) in expression.keys where !keys.contains(name) && !words.contains(offset) {
            throw failed(name, offset)
        }
        let sections = Set(keys.flatMap { key in key.indices.filter { key[$0] == "." }.map { String(key[..<$0]) } })
        for (name, offset) in expression.keys
        where sections.contains(name) && name != Axis.traceName && !Configuration.isValue(name) {
            throw node.error(
                "the constraint names \(quoted(name)), which is a section: expected a key in it", atCharacter: offset)
        }
    }
}

extension ExpressionValue {
    /// A scalar of a configuration: true or false, a number with or without a unit, or a word.
    init(_ node: Node) {
        if let truth = try? node.boolean() {
            self = .truth(truth)
        } else if let value = try? node.real() {
            self = .number(value, nil)
        } else if let kind = QuantityKind.allCases.first(where: { (try? node.quantity($0)) != nil }),
            let value = try? node.quantity(kind)
        {
            self = .number(value, kind)
        } else {
            self = .word(node.text ?? node.flow)
        }
    }
}
