import Files
import Hardware
import YAML

/// A condition on points: an expression over keys whose value is true or false.
struct Constraint: Sendable {
    /// As written.
    let text: String
    let node: Node
    let expression: Expression

    /// - Throws: `InputError` at the character of a syntax error.
    init(_ node: Node) throws {
        text = try node.string()
        self.node = node
        do {
            expression = try ExpressionParser.parse(text)
        } catch let error as ExpressionError {
            throw node.error("in the constraint: \(error.message)", atCharacter: error.offset)
        }
    }

    /// Whether the values of keys satisfy it.
    ///
    /// - Throws: `InputError` at the operator whose values are incompatible.
    func holds(_ lookup: (String) -> ExpressionValue?) throws -> Bool {
        do {
            let value = try expression.evaluate(lookup)
            guard case .truth(let holds) = value else {
                throw node.error("the value of the constraint is \(value.what), expected true or false")
            }
            return holds
        } catch let error as ExpressionError {
            throw node.error("in the constraint: \(error.message)", atCharacter: error.offset)
        }
    }

    /// Checks that its names are keys, or words that are valid values of a key.
    ///
    /// - Parameters:
    ///   - keys: all keys.
    ///   - checkValue: throws if a value is invalid for a key.
    /// - Throws: `InputError` at the first invalid name, with the nearest key.
    func check(keys: [String], checkValue: (_ key: String, _ value: String) throws -> Void) throws {
        func failed(_ name: String, _ offset: Int) -> InputError {
            let near = didYouMean(nearestName(to: name, among: keys))
            return node.error("the constraint names \(quoted(name)), which is not a key\(near)", atCharacter: offset)
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

/// Checks points against a sweep's constraints. The value of a key is read once for each choice of the axes on which it
/// depends.
struct ConstraintFilter {
    private struct Key {
        let name: String
        /// Indices of the axes that change it.
        let axes: [Int]
        var values: [[Int]: ExpressionValue] = [:]
    }

    private let sweep: Sweep
    private let library: ConfigurationLibrary
    private var keys: [String: Key] = [:]

    init(_ sweep: Sweep, library: ConfigurationLibrary) {
        self.sweep = sweep
        self.library = library
        for name in sweep.constraints.flatMap(\.expression.keys).map(\.name) {
            let axes = sweep.axes.indices.filter { index in
                let axis = sweep.axes[index].name
                return axis == name || axis.hasPrefix(name + ".") || name.hasPrefix(axis + ".")
                    || SharedBuffer.replacedKeys.contains(name) && "operand_buffer.capacity".hasPrefix(axis)
            }
            keys[name] = Key(name: name, axes: axes)
        }
    }

    /// Whether a choice of values satisfies all constraints.
    ///
    /// - Throws: `InputError` if values in a constraint are incompatible.
    mutating func holds(_ indices: [Int]) throws -> Bool { try holds(indices, sweep.constraints) }

    private mutating func holds(_ indices: [Int], _ constraints: [Constraint]) throws -> Bool {
        if constraints.isEmpty { return true }
        var values: [String: ExpressionValue] = [:]
        // A key of other points, such as one of another kind of memory, has no value here.
        for name in Set(constraints.flatMap(\.expression.keys).map(\.name)) {
            values[name] = try value(name, indices) ?? (name.contains(".") ? .absent : nil)
        }
        return try constraints.allSatisfy { try $0.holds { values[$0] } }
    }

    /// By group of axes that vary together, the indices of the values that satisfy the constraints on that group alone.
    ///
    /// A value for which this cannot be decided is kept, and decided point by point.
    mutating func values() -> [[Int]] {
        let lone = sweep.constraints.map { constraint -> Int? in
            let axes = Set(constraint.expression.keys.flatMap { keys[$0.name]?.axes ?? [] })
            let groups = sweep.groups.indices.filter { !axes.isDisjoint(with: sweep.groups[$0]) }
            return groups.count == 1 ? groups[0] : nil
        }
        return sweep.groups.indices.map { group in
            let mine = zip(sweep.constraints, lone).filter { $0.1 == group }.map(\.0)
            let count = sweep.axes[sweep.groups[group][0]].values.count
            if mine.isEmpty { return Array(0..<count) }
            return (0..<count).filter { index in
                var indices = [Int](repeating: 0, count: sweep.axes.count)
                for axis in sweep.groups[group] { indices[axis] = index }
                return (try? holds(indices, mine)) ?? true
            }
        }
    }

    private mutating func value(_ name: String, _ indices: [Int]) throws -> ExpressionValue? {
        guard let key = keys[name] else { return nil }
        let choice = key.axes.map { indices[$0] }
        if let known = key.values[choice] { return known }
        let value = try read(key, indices)
        keys[name]?.values[choice] = value
        return value
    }

    private func read(_ key: Key, _ indices: [Int]) throws -> ExpressionValue? {
        if let index = key.axes.first(where: { sweep.axes[$0].name == key.name }) {
            let value = sweep.axes[index].values[indices[index]]
            return sweep.axes[index].target == .trace ? .word(value.text) : ExpressionValue(value.node)
        }
        let changes = try sweep.changes { axis in key.axes.contains { sweep.axes[$0].name == axis.name } }(indices)
        let machine = try Configuration.load(
            base: sweep.base, overrides: sweep.overrides + changes, library: library, checksTogether: false)
        let node = try machine.value(of: key.name) ?? machine.presetValue(of: key.name)
        return node.map(ExpressionValue.init)
    }
}
