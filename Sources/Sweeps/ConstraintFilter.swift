import Hardware

/// Finds out whether points hold a sweep's constraints. What a key is worth is read once for each choice of the axes that it
/// depends on.
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
            }
            keys[name] = Key(name: name, axes: axes)
        }
    }

    /// Whether a choice of values holds all constraints.
    ///
    /// - Throws: `InputError` where values in a constraint do not go together.
    mutating func holds(_ indices: [Int]) throws -> Bool { try holds(indices, sweep.constraints) }

    private mutating func holds(_ indices: [Int], _ constraints: [Constraint]) throws -> Bool {
        if constraints.isEmpty { return true }
        var values: [String: ExpressionValue] = [:]
        // A key that other points have, such as one of another kind of memory, has no value here.
        for name in Set(constraints.flatMap(\.expression.keys).map(\.name)) {
            values[name] = try value(name, indices) ?? (name.contains(".") ? .absent : nil)
        }
        return try constraints.allSatisfy { try $0.holds { values[$0] } }
    }

    /// By group of axes that move in step, the indices of the values that hold the constraints on that group alone.
    ///
    /// Where this cannot be told for a value it stays in: its points tell.
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
