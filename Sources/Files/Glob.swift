/// A pattern over names: `*` any characters, `?` one, `[a-c]` one of a set, `[!a-c]` one outside of a set, `\` the next
/// character literally.
public struct Glob: Hashable, Sendable {
    private enum Token: Hashable, Sendable {
        case any
        case one
        case literal(Character)
        case set([ClosedRange<Character>], isNegated: Bool)

        func matches(_ character: Character) -> Bool {
            switch self {
            case .any, .one: true
            case .literal(let expected): character == expected
            case .set(let ranges, let isNegated): ranges.contains { $0.contains(character) } != isNegated
            }
        }
    }

    /// The pattern as written.
    public let text: String
    private let tokens: [Token]

    /// Reads a pattern; a `[` without its `]` is literal.
    public init(_ text: String) {
        self.text = text
        var tokens: [Token] = []
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "*": tokens.append(.any)
            case "?": tokens.append(.one)
            case "\\": tokens.append(.literal(rest.popFirst() ?? "\\"))
            case "[": tokens.append(Self.set(&rest) ?? .literal("["))
            default: tokens.append(.literal(character))
            }
        }
        self.tokens = tokens
    }

    /// Patterns of a list, separated by commas that are not in a set or after a backslash.
    public static func list(_ text: String) -> [Glob] {
        var items: [String] = []
        var item = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.popFirst() {
                item += [character, next]
            } else if character == "[", let end = endOfSet(rest) {
                item += "[" + rest[..<end]
                rest = rest[end...]
            } else if character == "," {
                items.append(item)
                item = ""
            } else {
                item.append(character)
            }
        }
        return (items + [item]).map(Glob.init)
    }

    /// Whether the whole name matches, or is equal to the pattern's text.
    public func matches(_ name: String) -> Bool {
        if name == text { return true }
        let name = Array(name)
        var (token, position) = (0, 0)
        // The last `*` and the end of its run: on a mismatch it takes one more character.
        var retry: (token: Int, position: Int)?
        while position < name.count {
            if token < tokens.count, case .any = tokens[token] {
                retry = (token, position)
                token += 1
            } else if token < tokens.count, tokens[token].matches(name[position]) {
                token += 1
                position += 1
            } else if let last = retry {
                retry = (last.token, last.position + 1)
                (token, position) = (last.token + 1, last.position + 1)
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { if case .any = $0 { true } else { false } }
    }

    /// The index of the `]` that ends a set; one directly after the start or the `!` is a member.
    private static func endOfSet(_ rest: Substring) -> Substring.Index? {
        var members = rest
        if members.first == "!" || members.first == "^" { members = members.dropFirst() }
        return members.dropFirst().firstIndex(of: "]")
    }

    private static func set(_ rest: inout Substring) -> Token? {
        guard let end = endOfSet(rest) else { return nil }
        var members = Array(rest[..<end])
        rest = rest[end...].dropFirst()
        let isNegated = members.first == "!" || members.first == "^"
        if isNegated { members.removeFirst() }
        var ranges: [ClosedRange<Character>] = []
        var index = 0
        while index < members.count {
            let isRange = index + 2 < members.count && members[index + 1] == "-"
            let last = isRange ? members[index + 2] : members[index]
            if members[index] <= last { ranges.append(members[index]...last) }
            index += isRange ? 3 : 1
        }
        return .set(ranges, isNegated: isNegated)
    }
}
