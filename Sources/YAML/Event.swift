import CLibYAML
import Files

/// One of libyaml's events, in Swift types.
struct Event {
    enum Kind {
        case streamStart
        case documentStart
        case documentEnd
        case streamEnd
        case alias(String)
        case scalar(String, isPlain: Bool)
        case sequenceStart
        case mappingStart
        /// The end of a list or mapping.
        case end
    }

    let kind: Kind
    let mark: Mark
    var anchor: String?
    var tag: String?

    /// Takes the next event from the parser, or throws the parser's error.
    init(_ parser: UnsafeMutablePointer<yaml_parser_t>, source: Source) throws {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw Self.error(parser.pointee, source: source) }
        defer { yaml_event_delete(&event) }
        mark = source.mark(line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        switch event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_ALIAS_EVENT: kind = .alias(Self.text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            kind = .scalar(String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
            anchor = Self.text(scalar.anchor)
            tag = Self.text(scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            anchor = Self.text(event.data.sequence_start.anchor)
            tag = Self.text(event.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            anchor = Self.text(event.data.mapping_start.anchor)
            tag = Self.text(event.data.mapping_start.tag)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: kind = .end
        default: kind = .streamEnd
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    /// The parser's error, with a clearer text where libyaml's is of no help.
    private static func error(_ parser: yaml_parser_t, source: Source) -> InputError {
        let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be parsed"
        let context = parser.context.map { String(cString: $0) } ?? ""
        if parser.error == YAML_READER_ERROR {
            return source.error("invalid YAML: \(problem)", at: source.mark(atByte: Int(parser.problem_offset)))
        }
        // For something left open, the start of it is more useful than the place of the error.
        let isLeftOpen = problem == "could not find expected ':'" || problem == "found unexpected end of stream"
        let place = isLeftOpen ? parser.context_mark : parser.problem_mark
        let line = Int(place.line) + 1
        // The end of the text is marked after its last character.
        let mark =
            source.line(line)?.isEmpty ?? true
            ? source.mark(atByte: source.bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0)
            : source.mark(line: line, column: Int(place.column) + 1)
        if isTabInIndentation(source.line(mark.line), before: mark.column) {
            return source.error("found a tab in the indentation, expected spaces", at: mark)
        }
        let opened = context.isEmpty || isLeftOpen ? "" : " (\(context), line \(Int(parser.context_mark.line) + 1))"
        return source.error("invalid YAML: \(problem)\(hint(problem, context))\(opened)", at: mark)
    }

    private static func isTabInIndentation(_ line: String?, before column: Int) -> Bool {
        guard let line else { return false }
        let lead = line.unicodeScalars.prefix(max(column, 1))
        return lead.contains("\t") && lead.dropLast().allSatisfy { $0 == " " || $0 == "\t" }
    }

    private static func hint(_ problem: String, _ context: String) -> String {
        switch problem {
        case "mapping values are not allowed in this context":
            "; is the line indented like the one above, or does a text with \": \" need quotes?"
        case "found unexpected end of stream" where context.contains("quoted scalar"): "; a closing quote is missing"
        case "did not find expected ',' or '}'", "did not find expected ',' or ']'":
            "; a comma or a closing bracket is missing"
        case "could not find expected ':'": "; a \":\" and a space are missing after the key"
        case "did not find expected key", "did not find expected '-' indicator":
            "; is the line indented like the ones above?"
        case "found character that cannot start any token": "; a text that starts with this character needs quotes"
        default: ""
        }
    }
}
