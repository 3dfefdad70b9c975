import Files
import YAML

/// Parses constraints: `pe_array.rows * pe_array.columns == 256 and weight_buffer.capacity <= 1 MiB`.
///
/// From the lowest precedence: or, and, not, one comparison, + and -, * / %, a minus sign. A number may be followed by a unit; a
/// word is its own value, with or without quotes.
struct ExpressionParser {
    private enum Token: Hashable {
        case number(Double, QuantityKind?)
        case name(String)
        case text(String)
        case sign(String)
        case end
    }

    private static let signs = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")"]
    private static let comparisons = ["==", "!=", "<=", ">=", "<", ">"]

    private static let limit = 1000

    private var tokens: [(token: Token, offset: Int)] = []
    private var position = 0

    /// - Throws: `ExpressionError` at the character of a syntax error.
    static func parse(_ text: String) throws -> Expression {
        var parser = ExpressionParser()
        parser.tokens = try tokens(of: Array(text.unicodeScalars))
        // Nested expressions are parsed recursively, so their depth must be limited.
        guard parser.tokens.count <= limit else {
            throw ExpressionError(
                message: "it is too long, expected at most \(limit) words and signs", offset: 0)
        }
        let expression = try parser.disjunction()
        guard case .end = parser.current.token else {
            throw ExpressionError(
                message: "found \(parser.shown), expected an operator or the end", offset: parser.current.offset)
        }
        return expression
    }

    // MARK: Words

    private static func tokens(of text: [Unicode.Scalar]) throws -> [(token: Token, offset: Int)] {
        var tokens: [(Token, Int)] = []
        var i = 0
        func isWord(_ c: Unicode.Scalar) -> Bool {
            c == "_" || c == "." || ("a"..."z").contains(c) || ("A"..."Z").contains(c) || ("0"..."9").contains(c)
        }
        while i < text.count {
            let start = i
            let c = text[i]
            if c == " " || c == "\t" || c == "\n" {
                i += 1
            } else if ("0"..."9").contains(c) {
                while i < text.count, ("0"..."9").contains(text[i]) || text[i] == "." { i += 1 }
                if i + 1 < text.count, text[i] == "e",
                    ("0"..."9").contains(text[i + 1]) || "+-".unicodeScalars.contains(text[i + 1])
                {
                    i += 2
                    while i < text.count, ("0"..."9").contains(text[i]) { i += 1 }
                }
                let written = String(String.UnicodeScalarView(text[start..<i]))
                guard let value = Double(written) else {
                    throw ExpressionError(message: "found \(quoted(written)), expected a number", offset: start)
                }
                tokens.append(try number(value, text, &i, start, isWord))
            } else if isWord(c), c != "." {
                while i < text.count, isWord(text[i]) { i += 1 }
                tokens.append((.name(String(String.UnicodeScalarView(text[start..<i]))), start))
            } else if c == "'" || c == "\"" {
                i += 1
                while i < text.count, text[i] != c { i += 1 }
                guard i < text.count else {
                    throw ExpressionError(
                        message: "found a text without an end, expected a closing quote", offset: start)
                }
                tokens.append((.text(String(String.UnicodeScalarView(text[start + 1..<i]))), start))
                i += 1
            } else {
                let rest = String(String.UnicodeScalarView(text[i..<min(i + 2, text.count)]))
                guard let sign = signs.first(where: rest.hasPrefix) else {
                    let hint = c == "=" ? ": did you mean ==?" : c == "&" || c == "|" ? ": did you mean and, or?" : ""
                    throw ExpressionError(
                        message: "found \(quoted(String(c))), expected a key, a number or an operator\(hint)",
                        offset: start)
                }
                i += sign.unicodeScalars.count
                tokens.append((.sign(sign), start))
            }
        }
        return tokens + [(.end, text.count)]
    }

    /// A number with its unit, if any, with or without a space.
    private static func number(
        _ value: Double, _ text: [Unicode.Scalar], _ i: inout Int, _ start: Int, _ isWord: (Unicode.Scalar) -> Bool
    ) throws -> (Token, Int) {
        var at = i
        while at < text.count, text[at] == " " { at += 1 }
        var end = at
        while end < text.count, isWord(text[end]) { end += 1 }
        let name = String(String.UnicodeScalarView(text[at..<end]))
        let isUnit = text[at...].first.map { $0.properties.isAlphabetic } ?? false
        if !isUnit || ["and", "or", "not"].contains(name) { return (.number(value, nil), start) }
        for kind in QuantityKind.allCases {
            guard let factor = kind.factor(of: name) else { continue }
            i = end
            return (.number(value * factor, kind), start)
        }
        let units = QuantityKind.allCases.flatMap(\.unitNames)
        let near =
            units.first { $0.lowercased() == name.lowercased() }
            ?? (name.lowercased().hasSuffix("b") ? QuantityKind.capacity.meant(by: name) : nil)
            ?? nearestName(to: name, among: units)
        let hint = near.map { ": did you mean \($0)?" } ?? ""
        throw ExpressionError(message: "found \(quoted(name)) after a number, expected a unit\(hint)", offset: at)
    }

    // MARK: Grammar

    private var current: (token: Token, offset: Int) { tokens[position] }

    private var shown: String {
        switch current.token {
        case .number(let value, _): quoted("\(value)")
        case .name(let name), .sign(let name): quoted(name)
        case .text(let text): "the text \(quoted(text))"
        case .end: "the end"
        }
    }

    private mutating func takes(name: String) -> Bool {
        guard case .name(name) = current.token else { return false }
        position += 1
        return true
    }

    private mutating func takes(signs: [String]) -> Expression.Operator? {
        guard case .sign(let sign) = current.token, signs.contains(sign) else { return nil }
        position += 1
        return Expression.Operator(rawValue: sign)
    }

    private mutating func disjunction() throws -> Expression {
        var left = try conjunction()
        while true {
            let offset = current.offset
            guard takes(name: "or") else { return left }
            left = .binary(.or, left, try conjunction(), offset: offset)
        }
    }

    private mutating func conjunction() throws -> Expression {
        var left = try negation()
        while true {
            let offset = current.offset
            guard takes(name: "and") else { return left }
            left = .binary(.and, left, try negation(), offset: offset)
        }
    }

    private mutating func negation() throws -> Expression {
        let offset = current.offset
        return takes(name: "not") ? .not(try negation(), offset: offset) : try comparison()
    }

    private mutating func comparison() throws -> Expression {
        let left = try sum()
        let offset = current.offset
        guard let sign = takes(signs: Self.comparisons) else { return left }
        let right = try sum()
        if case .sign(let next) = current.token, Self.comparisons.contains(next) {
            throw ExpressionError(
                message: "found a second comparison: combine them with and, such as 1 < x and x < 5",
                offset: current.offset)
        }
        return .binary(sign, left, right, offset: offset)
    }

    private mutating func sum() throws -> Expression {
        try chain(["+", "-"]) { try $0.product() }
    }

    private mutating func product() throws -> Expression {
        try chain(["*", "/", "%"]) { try $0.unary() }
    }

    private mutating func chain(
        _ signs: [String], _ operand: (inout ExpressionParser) throws -> Expression
    ) throws -> Expression {
        var left = try operand(&self)
        while true {
            let offset = current.offset
            guard let sign = takes(signs: signs) else { return left }
            left = .binary(sign, left, try operand(&self), offset: offset)
        }
    }

    private mutating func unary() throws -> Expression {
        let offset = current.offset
        if takes(signs: ["-"]) != nil { return .negative(try unary(), offset: offset) }
        return try primary()
    }

    private mutating func primary() throws -> Expression {
        let (token, offset) = current
        switch token {
        case .number(let value, let kind):
            position += 1
            return .value(.number(value, kind))
        case .text(let text):
            position += 1
            return .value(.word(text))
        case .name("true"), .name("false"):
            position += 1
            return .value(.truth(token == .name("true")))
        case .name(let name) where !["and", "or", "not"].contains(name):
            position += 1
            return .key(name, offset: offset)
        case .sign("("):
            position += 1
            let inner = try disjunction()
            guard case .sign(")") = current.token else {
                throw ExpressionError(message: "found \(shown), expected )", offset: current.offset)
            }
            position += 1
            return inner
        default:
            throw ExpressionError(message: "found \(shown), expected a key, a number, a word or (", offset: offset)
        }
    }
}
