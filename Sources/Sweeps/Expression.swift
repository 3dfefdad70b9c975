import Files
import YAML

/// The values of constraints: numbers with the kind of their unit, truth values, words.
enum ExpressionValue: Hashable, Sendable {
    /// A number in its kind's base unit; nil for a bare number.
    case number(Double, QuantityKind?)
    case truth(Bool)
    case word(String)
    /// The value of a key that a point does not have; it is not equal to, less than or greater than any value.
    case absent

    /// A description for messages: `a capacity`, `a bare number`.
    var what: String {
        switch self {
        case .number(_, nil): "a bare number"
        case .number(_, .energy?), .number(_, .area?): "an \(kindName)"
        case .number: "a \(kindName)"
        case .truth: "true or false"
        case .word(let text): "the word \(quoted(text))"
        case .absent: "nothing"
        }
    }

    private var kindName: String {
        if case .number(_, let kind?) = self { kind.rawValue } else { "" }
    }
}

/// An error in a constraint, at a character of it.
struct ExpressionError: Error, Hashable {
    let message: String
    let offset: Int
}

/// A constraint: arithmetic, comparisons, and, or, not over the keys of a configuration, with units.
indirect enum Expression: Hashable, Sendable {
    /// The operators of two values.
    enum Operator: String, Hashable, Sendable {
        case or, and
        case equal = "=="
        case different = "!="
        case less = "<"
        case atMost = "<="
        case greater = ">"
        case atLeast = ">="
        case plus = "+"
        case minus = "-"
        case times = "*"
        case over = "/"
        case modulo = "%"
    }

    case value(ExpressionValue)
    case key(String, offset: Int)
    case not(Expression, offset: Int)
    case negative(Expression, offset: Int)
    case binary(Operator, Expression, Expression, offset: Int)

    /// The value, with keys from `lookup`, which returns nil for a key that does not exist.
    ///
    /// - Throws: `ExpressionError` for incompatible values.
    func evaluate(_ lookup: (String) -> ExpressionValue?) throws -> ExpressionValue {
        switch self {
        case .value(let value): return value
        case .key(let name, let offset):
            if let value = lookup(name) { return value }
            // A word is its own value, so that `mapping.step == channels` needs no quotes.
            guard !name.contains(".") else {
                throw ExpressionError(message: "there is no key \(quoted(name))", offset: offset)
            }
            return .word(name)
        case .not(let inner, let offset): return .truth(!(try Self.truth(inner.evaluate(lookup), "not", offset)))
        case .negative(let inner, let offset):
            let value = try inner.evaluate(lookup)
            if value == .absent { return .absent }
            guard case .number(let value, let kind) = value else {
                throw ExpressionError(
                    message: "found \(value.what) after a minus sign, expected a number", offset: offset)
            }
            return .number(-value, kind)
        case .binary(let sign, let left, let right, let offset):
            let a = try left.evaluate(lookup)
            switch sign {
            case .or:
                return .truth(try Self.truth(a, "or", offset) || Self.truth(right.evaluate(lookup), "or", offset))
            case .and:
                return .truth(try Self.truth(a, "and", offset) && Self.truth(right.evaluate(lookup), "and", offset))
            default: return try Self.combine(sign, a, right.evaluate(lookup), offset)
            }
        }
    }

    private static func truth(_ value: ExpressionValue, _ sign: String, _ offset: Int) throws -> Bool {
        if case .truth(let truth) = value { return truth }
        throw ExpressionError(message: "found \(value.what) at \(sign), expected true or false", offset: offset)
    }

    private static func combine(
        _ sign: Operator, _ a: ExpressionValue, _ b: ExpressionValue, _ offset: Int
    ) throws -> ExpressionValue {
        switch (a, b) {
        case (.absent, _), (_, .absent):
            switch sign {
            case .equal, .less, .atMost, .greater, .atLeast: return .truth(false)
            case .different: return .truth(true)
            default: return .absent
            }
        case (.number(let x, let s), .number(let y, let t)): return try numbers(sign, (x, s), (y, t), offset)
        case (.word(let x), .word(let y)) where sign == .equal: return .truth(x == y)
        case (.word(let x), .word(let y)) where sign == .different: return .truth(x != y)
        case (.truth(let x), .truth(let y)) where sign == .equal: return .truth(x == y)
        case (.truth(let x), .truth(let y)) where sign == .different: return .truth(x != y)
        default:
            throw ExpressionError(
                message: "\(a.what) and \(b.what) are incompatible at \(sign.rawValue)", offset: offset)
        }
    }

    private static func numbers(
        _ sign: Operator, _ a: (value: Double, kind: QuantityKind?), _ b: (value: Double, kind: QuantityKind?),
        _ offset: Int
    ) throws -> ExpressionValue {
        func unlike() -> ExpressionError {
            let (left, right) = (ExpressionValue.number(0, a.kind).what, ExpressionValue.number(0, b.kind).what)
            let bare = a.kind == nil || b.kind == nil
            return ExpressionError(
                message:
                    "\(left) and \(right) are incompatible at \(sign.rawValue)\(bare ? "; a unit is missing" : "")",
                offset: offset)
        }
        switch sign {
        case .times:
            guard a.kind == nil || b.kind == nil else { throw unlike() }
            return .number(a.value * b.value, a.kind ?? b.kind)
        case .over, .modulo:
            guard b.kind == nil || a.kind == b.kind else { throw unlike() }
            guard b.value != 0 else {
                throw ExpressionError(message: "division by zero at \(sign.rawValue)", offset: offset)
            }
            if sign == .modulo {
                guard a.kind == b.kind else { throw unlike() }
                return .number(a.value.truncatingRemainder(dividingBy: b.value), a.kind)
            }
            return .number(a.value / b.value, a.kind == b.kind ? nil : a.kind)
        default: break
        }
        guard a.kind == b.kind else { throw unlike() }
        switch sign {
        case .plus: return .number(a.value + b.value, a.kind)
        case .minus: return .number(a.value - b.value, a.kind)
        case .equal: return .truth(a.value == b.value)
        case .different: return .truth(a.value != b.value)
        case .less: return .truth(a.value < b.value)
        case .atMost: return .truth(a.value <= b.value)
        case .greater: return .truth(a.value > b.value)
        case .atLeast: return .truth(a.value >= b.value)
        case .or, .and, .times, .over, .modulo: preconditionFailure("handled above")
        }
    }

    /// All its comparisons for equality.
    var equalities: [(left: Expression, right: Expression)] {
        switch self {
        case .value, .key: []
        case .not(let inner, _), .negative(let inner, _): inner.equalities
        case .binary(let sign, let a, let b, _):
            (sign == .equal || sign == .different ? [(a, b)] : []) + a.equalities + b.equalities
        }
    }

    /// The keys that it names, with their offsets.
    var keys: [(name: String, offset: Int)] {
        switch self {
        case .value: []
        case .key(let name, let offset): [(name, offset)]
        case .not(let inner, _), .negative(let inner, _): inner.keys
        case .binary(_, let a, let b, _): a.keys + b.keys
        }
    }
}
