/// Adds to a JSON object without reading it, so that its keys keep their order.
enum JSONSplice {
    /// A text that is no object with at least one key was to be added to.
    struct NoObject: Error, CustomStringConvertible {
        let description = "the summary is no JSON object with a key"
    }

    /// The object with one more key at its end.
    static func adding(_ key: String, _ value: [UInt8], to object: [UInt8]) throws -> [UInt8] {
        guard let brace = object.lastIndex(of: UInt8(ascii: "}")),
            let end = object[..<brace].lastIndex(where: { !UInt8.whitespace.contains($0) }),
            object[end] != UInt8(ascii: "{")
        else { throw NoObject() }
        return object[...end] + Array(",\n  \"\(key)\": ".utf8) + value + Array("\n}\n".utf8)
    }
}

extension UInt8 {
    fileprivate static let whitespace = Array(" \n\r\t".utf8)
}
