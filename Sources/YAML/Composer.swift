import CLibYAML
import Files

/// Builds nodes from libyaml's events, within limits on depth and number.
struct Composer {
    /// The most levels of mappings and lists, with aliases expanded.
    static let depthLimit = 64
    /// The most nodes of a document, with aliases expanded.
    static let nodeLimit = 1_000_000

    /// A node, the number of nodes in it and its levels.
    private struct Built {
        var node: Node
        var size = 1
        var height = 0
    }

    private let source: Source
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var anchors: [String: Built?] = [:]
    private var count = 0

    /// The one document of a source.
    static func compose(_ source: Source) throws -> Node {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw InputError("out of memory", at: Mark(file: source.path, line: 1, column: 1))
        }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        return try source.bytes.withUnsafeBufferPointer { bytes in
            yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
            var composer = Composer(source: source, parser: parser)
            return try composer.document()
        }
    }

    private init(source: Source, parser: UnsafeMutablePointer<yaml_parser_t>) {
        self.source = source
        self.parser = parser
    }

    private mutating func document() throws -> Node {
        let start = Mark(file: source.path, line: 1, column: 1 + source.prefixLength)
        _ = try next()
        guard case .documentStart = try next().kind else {
            throw source.error("the file is empty, expected a YAML document", at: start)
        }
        let root = try build(next(), depth: 0)
        _ = try next()
        let last = try next()
        if case .documentStart = last.kind {
            throw source.error("found a second document, expected one document per file", at: last.mark)
        }
        if root.node.isNull { throw source.error("the file is empty, expected a YAML document", at: start) }
        return root.node
    }

    private mutating func build(_ event: Event, depth: Int) throws -> Built {
        count += 1
        if count > Self.nodeLimit { throw tooMany(at: event.mark) }
        let built: Built
        switch event.kind {
        case .alias(let name): return try follow(name, at: event.mark, depth: depth)
        case .scalar(let text, let isPlain):
            if text.utf8.contains(0) {
                throw source.error("found a NUL character in the text, which is not allowed", at: event.mark)
            }
            let keepsPlain = try checkTag(event, of: "scalar") && isPlain
            built = Built(node: node(event, .scalar(.init(text: text, isPlain: keepsPlain))))
        case .sequenceStart:
            _ = try checkTag(event, of: "sequence")
            built = try sequence(event, depth: depth)
        case .mappingStart:
            _ = try checkTag(event, of: "mapping")
            built = try mapping(event, depth: depth)
        default: throw source.error("invalid YAML: expected a value", at: event.mark)
        }
        if let anchor = event.anchor { anchors[anchor] = .some(built) }
        return built
    }

    private mutating func sequence(_ event: Event, depth: Int) throws -> Built {
        try open(event, depth: depth)
        var elements: [Node] = []
        var (size, height) = (1, 0)
        while true {
            let next = try next()
            if case .end = next.kind { break }
            let element = try build(next, depth: depth + 1)
            elements.append(element.node)
            size += element.size
            height = max(height, element.height)
        }
        return Built(node: node(event, .sequence(elements)), size: size, height: height + 1)
    }

    private mutating func mapping(_ event: Event, depth: Int) throws -> Built {
        try open(event, depth: depth)
        var entries: [Node.Entry] = []
        var lines: [String: Int] = [:]
        var (size, height) = (1, 0)
        while true {
            let next = try next()
            if case .end = next.kind { break }
            let key = try build(next, depth: depth + 1)
            let name = try checkKey(key.node, at: next.mark)
            if let line = lines.updateValue(next.mark.line, forKey: name) {
                throw source.error("duplicate key \(quoted(name)): it is already on line \(line)", at: next.mark)
            }
            let value = try build(self.next(), depth: depth + 1)
            entries.append(.init(key: key.node, value: value.node))
            size += key.size + value.size
            height = max(height, value.height)
        }
        return Built(node: node(event, .mapping(entries)), size: size, height: height + 1)
    }

    /// Enters a list or mapping, whose anchor is undefined until the end.
    private mutating func open(_ event: Event, depth: Int) throws {
        if depth >= Self.depthLimit { throw tooDeep(at: event.mark) }
        if let anchor = event.anchor { anchors[anchor] = .some(nil) }
    }

    private mutating func follow(_ name: String, at mark: Mark, depth: Int) throws -> Built {
        guard let anchor = anchors[name] else {
            throw source.error("the alias *\(name) has no anchor &\(name) before it", at: mark)
        }
        guard let target = anchor else {
            throw source.error("the alias *\(name) is inside its own anchor: it would never end", at: mark)
        }
        if depth + target.height > Self.depthLimit { throw tooDeep(at: mark) }
        count += target.size - 1
        if count > Self.nodeLimit { throw tooMany(at: mark) }
        return target
    }

    private func checkKey(_ key: Node, at mark: Mark) throws -> String {
        guard case .scalar(let scalar) = key.content else {
            throw source.error("found \(key.found) as a key, expected a plain text", at: mark)
        }
        if scalar.isPlain && scalar.text == "<<" {
            throw source.error(
                "merge keys (<<) are not supported; to build on another configuration use \"extends: other.yaml\"",
                at: mark)
        }
        if key.isNull { throw source.error("a key is missing before the \":\"", at: mark) }
        return scalar.text
    }

    /// Checks a tag against the kind of its node; false if it makes a scalar a text.
    private func checkTag(_ event: Event, of kind: String) throws -> Bool {
        guard let tag = event.tag else { return true }
        let core = "tag:yaml.org,2002:"
        let known =
            switch kind {
            case "scalar": ["!"] + ["str", "int", "float", "bool", "null"].map { core + $0 }
            case "sequence": ["!", core + "seq"]
            default: ["!", core + "map"]
            }
        guard known.contains(tag) else {
            let shown = tag.hasPrefix(core) ? "!!" + tag.dropFirst(core.count) : tag
            throw source.error("the tag \(quoted(shown)) is not supported on a \(kind): leave it out", at: event.mark)
        }
        return tag != "!" && tag != core + "str"
    }

    private func node(_ event: Event, _ content: Node.Content) -> Node {
        Node(mark: event.mark, content: content, source: source)
    }

    private func tooDeep(at mark: Mark) -> InputError {
        source.error("mappings and lists are nested too deeply, expected at most \(Self.depthLimit) levels", at: mark)
    }

    private func tooMany(at mark: Mark) -> InputError {
        source.error("found too many values, expected at most \(Self.nodeLimit) with aliases expanded", at: mark)
    }

    private func next() throws -> Event { try Event(parser, source: source) }
}
