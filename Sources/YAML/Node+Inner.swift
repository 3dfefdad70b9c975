import Files

/// Texts with a language of their own inside of a scalar: their places are those of the file.
extension Node {
    /// The place of a character of a scalar's text, counted from 0; the scalar's own where that has escapes or several lines.
    public func mark(ofCharacter offset: Int) -> Mark {
        guard case .scalar(let scalar) = content, let line = source.line(mark.line) else { return mark }
        let start = mark.column - 1 + (scalar.isPlain ? 0 : 1)
        let written = String(String.UnicodeScalarView(line.unicodeScalars.dropFirst(start)))
        guard written.hasPrefix(scalar.text) else { return mark }
        return Mark(file: mark.file, line: mark.line, column: start + offset + 1)
    }

    /// An error at a character of a scalar's text, counted from 0.
    public func error(_ message: String, atCharacter offset: Int) -> InputError {
        source.error(message, at: mark(ofCharacter: offset))
    }

    /// The YAML that a scalar's text holds from a character on.
    ///
    /// - Throws: `InputError` at its place in the file where it is none.
    public func parsed(fromCharacter offset: Int) throws -> Node {
        let inner = String(String.UnicodeScalarView((text ?? "").unicodeScalars.dropFirst(offset)))
        do {
            return try Document.parse(inner, file: mark.file).moved(into: self, at: offset)
        } catch let error as InputError {
            throw self.error(error.message, atCharacter: offset + (error.mark?.column ?? 1) - 1)
        }
    }

    private func moved(into outer: Node, at offset: Int) -> Node {
        let content: Content =
            switch content {
            case .scalar: content
            case .sequence(let elements): .sequence(elements.map { $0.moved(into: outer, at: offset) })
            case .mapping(let entries):
                .mapping(
                    entries.map {
                        Entry(
                            key: $0.key.moved(into: outer, at: offset), value: $0.value.moved(into: outer, at: offset))
                    })
            }
        return Node(mark: outer.mark(ofCharacter: offset + mark.column - 1), content: content, source: outer.source)
    }
}
